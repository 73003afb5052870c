/** The pixels of a map: one write for a point where there are many, squares where there are few. */
import type { Rgb } from './inks';
import { HIDDEN, SHOWN, type Points } from './points';

/** Where on the pixels a place is: x * scale + left, top - y * scale. */
export type Sight = { scale: number; left: number; top: number };

const FADE = 0.2;
const MOST_COLOURS = 4096;
/** Points that share a pixel, on average, above which the density is shaded. */
const CROWDED = 3;

const word = ([r, g, b]: Rgb) => ((255 << 24) | (b << 16) | (g << 8) | r) >>> 0;

export class Picture {
  readonly image: ImageData;
  private readonly pixels: Uint32Array;
  private readonly dense: Uint16Array; // how many points each pixel has
  private ground = 0xffffffff;
  private inks = new Uint32Array(2); // of the codes, then of the codes where they are faint

  constructor(pen: CanvasRenderingContext2D, before: Picture | null) {
    const { width, height } = pen.canvas;
    this.image = pen.createImageData(width, height);
    this.pixels = new Uint32Array(this.image.data.buffer);
    this.dense = new Uint16Array(width * height);
    if (before) [this.ground, this.inks] = [before.ground, before.inks];
  }

  /** Colours of the codes and of the ground. */
  setColours(colours: readonly Rgb[], ground: Rgb): void {
    const faded = (c: Rgb): Rgb => [0, 1, 2].map((n) => Math.round((c[n] ?? 0) * FADE + (ground[n] ?? 0) * (1 - FADE))) as unknown as Rgb;
    const some = colours.slice(0, MOST_COLOURS);
    this.ground = word(ground);
    this.inks = new Uint32Array([...some.map(word), ...some.map((c) => word(faded(c)))]);
  }

  draw(points: Points, { scale, left, top }: Sight, ratio: number): void {
    const { width, height } = this.image;
    const { x, y } = points.at;
    const { codes, shade } = points;
    const { inks, pixels, dense } = this;
    const kinds = inks.length >> 1;
    const [west, east, south, north] = [-left / scale, (width - left) / scale, (top - height) / scale, top / scale];
    pixels.fill(this.ground);
    let seen = 0;
    points.runs(west, south, east, north, (a, z) => {
      seen += z - a;
    });
    const side = Math.max(1, Math.min(11, Math.round(ratio * (seen > 300_000 ? 1 : seen > 20_000 ? 2 : seen > 2_000 ? 4 : 7))));
    const half = side >> 1;
    const crowded = side === 1;
    if (crowded) dense.fill(0);
    const pass = (wanted: number) =>
      points.runs(west, south, east, north, (a, z) => {
        for (let i = a; i < z; i++) {
          if (shade[i] !== wanted) continue;
          const u = ((x[i] * scale + left) | 0) - half;
          const v = ((top - y[i] * scale) | 0) - half;
          if (u < 0 || v < 0 || u > width - side || v > height - side) continue;
          const ink = inks[codes[i] + wanted * kinds];
          let o = v * width + u;
          if (side === 1) {
            pixels[o] = ink;
            if (wanted === SHOWN) dense[o]++;
          } else for (let q = 0; q < side; q++, o += width) pixels.fill(ink, o, o + side);
        }
      });
    for (let wanted = HIDDEN - 1; wanted >= SHOWN; wanted--) if (wanted === SHOWN || points.faint) pass(wanted);
    if (crowded) this.shadeCrowds();
  }

  /** Where points share pixels, pixels with few of them are drawn fainter, so that the middle of a crowd shows. */
  private shadeCrowds(): void {
    const { dense, pixels } = this;
    let filled = 0;
    let points = 0;
    for (let o = 0; o < dense.length; o++)
      if (dense[o]) {
        filled++;
        points += dense[o];
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
}
