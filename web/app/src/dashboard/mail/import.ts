// Mailboxes and aliases from a table: read, checked row by row before anything is made.
import { parseCsv, CSV_ROW_COUNT_MAX } from '../../lib/csv';
import { t } from '../../lib/i18n/messages';
import { octets } from '../../lib/ui/fields';
import { above, detailed } from './specs';
import { parts, type MailDomain } from './mail.svelte';

export interface ImportedRow {
  /** Of the table, its first is 1. */
  line: number;
  /** Why it cannot be made; empty where nothing is known against it. */
  why: string;
}

export interface ImportRow extends ImportedRow {
  address: string;
  localPart: string;
  domain: MailDomain | undefined;
  displayName: string;
  quotaBytes: number;
  password: string;
}

export interface AliasRow extends ImportedRow {
  address: string;
  localPart: string;
  isCatchAll: boolean;
  domain: MailDomain | undefined;
  targets: string[];
}

const HEADINGS: Record<string, string[]> = {
  address: ['address', 'adresse', 'email', 'e-mail', 'mailbox', 'boîte'],
  name: ['name', 'nom', 'display name', 'nom affiché'],
  quota: ['quota'],
  password: ['password', 'mot de passe'],
  targets: ['targets', 'destinations', 'goto', 'to', 'vers'],
};
const TARGET_COUNT_MAX = 1000;
const TARGET = /^[^\s@]+@[^\s@]+$/u;
const PASSWORD_OCTETS_MIN = 10;
const LOCAL = /^[\p{L}\p{N}!#$%&'*+/=?^_`{|}~-]+(\.[\p{L}\p{N}!#$%&'*+/=?^_`{|}~-]+)*$/u;

/**
 * The rows of `text`, each with what speaks against it. `taken`: addresses that exist, in lower case. `isLeader`: whether
 * passwords are taken from whoever imports.
 */
export function readMailboxes(text: string, domains: MailDomain[], taken: Set<string>, isLeader = true): ImportRow[] {
  const table = parseCsv(text);
  const column = columns(table);
  const hasHeadings = column('address') >= 0;
  const at = hasHeadings ? { address: column('address'), name: column('name'), quota: column('quota'), password: column('password') } : { address: 0, name: 1, quota: 2, password: 3 };
  const seen = new Set<string>();
  // What the rows before take away is no longer there for those that follow.
  const left = new Map(domains.map((domain) => [domain.id, { ...domain, room: domain.room ? { ...domain.room } : null }]));
  return table.slice(hasHeadings ? 1 : 0, CSV_ROW_COUNT_MAX).map((cells, index) => {
    const row = parsed(cells, at, domains);
    const room = row.domain && left.get(row.domain.id);
    const why = fault(row, room, seen, taken) || (isLeader ? '' : row.password !== '' ? t('mail.leads.password') : detailed(row.localPart));
    seen.add(row.address.toLowerCase());
    if (!why && room?.room) {
      room.room.mailboxes += 1;
      room.room.quotaBytes += row.quotaBytes;
    }
    return { ...row, why, line: index + (hasHeadings ? 2 : 1) };
  });
}

/** Where a column stands, by its heading; -1: there is no such heading. */
function columns(table: string[][]): (key: string) => number {
  const first = table[0]?.map((cell) => cell.toLowerCase()) ?? [];
  return (key) => first.findIndex((cell) => HEADINGS[key]?.includes(cell));
}

/** The aliases of `text`: an address, and where it leads to, several parted by spaces or semicolons. `*@domain` is a catch-all. */
export function readAliases(text: string, domains: MailDomain[], taken: Set<string>, isLeader = true): AliasRow[] {
  const table = parseCsv(text);
  const column = columns(table);
  const hasHeadings = column('address') >= 0;
  const [address, targets] = hasHeadings ? [column('address'), column('targets')] : [0, 1];
  const seen = new Set<string>();
  const left = new Map(domains.map((domain) => [domain.id, domain.room ? domain.room.aliasesMax - domain.room.aliases : Number.POSITIVE_INFINITY]));
  return table.slice(hasHeadings ? 1 : 0, CSV_ROW_COUNT_MAX).map((cells, index) => {
    const [localPart, name] = parts((cells[address] ?? '').trim());
    const domain = name === '' && domains.length === 1 ? domains[0] : domains.find((one) => [one.name, one.unicodeName].includes(name.toLowerCase()));
    const isCatchAll = localPart === '*' || localPart === '';
    const row: AliasRow = {
      line: index + (hasHeadings ? 2 : 1), why: '', localPart, domain, isCatchAll,
      address: `${isCatchAll ? '*' : localPart}@${domain?.unicodeName ?? name}`,
      targets: (targets < 0 ? '' : (cells[targets] ?? '')).split(/[\s,;]+/).filter(Boolean),
    };
    row.why = aliasFault(row, (domain && left.get(domain.id)) ?? 0, seen, taken) || (isLeader ? '' : isCatchAll ? t('mail.leads.takes') : detailed(localPart));
    seen.add(row.address.toLowerCase());
    if (row.why === '' && domain) left.set(domain.id, (left.get(domain.id) ?? 0) - 1);
    return row;
  });
}

function aliasFault(row: AliasRow, left: number, seen: Set<string>, taken: Set<string>): string {
  const { domain } = row;
  if (!domain) return t('mail.import.noDomain', { domain: parts(row.address)[1] || '–' });
  if (row.isCatchAll && domain.room?.features.includes('CATCH_ALL') === false) return t('mail.aliases.noCatchAll');
  if (!row.isCatchAll && (!LOCAL.test(row.localPart) || row.localPart.length > 64)) return t('mail.import.badAddress');
  if (seen.has(row.address.toLowerCase())) return t('mail.import.twice');
  if (taken.has(row.address.toLowerCase())) return t('mail.import.taken');
  if (row.targets.length === 0) return t('mail.import.noTargets');
  if (row.targets.length > TARGET_COUNT_MAX) return t('field.many', { max: TARGET_COUNT_MAX });
  const wrong = row.targets.find((target) => !TARGET.test(target));
  if (wrong) return t('mail.import.badTarget', { target: wrong });
  return left <= 0 ? t('mail.fault.aliases', { used: domain.room?.aliases ?? 0, all: domain.room?.aliasesMax ?? 0 }) : '';
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
