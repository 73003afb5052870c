/** From counts to what a matrix shows: counts, rates or harm; all or only errors; one run, or the difference of two. */
import { short } from '../look/cells';
import type { Shown } from './ConfusionMatrix';

export type Values = 'counts' | 'rates' | 'harm';

/** A matrix in the order of its run. right: the column that is right of each row. */
export type Matrix = { rows: string[]; columns: string[]; counts: ArrayLike<number>; right: Int32Array };

export type Wish = {
  values: Values;
  onlyErrors: boolean;
  rowOrder: number[];
  columnOrder: number[];
  harm: Float32Array | null; // of the same cells
  against: ArrayLike<number> | null; // counts of another run, whose cells are taken off
};

/** The ends of the scale, for the legend. */
export type Range = { most: number; signed: boolean; unit: string };

export const whole = (value: number): string => value.toLocaleString('en');
export const percent = (share: number, digits = 0): string => `${(100 * share).toFixed(digits)}%`;

/** The numbers behind a matrix. */
class Numbers {
  readonly sums: Float64Array;
  readonly columnSums: Float64Array;
  readonly raw: Float64Array;
  constructor(
    readonly matrix: Matrix,
    readonly values: Values,
    harm: Float32Array | null,
  ) {
    const { counts, rows, columns } = matrix;
    const width = columns.length;
    this.sums = new Float64Array(rows.length);
    this.columnSums = new Float64Array(width);
    this.raw = new Float64Array(rows.length * width);
    for (let row = 0; row < rows.length; row++)
      for (let column = 0; column < width; column++) {
        const count = counts[row * width + column] ?? 0;
        this.sums[row] = (this.sums[row] ?? 0) + count;
        this.columnSums[column] = (this.columnSums[column] ?? 0) + count;
      }
    for (let at = 0; at < this.raw.length; at++) {
      const sum = this.sums[Math.floor(at / width)] ?? 0;
      this.raw[at] = values === 'harm' ? (harm?.[at] ?? 0) : values === 'rates' ? (sum ? (counts[at] ?? 0) / sum : 0) : (counts[at] ?? 0);
    }
  }
}

export function shownOf(matrix: Matrix, wish: Wish): { shown: Shown; range: Range } {
  const { rows, columns, right } = matrix;
  const width = columns.length;
  const now = new Numbers(matrix, wish.values, wish.harm);
  const before = wish.against && wish.values !== 'harm' ? new Numbers({ ...matrix, counts: wish.against }, wish.values, null) : null;
  const signed = before !== null;
  const raw = before ? now.raw.map((value, at) => value - (before.raw[at] ?? 0)) : now.raw;
  const isRight = (row: number, column: number) => right[row] === column;
  let most = 0;
  for (let row = 0; row < rows.length; row++)
    for (let column = 0; column < width; column++) if (!wish.onlyErrors || !isRight(row, column)) most = Math.max(most, Math.abs(raw[row * width + column] ?? 0));
  if (wish.values === 'rates' && !wish.onlyErrors && !signed) most = 1;
  const values = new Float32Array(rows.length * width);
  wish.rowOrder.forEach((row, y) =>
    wish.columnOrder.forEach((column, x) => {
      const value = raw[row * width + column] ?? 0;
      values[y * width + x] = wish.onlyErrors && isRight(row, column) ? NaN : most ? Math.sign(value) * Math.sqrt(Math.abs(value) / most) : 0;
    }),
  );
  const columnAt = new Int32Array(width);
  wish.columnOrder.forEach((column, x) => (columnAt[column] = x));
  const place = (y: number, x: number) => [wish.rowOrder[y] ?? 0, wish.columnOrder[x] ?? 0] as const;
  const shown: Shown = {
    rows: wish.rowOrder.map((row) => rows[row] ?? ''),
    columns: wish.columnOrder.map((column) => columns[column] ?? ''),
    values,
    right: Int32Array.from(wish.rowOrder, (row) => columnAt[right[row] ?? 0] ?? -1),
    signed,
    text: (y, x) => {
      const [row, column] = place(y, x);
      if (wish.onlyErrors && isRight(row, column)) return '';
      return brief(raw[row * width + column] ?? 0, wish.values, signed);
    },
    say: (y, x) => {
      const [row, column] = place(y, x);
      if (y < 0) return ofColumn(now, column, right);
      if (x < 0) return ofRow(now, row, right);
      return ofCell(now, before, row, column, isRight(row, column), wish);
    },
  };
  return { shown, range: { most, signed, unit: wish.values === 'rates' ? (signed ? 'points' : 'of the label') : wish.values === 'harm' ? 'harm' : 'samples' } };
}

function brief(value: number, values: Values, signed: boolean): string {
  if (!value) return '';
  const sign = signed ? (value > 0 ? '+' : '−') : '';
  const size = Math.abs(value);
  if (values === 'rates') {
    const points = Math.round(100 * size);
    return points ? sign + String(points) : `${sign}<1`;
  }
  if (values === 'harm') return size >= 1000 ? `${Math.round(size / 100) / 10}k` : short(Number(size.toPrecision(2)));
  return sign + (size >= 10_000 ? `${Math.round(size / 1000)}k` : size >= 1000 ? `${Math.round(size / 100) / 10}k` : String(size));
}

function ofCell(now: Numbers, before: Numbers | null, row: number, column: number, right: boolean, wish: Wish): string {
  const { rows, columns, counts } = now.matrix;
  const at = row * columns.length + column;
  const [count, sum] = [counts[at] ?? 0, now.sums[row] ?? 0];
  const lines = [`label ${rows[row] ?? ''}`, `predicted ${columns[column] ?? ''}${right ? ' (right)' : ''}`, `${whole(count)} of ${whole(sum)} samples${sum ? `, ${percent(count / sum, 1)}` : ''}`];
  if (wish.harm) lines.push(`harm ${short(wish.harm[at] ?? 0)}`);
  if (before) {
    const [old, all] = [before.matrix.counts[at] ?? 0, before.sums[row] ?? 0];
    lines.push(`the other run: ${whole(old)} of ${whole(all)}${all ? `, ${percent(old / all, 1)}` : ''}`);
  }
  return lines.join('\n');
}

function ofRow(now: Numbers, row: number, right: Int32Array): string {
  const { rows, columns, counts } = now.matrix;
  const [sum, good] = [now.sums[row] ?? 0, counts[row * columns.length + (right[row] ?? 0)] ?? 0];
  return `label ${rows[row] ?? ''}\n${whole(sum - good)} of ${whole(sum)} samples predicted as something else${sum ? `\nrecall ${percent(good / sum, 1)}` : ''}`;
}

function ofColumn(now: Numbers, column: number, right: Int32Array): string {
  const { columns, counts } = now.matrix;
  let good = 0;
  right.forEach((own, row) => {
    if (own === column) good += counts[row * columns.length + column] ?? 0;
  });
  const sum = now.columnSums[column] ?? 0;
  return `predicted ${columns[column] ?? ''}\n${whole(sum - good)} of ${whole(sum)} samples are of something else${sum ? `\nprecision ${percent(good / sum, 1)}` : ''}`;
}
