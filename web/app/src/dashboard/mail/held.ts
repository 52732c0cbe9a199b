// How much of what a mailbox sends is held: said before it is destroyed.
import { ask } from '../../lib/api/client';
import { t } from '../../lib/i18n/messages';
import { HeldNumbers, PlatformHeldNumbers, type HeldNumbersResult, type PlatformHeldNumbersResult } from '../../generated/api';

/** Most pages of a hundred recipients that are counted. */
const PAGE_COUNT_MAX = 10;

/** Messages and recipients in words, of a mailbox of `account`; none named: of whichever, for the operator. Empty where that is not known. */
export async function heldAmount(mailboxId: string, account: string | null): Promise<string> {
  const messages = new Set<number>();
  let recipients = 0;
  let after: string | null = null;
  try {
    for (let page = 0; page < PAGE_COUNT_MAX; page += 1) {
      const found: HeldNumbersResult['queue'] | PlatformHeldNumbersResult['platformQueue'] = account === null ? (await ask(PlatformHeldNumbers, { mailboxId, after })).platformQueue : (await ask(HeldNumbers, { accountId: account, mailboxId, after })).queue;
      for (const one of found.nodes) messages.add(one.number);
      recipients += found.nodes.length;
      after = found.pageInfo.hasNextPage ? found.pageInfo.endCursor : null;
      if (after === null) break;
    }
  } catch {
    return '';
  }
  if (recipients === 0) return '';
  const what = `${t('mail.held.messages', { count: messages.size })} ${t('mail.held.to', { count: recipients })}`;
  return after === null ? what : t('mail.held.atLeast', { what });
}
