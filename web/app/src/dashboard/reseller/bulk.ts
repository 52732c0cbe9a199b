// Up to a hundred rows in one request; each learns its own result.
import { ask, newCommandId } from '../../lib/api/client';
import { explained, sentence } from '../../lib/api/form.svelte';
import { patient, type Bulk } from '../../lib/ui/bulk.svelte';
import { BulkDo, type BulkRowInput } from '../../generated/api';

/** Most rows that the API takes at once. */
export const BULK_ROW_COUNT_MAX = 100;

/** Does all `rows`, whose keys are the ids of what `bulk` shows. A request whose answer was lost is sent again by its name. */
export async function runRows(bulk: Bulk, rows: BulkRowInput[]): Promise<void> {
  for (let at = 0; at < rows.length && !bulk.isStopped; at += BULK_ROW_COUNT_MAX) {
    const some = rows.slice(at, at + BULK_ROW_COUNT_MAX);
    const commandId = newCommandId();
    try {
      const { bulk: done } = await patient(() => ask(BulkDo, { rows: some, commandId }));
      for (const row of done.rows) {
        const why = row.userErrors.map((error) => sentence(error.message)).join(' ');
        bulk.settle(row.key, row.outcome === 'DONE' || row.outcome === 'REPEATED' ? '' : why || explained(null));
      }
    } catch (error) {
      for (const row of some) bulk.settle(row.key, explained(error));
    }
  }
  bulk.end();
}
