/** A spectrogram: short Fourier transforms (Hann window), levels in dB below the loudest, low tones at the bottom. */

const SIZE = 512;
const DECIBELS = 70;
const NOTHING = 2e-7;

/** Fills a canvas; `rate`: frames per second. The scale of tones is linear, from 0 to the highest that is there: browsers bring every
 *  recording to the rate of the output, above its own half there is nothing. Returns that tone in Hz. */
export function spectrogram(canvas: HTMLCanvasElement, signal: Float32Array, rate: number): number {
  const pen = canvas.getContext('2d');
  if (!pen || signal.length === 0) return 0;
  const columns = Math.max(1, Math.min(canvas.clientWidth * (window.devicePixelRatio || 1), Math.ceil(signal.length / 32)) | 0);
  const bins = SIZE / 2;
  const levels = new Float32Array(columns * bins);
  const real = new Float64Array(SIZE);
  const imaginary = new Float64Array(SIZE);
  let loudest = 1e-12;
  for (let x = 0; x < columns; x++) {
    const start = Math.floor(((x + 0.5) * signal.length) / columns) - SIZE / 2;
    for (let n = 0; n < SIZE; n++) {
      real[n] = (signal[start + n] ?? 0) * (0.5 - 0.5 * Math.cos((2 * Math.PI * n) / (SIZE - 1)));
      imaginary[n] = 0;
    }
    transform(real, imaginary);
    for (let y = 0; y < bins; y++) {
      const power = real[y]! ** 2 + imaginary[y]! ** 2;
      levels[y * columns + x] = power;
      if (power > loudest) loudest = power;
    }
  }
  let rows = bins;
  while (rows > 8 && levels.subarray((rows - 1) * columns, rows * columns).every((power) => power < loudest * NOTHING)) rows--;
  canvas.width = columns;
  canvas.height = rows;
  const picture = pen.createImageData(columns, rows);
  for (let y = 0; y < rows; y++)
    for (let x = 0; x < columns; x++) {
      const level = 10 * Math.log10(levels[y * columns + x]! / loudest + 1e-12);
      const [r, g, b] = colour(Math.max(0, 1 + level / DECIBELS));
      const at = 4 * ((rows - 1 - y) * columns + x);
      picture.data[at] = r;
      picture.data[at + 1] = g;
      picture.data[at + 2] = b;
      picture.data[at + 3] = 255;
    }
  pen.putImageData(picture, 0, 0);
  const highest = (rate * rows) / SIZE;
  canvas.title = `0 to ${(highest / 1000).toFixed(1)} kHz, ${DECIBELS} dB`;
  return highest;
}

/** Dark to light with rising brightness, so that it can be read without colours too. */
function colour(share: number): [number, number, number] {
  return [255 * Math.min(1, share * 1.6) ** 1.4, 255 * share ** 2.1, 255 * (share < 0.5 ? 0.15 + 0.9 * share : 0.6 - 0.3 * (share - 0.5) * 2)];
}

/** The fast Fourier transform in place (Cooley and Tukey 1965); the length is a power of two. */
export function transform(real: Float64Array, imaginary: Float64Array): void {
  const size = real.length;
  for (let n = 1, mirrored = 0; n < size; n++) {
    let bit = size >> 1;
    for (; mirrored & bit; bit >>= 1) mirrored ^= bit;
    mirrored ^= bit;
    if (n < mirrored) {
      [real[n], real[mirrored]] = [real[mirrored]!, real[n]!];
      [imaginary[n], imaginary[mirrored]] = [imaginary[mirrored]!, imaginary[n]!];
    }
  }
  for (let span = 2; span <= size; span <<= 1) {
    const angle = (-2 * Math.PI) / span;
    for (let start = 0; start < size; start += span)
      for (let n = 0; n < span / 2; n++) {
        const [cos, sin] = [Math.cos(angle * n), Math.sin(angle * n)];
        const low = start + n;
        const high = low + span / 2;
        const re = real[high]! * cos - imaginary[high]! * sin;
        const im = real[high]! * sin + imaginary[high]! * cos;
        real[high] = real[low]! - re;
        imaginary[high] = imaginary[low]! - im;
        real[low] = real[low]! + re;
        imaginary[low] = imaginary[low]! + im;
      }
  }
}
