// The demo with a bit of everything on its screens, for whoever looks at them.
import { api, PASSWORD, token } from './harness.mjs';
import { smtpSends, submits } from './mail.mjs';

/** Gives a platform of its own what screens show, some of everything; gives the ids that `screens` wants. */
export async function furnish(node) {
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
  await add(owner, `mutation($a: AccountID!) { delegationInvite(accountId: $a, email: "accountant@elsewhere.example", terms: { preset: BILLING }) ${errors} }`, { a });
  // Of the mail administration.
  for (const [local, targets] of [['info', ['alice@demo.example']], ['contact', ['alice@demo.example', 'bob@demo.example']], ['a-very-long-local-part-for-a-newsletter', ['bob@demo.example']]]) {
    await add(administrator, `mutation($i: AliasCreateInput!) { aliasCreate(input: $i) ${errors} }`, { i: { serviceId: alice.serviceId, domainId: alice.domainId, localPart: local, targets } });
  }
  await add(administrator, `mutation($m: MailboxID!, $f: FilterInput!) { filterAdd(mailboxId: $m, filter: $f) ${errors} }`, { m: alice.id, f: { stage: 'OWN', name: 'Newsletters', description: 'By themselves', isActive: true, script: 'require "fileinto";\r\nif exists "List-Id" {\r\n  fileinto "Newsletters";\r\n}\r\n' } });
  await add(administrator, `mutation($d: DomainID!, $f: FilterInput!) { domainFilterAdd(domainId: $d, filter: $f) ${errors} }`, { d: alice.domainId, f: { stage: 'BEFORE', name: 'Executables', description: 'Nobody needs them', script: 'keep;\r\n' } });
  await add(administrator, `mutation($m: MailboxID!, $j: SyncJobInput!) { syncJobAdd(mailboxId: $m, job: $j) ${errors} }`, { m: alice.id, j: { host: 'imap.old-provider.example', user: 'alice@old-provider.example', password: 'x', subfolder: 'Old' } });
  await add(administrator, `mutation($m: MailboxID!, $p: PushInput!) { pushAdd(mailboxId: $m, push: $p) ${errors} }`, { m: alice.id, p: { kind: 'WEBHOOK', name: 'Phone', url: 'https://push.example/alice', token: 'sixteen-characters', title: 'Mail', text: 'There is mail' } });
  await add(administrator, `mutation($m: MailboxID!) { appPasswordAdd(mailboxId: $m, name: "Phone of Alice", protocols: [IMAP, SUBMISSION]) ${errors} }`, { m: alice.id });
  await add(administrator, `mutation($i: AddressMapAddInput!) { addressMapAdd(input: $i) ${errors} }`, { i: { domainId: alice.domainId, kind: 'RECIPIENT_COPY', from: 'alice@demo.example', to: 'archive@elsewhere.example', comment: 'Law' } });
  const bob = mailboxes.nodes.find((one) => one.address === 'bob@demo.example');
  await add(administrator, `mutation($i: ResourceAddInput!) { resourceAdd(input: $i) ${errors} }`, { i: { domainId: alice.domainId, name: 'Meeting room', localPart: 'room', comment: 'Second floor' } });
  await add(administrator, `mutation($m: MailboxID!, $o: MailboxID!) { shareAdd(mailboxId: $m, memberId: $o, roles: [READ]) ${errors} }`, { m: alice.id, o: bob.id });
  await add(administrator, `mutation($d: DomainID!, $r: SenderRelayInput!) { senderRelayAdd(domainId: $d, relay: $r) ${errors} }`, { d: alice.domainId, r: { host: 'relay.elsewhere.example', login: 'demo', password: 'x', isActive: false } });
  await add(owner, `mutation($p: TlsPolicyInput!) { tlsPolicyAdd(policy: $p) ${errors} }`, { p: { destination: 'bank.example', level: 'ENCRYPT', comment: 'As agreed' } });
  await add(administrator, `mutation($d: DomainID!) { domainSettingsChange(domainId: $d, settings: { allowedSenders: ["friend@elsewhere.example"], deniedSenders: ["*@prizes.example"] }) ${errors} }`, { d: alice.domainId });
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
  // What is registered is known to the door a moment later.
  let reseller;
  for (let tries = 0; !reseller && tries < 50; tries += 1) reseller = await token(node, 'agency').catch(() => new Promise((resolve) => setTimeout(resolve, 200)));
  for (const name of ['Boulangerie Martin', 'A customer with a name that is rather long for a table', 'Cabinet dentaire']) {
    await add(reseller, `mutation($a: AccountID!, $n: String!) { subAccountOpen(accountId: $a, name: $n) ${errors} }`, { a: agency, n: name });
  }
  for (const refused of done.flatMap((one) => Object.values(one)).flatMap((one) => one?.userErrors ?? [])) console.error(`refused: ${refused.code}: ${refused.message}`);
  return { service, ticket, domain: alice.domainId, account: a };
}
