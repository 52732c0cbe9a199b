// What a pool holds: how it is typed, and how it is shown.
import { count, size } from '../../lib/format';
import { t } from '../../lib/i18n/messages';
import type { FieldSpec } from '../../lib/ui/fields';
import type { ResourcesInput } from '../../generated/api';

export type Amounts = ResourcesInput;
export type Kind = keyof Amounts;

export const KINDS: Kind[] = ['services', 'domains', 'mailboxes', 'storageBytes'];
export const NOTHING: Amounts = { services: 0, domains: 0, mailboxes: 0, storageBytes: 0 };

/** How much of `kind`, for people. */
export function shownAmount(kind: Kind, value: number): string {
  return kind === 'storageBytes' ? size(value) : count(value);
}

/** The fields; beside each, how much is left to give beyond `now`. */
export function amountSpecs(free: Amounts | null, now: Amounts): FieldSpec[] {
  return KINDS.map((kind) => ({
    name: kind, kind: kind === 'storageBytes' ? 'size' : 'number', label: t(`reseller.amount.${kind}`), isRequired: true,
    hint: free ? t('reseller.amount.most', { most: shownAmount(kind, free[kind] + now[kind]) }) : '',
  }));
}

/** All four, of which the form tells what was changed. */
export function whole(now: Amounts, changed: Record<string, unknown>): Amounts {
  return Object.fromEntries(KINDS.map((kind) => [kind, Number(changed[kind] ?? now[kind])])) as Amounts;
}
