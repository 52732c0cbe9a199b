// Pictures of every screen for people to look at, by role, language, colours and width, with what a program can tell of them:
//   HOSTERRA_BIN=... node looks.mjs FOLDER [role=customer] [language=fr] [scheme=dark] [width=360]
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { furnish } from './furnish.mjs';
import { launch, PASSWORD, settled, signIn, start, visit } from './harness.mjs';
import { LOGINS, pages, screens } from './screens.mjs';

const [folder, ...asked] = process.argv.slice(2);
if (!folder) {
  console.error('usage: node looks.mjs FOLDER [role=...] [language=fr|en] [scheme=light|dark] [width=1280|360]');
  process.exit(2);
}
const wanted = Object.fromEntries(asked.map((one) => one.split('=')));
const only = (name, all) => (wanted[name] === undefined ? all : all.filter((one) => String(one) === wanted[name]));

/** Every screen of every role, as the sources tell them, and what nobody has a link to. */
function looked({ service, ticket, domain, account }) {
  const shown = screens({ service, domain, tickets: [ticket], account });
  return {
    visitor: [...pages().map((path) => `!${path}${path === '/setup' ? '?domain=demo.example' : ''}`), '!/nowhere'],
    ...shown, customer: [...shown.customer, '!/password', '/nowhere'], held: ['/mailbox'],
  };
}
const SIGNS_IN = { ...LOGINS, held: ['bob@demo.example', PASSWORD] };

/** What a program can tell: what sticks out, is cut off, lies over something else, or is a key and no text. */
function faults() {
  const found = [];
  const wide = document.documentElement.scrollWidth - innerWidth;
  if (wide > 0) found.push(`${wide} px too wide`);
  const shown = (one) => one.checkVisibility({ visibilityProperty: true });
  for (const one of document.querySelectorAll('main *, header *, footer *')) {
    if (!shown(one) || one.closest('svg')) continue;
    const style = getComputedStyle(one);
    const isCut = one.scrollWidth > one.clientWidth + 1 && style.overflowX === 'hidden' && style.textOverflow !== 'ellipsis' && one.clientWidth > 0 && style.position !== 'absolute';
    if (isCut) found.push(`cut off: ${one.tagName} ${one.textContent.trim().slice(0, 60)}`);
  }
  for (const text of document.body.innerText.split(/\s+/)) {
    if (/^[a-z]+(\.[a-zA-Z]+){1,3}$/.test(text) && !/\.(example|test|localhost)$/.test(text) && !/^(hosterra|www)\./.test(text)) found.push(`a key? ${text}`);
  }
  const presses = [...document.querySelectorAll('main a, main button, main input, main select')].filter(shown);
  for (const [at, one] of presses.entries()) {
    const box = one.getBoundingClientRect();
    for (const other of presses.slice(at + 1, at + 8)) {
      if (one.contains(other) || other.contains(one)) continue;
      const of = other.getBoundingClientRect();
      const over = Math.min(box.right, of.right) - Math.max(box.left, of.left);
      const under = Math.min(box.bottom, of.bottom) - Math.max(box.top, of.top);
      if (over > 2 && under > 2 && getComputedStyle(one).display !== 'inline' && getComputedStyle(other).display !== 'inline') found.push(`overlap: ${one.textContent.trim().slice(0, 30)} / ${other.textContent.trim().slice(0, 30)}`);
    }
  }
  return [...new Set(found)];
}

const browser = await launch();
const node = await start(wanted.config ?? '');
const told = [];
try {
  const known = looked(await furnish(node));
  for (const role of only('role', Object.keys(known))) {
    for (const language of only('language', ['fr', 'en'])) {
      const page = await visit(browser, { language });
      if (SIGNS_IN[role]) {
        await signIn(page, node, ...SIGNS_IN[role]);
        await page.waitForURL(/\/dashboard/);
      }
      for (const path of known[role]) {
        const name = `${role}${path.replace(/^!/, '-page').replaceAll(/[/?=]/g, '-').replace(/_[0-9a-f]{32}/, '')}`.replace(/-$/, '');
        for (const width of only('width', [1280, 360])) {
          await page.setViewportSize({ width, height: width < 600 ? 740 : 900 });
          await page.goto(node.url + (path.startsWith('!') ? path.slice(1) : `/dashboard${path === '/' ? '' : path}`));
          await settled(page);
          for (const scheme of only('scheme', ['light', 'dark'])) {
            await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' });
            const place = join(folder, role, language, `${scheme}-${width}`);
            mkdirSync(place, { recursive: true });
            await page.screenshot({ path: join(place, `${name}.png`), fullPage: true });
          }
          for (const fault of await page.evaluate(faults)) told.push(`${language} ${width} ${name}: ${fault}`);
        }
      }
      for (const complaint of page.complaints) told.push(`${language} ${role}: ${complaint}`);
      await page.context().close();
      console.log(`${role} ${language}`);
    }
  }
} finally {
  await browser.close();
  await node.stop();
}
mkdirSync(folder, { recursive: true });
writeFileSync(join(folder, 'faults.txt'), told.map((one) => `${one}\n`).join(''));
console.log(told.length === 0 ? 'nothing sticks out' : told.join('\n'));
