// The screens of the dashboard: each is loaded when it is first shown.
import type { Component } from 'svelte';
import { language, learn } from '../lib/i18n/messages';
import type { Params } from '../lib/router.svelte';

export interface Route {
  pattern: string;
  load: () => Promise<{ default: Component<{ params: Params }> }>;
}

// A screen that needs no parameters takes none.
const plain = (load: () => Promise<{ default: Component }>): Route['load'] => load as Route['load'];

// The mailbox's pages bring their texts along: whoever administers an account never loads them.
async function mailbox(): ReturnType<Route['load']> {
  const words = language() === 'fr' ? import('./mailbox/words/fr') : import('./mailbox/words/en');
  const [part, texts] = await Promise.all([import('./mailbox/Mailbox.svelte'), words]);
  learn(texts.default);
  return part;
}

// The same for those who look after the mailboxes of others.
async function mail(): ReturnType<Route['load']> {
  const words = language() === 'fr' ? import('./mail/words/fr') : import('./mail/words/en');
  const [part, texts] = await Promise.all([import('./mail/Mail.svelte'), words]);
  learn(texts.default);
  return part;
}

// And for those who serve customers of their own, or all of them.
async function serving<C>(load: () => Promise<{ default: C }>): Promise<{ default: C }> {
  const words = language() === 'fr' ? import('./reseller/words/fr') : import('./reseller/words/en');
  const [part, texts] = await Promise.all([load(), words]);
  learn(texts.default);
  return part;
}

// The operator sees the mail of all accounts by the same screens as they do.
async function operations(): ReturnType<Route['load']> {
  const words = language() === 'fr'
    ? [import('./operations/words/fr'), import('./mail/words/fr'), import('./reseller/words/fr')]
    : [import('./operations/words/en'), import('./mail/words/en'), import('./reseller/words/en')];
  const [part, ...texts] = await Promise.all([import('./operations/Operations.svelte'), ...words]);
  for (const text of texts) learn(text.default);
  return part;
}
const reseller = () => serving(() => import('./reseller/Reseller.svelte'));

export const ROUTES: Route[] = [
  { pattern: '/', load: plain(() => import('./screens/Overview.svelte')) },
  { pattern: '/signed-in', load: plain(() => import('./screens/SignedIn.svelte')) },
  { pattern: '/services', load: plain(() => import('./screens/Services.svelte')) },
  { pattern: '/order', load: plain(() => import('./screens/Order.svelte')) },
  { pattern: '/services/:id', load: () => import('./screens/service/Service.svelte') },
  { pattern: '/services/:id/:part', load: () => import('./screens/service/Service.svelte') },
  { pattern: '/domains', load: plain(() => import('./screens/Domains.svelte')) },
  { pattern: '/mail', load: mail },
  { pattern: '/mail/:part', load: mail },
  { pattern: '/billing', load: plain(() => import('./screens/Billing.svelte')) },
  { pattern: '/certificates', load: plain(() => import('./screens/Certificates.svelte')) },
  { pattern: '/tickets', load: plain(() => import('./screens/Tickets.svelte')) },
  { pattern: '/tickets/:id', load: () => import('./screens/Ticket.svelte') },
  { pattern: '/account', load: () => import('./screens/account/Account.svelte') },
  { pattern: '/account/:part', load: () => import('./screens/account/Account.svelte') },
  { pattern: '/mailbox', load: mailbox },
  { pattern: '/mailbox/:part', load: mailbox },
  { pattern: '/customers', load: reseller },
  { pattern: '/customers/:part', load: reseller },
  { pattern: '/operations', load: operations },
  { pattern: '/operations/:part', load: operations },
  { pattern: '/domains/:id/dns', load: () => import('./screens/domain/Dns.svelte') },
];
