// Pages of the API's lists.
export interface PageOf<T> {
  nodes: T[];
  pageInfo: { hasNextPage: boolean; endCursor: string | null };
}

/** Several lists as one, one after the other. Where one ends the next begins at once: a list of one row looks different from a longer one. */
export function inTurn<T>(...lists: ((after: string | null) => Promise<PageOf<T>>)[]): (after: string | null) => Promise<PageOf<T>> {
  return async (after) => {
    const [, place, cursor] = /^(\d+) (.*)$/.exec(after ?? '0 ') ?? [];
    const nodes: T[] = [];
    let from = cursor || null;
    for (const [at, list] of lists.entries()) {
      if (at < Number(place)) continue;
      const page: PageOf<T> = await list(from);
      nodes.push(...page.nodes);
      if (page.pageInfo.hasNextPage) return { nodes, pageInfo: { hasNextPage: true, endCursor: `${at} ${page.pageInfo.endCursor}` } };
      from = null;
    }
    return { nodes, pageInfo: { hasNextPage: false, endCursor: null } };
  };
}
