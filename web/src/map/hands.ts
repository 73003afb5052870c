/** What a pointer does on a map: it moves it, draws a lasso or a box, shows and opens what is under it. */
import type { Options } from './PointMap';
import type { Points } from './points';

export type Mode = 'pan' | 'lasso' | 'box';

/** Of a map, what hands need. `line`: the lasso, as places; null while there is none. */
export type Hands = {
  readonly canvas: HTMLCanvasElement;
  readonly options: Options;
  readonly points: Points;
  readonly mode: Mode;
  readonly ratio: number;
  line: number[] | null;
  at: (px: number, py: number) => [number, number];
  near: (left: number, top: number) => number;
  pan: (px: number, py: number) => void;
  zoom: (by: number, px: number, py: number) => void;
  trace: () => void;
};

export function listen(map: Hands, signal: AbortSignal): void {
  const { canvas, options } = map;
  const until = { signal };
  let last: [number, number] | null = null;
  let pressed: [number, number] | null = null;
  let corner: [number, number] | null = null;
  canvas.style.touchAction = 'none';
  const device = (event: MouseEvent): [number, number] => [event.offsetX * map.ratio, event.offsetY * map.ratio];
  const rest = () => {
    map.line = corner = last = pressed = null;
    map.trace();
  };
  canvas.addEventListener(
    'pointerdown',
    (event) => {
      if (event.button) return;
      canvas.setPointerCapture(event.pointerId);
      pressed = [event.offsetX, event.offsetY];
      const mode = event.shiftKey ? (map.mode === 'box' ? 'box' : 'lasso') : map.mode;
      if (mode === 'pan') last = device(event);
      else map.line = [...map.at(...device(event))];
      if (mode === 'box') corner = map.at(...device(event));
      options.onHover(-1, 0, 0);
    },
    until,
  );
  canvas.addEventListener(
    'pointermove',
    (event) => {
      const here = device(event);
      if (map.line) {
        if (corner) {
          const [[a, b], [x, y]] = [corner, map.at(...here)];
          map.line = [a, b, x, b, x, y, a, y];
        } else map.line.push(...map.at(...here));
        map.trace();
      } else if (last) {
        map.pan(last[0] - here[0], last[1] - here[1]);
        last = here;
      } else options.onHover(map.near(event.offsetX, event.offsetY), event.offsetX, event.offsetY);
    },
    until,
  );
  canvas.addEventListener(
    'pointerup',
    (event) => {
      const still = pressed && Math.hypot(event.offsetX - pressed[0], event.offsetY - pressed[1]) < 4;
      const line = map.line;
      rest();
      if (still) options.onOpen(map.near(event.offsetX, event.offsetY));
      else if (line) options.onSelect(map.points.inside(line));
    },
    until,
  );
  canvas.addEventListener('pointercancel', rest, until);
  canvas.addEventListener('pointerleave', () => options.onHover(-1, 0, 0), until);
  canvas.addEventListener(
    'wheel',
    (event) => {
      event.preventDefault();
      map.zoom(Math.exp(-Math.max(-300, Math.min(300, event.deltaY)) * 0.0015), ...device(event));
    },
    { passive: false, ...until },
  );
}
