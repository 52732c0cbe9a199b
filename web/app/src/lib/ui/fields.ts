// Forms told by a list: what each field is called, what it takes, and how its value travels to the API and back.
import { count, dayOf, endOfDay, size } from '../format';
import { t } from '../i18n/messages';

export interface FieldSpec {
  name: string;
  kind: 'text' | 'email' | 'password' | 'number' | 'size' | 'check' | 'select' | 'lines' | 'area' | 'code' | 'date' | 'choices';
  label: string;
  hint?: string;
  options?: { value: string; label: string }[];
  /** A heading above this field and those that follow. */
  group?: string;
  isRequired?: boolean;
  /** Shown, and not to be changed. */
  isDisabled?: boolean;
  /** Of numbers; of sizes in octets; of lines how many. */
  min?: number;
  max?: number;
  /** In characters. */
  maxlength?: number;
  rows?: number;
  /** What else a value must be; what is wrong with it, or nothing. */
  check?: (value: Value, all: Values) => string;
}

export type Value = string | boolean | string[];
export type Values = Record<string, Value>;

/** What the fields hold for `thing`, an answer of the API. What it does not have is empty. */
export function shown(specs: FieldSpec[], thing: object): Values {
  const source = thing as Record<string, unknown>;
  return Object.fromEntries(specs.map(({ name, kind }) => {
    const value = source[name];
    if (kind === 'check') return [name, value === true];
    if (kind === 'lines') return [name, Array.isArray(value) ? value.join('\n') : ''];
    if (kind === 'choices') return [name, Array.isArray(value) ? value.map(String) : []];
    if (kind === 'date') return [name, typeof value === 'string' ? dayOf(value) : ''];
    return [name, value === null || value === undefined ? '' : String(value)];
  }));
}

/** One value as the API takes it; an empty number, size or date is none. */
export function given(spec: FieldSpec, value: Value | undefined): unknown {
  if (typeof value !== 'string') return value ?? null;
  switch (spec.kind) {
    case 'number': case 'size': return value.trim() === '' ? null : Number(value);
    case 'lines': return lines(value);
    case 'date': return value === '' ? null : endOfDay(value);
    case 'email': return value.trim() === '' ? null : value.trim();
    case 'area': case 'code': case 'password': return value;
    default: return value.trim();
  }
}

/** Only what was changed, as the API takes it. */
export function changes(specs: FieldSpec[], before: Values, after: Values): Record<string, unknown> {
  const changed = specs.filter(({ name, isDisabled }) => !isDisabled && String(before[name] ?? '') !== String(after[name] ?? ''));
  return Object.fromEntries(changed.map((spec) => [spec.name, given(spec, after[spec.name])]));
}

/** Whether something can be an e-mail address at all; whoever takes it looks closer. */
export function isAddress(text: string): boolean {
  return /^[^\s@]+@[^\s@]+$/.test(text.trim());
}

/** Whether a date field holds a day, and not what the browser could make none of. */
export function isDay(text: string): boolean {
  return /^\d{4}-\d{2}-\d{2}$/.test(text);
}

/** What is wrong with a value before it is sent, with the limit; empty where nothing is. */
export function fault(spec: FieldSpec, all: Values): string {
  const value = all[spec.name];
  const text = typeof value === 'string' ? value.trim() : '';
  if (spec.isDisabled) return '';
  if (spec.isRequired && value !== true && text === '') return t('field.required');
  if (spec.maxlength !== undefined && text.length > spec.maxlength) return t('field.long', { max: spec.maxlength });
  if ((spec.kind === 'number' || spec.kind === 'size') && text !== '') {
    const number = Number(text);
    const show = spec.kind === 'size' ? size : count;
    if (spec.kind === 'size' && !Number.isFinite(number)) return t('field.number');
    if (!Number.isFinite(number) || number < (spec.min ?? 0)) return t('field.low', { min: show(spec.min ?? 0) });
    if (spec.max !== undefined && number > spec.max) return t('field.high', { max: show(spec.max) });
  }
  if (spec.kind === 'lines' && spec.max !== undefined && lines(text).length > spec.max) return t('field.many', { max: spec.max });
  return value === undefined ? '' : (spec.check?.(value, all) ?? '');
}

function lines(text: string): string[] {
  return text.split(/[\n,;]+/).map((one) => one.trim()).filter(Boolean);
}

const UNITS = [1, 1024, 1024 ** 2, 1024 ** 3, 1024 ** 4];
const UNIT_WORDS = ['B', 'KIB', 'MIB', 'GIB', 'TIB'];

/** Octets that people have written: `2 GiB`, `1,5 Go`, `512M`; a bare number is in mebibytes. Null where it is none. */
export function octets(text: string): number | null {
  const found = /^([\d\s\u00a0\u202f]+(?:[.,]\d+)?)\s*([a-z]*)$/i.exec(text.trim());
  if (!found) return null;
  const unit = (found[2] ?? '').toUpperCase().replace(/O$/, 'B').replace(/^([KMGT])B?$/, '$1IB');
  const at = unit === '' ? 2 : UNIT_WORDS.indexOf(unit);
  const number = Number((found[1] ?? '').replace(/[\s\u00a0\u202f]/g, '').replace(',', '.'));
  const factor = UNITS[at];
  return factor === undefined || !Number.isFinite(number) ? null : Math.round(number * factor);
}
