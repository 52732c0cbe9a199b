// Looks at the main screens with Lighthouse, in Debian's Chromium, against a platform of its own. Prints a table for the README.
//
//     npm ci --ignore-scripts && node measure.mjs [http://localhost:8080]
//
// With an address it measures that platform, with the demo's logins; without, it starts target/release/hosterra, or HOSTERRA_BIN.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer } from 'node:net';
import lighthouse, { desktopConfig } from 'lighthouse';

const root = join(import.meta.dirname, '../..');
process.env.HOSTERRA_BIN ??= join(root, 'target/release/hosterra');
const { PASSWORD, settled, signIn, start } = await import(join(root, 'tests/browser/harness.mjs'));
const { chromium } = await import(join(root, 'tests/browser/node_modules/playwright-core/index.mjs'));

const SCREENS = [
  ['', ['/', '/login', '/setup']],
  ['demo', ['/dashboard', '/dashboard/services', '/dashboard/domains', '/dashboard/tickets', '/dashboard/account/security']],
  ['mailadmin_demo.example', ['/dashboard/mail', '/dashboard/mail/mailboxes', '/dashboard/mail/spam']],
  ['alice@demo.example', ['/dashboard/mailbox', '/dashboard/mailbox/aliases', '/dashboard/mailbox/spam', '/dashboard/mailbox/filters', '/dashboard/mailbox/settings']],
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

const [given] = process.argv.slice(2);
const node = given ? { url: given, stop() {} } : await start();
const faults = [];
console.log('| screen | accessibility | best practices | interactive, ms | shift | transferred, KB | requests | server, ms |\n|---|---|---|---|---|---|---|---|');
for (const [login, paths] of SCREENS) {
  const folder = mkdtempSync(join(tmpdir(), 'hosterra-pages-'));
  const port = await freePort();
  const context = await chromium.launchPersistentContext(folder, {
    executablePath: process.env.HOSTERRA_CHROMIUM ?? '/usr/bin/chromium', args: [`--remote-debugging-port=${port}`, '--no-sandbox', '--disable-dev-shm-usage'],
  });
  try {
    const page = context.pages()[0] ?? (await context.newPage());
    if (login) {
      await signIn(page, node, login, PASSWORD, '/dashboard');
      await page.waitForURL(/\/dashboard/);
      await settled(page);
    }
    for (const path of paths) {
      const { lhr } = await lighthouse(node.url + path, { port, output: 'json', logLevel: 'silent', onlyCategories: CATEGORIES }, desktopConfig);
      if (new URL(lhr.finalDisplayedUrl).pathname !== path) throw new Error(`${path} led to ${lhr.finalDisplayedUrl}`);
      const score = (name) => Math.round(lhr.categories[name].score * 100);
      const figure = (name) => lhr.audits[name]?.numericValue ?? 0;
      const requests = lhr.audits['network-requests'].details.items;
      const transferred = requests.reduce((sum, one) => sum + (one.transferSize ?? 0), 0);
      console.log(`| ${path} | ${score('accessibility')} | ${score('best-practices')} | ${Math.round(figure('interactive'))} | ${figure('cumulative-layout-shift').toFixed(3)} | ${(transferred / 1024).toFixed(0)} | ${requests.length} | ${Math.round(figure('server-response-time'))} |`);
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
