// What was made is changed in place: a login, an API key, an app password, the name of an account; whoever was slower than
// somebody else is told, and overwrites nothing.
import assert from 'node:assert/strict';
import test, { after, before, describe } from 'node:test';
import { api, enter, launch, leave, PASSWORD, picture, settled, start, texts, token, violations } from './harness.mjs';

const ALICE = 'alice@demo.example';
let node;
let browser;
let owner;
let viewer;

before(async () => {
  node = await start();
  browser = await launch();
  owner = await token(node, 'demo');
  ({ viewer } = await api(node, owner, '{ viewer { accountId userId } }'));
});
after(async () => {
  await browser?.close();
  await node?.stop();
});

const dialog = (page) => page.locator('dialog[open]');
const press = (page, name) => page.getByRole('button', { name, exact: true }).first().click();
const row = (page, name) => page.getByRole('row').filter({ hasText: name });

for (const language of ['fr', 'en']) describe(`in ${language}`, () => {
  const t = texts(language);
  const at = (...given) => enter(browser, node, language, ...given);
  const save = (page) => dialog(page).getByRole('button', { name: t('action.save'), exact: true }).click();
  const closed = (page) => dialog(page).waitFor({ state: 'detached' });
  /** Somebody was faster: nothing is overwritten, and what stands there now is shown beside what was typed. */
  async function meanwhile(page, field, typed, theirs) {
    await page.fill(`dialog[open] [name=${field}]`, typed);
    await save(page);
    await dialog(page).getByText(t('stale.title'), { exact: true }).waitFor();
    assert.deepEqual(await violations(page), []);
    await dialog(page).getByRole('button', { name: t('stale.renew'), exact: true }).click();
    await dialog(page).getByText(t('stale.now', { value: theirs })).waitFor();
    assert.equal(await page.inputValue(`dialog[open] [name=${field}]`), typed);
    await save(page);
    await closed(page);
    await row(page, typed).first().waitFor();
  }

  test(`${language}: a login gets another name, another role and domains`, async () => {
    const login = `worker-${language}`;
    const { userRegister } = await api(node, owner, 'mutation($i: UserRegisterInput!) { userRegister(input: $i) { user { id } userErrors { message } } }', { i: { accountId: viewer.accountId, login, name: 'Before', password: PASSWORD, role: 'OWNER' } });
    const id = userRegister.user.id;
    const page = await at('demo', '/account/people');
    await press(page, t('people.changeNamed', { login }));
    await dialog(page).waitFor();
    assert.deepEqual(await violations(page), []);
    await page.fill('dialog[open] [name=name]', `After ${language}`);
    await page.selectOption('dialog[open] [name=role]', 'DOMAIN_ADMINISTRATOR');
    await dialog(page).getByLabel('demo.example', { exact: true }).check();
    await picture(page, `change-login-${language}`);
    await save(page);
    await closed(page);
    await row(page, login).getByText(t('role.DOMAIN_ADMINISTRATOR')).waitFor();
    const { user } = await api(node, owner, 'query($u: UserID!) { user(userId: $u) { name role domainIds revision } }', { u: id });
    assert.equal(user.name, `After ${language}`);
    assert.deepEqual([user.role, user.domainIds.length], ['DOMAIN_ADMINISTRATOR', 1]);
    await press(page, t('people.changeNamed', { login }));
    await dialog(page).waitFor();
    await api(node, owner, 'mutation($u: UserID!) { userChange(userId: $u, change: { name: "Theirs" }) { userErrors { code } } }', { u: id });
    await meanwhile(page, 'name', `Mine ${language}`, 'Theirs');
    await leave(page);
  });

  test(`${language}: an API key gets another name, fewer rights and an end`, async () => {
    const { apiTokenIssue } = await api(node, owner, 'mutation($i: ApiTokenIssueInput!) { apiTokenIssue(input: $i) { apiToken { id } secret userErrors { message } } }', { i: { accountId: viewer.accountId, userId: viewer.userId, name: `Books ${language}`, permissions: ['domain:read', 'mailbox:read'] } });
    const page = await at('demo', '/account/keys');
    await press(page, t('keys.changeNamed', { name: `Books ${language}` }));
    await dialog(page).getByLabel(t('permission.mailbox:read'), { exact: true }).uncheck();
    await page.selectOption('dialog[open] [name=ends]', 'days');
    await save(page);
    await dialog(page).locator('[name=expiresInDays][aria-invalid=true]').waitFor();
    await page.fill('dialog[open] [name=expiresInDays]', '30');
    await page.fill('dialog[open] [name=networks]', '192.0.2.0/24');
    assert.deepEqual(await violations(page), []);
    await picture(page, `change-key-${language}`);
    await save(page);
    await closed(page);
    await row(page, `Books ${language}`).getByText('192.0.2.0/24').waitFor();
    const { apiTokens } = await api(node, owner, '{ apiTokens(first: 100) { nodes { id permissions networks expiresAt } } }');
    const now = apiTokens.nodes.find((one) => one.id === apiTokenIssue.apiToken.id);
    assert.deepEqual([now.permissions, now.networks], [['domain:read'], ['192.0.2.0/24']]);
    assert.equal(Math.round((Date.parse(now.expiresAt) - Date.now()) / 86_400_000), 30);
    await press(page, t('keys.changeNamed', { name: `Books ${language}` }));
    await dialog(page).waitFor();
    await api(node, owner, 'mutation($u: UserID!, $k: TokenID!) { apiTokenChange(userId: $u, apiTokenId: $k, change: { name: "Theirs" }) { userErrors { code } } }', { u: viewer.userId, k: now.id });
    await meanwhile(page, 'name', `Mine ${language}`, 'Theirs');
    await leave(page);
  });

  test(`${language}: an app password opens something else, and what is typed into programs stays`, async () => {
    const session = await token(node, ALICE);
    await api(node, session, 'mutation($n: String!) { appPasswordAdd(name: $n, protocols: [IMAP]) { userErrors { message } } }', { n: `Phone ${language}` });
    const page = await at(ALICE, '/mailbox/apps');
    await press(page, t('app.changeNamed', { name: `Phone ${language}` }));
    const way = (one) => dialog(page).getByLabel(t(`protocol.${one}`), { exact: true });
    await way('IMAP').uncheck();
    await save(page);
    await dialog(page).getByText(t('app.nothing')).waitFor();
    await way('SUBMISSION').check();
    assert.deepEqual(await violations(page), []);
    await picture(page, `change-app-password-${language}`);
    await save(page);
    await closed(page);
    const mine = async () => (await api(node, session, '{ appPasswords { id name protocols expiresAt } }')).appPasswords.find((one) => one.name.endsWith(` ${language}`));
    assert.deepEqual((await mine()).protocols, ['SUBMISSION']);
    await press(page, t('app.changeNamed', { name: `Phone ${language}` }));
    await dialog(page).waitFor();
    await api(node, session, 'mutation($p: AppPasswordID!) { appPasswordChange(appPasswordId: $p, change: { name: "Theirs" }) { userErrors { code } } }', { p: (await mine()).id });
    await meanwhile(page, 'name', `Mine ${language}`, 'Theirs');
    await leave(page);
  });

  test(`${language}: an account gets another name, by its owner and by the operator`, async () => {
    const operator = await token(node, 'chief', 'operator-password');
    const { accountOpen } = await api(node, operator, 'mutation($n: String!) { accountOpen(input: { name: $n }) { account { id } } }', { n: `First ${language}` });
    const account = accountOpen.account.id;
    await api(node, operator, 'mutation($i: UserRegisterInput!) { userRegister(input: $i) { userErrors { message } } }', { i: { accountId: account, login: `namer-${language}`, password: PASSWORD, role: 'OWNER' } });
    const page = await at(`namer-${language}`, '/account/people');
    await page.getByText(`First ${language}`, { exact: true }).first().waitFor();
    await press(page, t('accountName.change'));
    await page.fill('dialog[open] [name=name]', '');
    await save(page);
    await dialog(page).getByText(t('field.required')).waitFor();
    await page.fill('dialog[open] [name=name]', `Second ${language}`);
    assert.deepEqual(await violations(page), []);
    await picture(page, `change-account-${language}`);
    await save(page);
    await closed(page);
    await page.locator('main').getByText(`Second ${language}`, { exact: true }).waitFor();
    await leave(page);
    const desk = await at('chief', '/operations', 'operator-password');
    await press(desk, t('reseller.actions', { name: `Second ${language}` }));
    await desk.locator(':popover-open').getByRole('button', { name: t('accountName.change'), exact: true }).click();
    await desk.fill('dialog[open] [name=name]', `Third ${language}`);
    await save(desk);
    await closed(desk);
    await row(desk, `Third ${language}`).waitFor();
    await settled(desk);
    assert.equal((await api(node, operator, 'query($a: AccountID!) { account(accountId: $a) { name } }', { a: account })).account.name, `Third ${language}`);
    await leave(desk);
  });
});
