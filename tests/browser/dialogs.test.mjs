// Every dialog that a screen opens, by keyboard alone: it takes the focus, breaks no rule of axe, closes by Escape and gives
// the focus back. Found by pressing what can be pressed, in both languages.
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { api, launch, PASSWORD, picture, quiet, settled, signIn, start, texts, token, turn, violations, visit } from './harness.mjs';
import { submits } from './mail.mjs';
import { screens } from './screens.mjs';

/** As `visit` opens a page, and the narrowest that everything fits (WCAG 1.4.10). */
const [WIDE, HEIGHT] = [1280, 900];
const NARROW = 320;
let node;
let browser;
let paths;

before(async () => {
  node = await start('[dns]\nservers = ["127.0.0.1:9"]\n');
  browser = await launch();
  const owner = await token(node, 'demo');
  const { viewer, services, domains, mailboxes } = await api(node, owner, '{ viewer { accountId userId } services { nodes { id } } domains { nodes { id } } mailboxes { nodes { id address domainId serviceId } } }');
  const service = services.nodes[0].id;
  const alice = mailboxes.nodes.find((one) => one.address === 'alice@demo.example');
  const errors = '{ userErrors { code message } }';
  const add = async (query, variables) => {
    const [payload] = Object.values(await api(node, owner, query, variables));
    assert.deepEqual(payload.userErrors, [], query);
  };
  // One of each kind, so that what is done to one is there.
  await add(`mutation($i: AliasCreateInput!) { aliasCreate(input: $i) ${errors} }`, { i: { serviceId: alice.serviceId, domainId: alice.domainId, localPart: 'info', targets: ['alice@demo.example'] } });
  await add(`mutation($i: AddressMapAddInput!) { addressMapAdd(input: $i) ${errors} }`, { i: { domainId: alice.domainId, kind: 'RECIPIENT_COPY', from: 'alice@demo.example', to: 'archive@elsewhere.example', comment: 'Law' } });
  await add(`mutation($p: TlsPolicyInput!) { tlsPolicyAdd(policy: $p) ${errors} }`, { p: { destination: 'bank.example', level: 'ENCRYPT', comment: '' } });
  await add(`mutation($m: MailboxID!, $f: FilterInput!) { filterAdd(mailboxId: $m, filter: $f) ${errors} }`, { m: alice.id, f: { stage: 'OWN', name: 'Lists', description: '', isActive: true, script: 'keep;\r\n' } });
  await add(`mutation($m: MailboxID!, $j: SyncJobInput!) { syncJobAdd(mailboxId: $m, job: $j) ${errors} }`, { m: alice.id, j: { host: 'imap.old.example', user: 'alice@old.example', password: 'x', subfolder: 'Old' } });
  await add(`mutation($m: MailboxID!) { appPasswordAdd(mailboxId: $m, name: "Phone", protocols: [IMAP]) ${errors} }`, { m: alice.id });
  await add(`mutation($a: AccountID!, $u: UserID!) { apiTokenIssue(input: { accountId: $a, userId: $u, name: "Books", permissions: ["domain:read"] }) ${errors} }`, { a: viewer.accountId, u: viewer.userId });
  await add(`mutation($i: WebhookInput!) { webhookRegister(input: $i) ${errors} }`, { i: { accountId: viewer.accountId, url: 'https://shop.example/told', kinds: ['*'] } });
  await add(`mutation($a: AccountID!) { delegationInvite(accountId: $a, email: "guest@elsewhere.example", terms: { preset: BILLING }) ${errors} }`, { a: viewer.accountId });
  await add(`mutation($a: AccountID!) { suppressionAdd(accountId: $a, address: "gone@elsewhere.example", reason: "Gone") ${errors} }`, { a: viewer.accountId });
  // Of the operator and of a reseller; mail on its way, and mail that is held.
  const operator = await token(node, 'chief', 'operator-password');
  const { accountOpen } = await api(node, operator, 'mutation { accountOpen(input: { name: "Agency" }) { account { id } } }');
  const agency = accountOpen.account.id;
  await api(node, operator, `mutation($a: AccountID!, $p: String!) { userRegister(input: { accountId: $a, login: "agency", name: "Agency", password: $p, role: OWNER }) ${errors} }`, { a: agency, p: PASSWORD });
  await api(node, operator, `mutation($a: AccountID!) { accountResellerSet(accountId: $a, subAccountCountMax: 20) ${errors} }`, { a: agency });
  // What is registered is known to the door a moment later.
  let reseller;
  for (let tries = 0; !reseller && tries < 50; tries += 1) reseller = await token(node, 'agency').catch(() => new Promise((resolve) => setTimeout(resolve, 200)));
  await api(node, reseller, `mutation($a: AccountID!) { subAccountOpen(accountId: $a, name: "Bakery") ${errors} }`, { a: agency });
  await api(node, reseller, `mutation($a: AccountID!) { brandSet(accountId: $a, brand: { name: "Agency", accent: "#123456" }) ${errors} }`, { a: agency });
  await api(node, operator, `mutation { siteSuspend(site: "closed.example", reason: "They asked") ${errors} }`);
  await submits(node, { login: 'alice@demo.example', password: PASSWORD, recipients: ['one@far-away.example'] });
  for (const some of ['x', 'y']) await submits(node, { login: 'bob@demo.example', password: PASSWORD, recipients: Array.from({ length: 30 }, (_, at) => `${some}${at}@far-away.example`) });
  const shown = screens({ service, domain: alice.domainId, tickets: [] });
  paths = { demo: shown.customer, chief: shown.operator.filter((path) => path.startsWith('/operations') || path === '/account/people'), agency: shown.reseller, 'alice@demo.example': shown.mailbox };
});
after(async () => {
  await browser?.close();
  await node?.stop();
});

/** What can be pressed in a screen and is no link, no submit and no heading of a table: of each name, numbers aside, the first. */
function pressable() {
  const shown = (one) => one.checkVisibility({ visibilityProperty: true });
  const names = new Set();
  return [...document.querySelectorAll('main button[type=button]:not(:disabled)')].flatMap((one, at) => {
    if (!shown(one) || one.closest('th') || one.closest('[popover]') || one.hasAttribute('aria-expanded') && !one.hasAttribute('popovertarget')) return [];
    const name = one.textContent.trim();
    const key = one.hasAttribute('popovertarget') ? `menu ${one.closest('table, ul, section')?.textContent.length ?? at}` : name;
    if (names.has(key)) return [];
    names.add(key);
    return [{ at, isMenu: one.hasAttribute('popovertarget') }];
  });
}

for (const language of ['fr', 'en']) for (const login of ['demo', 'chief', 'agency', 'alice@demo.example']) {
  test(`${language}, ${login}: every dialog is whole, closes by Escape, and gives the focus back`, { timeout: 600_000 }, async () => {
    const t = texts(language);
    const page = await visit(browser, { language, scheme: language === 'fr' ? 'light' : 'dark', width: WIDE, height: HEIGHT });
    await signIn(page, node, login, login === 'chief' ? 'operator-password' : PASSWORD);
    await page.waitForURL(/dashboard/);
    await settled(page);
    const faults = [];
    const seen = new Set();
    const open = async (path) => {
      await turn(page, `/dashboard${path}`);
      await settled(page);
    };
    /** What stands open now is looked at, once for each title, and closed. */
    const look = async (path, opener) => {
      // Where it opens none, something else was done: its answer draws the list anew, and what is pressed next stands in that.
      await settled(page);
      const dialog = page.locator('dialog[open]').last();
      if (!(await dialog.count())) return;
      const title = await dialog.locator('h2').first().innerText();
      if (!seen.has(title)) {
        seen.add(title);
        // The screen beneath is looked at where all screens are.
        for (const fault of await violations(page, await dialog.elementHandle())) faults.push(`${path}: ${title}: ${fault}`);
        await picture(page, `dialog-${language}-${title.replace(/[^\p{L}\p{N}]+/gu, '-').slice(0, 40)}`);
        if (!(await dialog.evaluate((one) => one.contains(document.activeElement)))) faults.push(`${path}: ${title}: the focus is not in it`);
        // It begins at what is to be filled in, or at what does nothing: neither at the cross nor at what is done for good.
        const begins = await dialog.evaluate((one) => ({ isCross: document.activeElement.matches('.close'), isAct: document.activeElement.matches('.danger'), hasField: one.querySelector('.body :is(input, select, textarea):not(:disabled, [type=hidden], [type=file])') !== null, isChoice: one.querySelectorAll('.foot button').length > 1 }));
        if (begins.isAct || (begins.isCross && (begins.hasField || begins.isChoice))) faults.push(`${path}: ${title}: the focus begins at the wrong place`);
        await page.keyboard.press('Tab');
        if (!(await dialog.evaluate((one) => one.contains(document.activeElement) || document.activeElement === document.body))) faults.push(`${path}: ${title}: Tab leads out of it`);
        for (const width of [NARROW, WIDE]) {
          await page.setViewportSize({ width, height: HEIGHT });
          await settled(page);
          const beyond = await dialog.evaluate((one) => Math.max(one.scrollWidth - one.clientWidth, document.documentElement.scrollWidth - innerWidth));
          if (beyond > 0) faults.push(`${path}: ${title}: ${beyond} pixels too wide at ${width}`);
        }
      }
      await page.keyboard.press('Escape');
      await page.waitForFunction(() => !document.querySelector('dialog[open]'), undefined, { timeout: 5000 }).catch(() => faults.push(`${path}: ${title}: Escape does not close it`));
      if (opener) await settled(page);
      if (opener && !(await opener.evaluate((one) => one === document.activeElement).catch(() => true))) faults.push(`${path}: ${title}: the focus is not given back`);
    };
    for (const path of paths[login]) {
      await open(path);
      for (const { at, isMenu } of await page.evaluate(pressable)) {
        const opener = page.locator('main button[type=button]:not(:disabled)').nth(at);
        if (!(await opener.isVisible().catch(() => false))) continue;
        await opener.focus();
        await page.keyboard.press('Enter');
        if (!isMenu) {
          await look(path, opener);
        } else {
          const count = await page.locator(':popover-open button:not(:disabled)').count();
          for (let item = 0; item < count; item += 1) {
            if (!(await page.locator(':popover-open').count())) {
              await opener.focus();
              await page.keyboard.press('Enter');
            }
            // What is done at once changes the thing, and the next item is another one: dialogs alone are wanted here.
            const entry = page.locator(':popover-open button:not(:disabled)').nth(item);
            if (!(await entry.count())) break;
            await entry.focus();
            await page.keyboard.press('Enter');
            await look(path, opener);
          }
          await page.keyboard.press('Escape');
        }
        if (!page.url().endsWith(path)) await open(path);
      }
    }
    assert.deepEqual(faults, []);
    assert.ok(seen.size >= (login === 'demo' ? 30 : 4), `${seen.size} dialogs: ${[...seen].join(', ')}`);
    assert.ok(![...seen].includes(t('over.title')), 'the session lasts');
    quiet(page);
    await page.context().close();
  });
}
