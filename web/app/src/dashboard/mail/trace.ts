// What happened to messages, as the screens of trace and queue show it.
import { boot } from '../../lib/boot';
import { t } from '../../lib/i18n/messages';
import type { Tone } from '../../lib/ui/Badge.svelte';
import type { MailStage } from '../../generated/api';

export const STAGE_TONES: Partial<Record<MailStage, Tone>> = { STORED: 'good', DELIVERED: 'good', REFUSED: 'danger', BOUNCED: 'danger', REMOVED: 'danger', CONDEMNED: 'danger', DEFERRED: 'warn', HELD: 'warn', SUSPENDED: 'warn', REPORTED: 'warn', QUEUED: 'info', RECEIVED: 'info', SUBMITTED: 'info' };

const ID = /^[a-z]{4}_[0-9a-f]{32}$/;

/** Who said it: a server by its name; of people of ours whoever looks is told of themselves alone, since ids are no words for people. */
function whose(host: string): string {
  if (!ID.test(host)) return `(${host})`;
  return host === boot.viewer.userId || host === boot.viewer.mailboxId ? `(${t('history.you')})` : '';
}

/** What a server has said, in one line; empty where nobody said anything. */
export function said(reply: { code: number; enhanced: string; text: string; host: string | null } | null): string {
  return reply ? [reply.code || '', reply.enhanced, reply.text, reply.host ? whose(reply.host) : ''].filter(Boolean).join(' ') : '';
}
