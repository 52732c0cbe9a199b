// Looks at the main screens with Lighthouse, in Debian's Chromium, against a platform of its own. Prints a table for the README.
//
//     npm ci --ignore-scripts && node measure.mjs
//
// Starts target/release/hosterra, or HOSTERRA_BIN, and gives the demo a bit of everything to show.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer } from 'node:net';
import lighthouse, { desktopConfig } from 'lighthouse';

const root = join(import.meta.dirname, '../..');
process.env.HOSTERRA_BIN ??= join(root, 'target/release/hosterra');
const { settled, SHIFT_MAX, signIn, start } = await import(join(root, 'tests/browser/harness.mjs'));
const { furnish } = await import(join(root, 'tests/browser/furnish.mjs'));
const { LOGINS } = await import(join(root, 'tests/browser/screens.mjs'));
const { chromium } = await import(join(root, 'tests/browser/node_modules/playwright-core/index.mjs'));

const screens = ({ service, domain, ticket }) => [
  ['', ['/', '/login', '/setup']],
  ['customer', ['', '/services', `/services/${service}`, `/services/${service}/plan`, '/order', '/domains', `/domains/${domain}/dns`, '/billing', '/tickets', `/tickets/${ticket}`, '/account', '/account/security', '/account/people', '/account/delegations', '/account/audit']],
  ['administrator', ['/mail', '/mail/mailboxes', '/mail/aliases', '/mail/spam', '/mail/trace']],
  ['mailbox', ['/mailbox', '/mailbox/aliases', '/mailbox/spam', '/mailbox/filters', '/mailbox/settings']],
  ['reseller', ['/customers', '/customers/resources']],
  ['operator', ['/operations', '/operations/mail', '/operations/plans']],
];
const CATEGORIES = ['accessibility', 'best-practices', 'performance'];

function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

// No resolver answers: the page of DNS is measured, not the network.
const node = await start('[dns]\nservers = ["127.0.0.1:9"]\n');
const faults = [];
console.log('| screen | accessibility | best practices | interactive, ms | shift | transferred, KB | requests | server, ms |\n|---|---|---|---|---|---|---|---|');
for (const [who, below] of screens(await furnish(node))) {
  const paths = who ? below.map((path) => `/dashboard${path}`) : below;
  const folder = mkdtempSync(join(tmpdir(), 'hosterra-pages-'));
  const port = await freePort();
  const context = await chromium.launchPersistentContext(folder, {
    executablePath: process.env.HOSTERRA_CHROMIUM ?? '/usr/bin/chromium', args: [`--remote-debugging-port=${port}`, '--no-sandbox', '--disable-dev-shm-usage'],
  });
  try {
    const page = context.pages()[0] ?? (await context.newPage());
    if (who) {
      await signIn(page, node, ...LOGINS[who]);
      await page.waitForURL(/\/dashboard/);
      await settled(page);
    }
    for (const path of paths) {
      const look = async () => (await lighthouse(node.url + path, { port, output: 'json', logLevel: 'silent', onlyCategories: CATEGORIES }, desktopConfig)).lhr;
      const isWhole = (report) => !report.runtimeError && CATEGORIES.every((name) => report.categories[name].score !== null);
      let lhr = await look();
      // On a busy machine Lighthouse loses its thread now and then: what it could not measure is no score of nought.
      if (!isWhole(lhr)) lhr = await look();
      if (!isWhole(lhr)) throw new Error(`${path}: ${lhr.runtimeError?.message ?? 'not measured'}`);
      if (new URL(lhr.finalDisplayedUrl).pathname !== path) throw new Error(`${path} led to ${lhr.finalDisplayedUrl}`);
      const score = (name) => Math.round(lhr.categories[name].score * 100);
      const figure = (name) => lhr.audits[name]?.numericValue ?? 0;
      const requests = lhr.audits['network-requests'].details.items;
      const transferred = requests.reduce((sum, one) => sum + (one.transferSize ?? 0), 0);
      console.log(`| ${path.replace(/\w+_[0-9a-f]{32}/, '…')} | ${score('accessibility')} | ${score('best-practices')} | ${Math.round(figure('interactive'))} | ${figure('cumulative-layout-shift').toFixed(3)} | ${(transferred / 1024).toFixed(0)} | ${requests.length} | ${Math.round(figure('server-response-time'))} |`);
      if (figure('cumulative-layout-shift') > SHIFT_MAX) faults.push(`${path}: moved by ${figure('cumulative-layout-shift')}: ${JSON.stringify(lhr.audits['layout-shifts']?.details?.items?.slice(0, 3) ?? '').slice(0, 600)}`);
      for (const name of ['accessibility', 'best-practices']) {
        for (const { id, weight } of lhr.categories[name].auditRefs) {
          const audit = lhr.audits[id];
          if (weight > 0 && audit.score !== null && audit.score < 1) faults.push(`${path}: ${id}: ${audit.title} ${JSON.stringify(audit.details?.items?.slice(0, 3) ?? '').slice(0, 400)}`);
        }
      }
    }
  } finally {
    await context.close();
    rmSync(folder, { recursive: true, force: true });
  }
}
await node.stop();
if (faults.length > 0) {
  console.error(faults.join('\n'));
  process.exitCode = 1;
}
