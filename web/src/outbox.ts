/** What people change is sent in order, each change with a key of its own: sent twice, it is made once. While the server does not
 *  answer, changes wait, also over a reload. */
import { BASE, refusal, sentence } from './server';
import { Store } from './store';
import { say } from './toast';

export type Change = { key: string; path: string; body: Record<string, unknown>; told?: string };
type Settled = { done: (answer: unknown) => void; failed: (error: unknown) => void };

const SHELF = `trainset.outbox:${BASE}:${location.host}`;
const SECONDS = 2;
const settled = new Map<string, Settled>();
let sending = false;

export const waiting = new Store<Change[]>(read());

function read(): Change[] {
  try {
    const found: unknown = JSON.parse(localStorage.getItem(SHELF) ?? '[]');
    return Array.isArray(found) ? (found as Change[]) : [];
  } catch {
    return [];
  }
}

function keep(changes: Change[]): void {
  waiting.set(changes);
  localStorage.setItem(SHELF, JSON.stringify(changes));
}

/** Sends a change once those before it are made. Rejects with what the server refused. */
export function send<T>(path: string, body: Record<string, unknown>): Promise<T> {
  const key = [...crypto.getRandomValues(new Uint32Array(4))].map((n) => n.toString(16).padStart(8, '0')).join('');
  keep([...waiting.get(), { key, path, body: { ...body, key } }]);
  const answer = new Promise<T>((done, failed) => settled.set(key, { done: done as (answer: unknown) => void, failed }));
  void work();
  return answer;
}

async function work(): Promise<void> {
  if (sending) return;
  sending = true;
  try {
    for (let next = waiting.get()[0]; next; next = waiting.get()[0]) {
      let response: Response;
      try {
        response = await fetch(BASE + next.path, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(next.body),
        });
      } catch {
        await new Promise((wake) => setTimeout(wake, SECONDS * 1000));
        continue; // the server does not answer: the same change again
      }
      const answer: unknown = await response.json().catch(() => undefined);
      const listener = settled.get(next.key);
      settled.delete(next.key);
      keep(waiting.get().filter((one) => one.key !== next.key));
      if (response.ok) listener?.done(answer);
      else if (listener) listener.failed(refusal(answer, response));
      else say(`a change that waited was refused: ${sentence(refusal(answer, response))}`, 'bad');
    }
  } finally {
    sending = false;
  }
}

if (waiting.get().length) void work();
