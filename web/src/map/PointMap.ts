/** Millions of points on a plain canvas: no WebGL, so the same on every browser, remote desktop and test machine. The lasso is drawn on a canvas of its
 *  own, so that its line costs no new picture. */
import { listen, type Hands, type Mode } from './hands';
import type { Rgb } from './inks';
import { Picture } from './picture';
import { Points, type Places } from './points';

export type { Mode };
export type View = { x: number; y: number; scale: number };
export type Name = { x: number; y: number; text: string };
export type Options = { onHover: (index: number, x: number, y: number) => void; onOpen: (index: number) => void; onSelect: (found: Uint32Array) => void; onView?: (view: View) => void };

const REACH = 9; // CSS pixels around the pointer

export class PointMap implements Hands {
  readonly view: View = { x: 0.5, y: 0.5, scale: 1 };
  mode: Mode = 'pan';
  points = new Points();
  line: number[] | null = null;
  ratio = 1;
  /** Milliseconds that the last picture took. */
  drawn = 0;
  private readonly pen: CanvasRenderingContext2D;
  private readonly over: CanvasRenderingContext2D;
  private picture: Picture | null = null;
  private frame = 0;
  private writing = '#000';
  private paper = '#fff';
  private names: Name[] = [];
  private fitted = true;
  private readonly gone = new AbortController();

  constructor(
    readonly canvas: HTMLCanvasElement,
    readonly overlay: HTMLCanvasElement,
    readonly options: Options,
  ) {
    const pen = canvas.getContext('2d', { alpha: false });
    const over = overlay.getContext('2d');
    if (!pen || !over) throw new Error('this browser draws no canvas');
    this.pen = pen;
    this.over = over;
    const watch = new ResizeObserver(() => this.resize());
    watch.observe(canvas);
    this.gone.signal.addEventListener('abort', () => watch.disconnect());
    listen(this, this.gone.signal);
    this.resize();
  }

  end(): void {
    this.gone.abort();
    cancelAnimationFrame(this.frame);
  }

  /** Colours of the codes, of the ground, and of what is written on it. */
  setColours(colours: readonly Rgb[], ground: Rgb, writing: string, paper: string): void {
    this.picture?.setColours(colours, ground);
    this.writing = writing;
    this.paper = paper;
    this.ask();
  }

  /** Where points lie, y upwards. The view stays unless it is the first. */
  setPlaces(places: Places): void {
    const first = this.points.count === 0;
    this.points = new Points(places);
    if (first) this.fit();
    this.ask();
  }

  /** Which colour each point has. */
  setCodes(codes: Uint16Array): void {
    this.points.codes.set(codes.subarray(0, this.points.count));
    this.ask();
  }

  /** 0: shown, 1: dimmed, 2: hidden. */
  setState(state: Uint8Array | null): void {
    this.points.setState(state);
    this.ask();
  }

  /** The points that are selected: the others are dimmed. */
  setMarked(found: Uint32Array | null): void {
    this.points.setMarked(found);
    this.ask();
  }

  /** The names of regions, the most important first. */
  setNames(names: Name[]): void {
    this.names = names;
    this.ask();
  }

  fit(): void {
    const { west, south, width, height } = this.points.at;
    this.view.x = west + width / 2;
    this.view.y = south + height / 2;
    this.view.scale = 0.94 * Math.min(this.canvas.width / width, this.canvas.height / height);
    this.moved();
    this.fitted = true;
  }

  /** Enlarges around a place in device pixels. */
  zoom(by: number, px = this.canvas.width / 2, py = this.canvas.height / 2): void {
    const [x, y] = this.at(px, py);
    const { width, height } = this.points.at;
    const least = 0.2 * Math.min(this.canvas.width / width, this.canvas.height / height);
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
    return this.points.near(x, y, (REACH * this.ratio) / this.view.scale);
  }

  draw(): void {
    const began = performance.now();
    const picture = this.picture;
    if (!picture) return;
    const { x, y, scale } = this.view;
    picture.draw(this.points, { scale, left: this.canvas.width / 2 - x * scale, top: this.canvas.height / 2 + y * scale }, this.ratio);
    this.pen.putImageData(picture.image, 0, 0);
    this.write();
    this.trace();
    this.drawn = performance.now() - began;
  }

  /** The lasso or the box. */
  trace(): void {
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

  /** Device pixels -> place. */
  at(px: number, py: number): [number, number] {
    const { x, y, scale } = this.view;
    return [x + (px - this.canvas.width / 2) / scale, y - (py - this.canvas.height / 2) / scale];
  }

  /** Draws in the next frame. */
  ask(): void {
    this.frame ||= requestAnimationFrame(() => {
      this.frame = 0;
      this.draw();
    });
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

  private moved(): void {
    this.fitted = false;
    this.options.onView?.(this.view);
    this.ask();
  }

  private resize(): void {
    this.ratio = Math.min(2, window.devicePixelRatio || 1);
    const width = Math.max(1, Math.round(this.canvas.clientWidth * this.ratio));
    const height = Math.max(1, Math.round(this.canvas.clientHeight * this.ratio));
    if (this.picture && width === this.canvas.width && height === this.canvas.height) return;
    for (const one of [this.canvas, this.overlay]) [one.width, one.height] = [width, height];
    this.picture = new Picture(this.pen, this.picture);
    if (this.fitted && this.points.count) this.fit();
    this.draw();
  }

  /** Place -> device pixels. */
  private on(x: number, y: number): [number, number] {
    const view = this.view;
    return [(x - view.x) * view.scale + this.canvas.width / 2, this.canvas.height / 2 - (y - view.y) * view.scale];
  }
}
