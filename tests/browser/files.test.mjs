// Files of support tickets: laid beside a question, downloaded by those of the ticket alone, refused where they are too large.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import test, { after, before } from 'node:test';
import { api, launch, PASSWORD, picture, quiet, settled, signIn, start, texts, token, violations, visit } from './harness.mjs';

const MIB = 1024 * 1024;
/** What a browser says of a request that a page of ours makes. */
const OURS = { 'x-hosterra-session': '1', 'sec-fetch-site': 'same-origin' };
let browser;
let node;
let operator;

before(async () => {
  browser = await launch();
  node = await start();
  operator = await token(node, 'chief', 'operator-password');
});
after(async () => {
  await browser?.close();
  await node?.stop();
});

const button = (page, name) => page.getByRole('button', { name, exact: true });
const sha256 = (octets) => createHash('sha256').update(octets).digest('hex');
/** A file of these octets: hostile where a browser would open it. */
const file = (name, buffer) => ({ name, mimeType: 'text/html', buffer });

async function customer(name) {
  const { accountOpen } = await api(node, operator, 'mutation($n: String!) { accountOpen(input: { name: $n }) { account { id } } }', { n: name });
  const account = accountOpen.account.id;
  await api(node, operator, 'mutation($a: AccountID!, $l: String!, $p: String!) { userRegister(input: { accountId: $a, login: $l, name: $l, password: $p, role: OWNER }) { userErrors { message } } }', { a: account, l: name, p: PASSWORD });
  return account;
}

async function saved(page, name) {
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name, exact: true }).click()]);
  return { name: download.suggestedFilename(), octets: readFileSync(await download.path()) };
}

for (const language of ['en', 'fr']) {
  test(`${language}: files go with a question, come back as they were, and nobody else gets them`, async () => {
    const t = texts(language);
    const name = `files-${language}`;
    const account = await customer(name);
    await customer(`other-${language}`);
    const page = await visit(browser, { language });
    await signIn(page, node, name, PASSWORD, '/dashboard/tickets');
    await button(page, t('tickets.new')).click();
    await page.fill('dialog[open] [name=subject]', 'Capture');
    await page.fill('dialog[open] [name=text]', 'Voir le fichier.');
    // Too large or empty: said at once, by name and limit, and left out.
    await page.setInputFiles('dialog[open] [name=files]', [file('grand.bin', Buffer.alloc(5 * MIB + 1)), file('vide.txt', Buffer.alloc(0))]);
    await page.locator('dialog[open] [role=alert]').filter({ hasText: t('tickets.fileTooLarge', { name: 'grand.bin, vide.txt' }) }).waitFor();
    const hostile = Buffer.from('<script>document.title="owned"</script>');
    const full = Buffer.alloc(5 * MIB, 'é');
    await page.setInputFiles('dialog[open] [name=files]', [file('<img src=x> été.html', hostile), file('plein.bin', full), file('trop.txt', Buffer.from('x'))]);
    await button(page, t('tickets.fileDropNamed', { name: 'trop.txt' })).click();
    assert.deepEqual(await violations(page), []);
    await button(page, t('tickets.send')).click();
    await page.waitForURL(/\/tickets\/tick_/);
    await page.getByRole('button', { name: 'plein.bin', exact: true }).waitFor();
    await settled(page);
    const small = await saved(page, '<img src=x> été.html');
    assert.equal(sha256(small.octets), sha256(hostile));
    assert.match(small.name, /été\.html$/);
    assert.equal(sha256((await saved(page, 'plein.bin')).octets), sha256(full));
    assert.equal(await page.getByRole('button', { name: 'trop.txt', exact: true }).count(), 0);
    assert.notEqual(await page.title(), 'owned');
    await picture(page, `ticket-files-${language}`);
    assert.deepEqual(await violations(page), []);

    // All of a question together: 20 MiB. What is beyond is named, with why; the message itself is there.
    await page.fill('[name=text]', 'La suite.');
    await page.setInputFiles('[name=files]', ['a', 'b', 'c', 'd'].map((one) => file(`${one}.bin`, Buffer.alloc(4 * MIB, one))));
    // While files are on their way it says which of how many, and pressing again says nothing twice.
    await page.route('**/files?*', async (route) => {
      await new Promise((resolve) => setTimeout(resolve, 300));
      await route.continue();
    });
    await button(page, t('tickets.send')).click();
    await page.getByText(t('tickets.giving', { at: 2, all: 4, name: 'b.bin' })).waitFor();
    assert.equal(await page.inputValue('[name=text]'), '');
    await page.getByRole('button', { name: t('tickets.send'), exact: false }).last().click({ force: true });
    await page.getByText('La suite.', { exact: true }).waitFor();
    assert.equal(await page.getByText('La suite.', { exact: true }).count(), 1);
    await page.unroute('**/files?*');
    await page.getByText(new RegExp(`^${t('tickets.fileNotTaken', { name: 'd\\.bin', problem: '' }).trim().replace(/\s+/g, '\\s+')}.*20`)).waitFor();
    for (const one of ['a.bin', 'b.bin', 'c.bin']) await page.getByRole('button', { name: one, exact: true }).waitFor();
    assert.equal(await page.getByRole('button', { name: 'd.bin', exact: true }).count(), 0);

    // The support reads and answers with a file; a note of the support and its file stay with the support.
    const { tickets } = await api(node, operator, 'query($a: AccountID!) { tickets(accountId: $a) { nodes { id } } }', { a: account });
    const ticket = tickets.nodes[0].id;
    const desk = await visit(browser, { language });
    await signIn(desk, node, 'chief', 'operator-password', `/dashboard/as/${account}/tickets/${ticket}`);
    assert.equal(sha256((await saved(desk, '<img src=x> été.html')).octets), sha256(hostile));
    await desk.fill('[name=text]', 'Note.');
    await desk.setInputFiles('[name=files]', [file('interne.txt', Buffer.from('secret'))]);
    await desk.getByLabel(t('tickets.isInternal')).check();
    await button(desk, t('tickets.send')).click();
    await desk.getByRole('button', { name: 'interne.txt', exact: true }).waitFor();
    quiet(desk);
    await desk.context().close();
    await page.reload();
    await page.getByText('La suite.', { exact: true }).waitFor();
    await settled(page);
    assert.equal(await page.getByText('interne.txt').count(), 0);

    // By their addresses: the owner gets a download, never a page; the note's file and other accounts' are not there.
    const base = `${node.url}/tickets/${account}/${ticket}/files`;
    const own = await page.request.get(`${base}/1`, { headers: OURS });
    assert.equal(own.status(), 200);
    assert.match(own.headers()['content-disposition'], /^attachment/);
    assert.match(own.headers()['content-security-policy'], /sandbox/);
    const other = await visit(browser, { language });
    await signIn(other, node, `other-${language}`);
    await other.waitForURL(/\/dashboard/);
    for (let number = 1; number <= 6; number += 1) {
      const answer = await other.request.get(`${base}/${number}`, { headers: OURS });
      assert.equal(answer.status(), 404, `file ${number}`);
    }
    await other.context().close();
    quiet(page);
    await page.context().close();
  });
}
