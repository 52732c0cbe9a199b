// The same done to many things, one after another, with what became of each.
import { ApiError, newCommandId, type UserError } from '../api/client';
import { explained, sentence } from '../api/form.svelte';
import { reached } from '../api/place';

export interface BulkRow {
  id: string;
  name: string;
  state: 'waiting' | 'done' | 'refused';
  why: string;
}

export type Verb = (id: string, commandId: string) => Promise<{ userErrors: UserError[]; position: string | null }>;

/** Most waits for a server that has too much to do, and how long one takes where it does not say, in seconds. */
const WAIT_COUNT_MAX = 30;
const WAIT_SECONDS = 3;

/** Asks again where the server says that it has too much to do. The intention keeps its name: it is done once. */
export async function patient<R>(asked: () => Promise<R>): Promise<R> {
  for (let waits = 0; ; waits += 1) {
    try {
      return await asked();
    } catch (error) {
      if (!(error instanceof ApiError) || error.kind !== 'busy' || waits >= WAIT_COUNT_MAX) throw error;
      const seconds = Math.min(60, error.retryAfterSeconds || WAIT_SECONDS);
      await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
    }
  }
}

export class Bulk {
  rows = $state<BulkRow[]>([]);
  title = $state('');
  isOpen = $state(false);
  isRunning = $state(false);
  #isStopped = false;

  get doneCount(): number {
    return this.rows.filter((row) => row.state === 'done').length;
  }

  get refusedCount(): number {
    return this.rows.filter((row) => row.state === 'refused').length;
  }

  /** Shows `things`, all of them waiting. */
  begin(title: string, things: { id: string; name: string }[]): void {
    this.title = title;
    this.rows = things.map(({ id, name }) => ({ id, name, state: 'waiting', why: '' }));
    this.isOpen = true;
    this.isRunning = true;
    this.#isStopped = false;
  }

  /** What became of one: done where there is no reason against. */
  settle(id: string, why: string): void {
    const row = this.rows.find((one) => one.id === id);
    if (!row) return;
    row.state = why ? 'refused' : 'done';
    row.why = why;
  }

  end(): void {
    this.isRunning = false;
  }

  get isStopped(): boolean {
    return this.#isStopped;
  }

  /** Does it to each of `things` in turn; one that is refused does not stop the others. Resolves once all are tried. */
  async run(account: string, title: string, things: { id: string; name: string }[], verb: Verb): Promise<void> {
    if (this.isRunning || things.length === 0) return;
    this.begin(title, things);
    for (const { id } of things) {
      if (this.#isStopped) break;
      const commandId = newCommandId();
      try {
        const payload = await patient(() => verb(id, commandId));
        this.settle(id, payload.userErrors.map((error) => sentence(error.message)).join(' '));
        reached(account, payload.position);
      } catch (error) {
        this.settle(id, explained(error));
      }
    }
    this.end();
  }

  /** Leaves out what has not begun. */
  stop(): void {
    this.#isStopped = true;
  }
}
