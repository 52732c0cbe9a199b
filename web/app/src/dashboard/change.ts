// What an event changed, in a few words for people. Programs read the download or the API.
import { dateTime, money, shortId, size } from '../lib/format';
import { has, language, learn, named, t } from '../lib/i18n/messages';

const LENGTH_MAX = 60;
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;
const ID = /^[a-z]{4}_[0-9a-f]{32}$/;
const WHOLE = /^\d{1,15}$/;
/** What prices are in: no plan has another one. */
const CURRENCY = 'EUR';

let words: Promise<void> | undefined;

/** Fields whose words stand among others: what a notice tells, what may be done, what a webhook hears of. */
const ELSEWHERE: Record<string, (word: string) => string> = {
  kind: (word) => `notice.${word}`, link_of: (word) => `notice.${word}`, permissions: (word) => `permission.${word}`,
  kinds: (word) => (word === '*' ? 'hooks.allKinds' : `event.${word}`), rights: (word) => `right.${word.toUpperCase()}`,
};

/** Loads what fields and notices are called: only where the past of something is shown. */
export function fieldWords(): Promise<void> {
  words ??= Promise.all(language() === 'fr' ? [import('./past/words/fr'), import('./notices/words/fr')] : [import('./past/words/en'), import('./notices/words/en')]).then(
    (parts) => parts.forEach((part) => learn(part.default)),
    // What did not come is asked for again.
    (error: unknown) => {
      words = undefined;
      throw error;
    },
  );
  return words;
}

/** A field by its own name: the last of its path, without its unit of time. */
function plainName(path: string): string {
  return (path.split('.').filter((part) => !/^\d+$/.test(part)).pop() ?? path).replace(/_ms$/, '');
}

/** What people call a field such as `settings.imap`; one that has no words yet is told by its own. */
export function fieldName(path: string): string {
  const plain = plainName(path);
  const found = named('changed', plain);
  return found === plain ? plain.replaceAll('_', ' ') : found;
}

/** A number of a field in the unit that its name says; nothing where it has none. */
function measured(value: number, field: string): string {
  if (/(^|_)cents$/.test(field)) return money(value, CURRENCY);
  if (/(^|_)centi$/.test(field)) return new Intl.NumberFormat(language()).format(value / 100);
  if (/_secs$/.test(field)) return new Intl.NumberFormat(language(), { style: 'unit', unit: 'second' }).format(value);
  if (/(^|_)(bytes|octets)_per_second_max$/.test(field)) return t('history.perSecond', { size: size(value) });
  return /(^|_)(bytes|octets)(_max)?$/.test(field) ? size(value) : '';
}

/**
 * A value of a field as it fits into a line: words of the platform in the language of whoever reads, times, sizes and prices
 * as people read them, ids shortened, long texts cut, structures left out.
 */
export function brief(value: string | null, field: string): string {
  if (value === null || value === '') return '–';
  if (/_ms$/.test(field) && /^\d{12,14}$/.test(value)) return dateTime(new Date(Number(value)).toISOString());
  if (INSTANT.test(value)) return dateTime(value);
  const plain = plainName(field);
  const number = WHOLE.test(value) ? measured(Number(value), plain) : '';
  if (number) return number;
  const words = value.split(', ').map((word) => [`value.${plain}.${word}`, ELSEWHERE[plain]?.(word) ?? ''].find(has));
  if (words.every((word) => word !== undefined)) return words.map((word) => t(word)).join(', ');
  if (value === 'true' || value === 'false') return named('changed', value);
  if (ID.test(value)) return shortId(value);
  if (/^[[{]/.test(value)) return '…';
  const letters = [...value];
  return letters.length > LENGTH_MAX ? `${letters.slice(0, LENGTH_MAX - 1).join('')}…` : value;
}
