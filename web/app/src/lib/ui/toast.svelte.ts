// Short messages that pass, read out by assistive technology.
export interface Toast { id: number; text: string; tone: 'good' | 'danger' }

class Toasts {
  list = $state<Toast[]>([]);
  #next = 1;

  /** Shows `text` for some seconds; failures stay until they are dismissed. */
  say(text: string, tone: Toast['tone'] = 'good'): void {
    const id = this.#next++;
    this.list = [...this.list.slice(-2), { id, text, tone }];
    if (tone === 'good') setTimeout(() => this.dismiss(id), 6000);
  }

  dismiss(id: number): void {
    this.list = this.list.filter((toast) => toast.id !== id);
  }
}

export const toasts = new Toasts();
