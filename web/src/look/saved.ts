/** Selections under names: known to every page that filters. */
import { client, keepPick, sentence, told, type Schemas } from '../server';
import { go, place } from '../place';
import { send } from '../outbox';
import { Store } from '../store';
import { say } from '../toast';
import { chosen } from './chosen';
import * as fixes from './fixes';

export type Saved = Schemas['Selection'];

export const saved = new Store<Saved[]>([]);

/** Ids that an address holds; more have a name. */
export const PICKED = 300;

export async function load(): Promise<void> {
  try {
    saved.set(await told(client.GET('/api/selections')));
  } catch (error) {
    say(sentence(error), 'bad');
  }
}

/** The same samples in the same order. */
export const open = (one: Saved): void => go({ where: [one.filter], picked: [], sort: one.sort, seed: one.seed, sample: '' });

/** Saves what is selected, else what the filters hold for. Whether it was. */
export async function save(name: string, replace: boolean): Promise<boolean> {
  const { where, picked, sort, seed } = place.get();
  const mine = chosen.get();
  const some = !mine.all && mine.ids.size > 0;
  const ids = some ? [...mine.ids] : picked;
  const filters = some ? [] : where;
  try {
    const words = ids.length > PICKED ? { ids: [], where: [await keepPick(ids), ...filters] } : { ids, where: filters };
    const made = await send<Saved>('/api/selections', { name, ...words, sort, seed, replace });
    say(`saved ${made.name}: ${made.filter}`, 'good', { name: 'Undo', run: () => void back(made.action) });
    await load();
    return true;
  } catch (error) {
    say(sentence(error), 'bad');
    return false;
  }
}

/** A filter of the address in other words. */
const inPlace = (old: string, now: string): void => go({ where: place.get().where.map((text) => (text === old ? now : text)) }, true);

export async function rename(one: Saved, to: string): Promise<void> {
  try {
    const made = await send<Saved>('/api/selections/rename', { name: one.name, to });
    inPlace(one.filter, made.filter);
    say(`${one.name} is called ${made.name}`, 'good', { name: 'Undo', run: () => void back(made.action) });
  } catch (error) {
    say(sentence(error), 'bad');
  }
  await load();
}

export async function remove(one: Saved): Promise<void> {
  inPlace(one.filter, one.where); // what it stood for is still shown
  try {
    const done = await send<Schemas['Removed']>('/api/selections/remove', { name: one.name });
    say(`removed ${one.name}; its samples stay as they are`, 'good', { name: 'Undo', run: () => void back(done.action) });
  } catch (error) {
    say(sentence(error), 'bad');
  }
  await load();
}

async function back(action: number): Promise<void> {
  await fixes.undo(action);
  await load();
}
