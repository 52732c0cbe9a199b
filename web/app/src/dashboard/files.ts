// Files of tickets and documents: given one after another, so that a large one does not keep the others waiting, and saved.
import { explained } from '../lib/api/form.svelte';
import { fetchFile, giveFile } from '../lib/api/client';
import { save } from '../lib/csv';
import { t } from '../lib/i18n/messages';
import { toasts } from '../lib/ui/toast.svelte';

const path = (account: string, ticket: string): string => `/tickets/${account}/${ticket}/files`;

/** How far files on their way have come: which of how many. */
export interface Giving {
  at: number;
  all: number;
  name: string;
}

/** Lays files beside what was said; `told` hears which is on its way, and at last that none is. What is not taken is said. */
export async function giveFiles(account: string, ticket: string, files: File[], isInternal: boolean, told: (giving: Giving | null) => void): Promise<void> {
  for (const [at, file] of files.entries()) {
    told({ at: at + 1, all: files.length, name: file.name });
    try {
      const asked = new URLSearchParams({ name: file.name, internal: String(isInternal) });
      const problem = await giveFile(`${path(account, ticket)}?${asked.toString()}`, file);
      if (problem) toasts.say(t('tickets.fileNotTaken', { name: file.name, problem }), 'danger');
    } catch (error) {
      toasts.say(t('tickets.fileNotTaken', { name: file.name, problem: explained(error) }), 'danger');
    }
  }
  told(null);
}

/** Hands a file of a ticket to the browser. */
export async function saveFile(account: string, ticket: string, file: { number: number; name: string | null }): Promise<void> {
  try {
    save(file.name ?? 'file', await fetchFile(`${path(account, ticket)}/${file.number}`));
  } catch (error) {
    toasts.say(explained(error), 'danger');
  }
}

const ENDINGS: Record<string, string> = { PDF: 'pdf', TEXT: 'txt', HTML: 'html' };

/**
 * Hands a document to the browser under a name that people read. A plain link would not do: cookies count only with our
 * header, and the page with what was typed would be left.
 */
export async function saveDocument(document: { title: string; version: number; mediaType: string }, from: string): Promise<void> {
  try {
    const title = document.title.replace(/[^\p{L}\p{N}]+/gu, '-').slice(0, 80);
    save(`${title}-v${document.version}.${ENDINGS[document.mediaType] ?? 'bin'}`, await fetchFile(from));
  } catch (error) {
    toasts.say(explained(error), 'danger');
  }
}
