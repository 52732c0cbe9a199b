// Read your writes: what a mutation said about where it stands is asked for by the queries that follow.
const places = new Map<string, string>();

/** Remembers where the account's journal stands at least. Positions of other accounts are told apart by their prefix. */
export function reached(account: string, position: string | null | undefined): void {
  if (position) places.set(account, position);
}

/** What to ask queries of this account for. */
export function atLeast(account: string): string | null {
  return places.get(account) ?? null;
}
