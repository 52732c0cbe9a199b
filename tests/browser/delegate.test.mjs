// Delegates: what the dashboard offers them is open to them, and what a delegation never does is explained.
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { api, launch, PASSWORD, picture, quiet, settled, signIn, start, texts, token, violations, visit } from './harness.mjs';

let node;
let browser;
let operator;
let host;

before(async () => {
  node = await start();
  browser = await launch();
  operator = await token(node, 'chief', 'operator-password');
  const owner = await token(node, 'demo');
  const { viewer, services, domains, mailboxes } = await api(node, owner, '{ viewer { accountId } services { nodes { id } } domains { nodes { id } } mailboxes { nodes { id address } } }');
  host = { owner, account: viewer.accountId, service: services.nodes[0].id, domain: domains.nodes[0].id, alice: mailboxes.nodes.find((one) => one.address === 'alice@demo.example').id };
  const input = { accountId: host.account, serviceId: host.service, domainId: host.domain, localPart: 'info', targets: ['alice@demo.example', 'bob@demo.example'] };
  const { aliasCreate } = await api(node, owner, 'mutation($i: AliasCreateInput!) { aliasCreate(input: $i) { userErrors { message } } }', { i: input });
  assert.deepEqual(aliasCreate.userErrors, []);
});
after(async () => {
  await browser?.close();
  await node?.stop();
});

const button = (page, name, exact = true) => page.getByRole('button', { name, exact });
const dialog = (page) => page.locator('dialog[open]');

/** A login of another account that acts in the demo's by `terms`. */
async function delegate(login, terms) {
  const { accountOpen } = await api(node, operator, 'mutation($n: String!) { accountOpen(input: { name: $n }) { account { id } } }', { n: login });
  await api(node, operator, 'mutation($a: AccountID!, $l: String!, $p: String!) { userRegister(input: { accountId: $a, login: $l, name: $l, password: $p, role: OWNER }) { userErrors { message } } }', { a: accountOpen.account.id, l: login, p: PASSWORD });
  const { delegationInvite } = await api(node, host.owner, 'mutation($a: AccountID!, $e: String!, $t: DelegationTermsInput!) { delegationInvite(accountId: $a, email: $e, terms: $t) { invitation delegation { id } userErrors { message } } }', { a: host.account, e: `${login}@elsewhere.example`, t: terms });
  assert.deepEqual(delegationInvite.userErrors, []);
  const { delegationAccept } = await api(node, await token(node, login), 'mutation($i: String!) { delegationAccept(invitation: $i) { userErrors { message } } }', { i: delegationInvite.invitation });
  assert.deepEqual(delegationAccept.userErrors, []);
  return delegationInvite.delegation.id;
}

async function gone(id) {
  await api(node, host.owner, 'mutation($a: AccountID!, $d: DelegationID!) { delegationRevoke(accountId: $a, delegationId: $d) { userErrors { message } } }', { a: host.account, d: id });
}

for (const [language, preset] of [['fr', 'TECHNICAL'], ['en', 'BILLING'], ['en', 'SUPPORT'], ['fr', 'AUDITOR'], ['en', 'FULL']]) {
  test(`${preset}, ${language}: every page that is offered is open`, async () => {
    const t = texts(language);
    const login = `guest-${preset.toLowerCase()}`;
    const id = await delegate(login, { preset });
    const page = await visit(browser, { language });
    const base = `/dashboard/as/${host.account}`;
    await signIn(page, node, login, PASSWORD, base);
    await page.waitForURL(/\/dashboard/);
    const seen = new Set();
    const waiting = [base, `${base}/services/${host.service}`, ...(['TECHNICAL', 'FULL', 'AUDITOR'].includes(preset) ? [`${base}/mail`, `${base}/domains/${host.domain}/dns`] : [])];
    const closed = [];
    while (waiting.length > 0) {
      const path = waiting.shift();
      if (seen.has(path)) continue;
      seen.add(path);
      await page.goto(node.url + path);
      await settled(page);
      if ((await page.getByText(t('state.forbiddenTitle'), { exact: true }).count()) + (await page.getByText(t('error.forbidden'), { exact: true }).count()) > 0) closed.push(path.slice(base.length));
      for (const href of await page.locator('nav a[href], main nav a[href]').evaluateAll((all) => all.map((one) => one.getAttribute('href')))) {
        if (href.startsWith(base)) waiting.push(href);
      }
    }
    assert.deepEqual(closed, []);
    assert.ok(seen.size > 4, [...seen].join());
    quiet(page);
    await page.context().close();
    await gone(id);
  });
}

for (const language of ['fr', 'en']) test(`${language}: what leads mail elsewhere is not offered to a delegate, and the page says why`, async () => {
  const t = texts(language);
  const login = `helper-${language}`;
  const id = await delegate(login, { preset: 'TECHNICAL' });
  const page = await visit(browser, { language });
  await signIn(page, node, login, PASSWORD, `/dashboard/as/${host.account}/mail/mailboxes`);
  await page.waitForURL(/\/dashboard/);
  await settled(page);
  await page.getByText(t('mail.leads.notice')).waitFor();
  assert.deepEqual(await violations(page), []);
  await picture(page, `delegate-mailboxes-${language}`);
  // No password and no deletion; a new mailbox comes without a password, and the form says who gives it one.
  await button(page, t('mail.actions', { what: 'alice@demo.example' })).click();
  const menu = page.locator(':popover-open');
  await menu.getByRole('button', { name: t('mail.rename'), exact: true }).waitFor();
  for (const key of ['mail.password', 'mail.delete', 'nav.notices']) assert.equal(await menu.getByRole('button', { name: t(key), exact: true }).count(), 0, key);
  await page.keyboard.press('Escape');
  await button(page, t('mail.mailboxes.add')).click();
  assert.ok(await dialog(page).locator('[name=password]').isDisabled());
  await dialog(page).getByText(t('mail.leads.password')).waitFor();
  assert.deepEqual(await violations(page), []);
  await dialog(page).locator('[name=localPart]').fill(`made-by-${language}`);
  await dialog(page).getByRole('button', { name: t('mail.create'), exact: true }).click();
  await page.getByText(`made-by-${language}@demo.example`).first().waitFor();
  // Renamed, it keeps the old address, whatever.
  await button(page, t('mail.actions', { what: `made-by-${language}@demo.example` })).click();
  await page.locator(':popover-open').getByRole('button', { name: t('mail.rename'), exact: true }).click();
  assert.ok(await dialog(page).locator('[name=keepsOldAddress]').isDisabled());
  await dialog(page).locator('[name=localPart]').fill(`renamed-by-${language}`);
  await dialog(page).getByRole('button', { name: t('mail.rename'), exact: true }).click();
  await page.getByText(`renamed-by-${language}@demo.example`).first().waitFor();
  // Targets are taken away from an alias, not added; it is not deleted.
  await page.goto(`${node.url}/dashboard/as/${host.account}/mail/aliases`);
  await settled(page);
  await page.getByText(`made-by-${language}@demo.example`, { exact: true }).first().waitFor();
  assert.equal(await button(page, t('mail.removeNamed', { what: 'info@demo.example' })).count(), 0);
  await button(page, t('mail.editNamed', { what: 'info@demo.example' })).click();
  const field = dialog(page).locator('[name=targets]');
  await field.fill('alice@demo.example\nbob@demo.example\nelsewhere@elsewhere.example');
  await dialog(page).getByRole('button', { name: t('mail.save'), exact: true }).click();
  await dialog(page).getByText(t('mail.leads.target', { target: 'elsewhere@elsewhere.example' })).waitFor();
  assert.deepEqual(await violations(page), []);
  await picture(page, `delegate-alias-${language}`);
  await field.fill(language === 'fr' ? 'alice@demo.example\nbob@demo.example' : 'alice@demo.example');
  await dialog(page).locator('[name=publicComment]').fill(`Kept by ${login}`);
  await dialog(page).getByRole('button', { name: t('mail.save'), exact: true }).click();
  await page.getByText(t('mail.saved', { what: 'info@demo.example' })).waitFor();
  // A domain is taken home at most.
  await page.goto(`${node.url}/dashboard/as/${host.account}/mail`);
  await settled(page);
  await button(page, t('mail.editNamed', { what: 'demo.example' })).click();
  assert.ok(await dialog(page).locator('[name=relay]').isDisabled());
  assert.ok(await dialog(page).locator('[name=relayHost]').isDisabled());
  await page.keyboard.press('Escape');
  quiet(page);
  await page.context().close();
  await gone(id);
});
