// Mailboxes from a table: read, checked row by row before anything is made.
import { parseCsv, CSV_ROW_COUNT_MAX } from '../../lib/csv';
import { t } from '../../lib/i18n/messages';
import { octets } from '../../lib/ui/fields';
import { above } from './specs';
import { parts, type MailDomain } from './mail.svelte';

export interface ImportRow {
  line: number;
  address: string;
  localPart: string;
  domain: MailDomain | undefined;
  displayName: string;
  quotaBytes: number;
  password: string;
  /** Why it cannot be made; empty where nothing is known against it. */
  why: string;
}

const HEADINGS: Record<string, string[]> = {
  address: ['address', 'adresse', 'email', 'e-mail', 'mailbox', 'boîte'],
  name: ['name', 'nom', 'display name', 'nom affiché'],
  quota: ['quota'],
  password: ['password', 'mot de passe'],
};
const PASSWORD_OCTETS_MIN = 10;
const LOCAL = /^[\p{L}\p{N}!#$%&'*+/=?^_`{|}~-]+(\.[\p{L}\p{N}!#$%&'*+/=?^_`{|}~-]+)*$/u;

/** The rows of `text`, each with what speaks against it. `taken`: addresses that exist, in lower case. */
export function readMailboxes(text: string, domains: MailDomain[], taken: Set<string>): ImportRow[] {
  const table = parseCsv(text);
  const first = table[0]?.map((cell) => cell.toLowerCase()) ?? [];
  const column = (key: string) => first.findIndex((cell) => HEADINGS[key]?.includes(cell));
  const hasHeadings = column('address') >= 0;
  const at = hasHeadings ? { address: column('address'), name: column('name'), quota: column('quota'), password: column('password') } : { address: 0, name: 1, quota: 2, password: 3 };
  const seen = new Set<string>();
  // What the rows before take away is no longer there for those that follow.
  const left = new Map(domains.map((domain) => [domain.id, { ...domain, room: domain.room ? { ...domain.room } : null }]));
  return table.slice(hasHeadings ? 1 : 0, CSV_ROW_COUNT_MAX).map((cells, index) => {
    const row = parsed(cells, at, domains);
    const room = row.domain && left.get(row.domain.id);
    const why = fault(row, room, seen, taken);
    seen.add(row.address.toLowerCase());
    if (!why && room?.room) {
      room.room.mailboxes += 1;
      room.room.quotaBytes += row.quotaBytes;
    }
    return { ...row, why, line: index + (hasHeadings ? 2 : 1) };
  });
}

function parsed(cells: string[], at: Record<'address' | 'name' | 'quota' | 'password', number>, domains: MailDomain[]): ImportRow {
  const cell = (index: number) => (index < 0 ? '' : (cells[index] ?? '').trim());
  const [localPart, name] = parts(cell(at.address));
  const only = domains.length === 1 ? domains[0] : undefined;
  const domain = name === '' ? only : domains.find((one) => [one.name, one.unicodeName].includes(name.toLowerCase()));
  const quota = cell(at.quota);
  return {
    line: 0, localPart, domain, displayName: cell(at.name), password: cell(at.password), why: '',
    address: name === '' && only ? `${localPart}@${only.unicodeName}` : cell(at.address),
    quotaBytes: quota === '' ? (domain?.room?.mailboxQuotaDefaultBytes ?? 0) : (octets(quota) ?? Number.NaN),
  };
}

function fault(row: ImportRow, room: MailDomain | undefined, seen: Set<string>, taken: Set<string>): string {
  const address = row.address.toLowerCase();
  if (row.localPart === '') return t('mail.import.noAddress');
  if (!row.domain) return t('mail.import.noDomain', { domain: parts(row.address)[1] || '–' });
  if (!LOCAL.test(row.localPart) || row.localPart.length > 64) return t('mail.import.badAddress');
  if (seen.has(address)) return t('mail.import.twice');
  if (taken.has(address)) return t('mail.import.taken');
  if (!Number.isFinite(row.quotaBytes)) return t('mail.import.badQuota');
  if (row.password !== '' && new TextEncoder().encode(row.password).length < PASSWORD_OCTETS_MIN) return t('mail.field.password.short');
  return above(row.quotaBytes, room);
}
