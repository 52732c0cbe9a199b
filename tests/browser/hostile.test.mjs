// What people write is text, on every screen: names, subjects, addresses of webhooks, programs' names, scripts.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import test, { after, before } from 'node:test';
import { hostile, ODD_COUNT } from './hostile.mjs';
import { api, freePort, launch, PASSWORD, picture, quiet, settled, shift, SHIFT_MAX, signIn, start, sticksOut, texts, token, visit } from './harness.mjs';
import { smtpSends, submits } from './mail.mjs';
import { LOGINS, pages, screens } from './screens.mjs';

const ALICE = 'alice@demo.example';
const RELAY = 'relay.hosts.example';
const PATH = `${process.env.PATH}:/usr/sbin`;
const hasServer = spawnSync('dnsmasq', ['--version'], { env: { PATH } }).status === 0;
if (!hasServer) console.error('SKIPPED in part: dnsmasq is not installed, so no hostile answer of DNS and of another host');
const WAIT_MS_MAX = 60_000;
let relay;
let dns;
let node;
let browser;
let owner;
let operator;
let administrator;
let alice;
let user;

/** Another host that says what it likes: recipients that begin with `never` do not exist, the others are to come again. */
function malicious(port) {
  const [never, later] = [hostile('never')[0], hostile('later')[1]];
  const server = createServer((socket) => {
    socket.setEncoding('latin1');
    socket.on('error', () => undefined);
    socket.write('220 there\r\n');
    socket.on('data', (line) => {
      for (const one of line.split('\r\n').filter(Boolean)) {
        if (/^EHLO/i.test(one)) socket.write('250 there\r\n');
        else if (/^RCPT TO:<never/i.test(one)) socket.write(`550 5.1.1 ${never}\r\n`);
        else if (/^RCPT/i.test(one)) socket.write(`451 4.3.0 ${later}\r\n`);
        else if (/^QUIT/i.test(one)) socket.end('221 bye\r\n');
        else socket.write('250 2.0.0 well\r\n');
      }
    });
  });
  return new Promise((resolve) => server.listen(port, '127.0.0.1', () => resolve(server)));
}

before(async () => {
  let lines = '';
  if (hasServer) {
    const [zone, mail] = [await freePort(), await freePort()];
    relay = await malicious(mail);
    const records = [`--address=/${RELAY}/127.0.0.1`, ...hostile('dns').slice(0, 3).map((text) => `--txt-record=_dmarc.demo.example,${text.replaceAll(',', ' ')}`)];
    const options = ['--keep-in-foreground', '--no-resolv', '--no-hosts', '--conf-file=/dev/null', '--user=', '--pid-file', '--listen-address=127.0.0.1', '--bind-interfaces', `--port=${zone}`, '--local=/example/', '--local=/localhost/'];
    dns = spawn('dnsmasq', [...options, ...records], { env: { PATH }, stdio: 'ignore' });
    lines = `dns.servers = ["127.0.0.1:${zone}"]\n[outbound]\nallow_loopback = true\n[[outbound.relays]]\nhost = "${RELAY}"\nport = ${mail}\n`;
  }
  node = await start(lines);
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
  dns?.kill('SIGKILL');
  relay?.close();
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
  taken.resources = await tries(words('resource').slice(0, 4), async (text, at) => (await api(node, administrator, `mutation($i: ResourceAddInput!) { resourceAdd(input: $i) ${errors} }`, { i: { domainId: alice.domainId, localPart: `room${at}`, name: cut(text, 100), kind: 'LOCATION' } })).resourceAdd);
  taken.relays = await tries(words('relay').slice(0, 1), async (text) => (await api(node, owner, `mutation($d: DomainID!, $r: SenderRelayInput!) { senderRelayAdd(domainId: $d, relay: $r) ${errors} }`, { d: alice.domainId, r: { host: 'smtp.relay.example', login: text, password: 'x', isActive: false } })).senderRelayAdd);
  taken.suppressions = await tries(words('suppression').slice(0, 6), async (text, at) => (await api(node, owner, `mutation($a: String!, $t: String!) { suppressionAdd(address: $a, reason: $t) ${errors} }`, { a: `gone${at}@elsewhere.example`, t: text })).suppressionAdd);
  taken.sites = await tries(words('site').slice(0, 4), async (text, at) => (await api(node, operator, `mutation($s: String!, $t: String!) { siteSuspend(site: $s, reason: $t) ${errors} }`, { s: `closed${at}.example`, t: text })).siteSuspend);
  const limits = 'domainMode: OWN, domains: 1, aliasDomains: 0, mailboxes: 1, aliases: 1, storageBytes: 10, mailboxQuotaDefaultBytes: 1, mailboxQuotaMaxBytes: 2, recipientsPerMessage: 1, messageBytes: 10, syncJobs: 0, temporaryAliases: 0, domainAdministrators: 0, delegates: 0, features: []';
  taken.plans = await tries(words('plan').map((text) => cut(text, 64)), async (text, at) => (await api(node, operator, `mutation($s: String!, $t: String!) { planPublish(slug: $s, terms: { name: $t, frenchName: $t, monthlyCents: 1, annualCents: 1, limits: { ${limits} } }) ${errors} }`, { s: `hostile-${at}`, t: text })).planPublish);
  taken.documents = await tries(words('document').slice(0, 2), async (text, at) => (await api(node, operator, `mutation($d: DocumentPublishInput!) { documentPublish(input: $d) ${errors} }`, { d: { kind: 'DPA', language: at === 0 ? 'FR' : 'EN', version: 1, title: text, contentBase64: 'eA==', mediaType: 'TEXT' } })).documentPublish);
  // A reseller with a face, and customers of theirs.
  const { accountOpen } = await api(node, operator, 'mutation($n: String!) { accountOpen(input: { name: $n }) { account { id } } }', { n: words('agency')[1] });
  const agency = accountOpen.account.id;
  await api(node, operator, `mutation($a: AccountID!, $p: String!) { userRegister(input: { accountId: $a, login: "agency", name: "Agency", password: $p, role: OWNER }) ${errors} }`, { a: agency, p: PASSWORD });
  await api(node, operator, `mutation($a: AccountID!) { accountResellerSet(accountId: $a, subAccountCountMax: 20) ${errors} }`, { a: agency });
  const reseller = await known('agency');
  taken.brands = await tries([words('brand')[0]].map((text) => cut(text, 64)), async (text) => (await api(node, reseller, `mutation($a: AccountID!, $b: BrandInput!) { brandSet(accountId: $a, brand: $b) ${errors} }`, { a: agency, b: { name: text, accent: '#123456' } })).brandSet);
  taken.customers = await tries(words('customer').slice(0, 4), async (text) => (await api(node, reseller, `mutation($a: AccountID!, $t: String!) { subAccountOpen(accountId: $a, name: $t) ${errors} }`, { a: agency, t: text })).subAccountOpen);
  // Files whose names are markup, and worse, with the newest ticket.
  const { tickets } = await api(node, owner, '{ tickets(first: 1) { nodes { id } } }');
  taken.files = 0;
  for (const name of [words('file')[0], ...words('file').slice(-ODD_COUNT)]) {
    const file = await fetch(`${node.url}/tickets/${a}/${tickets.nodes[0].id}/files?name=${encodeURIComponent(name)}`, { method: 'POST', headers: { authorization: `Bearer ${owner}`, 'content-type': 'application/octet-stream' }, body: 'x' });
    assert.ok(file.status < 500, `${JSON.stringify(name)}: ${file.status}`);
    if (file.ok) taken.files += 1;
  }
  // What comes and goes: headers and addresses that strangers write, answers that other hosts give.
  const quoted = '"<img src=x data-owned onerror=alert(1)>envelope0"@elsewhere.example';
  for (const [at, text] of words('header').slice(0, 3).entries()) await smtpSends(node, { from: at === 0 ? quoted : 'friend@elsewhere.example', to: ALICE, subject: text.replace(/[^\x20-\x7e]/g, '') });
  if (hasServer) {
    await submits(node, { login: ALICE, password: PASSWORD, recipients: ['never@far-away.example', 'later@far-away.example'] });
    await until(async () => {
      const { messageTrace } = await api(node, owner, '{ messageTrace(first: 50) { nodes { stage reply { text } } } }');
      const of = (stage) => messageTrace.nodes.some((one) => one.stage === stage && one.reply?.text.includes('data-owned'));
      return of('BOUNCED') && of('DEFERRED');
    });
  }
  // Programs tell their own names: they stand in the list of sessions.
  for (const text of words('agent').slice(0, 6)) {
    await fetch(`${node.url}/graphql`, {
      method: 'POST', headers: { 'content-type': 'application/json', 'user-agent': text.replace(/[^\x20-\x7e]/g, '') },
      body: JSON.stringify({ query: 'mutation { signIn(login: "demo", password: "demo-password") { userErrors { code } } }' }),
    });
  }
  return taken;
}

async function until(isSo) {
  for (const begun = Date.now(); !(await isSo());) {
    if (Date.now() - begun > WAIT_MS_MAX) throw new Error('never so');
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

/** A token of somebody who was registered a moment ago. */
async function known(login) {
  let found;
  await until(async () => (found = await token(node, login).catch(() => undefined)) !== undefined);
  return found;
}

/** Whatever a string made of itself on this page. */
function owned(page) {
  return page.evaluate(() => {
    const found = [...document.querySelectorAll('[data-owned], iframe, a[href^="javascript:" i], script:not([src]):not([type="application/json"]), [onerror], [onload]')].map((one) => one.outerHTML.slice(0, 200));
    return document.title.includes('owned') && !document.title.includes('data-owned') ? [...found, 'the title was changed'] : found;
  });
}

test('what people write is text on every screen of the dashboard', { timeout: 600_000 }, async () => {
  const taken = await fill();
  for (const [field, count] of Object.entries(taken)) assert.ok(count > 0, `no hostile string was taken as ${field}`);
  const service = (await api(node, owner, '{ services(first: 1) { nodes { id } } }')).services.nodes[0].id;
  const tickets = (await api(node, owner, '{ tickets(first: 50) { nodes { id } } }')).tickets.nodes.slice(0, 6).map((one) => one.id);
  const shown = screens({ service, domain: alice.domainId, tickets });
  const seen = Object.fromEntries(Object.keys(shown).map((who) => [who, '']));
  const faults = [];
  for (const [who, paths] of Object.entries(shown)) {
    const [login, password] = LOGINS[who];
    const page = await visit(browser);
    page.on('dialog', (told) => faults.push(`${who}: a dialog: ${told.message()}`));
    await signIn(page, node, login, password, '/dashboard');
    await page.waitForURL(/\/dashboard/);
    for (const path of paths) {
      await page.goto(`${node.url}/dashboard${path === '/' ? '' : path}`);
      await settled(page);
      const { score, moved } = await shift(page);
      if (score > SHIFT_MAX) faults.push(`${who} ${path}: moved by ${score.toFixed(3)}: ${moved}`);
      // What is folded away is looked at as well.
      for (const shown of await page.locator('main button[aria-expanded=false]').all()) await shown.click({ timeout: 2000 }).catch(() => undefined);
      seen[who] += await page.locator('body').innerText();
      for (const found of await owned(page)) faults.push(`${who} ${path}: ${found}`);
      for (const [width, height] of [[320, 700], [1280, 900]]) {
        const wide = await sticksOut(page, width, height);
        if (wide > 0) faults.push(`${who} ${path}: ${wide} px too wide for ${width}`);
      }
      await page.keyboard.press('Escape');
    }
    await picture(page, `hostile-${who}`);
    quiet(page);
    await page.context().close();
  }
  assert.deepEqual(faults, []);
  // What was written was there to be seen: otherwise nothing was tried.
  const wanted = {
    customer: ['ticket', 'key', 'hook', 'person', 'agent', 'tls', 'suppression', 'relay', 'file', 'plan'], administrator: ['name', 'comment', 'map', 'domainfilter', 'job', 'resource'],
    mailbox: ['filter', 'push', 'job', 'app', 'name', 'envelope'], operator: ['ticket', 'account', 'site', 'plan', 'document', 'suppression', 'agency'], reseller: ['customer'],
  };
  if (hasServer) {
    wanted.customer.push('never', 'later', 'dns');
    wanted.operator.push('later', 'never');
  }
  for (const [who, marks] of Object.entries(wanted)) for (const mark of marks) if (!new RegExp(`${mark}\\d+`).test(seen[who])) faults.push(`${who} was not shown what was written as ${mark}`);
  assert.deepEqual(faults, []);
});

test('of what a webhook answers its log has the number alone', async () => {
  const port = await freePort();
  const [reason, header, body] = ['reason', 'header', 'body'].map((mark) => hostile(mark)[0]);
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => socket.end(`HTTP/1.1 418 ${reason}\r\nserver: ${header}\r\ncontent-type: text/html\r\ncontent-length: ${body.length}\r\nconnection: close\r\n\r\n${body}`));
  });
  await new Promise((resolve) => server.listen(port, '127.0.0.1', resolve));
  try {
    const url = `http://127.0.0.1:${port}/hook`;
    const { webhookRegister } = await api(node, owner, `mutation($i: WebhookInput!) { webhookRegister(input: $i) { webhook { id } userErrors { code } } }`, { i: { accountId: user.accountId, url, kinds: ['*'], description: 'Teapot' } });
    assert.deepEqual(webhookRegister.userErrors, []);
    const id = webhookRegister.webhook.id;
    await api(node, owner, `mutation($w: WebhookID!) { webhookTest(webhookId: $w) ${errors} }`, { w: id });
    await until(async () => {
      const { webhook } = await api(node, owner, 'query($w: WebhookID!) { webhook(webhookId: $w) { deliveries { nodes { status } } } }', { w: id });
      return webhook.deliveries.nodes.some((one) => one.status === 418);
    });
    const t = texts('en');
    const page = await visit(browser);
    await signIn(page, node, 'demo', PASSWORD, '/dashboard/account/webhooks');
    await page.waitForURL(/webhooks/);
    await page.getByRole('button', { name: t('hooks.actions', { url }), exact: true }).click();
    await page.locator(':popover-open').getByRole('button', { name: t('hooks.deliveries'), exact: true }).click();
    const log = page.locator('dialog[open]');
    await log.getByText('418').first().waitFor();
    assert.ok(!/reason0|header0|body0/.test(await log.innerText()));
    assert.deepEqual(await owned(page), []);
    await page.context().close();
  } finally {
    server.close();
  }
});

test('pages without script show what they are asked with as text', async () => {
  const page = await visit(browser);
  for (const text of hostile('asked')) {
    const asked = ['next', 'told', 'domain', 'token'].map((name) => `${name}=${encodeURIComponent(text)}`).join('&');
    for (const path of [...pages().map((path) => `${path}?${asked}`), `/${encodeURIComponent(text)}`]) {
      await page.goto(node.url + path, { waitUntil: 'domcontentloaded' });
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
