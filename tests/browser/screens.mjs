// Every screen that there is, read from the sources: a new one is tried by the suites from the day on which it is added.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PASSWORD } from './harness.mjs';

const root = join(import.meta.dirname, '../..');
const app = join(root, 'web/app/src/dashboard');
const read = (...path) => readFileSync(join(...path), 'utf8');

/** The parts that a screen with a side menu shows. */
function partsOf(file, pattern = /const PARTS[^\n]*? = \{ ?([^}]*)\}/s) {
  const found = pattern.exec(read(app, file))?.[1] ?? '';
  const names = [...found.matchAll(/(?:^|[\s,])(\w+): \w+/g)].map((match) => match[1]);
  if (names.length < 4) throw new Error(`the parts of ${file} are not found`);
  return names;
}

function serviceParts() {
  const names = [...read(app, 'screens/service/Service.svelte').matchAll(/\{ part: '(\w+)', isShown/g)].map((match) => match[1]);
  if (names.length < 4) throw new Error('the parts of a service are not found');
  return names;
}

/** Whose screens they are, and how they sign in. */
export const LOGINS = {
  customer: ['demo', PASSWORD], administrator: ['mailadmin_demo.example', PASSWORD], mailbox: ['alice@demo.example', PASSWORD],
  reseller: ['agency', PASSWORD], operator: ['chief', 'operator-password'],
};

/** The screens of each role. `known` are ids: of a service, of a domain, of tickets, and of the account that the staff looks into. */
export function screens(known) {
  const below = (path, file) => partsOf(file).map((part, at) => (at === 0 ? path : `${path}/${part}`));
  const parts = {
    '/account/:part': below('/account', 'screens/account/Account.svelte'),
    '/mail/:part': below('/mail', 'mail/Mail.svelte'),
    '/mailbox/:part': below('/mailbox', 'mailbox/Mailbox.svelte'),
    '/customers/:part': below('/customers', 'reseller/Reseller.svelte'),
    '/operations/:part': below('/operations', 'operations/Operations.svelte'),
    '/services/:id': [`/services/${known.service}`],
    '/services/:id/:part': serviceParts().filter((part) => part !== 'overview').map((part) => `/services/${known.service}/${part}`),
    '/domains/:id/dns': [`/domains/${known.domain}/dns`],
    '/tickets/:id': known.tickets.map((ticket) => `/tickets/${ticket}`),
  };
  const patterns = [...read(app, 'routes.ts').matchAll(/pattern: '([^']+)'/g)].map((match) => match[1]);
  const all = new Set(patterns.flatMap((pattern) => {
    if (!pattern.includes(':')) return [pattern];
    const found = parts[pattern];
    if (!found) throw new Error(`nobody says how ${pattern} is shown: tests/browser/screens.mjs`);
    return found;
  }));
  // That a sign-in lasted too long is told there and leads on.
  all.delete('/signed-in');
  const those = (...starts) => [...all].filter((path) => starts.some((start) => path === start || path.startsWith(`${start}/`)));
  // As whoever serves a customer sees them, with the banner that says for whom they act; the desk answers tickets there.
  const served = known.account ? ['', '/mail/mailboxes', '/domains', '/account/people', ...parts['/services/:id'], ...parts['/tickets/:id']].map((path) => `/as/${known.account}${path}`) : [];
  const others = [...all].filter((path) => !those('/mailbox', '/customers', '/operations').includes(path));
  return {
    customer: others,
    administrator: [...those('/mail'), '/', '/account', '/account/security', '/domains'],
    mailbox: [...those('/mailbox'), '/account', '/account/security'],
    reseller: [...those('/customers'), '/', '/account'],
    operator: [...those('/operations', '/customers'), '/', '/tickets', ...those('/tickets'), '/account/audit', '/account/people', ...served],
  };
}

/** The paths of the pages that the server makes, which work without script. */
export function pages() {
  const routes = [...read(root, 'web/src/lib.rs').matchAll(/\.route\("(\/[^"{]*)", get\((\w+)::/g)];
  const found = routes.filter(([, path, module]) => ['landing', 'page', 'setup'].includes(module) && !/\.(css|svg)$/.test(path)).map(([, path]) => path);
  if (found.length < 10) throw new Error('the pages of the server are not found');
  return found;
}
