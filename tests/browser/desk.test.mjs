// What the operator's desk decides about held mail, policies of the platform, rights that are kept, and who did what and why.
import assert from 'node:assert/strict';
import test, { after, before, describe } from 'node:test';
import { api, enter, launch, leave, PASSWORD, picture, settled, start, texts, token, until, violations } from './harness.mjs';
import { submits } from './mail.mjs';

const ADMINISTRATOR = 'mailadmin_demo.example';
let node;
let browser;
let operator;
let owner;

before(async () => {
  // Nobody answers there: mail for elsewhere waits.
  node = await start('[dns]\nservers = ["127.0.0.1:9"]\n');
  browser = await launch();
  operator = await token(node, 'chief', 'operator-password');
  owner = await token(node, 'demo');
});
after(async () => {
  await browser?.close();
  await node?.stop();
});

const button = (page, name, exact = true) => page.getByRole('button', { name, exact });
const dialog = (page) => page.locator('dialog[open]');
const row = (page, name) => page.getByRole('row').filter({ hasText: name });

const held = async () => (await api(node, operator, '{ platformHeldMail { nodes { id accountId address serviceId recipients } } }')).platformHeldMail.nodes;

for (const [language, busy] of [['fr', 'alice@demo.example'], ['en', 'bob@demo.example']]) describe(`in ${language}`, () => {
  const t = texts(language);
  const at = (...given) => enter(browser, node, language, ...given);

  test(`${language}: held mail of all accounts is decided about at the desk`, async () => {
    for (const some of ['x', 'y']) await submits(node, { login: busy, password: PASSWORD, recipients: Array.from({ length: 30 }, (_, at) => `${some}${at}@${language}.far-away.example`) });
    const [found] = await until(held, (all) => all.some((one) => one.address === busy && one.recipients > 0));
    const page = await at('chief', '/operations/abuse', 'operator-password');
    await row(page, busy).waitFor();
    assert.deepEqual(await violations(page), []);
    await picture(page, `desk-held-${language}`);
    // The whole Box, which then sends nothing and goes on receiving; in the account it gets its rights back.
    const other = async (key) => {
      await button(page, t('mail.actions', { what: busy })).click();
      await page.locator(':popover-open').getByRole('button', { name: t(key), exact: true }).click();
    };
    await other('operations.abuse.stop');
    await page.selectOption('dialog[open] [name=target]', 'box');
    await dialog(page).getByText(t('operations.abuse.stopUndo')).waitFor();
    assert.deepEqual(await violations(page), []);
    await dialog(page).getByRole('button', { name: t('operations.abuse.stop'), exact: true }).click();
    await page.getByText(t('operations.abuse.stopped.box', { what: busy })).waitFor();
    const entitlement = async () => (await api(node, operator, 'query($a: AccountID!, $s: ServiceID!) { service(accountId: $a, serviceId: $s) { entitlement } }', { a: found.accountId, s: found.serviceId })).service.entitlement;
    await until(entitlement, (now) => now === 'RESTRICTED');
    await api(node, operator, 'mutation($a: AccountID!, $s: ServiceID!) { serviceResume(accountId: $a, serviceId: $s) { userErrors { code } } }', { a: found.accountId, s: found.serviceId });
    const verb = language === 'fr' ? 'release' : 'purge';
    if (verb === 'release') await button(page, t('mail.held.releaseNamed', { what: busy })).click();
    else await other('mail.held.purge');
    await dialog(page).getByText(t(`mail.held.${verb}Undo`)).waitFor();
    await dialog(page).getByRole('button', { name: t(`mail.held.${verb}`), exact: true }).click();
    await page.getByText(t(`mail.held.${verb}d`, { what: busy })).waitFor();
    await page.getByText(t('mail.held.none'), { exact: true }).waitFor();
    await until(held, (all) => all.length === 0);
    await leave(page);
    // Whoever owns the account reads that it was the support, and not its login.
    const { history } = await api(node, owner, 'query($i: String!) { history(id: $i, first: 1) { nodes { kind actorName actorStanding } } }', { i: found.id });
    assert.deepEqual(history.nodes, [{ kind: 'mailbox.sending_released', actorName: null, actorStanding: 'SUPPORT' }]);
  });

  test(`${language}: a TLS policy of the platform is added, changed and removed`, async () => {
    const page = await at('chief', '/operations/tls', 'operator-password');
    const name = `bank-${language}.example`;
    await button(page, t('mail.tls.add')).first().click();
    assert.equal(await page.locator('dialog[open] [name=owner]').count(), 0, 'it holds for everybody');
    await page.fill('dialog[open] [name=destination]', name);
    await page.selectOption('dialog[open] [name=level]', 'SECURE');
    assert.deepEqual(await violations(page), []);
    await dialog(page).getByRole('button', { name: t('mail.create'), exact: true }).click();
    await row(page, name).getByText(t('mail.tls.SECURE')).waitFor();
    await picture(page, `desk-tls-${language}`);
    await button(page, t('mail.editNamed', { what: name })).click();
    await page.selectOption('dialog[open] [name=level]', 'ENCRYPT');
    await dialog(page).getByRole('button', { name: t('mail.save'), exact: true }).click();
    await row(page, name).getByText(t('mail.tls.ENCRYPT')).waitFor();
    const { tlsPolicies } = await api(node, operator, '{ tlsPolicies { nodes { destination level } } }');
    assert.deepEqual(tlsPolicies.nodes, [{ destination: name, level: 'ENCRYPT' }]);
    await button(page, t('mail.removeNamed', { what: name })).click();
    await dialog(page).getByRole('button', { name: t('mail.remove'), exact: true }).click();
    await row(page, name).waitFor({ state: 'detached' });
    await leave(page);
  });

  test(`${language}: what is kept from an administrator is ticked, and told where it would be done`, async () => {
    const page = await at('demo', '/account/people');
    await button(page, t('people.changeNamed', { login: ADMINISTRATOR })).click();
    for (const right of ['FILTERS', 'PROTOCOLS']) await page.check(`dialog[open] [name=withheld-${right}]`);
    assert.deepEqual(await violations(page), []);
    await picture(page, `desk-kept-${language}`);
    await dialog(page).getByRole('button', { name: t('action.save'), exact: true }).click();
    await row(page, ADMINISTRATOR).getByText(t('people.withheldCount', { count: 2 })).waitFor();
    await leave(page);
    const administrator = await at(ADMINISTRATOR, '/mail/filters');
    await administrator.getByText(t('right.keptTitle')).waitFor();
    await administrator.getByText(t('right.FILTERS'), { exact: false }).first().waitFor();
    assert.equal(await button(administrator, t('mail.filters.add')).count(), 0);
    assert.deepEqual(await violations(administrator), []);
    await administrator.goto(`${node.url}/dashboard/mail/mailboxes`);
    await settled(administrator);
    await administrator.getByText(t('right.PROTOCOLS'), { exact: false }).first().waitFor();
    await button(administrator, t('mail.editNamed', { what: 'alice@demo.example' })).click();
    assert.ok(await administrator.isDisabled('dialog[open] [name=imap]'));
    assert.ok(await administrator.isEnabled('dialog[open] [name=displayName]'));
    await picture(administrator, `desk-kept-mailbox-${language}`);
    await administrator.keyboard.press('Escape');
    await leave(administrator);
    // What is given back is there again.
    const { users } = await api(node, owner, '{ users { nodes { id login withheld } } }');
    const user = users.nodes.find((one) => one.login === ADMINISTRATOR);
    assert.deepEqual([...user.withheld].sort(), ['FILTERS', 'PROTOCOLS']);
    await api(node, owner, 'mutation($u: UserID!) { userChange(userId: $u, change: { withheld: [] }) { userErrors { code } } }', { u: user.id });
  });

  test(`${language}: the audit names who did what, through what and why`, async () => {
    const administrator = await token(node, ADMINISTRATOR);
    const { mailboxes } = await api(node, administrator, '{ mailboxes { nodes { id address } } }');
    const alice = mailboxes.nodes.find((one) => one.address === 'alice@demo.example').id;
    await api(node, administrator, 'mutation($m: MailboxID!, $n: String!) { mailboxDisplayNameChange(mailboxId: $m, displayName: $n) { userErrors { code } } }', { m: alice, n: `Alice (${language})` });
    const page = await at('demo', '/account/audit');
    await row(page, `Alice (${language})`).getByText(ADMINISTRATOR, { exact: true }).waitFor();
    // What was asked for is told in words.
    await row(page, `Alice (${language})`).getByText(t('history.asked', { what: t('command.mailboxDisplayNameChange') })).waitFor();
    // What follows from it names it as well.
    await row(page, t('event.mailbox.sending_held')).filter({ hasText: t('policy.sending_watch') }).first().waitFor();
    await row(page, t('event.mailbox.sending_released')).filter({ hasText: t('nameless.SUPPORT') }).first().waitFor();
    assert.deepEqual(await violations(page), []);
    await picture(page, `desk-audit-${language}`);
    await leave(page);
  });

  test(`${language}: the certificate of the mail servers is told with its end`, async () => {
    const { mailCertificates } = await api(node, operator, '{ mailCertificates { names issuer isSelfSigned } }');
    assert.equal(mailCertificates.length, 1);
    assert.ok(mailCertificates[0].isSelfSigned && mailCertificates[0].issuer);
    const page = await at('demo', '/certificates');
    await page.getByText(t('certificates.selfSigned')).waitFor();
    assert.equal(await page.getByText(t('certificates.issuer'), { exact: true }).count(), 0, 'who gave it is the operator’s to know');
    assert.deepEqual(await violations(page), []);
    await picture(page, `desk-certificates-${language}`);
    await leave(page);
  });
});
