/** Millions of points on a plain canvas: no WebGL, so the same on every browser, remote desktop and test machine. Points are sorted once into the
 *  cells of a grid, in random order within a cell, so that none hides another by the order of import; drawing, pointing and lasso walk the cells they
 *  need. The lasso is drawn on a canvas of its own, so that its line costs no new picture. */

export type View = { x: number; y: number; scale: number };
export type Rgb = readonly [number, number, number];
export type Mode = 'pan' | 'lasso' | 'box';
export type Name = { x: number; y: number; text: string };
export type Options = { onHover: (index: number, x: number, y: number) => void; onOpen: (index: number) => void; onSelect: (found: Uint32Array) => void; onView?: (view: View) => void };

const SHOWN = 0;
const HIDDEN = 2;
const FADE = 0.2;
const MOST_COLOURS = 4096;
/** Points that share a pixel, on average, above which the density is shaded. */
const CROWDED = 3;
const REACH = 9; // CSS pixels around the pointer

export class PointMap {
  readonly view: View = { x: 0.5, y: 0.5, scale: 1 };
  mode: Mode = 'pan';
  count = 0;
  /** Milliseconds that the last picture took. */
  drawn = 0;
  private readonly pen: CanvasRenderingContext2D;
  private readonly over: CanvasRenderingContext2D;
  private image: ImageData | null = null;
  private pixels = new Uint32Array(0);
  private dense = new Uint16Array(0);
  private ratio = 1;
  private frame = 0;
  private xs = new Float32Array(0);
  private ys = new Float32Array(0);
  private codes = new Uint16Array(0);
  private ids = new Uint32Array(0); // where a sorted point came from
  private state: Uint8Array | null = null; // sorted; null: all are shown
  private marked: Uint8Array | null = null; // sorted; the selection
  private cells = 128;
  private start = new Uint32Array(2);
  private bounds = { x: 0, y: 0, width: 1, height: 1 };
  private ground = 0xffffffff;
  private inks = new Uint32Array(2);
  private writing = '#000';
  private paper = '#fff';
  private names: Name[] = [];
  private line: number[] | null = null;
  private corner: [number, number] | null = null;
  private fitted = true;
  private readonly gone = new AbortController();

  constructor(
    readonly canvas: HTMLCanvasElement,
    readonly overlay: HTMLCanvasElement,
    private readonly options: Options,
  ) {
    const pen = canvas.getContext('2d', { alpha: false });
    const over = overlay.getContext('2d');
    if (!pen || !over) throw new Error('this browser draws no canvas');
    this.pen = pen;
    this.over = over;
    const watch = new ResizeObserver(() => this.resize());
    watch.observe(canvas);
    this.gone.signal.addEventListener('abort', () => watch.disconnect());
    this.listen();
    this.resize();
  }

  end(): void {
    this.gone.abort();
    cancelAnimationFrame(this.frame);
  }

  /** Colours of the codes, of the ground, and of what is written on it. */
  setColours(colours: readonly Rgb[], ground: Rgb, writing: string, paper: string): void {
    const word = ([r, g, b]: Rgb) => ((255 << 24) | (b << 16) | (g << 8) | r) >>> 0;
    const faded = (c: Rgb): Rgb => [0, 1, 2].map((n) => Math.round((c[n] ?? 0) * FADE + (ground[n] ?? 0) * (1 - FADE))) as unknown as Rgb;
    const some = colours.slice(0, MOST_COLOURS);
    this.ground = word(ground);
    this.inks = new Uint32Array([...some.map(word), ...some.map((c) => word(faded(c)))]);
    this.writing = writing;
    this.paper = paper;
    this.ask();
  }

  /** Where points lie, y upwards. They keep their order in what is told of them. The view stays unless it is the first. */
  setPlaces(x: Float32Array, y: Float32Array): void {
    const n = x.length;
    const first = this.count === 0;
    const [west, east] = ends(x);
    const [south, north] = ends(y);
    const cells = (this.cells = n > 200_000 ? 512 : 128);
    this.bounds = { x: west, y: south, width: east - west, height: north - south };
    const across = (cells - 1e-3) / this.bounds.width;
    const up = (cells - 1e-3) / this.bounds.height;
    const cell = new Uint32Array(n);
    const start = new Uint32Array(cells * cells + 1);
    for (let i = 0; i < n; i++) {
      const k = (((y[i] - south) * up) | 0) * cells + (((x[i] - west) * across) | 0);
      cell[i] = k;
      start[k + 1]++;
    }
    for (let k = 0; k < cells * cells; k++) start[k + 1] += start[k];
    const order = shuffled(n);
    const next = start.slice();
    this.count = n;
    this.start = start;
    this.xs = new Float32Array(n);
    this.ys = new Float32Array(n);
    this.codes = new Uint16Array(n);
    this.ids = new Uint32Array(n);
    for (let q = 0; q < n; q++) {
      const i = order[q];
      const j = next[cell[i]]++;
      this.xs[j] = x[i];
      this.ys[j] = y[i];
      this.ids[j] = i;
    }
    this.state = this.marked = null;
    if (first) this.fit();
    this.ask();
  }

  /** Which colour each point has. */
  setCodes(codes: Uint16Array): void {
    for (let j = 0; j < this.count; j++) this.codes[j] = codes[this.ids[j]];
    this.ask();
  }

  /** 0: shown, 1: dimmed, 2: hidden. */
  setState(state: Uint8Array | null): void {
    this.state = state && this.sorted(state);
    this.ask();
  }

  /** The points that are selected: the others are dimmed. */
  setMarked(found: Uint32Array | null): void {
    if (!found?.length) this.marked = null;
    else {
      const marks = new Uint8Array(this.count);
      for (const i of found) marks[i] = 1;
      this.marked = this.sorted(marks);
    }
    this.ask();
  }

  /** The names of regions, the most important first. */
  setNames(names: Name[]): void {
    this.names = names;
    this.ask();
  }

  fit(): void {
    const { x, y, width, height } = this.bounds;
    this.view.x = x + width / 2;
    this.view.y = y + height / 2;
    this.view.scale = 0.94 * Math.min(this.canvas.width / width, this.canvas.height / height);
    this.moved();
    this.fitted = true;
  }

  /** Enlarges around a place in device pixels. */
  zoom(by: number, px = this.canvas.width / 2, py = this.canvas.height / 2): void {
    const [x, y] = this.at(px, py);
    const least = 0.2 * Math.min(this.canvas.width / this.bounds.width, this.canvas.height / this.bounds.height);
    this.view.scale = Math.max(least, Math.min(least * 50_000, this.view.scale * by));
    this.view.x = x - (px - this.canvas.width / 2) / this.view.scale;
    this.view.y = y + (py - this.canvas.height / 2) / this.view.scale;
    this.moved();
  }

  /** Moves by device pixels. */
  pan(px: number, py: number): void {
    this.view.x += px / this.view.scale;
    this.view.y -= py / this.view.scale;
    this.moved();
  }

  look(view: View): void {
    Object.assign(this.view, view);
    this.moved();
  }

  /** The point nearest to a place in CSS pixels, or -1. */
  near(left: number, top: number): number {
    const [x, y] = this.at(left * this.ratio, top * this.ratio);
    const r = (REACH * this.ratio) / this.view.scale;
    let best = -1;
    let least = r * r;
    this.runs(x - r, y - r, x + r, y + r, (a, z) => {
      for (let j = a; j < z; j++) {
        if (this.state?.[j]) continue;
        const gap = (this.xs[j] - x) ** 2 + (this.ys[j] - y) ** 2;
        if (gap <= least) [best, least] = [j, gap];
      }
    });
    return best < 0 ? -1 : this.ids[best];
  }

  /** The points that are shown inside a closed line of x, y, x, y, ... (even-odd rule). */
  inside(line: readonly number[]): Uint32Array {
    const found = new Uint32Array(this.count);
    let k = 0;
    const [west, east, south, north] = around(line);
    this.runs(west, south, east, north, (a, z) => {
      for (let j = a; j < z; j++) if (!this.state?.[j] && within(line, this.xs[j], this.ys[j])) found[k++] = this.ids[j];
    });
    return found.slice(0, k).sort();
  }

  /** The points that are shown with these codes. */
  coded(codes: ReadonlySet<number>): Uint32Array {
    const found: number[] = [];
    for (let j = 0; j < this.count; j++) if (!this.state?.[j] && codes.has(this.codes[j])) found.push(this.ids[j]);
    return Uint32Array.from(found).sort();
  }

  /** Where a point is, in CSS pixels. */
  placeOf(index: number): [number, number] {
    const j = this.ids.indexOf(index);
    const [px, py] = this.on(this.xs[j] ?? 0, this.ys[j] ?? 0);
    return [px / this.ratio, py / this.ratio];
  }

  draw(): void {
    const began = performance.now();
    if (!this.image) return;
    const { xs, ys, codes, inks, state, marked, pixels, dense } = this;
    const { width, height } = this.canvas;
    const scale = this.view.scale;
    const left = width / 2 - this.view.x * scale;
    const top = height / 2 + this.view.y * scale;
    const [west, north] = this.at(0, 0);
    const [east, south] = this.at(width, height);
    const kinds = inks.length >> 1;
    pixels.fill(this.ground);
    let seen = 0;
    this.runs(west, south, east, north, (a, z) => {
      seen += z - a;
    });
    const side = Math.max(1, Math.min(11, Math.round(this.ratio * (seen > 300_000 ? 1 : seen > 20_000 ? 2 : seen > 2_000 ? 4 : 7))));
    const half = side >> 1;
    const crowded = side === 1;
    if (crowded) dense.fill(0);
    const pass = (faint: boolean) =>
      this.runs(west, south, east, north, (a, z) => {
        for (let j = a; j < z; j++) {
          const s = state === null ? SHOWN : state[j];
          if (s === HIDDEN) continue;
          const dim = s !== SHOWN || (marked !== null && !marked[j]);
          if (dim !== faint) continue;
          const u = ((xs[j] * scale + left) | 0) - half;
          const v = ((top - ys[j] * scale) | 0) - half;
          if (u < 0 || v < 0 || u > width - side || v > height - side) continue;
          const ink = inks[codes[j] + (dim ? kinds : 0)];
          let o = v * width + u;
          if (side === 1) {
            pixels[o] = ink;
            if (!dim) dense[o]++;
          } else for (let q = 0; q < side; q++, o += width) pixels.fill(ink, o, o + side);
        }
      });
    if (state || marked) pass(true);
    pass(false);
    if (crowded) this.shade();
    this.pen.putImageData(this.image, 0, 0);
    this.write();
    this.trace();
    this.drawn = performance.now() - began;
  }

  /** Where points share pixels, pixels with few of them are drawn fainter, so that the middle of a crowd shows. */
  private shade(): void {
    const { dense, pixels } = this;
    let filled = 0;
    let points = 0;
    for (const n of dense)
      if (n) {
        filled++;
        points += n;
      }
    if (points < CROWDED * filled) return;
    const full = Math.log(1 + (3 * points) / filled);
    const [gr, gg, gb] = [this.ground & 255, (this.ground >> 8) & 255, (this.ground >> 16) & 255];
    const share = Float32Array.from({ length: 256 }, (_, n) => Math.min(1, 0.35 + (0.65 * Math.log(1 + n)) / full));
    for (let o = 0; o < dense.length; o++) {
      const n = dense[o];
      if (!n) continue;
      const k = share[Math.min(255, n)];
      if (k >= 1) continue;
      const ink = pixels[o];
      const r = (ink & 255) * k + gr * (1 - k);
      const g = ((ink >> 8) & 255) * k + gg * (1 - k);
      const b = ((ink >> 16) & 255) * k + gb * (1 - k);
      pixels[o] = ((255 << 24) | (b << 16) | (g << 8) | r) >>> 0;
    }
  }

  /** Names of regions that do not lie on one another. */
  private write(): void {
    const pen = this.pen;
    const size = 13 * this.ratio;
    pen.font = `600 ${size}px system-ui, sans-serif`;
    pen.textAlign = 'center';
    pen.textBaseline = 'middle';
    pen.lineJoin = 'round';
    const taken: [number, number, number, number][] = [];
    for (const { x, y, text } of this.names) {
      const [px, py] = this.on(x, y);
      const half = pen.measureText(text).width / 2 + 6;
      const box: [number, number, number, number] = [px - half, px + half, py - size, py + size];
      if (box[0] < 0 || box[1] > this.canvas.width || box[2] < 0 || box[3] > this.canvas.height) continue;
      if (taken.some((other) => box[0] < other[1] && box[1] > other[0] && box[2] < other[3] && box[3] > other[2])) continue;
      taken.push(box);
      pen.lineWidth = 4 * this.ratio;
      pen.strokeStyle = this.paper;
      pen.strokeText(text, px, py);
      pen.fillStyle = this.writing;
      pen.fillText(text, px, py);
    }
  }

  /** The lasso or the box. */
  private trace(): void {
    const { over, line } = this;
    over.clearRect(0, 0, this.overlay.width, this.overlay.height);
    if (!line || line.length < 4) return;
    over.beginPath();
    for (let i = 0; i < line.length; i += 2) over.lineTo(...this.on(line[i], line[i + 1]));
    over.closePath();
    over.fillStyle = '#3b82f633';
    over.fill();
    for (const [colour, width] of [[this.paper, 4], [this.writing, 1.5]] as const) {
      over.strokeStyle = colour;
      over.lineWidth = width * this.ratio;
      over.stroke();
    }
  }

  private sorted(values: Uint8Array): Uint8Array {
    const found = new Uint8Array(this.count);
    for (let j = 0; j < this.count; j++) found[j] = values[this.ids[j]] ?? 0;
    return found;
  }

  private moved(): void {
    this.fitted = false;
    this.options.onView?.(this.view);
    this.ask();
  }

  private ask(): void {
    this.frame ||= requestAnimationFrame(() => {
      this.frame = 0;
      this.draw();
    });
  }

  private resize(): void {
    this.ratio = Math.min(2, window.devicePixelRatio || 1);
    const width = Math.max(1, Math.round(this.canvas.clientWidth * this.ratio));
    const height = Math.max(1, Math.round(this.canvas.clientHeight * this.ratio));
    if (this.image && width === this.canvas.width && height === this.canvas.height) return;
    for (const one of [this.canvas, this.overlay]) [one.width, one.height] = [width, height];
    this.image = this.pen.createImageData(width, height);
    this.pixels = new Uint32Array(this.image.data.buffer);
    this.dense = new Uint16Array(width * height);
    if (this.fitted && this.count) this.fit();
    this.draw();
  }

  /** Device pixels -> place. */
  private at(px: number, py: number): [number, number] {
    const { x, y, scale } = this.view;
    return [x + (px - this.canvas.width / 2) / scale, y - (py - this.canvas.height / 2) / scale];
  }

  /** Place -> device pixels. */
  private on(x: number, y: number): [number, number] {
    const view = this.view;
    return [(x - view.x) * view.scale + this.canvas.width / 2, this.canvas.height / 2 - (y - view.y) * view.scale];
  }

  /** Calls with the runs of sorted points whose cells meet a rectangle. */
  private runs(west: number, south: number, east: number, north: number, call: (from: number, to: number) => void): void {
    const { x, y, width, height } = this.bounds;
    const { cells, start } = this;
    if (!this.count || east < x || north < y || west > x + width || south > y + height) return;
    const bound = (value: number) => Math.max(0, Math.min(cells - 1, Math.floor(value)));
    const across = (cells - 1e-3) / width;
    const up = (cells - 1e-3) / height;
    const [a, z] = [bound((west - x) * across), bound((east - x) * across)];
    for (let row = bound((south - y) * up); row <= bound((north - y) * up); row++) {
      const from = start[row * cells + a];
      const to = start[row * cells + z + 1];
      if (to > from) call(from, to);
    }
  }

  private listen(): void {
    const { canvas, options } = this;
    const until = { signal: this.gone.signal };
    let last: [number, number] | null = null;
    let pressed: [number, number] | null = null;
    canvas.style.touchAction = 'none';
    const device = (event: MouseEvent): [number, number] => [event.offsetX * this.ratio, event.offsetY * this.ratio];
    canvas.addEventListener(
      'pointerdown',
      (event) => {
        if (event.button) return;
        canvas.setPointerCapture(event.pointerId);
        pressed = [event.offsetX, event.offsetY];
        const mode = event.shiftKey ? (this.mode === 'box' ? 'box' : 'lasso') : this.mode;
        if (mode === 'pan') last = device(event);
        else this.line = [...this.at(...device(event))];
        if (mode === 'box') this.corner = this.at(...device(event));
        options.onHover(-1, 0, 0);
      },
      until,
    );
    canvas.addEventListener(
      'pointermove',
      (event) => {
        const here = device(event);
        if (this.line) {
          if (this.corner) {
            const [[a, b], [x, y]] = [this.corner, this.at(...here)];
            this.line = [a, b, x, b, x, y, a, y];
          } else this.line.push(...this.at(...here));
          this.trace();
        } else if (last) {
          this.pan(last[0] - here[0], last[1] - here[1]);
          last = here;
        } else options.onHover(this.near(event.offsetX, event.offsetY), event.offsetX, event.offsetY);
      },
      until,
    );
    canvas.addEventListener(
      'pointerup',
      (event) => {
        const still = pressed && Math.hypot(event.offsetX - pressed[0], event.offsetY - pressed[1]) < 4;
        const line = this.line;
        this.line = this.corner = last = pressed = null;
        this.trace();
        if (still) options.onOpen(this.near(event.offsetX, event.offsetY));
        else if (line) options.onSelect(this.inside(line));
      },
      until,
    );
    canvas.addEventListener(
      'pointercancel',
      () => {
        this.line = this.corner = last = pressed = null;
        this.trace();
      },
      until,
    );
    canvas.addEventListener('pointerleave', () => options.onHover(-1, 0, 0), until);
    canvas.addEventListener(
      'wheel',
      (event) => {
        event.preventDefault();
        this.zoom(Math.exp(-Math.max(-300, Math.min(300, event.deltaY)) * 0.0015), ...device(event));
      },
      { passive: false, ...until },
    );
  }
}

function ends(values: Float32Array): [number, number] {
  let low = Infinity;
  let high = -Infinity;
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return high > low ? [low, high] : [(Number.isFinite(low) ? low : 0.5) - 0.5, (Number.isFinite(low) ? low : 0.5) + 0.5];
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

/** 0 .. n - 1 in an order that is random and the same every time. */
function shuffled(n: number): Uint32Array {
  const found = new Uint32Array(n);
  for (let i = 0; i < n; i++) found[i] = i;
  let seed = 0x9e3779b9;
  for (let i = n - 1; i > 0; i--) {
    seed ^= seed << 13;
    seed ^= seed >>> 17;
    seed ^= seed << 5;
    const j = (seed >>> 0) % (i + 1);
    [found[i], found[j]] = [found[j], found[i]];
  }
  return found;
}
