// A list of all accounts may be as long as the platform is large: pages up to a number of rows, and whether there are more.
import type { PageOf } from '../../lib/api/page';

export class Cut {
  isCut = false;
  #found = 0;
  constructor(readonly max = 500) {}

  /** The page as a list takes it that loads all pages: the last one where enough is there. */
  page<T>(after: string | null, page: PageOf<T>): PageOf<T> {
    this.#found = (after === null ? 0 : this.#found) + page.nodes.length;
    this.isCut = page.pageInfo.hasNextPage && this.#found >= this.max;
    return { nodes: page.nodes, pageInfo: { ...page.pageInfo, hasNextPage: page.pageInfo.hasNextPage && !this.isCut } };
  }
}
