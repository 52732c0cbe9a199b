// What happens where an answer is lost after the server has done what it was asked: the same pressed again is done once,
// something else pressed instead is done as well, and what was said of the one does not stand over the other.
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { api, enter, launch, leave, settled, start, texts, token, until } from './harness.mjs';

let node;
let browser;
let owner;
let account;

before(async () => {
  node = await start('[dns]\nservers = ["127.0.0.1:9"]\n');
  browser = await launch();
  owner = await token(node, 'demo');
  account = (await api(node, owner, '{ viewer { accountId } }')).viewer.accountId;
});
after(async () => {
  await browser?.close();
  await node?.stop();
});

/** Lets the first `operation` through to the server and loses its answer. */
async function lose(page, operation) {
  let isLost = false;
  await page.route('**/graphql', async (route) => {
    if (isLost || route.request().postDataJSON()?.operationName !== operation) return route.continue();
    isLost = true;
    await route.fetch();
    return route.abort();
  });
}

for (const language of ['fr', 'en']) {
  const t = texts(language);
  const dialog = (page) => page.locator('dialog[open]');
  const press = (within, key, params) => within.getByRole('button', { name: t(key, params), exact: true }).click();
  /** Without a connection the browser itself complains. */
  const close = (page) => {
    page.complaints.splice(0);
    return leave(page);
  };

  test(`${language}: another plan than the one whose order was lost is ordered as well`, async () => {
    const services = async () => (await api(node, owner, '{ services { nodes { id planId } } }')).services.nodes;
    const before = (await services()).map((one) => one.id);
    const page = await enter(browser, node, language, 'demo', '/order');
    await lose(page, 'ServiceOrder');
    const pick = async (name) => {
      await page.locator('label', { hasText: name }).locator('input').check();
      await page.locator('main .total strong').waitFor();
      await page.waitForFunction((of) => document.querySelector('main [type=submit]:not(:disabled)') && document.querySelector('label.chosen')?.textContent.includes(of), name);
    };
    const confirm = async () => {
      await press(page, 'order.review');
      await press(dialog(page), 'order.confirm');
    };
    await pick('SoloBox');
    for (const box of await page.locator('main input[type=checkbox]').all()) await box.check();
    await confirm();
    await dialog(page).getByText(t('error.offline')).waitFor();
    await press(dialog(page), 'order.back');
    await pick('ProBox');
    await press(page, 'order.review');
    await dialog(page).waitFor();
    assert.equal(await dialog(page).getByRole('alert').count(), 0, 'what was said of the other order');
    await press(dialog(page), 'order.confirm');
    await page.waitForURL(/\/services\/srvc_/);
    const made = (await services()).filter((one) => !before.includes(one.id));
    assert.equal(new Set(made.map((one) => one.planId)).size, 2, JSON.stringify(made));
    assert.equal(made.length, 2);
    await close(page);
  });

  test(`${language}: the same order pressed again after a lost answer is one order`, async () => {
    const services = async () => (await api(node, owner, '{ services { nodes { id } } }')).services.nodes.length;
    const before = await services();
    const page = await enter(browser, node, language, 'demo', '/order');
    await lose(page, 'ServiceOrder');
    await page.locator('label', { hasText: 'SoloBox' }).locator('input').check();
    await page.locator('main .total strong').waitFor();
    for (const box of await page.locator('main input[type=checkbox]').all()) await box.check();
    await press(page, 'order.review');
    await press(dialog(page), 'order.confirm');
    await dialog(page).getByText(t('error.offline')).waitFor();
    await press(dialog(page), 'order.confirm');
    await page.waitForURL(/\/services\/srvc_/);
    assert.equal(await services(), before + 1);
    await close(page);
  });

  test(`${language}: another app password than the one whose answer was lost is revoked as well`, async () => {
    const { mailboxes } = await api(node, owner, '{ mailboxes { nodes { id address } } }');
    const mailbox = mailboxes.nodes.find((one) => one.address === 'alice@demo.example').id;
    const [phone, tablet] = [`Phone ${language}`, `Tablet ${language}`];
    for (const name of [phone, tablet]) await api(node, owner, 'mutation($m: MailboxID!, $n: String!) { appPasswordAdd(mailboxId: $m, name: $n, protocols: [IMAP]) { userErrors { code } } }', { m: mailbox, n: name });
    const left = async () => (await api(node, owner, 'query($m: MailboxID!) { appPasswords(mailboxId: $m) { name } }', { m: mailbox })).appPasswords.map((one) => one.name).filter((name) => name.endsWith(language));
    await until(left, (names) => names.length === 2);
    const page = await enter(browser, node, language, 'alice@demo.example', '/mailbox/apps');
    await lose(page, 'AppPasswordRevoke');
    await press(page, 'app.revokeNamed', { name: phone });
    await press(dialog(page), 'app.revoke');
    await dialog(page).getByText(t('error.offline')).waitFor();
    await press(dialog(page), 'action.cancel');
    await press(page, 'app.revokeNamed', { name: tablet });
    await dialog(page).waitFor();
    assert.equal(await dialog(page).getByRole('alert').count(), 0, 'what was said of the other one');
    await press(dialog(page), 'app.revoke');
    await page.getByText(t('app.revoked')).waitFor();
    assert.deepEqual(await left(), []);
    await close(page);
  });

  test(`${language}: a reply that is written anew after a lost answer is sent as it is written`, async () => {
    const { ticketOpen } = await api(node, owner, 'mutation($a: AccountID!) { ticketOpen(input: { accountId: $a, kind: TECHNICAL, subject: "s", text: "t" }) { ticket { id } } }', { a: account });
    const page = await enter(browser, node, language, 'demo', `/tickets/${ticketOpen.ticket.id}`);
    await lose(page, 'TicketReply');
    const reply = async (text) => {
      await page.fill('[name=text]', text);
      await press(page, 'tickets.send');
    };
    await reply('first words');
    await page.getByText(t('error.offline')).waitFor();
    // What the server took is read anew, and moves the button: between the two halves of a press it would be missed.
    await settled(page);
    await reply('first words, and the second sentence');
    await page.waitForFunction(() => document.querySelector('[name=text]').value === '');
    await settled(page);
    const { ticket } = await api(node, owner, 'query($a: AccountID!, $t: TicketID!) { ticket(accountId: $a, ticketId: $t) { messages { text } } }', { a: account, t: ticketOpen.ticket.id });
    assert.deepEqual(ticket.messages.map((one) => one.text), ['t', 'first words', 'first words, and the second sentence']);
    await close(page);
  });
}
