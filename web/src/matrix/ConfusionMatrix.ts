/** A confusion matrix of up to 200 classes on one canvas: labels that stay, numbers where they fit, a cell that the arrow keys move. */
import { luminance, packed, scale, twoSided } from './colours';
import { Drawing, type Frame, type Shown, type Spot } from './drawing';

export type { Shown, Spot };

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
  private readonly drawing = new Drawing();
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
    const table = Uint32Array.from(shown.signed ? this.drawing.two : this.drawing.one, packed);
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
    this.drawing.colours = { text: of('text'), dim: of('dim'), ground: of('ground'), accent: of('accent'), edge: of('edge') };
    const parts = (this.drawing.colours.ground.match(/[\d.]+/g) ?? ['255', '255', '255']).map(Number);
    this.dark = luminance([parts[0] ?? 255, parts[1] ?? 255, parts[2] ?? 255]) < 0.5;
    this.drawing.one = scale(this.dark);
    this.drawing.two = twoSided(this.dark);
    this.paint();
    this.later();
  }

  private layout(): void {
    const shown = this.shown;
    const pen = this.canvas.getContext('2d');
    if (!shown || !pen) return;
    const [width, height] = [this.scroller.clientWidth, this.scroller.clientHeight];
    if (!width || !height) return;
    pen.font = this.drawing.font();
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
    this.drawing.forget();
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
    const frame: Frame = { pen, shown, x, y, first, last, size, left, top, step: this.step, width, height };
    const { drawing } = this;
    if (size >= 9) drawing.lines(frame);
    drawing.rightOnes(frame);
    if (size >= NUMBERS) drawing.numbers(frame);
    pen.strokeStyle = drawing.colours.edge;
    pen.lineWidth = 1;
    pen.strokeRect(x - 0.5, y - 0.5, columns * size + 1, rows * size + 1);
    if (this.picked) drawing.frameOf(frame, this.picked, drawing.colours.text, 2, [4, 2]);
    if (this.hovered) drawing.frameOf(frame, this.hovered, drawing.colours.text, 1, []);
    const active = document.activeElement === this.canvas;
    if (active) drawing.frameOf(frame, this.focus, drawing.colours.accent, 3, []);
    pen.restore();
    drawing.labels(frame, active ? this.focus : (this.hovered ?? this.picked));
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
