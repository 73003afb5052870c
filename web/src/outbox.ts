/** What people change is sent in order, each change with a key of its own: sent twice, it is made once. While the server does not
 *  answer, or nobody is signed in, changes wait: on a shelf of the browser, so also over a reload, each by itself, so that two tabs
 *  lose none of each other's. */
import { connected, session, signedOut } from './live';
import { BASE, refusal, sentence } from './server';
import { Store } from './store';
import { say } from './toast';

export type Change = { key: string; path: string; body: Record<string, unknown>; dataset: string; person: string };
type Settled = { done: (answer: unknown) => void; failed: (error: unknown) => void };

const SHELF = `trainset.outbox:${BASE}:${location.host}:`;
const SECONDS = 2;
const BUSY = new Set([429, 502, 503, 504]);
const settled = new Map<string, Settled>();
let sending = false;
let made = 0;

/** In the order in which they were made: the names on the shelf begin with the time. */
export const waiting = new Store<Change[]>([]);

function onShelf(): Change[] {
  const names = Object.keys(localStorage).filter((name) => name.startsWith(SHELF));
  return names.sort().flatMap((name) => {
    try {
      return [JSON.parse(localStorage.getItem(name) ?? '') as Change];
    } catch {
      localStorage.removeItem(name); // nothing of ours
      return [];
    }
  });
}

const takeDown = (key: string): void => {
  for (const name of Object.keys(localStorage)) if (name.startsWith(SHELF) && name.endsWith(key)) localStorage.removeItem(name);
  waiting.update((old) => old.filter((one) => one.key !== key));
};

/** Takes over what waits from before a reload, or of a tab that was closed; only for who is signed in, in the dataset that it was made in. */
function adopt(): void {
  const who = session.get();
  const known = new Set(waiting.get().map((one) => one.key));
  const more = onShelf().filter((one) => !known.has(one.key) && one.dataset === who?.dataset && one.person === who.person);
  if (more.length) waiting.update((old) => [...more, ...old]);
  void work();
}

/** Sends a change once those before it are made. Rejects with what the server refused. */
export function send<T>(path: string, body: Record<string, unknown>): Promise<T> {
  const key = [...crypto.getRandomValues(new Uint32Array(4))].map((n) => n.toString(16).padStart(8, '0')).join('');
  const who = session.get();
  const change = { key, path, body: { ...body, key }, dataset: who?.dataset ?? '', person: who?.person ?? '' };
  localStorage.setItem(`${SHELF}${String(Date.now()).padStart(15, '0')}-${String(made++).padStart(6, '0')}-${key}`, JSON.stringify(change));
  waiting.update((old) => [...old, change]);
  const answer = new Promise<T>((done, failed) => settled.set(key, { done: done as (answer: unknown) => void, failed }));
  void work();
  return answer;
}

async function work(): Promise<void> {
  if (sending) return;
  sending = true;
  try {
    for (let next = waiting.get()[0]; next; next = waiting.get()[0]) {
      let response: Response | null;
      try {
        response = await fetch(BASE + next.path, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(next.body),
        });
      } catch {
        response = null;
      }
      signedOut.set(response?.status === 401);
      if (!response || response.status === 401 || BUSY.has(response.status)) {
        await new Promise((wake) => setTimeout(wake, SECONDS * 1000));
        continue; // the same change again
      }
      const answer: unknown = await response.json().catch(() => undefined);
      const listener = settled.get(next.key);
      settled.delete(next.key);
      takeDown(next.key);
      if (response.ok) listener?.done(answer);
      else if (listener) listener.failed(refusal(answer, response));
      else say(`a change that waited was refused: ${sentence(refusal(answer, response))}`, 'bad');
    }
  } finally {
    sending = false;
  }
}

session.subscribe(adopt);
connected.subscribe(() => connected.get() && adopt());
