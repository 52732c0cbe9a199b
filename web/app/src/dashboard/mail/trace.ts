// What happened to messages, as the screens of trace and queue show it.
import type { Tone } from '../../lib/ui/Badge.svelte';
import type { MailStage } from '../../generated/api';

export const STAGE_TONES: Partial<Record<MailStage, Tone>> = { STORED: 'good', DELIVERED: 'good', REFUSED: 'danger', BOUNCED: 'danger', REMOVED: 'danger', CONDEMNED: 'danger', DEFERRED: 'warn', HELD: 'warn', SUSPENDED: 'warn', REPORTED: 'warn', QUEUED: 'info', RECEIVED: 'info', SUBMITTED: 'info' };

/** What a server has said, in one line; empty where nobody said anything. */
export function said(reply: { code: number; enhanced: string; text: string; host: string | null } | null): string {
  return reply ? [reply.code || '', reply.enhanced, reply.text, reply.host ? `(${reply.host})` : ''].filter(Boolean).join(' ') : '';
}
