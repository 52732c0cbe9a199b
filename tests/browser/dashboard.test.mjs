// The dashboard's journeys, in both languages, as people go them.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test, { after, before, describe } from 'node:test';
import { api, launch, PASSWORD, picture, quiet, settled, signIn, start, texts, token, totp, violations, visit } from './harness.mjs';

let node;
let browser;
let operator;

before(async () => {
  browser = await launch();
});
after(() => browser?.close());

/** A platform of its own for the tests of one group: sign-ins of one peer are counted. */
function onItsOwn() {
  before(async () => {
    node = await start();
    operator = await token(node, 'chief', 'operator-password');
  });
  after(() => node?.stop());
}

/** A customer with an owner; with an active Box where `plan` is named. */
async function customer(name, plan) {
  const { accountOpen } = await api(node, operator, 'mutation($n: String!) { accountOpen(input: { name: $n }) { account { id } userErrors { message } } }', { n: name });
  const account = accountOpen.account.id;
  await api(node, operator, 'mutation($a: AccountID!, $l: String!, $p: String!) { userRegister(input: { accountId: $a, login: $l, name: $l, password: $p, role: OWNER }) { userErrors { message } } }', { a: account, l: name, p: PASSWORD });
  if (!plan) return { account };
  const { plans } = await api(node, operator, '{ plans(first: 20) { nodes { id version name } } }');
  const { id, version } = plans.nodes.find((one) => one.name === plan);
  const { serviceOrder } = await api(node, operator, 'mutation($a: AccountID!, $p: PlanID!, $v: Int!) { serviceOrder(input: { accountId: $a, planId: $p, planVersion: $v }) { service { id } userErrors { message } } }', { a: account, p: id, v: version });
  const service = serviceOrder.service.id;
  await api(node, operator, 'mutation($a: AccountID!, $s: ServiceID!) { serviceActivate(accountId: $a, serviceId: $s) { userErrors { message } position } }', { a: account, s: service });
  return { account, service };
}

const button = (page, name, exact = true) => page.getByRole('button', { name, exact });
const dialog = (page) => page.locator('dialog[open]');

for (const language of ['fr', 'en']) describe(`in ${language}`, () => {
  onItsOwn();
  const t = texts(language);

  test(`${language}: signing in, and out again`, async () => {
    const page = await visit(browser, { language });
    await signIn(page, node, 'demo', 'a wrong password');
    await page.getByRole('alert').waitFor();
    assert.equal(await page.inputValue('#login'), 'demo');
    await signIn(page, node, 'demo');
    await page.getByRole('heading', { name: t('overview.title'), level: 1 }).waitFor();
    await page.getByRole('link', { name: 'demo.example' }).waitFor();
    await button(page, /Demo customer/).click();
    await button(page, t('user.out')).click();
    await page.waitForURL(/\/login\?told=out/);
    await page.goto(`${node.url}/dashboard`);
    assert.match(page.url(), /\/login\?next=/);
    quiet(page);
    await page.context().close();
  });

  test(`${language}: a password that must be changed comes before everything else`, async () => {
    const { account } = await customer(`fresh-${language}`);
    await api(node, operator, 'mutation($a: AccountID!, $l: String!, $p: String!) { userRegister(input: { accountId: $a, login: $l, password: $p, mustChangePassword: true, role: OWNER }) { userErrors { message } } }', { a: account, l: `first-${language}`, p: PASSWORD });
    const page = await visit(browser, { language });
    await signIn(page, node, `first-${language}`);
    await page.waitForURL(/\/password/);
    await page.fill('#current', PASSWORD);
    await page.fill('#new', 'a sentence of my own');
    await page.fill('#again', 'another sentence');
    await page.click('main button[type=submit]');
    await page.locator('#again-fault').waitFor();
    await page.fill('#current', PASSWORD);
    await page.fill('#new', 'short');
    await page.fill('#again', 'short');
    await page.click('main button[type=submit]');
    await page.locator('#new-fault').waitFor();
    await page.fill('#current', PASSWORD);
    await page.fill('#new', 'a sentence of my own');
    await page.fill('#again', 'a sentence of my own');
    await page.click('main button[type=submit]');
    await page.waitForURL(/told=changed/);
    await signIn(page, node, `first-${language}`, 'a sentence of my own');
    await page.getByRole('heading', { name: t('overview.title'), level: 1 }).waitFor();
    await page.context().close();
  });

  test(`${language}: an authenticator app is added, asked for, and its recovery code opens once`, async () => {
    await customer(`factor-${language}`);
    const page = await visit(browser, { language });
    await signIn(page, node, `factor-${language}`, PASSWORD, '/dashboard/account/security');
    await button(page, t('security.add')).click();
    const secret = await dialog(page).locator('code').innerText();
    assert.ok(await dialog(page).getByRole('img', { name: t('security.qr') }).isVisible());
    await page.fill('dialog[open] [name=code]', '000000');
    await page.fill('dialog[open] [name=currentPassword]', PASSWORD);
    await button(page, t('security.confirm')).click();
    await page.locator('dialog[open] [name=code][aria-invalid=true]').waitFor();
    await page.fill('dialog[open] [name=code]', totp(secret));
    await button(page, t('security.confirm')).click();
    await dialog(page).getByText(t('security.codesText')).waitFor();
    const code = await dialog(page).locator('ol code').first().innerText();
    await button(page, t('security.kept')).click();
    await page.goto(`${node.url}/login`);
    await signIn(page, node, `factor-${language}`);
    await page.waitForURL(/\/login\/code/);
    assert.deepEqual(await violations(page), []);
    await page.fill('#code', code);
    await page.click('main button[type=submit]');
    await page.waitForURL(/\/dashboard/);
    await signIn(page, node, `factor-${language}`);
    await page.waitForURL(/\/login\/code/);
    await page.fill('#code', code);
    await page.click('main button[type=submit]');
    await page.locator('#code-fault').waitFor();
    quiet(page);
    await page.context().close();
  });

  test(`${language}: a delegate is invited, accepts, acts on behalf, and is shut out`, async () => {
    const { account } = await customer(`host-${language}`, 'SoloBox');
    await customer(`guest-${language}`);
    const host = await visit(browser, { language });
    await signIn(host, node, `host-${language}`, PASSWORD, '/dashboard/account/delegations');
    await button(host, t('delegation.invite')).click();
    await host.fill('dialog[open] [name=email]', 'guest@elsewhere.example');
    await dialog(host).getByRole('button', { name: t('delegation.invite') }).click();
    const invitation = await dialog(host).locator('code').innerText();
    await host.keyboard.press('Escape');
    const guest = await visit(browser, { language });
    await signIn(guest, node, `guest-${language}`, PASSWORD, '/dashboard/account/delegations');
    await guest.fill('[name=invitation]', invitation);
    await button(guest, t('delegation.accept')).click();
    await guest.getByRole('link', { name: `host-${language}` }).first().waitFor();
    await guest.goto(`${node.url}/dashboard/as/${account}/services`);
    await guest.getByText(t('acting.banner', { who: `guest-${language}`, account: `host-${language}` })).waitFor();
    await guest.getByRole('link', { name: 'SoloBox' }).first().waitFor();
    await picture(guest, `acting-${language}`);
    assert.deepEqual(await violations(guest), []);
    await host.reload();
    await button(host, t('delegation.revokeNamed', { who: 'guest@elsewhere.example' })).click();
    await dialog(host).getByRole('button', { name: t('delegation.revoke') }).click();
    await host.getByText(t('delegation.revoked')).waitFor();
    await guest.goto(`${node.url}/dashboard/as/${account}/services`);
    await guest.getByRole('alert').first().waitFor();
    assert.equal(await guest.getByRole('link', { name: 'SoloBox' }).count(), 0);
    await host.context().close();
    await guest.context().close();
  });

  test(`${language}: a plan is changed after its preview, a Box is ordered`, async () => {
    const { service } = await customer(`plan-${language}`, 'SoloBox');
    const page = await visit(browser, { language });
    await signIn(page, node, `plan-${language}`, PASSWORD, `/dashboard/services/${service}/plan`);
    await button(page, t('plan.choose', { plan: 'ProBox' })).click();
    await dialog(page).getByText(t('plan.noBilling')).waitFor();
    await button(page, t('plan.change')).click();
    await page.getByText(t('plan.done', { plan: 'ProBox' })).waitFor();
    await page.goto(`${node.url}/dashboard/order`);
    await page.getByText('FamilyBox').click();
    // What is agreed to is read first: it is handed over as a file, and the form stays as it is.
    const arrives = page.waitForEvent('download');
    await page.getByRole('button', { name: t('order.read', { title: '' }).replace(/\W+$/, ''), exact: false }).first().click();
    assert.match((await arrives).suggestedFilename(), /-v\d+\.(pdf|txt|html)$/);
    assert.equal(await page.locator('main [name=plan]:checked').count(), 1, 'the plan is still chosen');
    for (const box of await page.getByRole('checkbox').all()) await box.check();
    // More than the plan includes is sold by steps, and its price is told as it is typed.
    await page.getByText('CustomBox').click();
    await page.getByText(t('cycle.MONTHLY'), { exact: true }).click();
    const mailboxes = page.locator('main [name=mailboxes]');
    await mailboxes.fill('52');
    await mailboxes.blur();
    await page.locator('main [name=mailboxes][aria-invalid=true]').waitFor();
    await mailboxes.fill('55');
    const number = (text) => Number(text.replace(/[^\d.,]/g, '').replace(',', '.'));
    const total = page.locator('main .total');
    const { servicePrice } = await api(node, operator, 'query($p: PlanID!) { servicePrice(planId: $p, planVersion: 1, cycle: MONTHLY, custom: { mailboxes: 55 }) { planCents recurringCents } }', { p: await page.locator('main [name=plan]:checked').inputValue() });
    assert.ok(servicePrice.recurringCents > servicePrice.planCents);
    await page.waitForFunction(([cents]) => Number((document.querySelector('main .total strong')?.textContent ?? '').replace(/[^\d.,]/g, '').replace(',', '.')) * 100 === cents, [servicePrice.recurringCents]);
    assert.deepEqual(await violations(page), []);
    await picture(page, `order-${language}`);
    // All of it once more before the act that binds; Escape leads back with everything as it was.
    await button(page, t('order.review')).click();
    await dialog(page).getByText(t('order.binding')).waitFor();
    assert.deepEqual(await violations(page), []);
    await picture(page, `order-review-${language}`);
    await page.keyboard.press('Escape');
    assert.equal(await mailboxes.inputValue(), '55');
    assert.equal(number(await total.locator('strong').innerText()) * 100, servicePrice.recurringCents);
    await button(page, t('order.review')).click();
    await button(page, t('order.confirm')).click();
    await page.waitForURL(/\/services\/srvc_/);
    await page.getByText(t('entitlement.ORDERED')).first().waitFor();
    const ordered = await api(node, await token(node, `plan-${language}`), '{ services { nodes { cycle recurringCents limits { mailboxes } } } }');
    assert.deepEqual(ordered.services.nodes.at(-1), { cycle: 'MONTHLY', recurringCents: servicePrice.recurringCents, limits: { mailboxes: 55 } });
    quiet(page);
    await page.context().close();
  });

  test(`${language}: a Box shows its facts, its contracts as they were signed, where it stands, and leads to its mail`, async () => {
    const page = await visit(browser, { language });
    await signIn(page, node, 'demo', PASSWORD, '/dashboard/services');
    await settled(page);
    await page.locator('tbody a').first().click();
    await page.getByText('mailadmin_demo.example', { exact: true }).waitFor();
    await page.getByText(t('payment.NONE_YET')).waitFor();
    const get = page.getByRole('button', { name: t('contracts.getNamed', { title: '' }), exact: false }).first();
    const [download] = await Promise.all([page.waitForEvent('download'), get.click()]);
    assert.match(download.suggestedFilename(), /-v1\.txt$/);
    assert.match(readFileSync(await download.path(), 'utf8'), /^(Conditions|General|Particular) /);
    await picture(page, `service-${language}`);
    assert.deepEqual(await violations(page), []);
    // Who may act in it is asked from here, for this Box.
    await page.getByRole('navigation', { name: t('service.menu') }).getByRole('link', { name: t('service.part.delegations'), exact: true }).click();
    await page.getByRole('heading', { name: t('delegation.service'), level: 2 }).waitFor();
    await button(page, t('delegation.invite')).click();
    assert.match(await page.inputValue('dialog[open] [name=scope]'), /^srvc_/);
    await page.keyboard.press('Escape');
    const overview = page.url().replace(/\/delegations$/, '');
    await page.goto(`${overview}/nowhere`);
    await page.getByRole('link', { name: t('service.toOverview') }).click();
    await page.waitForURL(overview);
    await settled(page);
    // By keyboard past the menu: the focus is where the screen begins.
    await page.reload();
    await settled(page);
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    assert.equal(await page.evaluate(() => document.activeElement?.id), 'main');
    await page.getByRole('navigation', { name: t('service.menu') }).getByRole('link', { name: t('service.part.centre'), exact: true }).click();
    await page.getByRole('heading', { name: t('service.part.centre'), level: 2 }).waitFor();
    await settled(page);
    assert.deepEqual(await violations(page), []);
    await page.goBack();
    await page.getByRole('link', { name: t('service.administer') }).click();
    await page.getByRole('heading', { name: t('mail.domains'), level: 1 }).waitFor();
    quiet(page);
    await page.context().close();
  });

  test(`${language}: a Box is cancelled in three clicks`, async () => {
    const { service } = await customer(`leaver-${language}`, 'SoloBox');
    const page = await visit(browser, { language });
    await signIn(page, node, `leaver-${language}`, PASSWORD, `/dashboard/services/${service}`);
    await page.getByRole('link', { name: t('service.part.cancel'), exact: true }).click(); // 1
    await button(page, t('cancel.begin')).click(); // 2
    await dialog(page).getByText(t('cancel.undo', { count: 30 })).waitFor();
    assert.equal(await dialog(page).getByRole('link', { name: t('cancel.download') }).getAttribute('href'), '/mailbox/export');
    await picture(page, `cancel-${language}`);
    assert.deepEqual(await violations(page), []);
    await button(page, t('cancel.confirm')).click(); // 3
    await page.getByText(t('entitlement.ENDED')).first().waitFor();
    // What the menu does not offer any more says so where somebody comes by its address.
    await page.goto(`${node.url}/dashboard/services/${service}/plan`);
    await page.getByText(t('service.partEnded')).waitFor();
    // It is not forgotten while it can come back.
    await page.goto(`${node.url}/dashboard`);
    await page.getByRole('link', { name: t('domains.restore'), exact: true }).click();
    await page.getByRole('button', { name: t('reactivate.action'), exact: true }).waitFor();
    quiet(page);
    await page.context().close();
  });

  test(`${language}: the support is asked; what people write is text, never markup; nothing is sent twice`, async () => {
    const hostile = '<img src=x onerror="document.title=\'owned\'"><script>document.title="owned"</script>{{7*7}}';
    const { account } = await customer(`asker-${language}`);
    const page = await visit(browser, { language });
    await signIn(page, node, `asker-${language}`, PASSWORD, '/dashboard/tickets');
    await button(page, t('tickets.new')).click();
    await page.fill('dialog[open] [name=subject]', hostile);
    await page.fill('dialog[open] [name=text]', hostile);
    await page.context().setOffline(true);
    await button(page, t('tickets.send')).click();
    await dialog(page).getByText(t('error.offline')).waitFor();
    assert.equal(await page.inputValue('dialog[open] [name=subject]'), hostile, 'what was typed is still there');
    await page.context().setOffline(false);
    // The answer is lost on its way, the question is not: the second try finds it done.
    let isLost = true;
    await page.route('**/graphql', async (route) => {
      if (isLost && route.request().postData()?.includes('TicketOpen')) {
        isLost = false;
        await route.fetch();
        return route.abort();
      }
      return route.continue();
    });
    await button(page, t('tickets.send')).click();
    await dialog(page).getByText(t('error.offline')).waitFor();
    await button(page, t('tickets.send')).click();
    await page.waitForURL(/\/tickets\/tick_/);
    await page.getByRole('heading', { name: hostile }).waitFor();
    await page.getByText(hostile).nth(1).waitFor();
    const answer = await api(node, operator, 'query($a: AccountID!) { tickets(accountId: $a) { nodes { id } } }', { a: account });
    assert.equal(answer.tickets.nodes.length, 1, 'the question was asked once');
    await api(node, operator, 'mutation($a: AccountID!, $t: TicketID!, $x: String!) { ticketReply(accountId: $a, ticketId: $t, text: $x) { userErrors { message } } }', { a: account, t: answer.tickets.nodes[0].id, x: hostile });
    await page.fill('[name=text]', 'merci');
    await button(page, t('tickets.send')).click();
    await page.getByText('merci', { exact: true }).waitFor();
    assert.deepEqual(await violations(page), []);
    assert.notEqual(await page.title(), 'owned');
    quiet(page);
    await page.context().close();
  });

  test(`${language}: the audit log is downloaded whole, as a table and as JSON lines, by those alone who see it`, async () => {
    await customer('ledger', 'ProBox');
    const page = await visit(browser, { language });
    await signIn(page, node, 'ledger', PASSWORD, '/dashboard/account/audit');
    await settled(page);
    const [table] = await Promise.all([page.waitForEvent('download'), button(page, t('audit.csv')).click()]);
    const lines = readFileSync(await table.path(), 'utf8').trim().split('\r\n');
    assert.equal(lines[0], '"at","kind","actor","actorId","via","onBehalfOf","subjectId","changes","eventId","actorName","actorStanding","apiTokenName","correlationId","cause","command"');
    assert.ok(lines.some((line) => line.includes('"service.activated"') && line.endsWith(',"serviceActivate"')), lines.join('\n'));
    const [whole] = await Promise.all([page.waitForEvent('download'), button(page, t('audit.jsonl')).click()]);
    const events = readFileSync(await whole.path(), 'utf8').trim().split('\n').map((line) => JSON.parse(line));
    assert.equal(events.length, lines.length - 1);
    assert.equal(events.find((event) => event.kind === 'service.activated').command, 'serviceActivate');
    assert.equal(new Set(events.map((event) => event.id)).size, events.length);
    assert.deepEqual(await violations(page), []);
    // A feed of 40 pages, as if there were so much: the newest stands first, and it says that older ones are left out.
    const PAGES = 40;
    const AT = 'p';
    await page.route('**/graphql', async (route) => {
      const { operationName, variables } = route.request().postDataJSON();
      if (!['Audit', 'AuditPlaces'].includes(operationName)) return route.continue();
      const number = variables.after === null ? 0 : Number(variables.after.slice(AT.length));
      const nodes = [{ id: `evnt_${number}`, kind: 'user.enabled', subjectId: `user_${number}`, at: new Date(Date.UTC(2026, 0, 1 + number)).toISOString(), actor: 'PLATFORM', actorId: null, via: 'AUTOMATIC', command: null, onBehalfOf: null, changes: [] }];
      await route.fulfill({ json: { data: { events: { nodes, position: `${AT}${number + 1}`, hasMore: number < PAGES - 1 } } } });
    });
    await page.reload();
    await page.getByText(t('audit.cut', { count: 20 })).waitFor();
    const shown = await page.locator('tbody time').evaluateAll((all) => all.map((one) => one.dateTime.slice(0, 10)));
    assert.deepEqual([shown.length, shown[0], shown.at(-1)], [20, '2026-02-09', '2026-01-21']);
    await page.unroute('**/graphql');
    // Nobody, a page of elsewhere, and somebody else's account.
    const form = (fields, headers) => fetch(`${node.url}/audit/export`, { method: 'POST', redirect: 'manual', headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers }, body: new URLSearchParams(fields) });
    assert.equal((await form({ format: 'csv' }, { origin: node.url })).status, 401);
    const cookie = (await page.context().cookies()).map(({ name, value }) => `${name}=${value}`).join('; ');
    assert.notEqual((await form({ format: 'csv' }, { cookie, origin: 'https://elsewhere.example' })).status, 200);
    const { account } = await customer('stranger');
    const refused = await form({ format: 'csv', account }, { cookie, origin: node.url });
    assert.ok([403, 404].includes(refused.status), String(refused.status));
    quiet(page);
    await page.context().close();
  });

  test(`${language}: a webhook is added with a secret shown once, paused, and removed; a key as well`, async () => {
    await customer(`hooks-${language}`, 'CustomBox');
    const page = await visit(browser, { language });
    await signIn(page, node, `hooks-${language}`, PASSWORD, '/dashboard/account/webhooks');
    await button(page, t('hooks.add')).click();
    await page.fill('dialog[open] [name=url]', 'http://plain.example/');
    await dialog(page).getByRole('button', { name: t('hooks.add') }).click();
    await page.locator('dialog[open] [name=url][aria-invalid=true]').waitFor();
    await page.fill('dialog[open] [name=url]', 'https://shop.example/told');
    await dialog(page).getByRole('button', { name: t('hooks.add') }).click();
    await dialog(page).getByText(t('keys.once')).waitFor();
    assert.ok((await dialog(page).locator('code').innerText()).length > 20);
    await page.keyboard.press('Escape');
    // Another secret is asked about first, and shown once.
    await button(page, t('hooks.actions', { url: 'https://shop.example/told' })).click();
    await button(page, t('hooks.rotate')).click();
    await dialog(page).getByText(t('hooks.rotateTitle')).waitFor();
    await dialog(page).getByRole('button', { name: t('hooks.rotate') }).click();
    await dialog(page).getByText(t('keys.once')).waitFor();
    await page.keyboard.press('Escape');
    await button(page, t('hooks.actions', { url: 'https://shop.example/told' })).click();
    await button(page, t('hooks.toPause')).click();
    await page.getByText(t('hooks.PAUSED'), { exact: true }).waitFor();
    assert.deepEqual(await violations(page), []);
    await button(page, t('hooks.actions', { url: 'https://shop.example/told' })).click();
    await button(page, t('hooks.remove')).click();
    await dialog(page).getByRole('button', { name: t('hooks.remove') }).click();
    await page.getByText(t('hooks.none')).waitFor();
    await page.goto(`${node.url}/dashboard/account/keys`);
    await button(page, t('keys.add')).click();
    await page.fill('dialog[open] [name=name]', 'import');
    await dialog(page).getByText(t('permission.domain:read')).click();
    await dialog(page).getByRole('button', { name: t('keys.add') }).click();
    await dialog(page).getByText(t('keys.once')).waitFor();
    await page.keyboard.press('Escape');
    await button(page, t('keys.revokeNamed', { name: 'import' })).click();
    await dialog(page).getByRole('button', { name: t('keys.revoke'), exact: true }).click();
    await page.getByText(t('keys.revoked'), { exact: true }).waitFor();
    quiet(page);
    await page.context().close();
  });
});
