// Tables to take along. A cell that a spreadsheet would calculate is written as text.
const CALCULATED = /^[=+\-@\t\r]/;

/** Rows as CSV (RFC 4180), every cell quoted. */
export function csv(rows: string[][]): string {
  const cell = (text: string) => `"${(CALCULATED.test(text) ? `'${text}` : text).replaceAll('"', '""')}"`;
  return rows.map((row) => row.map(cell).join(',')).join('\r\n') + '\r\n';
}

/** Hands `text` to the browser as a file. */
export function download(name: string, type: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: `${type};charset=utf-8` }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}
