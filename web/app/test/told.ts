// What the history tells of a field, in French: the texts and what reads them are one module there.
import french from '../src/dashboard/past/words/fr';
import { brief } from '../src/dashboard/change';
import { speak } from '../src/lib/i18n/messages';

export function inFrench(field: string, value: string): string {
  speak('fr', french);
  return brief(value, field);
}
