// Whose history is looked at: one drawer for all rows and pages, opened by any of them.
import { acting } from '../acting.svelte';

/** A thing whose history can be looked at. */
export interface Looked {
  id: string;
  /** What people call it. */
  name: string;
  /** The account whose journal it is in. */
  account: string;
}

class Past {
  looked = $state.raw<Looked>();
  isOpen = $state(false);

  /** Shows what happened to the thing of that id; of the account that is acted for where none is named. */
  of(id: string, name: string, account = acting.account): void {
    this.looked = { id, name, account };
    this.isOpen = true;
  }
}

export const past = new Past();
