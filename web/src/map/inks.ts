/** Colours of a map: of classes that colour-blind people can tell apart as far as there are such, of numbers from dark to light. */
export type Rgb = readonly [number, number, number];

/** Okabe and Ito 2008, the yellow darkened to be seen on white; and three more that differ from them in lightness. */
const CLASSES: Rgb[] = [[0, 114, 178], [230, 159, 0], [0, 158, 115], [213, 94, 0], [204, 121, 167], [86, 180, 233], [184, 165, 0], [118, 96, 222], [150, 60, 90], [150, 108, 70]];
const NONE: Rgb = [140, 145, 155];
/** Cividis (Nuñez, Anderton and Renslow 2018), from small to large. */
const SCALE: Rgb[] = [[0, 50, 98], [42, 74, 108], [85, 98, 112], [122, 122, 118], [162, 149, 110], [206, 179, 88], [253, 231, 55]];
export const STEPS = 64;

/** The colour of the n-th class; those after the first ten differ in hue and lightness. */
export function inkOf(n: number): Rgb {
  const known = CLASSES[n];
  if (known) return known;
  const hue = (n * 137.508) % 360;
  const light = [0.42, 0.62, 0.52][n % 3] ?? 0.5;
  const a = 0.62 * Math.min(light, 1 - light);
  const part = (k: number) => {
    const at = (k + hue / 30) % 12;
    return Math.round(255 * (light - a * Math.max(-1, Math.min(at - 3, 9 - at, 1))));
  };
  return [part(0), part(8), part(4)];
}

/** Colours of codes: none first. `order`: which colour each value has. */
export const ofClasses = (values: readonly (string | null)[], order: (value: string, n: number) => number): Rgb[] =>
  values.map((value, n) => (value === null ? NONE : inkOf(order(value, n - 1))));

export const ofNumbers = (): Rgb[] => [NONE, ...Array.from({ length: STEPS }, (_, n) => between(n / (STEPS - 1)))];

/** The codes of numbers between two ends; 0 where there is none. */
export function stepped(numbers: Float32Array, low: number, high: number): Uint16Array {
  const codes = new Uint16Array(numbers.length);
  const by = STEPS / (high - low || 1);
  for (let i = 0; i < numbers.length; i++) {
    const value = numbers[i] ?? NaN;
    codes[i] = Number.isNaN(value) ? 0 : 1 + Math.max(0, Math.min(STEPS - 1, Math.floor((value - low) * by)));
  }
  return codes;
}

function between(share: number): Rgb {
  const at = share * (SCALE.length - 1);
  const n = Math.min(SCALE.length - 2, Math.floor(at));
  const [a, b] = [SCALE[n] ?? NONE, SCALE[n + 1] ?? NONE];
  return [0, 1, 2].map((k) => Math.round((a[k] ?? 0) + ((b[k] ?? 0) - (a[k] ?? 0)) * (at - n))) as unknown as Rgb;
}

export const css = ([r, g, b]: Rgb): string => `rgb(${r} ${g} ${b})`;
export const gradient = `linear-gradient(to right, ${SCALE.map(css).join(', ')})`;

/** The numbers of a computed colour. */
export function parsed(colour: string): Rgb {
  const [r = 255, g = 255, b = 255] = (colour.match(/[\d.]+/g) ?? []).map(Number);
  return colour.startsWith('color(') ? [Math.round(255 * r), Math.round(255 * g), Math.round(255 * b)] : [r, g, b];
}
