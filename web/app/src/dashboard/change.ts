// What an event changed, in a few words for people. Programs read the download or the API.
import { dateTime, shortId, size } from '../lib/format';
import { language, learn, named } from '../lib/i18n/messages';

const LENGTH_MAX = 60;
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;
const ID = /^[a-z]{4}_[0-9a-f]{32}$/;

let words: Promise<void> | undefined;

/** Loads what fields are called: only where the past of something is shown. */
export function fieldWords(): Promise<void> {
  words ??= (language() === 'fr' ? import('./past/words/fr') : import('./past/words/en')).then((part) => learn(part.default));
  return words;
}

/** What people call a field such as `settings.junk_score`; one that has no words yet is told by its own. */
export function fieldName(path: string): string {
  const last = path.split('.').filter((part) => !/^\d+$/.test(part)).pop() ?? path;
  const plain = last.replace(/_ms$/, '');
  const found = named('changed', plain);
  return found === plain ? plain.replaceAll('_', ' ') : found;
}

/** A value of a field as it fits into a line: times and sizes as people read them, ids shortened, long texts cut, structures left out. */
export function brief(value: string | null, field: string): string {
  if (value === null || value === '') return '–';
  if (/_ms$/.test(field) && /^\d{12,14}$/.test(value)) return dateTime(new Date(Number(value)).toISOString());
  if (INSTANT.test(value)) return dateTime(value);
  if (/(^|_)(bytes|octets)(_max)?$/.test(field.split('.').pop() ?? '') && /^\d{1,15}$/.test(value)) return size(Number(value));
  if (value === 'true' || value === 'false') return named('changed', value);
  if (ID.test(value)) return shortId(value);
  if (/^[[{]/.test(value)) return '…';
  const letters = [...value];
  return letters.length > LENGTH_MAX ? `${letters.slice(0, LENGTH_MAX - 1).join('')}…` : value;
}
