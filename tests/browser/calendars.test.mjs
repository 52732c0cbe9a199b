// Where the operator names a server of calendars and contacts elsewhere, the pages say so, and Apple's profiles set it up.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test, { after, before } from 'node:test';
import { enter, launch, leave, picture, start, texts, violations } from './harness.mjs';

const DAV = 'https://dav.example.com:8443/SOGo/dav/';
const ALICE = 'alice@demo.example';
let node;
let browser;

before(async () => {
  node = await start(`public.dav = "${DAV}"\ndns.servers = ["127.0.0.1:9"]`);
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await node?.stop();
});

for (const language of ['fr', 'en']) test(`${language}: a mailbox is told where its calendars are, and gets all four profiles`, async () => {
  const t = texts(language);
  const page = await enter(browser, node, language, ALICE, '/mailbox');
  await page.getByText(DAV, { exact: true }).first().waitFor();
  await page.getByText(t('door.state.elsewhere'), { exact: true }).waitFor();
  assert.equal(await page.getByText(t('apple.later')).count(), 0);
  for (const [holds, ask] of [['all', 'askGet'], ['all', 'newGet'], ['mail', 'askGet'], ['mail', 'newGet']]) {
    const form = page.getByRole('form', { name: t(`apple.holds.${holds}`), exact: true });
    const [download] = await Promise.all([page.waitForEvent('download'), form.getByRole('button', { name: t(`apple.${ask}`), exact: true }).click()]);
    const profile = readFileSync(await download.path(), 'latin1');
    assert.ok(profile.includes('com.apple.mail.managed'));
    assert.equal(profile.includes('com.apple.caldav.account') && profile.includes('com.apple.carddav.account'), holds === 'all');
    assert.equal(/<key>(Cal|Card)DAVPassword</.test(profile), holds === 'all' && ask === 'newGet');
  }
  assert.deepEqual(await violations(page), []);
  await picture(page, `calendars-${language}`);
  await page.goto(`${node.url}/setup?domain=demo.example`);
  await page.getByText(DAV, { exact: true }).waitFor();
  assert.equal(await page.locator('form[action="/setup/apple"]').count(), 2);
  assert.deepEqual(await violations(page), []);
  await picture(page, `calendars-setup-${language}`);
  await leave(page);
});

test('the DNS page asks for the records of calendars and contacts', async () => {
  const t = texts('en');
  const page = await enter(browser, node, 'en', 'demo', '/domains');
  await page.getByRole('link', { name: t('dns.show'), exact: true }).first().click();
  for (const name of ['_caldavs._tcp.demo.example', '_carddavs._tcp.demo.example']) {
    await page.getByText(name, { exact: true }).first().waitFor();
  }
  await page.getByText('path=/SOGo/dav/', { exact: true }).first().waitFor();
  await page.getByText('0 1 8443 dav.example.com', { exact: true }).first().waitFor();
  assert.equal(await page.getByText(t('dns.dav'), { exact: true }).count(), 0);
  await leave(page);
});
