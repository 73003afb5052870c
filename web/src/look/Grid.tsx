/** The grid of samples: BigGrid with the windows of a selection behind it, choosing by click, shift and box. */
import { useEffect, useRef, type RefObject } from 'react';
import { BigGrid } from '../grid/BigGrid';
import type { Windows } from '../grid/Windows';
import { play, playing, stop } from '../media/sound';
import { useStore } from '../store';
import * as cells from './cells';
import { add, choose, chooseNone, chosen, isChosen, toggle } from './chosen';

const RANGE = 20_000;

export type GridHandle = { grid: BigGrid; ids: (from: number, to: number) => Promise<string[]> };

type Props = {
  windows: Windows;
  version: number; // changes when the windows have news
  medium: string;
  size: number;
  sortedBy: string;
  onActive: (index: number) => void;
  onOpen: (index: number) => void;
  idsOf: (from: number, to: number) => Promise<string[]>;
  handle: RefObject<GridHandle | null>;
};

const shape = (medium: string, size: number): [number, number] =>
  medium === 'text' ? [size * 2, Math.max(96, size * 0.8)] : medium === 'audio' ? [size * 1.4, size * 0.62 + 26] : [size + 8, size + 32];

export function Grid(props: Props) {
  const ground = useRef<HTMLDivElement>(null);
  const box = useRef<HTMLDivElement>(null);
  const now = useRef(props);
  now.current = props;
  const anchor = useRef(0);
  const selection = useStore(chosen);

  useEffect(() => {
    const element = ground.current;
    if (!element) return;
    const current = () => now.current;
    const grid = new BigGrid(element, {
      label: 'samples',
      make: cells.make,
      fill: (cell, index) => {
        const { windows, medium, sortedBy } = current();
        const sample = windows.get(index);
        cells.fill(cell, sample, medium, sample !== undefined && isChosen(sample.id), sortedBy);
      },
      empty: cells.clear,
      onActive: (index) => current().onActive(index),
      onOpen: (index) => current().onOpen(index),
      onView: (from, to) => current().windows.want(from, to),
      onClick: (index, event) => void clicked(index, event),
    });

    async function clicked(index: number, event: MouseEvent): Promise<void> {
      const sample = current().windows.get(index);
      if (!sample) return;
      if (event.shiftKey) {
        const [from, to] = [Math.min(anchor.current, index), Math.max(anchor.current, index)];
        if (to - from < RANGE) add(await current().idsOf(from, to + 1));
      } else if (event.ctrlKey || event.metaKey) {
        toggle(sample.id);
        anchor.current = index;
      } else {
        chooseNone();
        anchor.current = index;
      }
      grid.go(index);
    }

    current().handle.current = { grid, ids: (from, to) => current().idsOf(from, to) };
    grid.setCell(...shape(current().medium, current().size));
    grid.reset(current().windows.total);
    const mouse = boxes(element, box.current, grid, (index) => current().windows.get(index)?.id);
    const sound = hover(element, () => current().medium);
    return () => {
      sound();
      mouse();
      current().handle.current = null;
      grid.destroy();
    };
  }, []);

  useEffect(() => {
    props.handle.current?.grid.reset(props.windows.total);
    anchor.current = 0;
  }, [props.windows]);

  useEffect(() => {
    props.handle.current?.grid.setCount(props.windows.total);
    props.handle.current?.grid.refresh();
  }, [props.version, props.sortedBy, selection]);

  useEffect(() => {
    props.handle.current?.grid.setCell(...shape(props.medium, props.size));
    ground.current?.querySelectorAll<HTMLElement>('.cell').forEach((cell) => requestAnimationFrame(() => cells.redraw(cell)));
  }, [props.size, props.medium]);

  return (
    <div className="ground">
      <div ref={ground} className={`of-${props.medium}`} />
      <div ref={box} className="box" hidden />
    </div>
  );
}

/** Choosing by a box: a drag that begins anywhere on the grid. */
function boxes(element: HTMLElement, box: HTMLElement | null, grid: BigGrid, idOf: (index: number) => string | undefined): () => void {
  const ending = new AbortController();
  let start: { x: number; y: number; keep: boolean } | null = null;
  let dragged = false;
  const area = (event: PointerEvent): DOMRect => {
    const { x, y } = start ?? event;
    return new DOMRect(Math.min(x, event.clientX), Math.min(y, event.clientY), Math.abs(event.clientX - x), Math.abs(event.clientY - y));
  };
  const options = { signal: ending.signal };
  element.addEventListener(
    'pointerdown',
    (event) => {
      const bar = event.clientX - element.getBoundingClientRect().left > element.clientWidth;
      if (event.button === 0 && event.pointerType === 'mouse' && !bar) start = { x: event.clientX, y: event.clientY, keep: event.ctrlKey || event.metaKey || event.shiftKey };
      dragged = false;
    },
    options,
  );
  window.addEventListener(
    'pointermove',
    (event) => {
      if (!start || !box) return;
      const rect = area(event);
      if (!dragged && rect.width < 6 && rect.height < 6) return;
      dragged = true;
      const own = element.getBoundingClientRect();
      box.hidden = false;
      box.style.cssText = `left:${rect.left - own.left}px;top:${rect.top - own.top}px;width:${rect.width}px;height:${rect.height}px`;
    },
    options,
  );
  window.addEventListener(
    'pointerup',
    (event) => {
      if (start && dragged && box) {
        box.hidden = true;
        const ids = grid.within(area(event)).map(idOf).filter((id) => id !== undefined);
        if (start.keep) add(ids);
        else choose(ids);
      }
      start = null;
    },
    options,
  );
  element.addEventListener(
    'click',
    (event) => {
      if (dragged) event.stopImmediatePropagation();
      dragged = false;
    },
    { ...options, capture: true },
  );
  return () => ending.abort();
}

/** Recordings sound while the mouse is over them. */
function hover(element: HTMLElement, medium: () => string): () => void {
  const ending = new AbortController();
  const options = { signal: ending.signal };
  let over: HTMLElement | null = null;
  element.addEventListener(
    'pointerover',
    (event) => {
      const cell = event.target instanceof Element ? event.target.closest<HTMLElement>('.cell') : null;
      if (cell === over || event.pointerType !== 'mouse' || medium() !== 'audio' || event.buttons) return;
      over = cell;
      const id = cell && cells.idOf(cell);
      if (id) void play(id);
      else stop();
    },
    options,
  );
  element.addEventListener(
    'pointerleave',
    () => {
      over = null;
      if (medium() === 'audio') stop();
    },
    options,
  );
  let last: HTMLElement | null = null;
  const unsubscribe = playing.subscribe(() => {
    const sounding = playing.get();
    const cell = sounding ? [...element.querySelectorAll<HTMLElement>('.cell:not([hidden])')].find((one) => cells.idOf(one) === sounding.id) : undefined;
    if (last && last !== cell) cells.played(last, 0);
    if (cell && sounding) cells.played(cell, sounding.played);
    last = cell ?? null;
  });
  return () => {
    unsubscribe();
    ending.abort();
    stop();
  };
}
