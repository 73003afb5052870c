/** How a confusion matrix is drawn: its lines, numbers, frames and labels, over the colours of its cells. */
import { inkOn, type Rgb } from './colours';

/** What is shown, in the order it is shown in. values: row after row, 0..1 of the scale (-1..1 when `signed`), NaN for nothing. right: the column that is right of each row. */
export type Shown = {
  rows: string[];
  columns: string[];
  values: Float32Array;
  right: Int32Array;
  signed: boolean;
  /** The number in a cell; empty for none. */
  text: (row: number, column: number) => string;
  /** All of it, for whoever points at the cell or hears it; -1: the row or column as a whole. */
  say: (row: number, column: number) => string;
};

/** A place: a cell; row or column alone when the other is -1. */
export type Spot = { row: number; column: number };

/** A picture of a part of it. x, y: where its first cell lies; first, last: the cells that are seen; left, top: room of the labels; step: every which of
 *  them is written. */
export type Frame = {
  pen: CanvasRenderingContext2D;
  shown: Shown;
  x: number;
  y: number;
  first: Spot;
  last: Spot;
  size: number;
  left: number;
  top: number;
  step: number;
  width: number;
  height: number;
};

const GAP = 6;

export class Drawing {
  one: Rgb[] = [];
  two: Rgb[] = [];
  colours = { text: '#000', dim: '#555', ground: '#fff', accent: '#06c', edge: '#ccc' };
  private cut = new Map<string, string>();

  /** Names are cut anew where they have other room. */
  forget(): void {
    this.cut.clear();
  }

  font(size = 12, weight = ''): string {
    return `${weight} ${size}px system-ui, 'Segoe UI', 'Noto Sans', sans-serif`.trim();
  }

  lines({ pen, x, y, first, last, size }: Frame): void {
    pen.strokeStyle = this.colours.ground;
    pen.lineWidth = 1;
    pen.beginPath();
    for (let row = first.row; row <= last.row; row++) {
      pen.moveTo(x + first.column * size, Math.round(y + row * size) + 0.5);
      pen.lineTo(x + last.column * size, Math.round(y + row * size) + 0.5);
    }
    for (let column = first.column; column <= last.column; column++) {
      pen.moveTo(Math.round(x + column * size) + 0.5, y + first.row * size);
      pen.lineTo(Math.round(x + column * size) + 0.5, y + last.row * size);
    }
    pen.stroke();
  }

  /** What is right has a frame, so that it is told from mistakes without colour. */
  rightOnes({ pen, shown, x, y, first, last, size }: Frame): void {
    if (size < 5) return;
    pen.lineWidth = size < 12 ? 1 : 1.5;
    for (let row = first.row; row < last.row; row++) {
      const column = shown.right[row] ?? -1;
      if (column < first.column || column >= last.column) continue;
      const ground = this.groundOf(shown, row, column);
      pen.strokeStyle = !ground ? this.colours.dim : inkOn(ground);
      const inset = size < 12 ? 1 : 2.5;
      pen.strokeRect(x + column * size + inset, y + row * size + inset, size - 2 * inset + 0.5, size - 2 * inset + 0.5);
    }
  }

  numbers({ pen, shown, x, y, first, last, size }: Frame): void {
    pen.font = this.font(Math.min(14, Math.max(9, Math.floor(size * 0.34))));
    pen.textAlign = 'center';
    pen.textBaseline = 'middle';
    for (let row = first.row; row < last.row; row++)
      for (let column = first.column; column < last.column; column++) {
        const text = shown.text(row, column);
        if (!text || pen.measureText(text).width > size - 3) continue;
        const ground = this.groundOf(shown, row, column);
        pen.fillStyle = ground ? inkOn(ground) : this.colours.dim;
        pen.fillText(text, x + (column + 0.5) * size, y + (row + 0.5) * size + 0.5);
      }
  }

  /** The colour of a cell; null for one that is left out. */
  private groundOf(shown: Shown, row: number, column: number): Rgb | null {
    const value = shown.values[row * shown.columns.length + column] ?? NaN;
    if (value !== value) return null;
    const table = shown.signed ? this.two : this.one;
    const middle = shown.signed ? (table.length - 1) / 2 : 0;
    return table[Math.round(middle + (table.length - 1 - middle) * Math.max(-1, Math.min(1, value)))] ?? null;
  }

  frameOf({ pen, shown, x, y, size }: Frame, spot: Spot, colour: string, width: number, dash: number[]): void {
    const wide = spot.column < 0 ? shown.columns.length : 1;
    const high = spot.row < 0 ? shown.rows.length : 1;
    pen.strokeStyle = colour;
    pen.lineWidth = width;
    pen.setLineDash(dash);
    pen.strokeRect(x + Math.max(0, spot.column) * size, y + Math.max(0, spot.row) * size, wide * size, high * size);
    pen.setLineDash([]);
  }

  labels({ pen, shown, x, y, first, last, width, height, size: cell, left, top, step }: Frame, marked: Spot | null): void {
    const size = Math.min(12, Math.max(10, cell - 1));
    pen.textBaseline = 'middle';
    pen.save();
    pen.beginPath();
    pen.rect(0, top, left, height - top);
    pen.clip();
    pen.textAlign = 'right';
    for (let row = first.row; row < last.row; row++) {
      const own = marked?.row === row;
      if (row % step && !own) continue;
      if (!own && marked && marked.row >= 0 && Math.abs(marked.row - row) < step) continue;
      pen.font = this.font(size, own ? 'bold' : '');
      pen.fillStyle = own ? this.colours.text : this.colours.dim;
      pen.fillText(this.short(pen, shown.rows[row] ?? '', left - GAP - 14), left - GAP, y + (row + 0.5) * cell);
    }
    pen.restore();
    pen.save();
    pen.beginPath();
    pen.rect(left, 0, width - left, top);
    pen.clip();
    const flat = top < 45;
    for (let column = first.column; column < last.column; column++) {
      const own = marked?.column === column;
      if (column % step && !own) continue;
      if (!own && marked && marked.column >= 0 && Math.abs(marked.column - column) < step) continue;
      pen.font = this.font(size, own ? 'bold' : '');
      pen.fillStyle = own ? this.colours.text : this.colours.dim;
      const text = this.short(pen, shown.columns[column] ?? '', flat ? cell : top - GAP - 16);
      pen.save();
      pen.translate(x + (column + 0.5) * cell, top - GAP);
      if (!flat) pen.rotate(-Math.PI / 2);
      pen.textAlign = flat ? 'center' : 'left';
      pen.fillText(text, 0, flat ? -6 : 0);
      pen.restore();
    }
    pen.restore();
    pen.font = this.font(11);
    pen.fillStyle = this.colours.dim;
    pen.textAlign = 'left';
    pen.fillText('predicted →', left, 8);
    pen.save();
    pen.translate(8, Math.min(height - 4, top + 44));
    pen.rotate(-Math.PI / 2);
    pen.fillText('← label', 0, 0);
    pen.restore();
  }

  /** A name that fits, with an ellipsis when it had to be cut. */
  private short(pen: CanvasRenderingContext2D, name: string, room: number): string {
    const key = `${room}\n${pen.font}\n${name}`;
    const known = this.cut.get(key);
    if (known !== undefined) return known;
    let text = name;
    if (pen.measureText(name).width > room) {
      let [low, high] = [0, name.length];
      while (low < high) {
        const middle = (low + high + 1) >> 1;
        if (pen.measureText(`${name.slice(0, middle)}…`).width <= room) low = middle;
        else high = middle - 1;
      }
      text = `${name.slice(0, low)}…`;
    }
    this.cut.set(key, text);
    return text;
  }
}
