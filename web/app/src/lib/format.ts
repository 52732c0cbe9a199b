// Dates, sizes and money as people of the page's language write them.
import { language, t } from './i18n/messages';

/** Formats are dear to make, some 50 microseconds, and asked for by the ten thousand: each is made once. */
const made = new Map<string, unknown>();
function once<F>(make: new (tag: string, options: never) => F, options: object): F {
  const key = `${make.name} ${language()} ${JSON.stringify(options)}`;
  let format = made.get(key) as F | undefined;
  if (!format) made.set(key, (format = new make(language(), options as never)));
  return format;
}
const numbers = (options: Intl.NumberFormatOptions): Intl.NumberFormat => once(Intl.NumberFormat, options);
const dates = (options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat => once(Intl.DateTimeFormat, options);

const UNITS = ['byte', 'kibibyte', 'mebibyte', 'gibibyte', 'tebibyte'];

/** Octets with the binary units that quotas are given in, for example `1.5 GiB` or `1,5 Gio`. */
export function size(octets: number): string {
  let value = octets;
  let unit = 0;
  while (value >= 1024 && unit < UNITS.length - 1) {
    value /= 1024;
    unit += 1;
  }
  const digits = unit === 0 || value >= 100 ? 0 : value >= 10 ? 1 : 2;
  const number = numbers({ maximumFractionDigits: digits }).format(value);
  return `${number} ${t(`unit.${UNITS[unit]}`)}`;
}

export function count(value: number): string {
  return numbers({}).format(value);
}

export function percent(part: number, whole: number): number {
  return whole <= 0 ? (part > 0 ? 100 : 0) : Math.round((part / whole) * 100);
}

export function money(cents: number, currency: string): string {
  return numbers({ style: 'currency', currency }).format(cents / 100);
}

let chosen: string | null = null;

/** Shows times, and means typed days, as they are there: what was chosen; null: where this device is. */
export function showTimesIn(zone: string | null): void {
  chosen = zone;
}

function zone(): string | undefined {
  return chosen ?? undefined;
}

/** In French the first of a month is an ordinal, which browsers do not write. */
function ordinal(text: string): string {
  return language() === 'fr' ? text.replace(/^1(?=\s)/, '1er') : text;
}

/** A day without a time, such as a due date: the same day everywhere. */
export function plainDay(day: string): string {
  return ordinal(dates({ dateStyle: 'long', timeZone: 'UTC' }).format(new Date(`${day}T00:00:00Z`)));
}

/** What clocks in the user's zone show at `moment`, as if it were UTC, to the second. */
function wall(moment: number): number {
  const parts = new Intl.DateTimeFormat('en-US', { timeZone: zone(), hourCycle: 'h23', year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric' }).formatToParts(moment);
  const part = (type: string) => Number(parts.find((one) => one.type === type)?.value);
  return Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second'));
}

/** The day on which `moment` falls in the user's zone, as date fields hold it: `2026-11-26`. */
export function dayOf(moment: string | number): string {
  return new Date(wall(new Date(moment).getTime())).toISOString().slice(0, 10);
}

/** When a day of a date field begins in the user's zone. */
export function startOfDay(day: string): string {
  const wanted = Date.parse(`${day}T00:00:00Z`);
  // Once with the offset of about then, once with that of the moment itself: clocks may be changed in between.
  const near = wanted - (wall(wanted) - wanted);
  return new Date(wanted - (wall(near) - near)).toISOString();
}

/** The last second of a day of a date field in the user's zone. */
export function endOfDay(day: string): string {
  const next = new Date(Date.parse(`${day}T00:00:00Z`) + 86_400_000).toISOString().slice(0, 10);
  return new Date(Date.parse(startOfDay(next)) - 1000).toISOString();
}

export function date(moment: string): string {
  return ordinal(dates({ dateStyle: 'long', timeZone: zone() }).format(new Date(moment)));
}

export function dateTime(moment: string): string {
  return ordinal(dates({ dateStyle: 'medium', timeStyle: 'short', timeZone: zone() }).format(new Date(moment)));
}

/** The time of day. */
export function clock(moment: string): string {
  return dates({ timeStyle: 'short', timeZone: zone() }).format(new Date(moment));
}

const STEPS: [Intl.RelativeTimeFormatUnit, number][] = [
  ['year', 31_536_000], ['month', 2_592_000], ['week', 604_800], ['day', 86_400], ['hour', 3_600], ['minute', 60],
];

/** How long ago, or how soon. */
export function relative(moment: string, now = Date.now()): string {
  const seconds = (new Date(moment).getTime() - now) / 1000;
  const format = once(Intl.RelativeTimeFormat, { numeric: 'auto' });
  for (const [unit, length] of STEPS) {
    if (Math.abs(seconds) >= length) return format.format(Math.trunc(seconds / length), unit);
  }
  return format.format(Math.trunc(seconds), 'second');
}

/** How soon, of something that is to come: once its moment is here, now, and not some seconds ago. */
export function soon(moment: string, now = Date.now()): string {
  return relative(new Date(Math.max(new Date(moment).getTime(), now)).toISOString(), now);
}

/** An id shortened for lists: what it names and its last digits. */
export function shortId(id: string): string {
  return id.length > 14 ? `${id.slice(0, 5)}…${id.slice(-6)}` : id;
}
