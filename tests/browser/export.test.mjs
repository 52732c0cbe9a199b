// A mailbox takes its messages along: from its pages, and where its Box is not paid or has ended and nothing else is open.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after, before, describe } from 'node:test';
import { api, launch, PASSWORD, picture, quiet, settled, signIn, start, texts, token, until, violations, visit } from './harness.mjs';
import { imapLetsIn, smtpSends } from './mail.mjs';

const ALICE = 'alice@demo.example';
const WORDS = {
  en: { download: 'Download', unpaid: /suspended because an amount is unpaid/, ended: /has ended.*until they are destroyed, on \d{4}-\d\d-\d\d\./s, wrong: /wrong/i, closed: /suspended or over/, own: /by the mailbox itself/ },
  fr: { download: 'Télécharger', unpaid: /suspendu pour impayé/, ended: /résilié.*jusqu’à leur destruction, le \d{4}-\d\d-\d\d\./s, wrong: /incorrect|faux|erron/i, closed: /suspendu ou résilié/, own: /par la boîte elle-même/ },
};
let browser;
let node;
let operator;
let service;

before(async () => {
  browser = await launch();
});
after(() => browser?.close());

/** Subjects of all messages of all folders in the file, as Python's own readers of ZIP and mbox find them. */
function subjects(file) {
  const script = `
import sys, zipfile, mailbox, tempfile, json
z = zipfile.ZipFile(sys.argv[1]); assert z.testzip() is None
d = tempfile.mkdtemp(); z.extractall(d)
print(json.dumps({n: [m['Subject'] for m in mailbox.mbox(d + '/' + n)] for n in z.namelist()}))`;
  const read = spawnSync('python3', ['-c', script, file]);
  assert.equal(read.status, 0, String(read.stderr));
  return JSON.parse(String(read.stdout));
}

/** Presses the button and gives what is in the file that comes. */
async function downloaded(page, name) {
  const folder = mkdtempSync(join(tmpdir(), 'hosterra-export-'));
  try {
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name, exact: true }).click()]);
    assert.equal(download.suggestedFilename(), 'mail-alice_demo.example.zip');
    const file = join(folder, 'mail.zip');
    await download.saveAs(file);
    return subjects(file);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What the operator does with the Box of the demo. */
async function entitle(step, more = '') {
  const answer = await api(node, operator, `mutation($a: AccountID!, $s: ServiceID!) { ${step}(accountId: $a, serviceId: $s${more}) { userErrors { code } } }`, service);
  assert.deepEqual(answer[step].userErrors, []);
}

for (const language of ['fr', 'en']) describe(`export in ${language}`, () => {
  const t = texts(language);
  const words = WORDS[language];
  before(async () => {
    node = await start();
    operator = await token(node, 'chief', 'operator-password');
    const owner = await token(node, 'demo');
    const { services, viewer } = await api(node, owner, '{ viewer { accountId } services(first: 1) { nodes { id } } }');
    service = { a: viewer.accountId, s: services.nodes[0].id };
    for (const subject of ['one', 'two']) assert.equal(await smtpSends(node, { from: 'friend@elsewhere.example', to: ALICE, subject }), '250');
  });
  after(() => node?.stop());
  const arrived = (found) => ['one', 'two'].every((subject) => Object.values(found).flat().includes(subject));

  test(`${language}: a mailbox user finds the download on the first page, and the sign-ins tell of it`, async () => {
    const page = await visit(browser, { language });
    await signIn(page, node, ALICE, PASSWORD, '/dashboard/mailbox');
    await page.getByRole('heading', { name: t('box.part.general'), level: 1 }).waitFor();
    await settled(page);
    await page.getByRole('link', { name: t('box.exportAll'), exact: true }).click();
    await page.waitForURL(/\/mailbox\/export$/);
    assert.deepEqual(await violations(page), []);
    await picture(page, `export-${language}`);
    const found = await downloaded(page, words.download);
    assert.ok(arrived(found), JSON.stringify(found));
    assert.ok('INBOX.mbox' in found && 'Sent.mbox' in found, JSON.stringify(found));
    const session = await token(node, ALICE);
    await until(() => api(node, session, '{ signIns { protocol outcome } }'), (answer) => answer.signIns.some((one) => one.protocol === 'EXPORT' && one.outcome === 'SUCCESS'));
    quiet(page);
    await page.context().close();
  });

  test(`${language}: nobody else has it: no administrator, no operator, no other site, no API token`, async () => {
    for (const [login, password] of [['mailadmin_demo.example', PASSWORD], ['chief', 'operator-password']]) {
      const page = await visit(browser, { language });
      await signIn(page, node, login, password, '/mailbox/export');
      await page.getByText(words.own).waitFor();
      assert.equal(await page.getByRole('button', { name: words.download, exact: true }).count(), 0);
      await page.context().close();
    }
    const page = await visit(browser, { language });
    await signIn(page, node, ALICE, PASSWORD, '/mailbox/export');
    await page.getByRole('button', { name: words.download, exact: true }).waitFor();
    const cookie = (await page.context().cookies()).map((one) => `${one.name}=${one.value}`).join('; ');
    const from = async (headers) => (await fetch(`${node.url}/mailbox/export`, { method: 'POST', redirect: 'manual', body: new URLSearchParams(), headers })).status;
    assert.equal(await from({ cookie, origin: 'https://evil.example' }), 403);
    assert.equal(await from({ cookie }), 403);
    const session = await token(node, ALICE);
    assert.equal(await from({ origin: node.url, authorization: `Bearer ${session}` }), 303, 'a token is no session of a page');
    assert.equal(await from({ cookie, origin: node.url }), 200);
    await page.context().close();
  });

  test(`${language}: where the Box is not paid, or has ended, it is all that is left; where it was misused, nothing is`, async () => {
    const before = await visit(browser, { language });
    await signIn(before, node, ALICE, PASSWORD, '/dashboard/mailbox');
    await before.getByRole('heading', { name: t('box.part.general'), level: 1 }).waitFor();
    for (const [step, more, said] of [['serviceSuspend', ', reason: NON_PAYMENT', words.unpaid], ['serviceEnd', '', words.ended]]) {
      await entitle(step, more);
      await until(() => imapLetsIn(node, ALICE, PASSWORD), (isIn) => !isIn);
      // Who was signed in comes there as well, from wherever they were.
      await before.goto(`${node.url}/dashboard/mailbox/aliases`);
      await before.waitForURL(/\/mailbox\/export$/);
      const page = await visit(browser, { language });
      await signIn(page, node, ALICE, 'not the password');
      await page.getByText(words.wrong).first().waitFor();
      await signIn(page, node, ALICE);
      await page.waitForURL(/\/mailbox\/export$/);
      await page.getByText(said).waitFor();
      assert.deepEqual(await violations(page), []);
      await picture(page, `export-${step}-${language}`);
      assert.ok(arrived(await downloaded(page, words.download)), step);
      await page.locator('form[action="/logout"] button').click();
      await page.waitForURL(/\/login/);
      quiet(page);
      await page.context().close();
    }
    await entitle('serviceReactivate');
    await entitle('serviceResume');
    await entitle('serviceSuspend', ', reason: ABUSE');
    await before.goto(`${node.url}/mailbox/export`);
    await before.waitForURL(/\/login/);
    await before.context().close();
    const page = await visit(browser, { language });
    await signIn(page, node, ALICE, PASSWORD, '/mailbox/export');
    await page.getByText(words.closed).waitFor();
    await page.context().close();
  });
});
