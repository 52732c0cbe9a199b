// YubiKeys that type: added, asked for at the sign-in, good once, renamed and removed, in both languages.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { launch, PASSWORD, picture, quiet, settled, signIn, start, texts, violations, visit } from './harness.mjs';
import { CLIENT_ID, SECRET_KEY, typed, validation } from './yubico.mjs';

let browser;
let node;
let servers;
let folder;

before(async () => {
  browser = await launch();
  servers = await validation();
  folder = mkdtempSync(join(tmpdir(), 'hosterra-yubico-'));
  writeFileSync(join(folder, 'key'), `${SECRET_KEY}\n`);
  node = await start(`[yubico]\nservers = ["${servers.url}"]\nclient_id = "${CLIENT_ID}"\nsecret_key_file = "${join(folder, 'key')}"`);
});
after(async () => {
  await browser?.close();
  await node?.stop();
  await servers?.stop();
  if (folder) rmSync(folder, { recursive: true, force: true });
});

const button = (page, name) => page.getByRole('button', { name, exact: true });
const dialog = (page) => page.locator('dialog[open]');

/** The key is touched: it types and ends with the enter key. */
async function touch(page, field, text) {
  await page.locator(field).fill('');
  await page.locator(field).pressSequentially(text);
  await page.keyboard.press('Enter');
}

async function asked(page, login) {
  await page.context().clearCookies();
  await signIn(page, node, login);
  await page.waitForURL(/\/login\/code/);
}

for (const [language, login, key, words] of [
  ['en', 'alice@demo.example', 'cccccccbcjdi', { wrong: /is wrong or was used before/, silent: /does not answer: use a recovery code/ }],
  ['fr', 'bob@demo.example', 'cccccccbcjdk', { wrong: /est faux ou a déjà servi/, silent: /ne répond pas\s: utilisez un code de secours/ }],
]) {
  test(`${language}: a YubiKey is added, opens the account once a touch, and is removed`, async () => {
    const t = texts(language);
    const page = await visit(browser, { language });
    await signIn(page, node, login, PASSWORD, '/dashboard/account/security');
    const card = page.locator('section, article', { has: page.getByRole('heading', { name: t('yubikey.title') }) }).last();
    await card.getByText(t('yubikey.none')).waitFor();
    await button(page, t('yubikey.add')).first().click();
    assert.equal(await page.inputValue('dialog[open] [name=name]'), t('yubikey.defaultName'));
    // What no key types is refused at its field, and the field is empty for the next touch.
    await page.fill('dialog[open] [name=currentPassword]', PASSWORD);
    await touch(page, 'dialog[open] [name=otp]', `${key}${'c'.repeat(32)}`);
    await page.locator('dialog[open] [name=otp][aria-invalid=true]').waitFor();
    assert.equal(await page.inputValue('dialog[open] [name=otp]'), '');
    assert.deepEqual(await violations(page), []);
    // A wrong password uses no touch up.
    await page.fill('dialog[open] [name=currentPassword]', 'not the password');
    const before = servers.asked;
    await touch(page, 'dialog[open] [name=otp]', typed(key, 1));
    await dialog(page).getByText(t('security.wrongPassword')).waitFor();
    assert.equal(servers.asked, before);
    await page.fill('dialog[open] [name=currentPassword]', PASSWORD);
    await touch(page, 'dialog[open] [name=otp]', typed(key, 1));
    await dialog(page).getByText(t('security.codesText')).waitFor();
    const recovery = await dialog(page).locator('ol code').first().innerText();
    await button(page, t('security.kept')).click();
    await page.getByText(t('yubikey.defaultName'), { exact: true }).waitFor();
    await settled(page);
    await picture(page, `yubikey-${language}`);
    assert.deepEqual(await violations(page), []);

    // At the sign-in: the touch that added it is used up, the next one opens, and only once.
    await asked(page, login);
    await touch(page, '#code', typed(key, 1));
    await page.locator('#code-fault').filter({ hasText: words.wrong }).waitFor();
    await touch(page, '#code', typed(key, 2));
    await page.waitForURL(/\/dashboard/);
    const other = await visit(browser, { language });
    await asked(other, login);
    await touch(other, '#code', typed(key, 2));
    await other.locator('#code-fault').filter({ hasText: words.wrong }).waitFor();
    // Where nobody can be asked that is said, and a recovery code opens.
    servers.isSilent = true;
    try {
      await touch(other, '#code', typed(key, 3));
      await other.locator('#code-fault').filter({ hasText: words.silent }).waitFor();
      await other.fill('#code', recovery);
      await other.click('main button[type=submit]');
      await other.waitForURL(/\/dashboard/);
    } finally {
      servers.isSilent = false;
    }
    await other.context().close();

    // Renamed, and removed with the password.
    await page.goto(`${node.url}/dashboard/account/security`);
    await settled(page);
    await button(page, t('passkey.renameNamed', { name: t('yubikey.defaultName') })).click();
    await page.fill('dialog[open] [name=name]', '<b>Bleue</b>');
    await dialog(page).getByRole('button', { name: t('passkey.rename'), exact: true }).click();
    await page.getByText('<b>Bleue</b>', { exact: true }).waitFor();
    await button(page, t('security.removeNamed', { name: '<b>Bleue</b>' })).click();
    await page.fill('dialog[open] [name=currentPassword]', PASSWORD);
    await dialog(page).getByRole('button', { name: t('security.remove'), exact: true }).click();
    await card.getByText(t('yubikey.none')).waitFor();
    await page.context().clearCookies();
    await signIn(page, node, login);
    await page.waitForURL(/\/dashboard/);
    quiet(page);
    await page.context().close();
  });
}
