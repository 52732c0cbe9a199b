// Pictures of every screen for people to look at, by role, language, colours and width, with what a program can tell of them:
//   HOSTERRA_BIN=... node looks.mjs FOLDER [role=customer] [language=fr] [scheme=dark] [width=360]
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { api, launch, PASSWORD, settled, signIn, start, token, visit } from './harness.mjs';
import { smtpSends, submits } from './mail.mjs';
import { LOGINS, pages, screens } from './screens.mjs';

const [folder, ...asked] = process.argv.slice(2);
if (!folder) {
  console.error('usage: node looks.mjs FOLDER [role=...] [language=fr|en] [scheme=light|dark] [width=1280|360]');
  process.exit(2);
}
const wanted = Object.fromEntries(asked.map((one) => one.split('=')));
const only = (name, all) => (wanted[name] === undefined ? all : all.filter((one) => String(one) === wanted[name]));

/** What the screens show: some of everything. */
async function furnish(node) {
  const operator = await token(node, 'chief', 'operator-password');
  const owner = await token(node, 'demo');
  const administrator = await token(node, 'mailadmin_demo.example');
  const say = (who, query, variables) => api(node, who, query, variables);
  const { viewer } = await say(owner, '{ viewer { accountId userId } }');
  const a = viewer.accountId;
  const service = (await say(owner, '{ services(first: 1) { nodes { id } } }')).services.nodes[0].id;
  const { mailboxes } = await say(administrator, '{ mailboxes(first: 10) { nodes { id address domainId serviceId } } }');
  const alice = mailboxes.nodes.find((one) => one.address === 'alice@demo.example');
  const errors = '{ userErrors { code message } }';
  const done = [];
  const add = async (who, query, variables) => done.push(await say(who, query, variables));
  // Of the customer.
  await add(owner, `mutation($i: DomainAddInput!) { domainAdd(input: $i) ${errors} }`, { i: { accountId: a, serviceId: service, name: 'a-second-domain-with-a-rather-long-name.example' } });
  for (const [subject, text] of [['Une question sur la facturation annuelle et le changement d’offre', 'Bonjour,\n\nComment passer à la facturation annuelle ?'], ['My mail program cannot sign in', 'It says: “wrong password”.']]) {
    await add(owner, `mutation($a: AccountID!, $s: String!, $t: String!) { ticketOpen(input: { accountId: $a, kind: TECHNICAL, subject: $s, text: $t }) { ticket { id } ${errors.slice(1, -1)} } }`, { a, s: subject, t: text });
  }
  const ticket = (await say(owner, '{ tickets(first: 5) { nodes { id } } }')).tickets.nodes[0].id;
  await add(operator, `mutation($a: AccountID!, $t: TicketID!) { ticketReply(accountId: $a, ticketId: $t, text: "Which program is it? Please look at the set-up page first.") ${errors} }`, { a, t: ticket });
  await add(owner, `mutation($a: AccountID!, $u: UserID!) { apiTokenIssue(input: { accountId: $a, userId: $u, name: "Accounting", permissions: ["domain:read", "mailbox:read", "mailbox:write"] }) ${errors} }`, { a, u: viewer.userId });
  await add(owner, `mutation($i: WebhookInput!) { webhookRegister(input: $i) ${errors} }`, { i: { accountId: a, url: 'https://hooks.customer.example/hosterra/a-long-path/events', kinds: ['*'], description: 'Accounting system' } });
  await add(owner, `mutation($a: AccountID!) { delegationInvite(input: { accountId: $a, email: "accountant@elsewhere.example", permissions: ["account:read", "service:read"] }) ${errors} }`, { a }).catch((error) => console.error(`not there: ${error.message}`));
  // Of the mail administration.
  for (const [local, targets] of [['info', ['alice@demo.example']], ['contact', ['alice@demo.example', 'bob@demo.example']], ['a-very-long-local-part-for-a-newsletter', ['bob@demo.example']]]) {
    await add(administrator, `mutation($i: AliasCreateInput!) { aliasCreate(input: $i) ${errors} }`, { i: { serviceId: alice.serviceId, domainId: alice.domainId, localPart: local, targets } });
  }
  await add(administrator, `mutation($m: MailboxID!, $f: FilterInput!) { filterAdd(mailboxId: $m, filter: $f) ${errors} }`, { m: alice.id, f: { stage: 'OWN', name: 'Newsletters', description: 'By themselves', isActive: true, script: 'require "fileinto";\r\nif exists "List-Id" {\r\n  fileinto "Newsletters";\r\n}\r\n' } });
  await add(administrator, `mutation($d: DomainID!, $f: FilterInput!) { domainFilterAdd(domainId: $d, filter: $f) ${errors} }`, { d: alice.domainId, f: { stage: 'BEFORE', name: 'Executables', description: 'Nobody needs them', script: 'keep;\r\n' } });
  await add(administrator, `mutation($m: MailboxID!, $j: SyncJobInput!) { syncJobAdd(mailboxId: $m, job: $j) ${errors} }`, { m: alice.id, j: { host: 'imap.old-provider.example', user: 'alice@old-provider.example', password: 'x', subfolder: 'Old' } });
  await add(administrator, `mutation($m: MailboxID!, $p: PushInput!) { pushAdd(mailboxId: $m, push: $p) ${errors} }`, { m: alice.id, p: { kind: 'NTFY', name: 'Phone', url: 'https://ntfy.example/alice', token: 'sixteen-characters', title: 'Mail', text: '{subject}' } }).catch((error) => console.error(`not there: ${error.message}`));
  await add(administrator, `mutation($m: MailboxID!) { appPasswordAdd(mailboxId: $m, name: "Phone of Alice", protocols: [IMAP, SUBMISSION]) ${errors} }`, { m: alice.id });
  await add(administrator, `mutation($i: AddressMapAddInput!) { addressMapAdd(input: $i) ${errors} }`, { i: { domainId: alice.domainId, kind: 'RECIPIENT_COPY', from: 'alice@demo.example', to: 'archive@elsewhere.example', comment: 'Law' } });
  await add(owner, `mutation($p: TlsPolicyInput!) { tlsPolicyAdd(policy: $p) ${errors} }`, { p: { destination: 'bank.example', level: 'ENCRYPT', comment: 'As agreed' } });
  await add(administrator, `mutation($d: DomainID!) { domainSettingsChange(domainId: $d, settings: { allowedSenders: ["friend@elsewhere.example"], deniedSenders: ["*@prizes.example"] }) ${errors} }`, { d: alice.domainId }).catch((error) => console.error(`not there: ${error.message}`));
  // What goes to and fro.
  for (const number of [1, 2, 3]) await smtpSends(node, { from: 'friend@elsewhere.example', to: 'alice@demo.example', subject: `Number ${number}` });
  const recipients = Array.from({ length: 30 }, (_, at) => `person${at}@far-away.example`);
  await submits(node, { login: 'alice@demo.example', password: PASSWORD, recipients: recipients.slice(0, 2) }).catch(() => undefined);
  for (const some of ['x', 'y']) await submits(node, { login: 'bob@demo.example', password: PASSWORD, recipients: recipients.map((one) => some + one) });
  await add(owner, `mutation($a: AccountID!) { suppressionAdd(accountId: $a, address: "somebody.who.left@a-rather-long-name.example", reason: "550 5.1.1 No such user") ${errors} }`, { a });
  await add(operator, `mutation { siteSuspend(site: "mx1.closed-for-now.example,mx2.closed-for-now.example", reason: "They asked us to wait until tomorrow") ${errors} }`);
  // Of a reseller.
  const { accountOpen } = await say(operator, 'mutation { accountOpen(input: { name: "Agence Numérique du Sud-Ouest" }) { account { id } } }');
  const agency = accountOpen.account.id;
  await add(operator, `mutation($a: AccountID!, $p: String!) { userRegister(input: { accountId: $a, login: "agency", name: "Camille", password: $p, role: OWNER }) ${errors} }`, { a: agency, p: PASSWORD });
  await add(operator, `mutation($a: AccountID!) { accountResellerSet(accountId: $a, subAccountCountMax: 20) ${errors} }`, { a: agency });
  const reseller = await token(node, 'agency');
  for (const name of ['Boulangerie Martin', 'A customer with a name that is rather long for a table', 'Cabinet dentaire']) {
    await add(reseller, `mutation($a: AccountID!, $n: String!) { subAccountOpen(parentId: $a, name: $n) ${errors} }`, { a: agency, n: name }).catch((error) => console.error(`not there: ${error.message}`));
  }
  for (const refused of done.flatMap((one) => Object.values(one)).flatMap((one) => one?.userErrors ?? [])) console.error(`refused: ${refused.code}: ${refused.message}`);
  return { service, ticket, domain: alice.domainId, account: a };
}

/** Every screen of every role, as the sources tell them, and what nobody has a link to. */
function looked({ service, ticket, domain }) {
  const shown = screens({ service, domain, tickets: [ticket] });
  return {
    visitor: [...pages().map((path) => `!${path}${path === '/setup' ? '?domain=demo.example' : ''}`), '!/nowhere'],
    ...shown, customer: [...shown.customer, '!/password', '/nowhere'], held: ['/mailbox'],
  };
}
const SIGNS_IN = { ...LOGINS, held: ['bob@demo.example', PASSWORD] };

/** What a program can tell: what sticks out, is cut off, lies over something else, or is a key and no text. */
function faults() {
  const found = [];
  const wide = document.documentElement.scrollWidth - innerWidth;
  if (wide > 0) found.push(`${wide} px too wide`);
  const shown = (one) => one.checkVisibility({ visibilityProperty: true });
  for (const one of document.querySelectorAll('main *, header *, footer *')) {
    if (!shown(one) || one.closest('svg')) continue;
    const style = getComputedStyle(one);
    const isCut = one.scrollWidth > one.clientWidth + 1 && style.overflowX === 'hidden' && style.textOverflow !== 'ellipsis' && one.clientWidth > 0 && style.position !== 'absolute';
    if (isCut) found.push(`cut off: ${one.tagName} ${one.textContent.trim().slice(0, 60)}`);
  }
  for (const text of document.body.innerText.split(/\s+/)) {
    if (/^[a-z]+(\.[a-zA-Z]+){1,3}$/.test(text) && !/\.(example|test|localhost)$/.test(text) && !/^(hosterra|www)\./.test(text)) found.push(`a key? ${text}`);
  }
  const presses = [...document.querySelectorAll('main a, main button, main input, main select')].filter(shown);
  for (const [at, one] of presses.entries()) {
    const box = one.getBoundingClientRect();
    for (const other of presses.slice(at + 1, at + 8)) {
      if (one.contains(other) || other.contains(one)) continue;
      const of = other.getBoundingClientRect();
      const over = Math.min(box.right, of.right) - Math.max(box.left, of.left);
      const under = Math.min(box.bottom, of.bottom) - Math.max(box.top, of.top);
      if (over > 2 && under > 2 && getComputedStyle(one).display !== 'inline' && getComputedStyle(other).display !== 'inline') found.push(`overlap: ${one.textContent.trim().slice(0, 30)} / ${other.textContent.trim().slice(0, 30)}`);
    }
  }
  return [...new Set(found)];
}

const browser = await launch();
const node = await start(wanted.config ?? '');
const told = [];
try {
  const known = looked(await furnish(node));
  for (const role of only('role', Object.keys(known))) {
    for (const language of only('language', ['fr', 'en'])) {
      const page = await visit(browser, { language });
      if (SIGNS_IN[role]) {
        await signIn(page, node, ...SIGNS_IN[role]);
        await page.waitForURL(/\/dashboard/);
      }
      for (const path of known[role]) {
        const name = `${role}${path.replace(/^!/, '-page').replaceAll(/[/?=]/g, '-').replace(/_[0-9a-f]{32}/, '')}`.replace(/-$/, '');
        for (const width of only('width', [1280, 360])) {
          await page.setViewportSize({ width, height: width < 600 ? 740 : 900 });
          await page.goto(node.url + (path.startsWith('!') ? path.slice(1) : `/dashboard${path === '/' ? '' : path}`));
          await settled(page);
          for (const scheme of only('scheme', ['light', 'dark'])) {
            await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' });
            const place = join(folder, role, language, `${scheme}-${width}`);
            mkdirSync(place, { recursive: true });
            await page.screenshot({ path: join(place, `${name}.png`), fullPage: true });
          }
          for (const fault of await page.evaluate(faults)) told.push(`${language} ${width} ${name}: ${fault}`);
        }
      }
      for (const complaint of page.complaints) told.push(`${language} ${role}: ${complaint}`);
      await page.context().close();
      console.log(`${role} ${language}`);
    }
  }
} finally {
  await browser.close();
  await node.stop();
}
mkdirSync(folder, { recursive: true });
writeFileSync(join(folder, 'faults.txt'), told.map((one) => `${one}\n`).join(''));
console.log(told.length === 0 ? 'nothing sticks out' : told.join('\n'));
