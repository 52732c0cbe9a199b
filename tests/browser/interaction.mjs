// How long the seeded demo takes from a press to what it shows, measured inside the page: from the event of the key or the
// click until the frame in which the target stands, as a MutationObserver and the frames see it. The driver waits outside.
// A customer with ten thousand mailboxes is measured beside it: from the key to the rows, and what the server's own search takes.
//   HOSTERRA_BIN=... node interaction.mjs [rounds]
import { api, launch, PASSWORD, settled, signIn, start, token, visit } from './harness.mjs';
import { ALL_COUNT, seedMany } from './many.mjs';

const ROUND_COUNT = Number(process.argv[2] ?? 20);
/** What an interaction may take: beyond, people feel that they wait. */
const GOAL_MS = 100;
const WAIT_MS_MAX = 10_000;
const node = await start();
const browser = await launch();
const figures = new Map();

/** Watches within the page: `isThere` is a function of the page's, `isWhole` whether nothing is loading any more either. */
async function watch(page, isThere, wanted) {
  const begin = (test, given, waits) => {
    window.figure = new Promise((resolve) => {
      let begun;
      let shown;
      const marks = { capture: true, passive: true };
      const begin = (event) => { begun ??= event.timeStamp; };
      for (const kind of ['click', 'keydown']) addEventListener(kind, begin, marks);
      const finish = (whole) => {
        observer.disconnect();
        for (const kind of ['click', 'keydown']) removeEventListener(kind, begin, marks);
        resolve({ shown: shown - begun, whole: whole - begun });
      };
      let isAsked = false;
      // What stands in the document is seen with the next frame: the moment after it counts.
      const look = () => {
        if (isAsked) return;
        isAsked = true;
        requestAnimationFrame(() => {
          isAsked = false;
          if (begun === undefined || !test(given)) return;
          const channel = new MessageChannel();
          const isWhole = !document.querySelector('.bones');
          channel.port1.onmessage = () => {
            shown ??= performance.now();
            if (isWhole) finish(performance.now());
          };
          channel.port2.postMessage(null);
        });
      };
      const observer = new MutationObserver(look);
      observer.observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
      for (const kind of ['click', 'keydown', 'input', 'toggle', 'close']) addEventListener(kind, look, { ...marks, once: false });
      setTimeout(() => resolve(null), waits);
    });
  };
  // As one text: the page lets nobody make functions of texts, and the driver is let in with this one.
  await page.evaluate(`void (${begin})(${isThere}, ${JSON.stringify(wanted ?? null)}, ${WAIT_MS_MAX})`);
}

async function measure(page, name, press, isThere, wanted) {
  await watch(page, isThere, wanted);
  await press();
  const figure = await page.evaluate(() => window.figure);
  if (!figure) throw new Error(`${name}: never there`);
  const known = figures.get(name) ?? { shown: [], whole: [] };
  known.shown.push(figure.shown);
  known.whole.push(figure.whole);
  figures.set(name, known);
}

/** The list of ten thousand: once it is whole, what each key and press takes until its rows stand. */
async function longList() {
  await seedMany(node);
  const page = await visit(browser);
  await signIn(page, node, 'many', PASSWORD, '/dashboard/mail/domains');
  await page.waitForURL(/dashboard/);
  await settled(page);
  const begun = performance.now();
  await page.goto(`${node.url}/dashboard/mail/mailboxes`);
  await page.locator('tbody tr').first().waitFor();
  const first = performance.now() - begun;
  const count = ALL_COUNT.toLocaleString('en-GB');
  await page.getByText(`${count} rows`, { exact: true }).waitFor({ timeout: 240_000 });
  console.log(`${count} mailboxes: the first rows after ${Math.round(first)} ms, all after ${Math.round(performance.now() - begun)} ms`);
  // In the page: the rows that stand are those that hold what is typed, and the line above says how many there are.
  const isFound = ([typed, before]) => {
    const rows = [...document.querySelectorAll('tbody .lead strong')];
    const said = document.querySelector('.tools [role=status]').textContent;
    return document.querySelector('input[type=search]').value === typed && said !== before && rows.length > 0 && rows.every((one) => one.textContent.includes(typed));
  };
  const said = () => page.locator('.tools [role=status]').textContent();
  const sorting = () => page.evaluate(() => document.querySelector('main th[aria-sort]')?.outerHTML ?? null);
  const isSorted = (before) => (document.querySelector('main th[aria-sort]')?.outerHTML ?? null) !== before;
  const isTurned = (before) => document.querySelector('tbody .lead strong')?.textContent !== before;
  const leading = () => page.locator('tbody .lead strong').first().textContent();
  const owner = await token(node, 'many');
  for (let round = 0; round < ROUND_COUNT; round += 1) {
    // Other digits each time: nothing is found because it was found before.
    const word = `${1000 + ((round * 379) % 9000)}`;
    // Of an address alone: times and sizes have digits as well.
    const begun = 'person';
    await page.getByRole('searchbox').fill(begun);
    for (let length = 1; length <= word.length; length += 1) {
      const typed = begun + word.slice(0, length);
      await measure(page, `${count} rows: key ${length} of a search`, () => page.keyboard.press(typed.at(-1)), isFound, [typed, await said()]);
    }
    const narrow = await said();
    await page.getByRole('searchbox').selectText();
    await measure(page, `${count} rows: the search given up`, () => page.keyboard.press('Delete'), (before) => document.querySelector('.tools [role=status]').textContent !== before, narrow);
    for (const name of ['Address', 'Used / quota', 'Name']) {
      const heading = page.locator('thead th button').filter({ hasText: name }).first();
      await measure(page, `${count} rows: sorted by ${name}`, () => heading.click(), isSorted, await sorting());
    }
    await measure(page, `${count} rows: the next page`, () => page.getByRole('button', { name: 'Next', exact: true }).click(), isTurned, await leading());
    const asked = performance.now();
    const { mailboxes } = await api(node, owner, 'query($s: String!) { mailboxes(search: $s) { nodes { address } } }', { s: `person${word}@` });
    const took = performance.now() - asked;
    if (mailboxes.nodes.length !== 1) throw new Error(`the server finds ${mailboxes.nodes.length}`);
    const known = figures.get(`${count} mailboxes: the server's search`) ?? { shown: [], whole: [] };
    known.shown.push(took);
    known.whole.push(took);
    figures.set(`${count} mailboxes: the server's search`, known);
  }
  await page.context().close();
}

const at = (all, share) => Math.round([...all].sort((one, other) => one - other)[Math.min(all.length - 1, Math.floor(all.length * share))]);
const isTitled = (title) => [...document.querySelectorAll('h1')].some((one) => one.textContent.trim() === title);
const isField = (name) => document.querySelector(`dialog[open] [name=${name}]`) !== null;
try {
  const page = await visit(browser);
  await signIn(page, node, 'demo', PASSWORD, '/dashboard');
  await page.waitForURL(/dashboard/);
  await settled(page);
  const nav = (name) => page.locator('header nav').getByRole('link', { name, exact: true }).first();
  // Hands rest on what they press before they do: as people, the driver goes there first.
  const press = async (target) => {
    await target.hover();
    await target.click();
  };
  const side = (name) => page.getByRole('navigation', { name: 'Pages of mail administration' }).getByRole('link', { name, exact: true });
  for (let round = 0; round < ROUND_COUNT; round += 1) {
    const first = round === 0 ? ' (for the first time)' : '';
    for (const [link, title] of [['Services', 'Services'], ['Domains', 'Domains'], ['Support', 'Support'], ['Mail', 'Domains']]) {
      await measure(page, `screen: ${link}${first}`, () => press(nav(link)), isTitled, title);
      await settled(page);
    }
    for (const part of ['Mailboxes', 'Aliases', 'Message trace', 'Mailboxes']) {
      await measure(page, `page: ${part}${first}`, () => press(side(part)), isTitled, part);
      await settled(page);
    }
    await measure(page, 'dialog: add a mailbox', () => press(page.getByRole('button', { name: 'Add a mailbox', exact: true })), isField, 'localPart');
    await page.locator('dialog[open] [name=localPart]').focus();
    await measure(page, 'a key typed into the form', () => page.keyboard.press('a'), () => document.querySelector('dialog[open] [name=localPart]')?.value.endsWith('a'));
    await measure(page, 'dialog: Escape', () => page.keyboard.press('Escape'), () => !document.querySelector('dialog[open]'));
    await measure(page, 'menu: actions of a mailbox', () => press(page.getByRole('button', { name: 'Actions for alice@demo.example', exact: true })), () => document.querySelector(':popover-open') !== null);
    await page.keyboard.press('Escape');
    await measure(page, 'table: sorted by address', () => press(page.getByRole('button', { name: 'Address', exact: true })), (before) => (document.querySelector('main th[aria-sort]')?.getAttribute('aria-sort') ?? null) !== before, await page.evaluate(() => document.querySelector('main th[aria-sort]')?.getAttribute('aria-sort')));
    await measure(page, 'dialog: edit a mailbox (asks the server)', () => press(page.getByRole('button', { name: 'Edit alice@demo.example', exact: true })), isField, 'displayName');
    await page.keyboard.press('Escape');
    await page.waitForFunction(() => !document.querySelector('dialog[open]'));
  }
  await page.context().close();
  await longList();
} finally {
  await browser.close();
  await node.stop();
}
console.log(`| interaction (${ROUND_COUNT} times) | shown: median | 95 % | most | whole: median | 95 % | over ${GOAL_MS} ms |\n|---|---:|---:|---:|---:|---:|---:|`);
for (const [name, { shown, whole }] of figures) console.log(`| ${name} | ${at(shown, 0.5)} ms | ${at(shown, 0.95)} ms | ${Math.round(Math.max(...shown))} ms | ${at(whole, 0.5)} ms | ${at(whole, 0.95)} ms | ${whole.filter((one) => one > GOAL_MS).length} of ${whole.length} |`);
