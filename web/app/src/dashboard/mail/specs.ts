// The fields of the forms of mail administration, with their limits as the API has them.
import { count, size } from '../../lib/format';
import { t } from '../../lib/i18n/messages';
import type { FieldSpec, Value, Values } from '../../lib/ui/fields';
import type { MailboxWholeResult } from '../../generated/api';
import { leavable, withoutKept } from './kept';
import type { MailDomain } from './mail.svelte';

const SENDERS_MAX = 500;
const SEND_AS_MAX = 100;
const RETAINED_DAYS_MAX = 3650;
const STS_AGE_SECS_MIN = 86_400;
const STS_AGE_SECS_MAX = 31_557_600;
const STS_HOSTS_MAX = 10;
const FOOTER_VARIABLES = ['from_name', 'from_addr', 'from_user', 'from_domain', 'auth_user'].map((name) => `{= ${name} =}`).join(' ');
const FOOTLESS_MAX = 500;
const TAGS_MAX = 25;
export const COMMENT_MAX = 160;
const ADDRESS = /^[^\s@*]+@[^\s@*]+$/u;
const SENDER = /^(\*|[^\s@*]+)@(\*\.)?[^\s@*]+$/u;

const options = (key: string, words: string[]) => words.map((word) => ({ value: word, label: t(`${key}.${word}`) }));

/** What is kept from whoever is signed in, and what is not in force yet, is said beside the field. */
function marked(specs: FieldSpec[], notYet: string[]): FieldSpec[] {
  return withoutKept(specs).map((spec) => (notYet.includes(spec.name) ? { ...spec, hint: [spec.hint, t('mail.notYet')].filter(Boolean).join(' ') } : spec));
}

function senders(value: Value): string {
  const wrong = String(value).split(/[\n,;]+/).map((one) => one.trim()).find((one) => one !== '' && !SENDER.test(one));
  return wrong === undefined ? '' : t('mail.senders.fault', { what: wrong });
}

function addresses(value: Value): string {
  const wrong = String(value).split(/[\n,;]+/).map((one) => one.trim()).find((one) => one !== '' && !ADDRESS.test(one));
  return wrong === undefined ? '' : t('mail.addresses.fault', { what: wrong });
}

/** Lists of senders, for a domain or for a mailbox. */
export function senderSpecs(group?: string): FieldSpec[] {
  return [
    { name: 'allowedSenders', kind: 'lines', label: t('mail.field.allowedSenders'), hint: t('mail.field.allowedSenders.hint'), max: SENDERS_MAX, check: senders, rows: 6, ...(group ? { group } : {}) },
    { name: 'deniedSenders', kind: 'lines', label: t('mail.field.deniedSenders'), hint: t('mail.field.deniedSenders.hint'), max: SENDERS_MAX, check: senders, rows: 6 },
  ];
}

/** Scores from which on mail is junk, or refused. */
export function scoreSpecs(group?: string): FieldSpec[] {
  return [
    { name: 'junkScore', kind: 'number', label: t('mail.field.junkScore'), hint: t('mail.field.junkScore.hint'), min: 0, max: 100, isRequired: true, ...(group ? { group } : {}) },
    {
      name: 'rejectScore', kind: 'number', label: t('mail.field.rejectScore'), hint: t('mail.field.rejectScore.hint'), min: 0, max: 1000, isRequired: true,
      check: (value, all) => (Number(value) <= Number(all.junkScore) ? t('mail.field.rejectScore.fault') : ''),
    },
  ];
}

/** Settings of a domain; what only the owner of the service changes is shown to others as it is. */
export function domainSpecs(domain: MailDomain, isOwner: boolean, isLeader: boolean): FieldSpec[] {
  const room = domain.room;
  const isDisabled = !isOwner;
  // Taking mail home leads it nowhere else: that much is everybody's who may change the domain.
  const relays = isLeader ? ['NONE', 'UNKNOWN', 'ALL'] : [...new Set(['NONE', domain.settings.relay])];
  const led = isLeader ? '' : t('mail.leads.short');
  return marked([
    { name: 'description', kind: 'text', label: t('mail.field.description'), maxlength: 255 },
    { name: 'tags', kind: 'lines', label: t('mail.field.tags'), hint: t('mail.field.tags.hint'), max: TAGS_MAX, rows: 2 },
    { name: 'mailboxQuotaDefaultBytes', kind: 'size', label: t('mail.quotaDefault'), hint: t('mail.field.emptyIsPlan'), ...(room ? { max: room.mailboxQuotaBytesMax } : {}) },
    { name: 'hasAddressBook', kind: 'check', label: t('mail.field.hasAddressBook') },
    { name: 'copiesQuotaWarnings', kind: 'check', label: t('mail.field.copiesQuotaWarnings') },
    { name: 'requiresSecondFactor', kind: 'check', label: t('mail.field.requiresSecondFactor'), hint: t('mail.field.requiresSecondFactor.hint') },
    { name: 'mtaSts', kind: 'select', label: t('mail.field.mtaSts'), hint: t('mail.field.mtaSts.hint'), options: options('mail.sts', ['PLATFORM', 'NONE', 'TESTING', 'ENFORCE']) },
    { name: 'mtaStsAgeSecs', kind: 'number', label: t('mail.field.mtaStsAgeSecs'), hint: t('mail.field.mtaStsAgeSecs.hint'), min: STS_AGE_SECS_MIN, max: STS_AGE_SECS_MAX },
    { name: 'mtaStsHosts', kind: 'lines', label: t('mail.field.mtaStsHosts'), hint: t('mail.field.mtaStsHosts.hint'), max: STS_HOSTS_MAX, rows: 2 },
    { name: 'footerText', kind: 'area', label: t('mail.field.footerText'), hint: t('mail.field.footerText.hint', { variables: FOOTER_VARIABLES }), group: t('mail.group.footer'), maxlength: 10_000 },
    { name: 'footerHtml', kind: 'area', label: t('mail.field.footerHtml'), maxlength: 10_000 },
    { name: 'footerSkipsReplies', kind: 'check', label: t('mail.field.footerSkipsReplies') },
    { name: 'footerExcludedMailboxes', kind: 'lines', label: t('mail.field.footerExcludedMailboxes'), hint: t('mail.field.footerExcludedMailboxes.hint'), max: FOOTLESS_MAX, check: addresses, rows: 3 },
    { name: 'footerExcludedDomains', kind: 'lines', label: t('mail.field.footerExcludedDomains'), hint: t('mail.field.footerExcludedDomains.hint'), max: FOOTLESS_MAX, rows: 2 },
    { name: 'isActive', kind: 'check', label: t('mail.field.domainActive'), hint: isOwner ? t('mail.field.domainActive.hint') : t('mail.field.ownersOnly'), isDisabled, group: t('mail.group.share') },
    { name: 'mailboxCountMax', kind: 'number', label: t('mail.field.mailboxCountMax'), hint: t('mail.field.emptyIsRest'), isDisabled },
    { name: 'aliasCountMax', kind: 'number', label: t('mail.field.aliasCountMax'), hint: t('mail.field.emptyIsRest'), isDisabled },
    { name: 'quotaMode', kind: 'select', label: t('mail.field.quotaMode'), hint: t('mail.field.quotaMode.hint'), options: options('mail.quotaMode', ['ALLOTTED', 'POOLED']), isDisabled },
    { name: 'storageBytesMax', kind: 'size', label: t('mail.field.storageBytesMax'), hint: t('mail.field.storageBytesMax.hint'), isDisabled },
    { name: 'mailboxQuotaBytesMax', kind: 'size', label: t('mail.quotaMax'), hint: t('mail.field.emptyIsPlan'), isDisabled },
    { name: 'sendsPerDayMax', kind: 'number', label: t('mail.field.sendsPerDayMax'), hint: t('mail.field.emptyIsPlan'), isDisabled },
    { name: 'sendsPerHourMax', kind: 'number', label: t('mail.field.sendsPerHourMax'), hint: t('mail.field.sendsShort.hint'), isDisabled },
    { name: 'sendsPerMinuteMax', kind: 'number', label: t('mail.field.sendsPerMinuteMax'), isDisabled },
    { name: 'relay', kind: 'select', label: t('mail.field.relay'), hint: led || t('mail.field.relay.hint'), options: options('mail.relay', relays), isDisabled: isDisabled || relays.length < 2 },
    { name: 'relayHost', kind: 'text', label: t('mail.field.relayHost'), hint: led || t('mail.field.relayHost.hint'), isDisabled: isDisabled || !isLeader },
  ], domain.settings.notYetInForce);
}

/** An address with a detail takes mail of the one without it. */
export function detailed(value: Value): string {
  return String(value).includes('+') ? t('mail.leads.takes') : '';
}

/** What is asked for a new mailbox, with what is left in its domain. */
export function newMailboxSpecs(domain: MailDomain | undefined, domains: MailDomain[], isLeader: boolean): FieldSpec[] {
  const room = domain?.room;
  const left = room?.quotaMode === 'POOLED' ? t('mail.field.quota.pooled', { all: size(room.quotaBytesMax), max: size(room.mailboxQuotaBytesMax) }) : room ? t('mail.field.quota.left', { left: size(Math.max(0, room.quotaBytesMax - room.quotaBytes)), all: size(room.quotaBytesMax), max: size(room.mailboxQuotaBytesMax) }) : '';
  return [
    { name: 'localPart', kind: 'text', label: t('mail.field.localPart'), hint: domain ? `@${domain.unicodeName}` : '', isRequired: true, maxlength: 64, check: (value) => (isLeader ? '' : detailed(value)) },
    { name: 'domainId', kind: 'select', label: t('mail.domain'), options: domains.map((one) => ({ value: one.id, label: one.unicodeName })) },
    { name: 'displayName', kind: 'text', label: t('mail.field.displayName'), maxlength: 255 },
    { name: 'quotaBytes', kind: 'size', label: t('mail.quota'), hint: left, isRequired: true, check: (value) => above(Number(value), domain) },
    { name: 'password', kind: 'text', label: t('mail.field.password'), hint: t(isLeader ? 'mail.field.password.hint' : 'mail.leads.password'), isDisabled: !isLeader, check: (value) => (String(value) !== '' && new TextEncoder().encode(String(value)).length < 10 ? t('mail.field.password.short') : '') },
    ...encryptionSpecs(),
  ];
}

/** Whether mail of a mailbox comes and goes encrypted or not at all. */
function encryptionSpecs(): FieldSpec[] {
  return [
    { name: 'requiresTlsIn', kind: 'check', label: t('mail.field.requiresTlsIn'), hint: t('mail.field.requiresTlsIn.hint'), group: t('mail.group.security') },
    { name: 'requiresTlsOut', kind: 'check', label: t('mail.field.requiresTlsOut'), hint: t('mail.field.requiresTlsOut.hint') },
  ];
}

/** Why a quota cannot be given to one more mailbox of a domain, or to one that has `own` already. */
export function above(octets: number, domain: MailDomain | undefined, own: number | null = null): string {
  const room = domain?.room;
  if (!room) return '';
  if (own === null && room.mailboxes >= room.mailboxesMax) return t('mail.fault.mailboxes', { used: count(room.mailboxes), all: count(room.mailboxesMax) });
  if (octets > room.mailboxQuotaBytesMax) return t('mail.fault.quotaMax', { max: size(room.mailboxQuotaBytesMax) });
  const rest = room.quotaBytesMax - room.quotaBytes + (own ?? 0);
  if (room.quotaMode === 'ALLOTTED' && octets > rest) return t('mail.fault.rest', { rest: size(Math.max(0, rest)), used: size(room.quotaBytes - (own ?? 0)), all: size(room.quotaBytesMax) });
  return octets <= 0 ? t('field.low', { min: size(1024 ** 2) }) : '';
}

export type MailboxWhole = NonNullable<MailboxWholeResult['mailbox']>;
const OWN = ['DISPLAY_NAME', 'TEMPORARY_ALIASES', 'TLS_POLICY', 'SPAM_SCORES', 'SPAM_LISTS', 'DETAIL_HANDLING', 'SYNC_JOBS', 'PUSH', 'QUARANTINE', 'APP_PASSWORDS', 'RECOVERY_ADDRESS', 'FILTERS'];

/** Everything that can be set for a mailbox. */
export function mailboxSpecs(mailbox: MailboxWhole, domain: MailDomain | undefined): FieldSpec[] {
  const switches = ['imap', 'pop3', 'submission', 'sieve', 'dav', 'web'];
  return marked([
    { name: 'displayName', kind: 'text', label: t('mail.field.displayName'), maxlength: 255 },
    { name: 'quotaBytes', kind: 'size', label: t('mail.quota'), hint: t('mail.field.quota.used', { used: size(mailbox.usage.bytes) }), isRequired: true, check: (value) => (Number(value) === mailbox.quotaBytes ? '' : above(Number(value), domain, mailbox.quotaBytes)) },
    { name: 'tags', kind: 'lines', label: t('mail.field.tags'), hint: t('mail.field.tags.hint'), max: TAGS_MAX, rows: 2 },
    ...switches.map((name, at): FieldSpec => ({ name, kind: 'check', label: t(`mail.field.${name}`), ...(at === 0 ? { group: t('mail.group.access') } : {}) })),
    ...encryptionSpecs(),
    { name: 'requiresSecondFactor', kind: 'check', label: t('mail.field.mailboxFactor') },
    { name: 'mustChangePassword', kind: 'check', label: t('mail.field.mustChangePassword') },
    { name: 'sendAs', kind: 'lines', label: t('mail.field.sendAs'), hint: t('mail.field.sendAs.hint'), max: SEND_AS_MAX, rows: 3, group: t('mail.group.sending') },
    { name: 'sendsPerDayMax', kind: 'number', label: t('mail.field.sendsPerDayMax'), hint: t('mail.field.emptyIsPlan') },
    { name: 'sendsPerHourMax', kind: 'number', label: t('mail.field.sendsPerHourMax'), hint: t('mail.field.sendsShort.hint') },
    { name: 'sendsPerMinuteMax', kind: 'number', label: t('mail.field.sendsPerMinuteMax') },
    { name: 'retainsDays', kind: 'number', label: t('mail.field.retainsDays'), hint: t('mail.field.retainsDays.hint'), min: 1, max: RETAINED_DAYS_MAX },
    { name: 'detail', kind: 'select', label: t('mail.field.detail'), options: options('mail.detail', ['INBOX', 'FOLDER', 'SUBJECT']) },
    ...scoreSpecs(t('mail.spam')),
    ...senderSpecs(),
    { name: 'selfService', kind: 'choices', label: t('mail.field.selfService'), options: options('mail.own', leavable(OWN, mailbox.settings.selfService)), group: t('mail.group.own') },
  ], mailbox.settings.notYetInForce);
}

/** What can become of an alias's mail. */
export const dispositions = () => options('mail.disposition', ['FORWARD', 'DISCARD', 'LEARN_SPAM', 'LEARN_HAM']);

/**
 * Settings of an alias. `kept`: the targets that somebody may take away from, who may not add any; null: any are taken. `leadsOn`:
 * whether its mail goes to the targets, so that it needs one.
 */
export function aliasSpecs(notYet: string[], isTemporary: boolean, kept: string[] | null, leadsOn: boolean): FieldSpec[] {
  const added = (value: Value) => String(value).split(/[\n,;]+/).map((one) => one.trim()).find((one) => one !== '' && !kept?.includes(one));
  const targets: FieldSpec = {
    name: 'targets', kind: 'lines', label: t('mail.targets'), hint: t(kept ? 'mail.leads.targets' : leadsOn ? 'mail.field.targets.hint' : 'mail.field.targets.none'), isRequired: leadsOn, max: 1000, rows: 4,
    check: (value) => { const one = kept && added(value); return one ? t('mail.leads.target', { target: one }) : ''; },
  };
  const expiry: FieldSpec = { name: 'expiresAt', kind: 'date', label: t('mail.expires'), hint: t('mail.field.expires.hint') };
  const purpose: FieldSpec = { name: 'description', kind: 'text', label: t('mail.field.purpose'), hint: t('mail.field.purpose.hint'), maxlength: COMMENT_MAX };
  return [...(isTemporary ? [expiry, purpose] : [targets]), ...marked([
    { name: 'isActive', kind: 'check', label: t('mail.active') },
    { name: 'disposition', kind: 'select', label: t('mail.field.disposition'), options: dispositions() },
    { name: 'isInternal', kind: 'check', label: t('mail.field.isInternal'), hint: t('mail.field.isInternal.hint') },
    { name: 'letsTargetsSend', kind: 'check', label: t('mail.field.letsTargetsSend') },
    { name: 'isOffered', kind: 'check', label: t('mail.field.isOffered') },
    { name: 'privateComment', kind: 'text', label: t('mail.field.privateComment'), maxlength: COMMENT_MAX },
    { name: 'publicComment', kind: 'text', label: t('mail.field.publicComment'), maxlength: COMMENT_MAX },
  ], notYet)];
}

/** A sync job, with the ranges of the guide. */
export function syncSpecs(mailboxes: { value: string; label: string }[], isNew: boolean): FieldSpec[] {
  const seconds = (name: string): FieldSpec => ({ name, kind: 'number', label: t(`mail.sync.${name}`), hint: t('mail.range', { min: 1, max: 32_000 }), min: 1, max: 32_000, isRequired: true });
  const checks = ['deletesDuplicates', 'deletesAtSource', 'deletesAtTarget', 'mapsFolders', 'skipsCrossDuplicates', 'subscribesAll', 'isDry', 'isActive'];
  return [
    ...(isNew ? [{ name: 'mailboxId', kind: 'select', label: t('mail.sync.mailboxId'), options: mailboxes, isRequired: true } as FieldSpec] : []),
    { name: 'host', kind: 'text', label: t('mail.sync.host'), isRequired: true, maxlength: 255 },
    { name: 'port', kind: 'number', label: t('mail.sync.port'), hint: t('mail.range', { min: 1, max: 65_535 }), min: 1, max: 65_535, isRequired: true },
    { name: 'encryption', kind: 'select', label: t('mail.sync.encryption'), options: options('mail.sync.encryption', ['SSL', 'TLS', 'PLAIN']), hint: t('mail.sync.encryption.hint') },
    { name: 'user', kind: 'text', label: t('mail.sync.user'), isRequired: true, maxlength: 255 },
    { name: 'password', kind: 'password', label: t('mail.sync.password'), hint: t(isNew ? 'mail.sync.password.hint' : 'mail.sync.password.kept'), isRequired: isNew },
    { name: 'intervalMinutes', kind: 'number', label: t('mail.sync.intervalMinutes'), hint: t('mail.sync.intervalMinutes.hint'), min: 1, max: 43_800, isRequired: true },
    { name: 'subfolder', kind: 'text', label: t('mail.sync.subfolder'), hint: t('mail.sync.subfolder.hint') },
    { name: 'ageDaysMax', kind: 'number', label: t('mail.sync.ageDaysMax'), hint: t('mail.sync.ageDaysMax.hint'), min: 0, max: 32_000, isRequired: true },
    { name: 'bytesPerSecondMax', kind: 'number', label: t('mail.sync.bytesPerSecondMax'), hint: t('mail.sync.bytesPerSecondMax.hint'), min: 0, max: 125_000_000, isRequired: true },
    seconds('remoteTimeoutSeconds'),
    seconds('localTimeoutSeconds'),
    { name: 'exclude', kind: 'text', label: t('mail.sync.exclude'), maxlength: 1000 },
    { name: 'parameters', kind: 'lines', label: t('mail.sync.parameters'), hint: t('mail.sync.parameters.hint'), max: 20, rows: 3 },
    ...checks.map((name): FieldSpec => ({ name, kind: 'check', label: t(`mail.sync.${name}`) })),
  ];
}

/** What a new sync job begins with. */
export const NEW_SYNC = {
  host: '', port: 993, encryption: 'SSL', user: '', password: '', intervalMinutes: 20, subfolder: '', ageDaysMax: 0, bytesPerSecondMax: 0, remoteTimeoutSeconds: 600,
  localTimeoutSeconds: 600, exclude: '(?i)spam|(?i)junk', parameters: [], deletesDuplicates: true, deletesAtSource: false, deletesAtTarget: false, mapsFolders: true,
  skipsCrossDuplicates: false, subscribesAll: true, isDry: false, isActive: true,
};

/** An address map: copies, or another recipient. */
export function mapSpecs(domains: { value: string; label: string }[], isNew: boolean): FieldSpec[] {
  return [
    ...(isNew ? [{ name: 'domainId', kind: 'select', label: t('mail.domain'), options: domains } as FieldSpec] : []),
    { name: 'kind', kind: 'select', label: t('mail.map.kind'), options: options('mail.map', ['SENDER_COPY', 'RECIPIENT_COPY', 'RECIPIENT']) },
    { name: 'from', kind: 'text', label: t('mail.map.from'), hint: t('mail.map.from.hint'), isRequired: true, maxlength: 320 },
    { name: 'to', kind: 'text', label: t('mail.map.to'), hint: t('mail.map.to.hint'), isRequired: true, maxlength: 320 },
    { name: 'comment', kind: 'text', label: t('mail.field.privateComment'), maxlength: COMMENT_MAX },
    { name: 'isActive', kind: 'check', label: t('mail.active') },
  ];
}

/** The relay through which mail of a domain leaves. What is typed as its password is never shown again. */
export function relaySpecs(domains: { value: string; label: string }[], isNew: boolean): FieldSpec[] {
  return [
    ...(isNew ? [{ name: 'domainId', kind: 'select', label: t('mail.domain'), options: domains } as FieldSpec] : []),
    { name: 'host', kind: 'text', label: t('mail.relays.host'), hint: t('mail.relays.host.hint'), isRequired: true, maxlength: 255 },
    { name: 'port', kind: 'number', label: t('mail.relays.port'), hint: t('mail.relays.port.hint'), min: 1, max: 65_535, isRequired: true },
    { name: 'login', kind: 'text', label: t('mail.relays.login'), isRequired: true, maxlength: 255 },
    { name: 'password', kind: 'password', label: t('mail.relays.password'), hint: t(isNew ? 'mail.relays.password.hint' : 'mail.relays.password.kept'), isRequired: isNew },
    { name: 'isActive', kind: 'check', label: t('mail.active') },
  ];
}

/** A resource: a room, a group or a thing. */
export function resourceSpecs(domains: { value: string; label: string }[], isNew: boolean, values: Values): FieldSpec[] {
  return [
    ...(isNew ? [{ name: 'domainId', kind: 'select', label: t('mail.domain'), options: domains } as FieldSpec] : []),
    { name: 'name', kind: 'text', label: t('mail.resource.name'), isRequired: true, maxlength: 128 },
    { name: 'localPart', kind: 'text', label: t('mail.field.localPart'), hint: t('mail.resource.localPart.hint'), isRequired: true, maxlength: 64 },
    { name: 'kind', kind: 'select', label: t('mail.resource.kind'), options: options('mail.resource', ['LOCATION', 'GROUP', 'THING']) },
    { name: 'booking', kind: 'select', label: t('mail.resource.booking'), options: options('mail.resource', ['LIMITED', 'UNLIMITED', 'ALWAYS_FREE']) },
    ...(values.booking === 'LIMITED' ? [{ name: 'bookingsMax', kind: 'number', label: t('mail.resource.bookingsMax'), hint: t('mail.range', { min: 1, max: 100 }), min: 1, max: 100, isRequired: true } as FieldSpec] : []),
    { name: 'comment', kind: 'text', label: t('mail.field.privateComment'), maxlength: COMMENT_MAX },
    { name: 'isActive', kind: 'check', label: t('mail.active') },
  ];
}

/** A member of a shared mailbox. */
export function shareSpecs(mailboxes: { value: string; label: string }[], isNew: boolean): FieldSpec[] {
  const which = (name: string): FieldSpec => ({ name, kind: 'select', label: t(`mail.share.${name}`), options: mailboxes, isRequired: true });
  return [
    ...(isNew ? [which('mailboxId'), which('memberId')] : []),
    { name: 'roles', kind: 'choices', label: t('mail.share.roles'), options: options('share', ['READ', 'WRITE', 'MANAGE', 'SEND_AS', 'SEND_ON_BEHALF']) },
  ];
}

/** What a new policy begins with. */
export const NEW_TLS = { destination: '', level: 'DANE', matchNames: [], fingerprints: [], versionMin: 'TLS_12', comment: '', isActive: true };

/** A policy of TLS for mail to some destination. */
export function tlsSpecs(owners: { value: string; label: string }[], isNew: boolean): FieldSpec[] {
  return [
    ...(isNew ? [{ name: 'owner', kind: 'select', label: t('mail.tls.owner'), options: owners, hint: t('mail.tls.owner.hint') } as FieldSpec] : []),
    { name: 'destination', kind: 'text', label: t('mail.tls.destination'), hint: t('mail.tls.destination.hint'), isRequired: true, maxlength: 255 },
    { name: 'level', kind: 'select', label: t('mail.tls.level'), options: options('mail.tls', ['NONE', 'MAY', 'ENCRYPT', 'DANE', 'DANE_ONLY', 'FINGERPRINT', 'VERIFY', 'SECURE']) },
    { name: 'matchNames', kind: 'lines', label: t('mail.tls.matchNames'), hint: t('mail.tls.matchNames.hint'), max: 20, rows: 3 },
    { name: 'fingerprints', kind: 'lines', label: t('mail.tls.fingerprints'), hint: t('mail.tls.fingerprints.hint'), max: 20, rows: 3 },
    { name: 'versionMin', kind: 'select', label: t('mail.tls.versionMin'), options: options('mail.tls', ['TLS_12', 'TLS_13']) },
    { name: 'comment', kind: 'text', label: t('mail.field.privateComment'), maxlength: COMMENT_MAX },
    { name: 'isActive', kind: 'check', label: t('mail.active') },
  ];
}

/** A filter in Sieve, of a mailbox or of a domain. */
export function filterSpecs(owners: { value: string; label: string }[], isNew: boolean, isDomain: boolean): FieldSpec[] {
  return [
    ...(isNew ? [{ name: 'owner', kind: 'select', label: t('mail.filter.owner'), options: owners } as FieldSpec] : []),
    { name: 'name', kind: 'text', label: t('mail.filter.name'), isRequired: true, maxlength: 128 },
    { name: 'description', kind: 'text', label: t('mail.field.description'), maxlength: 255 },
    { name: 'stage', kind: 'select', label: t('mail.filter.stage'), options: options('mail.stage', isDomain ? ['BEFORE', 'AFTER'] : ['BEFORE', 'OWN', 'AFTER']) },
    { name: 'isActive', kind: 'check', label: t('mail.active'), hint: t('mail.filter.active.hint') },
    { name: 'script', kind: 'code', label: t('mail.filter.script'), hint: t('mail.filter.script.hint'), isRequired: true },
  ];
}
