/** What is done to samples: at once on the screen, then in the log; every step can be undone. */
import { go, place } from '../place';
import { head, overview } from '../live';
import { send } from '../outbox';
import { sentence, type Sample, type Schemas } from '../server';
import { say } from '../toast';

export type Target = { ids: string[]; where: string[] | null; count: number };
/** What is meant, also while a name for it is still being made: it is shown at once, and sent when it has one. */
export type Aim = Target | Promise<Target>;
type Done = Schemas['Done'];

/** Shows a change on the cells that are loaded; what it gives back is told the action's position, or nothing when it failed. */
export type Paint = (ids: string[], change: Partial<Sample>) => (at?: number) => void;

const many = (n: number) => `${n.toLocaleString('en')} ${n === 1 ? 'sample' : 'samples'}`;

let naming: Promise<unknown> = Promise.resolve(); // what is undone then comes after it

async function change(path: string, aim: Aim, more: Record<string, unknown>, shown: Partial<Sample>, paint: Paint, what: string): Promise<void> {
  const settle = paint('ids' in aim ? aim.ids : [], shown);
  try {
    if (!('ids' in aim)) naming = aim;
    const target = 'ids' in aim ? aim : await aim;
    const words = target.where ? { where: target.where } : { ids: target.ids };
    const done = await send<Done>(path, { ...words, ...more });
    settle(done.action ?? undefined);
    if (done.action === null) say(`nothing to change: ${what}`);
    else say(`${many(done.changed)} ${what}`, 'good', { name: 'Undo', run: () => void undo(done.action ?? undefined) });
  } catch (error) {
    settle();
    say(sentence(error), 'bad');
  }
}

export const relabel = (target: Aim, to: string | null, paint: Paint, newClass = false): Promise<void> =>
  change('/api/fixes/label', target, { to, new_class: newClass }, { label: to }, paint, to === null ? 'without label' : `labelled ${to}`);

export const exclude = (target: Aim, reason: string, paint: Paint): Promise<void> =>
  change('/api/fixes/exclude', target, { reason }, { excluded: true }, paint, 'excluded');

export const restore = (target: Aim, paint: Paint): Promise<void> =>
  change('/api/fixes/restore', target, {}, { excluded: false }, paint, 'restored');

export const move = (target: Aim, to: string | null, paint: Paint): Promise<void> =>
  change('/api/fixes/split', target, { to }, { split: to }, paint, to === null ? 'moved out of their split' : `moved to ${to}`);

export async function note(ids: string[], text: string): Promise<void> {
  try {
    await send<Done>('/api/notes', { ids, text });
    say(`noted on ${many(ids.length)}`);
  } catch (error) {
    say(sentence(error), 'bad');
  }
}

/** Pages that show at once that something is taken back: called with the action (none: the last one), told the position as paints are. */
export const undoing = new Set<(seq?: number) => (at?: number) => void>();

export async function undo(seq?: number): Promise<void> {
  const settles = [...undoing].map((show) => show(seq));
  try {
    await naming.catch(() => undefined); // it has said so itself
    const found = await send<Schemas['Undone']>('/api/undo', { seq: seq ?? null });
    say(`took back #${found.undid} (${found.verb})`, 'good', { name: 'Redo', run: () => void undo(found.action) });
    for (const settle of settles) settle(found.action);
    head.set(Math.max(head.get(), found.action));
  } catch (error) {
    for (const settle of settles) settle();
    say(sentence(error), 'bad');
  }
}

/** Another draw of the same selection. */
export const shuffle = (): void => go({ sort: '', seed: 1 + Math.floor(Math.random() * 999_999) });

export const classNames = (): string[] => (overview.get()?.classes ?? []).map((one) => one.name);

export const filtersNow = (): string[] => (place.get().where.length ? place.get().where : ['not excluded']);
