// One thing that is saved by several mutations: what was saved already stays so when a later part is refused.
import { newCommandId, type UserError } from './client';

/** What became of a part; `revision`: how often what it belongs to was changed by then. */
export interface Saved {
  userErrors: UserError[];
  position: string | null;
  revision: number | null;
}

export interface Part {
  /** The fields that it saves. */
  fields: string[];
  /** By what its changes are counted: quota and name of a mailbox together, its settings apart. */
  counter: string;
  /** The revision that was read. */
  seen: number;
  send: (revision: number, commandId: string) => Promise<Saved>;
}

class Parts {
  #revisions = new Map<string, number>();
  #names = new Map<string, string>();

  /**
   * Saves one part. After a lost connection the same goes on under its own name, so that it is done once. The revision counts on with what is saved here: one's own part is not somebody else's.
   */
  async save({ fields, counter, seen, send }: Part): Promise<Saved> {
    const part = fields.join();
    const commandId = this.#names.get(part) ?? newCommandId();
    this.#names.set(part, commandId);
    const done = await send(this.#revisions.get(counter) ?? seen, commandId);
    this.#names.delete(part);
    if (done.userErrors.length === 0 && done.revision !== null) this.#revisions.set(counter, done.revision);
    return done;
  }
}

const known = new WeakMap<object, Parts>();

/**
 * Saves the parts of what was looked at one after another; the first that is refused is the answer. `saved` is told which
 * fields were saved before that. Looked at again, it is another object and its parts begin anew.
 */
export async function inTurn(looked: object, position: string | null, parts: (Part | null)[], saved: (fields: string[]) => void): Promise<Saved> {
  const tries = known.get(looked) ?? new Parts();
  known.set(looked, tries);
  let done: Saved = { userErrors: [], position, revision: null };
  for (const part of parts) {
    if (!part) continue;
    done = await tries.save(part);
    if (done.userErrors.length > 0) return done;
    saved(part.fields);
  }
  return done;
}
