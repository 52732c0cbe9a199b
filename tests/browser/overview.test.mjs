// The first page says what needs a person; domains are unfolded, and other names are given to them. In both languages.
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { api, enter, launch, leave, PASSWORD, picture, start, texts, token, violations } from './harness.mjs';
import { submits } from './mail.mjs';

let node;
let browser;

before(async () => {
  node = await start();
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await node?.stop();
});

const button = (page, name, exact = true) => page.getByRole('button', { name, exact });
const dialog = (page) => page.locator('dialog[open]');
const row = (page, name) => page.getByRole('row').filter({ hasText: name });
const at = (...given) => enter(browser, node, ...given);

for (const language of ['fr', 'en']) test(`${language}: a domain is unfolded by keyboard, and gets another name`, async () => {
  const t = texts(language);
  const page = await at(language, 'demo', '/domains');
  const unfold = button(page, t('table.unfold', { what: 'demo.example' }));
  await unfold.focus();
  await page.keyboard.press('Enter');
  assert.equal(await unfold.getAttribute('aria-expanded'), 'true');
  await page.getByText(t('domains.administrators'), { exact: true }).waitFor();
  await page.locator('dd').filter({ hasText: /mailadmin/ }).waitFor();
  await page.getByRole('navigation', { name: t('domains.links', { domain: 'demo.example' }) }).getByRole('link', { name: t('nav.certificates'), exact: true }).waitFor();
  assert.deepEqual(await violations(page), []);
  await picture(page, `domain-unfolded-${language}`);
  await page.keyboard.press('Enter');
  assert.equal(await page.getByText(t('domains.administrators'), { exact: true }).count(), 0);
  await button(page, t('domains.add')).click();
  await page.fill('dialog[open] [name=name]', `also-${language}.example`);
  await page.selectOption('dialog[open] [name=mirrors]', { label: t('domains.aliasOf', { domain: 'demo.example' }) });
  await dialog(page).getByText(t('domains.aliasHint')).waitFor();
  assert.deepEqual(await violations(page), []);
  await dialog(page).getByRole('button', { name: t('domains.add'), exact: true }).click();
  await dialog(page).getByText(t('domains.proveText')).waitFor();
  assert.deepEqual(await violations(page), []);
  await page.keyboard.press('Escape');
  await row(page, `also-${language}.example`).getByText(t('domains.aliasOf', { domain: 'demo.example' }), { exact: true }).waitFor();
  const { domains } = await api(node, await token(node, 'demo'), '{ domains { nodes { id name mirrorsDomainId } } }');
  assert.equal(domains.nodes.find((one) => one.name === `also-${language}.example`).mirrorsDomainId, domains.nodes.find((one) => one.name === 'demo.example').id);
  await leave(page);
});

test('what needs a person stands on the first page, the most urgent first', async () => {
  const owner = await token(node, 'demo');
  const operator = await token(node, 'chief', 'operator-password');
  const { viewer, services, domains, plans } = await api(node, owner, '{ viewer { accountId } services { nodes { id } } domains { nodes { id name } } plans { nodes { id name version } } }');
  const place = { accountId: viewer.accountId, serviceId: services.nodes[0].id, domainId: domains.nodes.find((one) => one.name === 'demo.example').id };
  for (const localPart of ['third', 'fourth']) {
    const { mailboxCreate } = await api(node, owner, 'mutation($p: MailboxPlaceInput!, $m: NewMailboxInput!) { mailboxCreate(place: $p, mailbox: $m) { userErrors { message } } }', { p: place, m: { localPart, quotaBytes: 1024 ** 3 } });
    assert.deepEqual(mailboxCreate.userErrors, []);
  }
  const solo = plans.nodes.find((one) => one.name === 'SoloBox');
  const { servicePlanChange } = await api(node, operator, 'mutation($a: AccountID!, $s: ServiceID!, $p: PlanID!, $v: Int!) { servicePlanChange(accountId: $a, serviceId: $s, planId: $p, planVersion: $v, isForced: true) { userErrors { message } } }', { a: viewer.accountId, s: place.serviceId, p: solo.id, v: solo.version });
  assert.deepEqual(servicePlanChange.userErrors, []);
  for (const some of ['x', 'y']) await submits(node, { login: 'bob@demo.example', password: PASSWORD, recipients: Array.from({ length: 30 }, (_, at) => `${some}${at}@far-away.example`) });
  const { ticketOpen } = await api(node, owner, 'mutation($a: AccountID!) { ticketOpen(input: { accountId: $a, kind: TECHNICAL, subject: "Nothing arrives", text: "Since noon." }) { ticket { id } userErrors { message } } }', { a: viewer.accountId });
  assert.deepEqual(ticketOpen.userErrors, []);
  for (const language of ['fr', 'en']) {
    const t = texts(language);
    const desk = await at(language, 'chief', '', 'operator-password');
    await desk.getByText(t('overview.deskText', { when: '' }).replace(/[\s.]+$/, ''), { exact: false }).waitFor();
    assert.deepEqual(await violations(desk), []);
    await picture(desk, `overview-operator-${language}`);
    await leave(desk);
    const page = await at(language, 'demo', '');
    await page.getByText(t('overview.heldText')).waitFor();
    await page.getByText(t('overview.over', { name: 'demo.example' })).waitFor();
    const notices = await page.locator('.notice').allInnerTexts();
    const place = (text) => notices.findIndex((one) => one.includes(text));
    assert.ok(place(t('overview.over', { name: 'demo.example' })) < place(t('overview.noFactor')), notices.join('\n'));
    assert.deepEqual(await violations(page), []);
    await picture(page, `overview-${language}`);
    await page.setViewportSize({ width: 320, height: 740 });
    assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= 320);
    await leave(page);
  }
});
