// What an event changed, in a few words for people. Programs read the download or the API.
import { shortId } from '../lib/format';

const LENGTH_MAX = 60;
const ID = /^[a-z]{4}_[0-9a-f]{32}$/;

/** A value as it fits into a line: ids shortened, long texts cut, structures left out. */
export function brief(value: string | null): string {
  if (value === null || value === '') return '–';
  if (ID.test(value)) return shortId(value);
  if (/^[[{]/.test(value)) return '…';
  const letters = [...value];
  return letters.length > LENGTH_MAX ? `${letters.slice(0, LENGTH_MAX - 1).join('')}…` : value;
}
