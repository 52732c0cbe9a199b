// Every screen, as the sources tell them, with a bit of everything on it: accessible, within 320 pixels, its tables readable, and
// still from the moment on which it is drawn, however its answers come. On a desktop in light colours and French, on a phone in dark and English.
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { furnish } from './furnish.mjs';
import { answersOneByOne, drawn, launch, picture, quiet, settled, shift, SHIFT_MAX, signIn, start, sticksOut, violations, visit } from './harness.mjs';
import { LOGINS, pages, screens } from './screens.mjs';
import { unreadable } from './tables.mjs';

let node;
let browser;
let shown;

before(async () => {
  node = await start();
  browser = await launch();
  const { service, domain, ticket, account } = await furnish(node);
  const { customer, mailbox, reseller, operator } = screens({ service, domain, tickets: [ticket], account });
  const dashboard = (paths) => paths.map((path) => `/dashboard${path === '/' ? '' : path}`);
  // What several see alike is looked at once; a first page and a ticket show each of them something else.
  const differs = (path) => path === '/' || path.startsWith('/tickets/');
  const others = (paths, ...seen) => paths.filter((path) => differs(path) || !seen.flat().includes(path));
  shown = {
    visitor: [...pages().map((path) => (path === '/setup' ? `${path}?domain=demo.example` : path)), '/nowhere'],
    customer: [...dashboard([...customer, '/signed-in', '/nowhere', `/services/${service}/nowhere`]), '/password'],
    mailbox: dashboard(mailbox), reseller: dashboard(others(reseller, customer)), operator: dashboard(others(operator, customer, reseller)),
  };
});
after(async () => {
  await browser?.close();
  await node?.stop();
});

for (const { scheme, language, width, height } of [{ scheme: 'light', language: 'fr', width: 1280, height: 900 }, { scheme: 'dark', language: 'en', width: 360, height: 740 }]) {
  test(`every screen is accessible, fits 320 pixels and stands still (${scheme}, ${language}, ${width} pixels)`, { timeout: 600_000 }, async (context) => {
    const faults = [];
    let [worst, where, count] = [0, '', 0];
    const [tables, moving] = [{}, []];
    for (const [who, paths] of Object.entries(shown)) {
      const page = await visit(browser, { scheme, language, width, height });
      if (LOGINS[who]) {
        await signIn(page, node, ...LOGINS[who]);
        await page.waitForURL(/\/dashboard/);
      }
      await answersOneByOne(page);
      for (const path of paths) {
        const name = `${who} ${path}`;
        await page.goto(node.url + path);
        await settled(page);
        const { score, moved } = await shift(page);
        if (score > SHIFT_MAX) faults.push(`${name}: moved by ${score.toFixed(3)}: ${moved}`);
        if (score > worst) [worst, where] = [score, name];
        count += 1;
        await picture(page, `${who}${path.replace(/_[0-9a-f]{32}/g, '').replaceAll(/[/?=]/g, '-')}-${scheme}`);
        for (const fault of await violations(page)) faults.push(`${name}: ${fault}`);
        const wide = await sticksOut(page, 320);
        if (wide > 0) faults.push(`${name}: ${wide} px too wide for 320`);
        // In both languages on a desktop and on a phone.
        for (const wide of [360, 1280]) {
          await page.setViewportSize({ width: wide, height });
          await page.evaluate(drawn);
          const found = await unreadable(page);
          for (const fault of found.faults) faults.push(`${name}: ${wide} px: ${fault}`);
          tables[wide] = (tables[wide] ?? 0) + found.count;
          if (wide === 1280 && found.wideCount > 0) moving.push(name);
        }
        await page.setViewportSize({ width, height });
      }
      quiet(page);
      await page.context().close();
    }
    context.diagnostic(`${tables[1280]} tables, of which at 1280 pixels move sideways: ${moving.join(', ') || 'none'}`);
    assert.ok(tables[1280] > 30 && tables[360] > 30, 'tables are found');
    context.diagnostic(`${count} screens; the most that one moved: ${worst.toFixed(4)}, ${where}`);
    assert.deepEqual(faults, []);
  });
}

test('words that cannot be read in a table are seen by what looks for them', async () => {
  const page = await visit(browser);
  await page.setContent(`<main><div style="inline-size: 200px; overflow-x: auto"><table style="table-layout: fixed; inline-size: 100%"><caption>Bad</caption>
      <tr><td style="overflow-wrap: anywhere; inline-size: 60px">somebody.or.other@demo.example</td><td style="white-space: nowrap">beyond the end of its cell</td></tr>
      <tr><td><div style="overflow: hidden; white-space: nowrap">cut off in the middle</div></td><td></td></tr></table></div>
      <div style="inline-size: 100px; overflow-x: auto"><table style="inline-size: 300px"><caption>Aside</caption><tr><td>One</td></tr></table></div>
      <table class="cards"><caption>Card</caption><thead><tr><th>Name</th><th>Size</th></tr></thead><tbody><tr><td class="lead">a</td><td>12</td></tr></tbody></table>
      <table class="cards"><caption>Blank</caption><thead><tr><th>Name</th><th>Note</th></tr></thead><tbody><tr><td class="lead">a</td><td><span>Note</span><div class="fact"><span class="break"></span></div></td></tr></tbody></table></main>`);
  const { faults } = await unreadable(page);
  for (const kind of [/^Bad: broken in the middle/, /^Bad: beyond its cell/, /^Bad: cut off/, /^Aside: cannot be moved/, /^Aside: has no name/]) assert.ok(faults.some((one) => kind.test(one)), `${kind}: ${faults.join('\n')}`);
  assert.ok(!faults.some((one) => one.startsWith('Card')), faults.join('\n'));
  await page.setViewportSize({ width: 360, height: 740 });
  const { faults: narrow } = await unreadable(page);
  for (const kind of [/^Aside: lies aside on a phone/, /^Card: is no table/, /^Card: a row is not whole/, /^Card: not on the card: Size/, /^Blank: a heading without its fact: Note/]) assert.ok(narrow.some((one) => kind.test(one)), `${kind}: ${narrow.join('\n')}`);
  await page.context().close();
});

test('what moves is seen by what measures it', async () => {
  const page = await visit(browser);
  await page.goto(`${node.url}/login`);
  await settled(page);
  assert.ok((await shift(page)).score <= SHIFT_MAX);
  await page.evaluate(() => document.body.prepend(Object.assign(document.createElement('p'), { textContent: 'late', style: 'margin: 0; block-size: 200px' })));
  const { score, moved } = await shift(page);
  assert.ok(score > SHIFT_MAX, `${score}`);
  assert.match(moved, / to \d+,\d+ \d+x\d+/);
  await page.context().close();
});
