// A form on its way to a mutation: busy, what was refused at which field, and one name for the intention until it is answered.
import { ApiError, newCommandId, type UserError } from './client';
import { reached } from './place';
import { t } from '../i18n/messages';

/** Codes that say: somebody else changed it meanwhile. Nothing was overwritten. */
export const STALE = new Set(['SETTINGS_CHANGED_MEANWHILE', 'MAILBOX_CHANGED_MEANWHILE', 'PLAN_VERSION_DIFFERS']);

export class Form {
  isBusy = $state(false);
  errors = $state.raw<UserError[]>([]);
  /** What stands above the form: refusals without a field, or why there was no answer. */
  problem = $state('');
  #commandId = newCommandId();

  /** Looked at anew, for another row or again: what was refused before is not about this. */
  begin(): void {
    this.errors = [];
    this.problem = '';
  }

  /** What is wrong with fields before anything is sent; leads to the first of them. */
  refuse(faults: { field: string; message: string }[]): void {
    this.errors = faults.map((fault) => ({ code: 'INPUT', ...fault }));
    if (faults.length > 0) focusFault();
  }

  /** Refuses those of `fields` that are empty, each at its place; whether none of them is. */
  isFilled(fields: Record<string, string>): boolean {
    this.begin();
    this.refuse(Object.keys(fields).filter((field) => fields[field]?.trim() === '').map((field) => ({ field, message: t('field.required') })));
    return this.errors.length === 0;
  }

  /** What is wrong with a field; empty where nothing is. Names count by their end: `input.name` is `name`. */
  fault(field: string): string {
    const found = this.errors.find((error) => error.field !== null && error.field.split('.').pop() === field);
    return found ? sentence(found.message) : '';
  }

  /**
   * Sends it. The same name goes with the same content until it is answered, so that a second try after a lost connection
   * does nothing twice, and something else that is tried instead is done: `ask` tells them apart. `account` is whose journal is written: what is asked of it next shows the change. `fields` are those that the
   * form shows; refusals of others stand above it.
   */
  async send<P extends { userErrors: UserError[]; position: string | null }>(
    account: string, mutate: (commandId: string) => Promise<P>, fields: string[] = [],
  ): Promise<P | undefined> {
    if (this.isBusy) return undefined;
    this.isBusy = true;
    this.begin();
    try {
      const payload = await mutate(this.#commandId);
      if (payload.userErrors.length > 0) {
        this.errors = payload.userErrors;
        this.#commandId = newCommandId();
        const shown = (error: UserError) => error.field !== null && fields.includes(error.field.split('.').pop() ?? '');
        this.problem = payload.userErrors.filter((error) => !shown(error)).map((error) => sentence(error.message)).join(' ');
        focusFault();
        return undefined;
      }
      this.#commandId = newCommandId();
      reached(account, payload.position);
      return payload;
    } catch (error) {
      this.problem = explained(error);
      return undefined;
    } finally {
      this.isBusy = false;
    }
  }
}

/** Why there was no answer, for people. */
export function explained(error: unknown): string {
  if (!(error instanceof ApiError)) return t('error.failed');
  switch (error.kind) {
    case 'offline': return t('error.offline');
    case 'busy': return error.retryAfterSeconds > 0 ? t('error.busyFor', { seconds: error.retryAfterSeconds }) : t('error.busy');
    case 'forbidden': return t('error.forbidden');
    case 'visiting': return sentence(error.message);
    case 'missing': return t('error.missing');
    case 'over': return t('error.over');
    case 'failed': return error.correlation ? t('error.failedId', { id: error.correlation }) : t('error.failed');
  }
}

export function sentence(words: string): string {
  const first = words.charAt(0).toUpperCase() + words.slice(1);
  return /[.!?]$/.test(first) ? first : `${first}.`;
}

/** Leads to the first field that is wrong, once it is marked. */
function focusFault(): void {
  requestAnimationFrame(() => (document.querySelector('dialog[open]') ?? document).querySelector<HTMLElement>('[aria-invalid="true"]')?.focus());
}
