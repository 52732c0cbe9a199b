// What the history tells of a field, in French: the texts and what reads them are one module there.
import main from '../src/dashboard/messages/fr';
import notices from '../src/dashboard/notices/words/fr';
import past from '../src/dashboard/past/words/fr';
import { brief } from '../src/dashboard/change';
import { plainDay } from '../src/lib/format';
import { speak, t } from '../src/lib/i18n/messages';

export function inFrench(field: string, value: string): string {
  speak('fr', main, notices, past);
  return brief(value, field);
}

/** A day without a time, in French. */
export function dayInFrench(day: string): string {
  speak('fr', main);
  return plainDay(day);
}

/** A text of the dashboard, once `inFrench` was asked. */
export { t as french };
