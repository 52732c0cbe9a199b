// Ten thousand mailboxes: the first stand before the last have come, and what is searched, sorted and turned is right. How long it
// takes is measured by `interaction.mjs`.
import assert from 'node:assert/strict';
import test, { after, before, describe } from 'node:test';
import { api, launch, PASSWORD, picture, quiet, shift, SHIFT_MAX, signIn, start, texts, token, visit } from './harness.mjs';
import { ALL_COUNT, seedMany } from './many.mjs';

describe('ten thousand mailboxes', { timeout: 600_000 }, () => {
  let node;
  let browser;
  before(async () => {
    browser = await launch();
    node = await start();
    await seedMany(node);
  });
  after(async () => {
    await browser?.close();
    await node?.stop();
  });

  test('the first rows can be worked with at once, and all of them are searched, sorted and turned rightly', async () => {
    const t = texts('en');
    const page = await visit(browser);
    await signIn(page, node, 'many', PASSWORD, '/dashboard/mail/domains');
    await page.locator('tbody tr').nth(1).waitFor();
    await page.goto(`${node.url}/dashboard/mail/mailboxes`);
    await page.locator('tbody tr').first().waitFor();
    const found = (count, timeout = 30_000) => page.getByText(t(count === 1 ? 'table.found.one' : 'table.found', { count: count.toLocaleString('en-GB') }), { exact: true }).waitFor({ timeout });
    await found(ALL_COUNT, 240_000);
    const { score, moved } = await shift(page);
    assert.ok(score <= SHIFT_MAX, `moved by ${score} while it came: ${moved}`);
    const shown = () => page.locator('tbody .lead strong').allInnerTexts();
    const search = page.getByRole('searchbox');
    // Key by key, as people type: the rows follow each of them.
    const all = Array.from({ length: ALL_COUNT }, (_, at) => `person${at}@many${at < ALL_COUNT / 2 ? 0 : 1}.example`);
    for (const [typed, held] of [['person9', ['person9']], ['person99', ['person99']], ['person99 many1', ['person99', 'many1']]]) {
      await search.pressSequentially(typed.slice((await search.inputValue()).length));
      await found(all.filter((address) => held.every((word) => address.includes(word))).length);
    }
    const byNumber = all.filter((address) => address.includes('person99') && address.includes('many1'));
    const heading = page.getByRole('button', { name: t('mail.address'), exact: true });
    await heading.click();
    await page.locator('th[aria-sort=ascending]').waitFor();
    assert.deepEqual(await shown(), byNumber.slice(0, 25));
    await page.getByRole('button', { name: t('table.next'), exact: true }).click();
    assert.deepEqual(await shown(), byNumber.slice(25, 50));
    await heading.click();
    await page.locator('th[aria-sort=descending]').waitFor();
    await search.fill('');
    await found(ALL_COUNT);
    assert.deepEqual(await shown(), all.toReversed().slice(0, 25));
    await search.fill('PERSON9999@');
    await found(1);
    assert.deepEqual(await shown(), ['person9999@many1.example']);
    await search.fill('nobody');
    await page.getByText(t('table.none'), { exact: true }).waitFor();
    await picture(page, 'many');
    // What a browser does not hold, the server finds.
    const owner = await token(node, 'many');
    const answer = await api(node, owner, '{ mailboxes(search: "person4321@") { nodes { address } } }');
    assert.deepEqual(answer.mailboxes.nodes, [{ address: 'person4321@many0.example' }]);
    quiet(page);
    await page.context().close();
  });
});
