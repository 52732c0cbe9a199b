// What somebody likes goes with them: language and time zone are kept with the login and obeyed on every device.
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { api, launch, leave, PASSWORD, picture, quiet, settled, signIn, start, texts, token, violations, visit } from './harness.mjs';
import { linkTo, told } from './inbox.mjs';

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

test('the language and the time zone of a mailbox are kept with it, for every device and for what is written to it', async () => {
  const ALICE = 'alice@demo.example';
  const page = await visit(browser, { language: 'fr' });
  const words = texts('fr');
  await signIn(page, node, ALICE, undefined, '/dashboard/account/profile');
  await settled(page);
  await page.getByText(words('profile.zoneKept'), { exact: false }).first().waitFor();
  const kept = page.waitForResponse((response) => response.url().endsWith('/graphql') && (response.request().postData() ?? '').includes('TimeZoneSet'));
  await page.locator('select[name=zone]').selectOption('America/Lima');
  assert.deepEqual((await (await kept).json()).data.timeZoneSet.userErrors, []);
  await page.getByRole('button', { name: 'Switch to English' }).click();
  const t = texts('en');
  await page.getByRole('heading', { name: t('account.profile') }).first().waitFor();
  assert.deepEqual(await page.evaluate(() => Object.keys(localStorage)), [], 'nothing of it is kept in the browser');
  await leave(page);

  const there = await visit(browser, { language: 'fr' });
  await signIn(there, node, ALICE, undefined, '/dashboard/account/profile');
  await settled(there);
  assert.equal(await there.evaluate(() => document.documentElement.lang), 'en');
  assert.equal(await there.locator('select[name=zone]').inputValue(), 'America/Lima');
  // Times are shown as they are in Lima, five hours behind UTC, whatever the zone of this browser.
  const { signIns } = await api(node, await token(node, ALICE), '{ signIns(first: 50) { lastAt } }');
  await there.goto(`${node.url}/dashboard/account/security`);
  await settled(there);
  const shown = await there.locator('main').innerText();
  const clock = (at, timeZone) => new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeStyle: 'short', timeZone }).format(new Date(at));
  assert.ok(signIns.some((one) => shown.includes(clock(one.lastAt, 'America/Lima'))), shown);
  assert.ok(!signIns.some((one) => shown.includes(clock(one.lastAt, 'UTC'))), shown);
  await leave(there);

  // What the platform writes to the mailbox is in its language.
  const session = await token(node, ALICE);
  await api(node, session, 'mutation { appPasswordAdd(name: "Telephone", protocols: [IMAP]) { userErrors { code } } }');
  assert.ok((await told(node, ALICE, /app password .*Telephone/i)) > 0, 'in English, where the platform itself would say it in French');
  const other = await visit(browser, { language: 'en' });
  await signIn(other, node, 'demo', undefined, '/dashboard/account/profile');
  await settled(other);
  assert.equal(await other.locator('select[name=zone]').inputValue(), 'Pacific/Auckland', 'a login has its own');
  await leave(other);
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
