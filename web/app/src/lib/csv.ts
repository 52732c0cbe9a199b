// Tables to take along. A cell that a spreadsheet would calculate is written as text.
const CALCULATED = /^[=+\-@\t\r]/;

/** Rows as CSV (RFC 4180), every cell quoted. */
export function csv(rows: string[][]): string {
  const cell = (text: string) => `"${(CALCULATED.test(text) ? `'${text}` : text).replaceAll('"', '""')}"`;
  return rows.map((row) => row.map(cell).join(',')).join('\r\n') + '\r\n';
}

/** Most rows and most characters that are read from one file. */
export const CSV_ROW_COUNT_MAX = 5_000;
export const CSV_CHARACTER_COUNT_MAX = 2_000_000;

/** The rows of `text` (RFC 4180); commas, semicolons or tabs between cells, whichever the first line holds most of. */
export function parseCsv(text: string): string[][] {
  const source = text.replace(/^\ufeff/, '').slice(0, CSV_CHARACTER_COUNT_MAX);
  const first = source.split('\n', 1)[0] ?? '';
  const tally = (mark: string) => first.split(mark).length;
  const mark = [',', ';', '\t'].reduce((best, next) => (tally(next) > tally(best) ? next : best));
  const rows: string[][] = [];
  let row: string[] = [];
  let cell = '';
  let isQuoted = false;
  const end = () => {
    row.push(plain(cell));
    cell = '';
  };
  const endRow = () => {
    end();
    if (row.some((one) => one !== '')) rows.push(row);
    row = [];
  };
  for (let at = 0; at < source.length && rows.length <= CSV_ROW_COUNT_MAX; at += 1) {
    const letter = source[at] ?? '';
    if (isQuoted) {
      if (letter !== '"') cell += letter;
      else if (source[at + 1] === '"') {
        cell += '"';
        at += 1;
      } else isQuoted = false;
    } else if (letter === '"' && cell === '') isQuoted = true;
    else if (letter === mark) end();
    else if (letter === '\n') endRow();
    else if (letter !== '\r') cell += letter;
  }
  if (cell !== '' || row.length > 0) endRow();
  return rows;
}

/** A cell as it was before [`csv`] made text of it. */
function plain(cell: string): string {
  const trimmed = cell.trim();
  return trimmed.startsWith("'") && CALCULATED.test(trimmed.slice(1)) ? trimmed.slice(1) : trimmed;
}

/** Hands `text` to the browser as a file. */
export function download(name: string, type: string, text: string): void {
  save(name, new Blob([text], { type: `${type};charset=utf-8` }));
}

/** Hands octets to the browser as a file. */
export function save(name: string, blob: Blob): void {
  const url = URL.createObjectURL(blob);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}
