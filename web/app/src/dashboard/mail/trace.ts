// What happened to messages, as the screens of trace and queue show it.
import { shortId } from '../../lib/format';
import type { Tone } from '../../lib/ui/Badge.svelte';
import type { MailStage } from '../../generated/api';

export const STAGE_TONES: Partial<Record<MailStage, Tone>> = { STORED: 'good', DELIVERED: 'good', REFUSED: 'danger', BOUNCED: 'danger', REMOVED: 'danger', CONDEMNED: 'danger', DEFERRED: 'warn', HELD: 'warn', SUSPENDED: 'warn', REPORTED: 'warn', QUEUED: 'info', RECEIVED: 'info', SUBMITTED: 'info' };

const ID = /^[a-z]{4}_[0-9a-f]{32}$/;

/** What a server has said, in one line; empty where nobody said anything. Where somebody of ours said it, by the end of their id. */
export function said(reply: { code: number; enhanced: string; text: string; host: string | null } | null): string {
  return reply ? [reply.code || '', reply.enhanced, reply.text, reply.host ? `(${ID.test(reply.host) ? shortId(reply.host) : reply.host})` : ''].filter(Boolean).join(' ') : '';
}
