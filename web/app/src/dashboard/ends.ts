// When a key or an app password ends, as a form changes it: left as it is, never, or so many days from now.
import { date } from '../lib/format';
import { t } from '../lib/i18n/messages';
import type { FieldSpec, Values } from '../lib/ui/fields';

/** Most days that the API takes. */
export const DAYS_MAX = 3650;

/** What a form about it begins with. */
export const UNCHANGED_END = { ends: 'same', expiresInDays: '' };

/** The fields; the days where they are wanted. */
export function endSpecs(values: Values, expiresAt: string | null): FieldSpec[] {
  const same = expiresAt ? t('ends.same', { date: date(expiresAt) }) : t('ends.sameNever');
  const options = [{ value: 'same', label: same }, { value: 'days', label: t('ends.days') }, ...(expiresAt ? [{ value: 'never', label: t('ends.never') }] : [])];
  const days: FieldSpec = { name: 'expiresInDays', kind: 'number', label: t('ends.count'), min: 1, max: DAYS_MAX, isRequired: true };
  return [{ name: 'ends', kind: 'select', label: t('keys.ends'), options }, ...(values.ends === 'days' ? [days] : [])];
}

/** What of it the API is told: nothing where it stays. */
export function endOf(changed: Record<string, unknown>): { expiresInDays?: number | null } {
  if (changed.ends === 'never') return { expiresInDays: null };
  return changed.ends === 'days' ? { expiresInDays: Number(changed.expiresInDays) } : {};
}
