/** Colours of a matrix: one scale that is even to the eye and read by lightness alone, and one of two hues for differences that everybody tells apart. */

export type Rgb = readonly [number, number, number];

const STEPS = 256;

/** OKLCH (lightness 0..1, chroma, hue in degrees) as sRGB, 0..255 (Ottosson 2020). */
export function oklch(lightness: number, chroma: number, hue: number): Rgb {
  const a = chroma * Math.cos((hue * Math.PI) / 180);
  const b = chroma * Math.sin((hue * Math.PI) / 180);
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  const linear = [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ];
  return linear.map((value) => {
    const cut = Math.max(0, Math.min(1, value));
    return Math.round(255 * (cut <= 0.0031308 ? 12.92 * cut : 1.055 * cut ** (1 / 2.4) - 0.055));
  }) as unknown as Rgb;
}

/** Lightness to the eye, 0..1. */
export const luminance = ([red, green, blue]: Rgb): number => (0.2126 * red + 0.7152 * green + 0.0722 * blue) / 255;

/** Ink for numbers on a colour: dark or white, whichever stands out more (WCAG 2.2, 1.4.3). */
export function inkOn([red, green, blue]: Rgb): string {
  const linear = (value: number) => (value <= 10 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4);
  return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue) > 0.187 ? '#101216' : '#ffffff';
}

/** Colours for 0..1, from hardly anything to strong: darker is more on a light ground, lighter is more on a dark one. */
export function scale(dark: boolean): Rgb[] {
  return Array.from({ length: STEPS }, (_, n) => {
    const share = n / (STEPS - 1);
    return dark ? oklch(0.26 + 0.66 * share, 0.02 + 0.11 * Math.sin(Math.PI * (0.15 + 0.6 * share)), 262 - 60 * share) : oklch(0.975 - 0.64 * share, 0.005 + 0.14 * Math.min(1, 1.4 * share), 235 + 35 * share);
  });
}

/** Colours for -1..1: blue is less, orange is more. */
export function twoSided(dark: boolean): Rgb[] {
  return Array.from({ length: 2 * STEPS - 1 }, (_, n) => {
    const share = n / (STEPS - 1) - 1;
    const far = Math.abs(share);
    const lightness = dark ? 0.26 + 0.5 * far : 0.975 - 0.42 * far;
    return oklch(lightness, 0.16 * far, share < 0 ? 255 : 55);
  });
}

export const packed = ([red, green, blue]: Rgb): number => ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0;
export const css = ([red, green, blue]: Rgb): string => `rgb(${red} ${green} ${blue})`;
