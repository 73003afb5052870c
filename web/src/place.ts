/** Where one is: the page and the selection, all of it in the address, so that a copied address opens the same samples. */
import { Store, useStore } from './store';

export type Place = {
  page: string;
  where: string[]; // filters that must all hold
  sort: string; // a column, `-column` for the largest first; empty: a draw
  seed: number; // of the draw; -1: the order of import
  picked: string[]; // ids: only these
  sample: string; // the one that is open
  more: Record<string, string>; // what a page keeps for itself
};

const KNOWN = new Set(['where', 'sort', 'seed', 'picked', 'sample']);
export const START: Place = { page: 'look', where: [], sort: '', seed: 0, picked: [], sample: '', more: {} };

export function read(hash: string): Place {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?');
  const found = new URLSearchParams(query);
  const seed = Number(found.get('seed') ?? 0);
  return {
    page: path || 'look',
    where: found.getAll('where').filter(Boolean),
    sort: found.get('sort') ?? '',
    seed: Number.isInteger(seed) ? seed : 0,
    picked: (found.get('picked') ?? '').split(',').filter(Boolean),
    sample: found.get('sample') ?? '',
    more: Object.fromEntries([...found].filter(([name]) => !KNOWN.has(name))),
  };
}

export function write(place: Place): string {
  const query = new URLSearchParams();
  for (const text of place.where) query.append('where', text);
  if (place.sort) query.set('sort', place.sort);
  if (place.seed) query.set('seed', String(place.seed));
  if (place.picked.length) query.set('picked', place.picked.join(','));
  if (place.sample) query.set('sample', place.sample);
  for (const [name, value] of Object.entries(place.more)) if (value) query.set(name, value);
  const text = query.toString();
  return `#/${place.page}${text ? `?${text}` : ''}`;
}

export const place = new Store<Place>(read(location.hash));
window.addEventListener('hashchange', () => place.set(read(location.hash)));

/** Goes somewhere; `quietly` without a step that the browser's Back returns to. */
export function go(change: Partial<Place>, quietly = false): void {
  const next = { ...place.get(), ...change };
  const hash = write(next);
  if (hash === location.hash) return;
  if (quietly) history.replaceState(null, '', hash);
  else history.pushState(null, '', hash);
  place.set(next);
}

/** The address of another page with the same selection. */
export const linkTo = (page: string, change: Partial<Place> = {}): string => write({ ...place.get(), sample: '', more: {}, ...change, page });

export const usePlace = (): Place => useStore(place);
