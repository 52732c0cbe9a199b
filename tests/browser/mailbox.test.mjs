// What the user of a mailbox sees and does, in both languages.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test, { after, before, describe } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { api, launch, PASSWORD, picture, quiet, settled, signIn, start, texts, token, violations, visit } from './harness.mjs';
import { imapLetsIn, smtpAnswers, smtpSends } from './mail.mjs';

const ALICE = 'alice@demo.example';
const TIME_MAX_MS = 30_000;
let node;
let browser;
let administrator;
let alice;

before(async () => {
  browser = await launch();
});
after(() => browser?.close());

/** A platform of its own for the tests of one group: sign-ins of one peer are counted. */
function onItsOwn() {
  before(async () => {
    node = await start();
    administrator = await token(node, 'mailadmin_demo.example');
    const { mailboxes } = await api(node, administrator, '{ mailboxes(first: 10) { nodes { id address domainId } } }');
    alice = mailboxes.nodes.find((one) => one.address === ALICE);
  });
  after(() => node?.stop());
}

const button = (page, name) => page.getByRole('button', { name, exact: true });
const dialog = (page) => page.locator('dialog[open]');
const settle = (settings) => api(node, administrator, 'mutation($m: MailboxID!, $s: MailboxSettingsInput!) { mailboxSettingsChange(mailboxId: $m, settings: $s) { userErrors { message } } }', { m: alice.id, s: settings });
const ofAlice = async (fields) => (await api(node, administrator, `query($m: MailboxID!) { mailbox(mailboxId: $m) { ${fields} } }`, { m: alice.id })).mailbox;

/** What the API tells lags a little behind what was answered to somebody else: it is waited for. */
async function becomes(look, wanted) {
  const begun = Date.now();
  for (;;) {
    const found = await look();
    if (isDeepStrictEqual(found, wanted)) return;
    if (Date.now() - begun > TIME_MAX_MS) assert.deepEqual(found, wanted);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

for (const language of ['fr', 'en']) describe(`mailbox in ${language}`, () => {
  onItsOwn();
  const t = texts(language);
  const open = async (part = '') => {
    const page = await visit(browser, { language });
    await signIn(page, node, ALICE, PASSWORD, `/dashboard/mailbox${part ? `/${part}` : ''}`);
    await page.getByRole('heading', { name: t(`box.part.${part || 'general'}`), level: 1 }).waitFor();
    await settled(page);
    return page;
  };

  test(`${language}: after signing in a mailbox user finds address, settings of programs, use and ways in`, async () => {
    const page = await visit(browser, { language });
    await signIn(page, node, ALICE, PASSWORD, '/dashboard');
    await page.getByRole('heading', { name: t('box.part.general'), level: 1 }).waitFor();
    await settled(page);
    assert.match(page.url(), /\/dashboard\/mailbox$/);
    for (const port of [node.ports.imaps, node.ports.submissions]) await page.getByRole('cell', { name: String(port), exact: true }).waitFor();
    await page.getByText(t('box.storage'), { exact: true }).waitFor();
    await page.getByText(t('door.web'), { exact: true }).first().waitFor();
    await page.getByRole('link', { name: t('box.setup') }).click();
    await page.waitForURL(/\/setup\?domain=demo\.example/);
    quiet(page);
    await page.context().close();
  });

  test(`${language}: the spam slider moves by keyboard, saves, and tells of a change from elsewhere`, async () => {
    const page = await open('spam');
    const other = await page.context().newPage();
    await other.goto(`${node.url}/dashboard/mailbox/spam`);
    await settled(other);
    const junk = page.getByRole('slider', { name: t('spam.junkFrom') });
    await junk.focus();
    for (let press = 0; press < 4; press += 1) await page.keyboard.press('ArrowLeft');
    assert.equal(await page.inputValue('[name=junkScore]'), '6');
    await page.getByRole('slider', { name: t('spam.rejectFrom') }).focus();
    await page.keyboard.press('Home');
    assert.ok(Number(await page.inputValue('[name=junkScore]')) < Number(await page.inputValue('[name=rejectScore]')), 'the bounds push each other along');
    await page.fill('[name=junkScore]', '5.5');
    await page.fill('[name=rejectScore]', '12');
    await button(page, t('action.save')).click();
    await page.getByText(t('box.saved'), { exact: true }).waitFor();
    await becomes(async () => (await ofAlice('settings { junkScore rejectScore }')).settings, { junkScore: 5.5, rejectScore: 12 });
    // The other tab does not know: it is told, looks again, and nothing is lost.
    await other.fill('[name=rejectScore]', '40');
    await button(other, t('action.save')).click();
    await other.getByRole('alert').waitFor();
    await button(other, t('box.lookAgain')).click();
    await other.waitForFunction(() => document.querySelector('[name=rejectScore]')?.value === '12');
    assert.equal((await ofAlice('settings { rejectScore }')).settings.rejectScore, 12);
    // What cannot be is said at its field.
    await page.fill('[name=rejectScore]', '2');
    await button(page, t('action.save')).click();
    await page.locator('[name=rejectScore][aria-invalid=true]').waitFor();
    quiet(page);
    await page.context().close();
  });

  test(`${language}: what the domain has decided about a sender is shown and wins`, async () => {
    await api(node, administrator, 'mutation($d: DomainID!) { domainSettingsChange(domainId: $d, settings: { deniedSenders: ["*@bulk.example"] }) { userErrors { message } } }', { d: alice.domainId });
    const page = await open('spam');
    await page.getByText(t('spam.byAdministrator'), { exact: true }).waitFor();
    await page.fill('[name=allowedSenders]', 'bulk.example friend@elsewhere.example');
    await button(page, t('spam.add')).first().click();
    await page.getByText('friend@elsewhere.example', { exact: true }).waitFor();
    await page.getByText(t('spam.overruled')).waitFor();
    // What the domain has decided is no row to be ticked: of one's own two, as of all, there is a box.
    assert.equal(await page.locator('main tbody input[type=checkbox]').count(), 2);
    await becomes(async () => (await ofAlice('settings { allowedSenders }')).settings.allowedSenders.toSorted(), ['*@bulk.example', 'friend@elsewhere.example']);
    await page.fill('[name=deniedSenders]', 'not an address@@');
    await button(page, t('spam.add')).nth(1).click();
    await page.locator('[name=deniedSenders][aria-invalid=true]').waitFor();
    await button(page, t('spam.removeNamed', { rule: 'friend@elsewhere.example' })).click();
    await page.getByText('friend@elsewhere.example', { exact: true }).waitFor({ state: 'detached' });
    quiet(page);
    await page.context().close();
  });

  test(`${language}: a temporary alias is made, takes mail, is shortened and ended`, async () => {
    const page = await open('aliases');
    await page.getByText(t('temp.none')).waitFor();
    await button(page, t('temp.make')).click();
    await dialog(page).getByRole('button', { name: t('temp.make') }).click();
    const made = await page.getByRole('alert').locator('code').innerText();
    assert.match(made, /@demo\.example$/);
    await becomes(() => smtpAnswers(node, made), '250');
    // A chosen one, and what is wrong with it said at its field.
    await button(page, t('temp.make')).click();
    await page.selectOption('dialog[open] [name=kind]', 'chosen');
    await dialog(page).getByRole('button', { name: t('temp.make') }).click();
    await page.locator('dialog[open] [name=localPart][aria-invalid=true]').waitFor();
    await page.fill('dialog[open] [name=localPart]', 'bob');
    await dialog(page).getByRole('button', { name: t('temp.make') }).click();
    await page.locator('dialog[open] [name=localPart][aria-invalid=true]').waitFor();
    await page.fill('dialog[open] [name=localPart]', `shop-${language}`);
    await dialog(page).getByRole('button', { name: t('temp.make') }).click();
    await dialog(page).waitFor({ state: 'detached' });
    const chosen = `shop-${language}@demo.example`;
    // Shortened from a year to a week, by selecting it in the list.
    await page.getByRole('checkbox', { name: t('table.select', { what: chosen }) }).check();
    await page.getByRole('group', { name: t('table.bulk') }).getByRole('button', { name: t('temp.change') }).click();
    await dialog(page).getByRole('button', { name: t('temp.week') }).click();
    await button(page, t('action.save')).click();
    await dialog(page).waitFor({ state: 'detached' });
    await becomes(async () => {
      const { aliases } = await api(node, administrator, 'query($m: MailboxID!) { aliases(mailboxId: $m, first: 10) { nodes { address expiresAt } } }', { m: alice.id });
      const days = (Date.parse(aliases.nodes.find((one) => one.address === chosen)?.expiresAt) - Date.now()) / 86_400_000;
      return days > 6 && days <= 8.1;
    }, true);
    await button(page, t('temp.endNamed', { address: chosen })).click();
    assert.deepEqual(await violations(page), []);
    await dialog(page).getByRole('button', { name: t('temp.end') }).click();
    await page.getByText(chosen, { exact: true }).first().waitFor({ state: 'detached' });
    await becomes(() => smtpAnswers(node, chosen), '550');
    quiet(page);
    await page.context().close();
  });

  test(`${language}: an app password opens IMAP, and after it is revoked no more`, async () => {
    const page = await open('apps');
    await button(page, t('app.add')).first().click();
    await page.fill('dialog[open] [name=name]', 'telephone');
    await page.fill('dialog[open] [name=expiresInDays]', '9999');
    await dialog(page).getByRole('button', { name: t('app.add') }).click();
    await page.locator('dialog[open] [name=expiresInDays][aria-invalid=true]').waitFor();
    await page.fill('dialog[open] [name=expiresInDays]', '30');
    await dialog(page).getByRole('button', { name: t('app.add') }).click();
    await dialog(page).getByText(t('app.once')).waitFor();
    const secret = await dialog(page).locator('code').innerText();
    await page.keyboard.press('Escape');
    assert.equal(await imapLetsIn(node, ALICE, secret), true);
    assert.equal(await imapLetsIn(node, ALICE, `${secret}x`), false);
    await page.reload();
    await button(page, t('app.revokeNamed', { name: 'telephone' })).click();
    await dialog(page).getByRole('button', { name: t('app.revoke'), exact: true }).click();
    await page.getByText(t('app.revoked')).waitFor();
    assert.equal(await imapLetsIn(node, ALICE, secret), false);
    quiet(page);
    await page.context().close();
  });

  test(`${language}: Apple profiles are downloaded, one of them with a password of its own`, async () => {
    const page = await open();
    for (const name of ['apple.askGet', 'apple.newGet']) {
      const [download] = await Promise.all([page.waitForEvent('download'), button(page, t(name)).click()]);
      assert.match(download.suggestedFilename(), /\.mobileconfig$/);
      const profile = readFileSync(await download.path(), 'latin1');
      assert.ok(profile.includes(ALICE) && profile.includes(String(node.ports.imaps)), name);
      assert.equal(/<key>IncomingPassword<\/key>/.test(profile), name === 'apple.newGet', name);
    }
    await page.goto(`${node.url}/dashboard/mailbox/apps`);
    await settled(page);
    assert.equal(await page.getByRole('table').getByRole('row').count(), 2, 'the password of the profile can be revoked');
    await page.context().close();
  });

  test(`${language}: a filter that does not compile is led to by line and column; one runs at a time; an answer is a part of it`, async () => {
    const page = await open('filters');
    await button(page, t('filter.add')).click();
    await page.fill('dialog[open] [name=name]', 'Invoices');
    await page.fill('dialog[open] [name=script]', 'require "fileinto";\nif header :contains "subject" "x" {\n  fileinto 3;\n}\n');
    await button(page, t('filter.check')).click();
    await dialog(page).getByText(t('filter.fault', { line: 3, column: 12, message: '' }).trim()).waitFor();
    await page.waitForFunction(() => document.activeElement?.getAttribute('name') === 'script');
    await dialog(page).getByRole('button', { name: t('action.save') }).click();
    await page.locator('dialog[open] [name=script][aria-invalid=true]').waitFor();
    assert.deepEqual(await violations(page), []);
    await page.fill('dialog[open] [name=script]', 'require "fileinto";\nif header :contains "subject" "x" {\n  fileinto "INBOX.x";\n}\n');
    await dialog(page).getByRole('button', { name: t('action.save') }).click();
    await dialog(page).waitFor({ state: 'detached' });
    await page.getByText(t('filter.active'), { exact: true }).waitFor();
    await page.getByText(t('pending.title')).waitFor();
    // The answer goes into the script that runs.
    await page.getByRole('checkbox', { name: t('away.on') }).check();
    await button(page, t('action.save')).click();
    await page.locator('[name=text][aria-invalid=true]').waitFor();
    await page.fill('[name=text]', 'Back on Monday.\n.\n');
    await page.fill('[name=from]', '2030-01-02');
    await page.fill('[name=to]', '2030-01-09');
    await button(page, t('action.save')).click();
    await page.getByText(t('away.isOn')).waitFor();
    await page.getByText(t('filter.answers')).waitFor();
    const scripts = async () => (await api(node, administrator, 'query($m: MailboxID!) { filters(mailboxId: $m, first: 10) { nodes { name script isActive } } }', { m: alice.id })).filters.nodes;
    await becomes(async () => (await scripts())[0].script.includes('vacation :days 7'), true);
    assert.match((await scripts())[0].script, /require "fileinto";\n.*currentdate :value "ge" "date" "2030-01-02".*vacation :days 7.*fileinto "INBOX\.x"/s);
    // Another that runs switches it off.
    await button(page, t('filter.add')).click();
    await page.fill('dialog[open] [name=name]', 'Other');
    await page.fill('dialog[open] [name=script]', 'keep;\n');
    await dialog(page).getByRole('checkbox', { name: t('filter.isActive') }).check();
    await dialog(page).getByRole('button', { name: t('action.save') }).click();
    await dialog(page).waitFor({ state: 'detached' });
    await button(page, t('filter.offNamed', { name: 'Other' })).waitFor();
    await becomes(async () => (await scripts()).map((one) => [one.name, one.isActive]), [['Invoices', false], ['Other', true]]);
    quiet(page);
    await page.context().close();
  });

  test(`${language}: a sync job states its limits; lost on its way it is kept and made once`, async () => {
    // Left to the owner where nobody has set otherwise.
    const { selfService } = (await ofAlice('settings { selfService }')).settings;
    await settle({ selfService: selfService.filter((flag) => flag !== 'SYNC_JOBS') });
    let page = await open('sync');
    await page.getByText(t('box.closed')).waitFor();
    await picture(page, `mailbox-sync-closed-${language}`);
    await page.context().close();
    await settle({ selfService });
    page = await open('sync');
    await button(page, t('sync.add')).click();
    assert.equal(await page.inputValue('dialog[open] [name=port]'), '993');
    await page.selectOption('dialog[open] [name=encryption]', 'TLS');
    assert.equal(await page.inputValue('dialog[open] [name=port]'), '143');
    await page.fill('dialog[open] [name=port]', '70000');
    await page.fill('dialog[open] [name=intervalMinutes]', '0');
    await button(page, t('action.save')).click();
    for (const field of ['port', 'intervalMinutes', 'host', 'user', 'password']) await page.locator(`dialog[open] [name=${field}][aria-invalid=true]`).waitFor();
    await dialog(page).getByText(/65[\s,\u202f\u00a0]?535/).first().waitFor();
    assert.deepEqual(await violations(page), []);
    await picture(page, `mailbox-sync-form-${language}`);
    await page.fill('dialog[open] [name=port]', '993');
    await page.fill('dialog[open] [name=intervalMinutes]', '30');
    await page.fill('dialog[open] [name=user]', 'me@old.example');
    await page.fill('dialog[open] [name=password]', 'a secret elsewhere');
    await page.fill('dialog[open] [name=host]', '127.0.0.1');
    await button(page, t('action.save')).click();
    await page.locator('dialog[open] [name=host][aria-invalid=true]').waitFor();
    await page.fill('dialog[open] [name=host]', 'imap.old.example');
    // The answer is lost on its way, what was asked is not.
    let isLost = true;
    await page.route('**/graphql', async (route) => {
      if (isLost && route.request().postData()?.includes('mutation SyncJobAdd')) {
        isLost = false;
        await route.fetch();
        return route.abort();
      }
      return route.continue();
    });
    await button(page, t('action.save')).click();
    await dialog(page).getByText(t('error.offline')).waitFor();
    assert.equal(await page.inputValue('dialog[open] [name=user]'), 'me@old.example');
    assert.equal(await page.inputValue('dialog[open] [name=password]'), 'a secret elsewhere');
    await button(page, t('action.save')).click();
    await dialog(page).waitFor({ state: 'detached' });
    await page.getByText('me@old.example', { exact: true }).waitFor();
    const jobs = async () => (await api(node, administrator, 'query($m: MailboxID!) { syncJobs(mailboxId: $m, first: 10) { nodes { host intervalMinutes encryption mapsFolders } } }', { m: alice.id })).syncJobs.nodes;
    await becomes(jobs, [{ host: 'imap.old.example', intervalMinutes: 30, encryption: 'TLS', mapsFolders: true }]);
    quiet(page);
    await page.context().close();
  });

  test(`${language}: a push destination is refused in the clear and kept over TLS; plus addresses go where they are told`, async () => {
    const page = await open('push');
    await button(page, t('push.add')).click();
    await page.selectOption('dialog[open] [name=kind]', 'WEBHOOK');
    await page.fill('dialog[open] [name=name]', 'my phone');
    await page.fill('dialog[open] [name=url]', 'http://push.example/alice');
    await page.fill('dialog[open] [name=token]', 'sixteen-characters');
    await button(page, t('action.save')).click();
    await page.locator('dialog[open] [name=url][aria-invalid=true]').waitFor();
    await page.fill('dialog[open] [name=url]', 'https://push.example/alice');
    await button(page, t('action.save')).click();
    await dialog(page).waitFor({ state: 'detached' });
    await button(page, t('push.pauseNamed', { name: 'my phone' })).click();
    await page.getByText(t('push.off'), { exact: true }).waitFor();
    await page.goto(`${node.url}/dashboard/mailbox/settings`);
    await page.getByRole('radio', { name: t('detail.FOLDER') }).check();
    await button(page, t('action.save')).first().click();
    await page.getByText(t('box.saved'), { exact: true }).waitFor();
    await becomes(async () => (await ofAlice('settings { detail }')).settings.detail, 'FOLDER');
    quiet(page);
    await page.context().close();
  });

  test(`${language}: the trace shows what became of one's own messages, and of nobody else's`, async () => {
    assert.equal(await smtpSends(node, { from: 'friend@elsewhere.example', to: ALICE, subject: 'hello' }), '250');
    assert.equal(await smtpSends(node, { from: 'stranger@elsewhere.example', to: 'bob@demo.example', subject: 'hello' }), '250');
    const page = await open('trace');
    // Steps appear within a second: looked at again until it is there.
    const shown = page.getByRole('listitem').filter({ hasText: 'friend@elsewhere.example' }).filter({ hasText: t('trace.stage.STORED') });
    for (const begun = Date.now(); (await shown.count()) === 0 && Date.now() - begun < TIME_MAX_MS;) {
      await button(page, t('box.lookAgain')).click();
      await settled(page);
    }
    assert.equal(await shown.count(), 1);
    assert.equal(await page.getByText('stranger@elsewhere.example').count(), 0);
    await picture(page, `mailbox-trace-full-${language}`);
    assert.deepEqual(await violations(page), []);
    await page.fill('[name=other]', 'nobody@elsewhere.example');
    await button(page, t('trace.search')).click();
    await page.getByText(t('trace.none'), { exact: true }).waitFor();
    await page.fill('[name=other]', 'friend@elsewhere.example');
    await button(page, t('trace.search')).click();
    await shown.waitFor();
    quiet(page);
    await page.context().close();
  });

  test(`${language}: a first password of a mailbox is changed before anything else`, async () => {
    const { appPasswordAdd } = await api(node, await token(node, ALICE), 'mutation { appPasswordAdd(name: "left behind", protocols: [IMAP]) { secret userErrors { code } } }');
    assert.equal(await imapLetsIn(node, ALICE, appPasswordAdd.secret), true);
    await settle({ mustChangePassword: true });
    const page = await visit(browser, { language });
    await signIn(page, node, ALICE);
    await page.waitForURL(/\/password/);
    await page.goto(`${node.url}/dashboard/mailbox`);
    await page.waitForURL(/\/password/);
    // First the same again, which is none; what was ticked stays ticked.
    for (const chosen of [PASSWORD, 'a sentence of my own']) {
      await page.fill('#current', PASSWORD);
      await page.fill('#new', chosen);
      await page.fill('#again', chosen);
      await page.locator('[name=others]').check();
      await page.click('main button[type=submit]');
      if (chosen !== PASSWORD) continue;
      await page.locator('#new[aria-invalid=true]').waitFor();
      assert.equal(await page.locator('[name=others]').isChecked(), true);
      await picture(page, `password-again-${language}`);
      assert.deepEqual(await violations(page), []);
    }
    await page.waitForURL(/told=changed/);
    await signIn(page, node, ALICE, 'a sentence of my own');
    await page.getByRole('heading', { name: t('box.part.general'), level: 1 }).waitFor();
    assert.equal(await imapLetsIn(node, ALICE, PASSWORD), false);
    assert.equal(await imapLetsIn(node, ALICE, 'a sentence of my own'), true);
    assert.equal(await imapLetsIn(node, ALICE, appPasswordAdd.secret), false, 'what was made by whoever knew the old one');
    await page.context().close();
  });
});
