// Passkeys with Chromium's own authenticator in software: added, used alone and after the password, named, removed.
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { api, launch, PASSWORD, picture, quiet, settled, signIn, start, texts, token, violations, visit } from './harness.mjs';

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

/** Plugs an authenticator in: one that knows its user, or a bare security key. */
async function plug(page, { isPasskey = true } = {}) {
  const cdp = await page.context().newCDPSession(page);
  await cdp.send('WebAuthn.enable');
  const { authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: isPasskey ? 'ctap2' : 'u2f', transport: isPasskey ? 'internal' : 'usb', hasResidentKey: isPasskey,
      hasUserVerification: isPasskey, isUserVerified: isPasskey, automaticPresenceSimulation: true,
    },
  });
  return { unplug: () => cdp.send('WebAuthn.removeVirtualAuthenticator', { authenticatorId }) };
}

async function add(page, t, name) {
  await page.goto(`${node.url}/dashboard/account/security`);
  await settled(page);
  await page.getByRole('button', { name: t('passkey.add'), exact: true }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel(t('passkey.name')).fill(name);
  await dialog.getByLabel(t('security.current')).fill('not the password');
  await dialog.getByRole('button', { name: t('passkey.make') }).click();
  await dialog.getByText(t('security.wrongPassword')).waitFor();
  // What the authenticator made is given again: it makes no second one.
  await dialog.getByLabel(t('security.current')).fill(PASSWORD);
  await dialog.getByRole('button', { name: t('passkey.make') }).click();
}

async function leave(page) {
  // The page goes first: without cookies it would lead to the login by itself, in the middle of ours.
  await page.goto('about:blank');
  await page.context().clearCookies();
  await page.goto(`${node.url}/login`);
}

for (const [language, login, words] of [
  ['en', 'alice@demo.example', { alone: 'Sign in with a passkey', refused: /opens nothing here/ }],
  ['fr', 'bob@demo.example', { alone: 'Se connecter avec une clé d’accès', refused: /n'ouvre rien ici/ }],
]) {
  test(`a passkey opens the account alone and beside the password (${language})`, async () => {
    const t = texts(language);
    const page = await visit(browser, { language });
    const key = await plug(page);
    await signIn(page, node, login);
    await page.waitForURL(/dashboard/);
    await add(page, t, 'Blue');
    await page.getByRole('dialog').getByText(t('security.codesText')).waitFor();
    assert.equal(await page.locator('.codes li').count(), 10);
    await page.getByRole('button', { name: t('security.kept') }).click();
    await page.getByText('Blue', { exact: true }).waitFor();
    assert.deepEqual(await violations(page), []);
    await picture(page, `passkey-security-${language}`);

    // Alone.
    await leave(page);
    await picture(page, `passkey-login-${language}`);
    assert.deepEqual(await violations(page), []);
    const button = page.getByRole('button', { name: /passkey|clé d’accès/ });
    await button.click();
    await page.waitForURL(/dashboard/);

    // As the second factor.
    await leave(page);
    await signIn(page, node, login);
    await page.waitForURL(/login\/code/);
    await picture(page, `passkey-code-${language}`);
    assert.deepEqual(await violations(page), []);
    await page.getByRole('button', { name: /passkey|clé d’accès/ }).click();
    await page.waitForURL(/dashboard/);

    // Named anew, then removed: the password is enough again, and the key opens nothing any more.
    await page.goto(`${node.url}/dashboard/account/security`);
    await settled(page);
    await page.getByRole('button', { name: t('passkey.renameNamed', { name: 'Blue' }) }).click();
    await page.getByRole('dialog').getByLabel(t('passkey.name')).fill('Red');
    await page.getByRole('dialog').getByRole('button', { name: t('passkey.rename'), exact: true }).click();
    await page.getByRole('button', { name: t('security.removeNamed', { name: 'Red' }) }).click();
    await page.getByRole('dialog').getByLabel(t('security.current')).fill(PASSWORD);
    await page.getByRole('dialog').getByRole('button', { name: t('security.remove'), exact: true }).click();
    await page.getByText(t('passkey.none')).waitFor();
    await leave(page);
    await page.getByRole('button', { name: /passkey|clé d’accès/ }).click();
    await page.getByText(words.refused).waitFor();
    await signIn(page, node, login);
    await page.waitForURL(/dashboard/);
    quiet(page);
    await key.unplug();
    await page.context().close();
  });
}

test('a security key without a finger is a second factor and not a way in alone', async () => {
  const t = texts('en');
  const page = await visit(browser);
  await plug(page, { isPasskey: false });
  await signIn(page, node, 'mailadmin_demo.example');
  await page.waitForURL(/dashboard/);
  await add(page, t, 'Stick');
  await page.getByRole('button', { name: t('security.kept') }).click();
  await leave(page);
  await signIn(page, node, 'mailadmin_demo.example');
  await page.waitForURL(/login\/code/);
  await page.getByRole('button', { name: /passkey/ }).click();
  await page.waitForURL(/dashboard/);
  const again = await api(node, '', 'mutation($l: String!, $p: String!) { signIn(login: $l, password: $p) { session { accessToken } userErrors { code } } }', { l: 'mailadmin_demo.example', p: PASSWORD });
  assert.equal(again.signIn.userErrors[0].code, 'SECOND_FACTOR_NEEDED');
  quiet(page);
  await page.context().close();
});

test('without script the pages offer no passkey and work', async () => {
  const context = await browser.newContext({ javaScriptEnabled: false });
  const page = await context.newPage();
  await page.goto(`${node.url}/login`);
  assert.equal(await page.getByRole('button', { name: /passkey/ }).count(), 0);
  await page.fill('#login', 'demo');
  await page.fill('#password', PASSWORD);
  await page.click('main button[type=submit]:visible');
  await page.waitForURL(/dashboard/);
  await context.close();
});

test('a passkey that was given up says so and another way is open', async () => {
  const page = await visit(browser);
  const cdp = await page.context().newCDPSession(page);
  await cdp.send('WebAuthn.enable');
  await page.goto(`${node.url}/login`);
  // Nothing is plugged in: the browser gives up by itself once it is asked to.
  await page.evaluate(() => { navigator.credentials.get = async () => { throw new DOMException('given up', 'NotAllowedError'); }; });
  await page.getByRole('button', { name: /passkey/ }).click();
  await page.getByText(/No passkey was given/).waitFor();
  await signIn(page, node, 'demo');
  await page.waitForURL(/dashboard/);
  assert.ok(await token(node, 'demo'));
  await page.context().close();
});
