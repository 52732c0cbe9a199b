// What browsers are kept from: other sites, other people's sessions, frames, and redirections elsewhere.
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { gunzipSync } from 'node:zlib';
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

const form = (fields, headers = {}) => ({
  method: 'POST', redirect: 'manual', body: new URLSearchParams(fields),
  headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
});

test('a form of another site signs nobody in or out', async () => {
  const fields = { login: 'demo', password: PASSWORD };
  for (const headers of [{ origin: 'https://elsewhere.example' }, { origin: 'null' }, { 'sec-fetch-site': 'cross-site' }, {}]) {
    for (const path of ['/login', '/login/code', '/logout', '/language', '/password']) {
      assert.equal((await fetch(node.url + path, form(fields, headers))).status, 403, `${path} ${JSON.stringify(headers)}`);
    }
  }
  assert.equal((await fetch(`${node.url}/login`, form(fields, { origin: node.url }))).status, 303);
});

test('the cookie counts for pages of ours alone', async () => {
  const page = await visit(browser);
  await signIn(page, node, 'demo');
  await page.waitForURL(/dashboard/);
  const cookies = (await page.context().cookies()).map((one) => `${one.name}=${one.value}`).join('; ');
  const ask = async (headers) => fetch(`${node.url}/graphql`, { method: 'POST', body: JSON.stringify({ query: '{ viewer { accountId } }' }), headers: { 'content-type': 'application/json', cookie: cookies, ...headers } });
  const plain = await (await ask({ origin: node.url })).json();
  assert.equal(plain.data?.viewer ?? null, null, 'a cookie without the header opens nothing');
  assert.equal((await ask({ 'x-hosterra-session': '1', origin: 'https://elsewhere.example' })).status, 403);
  assert.equal((await ask({ 'x-hosterra-session': '1' })).status, 403);
  const ours = await (await ask({ 'x-hosterra-session': '1', origin: node.url })).json();
  assert.match(ours.data.viewer.accountId, /^acct_/);
  for (const cookie of await page.context().cookies()) assert.ok(cookie.httpOnly && cookie.sameSite === 'Lax', cookie.name);
  await page.context().close();
});

test('a session that was put there beforehand is not gone on with', async () => {
  const attacker = await visit(browser);
  await signIn(attacker, node, 'demo');
  await attacker.waitForURL(/dashboard/);
  const planted = await attacker.context().cookies();
  const victim = await visit(browser);
  await victim.context().addCookies(planted);
  await signIn(victim, node, 'mailadmin_demo.example');
  await victim.waitForURL(/dashboard/);
  const own = await victim.context().cookies();
  for (const cookie of planted) assert.notEqual(own.find((one) => one.name === cookie.name)?.value, cookie.value, cookie.name);
  await attacker.goto(`${node.url}/dashboard`);
  assert.match(attacker.url(), /\/login/, 'the planted session is ended');
  await attacker.context().close();
  await victim.context().close();
});

test('a sign-in leads to pages of ours alone', async () => {
  for (const next of ['https://elsewhere.example/', '//elsewhere.example/', '/\\elsewhere.example', 'javascript:alert(1)']) {
    const response = await fetch(`${node.url}/login`, form({ login: 'demo', password: PASSWORD, next }, { origin: node.url }));
    assert.equal(response.headers.get('location'), '/dashboard', next);
  }
});

test('no page is framed, and no script is anybody else’s', async () => {
  const page = await visit(browser);
  await signIn(page, node, 'demo');
  await page.waitForURL(/dashboard/);
  const cookie = (await page.context().cookies()).map((one) => `${one.name}=${one.value}`).join('; ');
  for (const path of ['/', '/login', '/dashboard', '/password']) {
    const { headers } = await fetch(node.url + path, { headers: { cookie } });
    assert.equal(headers.get('x-frame-options'), 'DENY', path);
    const policy = headers.get('content-security-policy');
    assert.match(policy, /frame-ancestors 'none'/, path);
    assert.doesNotMatch(policy, /unsafe|https?:|data:/, path);
    assert.equal(headers.get('cache-control'), 'no-store', path);
  }
  const policy = (await fetch(`${node.url}/dashboard`, { headers: { cookie } })).headers.get('content-security-policy');
  assert.match(policy, /script-src 'self'.*require-trusted-types-for 'script'/);
  await page.context().close();
});

test('tabs that renew the session at once all stay signed in', async () => {
  const page = await visit(browser);
  await signIn(page, node, 'demo');
  await page.waitForURL(/dashboard/);
  const context = page.context();
  await context.clearCookies({ name: 'hosterra-access' });
  const tabs = await Promise.all([1, 2, 3, 4].map(() => context.newPage()));
  await Promise.all(tabs.map((tab) => tab.goto(`${node.url}/dashboard/services`)));
  for (const tab of tabs) {
    await settled(tab);
    assert.match(tab.url(), /\/dashboard\/services/);
  }
  await context.clearCookies({ name: 'hosterra-access' });
  await page.goto(`${node.url}/dashboard/domains`);
  assert.match(page.url(), /\/dashboard\/domains/);
  await context.close();
});

test('signing out in one tab signs the other out at its next question', async () => {
  const one = await visit(browser);
  await signIn(one, node, 'demo');
  await one.waitForURL(/dashboard/);
  const other = await one.context().newPage();
  await other.goto(`${node.url}/dashboard`);
  await settled(other);
  await one.evaluate(() => {
    const sent = document.createElement('form');
    sent.method = 'post';
    sent.action = '/logout';
    document.body.append(sent);
    sent.submit();
  });
  await one.waitForURL(/told=out/);
  await other.getByRole('link', { name: 'Domains' }).click();
  await other.waitForURL(/\/login\?told=over/);
  await one.context().close();
});

for (const language of ['fr', 'en']) test(`${language}: a session that ends in the middle of a form keeps what was typed, in this page alone`, async () => {
  const t = texts(language);
  const page = await visit(browser, { language });
  await signIn(page, node, 'demo', PASSWORD, '/dashboard/account/webhooks');
  await page.waitForURL(/dashboard/);
  await settled(page);
  const before = (await api(node, await token(node, 'demo'), '{ webhooks { nodes { id } } }')).webhooks.nodes.length;
  await page.getByRole('button', { name: t('hooks.add'), exact: true }).click();
  const forms = page.locator('dialog[open]');
  await forms.locator('[name=url]').fill(`https://shop.example/kept-${language}`);
  await page.context().clearCookies();
  await forms.getByRole('button', { name: t('hooks.add'), exact: true }).click();
  const over = page.getByRole('dialog', { name: t('over.title') });
  await over.waitFor();
  assert.deepEqual(await violations(page), []);
  await picture(page, `over-${language}`);
  assert.deepEqual(await page.evaluate(() => [Object.keys(sessionStorage), Object.keys(localStorage).filter((key) => /kept|shop/.test(localStorage.getItem(key) ?? ''))].flat()), [], 'nothing is stored');
  // Not now: the form is as it was, and says why it was not sent.
  await over.getByRole('button', { name: t('over.notNow'), exact: true }).click();
  await forms.getByText(t('error.over')).waitFor();
  assert.equal(await forms.locator('[name=url]').inputValue(), `https://shop.example/kept-${language}`);
  await forms.getByRole('button', { name: t('hooks.add'), exact: true }).click();
  const opened = page.context().waitForEvent('page');
  await over.getByRole('link', { name: t('over.signIn'), exact: true }).click();
  const tab = await opened;
  // Somebody else does not go on with it.
  await tab.fill('#login', 'mailadmin_demo.example');
  await tab.fill('#password', PASSWORD);
  await tab.click('main button[type=submit]');
  await tab.getByRole('heading', { name: t('over.back'), level: 1 }).waitFor();
  await over.getByText(t('over.else')).waitFor();
  await page.context().clearCookies();
  await signIn(tab, node, 'demo', PASSWORD, '/dashboard/signed-in');
  await tab.getByText(t('over.backText')).waitFor();
  assert.deepEqual(await violations(tab), []);
  await page.bringToFront();
  await page.getByText(t('keys.once')).waitFor();
  const after = (await api(node, await token(node, 'demo'), '{ webhooks { nodes { id url } } }')).webhooks.nodes;
  assert.deepEqual([after.length, after.filter((one) => one.url === `https://shop.example/kept-${language}`).length], [before + 1, 1], 'it was done once');
  quiet(page);
  await page.context().close();
});

test('the first page loads less than 150 KB of script, compressed, from here alone, kept for ever', async () => {
  const page = await visit(browser);
  const sizes = new Map();
  page.on('response', async (response) => {
    if (!response.url().includes('/assets/')) return;
    const { headers } = await fetch(response.url(), { headers: { 'accept-encoding': 'br' } });
    assert.match(headers.get('cache-control'), /immutable/);
  });
  page.on('request', (request) => {
    if (/\/assets\/.*\.js$/.test(request.url())) sizes.set(request.url(), 0);
  });
  await signIn(page, node, 'demo');
  await page.waitForURL(/dashboard/);
  await settled(page);
  let total = 0;
  for (const url of sizes.keys()) total += await transferred(url);
  assert.ok(sizes.size > 1 && total < 150 * 1024, `${total} octets in ${sizes.size} files`);
  assert.deepEqual(page.complaints, []);
  console.log(`first page: ${total} octets of gzipped script in ${sizes.size} files`);
  await page.context().close();
});

/** Octets of a file as gzip, by a client that does not unpack. */
async function transferred(url) {
  const { request } = await import('node:http');
  return new Promise((resolve, reject) => {
    request(url, { headers: { 'accept-encoding': 'gzip' } }, (response) => {
      const parts = [];
      response.on('data', (part) => parts.push(part));
      response.on('end', () => {
        const body = Buffer.concat(parts);
        if (response.headers['content-encoding'] === 'gzip') gunzipSync(body);
        resolve(body.length);
      });
    }).on('error', reject).end();
  });
}
