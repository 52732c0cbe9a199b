// What people write is text, on every screen: names, subjects, addresses of webhooks, programs' names, scripts.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { hostile } from './hostile.mjs';
import { api, launch, PASSWORD, picture, quiet, settled, signIn, start, token, visit } from './harness.mjs';

const ALICE = 'alice@demo.example';
const root = join(import.meta.dirname, '../..');
let node;
let browser;
let owner;
let operator;
let administrator;
let alice;
let user;

before(async () => {
  node = await start();
  browser = await launch();
  owner = await token(node, 'demo');
  operator = await token(node, 'chief', 'operator-password');
  administrator = await token(node, 'mailadmin_demo.example');
  const { mailboxes } = await api(node, administrator, '{ mailboxes(first: 10) { nodes { id address domainId serviceId } } }');
  alice = mailboxes.nodes.find((one) => one.address === ALICE);
  user = (await api(node, owner, '{ viewer { userId accountId } }')).viewer;
});
after(async () => {
  await browser?.close();
  await node?.stop();
});

/** Tries each string; gives how many were taken. What the model refuses for its own reasons is none of this test's. */
async function tries(strings, mutate) {
  let taken = 0;
  for (const [at, text] of strings.entries()) {
    const data = await mutate(text, at);
    if (data.userErrors.length === 0) taken += 1;
  }
  return taken;
}

const errors = '{ userErrors { code } }';
const cut = (text, length) => [...text].slice(0, length).join('');

/** Fills every field that people write and others see. */
async function fill() {
  const words = (mark) => hostile(mark);
  const a = user.accountId;
  const taken = {
    subjects: await tries(words('ticket'), async (text) => (await api(node, owner, `mutation($a: AccountID!, $t: String!) { ticketOpen(input: { accountId: $a, kind: TECHNICAL, subject: $t, text: $t }) ${errors} }`, { a, t: text })).ticketOpen),
    keys: await tries(words('key'), async (text) => (await api(node, owner, `mutation($a: AccountID!, $u: UserID!, $t: String!) { apiTokenIssue(input: { accountId: $a, userId: $u, name: $t, permissions: ["domain:read"] }) ${errors} }`, { a, u: user.userId, t: cut(text, 64) })).apiTokenIssue),
    webhooks: await tries(words('hook').slice(0, 8), async (text) => (await api(node, owner, `mutation($i: WebhookInput!) { webhookRegister(input: $i) ${errors} }`, { i: { accountId: a, url: `https://shop.example/?${encodeURI(text)}`, kinds: ['*'], description: text } })).webhookRegister),
    people: await tries(words('person').slice(0, 12), async (text, at) => (await api(node, owner, `mutation($a: AccountID!, $t: String!, $l: String!) { userRegister(input: { accountId: $a, login: $l, name: $t, role: OWNER }) ${errors} }`, { a, t: text, l: `person${at}` })).userRegister),
    accounts: await tries(words('account').slice(0, 8), async (text) => (await api(node, operator, `mutation($t: String!) { accountOpen(input: { name: $t }) ${errors} }`, { t: text })).accountOpen),
    filters: await tries(words('filter').slice(0, 8), async (text) => (await api(node, administrator, `mutation($m: MailboxID!, $f: FilterInput!) { filterAdd(mailboxId: $m, filter: $f) ${errors} }`, { m: alice.id, f: { stage: 'BEFORE', name: cut(text, 120), description: text, script: `# ${text.replaceAll('\n', ' ')}\nkeep;\n` } })).filterAdd),
    pushes: await tries(words('push').slice(0, 8), async (text) => (await api(node, administrator, `mutation($m: MailboxID!, $p: PushInput!) { pushAdd(mailboxId: $m, push: $p) ${errors} }`, { m: alice.id, p: { kind: 'WEBHOOK', name: cut(text, 120), url: `https://push.example/${encodeURIComponent(text)}`, token: 'sixteen-characters', title: text, text } })).pushAdd),
    jobs: await tries(words('job').slice(0, 8), async (text) => (await api(node, administrator, `mutation($m: MailboxID!, $j: SyncJobInput!) { syncJobAdd(mailboxId: $m, job: $j) ${errors} }`, { m: alice.id, j: { host: 'old.example', user: text, password: 'x', subfolder: 'in' } })).syncJobAdd),
    apps: await tries(words('app'), async (text) => (await api(node, administrator, `mutation($m: MailboxID!, $t: String!) { appPasswordAdd(mailboxId: $m, name: $t, protocols: [IMAP]) ${errors} }`, { m: alice.id, t: cut(text, 64) })).appPasswordAdd),
    names: await tries([words('name')[4]], async (text) => (await api(node, administrator, `mutation($m: MailboxID!, $t: String!) { mailboxDisplayNameChange(mailboxId: $m, displayName: $t) ${errors} }`, { m: alice.id, t: text })).mailboxDisplayNameChange),
    domains: await tries([words('domain')[0]], async (text) => (await api(node, administrator, `mutation($d: DomainID!, $t: String!) { domainSettingsChange(domainId: $d, settings: { description: $t, footerText: $t, footerHtml: $t, tags: ["<b data-owned>"] }) ${errors} }`, { d: alice.domainId, t: text })).domainSettingsChange),
  };
  const { aliasCreate } = await api(node, administrator, 'mutation($i: AliasCreateInput!) { aliasCreate(input: $i) { alias { id } } }', { i: { serviceId: alice.serviceId, domainId: alice.domainId, localPart: 'info', targets: [ALICE] } });
  taken.comments = await tries([words('comment')[1]], async (text) => (await api(node, administrator, `mutation($a: AliasID!, $t: String!) { aliasSettingsChange(aliasId: $a, settings: { privateComment: $t, publicComment: $t }) ${errors} }`, { a: aliasCreate.alias.id, t: cut(text, 160) })).aliasSettingsChange);
  taken.maps = await tries([words('map')[2]], async (text) => (await api(node, administrator, `mutation($i: AddressMapAddInput!) { addressMapAdd(input: $i) ${errors} }`, { i: { domainId: alice.domainId, kind: 'RECIPIENT_COPY', from: ALICE, to: 'archive@elsewhere.example', comment: text } })).addressMapAdd);
  taken.tls = await tries([words('tls')[3]], async (text) => (await api(node, owner, `mutation($p: TlsPolicyInput!) { tlsPolicyAdd(policy: $p) ${errors} }`, { p: { destination: 'far.example', level: 'ENCRYPT', comment: text } })).tlsPolicyAdd);
  taken.domainFilters = await tries([words('domainfilter')[0]], async (text) => (await api(node, administrator, `mutation($d: DomainID!, $f: FilterInput!) { domainFilterAdd(domainId: $d, filter: $f) ${errors} }`, { d: alice.domainId, f: { stage: 'BEFORE', name: cut(text, 120), description: text, script: `# ${text}\nkeep;\n` } })).domainFilterAdd);
  taken.tags = await tries([words('tag')[0]], async (text) => (await api(node, administrator, `mutation($m: MailboxID!, $t: String!) { mailboxSettingsChange(mailboxId: $m, settings: { tags: [$t] }) ${errors} }`, { m: alice.id, t: cut(text, 60) })).mailboxSettingsChange);
  // Programs tell their own names: they stand in the list of sessions.
  for (const text of words('agent').slice(0, 6)) {
    await fetch(`${node.url}/graphql`, {
      method: 'POST', headers: { 'content-type': 'application/json', 'user-agent': text.replace(/[^\x20-\x7e]/g, '') },
      body: JSON.stringify({ query: 'mutation { signIn(login: "demo", password: "demo-password") { userErrors { code } } }' }),
    });
  }
  return taken;
}

/** Whatever a string made of itself on this page. */
function owned(page) {
  return page.evaluate(() => {
    const found = [...document.querySelectorAll('[data-owned], iframe, a[href^="javascript:" i], script:not([src]):not([type="application/json"]), [onerror], [onload]')].map((one) => one.outerHTML.slice(0, 200));
    return document.title.includes('owned') && !document.title.includes('data-owned') ? [...found, 'the title was changed'] : found;
  });
}

test('what people write is text on every screen of the dashboard', { timeout: 300_000 }, async () => {
  const taken = await fill();
  for (const [field, count] of Object.entries(taken)) assert.ok(count > 0, `no hostile string was taken as ${field}`);
  const service = (await api(node, owner, '{ services(first: 1) { nodes { id } } }')).services.nodes[0].id;
  const tickets = (await api(node, owner, '{ tickets(first: 50) { nodes { id } } }')).tickets.nodes;
  const routes = readFileSync(join(root, 'web/app/src/dashboard/routes.ts'), 'utf8');
  const plain = [...routes.matchAll(/pattern: '([^':]+)'/g)].map((match) => match[1]);
  const parts = ['security', 'people', 'delegations', 'keys', 'webhooks', 'audit'].map((part) => `/account/${part}`);
  const service_ = ['', '/limits', '/history', '/plan', '/password', '/cancel'].map((part) => `/services/${service}${part}`);
  const paths = [...plain, ...parts, ...service_, `/domains/${alice.domainId}/dns`, ...tickets.slice(0, 6).map((one) => `/tickets/${one.id}`)];
  const mailbox = ['', '/aliases', '/spam', '/filters', '/apps', '/sync', '/push', '/trace', '/settings'].map((part) => `/mailbox${part}`);
  const mail = ['', '/mailboxes', '/aliases', '/sync', '/filters', '/maps', '/tls', '/spam', '/held'].map((part) => `/mail${part}`);
  const seen = { demo: '', chief: '', mailadmin: '', alice: '' };
  const faults = [];
  for (const [who, login, password, screens] of [['demo', 'demo', PASSWORD, [...paths, ...mail]], ['mailadmin', 'mailadmin_demo.example', PASSWORD, mail], ['chief', 'chief', 'operator-password', ['/', '/operations', '/customers', '/tickets', '/account/audit']], ['alice', ALICE, PASSWORD, [...mailbox, '/account', '/account/security']]]) {
    const page = await visit(browser);
    page.on('dialog', (told) => faults.push(`${who}: a dialog: ${told.message()}`));
    await signIn(page, node, login, password, '/dashboard');
    await page.waitForURL(/\/dashboard/);
    for (const path of screens) {
      await page.goto(`${node.url}/dashboard${path === '/' ? '' : path}`);
      await settled(page);
      // What is folded away is looked at as well.
      for (const shown of await page.locator('main button[aria-expanded=false]').all()) await shown.click({ timeout: 2000 }).catch(() => undefined);
      seen[who] += await page.locator('body').innerText();
      for (const found of await owned(page)) faults.push(`${who} ${path}: ${found}`);
      for (const [width, height] of [[320, 700], [1280, 900]]) {
        await page.setViewportSize({ width, height });
        const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        if (wide > 0) faults.push(`${who} ${path}: ${wide} px too wide for ${width}`);
      }
      await page.keyboard.press('Escape');
    }
    await picture(page, `hostile-${who}`);
    quiet(page);
    await page.context().close();
  }
  assert.deepEqual(faults, []);
  for (const [who, marks] of [['demo', ['ticket', 'key', 'hook', 'person', 'agent', 'tls']], ['mailadmin', ['name', 'comment', 'map', 'domainfilter', 'job']], ['alice', ['filter', 'push', 'job', 'app', 'name']], ['chief', ['ticket']]]) {
    for (const mark of marks) assert.match(seen[who], new RegExp(`${mark}\\d+`), `${who} was shown what was written as ${mark}`);
  }
});

test('pages without script show what they are asked with as text', async () => {
  const page = await visit(browser);
  for (const text of hostile('asked')) {
    for (const path of [`/login?next=${encodeURIComponent(text)}&told=${encodeURIComponent(text)}`, `/setup?domain=${encodeURIComponent(text)}`, `/${encodeURIComponent(text)}`]) {
      await page.goto(node.url + path);
      assert.deepEqual(await owned(page), [], path);
    }
  }
  // What looks for harm finds it where it is.
  await page.evaluate(() => document.body.setAttribute('data-owned', ''));
  assert.equal((await owned(page)).length, 1);
  const [text] = hostile('login');
  await page.goto(`${node.url}/login`);
  await page.fill('#login', text);
  await page.fill('#password', 'whatever it is');
  await page.click('main button[type=submit]');
  await page.getByRole('alert').waitFor();
  assert.equal(await page.inputValue('#login'), text);
  assert.deepEqual(await owned(page), []);
  await page.context().close();
});

test('a document with script in it is served as a document, never as a page of ours', async () => {
  const content = Buffer.from('<script data-owned>document.title="owned"</script>').toString('base64');
  const published = [];
  for (const [mediaType, language] of [['HTML', 'FR'], ['TEXT', 'EN']]) {
    const input = { kind: 'AUP', language, version: 1, title: hostile('title')[0], contentBase64: content, mediaType };
    const { documentPublish } = await api(node, operator, 'mutation($d: DocumentPublishInput!) { documentPublish(input: $d) { document { sha256 } userErrors { code message } } }', { d: input });
    assert.deepEqual(documentPublish.userErrors, []);
    published.push(documentPublish.document.sha256);
  }
  for (const hash of published) {
    const response = await fetch(`${node.url}/documents/${hash}`, { headers: { authorization: `Bearer ${owner}` } });
    assert.equal(response.status, 200);
    assert.equal(response.headers.get('x-content-type-options'), 'nosniff');
    assert.match(response.headers.get('content-disposition'), /^attachment/);
    assert.match(response.headers.get('content-security-policy'), /default-src 'none'.*sandbox$/);
  }
});
