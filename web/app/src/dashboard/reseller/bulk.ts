// Up to a hundred rows in one request; each learns its own result.
import { ask, newCommandId } from '../../lib/api/client';
import { explained, sentence } from '../../lib/api/form.svelte';
import { isLost, patient, type Bulk } from '../../lib/ui/bulk.svelte';
import { BulkDo, type BulkRowInput } from '../../generated/api';

/** Most rows that the API takes at once. */
export const BULK_ROW_COUNT_MAX = 100;

interface Request { rows: BulkRowInput[]; commandId: string }

/** Does all `rows`, whose keys are the ids of what `bulk` shows. A request whose answer was lost is sent again by its name. */
export async function runRows(bulk: Bulk, rows: BulkRowInput[]): Promise<void> {
  const requests: Request[] = [];
  for (let at = 0; at < rows.length; at += BULK_ROW_COUNT_MAX) requests.push({ rows: rows.slice(at, at + BULK_ROW_COUNT_MAX), commandId: newCommandId() });
  await send(bulk, requests);
}

async function send(bulk: Bulk, requests: Request[]): Promise<void> {
  const lost: Request[] = [];
  for (const request of requests) {
    if (bulk.isStopped) break;
    try {
      const { bulk: done } = await patient(() => ask(BulkDo, request));
      for (const row of done.rows) {
        const why = row.userErrors.map((error) => sentence(error.message)).join(' ');
        bulk.settle(row.key, row.outcome === 'DONE' || row.outcome === 'REPEATED' ? '' : why || explained(null));
      }
    } catch (error) {
      if (isLost(error)) lost.push(request);
      for (const row of request.rows) bulk.settle(row.key, explained(error), isLost(error));
    }
  }
  bulk.end(lost.length > 0 ? () => send(bulk, lost) : null);
}
