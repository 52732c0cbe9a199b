// Dates, sizes and money as people of the page's language write them.
import { language, t } from './i18n/messages';
import { preference } from './preference';

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
  const number = new Intl.NumberFormat(language(), { maximumFractionDigits: digits }).format(value);
  return `${number} ${t(`unit.${UNITS[unit]}`)}`;
}

export function count(value: number): string {
  return new Intl.NumberFormat(language()).format(value);
}

export function percent(part: number, whole: number): number {
  return whole <= 0 ? (part > 0 ? 100 : 0) : Math.round((part / whole) * 100);
}

export function money(cents: number, currency: string): string {
  return new Intl.NumberFormat(language(), { style: 'currency', currency }).format(cents / 100);
}

let chosen: string | null = null;

/** Shows times as they are there: what the user has chosen for all devices; null: here. */
export function showTimesIn(zone: string | null): void {
  chosen = zone;
}

function zone(): string | undefined {
  // On this device something else may be liked than everywhere.
  return preference('zone') ?? chosen ?? undefined;
}

export function date(moment: string): string {
  return new Intl.DateTimeFormat(language(), { dateStyle: 'long', timeZone: zone() }).format(new Date(moment));
}

export function dateTime(moment: string): string {
  return new Intl.DateTimeFormat(language(), { dateStyle: 'medium', timeStyle: 'short', timeZone: zone() }).format(new Date(moment));
}

/** The time of day. */
export function clock(moment: string): string {
  return new Intl.DateTimeFormat(language(), { timeStyle: 'short', timeZone: zone() }).format(new Date(moment));
}

const STEPS: [Intl.RelativeTimeFormatUnit, number][] = [
  ['year', 31_536_000], ['month', 2_592_000], ['week', 604_800], ['day', 86_400], ['hour', 3_600], ['minute', 60],
];

/** How long ago, or how soon. */
export function relative(moment: string, now = Date.now()): string {
  const seconds = (new Date(moment).getTime() - now) / 1000;
  const format = new Intl.RelativeTimeFormat(language(), { numeric: 'auto' });
  for (const [unit, length] of STEPS) {
    if (Math.abs(seconds) >= length) return format.format(Math.trunc(seconds / length), unit);
  }
  return format.format(Math.trunc(seconds), 'second');
}

/** An id shortened for lists: what it names and its last digits. */
export function shortId(id: string): string {
  return id.length > 14 ? `${id.slice(0, 5)}…${id.slice(-6)}` : id;
}
