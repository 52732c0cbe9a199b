// Something loaded: its value, whether it is on its way, and why it did not come.
import { ApiError } from './client';

export class Resource<T> {
  value = $state.raw<T>();
  error = $state.raw<ApiError>();
  isLoading = $state(false);
  #load: () => Promise<T>;
  #latest = 0;

  constructor(load: () => Promise<T>) {
    this.#load = load;
  }

  /** Loads it again. What is shown stays until the new answer is there; of several answers the one asked last counts. */
  async reload(): Promise<void> {
    const mine = ++this.#latest;
    this.isLoading = true;
    try {
      const value = await this.#load();
      if (mine !== this.#latest) return;
      this.value = value;
      this.error = undefined;
    } catch (error) {
      if (mine !== this.#latest) return;
      this.error = error instanceof ApiError ? error : new ApiError('failed', String(error));
    } finally {
      if (mine === this.#latest) this.isLoading = false;
    }
  }
}

/** Loads now, and again whenever something that `load` reads before its first wait has changed. */
export function resource<T>(load: () => Promise<T>): Resource<T> {
  const made = new Resource(load);
  $effect(() => {
    void made.reload();
  });
  return made;
}
