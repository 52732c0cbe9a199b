// What accounts are called, for lists that name them by id: each is asked for once.
import { SvelteMap } from 'svelte/reactivity';
import { ask } from '../../lib/api/client';
import { shortId } from '../../lib/format';
import { t } from '../../lib/i18n/messages';
import { AccountName } from '../../generated/api';

const known = new SvelteMap<string, string>();

/** Asks what `ids` are called. One that cannot be told stays its id: the list is worth reading without it. */
export async function learnNames(ids: string[]): Promise<void> {
  const missing = [...new Set(ids)].filter((id) => !known.has(id));
  await Promise.all(missing.map(async (accountId) => {
    const account = await ask(AccountName, { accountId }).then((answer) => answer.account, () => undefined);
    if (account) known.set(accountId, account.name ?? t('nav.erased'));
  }));
}

/** What an account is called; its id, shortened, where that is not known. */
export function accountName(id: string): string {
  return known.get(id) ?? shortId(id);
}
