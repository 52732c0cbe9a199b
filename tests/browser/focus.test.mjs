// A button that is busy keeps the focus, and what is pressed meanwhile does nothing: by keyboard, outside dialogs.
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { api, enter, launch, leave, settled, start, texts, token } from './harness.mjs';

/** How long answers to mutations, and of DNS, are held back. */
const WAIT_MS = 600;
let node;
let browser;
let owner;

before(async () => {
  node = await start('[dns]\nservers = ["127.0.0.1:9"]\n');
  browser = await launch();
  owner = await token(node, 'demo');
});
after(async () => {
  await browser?.close();
  await node?.stop();
});

/** Presses `button` by Enter twice while its answer is on its way; how many requests went, and where the focus was meanwhile. */
async function pressTwice(page, button, operation) {
  let count = 0;
  await page.route('**/graphql', async (route) => {
    if (route.request().postDataJSON()?.operationName === operation) {
      count += 1;
      await new Promise((resolve) => setTimeout(resolve, WAIT_MS));
    }
    await route.continue();
  });
  await button.focus();
  await button.evaluate((one) => {
    window.strayed = [];
    window.watch = setInterval(() => {
      if (document.activeElement !== one) window.strayed.push(`${document.activeElement?.tagName} ${one.isConnected ? 'beside it' : 'made anew'}`);
    }, 10);
  });
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => document.activeElement?.getAttribute('aria-busy') === 'true');
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => !document.querySelector('[aria-busy=true]'));
  await settled(page);
  const strayed = await page.evaluate(() => {
    clearInterval(window.watch);
    return [...new Set(window.strayed)];
  });
  await page.unroute('**/graphql');
  return { count, strayed };
}

for (const language of ['fr', 'en']) {
  const t = texts(language);
  const form = (page, field) => page.locator('form', { has: page.locator(`[name=${field}]`) });
  const once = { count: 1, strayed: [] };

  test(`${language}: forms of a mailbox are saved once and leave the focus where it is`, async () => {
    const page = await enter(browser, node, language, 'alice@demo.example', '/mailbox/settings');
    const tls = page.locator('[name=requiresTlsIn]');
    await tls.setChecked(!(await tls.isChecked()));
    assert.deepEqual(await pressTwice(page, form(page, 'requiresTlsIn').locator('[type=submit]'), 'MailboxSettingsChange'), once);
    await page.goto(`${node.url}/dashboard/mailbox/spam`);
    await settled(page);
    await page.fill('[name=junkScore]', language === 'fr' ? '7,5' : '6.5');
    assert.deepEqual(await pressTwice(page, form(page, 'junkScore').getByRole('button', { name: t('action.save'), exact: true }), 'MailboxSettingsChange'), once);
    await page.goto(`${node.url}/dashboard/mailbox/filters`);
    await settled(page);
    await page.fill('[name=text]', `Away ${language}`);
    const { count, strayed } = await pressTwice(page, page.locator('form', { has: page.locator('[name=isOn]') }).locator('[type=submit]'), language === 'fr' ? 'FilterAdd' : 'FilterChange');
    assert.deepEqual({ count, strayed }, once);
    await leave(page);
  });

  test(`${language}: DNS is asked anew and the focus stays`, async () => {
    const { domains } = await api(node, owner, '{ domains { nodes { id } } }');
    const page = await enter(browser, node, language, 'demo', `/domains/${domains.nodes[0].id}/dns`);
    assert.deepEqual(await pressTwice(page, page.getByRole('button', { name: t('dns.recheck'), exact: true }), 'DomainDns'), once);
    await leave(page);
  });

  test(`${language}: scores that are none are refused at their field, and nothing is sent`, async () => {
    const scores = async () => (await api(node, owner, '{ mailboxes { nodes { address settings { junkScore rejectScore } } } }')).mailboxes.nodes.find((one) => one.address === 'alice@demo.example').settings;
    const before = await scores();
    const page = await enter(browser, node, language, 'alice@demo.example', '/mailbox/spam');
    let sent = 0;
    page.on('request', (request) => {
      if (request.url().endsWith('/graphql') && /mutation/.test(request.postData() ?? '')) sent += 1;
    });
    for (const [junk, reject, field, words] of [
      ['abc', '15', 'junkScore', t('field.between', { min: 0, max: 100 })], ['', '15', 'junkScore', t('field.between', { min: 0, max: 100 })], ['-5', '15', 'junkScore', t('field.between', { min: 0, max: 100 })],
      ['101', '200', 'junkScore', t('field.between', { min: 0, max: 100 })], ['8', 'x', 'rejectScore', t('spam.rejectRange')], ['8', '', 'rejectScore', t('spam.rejectRange')], ['8', '8', 'rejectScore', t('spam.above', { points: 8 })], ['8', '1001', 'rejectScore', t('spam.rejectRange')],
    ]) {
      await page.fill('[name=junkScore]', junk);
      await page.fill('[name=rejectScore]', reject);
      await form(page, 'junkScore').getByRole('button', { name: t('action.save'), exact: true }).click();
      await page.locator('.field', { has: page.locator(`[name=${field}]`) }).locator('.fault').getByText(words).waitFor();
      await page.waitForFunction((name) => document.activeElement?.getAttribute('name') === name, field);
    }
    assert.equal(sent, 0);
    assert.deepEqual(await scores(), before);
    await leave(page);
  });
}
