// What the owner of an account keeps from an administrator of its domains: shown where it would be done, with the reason.
import { boot } from '../../lib/boot';
import { t } from '../../lib/i18n/messages';
import type { FieldSpec } from '../../lib/ui/fields';
import type { AdministratorRight } from '../../generated/api';
import { acting } from '../acting.svelte';

/** All that can be kept, in the order in which it is shown. */
export const RIGHTS: AdministratorRight[] = ['APP_PASSWORDS', 'PROTOCOLS', 'SEND_AS', 'SEND_LIMITS', 'SPAM_LISTS', 'FILTERS', 'ADDRESS_MAPS', 'SYNC_JOBS', 'PUSH_DESTINATIONS', 'RELAYS', 'TLS_POLICIES', 'HELD_MAIL', 'DOMAIN_SETTINGS'];

/** What is done on each page of mail administration. */
const BY_PART: Record<string, AdministratorRight[]> = {
  domains: ['DOMAIN_SETTINGS', 'SEND_LIMITS'], mailboxes: ['APP_PASSWORDS', 'PROTOCOLS', 'SEND_AS', 'SEND_LIMITS', 'SPAM_LISTS', 'PUSH_DESTINATIONS'], sync: ['SYNC_JOBS'], filters: ['FILTERS'], maps: ['ADDRESS_MAPS'],
  relays: ['RELAYS'], tls: ['TLS_POLICIES'], spam: ['SPAM_LISTS'], queue: ['HELD_MAIL'], suppressions: ['HELD_MAIL'], held: ['HELD_MAIL'],
};

/** Which right each setting of a mailbox or domain takes. */
const BY_FIELD: Record<string, AdministratorRight> = {
  imap: 'PROTOCOLS', pop3: 'PROTOCOLS', submission: 'PROTOCOLS', sieve: 'PROTOCOLS', dav: 'PROTOCOLS', web: 'PROTOCOLS', sendAs: 'SEND_AS', sendsPerDayMax: 'SEND_LIMITS', sendsPerHourMax: 'SEND_LIMITS', sendsPerMinuteMax: 'SEND_LIMITS',
  junkScore: 'SPAM_LISTS', rejectScore: 'SPAM_LISTS', allowedSenders: 'SPAM_LISTS', deniedSenders: 'SPAM_LISTS',
};

/** Which right it takes to leave something to the owner of a mailbox who did not have it. */
const BY_OWN: Record<string, AdministratorRight> = { SYNC_JOBS: 'SYNC_JOBS', FILTERS: 'FILTERS', APP_PASSWORDS: 'APP_PASSWORDS', PUSH: 'PUSH_DESTINATIONS', SPAM_SCORES: 'SPAM_LISTS', SPAM_LISTS: 'SPAM_LISTS', TEMPORARY_ALIASES: 'SEND_AS' };

/** Whether this is kept from whoever is signed in, in the account that is shown. */
export function isKept(right: AdministratorRight): boolean {
  return !acting.isForAnother && boot.viewer.withheld.includes(right);
}

/** What may be left to the owner of a mailbox: nobody leaves to others what is kept from them, and what is left can be taken. */
export function leavable(parts: string[], left: string[]): string[] {
  return parts.filter((part) => left.includes(part) || !(BY_OWN[part] && isKept(BY_OWN[part])));
}

/** What is kept of what is done on a page, in words; empty where nothing is. */
export function keptOf(part: string): string {
  return (BY_PART[part] ?? []).filter(isKept).map((right) => t(`right.${right}`)).join(', ');
}

/** Fields that are kept are shown as they are, and say why they are not changed. */
export function withoutKept(specs: FieldSpec[]): FieldSpec[] {
  return specs.map((spec) => {
    const right = BY_FIELD[spec.name];
    return right && isKept(right) ? { ...spec, isDisabled: true, hint: t('right.kept') } : spec;
  });
}
