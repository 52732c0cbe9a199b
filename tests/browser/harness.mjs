// The real binary and a real browser: own data folder, free ports, Debian's Chromium. For all suites of this folder.
import { spawn, spawnSync } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { existsSync, mkdtempSync, mkdirSync, openSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

const root = join(import.meta.dirname, '../..');
export const binary = process.env.HOSTERRA_BIN ?? join(root, 'target/debug/hosterra');
/** Where screenshots go: outside the repository. */
export const artefacts = process.env.HOSTERRA_ARTEFACTS ?? join(tmpdir(), 'hosterra-screens');
const START_MS_MAX = 60_000;
/** Debian's Chromium: without windows, toolbars and their pages of its own where that is installed, which takes less than half of the time. */
const CHROMIUM = process.env.HOSTERRA_CHROMIUM ?? ['/usr/bin/chromium-headless-shell', '/usr/bin/chromium'].find((path) => existsSync(path));
const SETTLE_MS_MAX = 30_000;
/** How often, and how far apart, `until` asks. */
const TRY_COUNT_MAX = 150;
const TRY_PAUSE_MS = 200;
/** How far a page may move by itself while it loads (Cumulative Layout Shift): a tenth of what web.dev calls good. */
export const SHIFT_MAX = 0.01;
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
/** How often other ports are tried: between finding one that is free and listening, another suite may have taken it. */
const START_COUNT_MAX = 3;
export const PASSWORD = 'demo-password';

/** Ports below those that systems give to whoever calls others: nobody takes one by chance until it is listened on. */
const [FREE_PORT_MIN, FREE_PORT_COUNT] = [10_000, 22_000];

/** A port of loopback that nobody holds now, for streams and datagrams. */
export async function freePort() {
  for (;;) {
    const port = FREE_PORT_MIN + Math.floor(Math.random() * FREE_PORT_COUNT);
    const [server, socket] = [createServer(), createSocket('udp4')];
    const bound = (one, bind) => new Promise((resolve) => {
      one.once('error', () => resolve(false));
      one.once('listening', () => one.close(() => resolve(true)));
      bind();
    });
    if ((await bound(server, () => server.listen(port, '127.0.0.1'))) && (await bound(socket, () => socket.bind(port, '127.0.0.1')))) return port;
  }
}

/** Starts a platform of its own; `lines` are added to its configuration. */
export async function start(lines = '', attempt = 1) {
  const folder = mkdtempSync(join(tmpdir(), 'hosterra-browser-'));
  const names = ['http', 'smtp', 'submission', 'submissions', 'imap', 'imaps'];
  const ports = {};
  for (const name of names) ports[name] = await freePort();
  const listen = names.map((name) => `${name} = ["127.0.0.1:${ports[name]}"]`).join('\n');
  writeFileSync(join(folder, 'hosterra.toml'), `data = "${join(folder, 'data')}"\n${lines}\n[listen]\n${listen}\n`);
  const config = ['--config', join(folder, 'hosterra.toml')];
  const operator = spawnSync(binary, ['operator', 'chief', ...config], { input: 'operator-password\n' });
  if (operator.status !== 0) throw new Error(`no operator: ${operator.stderr}`);
  const log = openSync(join(folder, 'log'), 'w');
  const child = spawn(binary, ['serve', ...config], { stdio: ['ignore', log, log] });
  const url = `http://localhost:${ports.http}`;
  const begun = Date.now();
  for (;;) {
    try {
      if ((await fetch(`${url}/health/ready`)).ok) break;
    } catch {
      // Not yet.
    }
    if (child.exitCode !== null || Date.now() - begun > START_MS_MAX) {
      const said = readFileSync(join(folder, 'log'), 'utf8');
      child.kill('SIGKILL');
      if (said.includes('Address already in use') && attempt < START_COUNT_MAX) return start(lines, attempt + 1);
      throw new Error(`the binary did not start:\n${said}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return {
    url, ports, folder,
    log: () => readFileSync(join(folder, 'log'), 'utf8'),
    async stop() {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGKILL');
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Asks the API as a program does. */
export async function api(node, token, query, variables = {}) {
  const response = await fetch(`${node.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}) },
    body: JSON.stringify({ query, variables }),
  });
  const reply = await response.json();
  if (reply.errors) throw new Error(JSON.stringify(reply.errors));
  return reply.data;
}

/** Asks until `isSo` of the answer. */
export async function until(ask, isSo) {
  let answer;
  for (let tries = 0; tries < TRY_COUNT_MAX; tries += 1) {
    answer = await ask();
    if (isSo(answer)) return answer;
    await new Promise((resolve) => setTimeout(resolve, TRY_PAUSE_MS));
  }
  throw new Error(`never so: ${JSON.stringify(answer)}`);
}

/** An access token. */
export async function token(node, login, password = PASSWORD) {
  const data = await api(node, '', 'mutation($l: String!, $p: String!) { signIn(login: $l, password: $p) { session { accessToken } userErrors { code } } }', { l: login, p: password });
  if (!data.signIn.session) throw new Error(`${login}: ${JSON.stringify(data.signIn.userErrors)}`);
  return data.signIn.session.accessToken;
}

export function launch() {
  return chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'] });
}

/** A fresh browser profile. What the page complains about, or asks of elsewhere, is a failure: see `quiet`. */
export async function visit(browser, { language = 'en', scheme = 'light', width = 1280, height = 900 } = {}) {
  const context = await browser.newContext({ locale: language === 'fr' ? 'fr-FR' : 'en-GB', colorScheme: scheme, viewport: { width, height }, reducedMotion: 'reduce', timezoneId: 'Europe/Paris' });
  follow(context);
  const page = await context.newPage();
  const complaints = [];
  page.on('console', (message) => {
    if (message.type() === 'error' && !/Failed to load resource/.test(message.text())) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('request', (request) => {
    if (!/^(http:\/\/(localhost|127\.0\.0\.1):|data:|blob:)/.test(request.url())) complaints.push(`asks elsewhere: ${request.url()}`);
  });
  page.complaints = complaints;
  return page;
}

/** Signs in by the form. */
export async function signIn(page, node, login, password = PASSWORD, next = '/dashboard') {
  await page.goto(`${node.url}/login?next=${encodeURIComponent(next)}`);
  await page.fill('#login', login);
  await page.fill('#password', password);
  await page.click('main button[type=submit]');
}

/** Signs in, in a profile of its own, and waits until a page of the dashboard is there. */
export async function enter(browser, node, language, login, path, password = PASSWORD) {
  const page = await visit(browser, { language });
  await signIn(page, node, login, password, `/dashboard${path}`);
  await page.waitForURL(/dashboard/);
  await settled(page);
  return page;
}

/** Closes a page that has not complained. */
export async function leave(page) {
  quiet(page);
  await page.context().close();
}

/** How many requests each context has begun, and those that are under way. */
const traffic = new WeakMap();
function follow(context) {
  const found = { begun: 0, open: new Set() };
  traffic.set(context, found);
  context.on('request', (request) => {
    found.begun += 1;
    found.open.add(request);
  });
  for (const end of ['requestfinished', 'requestfailed']) context.on(end, (request) => found.open.delete(request));
  return found;
}

/** In the page: whether a screen stands and nothing in it is on its way. */
const stands = () => document.readyState === 'complete' && !document.querySelector('.bones') && !window.heldBack
  && (!document.getElementById('boot') || document.querySelector('main h1') !== null);
/** In the page: what was due has been done, and drawn. */
export const drawn = () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(resolve))));
/** In the page: waits until a screen stands and is drawn; false where it no longer stands once it is. One question, since each costs the browser more than what it asks. */
const stood = `(async () => {
  const [stands, drawn] = [${stands}, ${drawn}];
  const end = Date.now() + ${SETTLE_MS_MAX};
  while (!stands()) {
    if (Date.now() > end) return false;
    await new Promise(requestAnimationFrame);
  }
  await drawn();
  return stands();
})()`;

/**
 * Waits until nothing is loading any more: a screen stands, no request is under way, and what the last answers led to has been
 * drawn without a further one. Unlike half a second of silence this takes as long as it takes.
 */
export async function settled(page) {
  const known = traffic.get(page.context()) ?? follow(page.context());
  const end = Date.now() + SETTLE_MS_MAX;
  for (;;) {
    if (Date.now() > end) throw new Error(`never settled: ${page.url()}: ${[...known.open].map((one) => one.url()).join(', ')}`);
    const { begun } = known;
    try {
      if ((await page.evaluate(stood)) && known.open.size === 0 && known.begun === begun) return;
    } catch (error) {
      // The page went elsewhere meanwhile.
      if (!/context was destroyed|navigat/i.test(error.message)) throw error;
    }
  }
}

/** Goes to a screen as its links do: the app is there already. What was on the screen before is gone. */
export async function turn(page, path) {
  for (const to of ['/dashboard/nowhere', path]) await page.evaluate((to) => {
    history.pushState(null, '', to);
    dispatchEvent(new PopStateEvent('popstate'));
  }, to);
}

/** How many pixels of the page stick out of a window of `width`, once it is drawn for it. */
export async function sticksOut(page, width, height = 700) {
  await page.setViewportSize({ width, height });
  await page.evaluate(drawn);
  return page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
}

/** From the next page on, answers of the API come one by one: each state that a screen goes through is drawn. */
export async function answersOneByOne(page) {
  await page.addInitScript(() => {
    const STEP_MS = 30;
    const plain = window.fetch;
    let count = 0;
    window.heldBack = 0;
    window.fetch = async (...asked) => {
      // The last asked comes first: no screen may lean on an order.
      const wait = (3 - (count++ % 4)) * STEP_MS;
      window.heldBack += 1;
      try {
        const answer = await plain(...asked);
        await new Promise((resolve) => setTimeout(resolve, wait));
        return answer;
      } finally {
        window.heldBack -= 1;
      }
    };
  });
}

/** How far the page has moved by itself (Cumulative Layout Shift: the worst session window), and what moved. */
export function shift(page) {
  return page.evaluate(() => new Promise((resolve) => {
    const WINDOW_MS_MAX = 5000;
    const GAP_MS_MAX = 1000;
    const all = [];
    const observer = new PerformanceObserver((list) => all.push(...list.getEntries()));
    observer.observe({ type: 'layout-shift', buffered: true });
    const named = ({ node, previousRect: from, currentRect: to }) => {
      const what = node instanceof Element ? node : node?.parentElement;
      const place = (box) => `${Math.round(box.x)},${Math.round(box.y)} ${Math.round(box.width)}x${Math.round(box.height)}`;
      return `${what?.tagName.toLowerCase() ?? 'gone'} "${what?.textContent.trim().slice(0, 30) ?? ''}" ${place(from)} to ${place(to)}`;
    };
    requestAnimationFrame(() => setTimeout(() => {
      all.push(...observer.takeRecords());
      observer.disconnect();
      let [worst, sum, first, last] = [0, 0, 0, 0];
      for (const one of all.filter((entry) => !entry.hadRecentInput)) {
        if (one.startTime - last > GAP_MS_MAX || one.startTime - first > WINDOW_MS_MAX) [sum, first] = [0, one.startTime];
        last = one.startTime;
        sum += one.value;
        worst = Math.max(worst, sum);
      }
      const moved = all.filter((entry) => !entry.hadRecentInput).sort((one, other) => other.value - one.value).flatMap((entry) => entry.sources.map(named));
      resolve({ score: worst, moved: moved.slice(0, 4).join(' | ') });
    }));
  }));
}

/** What axe finds on the page, or in a part of it: rule, element. Empty is good. */
export async function violations(page, part = null) {
  // Of a button that was busy a moment ago the colours are between two states until it is drawn.
  await page.evaluate(drawn);
  if (!(await page.evaluate('"axe" in window'))) await page.evaluate(axe);
  const found = await page.evaluate((part) => window.axe.run(part ?? document, {
    runOnly: { type: 'tag', values: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] },
    // What passes is not collected: it takes longer than to find it.
    resultTypes: ['violations'], preload: false,
  }).then(({ violations: all }) => all.map((one) => `${one.id}: ${one.nodes.map((node) => `${node.target} ${node.failureSummary?.split('\n')[1] ?? ''}`).join(' | ')}`)), part);
  return found;
}

/** Keeps a picture of the page. */
export async function picture(page, name) {
  mkdirSync(artefacts, { recursive: true });
  // Seven hundred of them: as PNG each would take several times as long to write.
  await page.screenshot({ path: join(artefacts, `${name}.jpg`), type: 'jpeg', quality: 80, fullPage: true });
}

/** Fails where the page complained. */
export function quiet(page) {
  if (page.complaints.length > 0) throw new Error(`the page complained:\n${page.complaints.join('\n')}`);
}

/** The app's texts in one language, by key: tests name buttons by what people read. */
export function texts(language, entry = 'dashboard') {
  const folder = join(root, 'web/app/src');
  const parts = readdirSync(join(folder, entry), { recursive: true }).filter((file) => file.endsWith(`words/${language}.ts`)).map((file) => `${entry}/${file}`);
  const files = [`lib/i18n/${language}.ts`, `${entry}/messages/${language}.ts`, ...parts];
  const source = files.map((file) => readFileSync(join(folder, file), 'utf8')).join('\n');
  const found = Object.fromEntries([...source.matchAll(/'([\w.:-]+)': '((?:[^'\\]|\\.)*)'/g)].map(([, key, text]) => [key, text.replaceAll("\\'", "'")]));
  return (key, params = {}) => (found[key] ?? found[`${key}.other`] ?? key).replace(/\{(\w+)\}/g, (whole, name) => String(params[name] ?? whole));
}

/** The code that an authenticator app shows now (RFC 6238). */
export function totp(secret, at = Date.now()) {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  const bits = [...secret.replaceAll(/[\s=]/g, '')].map((letter) => alphabet.indexOf(letter).toString(2).padStart(5, '0')).join('');
  const key = Buffer.from(bits.match(/.{8}/g).map((octet) => parseInt(octet, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(at / 30_000)));
  const digest = createHmac('sha1', key).update(counter).digest();
  const offset = digest[19] & 15;
  return String((digest.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}
