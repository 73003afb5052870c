/** The samples that are selected: by hand, or all of what the filters hold for. Shared by all pages. */
import { Store } from '../store';

export type Chosen = { ids: ReadonlySet<string>; all: boolean };

export const NOTHING: Chosen = { ids: new Set(), all: false };
export const chosen = new Store<Chosen>(NOTHING);

let words = '';

/** Another selection of filters begins with nothing chosen; the same one, on another page or after a detour, keeps it. */
export function chosenIn(now: string): void {
  if (now !== words) chosen.set(NOTHING);
  words = now;
}

export const isChosen = (id: string): boolean => chosen.get().all || chosen.get().ids.has(id);

export function toggle(id: string): void {
  chosen.update((old) => {
    const ids = new Set(old.all ? [] : old.ids);
    if (!ids.delete(id)) ids.add(id);
    return { ids, all: false };
  });
}

export function add(some: Iterable<string>): void {
  chosen.update((old) => ({ ids: new Set([...(old.all ? [] : old.ids), ...some]), all: false }));
}

export const choose = (ids: Iterable<string>): void => chosen.set({ ids: new Set(ids), all: false });
export const chooseAll = (): void => chosen.set({ ids: new Set(), all: true });
export const chooseNone = (): void => chosen.set(NOTHING);
