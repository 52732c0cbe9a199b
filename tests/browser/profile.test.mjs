// What somebody likes goes with them: language and time zone are kept with the login and obeyed on every device.
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { api, launch, quiet, settled, signIn, start, texts, token, visit } from './harness.mjs';

let node;
let browser;

before(async () => {
  node = await start();
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await node?.stop();
});

test('a chosen language and time zone are obeyed on another device', async () => {
  const here = await visit(browser, { language: 'en' });
  await signIn(here, node, 'demo', undefined, '/dashboard/account/profile');
  await settled(here);
  await here.getByRole('button', { name: 'Passer en français' }).click();
  const t = texts('fr');
  await here.getByRole('heading', { name: t('account.profile') }).first().waitFor();
  const kept = here.waitForResponse((response) => response.url().endsWith('/graphql') && (response.request().postData() ?? '').includes('TimeZoneSet'));
  await here.locator('select[name=zone]').selectOption('Pacific/Auckland');
  assert.deepEqual((await (await kept).json()).data.timeZoneSet.userErrors, []);
  quiet(here);
  await here.context().close();

  const there = await visit(browser, { language: 'en' });
  await signIn(there, node, 'demo', undefined, '/dashboard/account/profile');
  await settled(there);
  assert.equal(await there.evaluate(() => document.documentElement.lang), 'fr');
  assert.equal(await there.locator('select[name=zone]').inputValue(), 'Pacific/Auckland');
  quiet(there);
  await there.context().close();
  const credential = await token(node, 'demo');
  const { profile } = await api(node, credential, '{ profile { language chosenLanguage timeZone } }');
  assert.deepEqual(profile, { language: 'FRENCH', chosenLanguage: 'FRENCH', timeZone: 'Pacific/Auckland' });
  const { timeZoneSet } = await api(node, credential, 'mutation { timeZoneSet(timeZone: "nowhere at all") { userErrors { code field } } }');
  assert.deepEqual(timeZoneSet.userErrors, [{ code: 'TIME_ZONE_UNKNOWN', field: 'timeZone' }]);
});
