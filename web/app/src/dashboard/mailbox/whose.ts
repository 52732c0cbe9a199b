// Whose mailbox a screen shows, and what of it is asked for by all of them.
import { ask } from '../../lib/api/client';
import { atLeast } from '../../lib/api/place';
import { ApiError } from '../../lib/api/client';
import { boot } from '../../lib/boot';
import { OneMailbox, type OneMailboxResult, type SelfService } from '../../generated/api';

export interface Whose {
  account: string;
  mailbox: string;
}

export type Box = NonNullable<OneMailboxResult['mailbox']>;

/** The mailbox that is signed in. */
export function own(): Whose {
  return { account: boot.viewer.accountId, mailbox: boot.viewer.mailboxId ?? '' };
}

/** The mailbox with its settings and use, as it is after what was changed last. */
export async function box({ account, mailbox }: Whose): Promise<Box> {
  const found = (await ask(OneMailbox, { accountId: account, mailboxId: mailbox, atLeast: atLeast(account) })).mailbox;
  if (!found) throw new ApiError('missing', '');
  return found;
}

/** Whether whoever is signed in may change this: owners what is left to them, everybody else by their rights. */
export function isLeft(found: Box, part: SelfService): boolean {
  return boot.viewer.mailboxId === null || found.settings.selfService.includes(part);
}

/** What each page of a mailbox is given; `reload` asks for the mailbox again once something is changed. */
export interface Part extends Record<string, unknown> {
  whose: Whose;
  mailbox: Box;
  reload: () => Promise<void>;
}
