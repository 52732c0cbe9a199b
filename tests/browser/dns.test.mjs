// The DNS page of a domain, against a local authoritative server, in both languages.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createSocket } from 'node:dgram';
import test, { after, before, describe } from 'node:test';
import { launch, picture, quiet, settled, signIn, start, texts, violations, visit } from './harness.mjs';

const PATH = `${process.env.PATH}:/usr/sbin`;
const hasServer = spawnSync('dnsmasq', ['--version'], { env: { PATH } }).status === 0;
if (!hasServer) console.error('SKIPPED: dnsmasq is not installed');

/** Published by somebody who means harm, and by somebody who is careless. */
const RECORDS = [
  '--mx-host=demo.example,mx.elsewhere.example,10',
  '--txt-record=demo.example,v=spf1 mx -all',
  '--txt-record=demo.example,v=spf1 -all',
  '--txt-record=_dmarc.demo.example,v=DMARC1; p=none',
  '--txt-record=_smtp._tls.demo.example,<img src=x onerror=alert(1)>',
];

function freePort() {
  return new Promise((resolve) => {
    const socket = createSocket('udp4');
    socket.bind(0, '127.0.0.1', () => {
      const { port } = socket.address();
      socket.close(() => resolve(port));
    });
  });
}

describe('the DNS page', { skip: !hasServer }, () => {
  let browser;
  let server;
  let node;
  before(async () => {
    const port = await freePort();
    const options = ['--keep-in-foreground', '--no-resolv', '--no-hosts', '--conf-file=/dev/null', '--user=', '--pid-file', '--listen-address=127.0.0.1', '--bind-interfaces', `--port=${port}`, '--local=/example/', '--local=/localhost/'];
    server = spawn('dnsmasq', [...options, ...RECORDS], { env: { PATH }, stdio: 'ignore' });
    browser = await launch();
    node = await start(`dns.servers = ["127.0.0.1:${port}"]`);
  });
  after(async () => {
    await browser?.close();
    await node?.stop();
    server?.kill('SIGKILL');
  });

  for (const [language, scheme, width] of [['fr', 'light', 1280], ['en', 'dark', 320]]) {
    test(`${language}: records, why, what to do, downloads; nothing that stands in DNS is markup`, async () => {
      const t = texts(language);
      const page = await visit(browser, { language, scheme, width });
      await signIn(page, node, 'demo', undefined, '/dashboard/domains');
      await page.getByRole('link', { name: t('dns.show'), exact: true }).click();
      await page.getByRole('heading', { level: 1, name: t('dns.title', { domain: 'demo.example' }) }).waitFor();
      await settled(page);
      const row = (role) => page.locator('li', { has: page.getByText(t(`dns.role.${role}`), { exact: true }) });
      for (const [role, state] of [['EXCHANGE', 'WRONG'], ['SPF', 'DUPLICATE'], ['DMARC', 'GOOD'], ['AUTOCONFIG_HOST', 'ABSENT'], ['TLS_REPORT', 'WRONG']]) {
        await row(role).getByText(t(`dns.state.${state}`), { exact: true }).waitFor();
      }
      await row('TLS_REPORT').getByText('<img src=x onerror=alert(1)>').waitFor();
      assert.equal(await page.locator('main img').count(), 0);
      const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: t('dns.zone') }).click()]);
      assert.equal(download.suggestedFilename(), 'demo.example.zone');
      assert.match(readFileSync(await download.path(), 'utf8'), /^\$ORIGIN demo\.example\.\n\$TTL 3600\ndemo\.example\.\tIN\tMX\t10 localhost\.\n/);
      assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth), 'nothing sticks out');
      assert.deepEqual(await violations(page), []);
      await picture(page, `dns-${language}-${scheme}-${width}`);
      quiet(page);
      await page.context().close();
    });
  }
});
