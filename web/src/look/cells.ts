/** A cell of the grid: a picture, an outline or the beginning of a text, with its label beneath. */
import { drawOutline } from '../media/outline';
import { previews, type Preview } from '../media/previews';
import { mediaAddress, type Sample } from '../server';

type Parts = { picture: HTMLImageElement; outline: HTMLCanvasElement; text: HTMLElement; label: HTMLElement; note: HTMLElement };

const parts = new WeakMap<HTMLElement, Parts>();
const forget = new WeakMap<HTMLElement, () => void>();
const drawn = new WeakMap<HTMLElement, Int8Array>();
const shown = new WeakMap<HTMLElement, string>();

export function make(): HTMLElement {
  const cell = document.createElement('div');
  cell.className = 'cell';
  const body = element('div', 'cell-body');
  const foot = element('div', 'cell-foot');
  const found: Parts = {
    picture: document.createElement('img'),
    outline: document.createElement('canvas'),
    text: element('div', 'cell-text'),
    label: element('span', 'cell-label'),
    note: element('span', 'cell-note'),
  };
  found.picture.alt = '';
  found.picture.draggable = false;
  found.picture.decoding = 'async';
  body.append(found.picture, found.outline, found.text);
  foot.append(found.label, found.note);
  cell.append(body, foot);
  parts.set(cell, found);
  return cell;
}

function element(tag: string, name: string): HTMLElement {
  const made = document.createElement(tag);
  made.className = name;
  return made;
}

/** Shows a sample, or that it is on its way. */
export function fill(cell: HTMLElement, sample: Sample | undefined, medium: string, selected: boolean, sortedBy: string): void {
  const its = parts.get(cell);
  if (!its) return;
  cell.classList.toggle('loading', !sample);
  cell.classList.toggle('selected', selected);
  cell.setAttribute('aria-selected', String(selected));
  if (!sample) {
    clear(cell);
    its.label.textContent = '';
    its.note.textContent = '';
    cell.setAttribute('aria-label', 'on its way');
    return;
  }
  cell.removeAttribute('aria-label'); // its label and remark name it
  cell.classList.toggle('excluded', sample.excluded);
  cell.classList.toggle('differs', sample.predicted !== null && sample.predicted !== sample.label);
  its.label.textContent = sample.label ?? 'no label';
  its.note.textContent = remark(sample, sortedBy);
  cell.title = [sample.name.slice(0, 200), [its.label.textContent, its.note.textContent].filter(Boolean).join(' · ')].join('\n');
  if (shown.get(cell) === sample.id) return;
  clear(cell);
  shown.set(cell, sample.id);
  its.text.hidden = medium !== 'text';
  if (medium === 'text') {
    its.text.textContent = sample.name;
    return;
  }
  forget.set(
    cell,
    previews.get(sample.id, (preview) => {
      if (shown.get(cell) === sample.id) draw(cell, its, preview, sample, medium);
    }),
  );
}

/** What else is to be said of it; names are set apart, so that those that run to the left turn nothing beside them. */
function remark(sample: Sample, sortedBy: string): string {
  const value = sortedBy ? sample.sorted_by : null;
  const sorted = value === null ? '' : typeof value === 'number' ? short(value) : String(value);
  const said = sample.excluded ? 'excluded' : sample.predicted !== null && sample.predicted !== sample.label ? `→ \u2068${sample.predicted}\u2069` : '';
  return [said, sorted].filter(Boolean).join(' · ');
}

export const short = (value: number): string =>
  Number.isInteger(value) ? value.toLocaleString('en') : Math.abs(value) >= 1000 ? Math.round(value).toLocaleString('en') : value.toPrecision(3);

function draw(cell: HTMLElement, its: Parts, preview: Preview, sample: Sample, medium: string): void {
  its.picture.hidden = medium !== 'image';
  its.outline.hidden = medium !== 'audio' || preview.kind !== 'outline';
  its.text.hidden = medium !== 'audio' || preview.kind === 'outline';
  if (medium === 'image') {
    its.picture.onerror = () => {
      its.picture.hidden = true;
      its.text.hidden = false;
      its.text.textContent = 'cannot be shown';
    };
    its.picture.src = preview.kind === 'picture' ? preview.url : mediaAddress(sample.id);
  } else if (preview.kind === 'outline') {
    drawn.set(cell, preview.peaks);
    drawOutline(its.outline, preview.peaks);
  } else its.text.textContent = `${sample.name} (no outline kept)`;
}

/** The playhead of a recording that sounds: 0 takes it away. */
export function played(cell: HTMLElement, share: number): void {
  const peaks = drawn.get(cell);
  const canvas = parts.get(cell)?.outline;
  if (peaks && canvas) drawOutline(canvas, peaks, share);
}

export const idOf = (cell: HTMLElement): string | undefined => shown.get(cell);

/** Draws outlines anew, for another size or other colours. */
export const redraw = (cell: HTMLElement): void => played(cell, 0);

export function clear(cell: HTMLElement): void {
  forget.get(cell)?.();
  forget.delete(cell);
  drawn.delete(cell);
  shown.delete(cell);
  const its = parts.get(cell);
  if (!its) return;
  its.picture.onerror = null;
  its.picture.removeAttribute('src');
  its.picture.hidden = true;
  its.outline.hidden = true;
  its.text.hidden = true;
  its.text.textContent = '';
}
