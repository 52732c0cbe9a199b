// Who did something, through what and why, in a few words: of what the history of a thing tells and of the audit trail.
import type { HistoryResult } from '../generated/api';
import { boot } from '../lib/boot';
import { shortId } from '../lib/format';
import { has, named, t } from '../lib/i18n/messages';

type Entry = Omit<HistoryResult['history']['nodes'][number], 'changes'>;
type Actor = Pick<Entry, 'actor' | 'actorId' | 'actorName' | 'actorStanding'>;

/** Who acted: by name where that may be known, and by what they are to the account. */
export function who(entry: Actor): string {
  if (entry.actorId !== null && (entry.actorId === boot.viewer.userId || entry.actorId === boot.viewer.mailboxId)) return t('history.you');
  if (entry.actorStanding === 'PLATFORM') return t(`actor.${entry.actor}`);
  const name = entry.actorName;
  if (name !== null) return entry.actorStanding === 'OWN' ? name : t('history.named', { name, what: named('standing', entry.actorStanding) });
  if (entry.actorStanding === 'OWN' || entry.actorStanding === 'REMOVED') return `${entry.actorStanding === 'OWN' ? t(`actor.${entry.actor}`) : named('nameless', 'REMOVED')} ${shortId(entry.actorId ?? '')}`;
  return named('nameless', entry.actorStanding);
}

/** Through what they acted, and on whose behalf. */
export function through(entry: Entry): string {
  const via = entry.apiTokenName === null ? t(`via.${entry.via}`) : t('history.token', { name: entry.apiTokenName });
  return entry.onBehalfOf === null ? via : `${via} · ${t('history.behalf')}`;
}

/** Why it happened: what was asked for, where that was kept, what the platform reacted to, and the request that it was a part of. */
export function why(entry: Entry, together = 1): string {
  const reasons: string[] = [];
  // Where the platform acted by itself, its policy says so in words of its own.
  if (entry.command !== null && entry.command !== entry.actorId) reasons.push(t('history.asked', { what: named('command', entry.command) }));
  if (entry.actor === 'PLATFORM' && entry.actorId !== null && has(`policy.${entry.actorId}`)) reasons.push(named('policy', entry.actorId));
  if (entry.cause) reasons.push(t('history.cause', { event: named('event', entry.cause.kind), who: who(entry.cause) }));
  else if (entry.causedBy !== null) reasons.push(t('history.causeElsewhere'));
  else if (together > 1) reasons.push(t('history.together', { count: together - 1 }));
  return reasons.join(' · ');
}

/** How many of these entries each request has led to. */
export function counted(entries: { correlationId: string }[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { correlationId } of entries) counts.set(correlationId, (counts.get(correlationId) ?? 0) + 1);
  return counts;
}
