// Before a domain is removed it is said how many mailboxes and aliases go with it; and the past of a Box is told in words.
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { api, enter, launch, leave, start, texts, token, violations } from './harness.mjs';

let node;
let browser;
let mailboxes;
let service;

before(async () => {
  node = await start('[dns]\nservers = ["127.0.0.1:9"]\n');
  browser = await launch();
  const found = await api(node, await token(node, 'demo'), '{ services { nodes { id } } mailboxes(first: 100) { nodes { address } } }');
  mailboxes = found.mailboxes.nodes.filter((one) => one.address.endsWith('@demo.example')).length;
  service = found.services.nodes[0].id;
});
after(async () => {
  await browser?.close();
  await node?.stop();
});

for (const language of ['fr', 'en']) {
  const t = texts(language);

  test(`${language}: the removal of a domain says what goes with it`, async () => {
    const page = await enter(browser, node, language, 'demo', '/domains');
    await page.getByRole('button', { name: t('domains.actions', { domain: 'demo.example' }) }).click();
    await page.getByRole('button', { name: t('domains.remove'), exact: true }).click();
    const dialog = page.locator('dialog[open]');
    const line = (key, count) => dialog.getByText(t(`${key}.${count === 1 || (count === 0 && language === 'fr') ? 'one' : 'other'}`, { count }), { exact: true }).waitFor();
    await line('domains.removeMailboxes', mailboxes);
    await line('domains.removeAliases', 0);
    assert.deepEqual(await violations(page), []);
    await leave(page);
  });

  test(`${language}: the history of a Box has no words of programs`, async () => {
    const page = await enter(browser, node, language, 'demo', `/services/${service}/history`);
    await page.getByText(t('value.currency.EUR'), { exact: true }).first().waitFor();
    const told = await page.locator('main ol').innerText();
    assert.doesNotMatch(told, /\bcents\b|\bEUR\b|catch_all|audit_export|api_write|_max\b|_bytes\b/);
    assert.match(told, new RegExp(t('value.features.catch_all')));
    await leave(page);
  });
}
