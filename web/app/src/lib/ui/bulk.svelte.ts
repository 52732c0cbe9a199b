// The same done to many things, one after another, with what became of each.
import { ApiError, newCommandId, type UserError } from '../api/client';
import { explained, sentence } from '../api/form.svelte';
import { reached } from '../api/place';

export interface BulkRow {
  id: string;
  name: string;
  /** Unknown: the answer was lost, and it may be done or not. */
  state: 'waiting' | 'done' | 'refused' | 'unknown';
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

/** Whether an answer was lost, so that nobody here knows whether it was done. */
export function isLost(error: unknown): boolean {
  return !(error instanceof ApiError) || error.kind === 'offline' || error.kind === 'failed';
}

export class Bulk {
  rows = $state<BulkRow[]>([]);
  title = $state('');
  isOpen = $state(false);
  isRunning = $state(false);
  #isStopped = false;
  #again = $state.raw<(() => Promise<void>) | null>(null);

  get doneCount(): number {
    return this.rows.filter((row) => row.state === 'done').length;
  }

  get refusedCount(): number {
    return this.rows.filter((row) => row.state === 'refused').length;
  }

  get unknownCount(): number {
    return this.rows.filter((row) => row.state === 'unknown').length;
  }

  /** Shows `things`, all of them waiting. */
  begin(title: string, things: { id: string; name: string }[]): void {
    this.title = title;
    this.rows = things.map(({ id, name }) => ({ id, name, state: 'waiting', why: '' }));
    this.isOpen = true;
    this.isRunning = true;
    this.#isStopped = false;
  }

  /** What became of one: done where there is no reason against; not known where the answer was lost. */
  settle(id: string, why: string, isUnknown = false): void {
    const row = this.rows.find((one) => one.id === id);
    if (!row) return;
    row.state = isUnknown ? 'unknown' : why ? 'refused' : 'done';
    row.why = why;
  }

  /** All are tried; `again` tries those that are not known once more, by their names, so that nothing is done twice. */
  end(again: (() => Promise<void>) | null = null): void {
    this.isRunning = false;
    this.#again = this.unknownCount > 0 ? again : null;
  }

  get canTryAgain(): boolean {
    return this.#again !== null;
  }

  async tryAgain(): Promise<void> {
    const again = this.#again;
    if (!again || this.isRunning) return;
    this.#again = null;
    this.isRunning = true;
    this.#isStopped = false;
    for (const row of this.rows) {
      if (row.state !== 'unknown') continue;
      row.state = 'waiting';
      row.why = '';
    }
    await again();
  }

  get isStopped(): boolean {
    return this.#isStopped;
  }

  /** Does it to each of `things` in turn; one that is refused does not stop the others. `done` follows once all are tried. */
  async run(account: string, title: string, things: { id: string; name: string }[], verb: Verb, done: () => unknown = () => undefined): Promise<void> {
    if (this.isRunning || things.length === 0) return;
    this.begin(title, things);
    const names = new Map(things.map(({ id }) => [id, newCommandId()]));
    const all = async (): Promise<void> => {
      for (const { id } of this.rows.filter((row) => row.state === 'waiting')) {
        if (this.#isStopped) break;
        const commandId = names.get(id) ?? newCommandId();
        try {
          const payload = await patient(() => verb(id, commandId));
          this.settle(id, payload.userErrors.map((error) => sentence(error.message)).join(' '));
          reached(account, payload.position);
        } catch (error) {
          this.settle(id, explained(error), isLost(error));
        }
      }
      this.end(all);
      await done();
    };
    await all();
  }

  /** Leaves out what has not begun. */
  stop(): void {
    this.#isStopped = true;
  }
}
