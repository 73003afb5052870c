/** The outline of a recording on a canvas. */

/** Draws pairs of least and greatest; `played`: 0..1, what is to the left of it is in the colour of the accent. */
export function drawOutline(canvas: HTMLCanvasElement, peaks: Int8Array, played = 0): void {
  const ratio = window.devicePixelRatio || 1;
  const width = Math.max(1, Math.round(canvas.clientWidth * ratio));
  const height = Math.max(1, Math.round(canvas.clientHeight * ratio));
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
  const pen = canvas.getContext('2d');
  if (!pen) return;
  const style = getComputedStyle(canvas);
  const [plain, accent] = [style.getPropertyValue('--wave'), style.getPropertyValue('--accent')];
  pen.clearRect(0, 0, width, height);
  const bins = peaks.length >> 1;
  const middle = height / 2;
  const least = Math.max(1, ratio);
  for (let n = 0; n < bins; n++) {
    const low = (peaks[2 * n] ?? 0) / 127;
    const high = (peaks[2 * n + 1] ?? 0) / 127;
    const x = (n * width) / bins;
    pen.fillStyle = played > 0 && n / bins < played ? accent : plain;
    const top = middle - high * middle;
    pen.fillRect(x, Math.min(top, middle - least / 2), Math.max(1, width / bins - 0.4 * ratio), Math.max(least, (high - low) * middle));
  }
  if (played > 0) {
    pen.fillStyle = accent;
    pen.fillRect(played * width, 0, Math.max(1, ratio), height);
  }
}
