// Every screen, as the sources tell them, while the API does not answer, fails, and refuses: what is shown then says so, in the language
// of whoever reads, and says nothing else. On a desktop in French, on a phone in English.
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { furnish } from './furnish.mjs';
import { drawn, launch, picture, settled, signIn, start, texts, turn, visit } from './harness.mjs';
import { LOGINS, screens } from './screens.mjs';

let node;
let browser;
let shown;

before(async () => {
  node = await start('[dns]\nservers = ["127.0.0.1:9"]\n');
  browser = await launch();
  const { service, domain, ticket, account } = await furnish(node);
  const { customer, administrator, mailbox, reseller, operator } = screens({ service, domain, tickets: [ticket], account });
  // What several see alike is looked at once.
  const others = (paths, ...seen) => paths.filter((path) => !seen.flat().includes(path));
  shown = { customer, administrator: others(administrator, customer), mailbox, reseller: others(reseller, customer), operator: others(operator, customer, reseller).filter((path) => !path.startsWith('/as/')) };
});
after(async () => {
  await browser?.close();
  await node?.stop();
});

/** Screens that are of words alone, whatever the API does: what is not there yet. */
const OF_WORDS = ['/mail/quarantine'];
const reply = (body) => ({ status: 200, contentType: 'application/json', body: JSON.stringify(body) });
/** What the API does, and what is said then. */
const WAYS = {
  slow: { answers: () => new Promise(() => {}), says: (t) => [t('state.loading')] },
  failing: { answers: (route) => route.fulfill({ status: 500, body: '' }), says: (t) => [t('error.failed')] },
  refusing: { answers: (route) => route.fulfill(reply({ data: null, errors: [{ message: 'no', extensions: { code: 'FORBIDDEN' } }] })), says: (t) => [t('error.forbidden')] },
};

for (const { language, width } of [{ language: 'fr', width: 1280 }, { language: 'en', width: 360 }]) for (const [way, { answers, says }] of Object.entries(WAYS)) {
  const t = texts(language);
  test(`${language}, ${width} pixels: where the API is ${way}, every screen says so`, { timeout: 600_000 }, async (context) => {
    const faults = [];
    let count = 0;
    for (const [role, paths] of Object.entries(shown)) {
      const page = await visit(browser, { language, width });
      await signIn(page, node, ...LOGINS[role], '/dashboard/nowhere');
      await page.waitForURL(/\/dashboard/);
      await settled(page);
      let asked = 0;
      await page.route('**/graphql', (route) => {
        asked += 1;
        return answers(route);
      });
      for (const path of paths) {
        asked = 0;
        const before = faults.length;
        await turn(page, `/dashboard${path === '/' ? '' : path}`);
        if (way === 'slow') {
          await page.locator('main h1').waitFor();
          await page.waitForTimeout(150);
        } else await settled(page);
        await page.evaluate(drawn);
        count += 1;
        const where = `${role} ${path}`;
        const told = await page.evaluate(() => ({
          title: document.querySelector('main h1')?.textContent.trim() ?? '',
          text: document.querySelector('main').innerText.replaceAll('\u00a0', ' '),
          // Headings of parts in which nothing stands.
          blank: [...document.querySelectorAll('main .card > .body')].filter((one) => one.textContent.trim() === '' && !one.querySelector('.bones, input, canvas')).map((one) => one.closest('.card').textContent.trim().slice(0, 40)),
          empties: [...document.querySelectorAll('main .empty')].map((one) => one.innerText.split('\n')[0]),
          // What stands in the place of rows keeps off the edges of its card.
          edges: [...document.querySelectorAll('main .card :is(.notice, .bones)')].filter((one) => one.checkVisibility() && one.getBoundingClientRect().left - one.closest('.card').getBoundingClientRect().left < 8).map((one) => one.textContent.trim().slice(0, 40)),
          bones: document.querySelectorAll('main .bones').length,
        }));
        if (told.title === '') faults.push(`${where}: has no title`);
        if (OF_WORDS.includes(path)) continue;
        if (asked === 0) faults.push(`${where}: asks nothing`);
        const isSaid = way === 'slow' ? told.bones > 0 : says(t).some((words) => told.text.includes(words));
        if (!isSaid) faults.push(`${where}: does not say so: ${told.text.slice(0, 200)}`);
        if (way !== 'slow' && told.bones > 0) faults.push(`${where}: ${told.bones} parts are still awaited`);
        // That something is not there is known from an answer alone.
        for (const words of told.empties) faults.push(`${where}: says what nobody knows: ${words}`);
        for (const words of told.blank) faults.push(`${where}: is blank: ${words}`);
        for (const words of told.edges) faults.push(`${where}: touches the edge: ${words}`);
        if (/\b(undefined|null|NaN|Infinity)\b/.test(told.text)) faults.push(`${where}: ${/.*\b(undefined|null|NaN|Infinity)\b.*/.exec(told.text)[0]}`);
        // Of four hundred pictures those are wanted that show a fault.
        if (faults.length > before) await picture(page, `state-${way}-${language}-${role}${path.replace(/_[0-9a-f]{32}/g, '').replaceAll(/[/?=]/g, '-')}`);
      }
      for (const complaint of page.complaints) faults.push(`${role}: ${complaint}`);
      await page.context().close();
    }
    context.diagnostic(`${count} screens`);
    assert.deepEqual(faults, []);
  });
}
