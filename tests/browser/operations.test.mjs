// The operator's console and what accounts see of their own mail on its way, in both languages.
import assert from 'node:assert/strict';
import test, { after, before, describe } from 'node:test';
import { answersOneByOne, api, enter, launch, leave, PASSWORD, picture, settled, shift, SHIFT_MAX, start, texts, token, until, violations } from './harness.mjs';
import { submits } from './mail.mjs';

let node;
let browser;
let operator;

before(async () => {
  // Nobody answers there: mail for elsewhere waits for another attempt.
  node = await start('[dns]\nservers = ["127.0.0.1:9"]\n');
  browser = await launch();
  operator = await token(node, 'chief', 'operator-password');
});
after(async () => {
  await browser?.close();
  await node?.stop();
});

const button = (page, name, exact = true) => page.getByRole('button', { name, exact });
const dialog = (page) => page.locator('dialog[open]');
const row = (page, name) => page.getByRole('row').filter({ hasText: name });

/** What waits, of all accounts. */
const waiting = async () => (await api(node, operator, '{ platformQueue(first: 100) { nodes { address state attempts lastReply { enhanced } } } }')).platformQueue.nodes;

/** Steps of the trace appear within a second. */
async function traced(recipient) {
  const owner = await token(node, 'demo');
  const steps = async () => (await api(node, owner, 'query($r: String!) { messageTrace(filter: { recipient: $r }) { nodes { stage } } }', { r: recipient })).messageTrace.nodes;
  await until(steps, (all) => all.some((one) => one.stage === 'DEFERRED'));
}

for (const language of ['fr', 'en']) describe(`in ${language}`, () => {
  const t = texts(language);
  const person = `person-${language}@far-away.example`;
  const other = `other-${language}@far-away.example`;
  const at = (...given) => enter(browser, node, language, ...given);
  /** Closes what says how far an order has come, once all is done. */
  async function done(page) {
    await dialog(page).getByRole('button', { name: t('action.close'), exact: true }).last().click();
    await dialog(page).waitFor({ state: 'detached' });
  }

  test(`${language}: what waits is found, looked into, held, released and given up`, async () => {
    await submits(node, { login: 'alice@demo.example', password: PASSWORD, recipients: [person, other] });
    // No DNS was asked, so that nothing was tried; what it waits for is told.
    await until(waiting, (all) => all.filter((one) => [person, other].includes(one.address) && one.state === 'SCHEDULED' && one.lastReply?.enhanced === '4.4.3').length === 2);
    await traced(person);
    const page = await at('chief', '/operations/mail', 'operator-password');
    await row(page, person).getByText(t('mail.queue.SCHEDULED'), { exact: true }).waitFor();
    assert.deepEqual(await violations(page), []);
    await picture(page, `operations-mail-${language}`);
    // What happened to it so far; Escape leads back to where one was.
    const look = button(page, t('mail.queue.lookNamed', { what: person }));
    await look.focus();
    await page.keyboard.press('Enter');
    await dialog(page).getByText(t('mail.trace.stage.DEFERRED'), { exact: true }).first().waitFor();
    assert.equal(await dialog(page).getByText(other).count(), 0, 'steps of another recipient');
    assert.deepEqual(await violations(page), []);
    await picture(page, `operations-look-${language}`);
    await page.keyboard.press('Escape');
    assert.ok(await look.evaluate((one) => one === document.activeElement), 'the focus is back');
    // An order that does nothing in this state is not offered.
    await button(page, t('mail.queue.actions', { what: person })).click();
    assert.ok(await page.getByRole('button', { name: t('mail.queue.do.RELEASE'), exact: true }).and(page.locator(':popover-open *')).isDisabled());
    await page.locator(':popover-open').getByRole('button', { name: t('mail.queue.do.HOLD'), exact: true }).click();
    await done(page);
    await row(page, person).getByText(t('mail.queue.HELD'), { exact: true }).waitFor();
    // What leaves does not come back: it is asked about.
    await button(page, t('mail.queue.actions', { what: person })).click();
    await page.locator(':popover-open').getByRole('button', { name: t('mail.queue.do.RELEASE'), exact: true }).click();
    await dialog(page).getByText(t('mail.queue.undo.RELEASE')).waitFor();
    await dialog(page).getByRole('button', { name: t('mail.queue.do.RELEASE'), exact: true }).click();
    await done(page);
    await until(waiting, (all) => all.some((one) => one.address === person && one.state === 'SCHEDULED'));
    await page.fill('[name=destination]', 'nowhere.example');
    await button(page, t('mail.trace.find')).click();
    await page.getByText(t('mail.queue.notFound')).waitFor();
    await page.fill('[name=destination]', 'far-away.example');
    await button(page, t('mail.trace.find')).click();
    await row(page, other).waitFor();
    await button(page, t('mail.queue.all')).click();
    await page.locator(':popover-open').getByRole('button', { name: t('mail.queue.do.BOUNCE'), exact: true }).click();
    await dialog(page).getByText(t('mail.queue.lost.BOUNCE')).waitFor();
    await dialog(page).getByText(t('mail.queue.undo.BOUNCE')).waitFor();
    assert.deepEqual(await violations(page), []);
    await dialog(page).getByRole('button', { name: t('mail.queue.do.BOUNCE'), exact: true }).click();
    await page.getByText(t('mail.queue.reached', { count: 2 })).waitFor();
    await until(waiting, (all) => !all.some((one) => [person, other].includes(one.address)));
    await button(page, t('mail.trace.find')).click();
    await page.getByText(t('mail.queue.notFound')).waitFor();
    await leave(page);
  });

  test(`${language}: suppressed addresses and notices of all accounts are found, and acted on`, async () => {
    const owner = await token(node, 'demo');
    const gone = `gone-${language}@far-away.example`;
    await api(node, owner, 'mutation($a: String!) { suppressionAdd(address: $a, reason: "Left us") { userErrors { code } } }', { a: gone });
    const page = await at('chief', '/operations/suppressed', 'operator-password');
    await row(page, gone).getByText('Left us').waitFor();
    await page.fill('main [name=address]', 'nobody@far-away.example');
    await button(page, t('operations.find')).click();
    await page.getByText(t('operations.notFound')).waitFor();
    await page.fill('main [name=address]', gone.toUpperCase());
    await button(page, t('operations.find')).click();
    await row(page, gone).waitFor();
    assert.deepEqual(await violations(page), []);
    await picture(page, `operations-suppressed-${language}`);
    await button(page, t('mail.suppressions.removeNamed', { what: gone })).click();
    await dialog(page).getByRole('button', { name: t('mail.suppressions.remove'), exact: true }).click();
    await page.getByText(t('operations.notFound')).waitFor();
    const { suppressions } = await api(node, owner, '{ suppressions { nodes { id } } }');
    assert.ok(!suppressions.nodes.some((one) => one.id === gone));
    await leave(page);

    const alice = await token(node, 'alice@demo.example');
    await api(node, alice, 'mutation { appPasswordAdd(name: "Phone", protocols: [IMAP]) { userErrors { code } } }');
    const told = await at('chief', '/operations/notices', 'operator-password');
    await told.fill('main [name=address]', 'alice@demo.example');
    await button(told, t('operations.find')).click();
    await row(told, t('notice.app_password_added')).first().waitFor();
    assert.deepEqual(await violations(told), []);
    await picture(told, `operations-notices-${language}`);
    const count = async () => (await api(node, operator, '{ platformNotices(first: 100, kind: "app_password_added") { nodes { id } } }')).platformNotices.nodes.length;
    const before = await count();
    await button(told, t('operations.notice.againNamed', { what: t('notice.app_password_added'), who: 'alice@demo.example' })).first().click();
    // Once a minute at most: either it is written again, or why not is said.
    await told.getByText(t('notices.sent')).or(told.locator('main [role=alert]')).first().waitFor();
    const wasSent = await told.getByText(t('notices.sent')).count();
    // Lists know a moment later what was answered.
    await until(count, (now) => now === before + Math.min(wasSent, 1));
    await leave(told);
  });

  test(`${language}: a site is suspended with a reason and opened again`, async () => {
    const page = await at('chief', '/operations/sites', 'operator-password');
    await button(page, t('operations.suspend')).first().click();
    await dialog(page).getByRole('button', { name: t('operations.suspend'), exact: true }).click();
    assert.equal(await dialog(page).locator('[aria-invalid=true]').count(), 2, 'site and reason are needed');
    await page.fill('dialog[open] [name=site]', `closed-${language}.example`);
    await page.fill('dialog[open] [name=reason]', 'They asked for it');
    assert.deepEqual(await violations(page), []);
    await dialog(page).getByRole('button', { name: t('operations.suspend'), exact: true }).click();
    await row(page, `closed-${language}.example`).getByText('They asked for it').waitFor();
    assert.deepEqual(await violations(page), []);
    await picture(page, `operations-sites-${language}`);
    await button(page, t('operations.resumeNamed', { site: `closed-${language}.example` })).click();
    await dialog(page).getByText(t('operations.resumeUndo')).waitFor();
    await dialog(page).getByRole('button', { name: t('operations.resume'), exact: true }).click();
    await row(page, `closed-${language}.example`).waitFor({ state: 'detached' });
    await leave(page);
  });

  test(`${language}: plans say what they include; a document is published, read and withdrawn`, async () => {
    const page = await at('chief', '/operations/plans', 'operator-password');
    await button(page, t('operations.includesNamed', { plan: 'FamilyBox' })).click();
    await dialog(page).getByText(t('limit.administrators'), { exact: true }).waitFor();
    assert.deepEqual(await violations(page), []);
    await page.keyboard.press('Escape');
    await page.goto(`${node.url}/dashboard/operations/documents`);
    await settled(page);
    await button(page, t('operations.publish')).click();
    await dialog(page).getByRole('button', { name: t('operations.publish'), exact: true }).click();
    await dialog(page).getByText(t('field.required')).first().waitFor();
    await page.selectOption('dialog[open] [name=kind]', 'PRICE_LIST');
    await page.selectOption('dialog[open] [name=language]', language === 'fr' ? 'FR' : 'EN');
    await page.fill('dialog[open] [name=title]', `Prices ${language}`);
    await page.setInputFiles('#document-file', { name: 'prices.txt', mimeType: 'text/plain', buffer: Buffer.from(`Everything costs ${language}.`) });
    assert.deepEqual(await violations(page), []);
    await picture(page, `operations-publish-${language}`);
    await dialog(page).getByRole('button', { name: t('operations.publish'), exact: true }).click();
    const shown = row(page, `Prices ${language}`);
    await shown.getByText(t('operations.status.CURRENT'), { exact: true }).waitFor();
    const [download] = await Promise.all([page.waitForEvent('download'), shown.getByRole('button', { name: t('order.read', { title: `Prices ${language} 1` }) }).click()]);
    assert.match(download.suggestedFilename(), /-v1\.txt$/);
    assert.deepEqual(await violations(page), []);
    await picture(page, `operations-documents-${language}`);
    await shown.getByRole('button', { name: t('operations.withdrawNamed', { title: `Prices ${language}`, version: 1 }) }).click();
    await dialog(page).getByText(t('operations.withdrawUndo')).waitFor();
    await dialog(page).getByRole('button', { name: t('operations.withdraw'), exact: true }).click();
    await shown.getByText(t('operations.status.WITHDRAWN'), { exact: true }).waitFor();
    await leave(page);
  });

  test(`${language}: an account sees its own mail on its way, and says to whom nothing is sent`, async () => {
    await submits(node, { login: 'alice@demo.example', password: PASSWORD, recipients: [`own-${language}@own.example`] });
    const page = await at('demo', '/mail/queue');
    await row(page, `own-${language}@own.example`).waitFor();
    assert.deepEqual(await violations(page), []);
    await page.goto(`${node.url}/dashboard/mail/suppressions`);
    await settled(page);
    await button(page, t('mail.suppressions.add')).click();
    await page.fill('dialog[open] [name=address]', 'Gone@elsewhere.example');
    await page.fill('dialog[open] [name=reason]', 'Moved away');
    assert.deepEqual(await violations(page), []);
    await dialog(page).getByRole('button', { name: t('mail.suppressions.add'), exact: true }).click();
    await row(page, 'gone@elsewhere.example').getByText('Moved away').waitFor();
    assert.deepEqual(await violations(page), []);
    await picture(page, `suppressions-${language}`);
    await button(page, t('mail.suppressions.removeNamed', { what: 'gone@elsewhere.example' })).click();
    await dialog(page).getByText(t('mail.suppressions.removeText')).waitFor();
    await dialog(page).getByRole('button', { name: t('mail.suppressions.remove'), exact: true }).click();
    await page.getByText(t('mail.suppressions.none')).waitFor();
    await leave(page);
    // The list is of the whole account: whoever looks after one domain is not offered it.
    const administrator = await at('mailadmin_demo.example', '/mail');
    const menu = administrator.getByRole('navigation', { name: t('mail.menu') });
    await menu.getByRole('link', { name: t('mail.queue'), exact: true }).waitFor();
    assert.equal(await menu.getByRole('link', { name: t('mail.suppressions'), exact: true }).count(), 0);
    await leave(administrator);
  });

  test(`${language}: terms of a delegation are changed in place, and its invitation is sent again`, async () => {
    const page = await at('demo', '/account/delegations');
    const email = `guest-${language}@elsewhere.example`;
    await button(page, t('delegation.invite')).click();
    await page.fill('dialog[open] [name=email]', email);
    await page.selectOption('dialog[open] [name=preset]', 'BILLING');
    await dialog(page).getByRole('button', { name: t('delegation.invite'), exact: true }).click();
    await dialog(page).locator('code').waitFor();
    await page.keyboard.press('Escape');
    await button(page, t('delegation.changeNamed', { who: email })).click();
    await dialog(page).getByLabel(t('permission.ticket:write'), { exact: true }).check();
    await page.selectOption('dialog[open] [name=reach]', 'DOMAINS');
    await dialog(page).getByRole('button', { name: t('action.save'), exact: true }).click();
    await dialog(page).getByText(t('delegation.chooseOne'), { exact: false }).or(dialog(page).locator('.fault')).first().waitFor();
    assert.deepEqual(await violations(page), []);
    await picture(page, `delegation-change-${language}`);
    await page.selectOption('dialog[open] [name=reach]', 'ACCOUNT');
    await dialog(page).getByLabel(t('delegation.needsFactor'), { exact: true }).check();
    await dialog(page).getByRole('button', { name: t('action.save'), exact: true }).click();
    await page.getByText(t('delegation.changed')).waitFor();
    const item = page.getByRole('listitem').filter({ hasText: email });
    await item.getByText(t('permission.ticket:write'), { exact: false }).waitFor();
    await item.getByText(t('delegation.withFactor'), { exact: true }).waitFor();
    await button(page, t('nav.noticesOf', { who: email })).click();
    await dialog(page).getByText(t('notice.invitation'), { exact: true }).waitFor();
    assert.deepEqual(await violations(page), []);
    await picture(page, `notices-${language}`);
    await dialog(page).getByRole('button', { name: t('notices.againNamed', { what: t('notice.invitation') }) }).click();
    // Once a minute at most: why not stands where it was asked for.
    await dialog(page).getByRole('alert').waitFor();
    assert.deepEqual(await violations(page), []);
    await leave(page);
  });

  test(`${language}: a webhook is changed in place, and tells an event again`, async () => {
    const owner = await token(node, 'demo');
    const { webhookRegister } = await api(node, owner, 'mutation($u: String!) { webhookRegister(input: { url: $u, kinds: ["*"] }) { userErrors { message } } }', { u: `https://shop.example/${language}` });
    assert.deepEqual(webhookRegister.userErrors, []);
    const page = await at('demo', '/account/webhooks');
    const actions = (url) => button(page, t('hooks.actions', { url }));
    await actions(`https://shop.example/${language}`).click();
    await page.locator(':popover-open').getByRole('button', { name: t('hooks.change'), exact: true }).click();
    assert.equal(await page.inputValue('dialog[open] [name=kinds]'), '', 'all kinds');
    await page.fill('dialog[open] [name=url]', `https://shop.example/${language}/moved`);
    await page.fill('dialog[open] [name=kinds]', 'mailbox.created, domain.*');
    assert.deepEqual(await violations(page), []);
    await picture(page, `webhook-change-${language}`);
    await dialog(page).getByRole('button', { name: t('action.save'), exact: true }).click();
    await page.getByText(t('hooks.done.change')).waitFor();
    const moved = async () => (await api(node, owner, '{ webhooks { nodes { id url kinds } } }')).webhooks.nodes.find((one) => one.url === `https://shop.example/${language}/moved`);
    const hook = await until(moved, (found) => found !== undefined);
    assert.deepEqual(hook.kinds, ['domain.*', 'mailbox.created']);
    // A test is told, or tried: then it stands among the deliveries and can be told again.
    await actions(hook.url).click();
    await page.locator(':popover-open').getByRole('button', { name: t('hooks.test'), exact: true }).click();
    await page.getByText(t('hooks.done.test')).waitFor();
    const deliveries = async () => (await api(node, owner, 'query($w: WebhookID!) { webhook(webhookId: $w) { deliveries { nodes { number } } } }', { w: hook.id })).webhook.deliveries.nodes;
    await until(deliveries, (all) => all.length > 0);
    await actions(hook.url).click();
    await page.locator(':popover-open').getByRole('button', { name: t('hooks.deliveries'), exact: true }).click();
    await dialog(page).getByRole('button', { name: t('hooks.replay'), exact: false }).first().click();
    await page.getByText(t('hooks.done.replay')).waitFor();
    assert.deepEqual(await violations(page), []);
    await picture(page, `webhook-deliveries-${language}`);
    await page.keyboard.press('Escape');
    await leave(page);
  });
});

test('a list that is longer than what is shown says so at its end, and nothing moves', async () => {
  const COUNT = 520;
  const BATCH = 50;
  const owner = await token(node, 'demo');
  for (let from = 0; from < COUNT; from += BATCH) {
    const some = Array.from({ length: Math.min(BATCH, COUNT - from) }, (_, at) => `a${at}: suppressionAdd(address: "long${from + at}@far-away.example", reason: "Gone") { userErrors { code } }`);
    const answers = await api(node, owner, `mutation { ${some.join(' ')} }`);
    assert.ok(Object.values(answers).every(({ userErrors }) => userErrors.length === 0));
  }
  const t = texts('en');
  const page = await enter(browser, node, 'en', 'chief', '/operations', 'operator-password');
  await answersOneByOne(page);
  await page.goto(`${node.url}/dashboard/operations/suppressed`);
  const said = page.getByText(t('operations.cut', { count: 500 }));
  await said.waitFor();
  await settled(page);
  const { score, moved } = await shift(page);
  assert.ok(score <= SHIFT_MAX, `moved by ${score}: ${moved}`);
  const isBelow = await said.evaluate((one) => (document.querySelector('main table').compareDocumentPosition(one) & Node.DOCUMENT_POSITION_FOLLOWING) !== 0);
  assert.ok(isBelow, 'it stands where the list ends');
  assert.deepEqual(await violations(page), []);
  await picture(page, 'operations-cut');
  // What is not shown is found.
  await page.fill('main [name=address]', 'long7@far-away.example');
  await button(page, t('operations.find')).click();
  await row(page, 'long7@far-away.example').waitFor();
  await said.waitFor({ state: 'detached' });
  await leave(page);
});
