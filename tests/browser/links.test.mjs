// Pages behind mailed links: they work without script, in both languages, and say what is wrong with a link.
import assert from 'node:assert/strict';
import test, { after, before, describe } from 'node:test';
import { api, launch, PASSWORD, picture, signIn, start, token, violations, visit } from './harness.mjs';
import { linkTo } from './inbox.mjs';
import { submits } from './mail.mjs';

let node;
let browser;
let operator;

before(async () => {
  browser = await launch();
});
after(() => browser?.close());

/** A platform of its own for the tests of one group: requests of one peer are counted. */
function onItsOwn() {
  before(async () => {
    node = await start('[notice]\nsign_up = true');
    operator = await token(node, 'chief', 'operator-password');
  });
  after(() => node?.stop());
}

/** A browser without script. */
async function bare(language) {
  const context = await browser.newContext({ javaScriptEnabled: false, locale: language === 'fr' ? 'fr-FR' : 'en-GB', colorScheme: 'light' });
  return context.newPage();
}

/** The page is fit to be seen: axe needs script, so it is looked at in a browser with it. */
async function fit(path, name, language) {
  const page = await visit(browser, { language, width: 320 });
  await page.goto(node.url + path);
  assert.deepEqual(await violations(page), [], path);
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth > innerWidth), false, `${path} is wider than a phone`);
  await picture(page, `${name}-${language}`);
  await page.context().close();
}

async function customer(name) {
  const { accountOpen } = await api(node, operator, 'mutation($n: String!) { accountOpen(input: { name: $n }) { account { id } userErrors { message } } }', { n: name });
  const account = accountOpen.account.id;
  await api(node, operator, 'mutation($a: AccountID!, $l: String!, $p: String!) { userRegister(input: { accountId: $a, login: $l, name: $l, password: $p, role: OWNER }) { userErrors { message } } }', { a: account, l: name, p: PASSWORD });
  return { account, token: await known(name) };
}

/** An access token, as soon as the login is heard of. */
async function known(name) {
  for (const begun = Date.now(); ;) {
    try {
      return await token(node, name);
    } catch (error) {
      if (Date.now() - begun > 30_000) throw error;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
}

const WORDS = {
  en: { confirmed: /Your address is confirmed/, dead: /not good any more/, look: /Look into your mailbox/, changed: /Your password is changed/, differ: /not the same/, in: /You are in/, declined: /You have declined/, closed: /not opened here/, again: /Send the link again/, way: /on its way/, invited: /You are invited/, release: /Release/, purge: /Destroy/, sure: /Destroy it for good/, released: /It is released/, purged: /It is destroyed/ },
  fr: { confirmed: /Votre adresse est confirmée/, dead: /n’est plus valable/, look: /Regardez votre boîte/, changed: /Votre mot de passe est modifié/, differ: /pas identiques/, in: /C’est fait/, declined: /Vous avez refusé/, closed: /ne s’ouvrent pas ici/, again: /Renvoyer le lien/, way: /en route/, invited: /Vous êtes invité/, release: /Libérer/, purge: /Détruire/, sure: /Détruire définitivement/, released: /C’est libéré/, purged: /C’est détruit/ },
};

for (const [language, mailbox] of [['en', 'alice@demo.example'], ['fr', 'bob@demo.example']]) describe(`in ${language}`, () => {
  onItsOwn();
  const words = WORDS[language];
  const read = new Set();

  test(`an address is confirmed, and a password chosen anew, by links that are good once (${language})`, async () => {
    const name = `links-${language}`;
    const own = await customer(name);
    await api(node, own.token, 'mutation($p: String!, $e: String!) { emailChange(currentPassword: $p, email: $e) { userErrors { message } } }', { p: PASSWORD, e: mailbox });
    const verify = await linkTo(node, mailbox, 'verify', read);
    await fit(verify, 'verify', language);
    const page = await bare(language);
    // Programs that look at mail open links by themselves: looking confirms nothing.
    await page.goto(node.url + verify);
    await page.goto(node.url + verify);
    await page.click('main button[type=submit]');
    await page.getByRole('heading', { name: words.confirmed }).waitFor();
    await page.goto(node.url + verify);
    await page.click('main button[type=submit]');
    await page.getByRole('heading', { name: words.dead }).waitFor();

    await page.goto(`${node.url}/login`);
    await page.click('a[href="/reset"]');
    await fit('/reset', 'reset-request', language);
    for (const login of ['nobody-of-that-name', name]) {
      await page.goto(`${node.url}/reset`);
      await page.fill('#login', login);
      await page.click('main button[type=submit]');
      await page.getByRole('heading', { name: words.look }).waitFor();
    }
    const reset = await linkTo(node, mailbox, 'reset', read);
    await fit(reset, 'reset', language);
    await page.goto(node.url + reset);
    await page.fill('#new', 'a walrus hums at dawn');
    await page.fill('#again', 'a walrus hums at dusk');
    await page.click('main button[type=submit]');
    await page.getByText(words.differ).waitFor();
    await page.fill('#new', 'short');
    await page.fill('#again', 'short');
    await page.click('main button[type=submit]');
    await page.locator('#new-fault').waitFor();
    await page.fill('#new', 'a walrus hums at dawn');
    await page.fill('#again', 'a walrus hums at dawn');
    await page.click('main button[type=submit]');
    await page.getByText(words.changed).waitFor();
    await page.fill('#login', name);
    await page.fill('#password', 'a walrus hums at dawn');
    await page.click('main button[type=submit]:visible');
    await page.waitForURL(/dashboard/);
    await page.goto(node.url + reset);
    await page.fill('#new', 'a second walrus hums');
    await page.fill('#again', 'a second walrus hums');
    await page.click('main button[type=submit]');
    await page.getByRole('heading', { name: words.dead }).waitFor();
    await page.context().close();
  });

  test(`an invitation is looked at, accepted and declined (${language})`, async () => {
    const host = await customer(`host-${language}`);
    await customer(`guest-${language}`);
    const page = await bare(language);
    for (const [answer, heading] of [['decline', words.declined], ['accept', words.in]]) {
      await api(node, host.token, 'mutation($e: String!) { delegationInvite(email: $e, terms: { preset: TECHNICAL }) { userErrors { message } } }', { e: mailbox });
      const link = await linkTo(node, mailbox, 'invitation', read);
      await page.goto(node.url + link);
      await page.getByRole('heading', { name: words.invited }).waitFor();
      if (answer === 'decline') {
        await fit(link, 'invitation', language);
        await page.click('main a[href^="/login?next="]');
        await page.fill('#login', `guest-${language}`);
        await page.fill('#password', PASSWORD);
        await page.click('main button[type=submit]:visible');
        await page.getByRole('heading', { name: words.invited }).waitFor();
      }
      await page.getByText(`host-${language}`).waitFor();
      await page.click(`main button[value=${answer}]`);
      await page.getByRole('heading', { name: heading }).waitFor();
      await page.goto(node.url + link);
      await page.getByRole('heading', { name: words.dead }).waitFor();
    }
    await page.context().close();
  });

  test(`whoever signs up confirms the address before anything else (${language})`, async () => {
    await fit('/signup', 'sign-up', language);
    const page = await bare(language);
    await page.goto(`${node.url}/signup`);
    await page.fill('#email', 'alice@demo.example');
    await page.fill('#name', 'Camille');
    await page.fill('#account', 'Camille');
    await page.fill('#new', 'a walrus hums at dawn');
    await page.fill('#again', 'a walrus hums at dawn');
    await page.click('main button[type=submit]');
    await page.locator('#email-fault').waitFor();
    assert.equal(await page.inputValue('#name'), 'Camille', 'what was typed stays');
    const email = `camille-${language}@elsewhere.example`;
    await page.fill('#email', email);
    await page.fill('#new', 'a walrus hums at dawn');
    await page.fill('#again', 'a walrus hums at dawn');
    await page.click('main button[type=submit]');
    await page.getByRole('heading', { name: words.look }).waitFor();
    await page.goto(`${node.url}/login`);
    await page.fill('#login', email);
    await page.fill('#password', 'a walrus hums at dawn');
    await page.click('main button[type=submit]:visible');
    await page.waitForURL(/\/verify/);
    await page.getByRole('button', { name: words.again }).click();
    await page.locator('main [role=status]').waitFor();
    await page.context().close();
  });
});

describe('whatever the language', () => {
  onItsOwn();

  test('a link that nobody sent, and one that is cut off, are told as such', async () => {
    const page = await bare('en');
    for (const path of ['/verify?token=hsl_x', '/reset?token=hsl_x']) {
      await page.goto(node.url + path);
      if (path.startsWith('/reset')) {
        await page.fill('#new', 'a walrus hums at dawn');
        await page.fill('#again', 'a walrus hums at dawn');
      }
      await page.click('main button[type=submit]');
      await page.getByRole('heading', { name: WORDS.en.dead }).waitFor();
    }
    for (const path of ['/invitation', '/invitation?token=hsi_x', '/invitation?token=%22%3E%3Cscript%3E', '/verify']) {
      const response = await page.goto(node.url + path);
      assert.equal(response.status(), 410, path);
    }
    await page.context().close();
  });

  test('another language keeps the link', async () => {
    const page = await bare('en');
    await page.goto(`${node.url}/verify?token=hsl_x`);
    await page.click('footer button');
    await page.getByRole('heading', { name: 'Confirmer votre adresse' }).waitFor();
    assert.match(page.url(), /token=hsl_x/);
    await page.context().close();
  });

  test('sign-up is closed where the operator says nothing', async () => {
    const other = await start();
    try {
      for (const language of ['en', 'fr']) {
        const page = await bare(language);
        const response = await page.goto(`${other.url}/signup`);
        assert.equal(response.status(), 404);
        await page.getByRole('heading', { name: WORDS[language].closed }).waitFor();
        await page.goto(`${other.url}/login`);
        assert.equal(await page.locator('a[href="/signup"]').count(), 0);
        await page.context().close();
      }
      const page = await visit(browser);
      await signIn(page, other, 'demo');
      await page.waitForURL(/dashboard/);
      await page.context().close();
    } finally {
      await other.stop();
    }
  });
});

for (const [language, mailbox] of [['en', 'alice@demo.example'], ['fr', 'bob@demo.example']]) describe(`held mail in ${language}`, () => {
  onItsOwn();
  const words = WORDS[language];
  const read = new Set();

  test(`what an unusual mailbox sends is held, and settled once by the link that tells of it (${language})`, async () => {
    // The customer is written to at the one mailbox and looks after the other one.
    const busy = mailbox.startsWith('alice') ? 'bob@demo.example' : 'alice@demo.example';
    const owner = await token(node, 'demo');
    await api(node, owner, 'mutation($p: String!, $e: String!) { emailChange(currentPassword: $p, email: $e) { userErrors { message } } }', { p: PASSWORD, e: mailbox });
    const verify = await linkTo(node, mailbox, 'verify', read);
    await api(node, '', 'mutation($t: String!) { emailVerify(token: $t) { userErrors { code } } }', { t: verify.split('token=')[1] });
    // Once it is released the mailbox is trusted for a while: each language settles in its own way.
    const outcome = language === 'en' ? 'release' : 'purge';
    const recipients = Array.from({ length: 60 }, (_, at) => `person${at}@elsewhere.example`);
    for (const some of [recipients.slice(0, 30), recipients.slice(30)]) assert.equal(await submits(node, { login: busy, password: PASSWORD, recipients: some }), '250');
    const link = await linkTo(node, mailbox, 'held', read);
    const page = await bare(language);
    await page.goto(node.url + link);
    await page.goto(node.url + link);
    await page.getByText(busy).waitFor();
    await page.getByText(/^person\d+@elsewhere\.example$/).first().waitFor();
    await fit(link, 'held', language);
    await page.getByRole('button', { name: words[outcome] }).click();
    // What cannot be undone is asked for twice.
    if (outcome === 'purge') await page.getByRole('button', { name: words.sure }).click();
    await page.getByRole('heading', { name: words[`${outcome}d`] }).waitFor();
    await page.goto(node.url + link);
    await page.getByRole('heading', { name: words.dead }).waitFor();
    await page.context().close();
  });
});
