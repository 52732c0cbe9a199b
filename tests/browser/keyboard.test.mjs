// The main journeys without a mouse, in both languages: by Tab, Enter, Space, Escape and arrows alone, and the focus is never lost.
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { api, launch, leave, PASSWORD, settled, start, texts, token, until, visit } from './harness.mjs';

let node;
let browser;
let place;
/** How often Tab is pressed until something is said to be out of reach. */
const TAB_COUNT_MAX = 120;
/** How often a dialog is closed and opened in one breath. */
const ROUND_COUNT = 20;
const errors = '{ userErrors { code message } }';

before(async () => {
  node = await start('[dns]\nservers = ["127.0.0.1:9"]\n');
  browser = await launch();
  const owner = await token(node, 'demo');
  const { services, mailboxes } = await api(node, owner, '{ services { nodes { id } } mailboxes { nodes { address domainId serviceId } } }');
  const alice = mailboxes.nodes.find((one) => one.address === 'alice@demo.example');
  place = { service: services.nodes[0].id };
  for (const language of ['fr', 'en']) {
    const { aliasCreate } = await api(node, owner, `mutation($i: AliasCreateInput!) { aliasCreate(input: $i) ${errors} }`, { i: { serviceId: alice.serviceId, domainId: alice.domainId, localPart: `info-${language}`, targets: ['alice@demo.example'] } });
    assert.deepEqual(aliasCreate.userErrors, []);
  }
});
after(async () => {
  await browser?.close();
  await node?.stop();
});

/** What the focus is called: by its name for those who hear it, or by what it is called in its form. */
const focused = (page) => page.evaluate(() => {
  const one = document.activeElement;
  if (!one || one === document.body) return null;
  return { name: (one.getAttribute('aria-label') ?? one.textContent ?? '').trim(), field: one.getAttribute('name') ?? '', id: one.id, value: one.value ?? '', isIn: one.closest('dialog[open]') !== null };
});

/** A page and the hands of somebody without a mouse. */
async function person(language, path, login = 'demo') {
  const t = texts(language);
  const page = await visit(browser, { language });
  await page.goto(`${node.url}/login?next=${encodeURIComponent(`/dashboard${path}`)}`);
  const press = (key) => page.keyboard.press(key);
  /** Goes on by Tab until `isThere` of what has the focus. */
  const reach = async (what, isThere) => {
    for (let presses = 0; presses < TAB_COUNT_MAX; presses += 1) {
      const at = await focused(page);
      if (at && (await isThere(at))) return at;
      await press('Tab');
    }
    throw new Error(`Tab never leads to ${what}`);
  };
  const toName = (name) => reach(name, (at) => at.name === name);
  const toField = (name) => reach(name, (at) => at.field === name || at.id === name);
  /** The screen that is there now, begun at its title. */
  const onTitle = () => page.waitForFunction(() => document.activeElement?.id === 'title');
  const inDialog = () => page.waitForFunction(() => document.querySelector('dialog[open]')?.contains(document.activeElement));
  const noDialog = () => page.waitForFunction(() => !document.querySelector('dialog[open]'));
  /** Nothing that closes or goes away takes the focus along. */
  const keepsFocus = async (after) => {
    await settled(page);
    assert.notEqual(await focused(page), null, `the focus is lost after ${after}`);
  };
  await toField('login');
  await page.keyboard.type(login);
  await toField('password');
  await page.keyboard.type(PASSWORD);
  await press('Enter');
  await page.waitForURL(/\/dashboard/);
  await settled(page);
  return { t, page, press, reach, toName, toField, onTitle, inDialog, noDialog, keepsFocus, type: (text) => page.keyboard.type(text) };
}

/** Forwards and back: Tab goes round within a dialog, in both directions, and never behind it. */
async function goesRound(page) {
  const inside = () => page.evaluate(() => document.activeElement === document.body || document.querySelector('dialog[open]').contains(document.activeElement));
  for (const key of ['Tab', 'Shift+Tab']) for (let presses = 0; presses < 12; presses += 1) {
    await page.keyboard.press(key);
    assert.ok(await inside(), `${key} leads behind the dialog`);
  }
}

for (const language of ['fr', 'en']) test(`${language}: a mailbox is created, given up once, and deleted`, async () => {
  const { t, page, press, toName, toField, type, inDialog, noDialog, keepsFocus } = await person(language, '/mail/mailboxes');
  // The first Tab leads past the menu.
  await page.evaluate(() => document.activeElement?.blur());
  await press('Tab');
  assert.equal((await focused(page)).name, t('nav.skip'), 'the first stop leads past the menu');
  await press('Enter');
  assert.equal((await focused(page)).id, 'main');
  await toName(t('mail.mailboxes.add'));
  await press('Enter');
  await inDialog();
  await goesRound(page);
  await press('Escape');
  await noDialog();
  assert.equal((await focused(page)).name, t('mail.mailboxes.add'), 'the focus is back at what opened it');
  await press('Enter');
  await toField('localPart');
  await type(`typed-${language}`);
  await press('Enter');
  await page.getByText(`typed-${language}@demo.example`).first().waitFor();
  await keepsFocus('creating a mailbox');
  await toName(t('mail.actions', { what: `typed-${language}@demo.example` }));
  await press('Enter');
  await page.waitForFunction(() => document.activeElement?.closest('[popover]'));
  await press('End');
  assert.equal((await focused(page)).name, t('mail.delete'), 'the last entry deletes');
  await press('Enter');
  await toField('typed');
  await type(`typed-${language}@demo.example`);
  await toName(t('mail.delete'));
  await press('Enter');
  await page.getByText(t('bulk.result', { done: 1, all: 1, refused: 0 })).waitFor();
  await inDialog();
  await press('Escape');
  await noDialog();
  await keepsFocus('deleting a mailbox');
  await leave(page);
});

test('en: a dialog that is closed and at once asked for again is open', async () => {
  const { t, page, press, toName, inDialog } = await person('en', '/mail/mailboxes');
  await toName(t('mail.mailboxes.add'));
  await press('Enter');
  await inDialog();
  for (let round = 0; round < ROUND_COUNT; round += 1) {
    // Neither waits for the page: the second key is there before the browser tells the page of the first.
    await Promise.all([press('Escape'), press('Enter')]);
    await settled(page);
    await inDialog();
  }
  await leave(page);
});

for (const language of ['fr', 'en']) test(`${language}: an alias is changed, and its fault is where the focus goes`, async () => {
  const { t, page, press, toName, toField, type, inDialog, noDialog, keepsFocus } = await person(language, '/mail/aliases');
  const what = `info-${language}@demo.example`;
  await toName(t('mail.editNamed', { what }));
  await press('Enter');
  await inDialog();
  await toField('targets');
  await press('Control+A');
  await press('Delete');
  await toName(t('mail.save'));
  await press('Enter');
  await page.waitForFunction(() => document.activeElement?.getAttribute('aria-invalid') === 'true');
  assert.equal((await focused(page)).field, 'targets');
  await type('bob@demo.example');
  await toName(t('mail.save'));
  await press('Enter');
  await noDialog();
  await page.getByText(t('mail.saved', { what })).waitFor();
  await keepsFocus('saving an alias');
  assert.equal((await focused(page)).name, t('mail.editNamed', { what }));
  const { aliases } = await api(node, await token(node, 'demo'), '{ aliases { nodes { address targets } } }');
  assert.deepEqual(aliases.nodes.find((one) => one.address === what).targets, ['bob@demo.example']);
  await leave(page);
});

for (const language of ['fr', 'en']) test(`${language}: a Box is ordered, and cancelled`, async () => {
  const { t, page, press, reach, toName, toField, onTitle, inDialog, noDialog, keepsFocus } = await person(language, '/services');
  await toName(t('order.title'));
  await press('Enter');
  await page.waitForURL(/\/order$/);
  await onTitle();
  await settled(page);
  // A group of choices is one stop; arrows choose within it.
  await toField('plan');
  await press('ArrowDown');
  const chosen = await page.locator('[name=plan]:checked').inputValue();
  await press('ArrowDown');
  assert.notEqual(await page.locator('[name=plan]:checked').inputValue(), chosen);
  await press('ArrowUp');
  await toField('cycle');
  await press('ArrowDown');
  await settled(page);
  for (let left = await page.locator('.accept input:not(:checked)').count(); left > 0; left -= 1) {
    await press('Tab');
    await reach('a document', () => page.evaluate(() => document.activeElement.matches('.accept input:not(:checked)')));
    await press('Space');
  }
  await toName(t('order.review'));
  await press('Enter');
  await inDialog();
  await goesRound(page);
  await toName(t('order.back'));
  await press('Enter');
  await noDialog();
  assert.equal((await focused(page)).name, t('order.review'));
  await press('Enter');
  await inDialog();
  await toName(t('order.confirm'));
  await press('Enter');
  await page.waitForURL(/\/services\/[^/]+$/);
  await onTitle();
  const ordered = page.url().split('/').at(-1);
  // What was ordered is not active yet; the demo's own Box is, and is looked at instead.
  const owner = await token(node, 'demo');
  await until(async () => (await api(node, owner, '{ services { nodes { id } } }')).services.nodes, (all) => all.some((one) => one.id === ordered));
  const operator = await token(node, 'chief', 'operator-password');
  const { viewer } = await api(node, owner, '{ viewer { accountId } }');
  await api(node, operator, `mutation($a: AccountID!, $s: ServiceID!) { serviceActivate(accountId: $a, serviceId: $s) ${errors} }`, { a: viewer.accountId, s: ordered });
  // Lists follow the journal: the page would not offer yet what can be done with an active Box.
  await until(async () => (await api(node, owner, 'query($s: ServiceID!) { service(serviceId: $s) { entitlement } }', { s: ordered })).service.entitlement, (now) => now === 'ACTIVE');
  await page.reload();
  await settled(page);
  await toName(t('service.part.cancel'));
  await press('Enter');
  await page.waitForURL(/\/cancel$/);
  await onTitle();
  await settled(page);
  await toName(t('cancel.begin'));
  await press('Enter');
  await inDialog();
  await press('Escape');
  await noDialog();
  assert.equal((await focused(page)).name, t('cancel.begin'));
  await press('Enter');
  await inDialog();
  await toName(t('cancel.confirm'));
  await press('Enter');
  await page.waitForURL((url) => url.pathname.endsWith(ordered));
  await keepsFocus('cancelling a Box');
  await until(async () => (await api(node, owner, 'query($s: ServiceID!) { service(serviceId: $s) { entitlement } }', { s: ordered })).service.entitlement, (now) => now === 'ENDED');
  await leave(page);
});

for (const language of ['fr', 'en']) test(`${language}: somebody is invited, and the invitation is taken back`, async () => {
  const { t, page, press, toName, toField, type, inDialog, noDialog, keepsFocus } = await person(language, '/account/delegations');
  const who = `typed-${language}@elsewhere.example`;
  await toName(t('delegation.invite'));
  await press('Enter');
  await inDialog();
  await toField('email');
  await type(who);
  await toField('preset');
  await press('ArrowDown');
  await toName(t('delegation.invite'));
  await press('Enter');
  await page.locator('dialog[open] code').waitFor();
  await inDialog();
  await press('Escape');
  await noDialog();
  await keepsFocus('inviting');
  assert.equal((await focused(page)).name, t('delegation.invite'));
  await toName(t('delegation.revokeNamed', { who }));
  await press('Enter');
  await inDialog();
  await toName(t('delegation.revoke'));
  await press('Enter');
  await noDialog();
  await page.getByText(t('delegation.revoked')).waitFor();
  await page.getByRole('button', { name: t('delegation.revokeNamed', { who }), exact: true }).waitFor({ state: 'detached' });
  await keepsFocus('revoking');
  assert.equal((await focused(page)).id, 'title', 'what opened the question is gone: the focus is at the title');
  await leave(page);
});

for (const language of ['fr', 'en']) test(`${language}: a long list is turned, sorted and searched`, async () => {
  const owner = await token(node, 'demo');
  const { viewer } = await api(node, owner, '{ viewer { accountId } }');
  for (let one = 0; one < 30; one += 1) {
    const { suppressionAdd } = await api(node, owner, `mutation($a: AccountID!, $to: String!) { suppressionAdd(accountId: $a, address: $to, reason: "Gone") ${errors} }`, { a: viewer.accountId, to: `gone${one}-${language}@elsewhere.example` });
    assert.deepEqual(suppressionAdd.userErrors, []);
  }
  // Lists follow the journal: the page is opened once all of them are there.
  const isThere = (all) => Array.from({ length: 30 }, (_, one) => `gone${one}-${language}@elsewhere.example`).every((to) => all.some((one) => one.id === to));
  const all = await until(async () => (await api(node, owner, '{ suppressions(first: 100) { nodes { id } } }')).suppressions.nodes, isThere);
  const pages = Math.ceil(all.length / 25);
  const { t, page, press, toName, type, keepsFocus, reach } = await person(language, '/mail/suppressions');
  await toName(t('table.next'));
  for (let page = 1; page < pages; page += 1) await press('Enter');
  await page.getByText(t('table.page', { page: pages, pages })).waitFor();
  await keepsFocus('the last page');
  assert.equal((await focused(page)).name, t('table.previous'), 'the button that led to the last page is switched off there');
  await press('Enter');
  await page.getByText(t('table.page', { page: pages - 1, pages })).waitFor();
  await keepsFocus('the first page');
  await page.evaluate(() => document.getElementById('title').focus());
  await reach('the search', () => page.evaluate(() => document.activeElement.matches('input[type=search]')));
  await type(`gone7-${language}`);
  await page.getByText(t('table.found.one', { count: 1 })).waitFor();
  assert.equal(await page.locator('tbody tr').count(), 1);
  await press('Control+A');
  await press('Delete');
  await toName(t('mail.address'));
  await press('Enter');
  assert.equal(await page.locator('th[aria-sort=ascending]').innerText(), t('mail.address'));
  const order = await page.locator('tbody .lead strong').allInnerTexts();
  assert.deepEqual(order.slice(0, 3), [...order].sort((one, other) => one.localeCompare(other, language, { numeric: true })).slice(0, 3));
  await press('Space');
  assert.equal(await page.locator('th[aria-sort=descending]').innerText(), t('mail.address'));
  await leave(page);
});
