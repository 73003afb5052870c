/** A confusion matrix of up to 200 classes on one canvas: labels that stay, numbers where they fit, a cell that the arrow keys move. */
import { inkOn, luminance, packed, scale, twoSided, type Rgb } from './colours';

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

const LEAST = 13; // pixels of a cell, so that labels of every row can be read
const MOST = 76;
const NUMBERS = 23; // pixels from which numbers are tried
const GAP = 6;

export class ConfusionMatrix {
  readonly canvas = document.createElement('canvas');
  focus: Spot = { row: 0, column: 0 };
  picked: Spot | null = null;
  private scroller = document.createElement('div');
  private layer = document.createElement('div');
  private spacer = document.createElement('div');
  private tip = document.createElement('div');
  private spoken = document.createElement('div');
  private probe = document.createElement('span');
  private cells = document.createElement('canvas');
  private shown: Shown | null = null;
  private image: ImageData | null = null;
  private hovered: Spot | null = null;
  private size = 20;
  private left = 0;
  private top = 0;
  private step = 1;
  private whole = false;
  private frame = 0;
  private dark = false;
  private one: Rgb[] = [];
  private two: Rgb[] = [];
  private colours = { text: '#000', dim: '#555', ground: '#fff', accent: '#06c', edge: '#ccc' };
  private cut = new Map<string, string>();
  private watcher = new ResizeObserver(() => this.layout());
  private themes = new MutationObserver(() => this.recolour());
  private system = matchMedia('(prefers-color-scheme: dark)');
  private onSystem = () => this.recolour();

  constructor(
    private host: HTMLElement,
    private pick: (spot: Spot) => void,
  ) {
    this.scroller.className = 'matrix-scroller';
    this.layer.className = 'matrix-layer';
    this.spacer.className = 'matrix-spacer';
    this.tip.className = 'matrix-tip';
    this.tip.hidden = true;
    this.spoken.className = 'unseen';
    this.spoken.setAttribute('aria-live', 'polite');
    this.probe.hidden = true;
    this.canvas.tabIndex = 0;
    this.canvas.setAttribute('role', 'application');
    this.canvas.setAttribute('aria-roledescription', 'confusion matrix');
    this.layer.append(this.canvas);
    this.scroller.append(this.layer, this.spacer);
    host.append(this.scroller, this.tip, this.spoken, this.probe);
    this.scroller.addEventListener('scroll', () => this.later(), { passive: true });
    this.canvas.addEventListener('pointermove', (event) => this.hover(event));
    this.canvas.addEventListener('pointerleave', () => this.hover(null));
    this.canvas.addEventListener('click', (event) => this.click(event));
    this.canvas.addEventListener('keydown', (event) => this.key(event));
    this.canvas.addEventListener('focus', () => this.move(this.focus));
    this.canvas.addEventListener('blur', () => {
      this.tip.hidden = true;
      this.later();
    });
    this.watcher.observe(this.scroller);
    this.themes.observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme'] });
    this.system.addEventListener('change', this.onSystem);
    this.recolour();
  }

  end(): void {
    cancelAnimationFrame(this.frame);
    this.watcher.disconnect();
    this.themes.disconnect();
    this.system.removeEventListener('change', this.onSystem);
    this.host.replaceChildren();
  }

  /** Shows other values. Takes about a millisecond at 200 classes. */
  set(next: Shown): void {
    const old = this.shown;
    const same = old !== null && sameNames(old.rows, next.rows) && sameNames(old.columns, next.columns);
    this.shown = next;
    if (!same) {
      this.focus = { row: Math.min(this.focus.row, next.rows.length - 1), column: Math.min(this.focus.column, next.columns.length - 1) };
      this.hovered = null;
      this.tip.hidden = true;
    }
    this.canvas.setAttribute('aria-label', `${next.rows.length} labels on rows, ${next.columns.length} predictions on columns; arrow keys move, Enter opens; left of the first cell is the row, above it the column`);
    this.paint();
    if (same) this.later();
    else this.layout();
  }

  /** The whole matrix in the window, however small its cells; or cells that are large enough for every label. */
  fit(whole: boolean): void {
    if (whole === this.whole) return;
    this.whole = whole;
    this.layout();
  }

  mark(spot: Spot | null): void {
    this.picked = spot;
    this.later();
  }

  /** Writes the values into one pixel a cell. */
  private paint(): void {
    const shown = this.shown;
    if (!shown) return;
    const [height, width] = [shown.rows.length, shown.columns.length];
    if (!width || !height) return;
    if (this.cells.width !== width || this.cells.height !== height || !this.image) {
      this.cells.width = width;
      this.cells.height = height;
      this.image = new ImageData(width, height);
    }
    const pixels = new Uint32Array(this.image.data.buffer);
    const table = Uint32Array.from(shown.signed ? this.two : this.one, packed);
    const { values } = shown;
    const [middle, steps] = shown.signed ? [(table.length - 1) / 2, (table.length - 1) / 2] : [0, table.length - 1];
    for (let at = 0; at < values.length; at++) {
      const value = values[at] as number;
      pixels[at] = value !== value ? 0 : (table[Math.round(middle + steps * (value > 1 ? 1 : value < -1 ? -1 : value))] as number);
    }
    this.cells.getContext('2d')?.putImageData(this.image, 0, 0);
  }

  private recolour(): void {
    const of = (name: string) => {
      this.probe.style.color = `var(--${name})`;
      return getComputedStyle(this.probe).color;
    };
    this.colours = { text: of('text'), dim: of('dim'), ground: of('ground'), accent: of('accent'), edge: of('edge') };
    const parts = (this.colours.ground.match(/[\d.]+/g) ?? ['255', '255', '255']).map(Number);
    this.dark = luminance([parts[0] ?? 255, parts[1] ?? 255, parts[2] ?? 255]) < 0.5;
    this.one = scale(this.dark);
    this.two = twoSided(this.dark);
    this.paint();
    this.later();
  }

  private font(size = 12, weight = ''): string {
    return `${weight} ${size}px system-ui, 'Segoe UI', 'Noto Sans', sans-serif`.trim();
  }

  private layout(): void {
    const shown = this.shown;
    const pen = this.canvas.getContext('2d');
    if (!shown || !pen) return;
    const [width, height] = [this.scroller.clientWidth, this.scroller.clientHeight];
    if (!width || !height) return;
    pen.font = this.font();
    const longest = (names: string[]) => names.reduce((most, name) => Math.max(most, pen.measureText(name).width), 0);
    const [ofRows, ofColumns] = [longest(shown.rows), longest(shown.columns)];
    this.left = Math.ceil(Math.min(ofRows, 190, width * 0.3)) + 2 * GAP + 14;
    const flat = (size: number) => ofColumns <= size - 4;
    const upright = Math.ceil(Math.min(ofColumns, 150, height * 0.28)) + 2 * GAP + 14;
    const room = (top: number) => Math.min((width - this.left - 2) / shown.columns.length, (height - top - 2) / shown.rows.length);
    const line = 20 + GAP + 14;
    this.top = flat(Math.min(MOST, room(line))) ? line : upright;
    const fitting = Math.min(MOST, room(this.top));
    this.size = this.whole ? Math.max(1, fitting) : Math.max(LEAST, fitting);
    if (this.size >= 4) this.size = Math.floor(this.size); // even cells
    this.step = Math.max(1, Math.ceil(11 / this.size));
    this.spacer.style.width = `${this.left + shown.columns.length * this.size + 2}px`;
    this.spacer.style.height = `${this.top + shown.rows.length * this.size + 2}px`;
    this.cut.clear();
    this.later();
  }

  private later(): void {
    if (!this.frame) this.frame = requestAnimationFrame(() => this.draw());
  }

  private draw(): void {
    this.frame = 0;
    const shown = this.shown;
    const pen = this.canvas.getContext('2d');
    if (!shown || !pen) return;
    const ratio = window.devicePixelRatio || 1;
    const [width, height] = [this.scroller.clientWidth, this.scroller.clientHeight];
    if (this.canvas.width !== Math.round(width * ratio) || this.canvas.height !== Math.round(height * ratio)) {
      this.canvas.width = Math.round(width * ratio);
      this.canvas.height = Math.round(height * ratio);
      this.canvas.style.width = `${width}px`;
      this.canvas.style.height = `${height}px`;
    }
    const { size, left, top } = this;
    const [x, y] = [left - this.scroller.scrollLeft, top - this.scroller.scrollTop];
    const [columns, rows] = [shown.columns.length, shown.rows.length];
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.clearRect(0, 0, width, height);
    pen.save();
    pen.beginPath();
    pen.rect(left, top, width - left, height - top);
    pen.clip();
    pen.imageSmoothingEnabled = false;
    pen.drawImage(this.cells, x, y, columns * size, rows * size);
    const first = { row: Math.max(0, Math.floor((top - y) / size)), column: Math.max(0, Math.floor((left - x) / size)) };
    const last = { row: Math.min(rows, Math.ceil((height - y) / size)), column: Math.min(columns, Math.ceil((width - x) / size)) };
    if (size >= 9) this.lines(pen, x, y, first, last);
    this.rightOnes(pen, shown, x, y, first, last);
    if (size >= NUMBERS) this.numbers(pen, shown, x, y, first, last);
    pen.strokeStyle = this.colours.edge;
    pen.lineWidth = 1;
    pen.strokeRect(x - 0.5, y - 0.5, columns * size + 1, rows * size + 1);
    if (this.picked) this.frameOf(pen, this.picked, x, y, this.colours.text, 2, [4, 2]);
    if (this.hovered) this.frameOf(pen, this.hovered, x, y, this.colours.text, 1, []);
    if (document.activeElement === this.canvas) this.frameOf(pen, this.focus, x, y, this.colours.accent, 3, []);
    pen.restore();
    this.labels(pen, shown, x, y, first, last, width, height);
  }

  private lines(pen: CanvasRenderingContext2D, x: number, y: number, first: Spot, last: Spot): void {
    pen.strokeStyle = this.colours.ground;
    pen.lineWidth = 1;
    pen.beginPath();
    for (let row = first.row; row <= last.row; row++) {
      pen.moveTo(x + first.column * this.size, Math.round(y + row * this.size) + 0.5);
      pen.lineTo(x + last.column * this.size, Math.round(y + row * this.size) + 0.5);
    }
    for (let column = first.column; column <= last.column; column++) {
      pen.moveTo(Math.round(x + column * this.size) + 0.5, y + first.row * this.size);
      pen.lineTo(Math.round(x + column * this.size) + 0.5, y + last.row * this.size);
    }
    pen.stroke();
  }

  /** What is right has a frame, so that it is told from mistakes without colour. */
  private rightOnes(pen: CanvasRenderingContext2D, shown: Shown, x: number, y: number, first: Spot, last: Spot): void {
    if (this.size < 5) return;
    pen.lineWidth = this.size < 12 ? 1 : 1.5;
    for (let row = first.row; row < last.row; row++) {
      const column = shown.right[row] ?? -1;
      if (column < first.column || column >= last.column) continue;
      const ground = this.groundOf(shown, row, column);
      pen.strokeStyle = !ground ? this.colours.dim : inkOn(ground);
      const inset = this.size < 12 ? 1 : 2.5;
      pen.strokeRect(x + column * this.size + inset, y + row * this.size + inset, this.size - 2 * inset + 0.5, this.size - 2 * inset + 0.5);
    }
  }

  private numbers(pen: CanvasRenderingContext2D, shown: Shown, x: number, y: number, first: Spot, last: Spot): void {
    pen.font = this.font(Math.min(14, Math.max(9, Math.floor(this.size * 0.34))));
    pen.textAlign = 'center';
    pen.textBaseline = 'middle';
    for (let row = first.row; row < last.row; row++)
      for (let column = first.column; column < last.column; column++) {
        const text = shown.text(row, column);
        if (!text || pen.measureText(text).width > this.size - 3) continue;
        const ground = this.groundOf(shown, row, column);
        pen.fillStyle = ground ? inkOn(ground) : this.colours.dim;
        pen.fillText(text, x + (column + 0.5) * this.size, y + (row + 0.5) * this.size + 0.5);
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

  private frameOf(pen: CanvasRenderingContext2D, spot: Spot, x: number, y: number, colour: string, width: number, dash: number[]): void {
    const shown = this.shown;
    if (!shown) return;
    const wide = spot.column < 0 ? shown.columns.length : 1;
    const high = spot.row < 0 ? shown.rows.length : 1;
    pen.strokeStyle = colour;
    pen.lineWidth = width;
    pen.setLineDash(dash);
    pen.strokeRect(x + Math.max(0, spot.column) * this.size, y + Math.max(0, spot.row) * this.size, wide * this.size, high * this.size);
    pen.setLineDash([]);
  }

  private labels(pen: CanvasRenderingContext2D, shown: Shown, x: number, y: number, first: Spot, last: Spot, width: number, height: number): void {
    const marked = document.activeElement === this.canvas ? this.focus : (this.hovered ?? this.picked);
    const size = Math.min(12, Math.max(10, this.size - 1));
    pen.textBaseline = 'middle';
    pen.save();
    pen.beginPath();
    pen.rect(0, this.top, this.left, height - this.top);
    pen.clip();
    pen.textAlign = 'right';
    for (let row = first.row; row < last.row; row++) {
      const own = marked?.row === row;
      if (row % this.step && !own) continue;
      if (!own && marked && marked.row >= 0 && Math.abs(marked.row - row) < this.step) continue;
      pen.font = this.font(size, own ? 'bold' : '');
      pen.fillStyle = own ? this.colours.text : this.colours.dim;
      pen.fillText(this.short(pen, shown.rows[row] ?? '', this.left - GAP - 14), this.left - GAP, y + (row + 0.5) * this.size);
    }
    pen.restore();
    pen.save();
    pen.beginPath();
    pen.rect(this.left, 0, width - this.left, this.top);
    pen.clip();
    const flat = this.top < 45;
    for (let column = first.column; column < last.column; column++) {
      const own = marked?.column === column;
      if (column % this.step && !own) continue;
      if (!own && marked && marked.column >= 0 && Math.abs(marked.column - column) < this.step) continue;
      pen.font = this.font(size, own ? 'bold' : '');
      pen.fillStyle = own ? this.colours.text : this.colours.dim;
      const text = this.short(pen, shown.columns[column] ?? '', flat ? this.size : this.top - GAP - 16);
      pen.save();
      pen.translate(x + (column + 0.5) * this.size, this.top - GAP);
      if (!flat) pen.rotate(-Math.PI / 2);
      pen.textAlign = flat ? 'center' : 'left';
      pen.fillText(text, 0, flat ? -6 : 0);
      pen.restore();
    }
    pen.restore();
    pen.font = this.font(11);
    pen.fillStyle = this.colours.dim;
    pen.textAlign = 'left';
    pen.fillText('predicted →', this.left, 8);
    pen.save();
    pen.translate(8, Math.min(height - 4, this.top + 44));
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

  private at(event: MouseEvent): Spot | null {
    const shown = this.shown;
    if (!shown) return null;
    const box = this.canvas.getBoundingClientRect();
    const [px, py] = [event.clientX - box.left, event.clientY - box.top];
    const column = px < this.left ? -1 : Math.floor((px - this.left + this.scroller.scrollLeft) / this.size);
    const row = py < this.top ? -1 : Math.floor((py - this.top + this.scroller.scrollTop) / this.size);
    if ((row < 0 && column < 0) || row >= shown.rows.length || column >= shown.columns.length) return null;
    return { row, column };
  }

  private hover(event: PointerEvent | null): void {
    const found = event && this.at(event);
    if (found?.row !== this.hovered?.row || found?.column !== this.hovered?.column) {
      this.hovered = found;
      this.later();
    }
    if (!found || !event || !this.shown) {
      this.tip.hidden = true;
      return;
    }
    const box = this.host.getBoundingClientRect();
    this.showTip(this.shown.say(found.row, found.column), event.clientX - box.left, event.clientY - box.top);
  }

  private showTip(text: string, x: number, y: number): void {
    this.tip.hidden = false;
    if (this.tip.textContent !== text) this.tip.textContent = text;
    const [width, height] = [this.host.clientWidth, this.host.clientHeight];
    const [wide, high] = [this.tip.offsetWidth, this.tip.offsetHeight];
    const right = x + 16 + wide < width ? x + 16 : Math.max(0, x - wide - 10);
    const below = y + 18 + high < height ? y + 18 : Math.max(0, y - high - 10);
    this.tip.style.transform = `translate(${right}px, ${below}px)`;
  }

  private click(event: MouseEvent): void {
    const found = this.at(event);
    if (!found) return;
    this.focus = found;
    this.later();
    this.pick(found);
  }

  private key(event: KeyboardEvent): void {
    const shown = this.shown;
    if (!shown || event.ctrlKey || event.metaKey || event.altKey) return;
    const { row, column } = this.focus;
    const [rows, columns] = [shown.rows.length, shown.columns.length];
    const page = Math.max(1, Math.floor((this.scroller.clientHeight - this.top) / this.size) - 1);
    const moves: Record<string, Spot> = {
      ArrowUp: { row: row - 1, column },
      ArrowDown: { row: row + 1, column },
      ArrowLeft: { row, column: column - 1 },
      ArrowRight: { row, column: column + 1 },
      Home: { row, column: 0 },
      End: { row, column: columns - 1 },
      PageUp: { row: Math.max(0, row - page), column },
      PageDown: { row: Math.min(rows - 1, row + page), column },
    };
    if (event.key === 'Enter' || event.key === ' ') this.pick(this.focus);
    else if (event.key in moves) {
      const to = moves[event.key] as Spot;
      const next = { row: Math.max(-1, Math.min(rows - 1, to.row)), column: Math.max(-1, Math.min(columns - 1, to.column)) };
      if (next.row >= 0 || next.column >= 0) this.move(next);
    } else return;
    event.preventDefault();
  }

  /** Moves the marked cell, brings it into view and says it. */
  private move(spot: Spot): void {
    const shown = this.shown;
    if (!shown) return;
    this.focus = spot;
    const view = this.scroller;
    const [x, y] = [Math.max(0, spot.column) * this.size, Math.max(0, spot.row) * this.size];
    const [wide, high] = [view.clientWidth - this.left, view.clientHeight - this.top];
    if (x < view.scrollLeft) view.scrollLeft = x;
    else if (x + this.size > view.scrollLeft + wide) view.scrollLeft = x + this.size - wide;
    if (y < view.scrollTop) view.scrollTop = y;
    else if (y + this.size > view.scrollTop + high) view.scrollTop = y + this.size - high;
    const text = shown.say(spot.row, spot.column);
    this.spoken.textContent = text;
    this.showTip(text, this.left + x + this.size / 2 - view.scrollLeft, this.top + y + this.size - view.scrollTop - 12);
    this.later();
  }
}

const sameNames = (one: string[], other: string[]): boolean => one.length === other.length && one.every((name, n) => name === other[n]);
