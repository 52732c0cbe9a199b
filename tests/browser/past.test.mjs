// The history of every thing that has a row or a page: opened from there, it says when, who, through what and why, in the language of
// whoever reads.
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { furnish } from './furnish.mjs';
import { launch, leave, settled, signIn, start, sticksOut, texts, turn, violations, visit } from './harness.mjs';
import { LOGINS } from './screens.mjs';

let node;
let browser;
let known;

before(async () => {
  node = await start('[dns]\nservers = ["127.0.0.1:9"]\n');
  browser = await launch();
  const { service, domain, ticket, account } = await furnish(node);
  known = { service, domain, tickets: [ticket], account };
});
after(async () => {
  await browser?.close();
  await node?.stop();
});

/** Where things have a history, by role. */
const where = ({ service, domain, tickets: [ticket], account }) => ({
  customer: ['/account', '/account/people', '/account/delegations', '/account/security', '/account/keys', '/account/webhooks', `/tickets/${ticket}`, `/services/${service}/delegations`, `/domains/${domain}/dns`, '/domains', '/mail/mailboxes', '/mail/tls'],
  administrator: ['/mail', ...['aliases', 'resources', 'shared', 'sync', 'filters', 'maps', 'relays'].map((part) => `/mail/${part}`)],
  mailbox: ['/mailbox', ...['filters', 'sync', 'push', 'apps'].map((part) => `/mailbox/${part}`), '/account/security'], reseller: ['/customers'],
  operator: ['/operations/plans', '/operations/documents', '/account/people', `/as/${account}/account/people`],
});

/** French has spaces of its own. */
const plain = (text) => text.replaceAll('\u00a0', ' ');

for (const { language, width, scheme } of [{ language: 'fr', width: 360, scheme: 'dark' }, { language: 'en', width: 1280, scheme: 'light' }]) {
  const t = texts(language);
  test(`${language}, ${width} pixels: what happened to a thing is told from its row or its page`, { timeout: 600_000 }, async (context) => {
    const opener = new RegExp(`^${t('history.of', { what: '' }).trim()} ?.+`);
    const faults = [];
    let count = 0;
    for (const [role, paths] of Object.entries(where(known))) {
      const page = await visit(browser, { language, width, scheme });
      await signIn(page, node, ...LOGINS[role]);
      await page.waitForURL(/\/dashboard/);
      await settled(page);
      for (const path of paths) {
        await turn(page, `/dashboard${path}`);
        await settled(page);
        const main = page.locator('main');
        let [button, name] = [main.getByRole('button', { name: opener }).first(), null];
        if ((await button.count()) > 0) name = await button.getAttribute('aria-label');
        else {
          // Of rows with a menu it stands there.
          button = main.locator('button[popovertarget]').first();
          await button.click();
        }
        await (name === null ? page.locator(':popover-open').getByText(t('service.part.history'), { exact: true }) : button).click();
        const where = `${role} ${path}: ${name}`;
        const drawer = page.locator('dialog[open]');
        await drawer.locator('ol > li').first().waitFor();
        await settled(page);
        count += 1;
        const heading = plain(await drawer.getByRole('heading').first().innerText());
        if (name === null ? !opener.test(heading) : heading !== plain(name)) faults.push(`${where}: is called ${heading}`);
        for (const { what, when, who } of await drawer.locator('ol > li').evaluateAll((all) => all.map((one) => ({ what: one.querySelector('strong')?.textContent, when: one.querySelector('time')?.getAttribute('datetime'), who: one.querySelector(':scope > .break')?.textContent })))) {
          if (!what || /^[a-z_]+\.[a-z_]+$/.test(what) || !when || !/^.+ · .+/.test(who ?? '')) faults.push(`${where}: not whole: ${what} ${when} ${who}`);
        }
        if (path === paths[0]) for (const fault of await violations(page)) faults.push(`${where}: ${fault}`);
        const wide = await sticksOut(page, 320);
        if (wide > 0) faults.push(`${where}: ${wide} px too wide for 320`);
        await page.setViewportSize({ width, height: 900 });
        await page.keyboard.press('Escape');
        await drawer.waitFor({ state: 'detached' });
        if (!(await button.evaluate((one) => one === document.activeElement))) faults.push(`${where}: the focus does not come back`);
      }
      await leave(page);
    }
    context.diagnostic(`${count} histories`);
    assert.deepEqual(faults, []);
  });
}

test('the audit in French has no words of programs', { timeout: 300_000 }, async () => {
  const found = [];
  let count = 0;
  for (const role of ['customer', 'operator']) {
    const page = await visit(browser, { language: 'fr' });
    await signIn(page, node, ...LOGINS[role], '/dashboard/account/audit');
    await page.waitForURL(/\/dashboard/);
    for (const path of role === 'operator' ? ['/account/audit', `/as/${known.account}/account/audit`] : ['/account/audit']) {
      await page.goto(`${node.url}/dashboard${path}`);
      await settled(page);
      // All pages of it.
      for (let isLast = false; !isLast; ) {
        const rows = await page.locator('tbody tr').evaluateAll((all) => all.map((row) => [...row.cells].slice(1, 5).map((cell) => cell.innerText).join(' | ')));
        count += rows.length;
        // What the customer and the test wrote themselves may look like it.
        const told = (row) => row.replaceAll(/mailadmin_demo|They asked [\w ]+|[\w-]+@[\w.-]+|https?:\S+/g, '');
        found.push(...rows.filter((row) => /\b[a-z]+_[a-z]+\b|\b[a-z]+:[a-z]+\b|\b(claimed|staff|unset|asked|because|cgv|cps|imap|submission)\b/.test(told(row))));
        const next = page.getByRole('button', { name: texts('fr')('table.next'), exact: true });
        isLast = (await next.count()) === 0 || (await next.isDisabled());
        if (!isLast) await next.click();
      }
    }
    await leave(page);
  }
  assert.ok(count > 60, `${count} rows`);
  assert.deepEqual(found, []);
});
