// QR codes (ISO/IEC 18004): bytes, error correction M, versions 1 to 15. Enough for links and set-up addresses.

/** Of each version at level M: error correction words of a block, blocks and data words of the first and second group. */
const BLOCKS: [number, number, number, number, number][] = [
  [10, 1, 16, 0, 0], [16, 1, 28, 0, 0], [26, 1, 44, 0, 0], [18, 2, 32, 0, 0], [24, 2, 43, 0, 0], [16, 4, 27, 0, 0], [18, 4, 31, 0, 0],
  [22, 2, 38, 2, 39], [22, 3, 36, 2, 37], [26, 4, 43, 1, 44], [30, 1, 50, 4, 51], [22, 6, 36, 2, 37], [22, 8, 37, 1, 38], [24, 4, 40, 5, 41], [24, 5, 41, 5, 42],
];
const ALIGNMENT: number[][] = [
  [], [6, 18], [6, 22], [6, 26], [6, 30], [6, 34], [6, 22, 38], [6, 24, 42], [6, 26, 46], [6, 28, 50], [6, 30, 54], [6, 32, 58], [6, 34, 62], [6, 26, 46, 66], [6, 26, 48, 70],
];

const EXP = new Uint8Array(512);
const LOG = new Uint8Array(256);
for (let power = 0, value = 1; power < 255; power += 1) {
  EXP[power] = value;
  LOG[value] = power;
  value = (value << 1) ^ (value & 0x80 ? 0x11d : 0);
}
for (let power = 255; power < 512; power += 1) EXP[power] = EXP[power - 255] ?? 0;
const times = (a: number, b: number) => (a === 0 || b === 0 ? 0 : (EXP[(LOG[a] ?? 0) + (LOG[b] ?? 0)] ?? 0));

/** The remainder of `data` by the generator of `count` error correction words. */
function correction(data: number[], count: number): number[] {
  let generator = [1];
  for (let at = 0; at < count; at += 1) {
    const next = new Array<number>(generator.length + 1).fill(0);
    for (const [index, factor] of generator.entries()) {
      next[index] = (next[index] ?? 0) ^ factor;
      next[index + 1] = (next[index + 1] ?? 0) ^ times(factor, EXP[at] ?? 0);
    }
    generator = next;
  }
  const rest = [...data, ...new Array<number>(count).fill(0)];
  for (let at = 0; at < data.length; at += 1) {
    const lead = rest[at] ?? 0;
    for (const [index, factor] of generator.entries()) rest[at + index] = (rest[at + index] ?? 0) ^ times(factor, lead);
  }
  return rest.slice(data.length);
}

/** Data and error correction words in the order in which they are laid. */
function words(text: string): { version: number; words: number[] } | null {
  const bytes = [...new TextEncoder().encode(text)];
  for (const [index, [count, first, firstWords, second, secondWords]] of BLOCKS.entries()) {
    const version = index + 1;
    const capacity = first * firstWords + second * secondWords;
    const lengthBits = version < 10 ? 8 : 16;
    if (4 + lengthBits + bytes.length * 8 > capacity * 8) continue;
    const bits: number[] = [];
    const push = (value: number, length: number) => {
      for (let at = length - 1; at >= 0; at -= 1) bits.push((value >> at) & 1);
    };
    push(0b0100, 4);
    push(bytes.length, lengthBits);
    for (const byte of bytes) push(byte, 8);
    push(0, Math.min(4, capacity * 8 - bits.length));
    while (bits.length % 8) bits.push(0);
    const data: number[] = [];
    for (let at = 0; at < bits.length; at += 8) data.push(bits.slice(at, at + 8).reduce((value, bit) => (value << 1) | bit, 0));
    for (let pad = 0; data.length < capacity; pad += 1) data.push(pad % 2 ? 0x11 : 0xec);
    const blocks: number[][] = [];
    let from = 0;
    for (let block = 0; block < first + second; block += 1) {
      const length = block < first ? firstWords : secondWords;
      blocks.push(data.slice(from, from + length));
      from += length;
    }
    const corrections = blocks.map((block) => correction(block, count));
    const laid: number[] = [];
    for (let at = 0; at < Math.max(firstWords, secondWords); at += 1) for (const block of blocks) if (at < block.length) laid.push(block[at] ?? 0);
    for (let at = 0; at < count; at += 1) for (const block of corrections) laid.push(block[at] ?? 0);
    return { version, words: laid };
  }
  return null;
}

const MASKS: ((x: number, y: number) => boolean)[] = [
  (x, y) => (x + y) % 2 === 0, (_, y) => y % 2 === 0, (x) => x % 3 === 0, (x, y) => (x + y) % 3 === 0,
  (x, y) => (Math.floor(y / 2) + Math.floor(x / 3)) % 2 === 0, (x, y) => ((x * y) % 2) + ((x * y) % 3) === 0,
  (x, y) => (((x * y) % 2) + ((x * y) % 3)) % 2 === 0, (x, y) => (((x + y) % 2) + ((x * y) % 3)) % 2 === 0,
];

class Grid {
  readonly side: number;
  readonly dark: boolean[][];
  readonly isFixed: boolean[][];

  constructor(readonly version: number) {
    this.side = version * 4 + 17;
    this.dark = Array.from({ length: this.side }, () => new Array<boolean>(this.side).fill(false));
    this.isFixed = Array.from({ length: this.side }, () => new Array<boolean>(this.side).fill(false));
    for (let at = 0; at < this.side; at += 1) {
      this.fix(6, at, at % 2 === 0);
      this.fix(at, 6, at % 2 === 0);
    }
    for (const [x, y] of [[3, 3], [this.side - 4, 3], [3, this.side - 4]] as const) this.#finder(x, y);
    const places = ALIGNMENT[version - 1] ?? [];
    const last = places.length - 1;
    for (const [i, x] of places.entries()) {
      for (const [j, y] of places.entries()) {
        if ((i === 0 && j === 0) || (i === 0 && j === last) || (i === last && j === 0)) continue;
        for (let dy = -2; dy <= 2; dy += 1) for (let dx = -2; dx <= 2; dx += 1) this.fix(x + dx, y + dy, Math.max(Math.abs(dx), Math.abs(dy)) !== 1);
      }
    }
    this.format(0);
    if (version >= 7) this.#version();
  }

  fix(x: number, y: number, isDark: boolean): void {
    const [row, fixed] = [this.dark[y], this.isFixed[y]];
    if (!row || !fixed || x < 0 || x >= this.side) return;
    row[x] = isDark;
    fixed[x] = true;
  }

  #finder(x: number, y: number): void {
    for (let dy = -4; dy <= 4; dy += 1) {
      for (let dx = -4; dx <= 4; dx += 1) {
        const distance = Math.max(Math.abs(dx), Math.abs(dy));
        this.fix(x + dx, y + dy, distance !== 2 && distance !== 4);
      }
    }
  }

  /** Level M and the mask, protected by BCH(15, 5). */
  format(mask: number): void {
    const data = mask; // level M is 00
    let rest = data;
    for (let at = 0; at < 10; at += 1) rest = (rest << 1) ^ ((rest >> 9) * 0x537);
    const bits = ((data << 10) | rest) ^ 0x5412;
    const bit = (at: number) => ((bits >> at) & 1) === 1;
    for (let at = 0; at <= 5; at += 1) this.fix(8, at, bit(at));
    this.fix(8, 7, bit(6));
    this.fix(8, 8, bit(7));
    this.fix(7, 8, bit(8));
    for (let at = 9; at < 15; at += 1) this.fix(14 - at, 8, bit(at));
    for (let at = 0; at < 8; at += 1) this.fix(this.side - 1 - at, 8, bit(at));
    for (let at = 8; at < 15; at += 1) this.fix(8, this.side - 15 + at, bit(at));
    this.fix(8, this.side - 8, true);
  }

  #version(): void {
    let rest = this.version;
    for (let at = 0; at < 12; at += 1) rest = (rest << 1) ^ ((rest >> 11) * 0x1f25);
    const bits = (this.version << 12) | rest;
    for (let at = 0; at < 18; at += 1) {
      const [a, b] = [this.side - 11 + (at % 3), Math.floor(at / 3)];
      this.fix(a, b, ((bits >> at) & 1) === 1);
      this.fix(b, a, ((bits >> at) & 1) === 1);
    }
  }

  /** Lays the words in columns of two, upwards and downwards by turns. */
  lay(laid: number[]): void {
    let at = 0;
    for (let right = this.side - 1; right >= 1; right -= 2) {
      if (right === 6) right = 5;
      for (let step = 0; step < this.side; step += 1) {
        const y = ((right + 1) & 2) === 0 ? this.side - 1 - step : step;
        for (const x of [right, right - 1]) {
          if (this.isFixed[y]?.[x] || at >= laid.length * 8) continue;
          const row = this.dark[y];
          if (row) row[x] = (((laid[at >> 3] ?? 0) >> (7 - (at & 7))) & 1) === 1;
          at += 1;
        }
      }
    }
  }

  /** A copy under `mask`. */
  masked(mask: number): boolean[][] {
    this.format(mask);
    const flips = MASKS[mask] ?? (() => false);
    return this.dark.map((row, y) => row.map((dark, x) => (this.isFixed[y]?.[x] ? dark : dark !== flips(x, y))));
  }
}

/** How hard a grid is to read: long runs, squares, look-alikes of the finders, and a wrong share of dark. */
function penalty(grid: boolean[][]): number {
  const side = grid.length;
  let total = 0;
  let dark = 0;
  const lines = [...grid, ...grid.map((_, x) => grid.map((row) => row[x] ?? false))];
  for (const line of lines) {
    let run = 0;
    for (let at = 0; at <= side; at += 1) {
      if (at > 0 && at < side && line[at] === line[at - 1]) run += 1;
      else {
        if (run >= 5) total += run - 2;
        run = 1;
      }
    }
    const text = line.map((one) => (one ? '1' : '0')).join('');
    for (const pattern of ['10111010000', '00001011101']) for (let at = text.indexOf(pattern); at >= 0; at = text.indexOf(pattern, at + 1)) total += 40;
  }
  for (let y = 0; y < side; y += 1) {
    for (let x = 0; x < side; x += 1) {
      const one = grid[y]?.[x];
      if (one) dark += 1;
      if (x + 1 < side && y + 1 < side && one === grid[y]?.[x + 1] && one === grid[y + 1]?.[x] && one === grid[y + 1]?.[x + 1]) total += 3;
    }
  }
  return total + Math.floor(Math.abs((dark * 20) / (side * side) - 10)) * 10;
}

/** The code of `text`, row by row; null where it is longer than 412 octets. */
export function qr(text: string): boolean[][] | null {
  const found = words(text);
  if (!found) return null;
  const grid = new Grid(found.version);
  grid.lay(found.words);
  const grids = MASKS.map((_, mask) => grid.masked(mask));
  return grids.reduce((best, next) => (penalty(next) < penalty(best) ? next : best));
}
