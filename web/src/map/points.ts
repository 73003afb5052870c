/** Points of a plane. The server sorts them into the cells of a grid, in random order within a cell, so that none hides another by the order of
 *  import; whoever draws, points or draws a lasso visits the cells it needs. */

export const SHOWN = 0;
export const HIDDEN = 2;

/** `start[k]`: where the points of cell k begin, row after row from south-west; one more at the end. */
export type Places = { x: Float32Array; y: Float32Array; cells: number; start: Uint32Array; west: number; south: number; width: number; height: number };

const NOWHERE: Places = { x: new Float32Array(0), y: new Float32Array(0), cells: 1, start: new Uint32Array(2), west: 0, south: 0, width: 1, height: 1 };

export class Points {
  readonly codes: Uint16Array;
  /** 0: drawn, 1: drawn faint, 2: not drawn. */
  readonly shade: Uint8Array;
  /** Whether any is faint. */
  faint = false;
  private state: Uint8Array | null = null; // null: all are shown
  private marked: Uint8Array | null = null; // the selection

  constructor(readonly at: Places = NOWHERE) {
    this.codes = new Uint16Array(this.count);
    this.shade = new Uint8Array(this.count);
  }

  get count(): number {
    return this.at.x.length;
  }

  /** 0: shown, 1: dimmed, 2: hidden. */
  setState(state: Uint8Array | null): void {
    this.state = state;
    this.blend();
  }

  /** The points that are selected: the others are faint. */
  setMarked(found: Uint32Array | null): void {
    this.marked = found?.length ? new Uint8Array(this.count) : null;
    for (const i of found ?? []) if (this.marked) this.marked[i] = 1;
    this.blend();
  }

  /** The points that are shown. */
  shown(): Uint32Array {
    return this.some(() => true);
  }

  /** The points that are shown with these codes. */
  coded(codes: ReadonlySet<number>): Uint32Array {
    return this.some((i) => codes.has(this.codes[i]));
  }

  /** The point nearest to a place and not further than `r`, or -1. */
  near(x: number, y: number, r: number): number {
    const { at, state } = this;
    let best = -1;
    let least = r * r;
    this.runs(x - r, y - r, x + r, y + r, (a, z) => {
      for (let i = a; i < z; i++) {
        if (state?.[i]) continue;
        const gap = (at.x[i] - x) ** 2 + (at.y[i] - y) ** 2;
        if (gap <= least) [best, least] = [i, gap];
      }
    });
    return best;
  }

  /** The points that are shown inside a closed line of x, y, x, y, ... (even-odd rule). */
  inside(line: readonly number[]): Uint32Array {
    const { at, state } = this;
    const found = new Uint32Array(this.count);
    let k = 0;
    const [west, east, south, north] = around(line);
    this.runs(west, south, east, north, (a, z) => {
      for (let i = a; i < z; i++) if (!state?.[i] && within(line, at.x[i], at.y[i])) found[k++] = i;
    });
    return found.slice(0, k);
  }

  /** Calls with the runs of points whose cells meet a rectangle. */
  runs(west: number, south: number, east: number, north: number, call: (from: number, to: number) => void): void {
    const { at, count } = this;
    const { cells, start, width, height } = at;
    if (!count || east < at.west || north < at.south || west > at.west + width || south > at.south + height) return;
    const bound = (value: number) => Math.max(0, Math.min(cells - 1, Math.floor(value)));
    // a cell more on each side: the server has reckoned the cells with other rounding
    const [a, z] = [bound(((west - at.west) / width) * cells - 1), bound(((east - at.west) / width) * cells + 1)];
    const top = bound(((north - at.south) / height) * cells + 1);
    for (let row = bound(((south - at.south) / height) * cells - 1); row <= top; row++) {
      const from = start[row * cells + a];
      const to = start[row * cells + z + 1];
      if (to > from) call(from, to);
    }
  }

  private some(wanted: (i: number) => boolean): Uint32Array {
    const found = new Uint32Array(this.count);
    let k = 0;
    for (let i = 0; i < this.count; i++) if (!this.state?.[i] && wanted(i)) found[k++] = i;
    return found.slice(0, k);
  }

  private blend(): void {
    const { state, marked, shade } = this;
    let faint = 0;
    for (let i = 0; i < shade.length; i++) {
      const s = state === null ? SHOWN : state[i];
      shade[i] = s !== SHOWN ? s : marked !== null && !marked[i] ? 1 : SHOWN;
      faint |= shade[i] & 1;
    }
    this.faint = faint > 0;
  }
}

function around(line: readonly number[]): [number, number, number, number] {
  const xs = line.filter((_, n) => n % 2 === 0);
  const ys = line.filter((_, n) => n % 2 === 1);
  return [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
}

function within(line: readonly number[], x: number, y: number): boolean {
  let odd = false;
  for (let i = 0, q = line.length - 2; i < line.length; q = i, i += 2) {
    const [xi, yi, xq, yq] = [line[i], line[i + 1], line[q], line[q + 1]];
    if (yi > y !== yq > y && x < ((xq - xi) * (y - yi)) / (yq - yi) + xi) odd = !odd;
  }
  return odd;
}
