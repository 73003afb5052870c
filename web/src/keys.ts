/** Keys: every command has one, shown under `?`, that can be set anew; silent while somebody types. */
import { useEffect } from 'react';
import { Store } from './store';

export type Command = { id: string; title: string; keys: string[]; run: () => void; group: string };

const SHELF = 'trainset.keys';

function read(): Record<string, string[]> {
  try {
    return JSON.parse(localStorage.getItem(SHELF) ?? '{}') as Record<string, string[]>;
  } catch {
    return {};
  }
}

/** Command -> the keys that somebody set for it. */
export const own = new Store<Record<string, string[]>>(read());
own.subscribe(() => localStorage.setItem(SHELF, JSON.stringify(own.get())));

export const commands = new Store<Command[]>([]);
/** Whether single keys do anything: whoever speaks to the computer may want them silent. */
export const on = new Store(localStorage.getItem('trainset.keys.off') !== '1');
on.subscribe(() => localStorage.setItem('trainset.keys.off', on.get() ? '0' : '1'));

export const keysOf = (command: Pick<Command, 'id' | 'keys'>): string[] => own.get()[command.id] ?? command.keys;

/** The name of a key press, such as `a`, `Shift+a`, `Ctrl+z`. On layouts that do not write Latin letters it goes by the place of the key. */
export function pressed(event: KeyboardEvent): string {
  let key = event.key;
  if (key.length === 1 && key.charCodeAt(0) > 127) {
    const place = /^(?:Key|Digit)(.)$/.exec(event.code)?.[1];
    if (place) key = place.toLowerCase();
  }
  if (key === ' ') key = 'Space';
  const letter = /^[a-z]$/i.test(key);
  const shift = event.shiftKey && (letter || key.length > 1) ? 'Shift+' : '';
  if (letter) key = key.toLowerCase();
  return (event.ctrlKey || event.metaKey ? 'Ctrl+' : '') + (event.altKey ? 'Alt+' : '') + shift + key;
}

const TYPING = new Set(['INPUT', 'TEXTAREA', 'SELECT']);

export function typing(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (TYPING.has(target.tagName) || target.isContentEditable);
}

document.addEventListener('keydown', (event) => {
  if (event.defaultPrevented || event.isComposing || typing(event.target) || document.querySelector('dialog[open]')) return;
  const name = pressed(event);
  const plain = !name.startsWith('Ctrl+') && !name.startsWith('Alt+');
  if (plain && name.length === 1 && !on.get() && name !== '?') return;
  if (event.target instanceof HTMLElement && (name === 'Enter' || name === 'Space') && event.target.closest('button, a, summary')) return;
  const found = commands.get().find((command) => keysOf(command).includes(name));
  if (!found) return;
  event.preventDefault();
  found.run();
});

/** The commands of a page, while it is shown. */
export function useCommands(mine: Command[]): void {
  useEffect(() => {
    commands.update((old) => [...old, ...mine]);
    return () => commands.update((old) => old.filter((one) => !mine.includes(one)));
  }, [mine]);
}

/** Sets the keys of a command; another that had one of them loses it. */
export function setKeys(id: string, keys: string[]): void {
  const taken = Object.fromEntries(
    commands
      .get()
      .filter((other) => other.id !== id && keysOf(other).some((key) => keys.includes(key)))
      .map((other) => [other.id, keysOf(other).filter((key) => !keys.includes(key))]),
  );
  own.update((old) => ({ ...old, ...taken, [id]: keys }));
}

/** A key for each class, as far as they go: its own name where that is a key, else digits first, then letters that no command has. */
export function classKeys(names: string[], taken: Set<string>): (string | undefined)[] {
  const free = [...'1234567890', ...'qwertyuiopasdfghjklzxcvbnm'].filter((key) => !taken.has(key));
  const named = new Set(names.map((name) => name.toLowerCase()).filter((name) => free.includes(name)));
  const left = free.filter((key) => !named.has(key));
  return names.map((name) => (named.has(name.toLowerCase()) ? name.toLowerCase() : left.shift()));
}
