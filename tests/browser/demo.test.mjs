// The public demo: everybody comes by its logins, nobody is locked out or harmed, and it begins anew by itself.
import assert from 'node:assert/strict';
import test, { after, before, describe } from 'node:test';
import { api, launch, PASSWORD, picture, quiet, settled, signIn, start, texts, token, violations, visit } from './harness.mjs';
import { imapLetsIn, smtpAnswers, submits } from './mail.mjs';

const ALICE = 'alice@demo.example';
/** A reset comes within two minutes, and is done within another. */
const RESET_MS_MAX = 180_000;
/** As long as a visit of this test takes at most. */
const VISIT_MS = 80_000;
let browser;
let node;
let operator;

before(async () => {
  browser = await launch();
  node = await start('[demo]\npublic_logins = true\nreset_minutes = 2');
  operator = await token(node, 'chief', 'operator-password');
});
after(async () => {
  await browser?.close();
  await node?.stop();
});

const button = (page, name) => page.getByRole('button', { name, exact: true });
const dialog = (page) => page.locator('dialog[open]');

/** The present demo's account, as anybody may see it. */
async function generation() {
  const { viewer } = await api(node, await token(node, 'demo'), '{ viewer { accountId demoResetsAt } }');
  return viewer;
}

/** A demo that stays for as long as a visit takes. */
async function fresh() {
  for (;;) {
    const found = await generation().catch(() => undefined);
    const left = found?.demoResetsAt ? Date.parse(found.demoResetsAt) - Date.now() : 0;
    if (left > VISIT_MS) return found;
    await new Promise((resolve) => setTimeout(resolve, Math.max(left, 0) + 2000));
  }
}

/** Both visits are of one demo: they begin together and wait for one end of it. */
let begun;
const begin = () => (begun ??= fresh());

describe('the public demo', { concurrency: 2 }, () => {
  for (const [language, words] of [
    ['en', { reset: /The demo has begun anew/, every: /begins anew every 2 min/, kept: /Everybody uses this demo/ }],
    ['fr', { reset: /La démonstration a été remise à zéro/, every: /remise à zéro toutes les 2 min/, kept: /Tout le monde utilise cette démonstration/ }],
  ]) {
    test(`${language}: a visitor looks around, is kept from what would outlast the visit, and is told when it begins anew`, { timeout: 2 * RESET_MS_MAX }, async () => {
      const t = texts(language);
      const victim = `victim-${language}@elsewhere.example`;
      const { accountId, demoResetsAt } = await begin();
      const page = await visit(browser, { language });
      await page.goto(`${node.url}/login`);
      await page.getByText(words.every).waitFor();
      assert.deepEqual(await violations(page), []);
      await signIn(page, node, 'demo', PASSWORD, '/dashboard/account/people');
      const banner = page.getByRole('complementary', { name: t('demo.label') });
      await banner.waitFor();
      const clock = new Intl.DateTimeFormat(language, { timeStyle: 'short', timeZone: 'Europe/Paris' }).format(new Date(demoResetsAt));
      assert.ok((await banner.innerText()).includes(clock), `the banner says ${clock}`);
      await settled(page);
      assert.deepEqual(await violations(page), []);
      await picture(page, `demo-${language}`);
      // What a visitor may do: change things.
      const owner = await token(node, 'demo');
      const { domains, services } = await api(node, owner, '{ domains { nodes { id name } } services { nodes { id } } }');
      const { mailboxes, aliases } = await api(node, owner, '{ mailboxes { nodes { id address } } aliases { nodes { address } } }');
      assert.deepEqual(aliases.nodes.map((one) => one.address).filter((one) => /info|contact/.test(one)).sort(), ['contact@demo.example', 'info@demo.example']);
      const alice = mailboxes.nodes.find((one) => one.address === ALICE);
      const create = await api(node, owner, 'mutation($i: AliasCreateInput!) { aliasCreate(input: $i) { userErrors { code } } }', { i: { serviceId: services.nodes[0].id, domainId: domains.nodes[0].id, localPart: `visitor-${language}`, targets: [ALICE] } });
      assert.deepEqual(create.aliasCreate.userErrors, []);
      // What not: by the screens ...
      await page.goto(`${node.url}/password`);
      await page.fill('[name=current]', PASSWORD);
      for (const field of ['new', 'again']) await page.fill(`[name=${field}]`, 'violet-orbit-canyon-4711');
      await page.click('main button[type=submit]');
      await page.getByText(words.kept).waitFor();
      await page.goto(`${node.url}/dashboard/account/security`);
      await settled(page);
      await button(page, t('security.add')).click();
      await page.getByText(words.kept).first().waitFor();
      // ... and by the API: nothing of it is done.
      const refused = async (query, variables) => {
        const error = await api(node, owner, query, variables).then(() => 'done', (thrown) => thrown.message);
        assert.match(error, /VISITING/, query);
      };
      await refused('mutation($m: MailboxID!) { mailboxPasswordSet(mailboxId: $m, password: "violet-orbit-canyon-4711") { userErrors { code } } }', { m: alice.id });
      await refused('mutation($i: WebhookInput!) { webhookRegister(input: $i) { userErrors { code } } }', { i: { accountId, url: 'https://victim.example/', kinds: ['*'] } });
      await refused('mutation($m: MailboxID!, $j: SyncJobInput!) { syncJobAdd(mailboxId: $m, job: $j) { userErrors { code } } }', { m: alice.id, j: { host: 'victim.example', user: 'x', password: 'x', subfolder: 'in' } });
      await refused('mutation($a: AccountID!) { ticketOpen(input: { accountId: $a, kind: TECHNICAL, subject: "x", text: "x" }) { userErrors { code } } }', { a: accountId });
      await refused('mutation($a: AccountID!) { delegationInvite(accountId: $a, email: "victim@elsewhere.example", terms: { permissions: ["account:read"] }) { userErrors { code } } }', { a: accountId });
      const { users } = await api(node, owner, '{ users { nodes { id login } } }');
      for (const user of users.nodes) await refused('mutation($u: UserID!) { userRemove(userId: $u) { userErrors { code } } }', { u: user.id });
      for (const settings of [{ mustChangePassword: true }, { requiresSecondFactor: true }]) {
        await refused('mutation($m: MailboxID!, $s: MailboxSettingsInput!) { mailboxSettingsChange(mailboxId: $m, settings: $s) { userErrors { code } } }', { m: alice.id, s: settings });
      }
      await refused('mutation($d: DomainID!) { domainSettingsChange(domainId: $d, settings: { requiresSecondFactor: true }) { userErrors { code } } }', { d: domains.nodes[0].id });
      await refused('mutation($a: AccountID!) { accountClose(accountId: $a) { userErrors { code } } }', { a: accountId });
      // Mail for elsewhere is kept, and goes nowhere.
      assert.equal(await submits(node, { login: ALICE, password: PASSWORD, recipients: ['bob@demo.example', victim] }), '250');
      const { platformQueue } = await api(node, operator, '{ platformQueue(filter: { state: HELD }) { nodes { accountId address } } }');
      assert.deepEqual(platformQueue.nodes.filter((one) => one.address === victim), [{ accountId, address: victim }]);
      assert.ok(platformQueue.nodes.every((one) => one.accountId === accountId));
      const box = await visit(browser, { language });
      await signIn(box, node, ALICE, PASSWORD, '/dashboard/mailbox');
      await box.getByText(t('box.held.title'), { exact: true }).waitFor();
      await box.getByText(victim).first().waitFor();
      await box.getByRole('complementary', { name: t('demo.label') }).waitFor();

      // It begins anew: whoever is signed in is told in a sentence, at once where they only look.
      await box.waitForURL(/\/login\?told=reset/, { timeout: RESET_MS_MAX });
      await box.getByRole('status').filter({ hasText: words.reset }).waitFor();
      await picture(box, `demo-reset-${language}`);
      assert.deepEqual(await violations(box), []);
      quiet(box);
      await box.context().close();
      // What visitors did is gone, and the same logins open the next.
      const next = await fresh();
      assert.notEqual(next.accountId, accountId);
      const again = await token(node, 'demo');
      const names = (await api(node, again, '{ aliases { nodes { address } } }')).aliases.nodes.map((one) => one.address);
      assert.ok(names.includes('info@demo.example') && !names.some((one) => one.startsWith('visitor-')), names.join());
      assert.ok(await imapLetsIn(node, ALICE, PASSWORD));
      assert.equal(await smtpAnswers(node, ALICE), '250');
      const left = await api(node, operator, '{ platformQueue { nodes { id } } }');
      assert.deepEqual(left.platformQueue.nodes, [], 'what the sandbox kept went with it');
      const { account } = await api(node, operator, 'query($a: AccountID!) { account(accountId: $a) { status isSandbox } }', { a: accountId });
      assert.deepEqual(account, { status: 'CLOSED', isSandbox: true });
      // The old session opens nothing; the page says why.
      await page.goto(`${node.url}/dashboard`);
      await page.waitForURL(/\/login\?/);
      await page.getByRole('status').waitFor();
      quiet(page);
      await page.context().close();
    });
  }
});
