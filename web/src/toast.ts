/** Short remarks at the foot of the page, read out by screen readers. */
import { Store } from './store';

export type Toast = { id: number; text: string; kind: 'good' | 'bad'; action?: { name: string; run: () => void } };

const SECONDS = { good: 5, bad: 12 };
let last = 0;

export const toasts = new Store<Toast[]>([]);

export function say(text: string, kind: Toast['kind'] = 'good', action?: Toast['action']): void {
  const id = ++last;
  toasts.update((old) => [...old.slice(-2), { id, text, kind, action }]);
  setTimeout(() => hush(id), SECONDS[kind] * 1000);
}

export const hush = (id: number): void => toasts.update((old) => old.filter((one) => one.id !== id));
