// How much fits into one line, and what goes behind a button at its end.

/**
 * How many of the things of `widths`, in their order, stand in a line of `room`: all of them, or the first ones beside something
 * of `rest` that holds the others. All in the same unit.
 */
export function fitting(widths: number[], room: number, rest: number): number {
  if (widths.reduce((sum, one) => sum + one, 0) <= room) return widths.length;
  let left = room - rest;
  const beyond = widths.findIndex((one) => (left -= one) < 0);
  return beyond < 0 ? widths.length : beyond;
}
