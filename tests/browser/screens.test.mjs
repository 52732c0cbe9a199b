// Every screen, as the sources tell them, with a bit of everything on it: accessible, within 320 pixels, and still from the
// moment on which it is drawn, however its answers come. On a desktop in light colours and French, on a phone in dark and English.
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { furnish } from './furnish.mjs';
import { answersOneByOne, launch, picture, quiet, settled, shift, SHIFT_MAX, signIn, start, sticksOut, violations, visit } from './harness.mjs';
import { LOGINS, pages, screens } from './screens.mjs';

let node;
let browser;
let shown;

before(async () => {
  node = await start();
  browser = await launch();
  const { service, domain, ticket } = await furnish(node);
  const { customer, mailbox, reseller, operator } = screens({ service, domain, tickets: [ticket] });
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
        await page.setViewportSize({ width, height });
      }
      quiet(page);
      await page.context().close();
    }
    context.diagnostic(`${count} screens; the most that one moved: ${worst.toFixed(4)}, ${where}`);
    assert.deepEqual(faults, []);
  });
}

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
