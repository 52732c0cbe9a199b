// The terms of a plan as a form holds them, and what a version would change against the one before it.
import { count, money, size } from '../../lib/format';
import { named, t } from '../../lib/i18n/messages';
import type { FieldSpec, Value, Values } from '../../lib/ui/fields';
import type { PlanTermsInput, PlanWholeResult } from '../../generated/api';

export type Whole = NonNullable<PlanWholeResult['plan']>;
export const FEATURES = ['CATCH_ALL', 'BCC_MAPS', 'TRANSPORT_TLS_MAP', 'AUDIT_EXPORT', 'SINGLE_SIGN_ON', 'WEBHOOKS', 'API_WRITE', 'RESELLER'];
const COUNTS = ['domains', 'aliasDomains', 'mailboxes', 'aliases', 'syncJobs', 'temporaryAliases', 'domainAdministrators', 'delegates'] as const;
const SIZES = ['storageBytes', 'mailboxQuotaDefaultBytes', 'mailboxQuotaMaxBytes', 'messageBytes'] as const;
const SENDS = [
  'serviceSendsPerDay', 'domainSendsPerDay', 'mailboxSendsPerDay', 'serviceSendsPerHour', 'domainSendsPerHour', 'mailboxSendsPerHour', 'serviceSendsPerMinute', 'domainSendsPerMinute',
  'mailboxSendsPerMinute',
] as const;
const ADD_ONS = ['domains', 'mailboxes', 'aliases', 'storage', 'sends'] as const;
const SLUG = /^[a-z0-9-]{1,32}$/;
const PRICE = /^\d{1,7}([.,]\d{1,2})?$/;
const NAME_LENGTH_MAX = 64;
const COUNT_MAX = 4_294_967_295;
const CURRENCY = 'EUR';

/** What a form about it begins with. Version 0: there is none yet. */
export type Terms = Record<string, unknown> & { version: number; planId: string | null };

const price = (cents: number) => (cents / 100).toFixed(2);
const cents = (text: unknown) => Math.round(Number(String(text).replace(',', '.')) * 100);

export const NEW: Terms = {
  version: 0, planId: null, slug: '', name: '', frenchName: '', month: '', year: '', domainMode: 'OWN', domains: 1, aliasDomains: 0, mailboxes: 5, aliases: 50,
  storageBytes: 10 * 1024 ** 3, mailboxQuotaDefaultBytes: 1024 ** 3, mailboxQuotaMaxBytes: 5 * 1024 ** 3, serviceSendsPerDay: null, domainSendsPerDay: 500,
  mailboxSendsPerDay: null, serviceSendsPerHour: null, domainSendsPerHour: null, mailboxSendsPerHour: null, serviceSendsPerMinute: null, domainSendsPerMinute: null,
  mailboxSendsPerMinute: null, recipientsPerMessage: 50, messageBytes: 50 * 1024 ** 2, syncJobs: 0, temporaryAliases: 5, domainAdministrators: 1, delegates: 1, features: [], hasAddOns: false,
};

/** The newest version of a plan, as the form about the next one begins. */
export function termsOf(plan: Whole): Terms {
  const addOns = Object.fromEntries(ADD_ONS.flatMap((one) => {
    const found = plan.addOns?.[one];
    return found ? [[`${one}Step`, found.step], [`${one}Max`, found.max], [`${one}Price`, price(found.monthlyCents)]] : [];
  }));
  return { ...plan.limits, ...addOns, version: plan.version, planId: plan.id, name: plan.name, frenchName: plan.frenchName ?? '', month: price(plan.monthlyCents), year: price(plan.annualCents), hasAddOns: plan.addOns !== null };
}

const isPrice = (value: Value) => (PRICE.test(String(value).trim()) ? '' : t('operations.terms.price'));
const LABELS: Record<string, string> = {
  aliasDomains: 'operations.aliasDomains', domainAdministrators: 'limit.administrators', delegates: 'operations.delegates', mailboxQuotaDefaultBytes: 'limit.quotaDefault',
  mailboxQuotaMaxBytes: 'limit.quotaMax', messageBytes: 'limit.message', serviceSendsPerDay: 'limit.serviceSends', domainSendsPerDay: 'limit.domainSends', mailboxSendsPerDay: 'limit.mailboxSends',
};
const label = (name: string) => t(LABELS[name] ?? `limit.${name}`);
const noMoreThan = (other: string) => (value: Value, all: Values) => (Number(value) > Number(all[other]) ? t('field.high', { max: size(Number(all[other])) }) : '');

/** The fields; those of additions where there are any. */
export function termSpecs(isNew: boolean, values: Values): FieldSpec[] {
  const counted = (name: string): FieldSpec => ({ name, kind: 'number', label: label(name), max: COUNT_MAX, isRequired: true });
  const sized = (name: string, check?: FieldSpec['check']): FieldSpec => ({ name, kind: 'size', label: label(name), min: 1, isRequired: true, check });
  const addOn = (one: string): FieldSpec[] => {
    const kind = one === 'storage' ? 'size' : 'number';
    const what = one === 'sends' ? t('limit.serviceSends') : t(`limit.${one}`);
    return [
      { name: `${one}Step`, kind, label: t('operations.terms.step'), group: t('operations.terms.addOn', { what }), min: 1, isRequired: true },
      { name: `${one}Max`, kind, label: t('operations.terms.max'), hint: t('operations.terms.maxHint'), isRequired: true },
      { name: `${one}Price`, kind: 'text', label: t('operations.terms.stepPrice'), isRequired: true, check: isPrice },
    ];
  };
  return [
    ...(isNew ? [{ name: 'slug', kind: 'text', label: t('operations.terms.slug'), hint: t('operations.terms.slugHint'), isRequired: true, check: (value) => (SLUG.test(String(value).trim()) ? '' : t('operations.terms.slugHint')) } as FieldSpec] : []),
    { name: 'name', kind: 'text', label: t('operations.terms.name'), maxlength: NAME_LENGTH_MAX, isRequired: true },
    { name: 'frenchName', kind: 'text', label: t('operations.terms.frenchName'), hint: t('operations.terms.frenchNameHint'), maxlength: NAME_LENGTH_MAX },
    { name: 'month', kind: 'text', label: t('operations.terms.month'), group: t('operations.terms.prices'), hint: t('operations.terms.priceHint'), isRequired: true, check: isPrice },
    { name: 'year', kind: 'text', label: t('operations.terms.year'), isRequired: true, check: isPrice },
    { name: 'domainMode', kind: 'select', label: t('operations.domainMode'), group: t('operations.terms.limits'), options: [{ value: 'OWN', label: t('operations.ownDomains') }, { value: 'SHARED', label: t('plan.shared') }] },
    ...COUNTS.map(counted),
    sized('storageBytes'), sized('mailboxQuotaDefaultBytes', noMoreThan('mailboxQuotaMaxBytes')), sized('mailboxQuotaMaxBytes', noMoreThan('storageBytes')), sized('messageBytes'),
    { ...counted('recipientsPerMessage'), label: t('limit.recipients'), min: 1 },
    ...SENDS.map((name): FieldSpec => ({ ...counted(name), isRequired: false, hint: t('operations.terms.noLimit') })),
    { name: 'features', kind: 'choices', label: t('operations.features'), options: FEATURES.map((value) => ({ value, label: named('feature', value) })) },
    { name: 'hasAddOns', kind: 'check', label: t('operations.terms.hasAddOns'), hint: t('operations.terms.hasAddOnsHint') },
    ...(values.hasAddOns === true ? ADD_ONS.flatMap(addOn) : []),
  ];
}

/** The terms as the API takes them. */
export function inputOf(terms: Record<string, unknown>): PlanTermsInput {
  const number = (name: string) => Number(terms[name]);
  const optional = (name: string) => (terms[name] === null || terms[name] === '' ? null : number(name));
  const some = (names: readonly string[], of: (name: string) => number | null) => Object.fromEntries(names.map((name) => [name, of(name)]));
  const addOns = Object.fromEntries(ADD_ONS.map((one) => [one, { step: number(`${one}Step`), max: number(`${one}Max`), monthlyCents: cents(terms[`${one}Price`]) }]));
  const limits = { ...some([...COUNTS, ...SIZES, 'recipientsPerMessage'], number), ...some(SENDS, optional), domainMode: terms.domainMode, features: terms.features };
  const whole = { name: terms.name, frenchName: terms.frenchName || null, monthlyCents: cents(terms.month), annualCents: cents(terms.year), limits, addOns: terms.hasAddOns === true ? addOns : null };
  return whole as PlanTermsInput;
}

export interface Difference { name: string; label: string; from: string; to: string }

/** What differs between the version that was looked at and what is typed, for people. */
export function differences(on: Terms, values: Values): Difference[] {
  const none = t('limit.none');
  const shown = (spec: FieldSpec, value: unknown): string => {
    if (Array.isArray(value)) return value.length === 0 ? '–' : [...value].sort().map((one) => named('feature', String(one))).join(', ');
    if (spec.kind === 'check') return t(value === true ? 'operations.terms.yes' : 'operations.terms.no');
    if (value === null || value === undefined || value === '') return (SENDS as readonly string[]).includes(spec.name) ? none : '–';
    if (spec.kind === 'size') return size(Number(value));
    if (spec.kind === 'number') return count(Number(value));
    if (spec.check === isPrice) return PRICE.test(String(value).trim()) ? money(cents(value), CURRENCY) : String(value);
    return spec.options?.find((option) => option.value === value)?.label ?? String(value);
  };
  const specs = termSpecs(false, { ...values, hasAddOns: values.hasAddOns === true || on.hasAddOns === true });
  return specs.flatMap((spec) => {
    const [from, to] = [shown(spec, on[spec.name]), shown(spec, values[spec.name])];
    const what = spec.name.endsWith('Step') || spec.name.endsWith('Max') || spec.name.endsWith('Price') ? `${addOnOf(spec.name)}: ${spec.label}` : spec.label;
    return from === to ? [] : [{ name: spec.name, label: what, from, to }];
  });
}

function addOnOf(name: string): string {
  const one = ADD_ONS.find((addOn) => name.startsWith(addOn)) ?? '';
  return one === 'sends' ? t('limit.serviceSends') : t(`limit.${one}`);
}
