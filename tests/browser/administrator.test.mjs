// The first sign-in to a Box: the customer is written to, chooses the password of its administrator, and sees who came.
import assert from 'node:assert/strict';
import test, { after, before, describe } from 'node:test';
import { api, launch, PASSWORD, picture, quiet, settled, signIn, start, texts, token, violations, visit } from './harness.mjs';
import { linkTo } from './inbox.mjs';

let node;
let browser;
let operator;

before(async () => {
  browser = await launch();
});
after(() => browser?.close());

/** Asks until the answer is there: what was just made is heard of a moment later. */
async function soon(ask) {
  for (const begun = Date.now(); ;) {
    try {
      return await ask();
    } catch (error) {
      if (Date.now() - begun > 30_000) throw error;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
}

/** A customer with an active Box whose owner is written to at `mailbox`. */
async function customer(name, mailbox, read) {
  const { accountOpen } = await api(node, operator, 'mutation($n: String!) { accountOpen(input: { name: $n }) { account { id } userErrors { message } } }', { n: name });
  const account = accountOpen.account.id;
  await api(node, operator, 'mutation($a: AccountID!, $l: String!, $p: String!) { userRegister(input: { accountId: $a, login: $l, name: $l, password: $p, role: OWNER }) { userErrors { message } } }', { a: account, l: name, p: PASSWORD });
  const owner = await soon(() => token(node, name));
  await api(node, owner, 'mutation($p: String!, $e: String!) { emailChange(currentPassword: $p, email: $e) { userErrors { message } } }', { p: PASSWORD, e: mailbox });
  const verify = await linkTo(node, mailbox, 'verify', read);
  const { emailVerify } = await api(node, '', 'mutation($t: String!) { emailVerify(token: $t) { userErrors { code } } }', { t: verify.split('token=')[1] });
  assert.deepEqual(emailVerify.userErrors, []);
  const { plans } = await api(node, operator, '{ plans(first: 20) { nodes { id version name } } }');
  const { id, version } = plans.nodes.find((one) => one.name === 'ProBox');
  const { serviceOrder } = await api(node, operator, 'mutation($a: AccountID!, $p: PlanID!, $v: Int!) { serviceOrder(input: { accountId: $a, planId: $p, planVersion: $v }) { service { id } userErrors { message } } }', { a: account, p: id, v: version });
  const service = serviceOrder.service.id;
  await api(node, operator, 'mutation($a: AccountID!, $s: ServiceID!) { serviceActivate(accountId: $a, serviceId: $s) { userErrors { message } } }', { a: account, s: service });
  return { account, service, owner };
}

for (const [language, mailbox] of [['en', 'alice@demo.example'], ['fr', 'bob@demo.example']]) describe(`in ${language}`, () => {
  before(async () => {
    node = await start();
    operator = await token(node, 'chief', 'operator-password');
  });
  after(() => node?.stop());

  test(`the administrator of a Box is made with its domain, and the customer chooses the password (${language})`, async () => {
    const t = texts(language);
    const read = new Set();
    const own = await customer(`shop-${language}`, mailbox, read);
    const name = `shop-${language}.example`;
    const { domainAdd } = await api(node, own.owner, 'mutation($s: ServiceID!, $n: String!) { domainAdd(input: { serviceId: $s, name: $n }) { domain { id } userErrors { message } } }', { s: own.service, n: name });
    await api(node, operator, 'mutation($a: AccountID!, $d: DomainID!) { domainAssert(accountId: $a, domainId: $d) { userErrors { message } } }', { a: own.account, d: domainAdd.domain.id });
    const link = await linkTo(node, mailbox, 'reset', read);
    const page = await visit(browser, { language });
    await page.goto(node.url + link);
    // The first that comes to mind is refused, in plain words.
    await page.fill('#new', 'password12');
    await page.fill('#again', 'password12');
    await page.click('main button[type=submit]');
    await page.locator('#new-fault').waitFor();
    assert.match(await page.locator('#new-fault').innerText(), language === 'fr' ? /deviné en premier/ : /guessed first/);
    assert.deepEqual(await violations(page), []);
    await page.fill('#new', 'a walrus hums at dawn');
    await page.fill('#again', 'a walrus hums at dawn');
    await page.click('main button[type=submit]');
    await page.waitForURL(/told=changed/);
    await signIn(page, node, `mailadmin_${name}`, 'a wrong one');
    await page.getByRole('alert').waitFor();
    await signIn(page, node, `mailadmin_${name}`, 'a walrus hums at dawn');
    await page.waitForURL(/dashboard/);
    // Who came and who tried stands on the security screen.
    await page.goto(`${node.url}/dashboard/account/security`);
    await settled(page);
    await page.getByText(t('signIns.outcome.WRONG_PASSWORD')).waitFor();
    await page.getByText(t('signIns.outcome.SUCCESS')).first().waitFor();
    assert.deepEqual(await violations(page), []);
    await picture(page, `sign-ins-${language}`);
    quiet(page);
    await page.context().close();
  });
});

test('behind a proxy that is trusted people are told apart, and nobody else is believed', async () => {
  const seen = async (lines) => {
    const here = await start(lines);
    try {
      const ask = (credential, query) => fetch(`${here.url}/graphql`, {
        method: 'POST', body: JSON.stringify({ query }),
        headers: { 'content-type': 'application/json', 'x-forwarded-for': '203.0.113.9, 192.0.2.7', ...(credential ? { authorization: `Bearer ${credential}` } : {}) },
      }).then((response) => response.json());
      const { data } = await ask('', `mutation { signIn(login: "demo", password: "${PASSWORD}") { session { accessToken } } }`);
      const rows = await ask(data.signIn.session.accessToken, '{ signIns { network } }');
      return rows.data.signIns.map((row) => row.network);
    } finally {
      await here.stop();
    }
  };
  assert.deepEqual(await seen('[web]\ntrusted_proxies = ["127.0.0.0/8", "::1/128"]'), ['192.0.2.0/24']);
  assert.deepEqual(await seen(''), ['127.0.0.0/24']);
});
