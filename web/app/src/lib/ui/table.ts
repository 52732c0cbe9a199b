// What a table shows: its columns, and how its rows are searched and sorted.
export interface Column<T> {
  key: string;
  label: string;
  /** What is searched and sorted by. */
  value: (row: T) => string | number;
  /** What is sorted by, where that is not what is read: dates by their time. */
  order?: (row: T) => number;
  isNumber?: boolean;
  /** Left out on narrow screens' first line; shown below it. */
  isMinor?: boolean;
}

/** What each row is searched by: its columns, in small letters. */
export function searched<T>(rows: T[], columns: Column<T>[], tag: string): string[] {
  return rows.map((row) => columns.map((column) => String(column.value(row))).join('\u0000').toLocaleLowerCase(tag));
}

/** The rows that hold all words of `words`, in the order of `column`. `texts`: what [`searched`] gives, where it is known. */
export function arranged<T>(rows: T[], columns: Column<T>[], words: string, order: { key: string; isDown: boolean } | null, tag: string, texts?: string[]): T[] {
  const wanted = words.toLocaleLowerCase(tag).split(/\s+/).filter(Boolean);
  const known = texts ?? (wanted.length === 0 ? [] : searched(rows, columns, tag));
  const found = wanted.length === 0 ? rows : rows.filter((_, at) => wanted.every((word) => known[at]?.includes(word)));
  const column = order && columns.find((one) => one.key === order.key);
  if (!column) return found;
  const collator = new Intl.Collator(tag, { numeric: true, sensitivity: 'base' });
  const sign = order.isDown ? -1 : 1;
  return [...found].sort((one, other) => {
    const by = column.order ?? column.value;
    const [a, b] = [by(one), by(other)];
    return sign * (typeof a === 'number' && typeof b === 'number' ? a - b : collator.compare(String(a), String(b)));
  });
}
