// What somebody likes goes with them: language and time zone are kept with the login and obeyed on every device.
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { api, launch, PASSWORD, picture, quiet, settled, signIn, start, texts, token, violations, visit } from './harness.mjs';
import { linkTo } from './inbox.mjs';

let node;
let browser;
/** Links that were followed already. */
const seen = new Set();

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

test('a zone that a mailbox chose in this browser does not change what a login has chosen', async () => {
  const page = await visit(browser, { language: 'en' });
  const words = texts('en');
  await signIn(page, node, 'alice@demo.example', undefined, '/dashboard/account/profile');
  await settled(page);
  await page.getByText(words('profile.zoneHere'), { exact: false }).first().waitFor();
  assert.equal(await page.evaluate(() => localStorage.getItem('hosterra.zone')), null, 'looking keeps nothing');
  await page.locator('select[name=zone]').selectOption('America/Lima');
  assert.equal(await page.evaluate(() => localStorage.getItem('hosterra.zone')), 'America/Lima');
  await page.reload();
  await settled(page);
  assert.equal(await page.locator('select[name=zone]').inputValue(), 'America/Lima');
  await page.context().clearCookies();
  await signIn(page, node, 'demo', undefined, '/dashboard/account/profile');
  await settled(page);
  assert.equal(await page.locator('select[name=zone]').inputValue(), 'Pacific/Auckland');
  quiet(page);
  await page.context().close();
});

for (const [language, login, address] of [['fr', 'claire', 'bob@demo.example'], ['en', 'clara', 'alice@demo.example']]) test(`${language}: an e-mail address is given with the password, its link is sent again and confirms it`, async () => {
  const t = texts(language);
  const operator = await token(node, 'chief', 'operator-password');
  const { accountOpen } = await api(node, operator, 'mutation($n: String!) { accountOpen(input: { name: $n }) { account { id } } }', { n: login });
  await api(node, operator, 'mutation($a: AccountID!, $l: String!, $p: String!) { userRegister(input: { accountId: $a, login: $l, password: $p, role: OWNER }) { userErrors { message } } }', { a: accountOpen.account.id, l: login, p: PASSWORD });
  const page = await visit(browser, { language });
  for (let tries = 0; tries < 20 && !/dashboard/.test(page.url()); tries += 1) {
    await signIn(page, node, login, undefined, '/dashboard/account/profile');
    await page.waitForLoadState('networkidle');
  }
  await page.getByText(t('email.none'), { exact: true }).waitFor();
  await page.fill('main [name=email]', address);
  await page.fill('main [name=currentPassword]', 'not the password');
  await page.getByRole('button', { name: t('email.give') }).click();
  await page.getByText(t('security.wrongPassword')).waitFor();
  await page.fill('main [name=currentPassword]', PASSWORD);
  await page.getByRole('button', { name: t('email.give') }).click();
  await page.getByText(t('email.pending', { email: address })).waitFor();
  assert.deepEqual(await violations(page), []);
  await picture(page, `email-${language}`);
  // Asked for at once, it is refused with the reason: at most once a minute.
  await page.getByRole('button', { name: t('email.resend') }).click();
  await page.locator('main [role=alert]').first().waitFor();
  const link = await linkTo(node, address, 'verify', seen);
  await page.goto(node.url + link);
  await page.click('main button[type=submit]');
  await page.waitForLoadState('networkidle');
  await page.goto(`${node.url}/dashboard/account/profile`);
  await page.getByText(t('email.confirmed'), { exact: true }).waitFor();
  await page.getByText(address, { exact: true }).waitFor();
  assert.equal(await page.getByText(t('email.pending', { email: address })).count(), 0);
  quiet(page);
  await page.context().close();
});
