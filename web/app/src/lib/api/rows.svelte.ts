// A long list that arrives page by page: what is there can be worked with while the rest is on its way.
import { untrack } from 'svelte';
import { ApiError } from './client';
import type { PageOf } from './page';

/** Most rows that a browser holds of one list; beyond, the server is asked to search. */
export const ROW_COUNT_MAX = 20_000;

export class Rows<T extends { id: string }> {
  value = $state.raw<T[]>();
  error = $state.raw<ApiError>();
  isLoading = $state(false);
  /** Whether all rows are there. */
  isWhole = $state(false);
  #page: (after: string | null) => Promise<PageOf<T>>;
  #latest = 0;

  constructor(page: (after: string | null) => Promise<PageOf<T>>) {
    this.#page = page;
  }

  /** Loads all pages again. What is shown stays until the first of them is there. */
  async reload(): Promise<void> {
    const mine = ++this.#latest;
    this.isLoading = true;
    this.isWhole = false;
    const found: T[] = [];
    const isFirst = untrack(() => this.value === undefined);
    try {
      for (let after: string | null = null; ;) {
        const page: PageOf<T> = await this.#page(after);
        if (mine !== this.#latest) return;
        found.push(...page.nodes);
        after = page.pageInfo.endCursor;
        const isLast = !page.pageInfo.hasNextPage || after === null || found.length >= ROW_COUNT_MAX;
        // The first time rows are shown as they come; afterwards the new list replaces the old one at once.
        if (isFirst || isLast) this.value = [...found];
        this.error = undefined;
        if (isLast) {
          this.isWhole = !page.pageInfo.hasNextPage;
          return;
        }
      }
    } catch (error) {
      if (mine === this.#latest) this.error = error instanceof ApiError ? error : new ApiError('failed', String(error));
    } finally {
      if (mine === this.#latest) this.isLoading = false;
    }
  }

  /** Puts one row in the place of its older self, at the end where it is new; takes it away where it is none. */
  put(id: string, row: T | null): void {
    const now = this.value ?? [];
    if (row === null) this.value = now.filter((one) => one.id !== id);
    else if (now.some((one) => one.id === id)) this.value = now.map((one) => (one.id === id ? row : one));
    else this.value = [...now, row];
  }
}

/** Loads now, and again whenever something that `page` reads before its first wait has changed; what it loads is no cause. */
export function rows<T extends { id: string }>(page: (after: string | null) => Promise<PageOf<T>>): Rows<T> {
  const made = new Rows(page);
  $effect(() => {
    void made.reload();
  });
  return made;
}
