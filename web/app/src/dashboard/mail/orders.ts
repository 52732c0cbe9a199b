// Orders about mail that waits to leave: which states each reaches, and how it is given.
import { ask, type UserError } from '../../lib/api/client';
import { PlatformQueueDo, QueueBounce, QueueHold, QueueRelease, QueueRetry, type QueueFilter, type QueueOrder, type QueueRecipientState } from '../../generated/api';

/** The states that an order does something in. */
export const REACHES: Record<QueueOrder, QueueRecipientState[]> = {
  RETRY: ['SCHEDULED'],
  HOLD: ['SCHEDULED', 'LEASED', 'SUSPENDED'],
  RELEASE: ['HELD'],
  BOUNCE: ['SCHEDULED', 'LEASED', 'HELD', 'SUSPENDED'],
  REMOVE: ['SCHEDULED', 'HELD', 'SUSPENDED'],
};

/** Orders of which something cannot be taken back: these are asked about first. */
export const IS_FINAL: ReadonlySet<QueueOrder> = new Set(['RELEASE', 'BOUNCE', 'REMOVE']);

/** The orders that an account may give about its own mail; the operator may remove as well. */
export const OWN_ORDERS: QueueOrder[] = ['RETRY', 'HOLD', 'RELEASE', 'BOUNCE'];

export interface OrderOutcome {
  reached: number;
  hasMore: boolean;
  userErrors: UserError[];
}

/** Gives an order; `account` is whose mail it is about, none: everybody's. */
export async function give(order: QueueOrder, which: QueueFilter, account: string | null): Promise<OrderOutcome> {
  if (account === null) return (await ask(PlatformQueueDo, { order, which })).platformQueueOrder;
  const about = { accountId: account, which };
  switch (order) {
    case 'HOLD': return (await ask(QueueHold, about)).queueHold;
    case 'RELEASE': return (await ask(QueueRelease, about)).queueRelease;
    case 'RETRY': return (await ask(QueueRetry, about)).queueRetry;
    case 'BOUNCE': return (await ask(QueueBounce, about)).queueBounce;
    case 'REMOVE': throw new Error('only the operator removes without a report');
  }
}
