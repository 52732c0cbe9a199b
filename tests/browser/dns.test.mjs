// The DNS page of a domain, against a local authoritative server, in both languages.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import test, { after, before, describe } from 'node:test';
import { api, freePort, launch, PASSWORD, picture, quiet, settled, signIn, start, texts, token, violations, visit } from './harness.mjs';
import { linkTo, told } from './inbox.mjs';

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

/** An authoritative server of `.example`. */
function authority(port, records) {
  const options = ['--keep-in-foreground', '--no-resolv', '--no-hosts', '--conf-file=/dev/null', '--user=', '--pid-file', '--listen-address=127.0.0.1', '--bind-interfaces', `--port=${port}`, '--local=/example/', '--local=/localhost/'];
  return spawn('dnsmasq', [...options, ...records], { env: { PATH }, stdio: 'ignore' });
}

describe('the DNS page', { skip: !hasServer }, () => {
  let browser;
  let server;
  let node;
  before(async () => {
    const port = await freePort();
    server = authority(port, RECORDS);
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
      // Wrong is wrong, also where nothing would have to stand there; what is only missing is not.
      const colour = (role, state) => row(role).getByText(t(`dns.state.${state}`), { exact: true }).evaluate((one) => getComputedStyle(one).color);
      assert.equal(await colour('TLS_REPORT', 'WRONG'), await colour('EXCHANGE', 'WRONG'));
      assert.notEqual(await colour('TLS_REPORT', 'WRONG'), await colour('AUTOCONFIG_HOST', 'ABSENT'));
      await page.getByText(t('dns.dav'), { exact: true }).waitFor();
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

describe('domains are looked at by themselves', { skip: !hasServer }, () => {
  const OWNER = 'alice@demo.example';
  const WORDS = { fr: 'mènent son courrier ailleurs', en: 'lead its mail elsewhere' };
  const SOON_MS_MAX = 90_000;
  let browser;
  let server;
  let node;
  let port;
  let owner;

  /** From now on DNS says this: another server at the same place. */
  async function says(records) {
    if (server) {
      const ended = new Promise((resolve) => server.once('exit', resolve));
      server.kill('SIGKILL');
      await ended;
    }
    server = authority(port, records);
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  const standing = async () => (await api(node, owner, '{ domains { nodes { id dnsStanding { exchange health checkedAt } } } }')).domains.nodes[0];
  /** Somebody asks DNS anew, as the button of the page does: the platform looks as well, and again by itself where something is missing. */
  async function becomes(exchange) {
    const { id } = await standing();
    const begun = Date.now();
    for (;;) {
      await api(node, owner, 'query($d: DomainID!) { domainDns(domainId: $d, recheck: true) { checkedAt } }', { d: id });
      const { dnsStanding } = await standing();
      if (dnsStanding?.exchange === exchange) return;
      if (Date.now() - begun > SOON_MS_MAX) assert.equal(dnsStanding?.exchange, exchange);
      await new Promise((resolve) => setTimeout(resolve, 2000));
    }
  }

  before(async () => {
    port = await freePort();
    await says(['--mx-host=demo.example,localhost,10']);
    browser = await launch();
    node = await start(`[dns]\nservers = ["127.0.0.1:${port}"]\nrecheck_minutes = 1`);
    owner = await token(node, 'demo');
    await api(node, owner, 'mutation($p: String!, $e: String!) { emailChange(currentPassword: $p, email: $e) { userErrors { message } } }', { p: PASSWORD, e: OWNER });
    const verify = await linkTo(node, OWNER, 'verify');
    await api(node, '', 'mutation($t: String!) { emailVerify(token: $t) { userErrors { code } } }', { t: verify.split('token=')[1] });
  });
  after(async () => {
    await browser?.close();
    await node?.stop();
    server?.kill('SIGKILL');
  });

  for (const language of ['fr', 'en']) {
    test(`${language}: the list says how a domain stands without asking, and whoever looks after it hears once that its mail is lost`, { timeout: 300_000 }, async () => {
      const t = texts(language);
      await api(node, owner, 'mutation($l: PersonLanguage!) { languageSet(language: $l) { userErrors { code } } }', { l: language === 'fr' ? 'FRENCH' : 'ENGLISH' });
      await says(['--mx-host=demo.example,localhost,10']);
      await becomes('GOOD');
      const page = await visit(browser, { language });
      await signIn(page, node, 'demo', undefined, '/dashboard/domains');
      await page.getByText(t('domains.dns.INCOMPLETE'), { exact: true }).waitFor();
      await says([]);
      await becomes('MISSING');
      await page.reload();
      await page.getByText(t('domains.dns.BROKEN'), { exact: true }).waitFor();
      await page.getByText(t('domains.dns.lacks', { what: 'MX' }), { exact: true }).waitFor();
      await settled(page);
      assert.deepEqual(await violations(page), []);
      await picture(page, `domains-${language}`);
      // What needs somebody stands on the first page, the most urgent first.
      await page.goto(`${node.url}/dashboard`);
      await page.getByText(t('overview.dns.danger', { domain: 'demo.example' })).waitFor();
      assert.match(await page.locator('.notice').first().innerText(), /demo\.example/);
      assert.deepEqual(await violations(page), []);
      await picture(page, `overview-broken-${language}`);
      assert.equal(await told(node, OWNER, WORDS[language], SOON_MS_MAX), 1);
      // It is looked at on and on, and told no second time.
      const { dnsStanding } = await standing();
      const begun = Date.now();
      while ((await standing()).dnsStanding.checkedAt === dnsStanding.checkedAt && Date.now() - begun < SOON_MS_MAX) await new Promise((resolve) => setTimeout(resolve, 1000));
      assert.notEqual((await standing()).dnsStanding.checkedAt, dnsStanding.checkedAt);
      assert.equal(await told(node, OWNER, WORDS[language]), 1);
      quiet(page);
      await page.context().close();
    });
  }
});
