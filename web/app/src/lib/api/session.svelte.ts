// A session that ends while somebody types: what was typed stays where it is, in this page's memory alone, and what was
// asked goes on once they are signed in again.
class Session {
  /** Whether the page waits for somebody to sign in again. */
  isOver = $state(false);
  #typed = new Set<Element>();
  #waiting: ((isBack: boolean) => void)[] = [];

  /** Notes where somebody types. */
  listen(): void {
    document.addEventListener('input', (event) => {
      if (event.target instanceof Element && event.target.closest('form, dialog')) this.#typed.add(event.target);
    });
  }

  /** Whether leaving the page would lose what was typed into a form that is still there. */
  get holdsInput(): boolean {
    for (const element of this.#typed) if (!element.isConnected) this.#typed.delete(element);
    return this.#typed.size > 0;
  }

  /** True once the same person is signed in again; false where they gave that up. */
  wait(): Promise<boolean> {
    this.isOver = true;
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Lets go on what waits. */
  settle(isBack: boolean): void {
    this.isOver = false;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve(isBack);
  }
}

export const session = new Session();
