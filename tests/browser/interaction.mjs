// How long the seeded demo takes from a press to what it shows, as Chromium's Event Timing tells: printed, not judged.
//   HOSTERRA_BIN=... node interaction.mjs [rounds]
import { launch, PASSWORD, settled, signIn, start, visit } from './harness.mjs';

const ROUND_COUNT = Number(process.argv[2] ?? 20);
const node = await start();
const browser = await launch();
const figures = new Map();

/** Presses, and notes how long it took until the next frame stood, and until `isThere`. */
async function measure(page, name, press, isThere) {
  await page.evaluate(() => {
    window.presses = [];
    window.watch?.disconnect();
    window.watch = new PerformanceObserver((list) => window.presses.push(...list.getEntries().filter((entry) => entry.interactionId).map((entry) => entry.duration)));
    window.watch.observe({ type: 'event', durationThreshold: 16 });
  });
  const begun = performance.now();
  await press();
  await isThere();
  const shown = performance.now() - begun;
  // Entries come with the frame after; those below 16 ms do not come at all.
  await page.waitForTimeout(80);
  const presses = await page.evaluate(() => window.presses);
  const known = figures.get(name) ?? { frames: [], shown: [] };
  known.frames.push(Math.max(8, ...presses));
  known.shown.push(shown);
  figures.set(name, known);
}

const at = (all, share) => [...all].sort((one, other) => one - other)[Math.min(all.length - 1, Math.floor(all.length * share))];
try {
  const page = await visit(browser);
  await signIn(page, node, 'demo', PASSWORD, '/dashboard');
  await page.waitForURL(/dashboard/);
  await settled(page);
  const nav = (name) => page.locator('header nav').getByRole('link', { name, exact: true }).first();
  const heading = (name) => page.getByRole('heading', { level: 1, name, exact: true }).waitFor();
  for (let round = 0; round < ROUND_COUNT; round += 1) {
    for (const [link, title] of [['Services', 'Services'], ['Domains', 'Domains'], ['Support', 'Support'], ['Mail', 'Domains']]) await measure(page, `screen: ${link}`, () => nav(link).click(), () => heading(title));
    await settled(page);
    await page.getByRole('navigation', { name: 'Pages of mail administration' }).getByRole('link', { name: 'Mailboxes', exact: true }).click();
    await settled(page);
    await measure(page, 'dialog: add a mailbox', () => page.getByRole('button', { name: 'Add a mailbox', exact: true }).click(), () => page.locator('dialog[open] [name=localPart]').waitFor());
    await measure(page, 'a key typed into the form', () => page.locator('dialog[open] [name=localPart]').pressSequentially('a'), () => page.waitForFunction(() => document.querySelector('dialog[open] [name=localPart]')?.value.endsWith('a')));
    await measure(page, 'dialog: Escape', () => page.keyboard.press('Escape'), () => page.waitForFunction(() => !document.querySelector('dialog[open]')));
    await measure(page, 'menu: actions of a mailbox', () => page.getByRole('button', { name: 'Actions for alice@demo.example', exact: true }).click(), () => page.locator(':popover-open').waitFor());
    await page.keyboard.press('Escape');
    await measure(page, 'table: sorted by address', () => page.getByRole('button', { name: 'Address', exact: true }).click(), () => page.waitForFunction(() => document.querySelector('th[aria-sort]') !== null));
    await measure(page, 'dialog: edit a mailbox (asks the server)', () => page.getByRole('button', { name: 'Edit alice@demo.example', exact: true }).click(), () => page.locator('dialog[open] [name=displayName]').waitFor());
    await page.keyboard.press('Escape');
    await page.waitForFunction(() => !document.querySelector('dialog[open]'));
  }
} finally {
  await browser.close();
  await node.stop();
}
console.log(`| interaction (${ROUND_COUNT} times) | next frame: median | 95 % | most | shown: median | 95 % |\n|---|---:|---:|---:|---:|---:|`);
for (const [name, { frames, shown }] of figures) console.log(`| ${name} | ${at(frames, 0.5)} ms | ${at(frames, 0.95)} ms | ${Math.max(...frames)} ms | ${Math.round(at(shown, 0.5))} ms | ${Math.round(at(shown, 0.95))} ms |`);
