// The head of the page: one line of one height for whoever is signed in, in both languages, and all of its menu within reach.
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { api, drawn, enter, launch, leave, PASSWORD, picture, settled, start, texts, token, until, violations } from './harness.mjs';
import { LOGINS } from './screens.mjs';

let node;
let browser;
const errors = '{ userErrors { code message } }';
/** Somebody with a long name, to whom an account with a long name is open. */
const GUEST = ['guest-of-others', PASSWORD];
const LONG = 'A company with a name that is rather long for the head of a page';

before(async () => {
  node = await start('[dns]\nservers = ["127.0.0.1:9"]\n');
  browser = await launch();
  const operator = await token(node, 'chief', 'operator-password');
  const open = async (name, login, person) => {
    const { accountOpen } = await api(node, operator, 'mutation($n: String!) { accountOpen(input: { name: $n }) { account { id } } }', { n: name });
    const a = accountOpen.account.id;
    const { userRegister } = await api(node, operator, `mutation($a: AccountID!, $l: String!, $n: String!, $p: String!) { userRegister(input: { accountId: $a, login: $l, name: $n, password: $p, role: OWNER }) ${errors} }`, { a, l: login, n: person, p: PASSWORD });
    assert.deepEqual(userRegister.userErrors, []);
    return a;
  };
  const agency = await open('Agency', 'agency', 'Camille');
  await api(node, operator, `mutation($a: AccountID!) { accountResellerSet(accountId: $a, subAccountCountMax: 20) ${errors} }`, { a: agency });
  await open('Guest', GUEST[0], 'Marie-Antoinette de la Rochefoucauld-Montmorency');
  const host = await open(LONG, 'host', 'Host');
  const owner = await until(() => token(node, 'host').catch(() => ''), (found) => found !== '');
  const guest = await until(() => token(node, GUEST[0]).catch(() => ''), (found) => found !== '');
  const { delegationInvite } = await api(node, owner, `mutation($a: AccountID!) { delegationInvite(accountId: $a, email: "guest@elsewhere.example", terms: { preset: FULL }) { invitation userErrors { message } } }`, { a: host });
  assert.deepEqual(delegationInvite.userErrors, []);
  const { delegationAccept } = await api(node, guest, `mutation($i: String!) { delegationAccept(invitation: $i) ${errors} }`, { i: delegationInvite.invitation });
  assert.deepEqual(delegationAccept.userErrors, []);
});
after(async () => {
  await browser?.close();
  await node?.stop();
});

/** The head as it is drawn: its height, and which entries of its menu stand in it and which behind the button at its end. */
function head(page) {
  return page.evaluate(() => {
    const shown = (one) => one.checkVisibility({ visibilityProperty: true });
    const nav = document.querySelector('header nav.links');
    const links = [...nav.querySelectorAll(':scope > a')].filter(shown);
    // What the menu holds is made when it is first opened.
    const menu = nav.querySelector('.rest [popover]');
    if (shown(menu.parentElement)) {
      menu.showPopover();
      menu.hidePopover();
    }
    const stands = [...links, ...[nav.querySelector('.rest .opener')].filter(shown)].map((one) => one.getBoundingClientRect());
    const end = document.querySelector('header .end').getBoundingClientRect();
    return {
      height: document.querySelector('header').getBoundingClientRect().height,
      lines: new Set(stands.map((box) => Math.round((box.top + box.bottom) / 8))).size,
      gap: Math.min(...stands.map((box, at) => (stands[at + 1]?.left ?? end.left) - box.right)),
      cut: links.filter((one) => one.scrollWidth > one.clientWidth + 1).map((one) => one.textContent),
      beyond: end.right - innerWidth,
      all: [...nav.querySelectorAll(':scope > a')].map((one) => one.textContent),
      links: links.map((one) => one.textContent),
      rest: [...nav.querySelectorAll('.rest [popover] a')].map((one) => one.textContent),
    };
  });
}

test('the head is one line of one height for all roles and both languages', async (context) => {
  const heights = new Map();
  for (const language of ['fr', 'en']) for (const [who, [login, password]] of Object.entries({ ...LOGINS, guest: GUEST })) {
    const page = await enter(browser, node, language, login, who === 'mailbox' ? '/mailbox' : '', password);
    await page.locator('header nav.links').waitFor().catch(() => assert.fail(`${who}: ${page.url()}`));
    for (const width of [1072, 1280, 1440]) {
      await page.setViewportSize({ width, height: 900 });
      // Once for the new width, once for what goes into the menu or comes out of it.
      for (const _ of [1, 2]) await page.evaluate(drawn);
      const found = await head(page);
      const where = `${language}, ${who}, ${width} px: ${JSON.stringify(found)}`;
      assert.equal(found.lines, 1, where);
      assert.ok(found.gap >= 0, where);
      assert.deepEqual(found.cut, [], where);
      assert.ok(found.beyond <= 0, where);
      assert.deepEqual([...found.links, ...found.rest], found.all, where);
      assert.ok(found.links.length >= Math.min(4, found.all.length), where);
      heights.set(found.height, where);
      if (width === 1280) context.diagnostic(`${language}, ${who}: ${found.links.join(', ')}${found.rest.length > 0 ? ` (${found.rest.join(', ')})` : ''}`);
    }
    if (who === 'operator' || who === 'guest') {
      await page.setViewportSize({ width: 1280, height: 900 });
      await picture(page, `head-${who}-${language}`);
    }
    await leave(page);
  }
  assert.equal(heights.size, 1, [...heights.values()].join('\n'));
});

for (const language of ['fr', 'en']) test(`${language}: what has no room in the head is reached by keyboard, and on a phone all of it`, async () => {
  const t = texts(language);
  const page = await enter(browser, node, language, 'chief', '/operations', 'operator-password');
  const has = () => page.evaluate(() => document.activeElement?.textContent.trim());
  // English has room for all of it, until somebody has larger letters.
  if (language === 'en') await page.evaluate(() => { document.documentElement.style.fontSize = '20px'; });
  await page.evaluate(drawn);
  const { rest } = await head(page);
  assert.ok(rest.length > 0, 'nothing is left for the menu');
  const opener = page.locator('header nav.links .rest .opener');
  // By Tab, past the entries that stand in the head; what is away is no stop.
  const stops = [];
  await page.locator('header .brand').focus();
  for (let presses = 0; presses < 15 && (await has()) !== t('nav.rest'); presses += 1) {
    await page.keyboard.press('Tab');
    stops.push(await has());
  }
  assert.deepEqual(stops, [...(await head(page)).links, t('nav.rest')]);
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => document.activeElement?.closest('[popover]'));
  assert.equal(await has(), rest[0]);
  await page.keyboard.press('End');
  assert.equal(await has(), rest.at(-1));
  await page.keyboard.press('ArrowDown');
  assert.equal(await has(), rest[0]);
  assert.deepEqual(await violations(page), []);
  await picture(page, `head-menu-${language}`);
  await page.keyboard.press('Escape');
  assert.equal(await has(), t('nav.rest'), 'the focus is given back');
  // Tab leads on and leaves nothing open.
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => document.activeElement?.closest('[popover]'));
  await page.keyboard.press('End');
  await page.keyboard.press('Tab');
  await page.waitForFunction(() => !document.querySelector(':popover-open'));
  assert.ok(await page.evaluate(() => document.activeElement !== document.body && document.activeElement.closest('header .end')), 'the focus is at what follows');
  // Chosen, the focus is at the title of the screen, and the button tells that one is there.
  await opener.focus();
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => document.activeElement?.closest('[popover]'));
  await page.keyboard.press('End');
  await page.keyboard.press('Enter');
  await page.waitForURL(/\/account$/);
  await settled(page);
  await page.waitForFunction(() => document.activeElement?.id === 'title');
  assert.equal(await page.locator('header nav.links .rest.here').count(), 1);
  assert.deepEqual(await violations(page), []);
  // A phone has one menu with all of it.
  await page.setViewportSize({ width: 360, height: 740 });
  await page.evaluate(drawn);
  await page.locator('header .narrow .opener').focus();
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => document.activeElement?.closest('[popover]'));
  assert.deepEqual(await page.locator(':popover-open a').allInnerTexts(), (await head(page)).all);
  assert.deepEqual(await violations(page), []);
  await picture(page, `head-phone-${language}`);
  await leave(page);
});
