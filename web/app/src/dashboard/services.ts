// Services with what screens show beside them: the plan's name and the domains.
import { ask } from '../lib/api/client';
import { atLeast } from '../lib/api/place';
import { boot, may } from '../lib/boot';
import { language } from '../lib/i18n/messages';
import type { Tone } from '../lib/ui/Badge.svelte';
import { Domains, Plans, Services, type DomainsResult, type Entitlement, type PlansResult, type ServicePageResult, type ServicesResult } from '../generated/api';

export type Service = ServicesResult['services']['nodes'][number];
/** With what only its own page shows. */
export type ServiceWhole = NonNullable<ServicePageResult['service']>;
export type Domain = DomainsResult['domains']['nodes'][number];
export type Plan = PlansResult['plans']['nodes'][number];

let catalogue: Promise<Plan[]> | undefined;

/** All published versions of plans; asked for once. None for those who have no services to see. */
export function plans(): Promise<Plan[]> {
  if (!may('service:read', boot.viewer.accountId)) return Promise.resolve([]);
  catalogue ??= published().catch((error: unknown) => {
    catalogue = undefined;
    throw error;
  });
  return catalogue;
}

/** Has them asked for again: another version was published. */
export function forgetPlans(): void {
  catalogue = undefined;
}

/** Of each plan the newest version: that one is sold. */
export function onOffer(all: Plan[]): Plan[] {
  return all.filter((plan) => !all.some((other) => other.id === plan.id && other.version > plan.version));
}

/** All versions of all plans, called as the language of the pages calls them. */
async function published(): Promise<Plan[]> {
  const found: Plan[] = [];
  for (let after: string | null = null, page = 0; page < PAGE_COUNT_MAX; page += 1) {
    const answer: PlansResult = await ask(Plans, { after });
    found.push(...answer.plans.nodes.map((plan) => ({ ...plan, name: language() === 'fr' ? (plan.frenchName ?? plan.name) : plan.name })));
    if (!answer.plans.pageInfo.hasNextPage) break;
    after = answer.plans.pageInfo.endCursor;
  }
  return found;
}

export function planName(all: Plan[], id: string): string {
  return onOffer(all).find((plan) => plan.id === id)?.name ?? '';
}

/** Most pages of a list that a screen loads by itself. */
const PAGE_COUNT_MAX = 20;

/** The services of an account; none for those who may not see any. */
export async function services(account: string): Promise<Service[]> {
  if (!may('service:read', account)) return [];
  const found: Service[] = [];
  let after: string | null = null;
  for (let page = 0; page < PAGE_COUNT_MAX; page += 1) {
    const answer: ServicesResult = await ask(Services, { accountId: account, after, atLeast: atLeast(account) });
    found.push(...answer.services.nodes);
    if (!answer.services.pageInfo.hasNextPage) break;
    after = answer.services.pageInfo.endCursor;
  }
  return found;
}

/** The domains of an account; none for those who may not see any. */
export async function domains(account: string): Promise<Domain[]> {
  if (!may('domain:read', account)) return [];
  const found: Domain[] = [];
  let after: string | null = null;
  for (let page = 0; page < PAGE_COUNT_MAX; page += 1) {
    const answer: DomainsResult = await ask(Domains, { accountId: account, after, atLeast: atLeast(account) });
    found.push(...answer.domains.nodes);
    if (!answer.domains.pageInfo.hasNextPage) break;
    after = answer.domains.pageInfo.endCursor;
  }
  return found.filter((domain) => domain.status !== 'REMOVED');
}

const TONES: Record<Entitlement, Tone> = { ORDERED: 'info', ACTIVE: 'good', RESTRICTED: 'warn', SUSPENDED: 'danger', ENDED: 'plain', PURGED: 'plain' };

export function tone(entitlement: Entitlement): Tone {
  return TONES[entitlement];
}

/** What a service is called: its first domain, or its plan. */
export function title(service: Service, of: Domain[], all: Plan[]): string {
  return of.find((domain) => domain.serviceId === service.id)?.unicodeName ?? planName(all, service.planId);
}
