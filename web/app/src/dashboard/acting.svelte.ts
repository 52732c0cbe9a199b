// For which account somebody acts. It stands in the path: two tabs may act for two accounts.
import { place } from '../lib/router.svelte';
import { boot } from '../lib/boot';

const ACTING = /^\/dashboard\/as\/(acct_[0-9a-f]{32})(\/.*)?$/;

/** The path within the dashboard, without the account. */
export function within(path: string): string {
  return ACTING.exec(path)?.[2] ?? path.replace(/^\/dashboard/, '');
}

class Acting {
  account = $derived(ACTING.exec(place.path)?.[1] ?? boot.viewer.accountId);
  /** The path within the dashboard, without the account. */
  path = $derived(within(place.path));
  isForAnother = $derived(this.account !== boot.viewer.accountId);
}

export const acting = new Acting();

/** The path of a screen, for the account that is acted for. */
export function to(path: string, account = acting.account): string {
  return `/dashboard${account === boot.viewer.accountId ? '' : `/as/${account}`}${path === '/' ? '' : path}`;
}
