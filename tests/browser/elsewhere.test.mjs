// Links that lead elsewhere, pages in somebody's frame, and links that are used twice or too late.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import test, { after, before } from 'node:test';
import { hostile } from './hostile.mjs';
import { api, launch, PASSWORD, signIn, start, token, visit } from './harness.mjs';
import { pages } from './screens.mjs';

const TRY_COUNT_MAX = 50;
let node;
let browser;
let operator;

before(async () => {
  node = await start();
  browser = await launch();
  operator = await token(node, 'chief', 'operator-password');
});
after(async () => {
  await browser?.close();
  await node?.stop();
});

const form = (fields, cookie) => ({
  method: 'POST', redirect: 'manual', body: new URLSearchParams(fields),
  headers: { 'content-type': 'application/x-www-form-urlencoded', origin: node.url, ...(cookie ? { cookie } : {}) },
});

/** Every way to write another host: schemes, slashes, backslashes, what browsers drop, what servers decode. */
function elsewhere() {
  const hosts = ['elsewhere.example', 'elsewhere.example/dashboard', `localhost@elsewhere.example`, 'elsewhere.example\\@localhost'];
  const ways = ['https://', 'http:', '//', '///', '/\\', '\\/', '\\\\', '/\t/', '/\n/', '/\r\n//', '\t//', ' //', '/%2f', '/./\\', '/..//', '//%09', '/;//', 'https:/', '/\u2215', '/\uff0f'];
  const schemes = ['javascript:alert(1)', 'JaVaScRiPt:alert(1)', 'data:text/html,<script>alert(1)</script>', 'vbscript:x', 'file:///etc/passwd', 'blob:x'];
  return [...ways.flatMap((way) => hosts.map((host) => way + host)), ...schemes, ...hostile('next').slice(0, 8)];
}

test('no page leads to another host, however it is written', async () => {
  const { headers } = await fetch(`${node.url}/login`, form({ login: 'demo', password: PASSWORD }));
  const cookie = headers.getSetCookie().map((line) => line.split(';')[0]).join('; ');
  for (const next of elsewhere()) {
    const asked = { language: 'fr', next };
    const answers = [
      await fetch(`${node.url}/language`, form(asked, cookie)),
      await fetch(`${node.url}/login?next=${encodeURIComponent(next)}`, { redirect: 'manual', headers: { cookie } }),
    ];
    for (const answer of answers) {
      const to = answer.headers.get('location');
      if (to !== null) assert.equal(new URL(to, node.url).origin, node.url, `${JSON.stringify(next)} led to ${to}`);
      const kept = /name="next" value="([^"]*)"/.exec(await answer.text())?.[1];
      if (kept !== undefined) assert.equal(new URL(kept.replaceAll('&amp;', '&'), node.url).origin, node.url, `${JSON.stringify(next)} was kept as ${kept}`);
    }
  }
  // Signing in is counted: some of each kind are enough, the others were judged above by the same rule.
  for (const next of elsewhere().filter((_, at) => at % 12 === 0)) {
    const answer = await fetch(`${node.url}/login`, form({ login: 'demo', password: PASSWORD, next }));
    assert.equal(answer.status, 303);
    assert.equal(new URL(answer.headers.get('location'), node.url).origin, node.url, JSON.stringify(next));
  }
});

test('no page is shown in a frame of somebody else’s', async () => {
  const paths = [...pages(), '/dashboard', '/dashboard/services', '/dashboard/account/security', '/graphiql', '/nowhere'];
  const server = createServer((request, response) => {
    response.setHeader('content-type', 'text/html');
    response.end(paths.map((path) => `<iframe src="${node.url}${path}"></iframe>`).join(''));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const page = await visit(browser);
    await signIn(page, node, 'demo', PASSWORD, '/dashboard');
    await page.waitForURL(/\/dashboard/);
    await page.goto(`http://127.0.0.1:${server.address().port}/`, { waitUntil: 'load' });
    const frames = page.frames().filter((frame) => frame !== page.mainFrame());
    assert.equal(frames.length, paths.length);
    for (const [at, frame] of frames.entries()) {
      assert.ok(!frame.url().startsWith(node.url), `${paths[at]} is shown in a frame`);
      assert.doesNotMatch(await frame.locator('html').innerHTML(), /Hosterra/, paths[at]);
    }
    for (const path of paths) {
      const { headers } = await fetch(node.url + path);
      assert.ok(headers.get('x-frame-options') === 'DENY' || /frame-ancestors 'none'/.test(headers.get('content-security-policy') ?? ''), path);
    }
    await page.context().close();
  } finally {
    server.close();
  }
});

/** An account of its own with an owner. */
async function customer(name) {
  const { accountOpen } = await api(node, operator, 'mutation($n: String!) { accountOpen(input: { name: $n }) { account { id } } }', { n: name });
  const { userRegister } = await api(node, operator, 'mutation($a: AccountID!, $l: String!, $p: String!) { userRegister(input: { accountId: $a, login: $l, password: $p, role: OWNER }) { userErrors { message } } }', { a: accountOpen.account.id, l: name, p: PASSWORD });
  assert.deepEqual(userRegister.userErrors, []);
  // What is registered is known to the door a moment later.
  for (let tries = 0; ; tries += 1) {
    try {
      return { account: accountOpen.account.id, token: await token(node, name) };
    } catch (error) {
      if (tries >= TRY_COUNT_MAX) throw error;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
}

test('an invitation is good once, for one, and not once it is taken back', async () => {
  const [host, guest, other] = [await customer('links-host'), await customer('links-guest'), await customer('links-other')];
  const invite = async () => (await api(node, host.token, 'mutation($a: AccountID!) { delegationInvite(accountId: $a, email: "guest@elsewhere.example", terms: { preset: TECHNICAL }) { invitation delegation { id } userErrors { message } } }', { a: host.account })).delegationInvite;
  const accept = async (who, invitation) => (await api(node, who.token, 'mutation($i: String!) { delegationAccept(invitation: $i) { userErrors { code } } }', { i: invitation })).delegationAccept.userErrors.map((error) => error.code);
  const tried = (who, invitation) => accept(who, invitation).catch((error) => [String(error)]);
  const first = await invite();
  assert.deepEqual(await accept(guest, first.invitation), []);
  assert.notDeepEqual(await tried(other, first.invitation), [], 'somebody else with the same link');
  // Whoever has it already is told so, or that nothing is new: nothing is opened twice.
  await tried(guest, first.invitation);
  const { delegatedAccesses } = await api(node, guest.token, '{ delegatedAccesses { id } }');
  assert.equal(delegatedAccesses.length, 1);
  const second = await invite();
  await api(node, host.token, 'mutation($a: AccountID!, $d: DelegationID!) { delegationRevoke(accountId: $a, delegationId: $d) { userErrors { message } } }', { a: host.account, d: second.delegation.id });
  assert.notDeepEqual(await tried(other, second.invitation), [], 'taken back');
  assert.notDeepEqual(await tried(other, `${second.invitation.slice(0, -1)}x`), [], 'made up');
});
