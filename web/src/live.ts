/** What is true now: who is signed in, the dataset at a glance, and where its log is. Follows what other pages and people do. */
import { BASE, Refused, client, sentence, told, type Overview, type Schemas } from './server';
import { Store } from './store';

export const session = new Store<Schemas['Session'] | null>(null);
export const overview = new Store<Overview | null>(null);
/** Position of the log that the server spoke of last. */
export const head = new Store(-1);
/** Counts what is not in the log: runs, findings, jobs. */
export const news = new Store(0);
/** Why nothing can be shown; empty while all is well. */
export const trouble = new Store('');
/** Pages that plug-ins bring. */
export const plugged = new Store<Schemas['PageTold'][]>([]);
export const connected = new Store(true);
/** Whether the session has ended: a server that was started anew knows no token of before. */
export const signedOut = new Store(false);
const SECONDS = 3;

let asked = 0;

export async function refresh(): Promise<void> {
  const mine = ++asked;
  try {
    const found = await told(client.GET('/api/dataset'));
    if (mine === asked && found.medium !== overview.get()?.medium) plugged.set(await told(client.GET('/api/pages')));
    if (mine === asked) overview.set(found);
    trouble.set('');
  } catch (error) {
    if (mine === asked) trouble.set(sentence(error));
  }
}

export async function start(): Promise<void> {
  try {
    session.set(await told(client.GET('/api/session')));
  } catch (error) {
    trouble.set(sentence(error));
    return;
  }
  await refresh();
  listen();
}

function listen(): void {
  const stream = new EventSource(`${BASE}/api/events`);
  stream.onopen = () => connected.set(true);
  stream.onerror = () => {
    connected.set(false);
    if (stream.readyState === EventSource.CLOSED) setTimeout(() => void again(), SECONDS * 1000); // refused: it does not try again by itself
  };
  stream.onmessage = (message) => {
    const event = JSON.parse(message.data) as Schemas['Event'];
    if (event.kind === 'log' && typeof event.at === 'number' && event.at !== head.get()) {
      const first = head.get() < 0;
      head.set(event.at);
      if (!first || event.at !== overview.get()?.at) void refresh();
    } else if (event.kind !== 'log') news.update((n) => n + 1);
  };
}

/** Until the server knows this browser again: the address of its new start may have been opened in another tab. */
async function again(): Promise<void> {
  try {
    session.set(await told(client.GET('/api/session')));
    signedOut.set(false);
    await refresh();
    listen();
  } catch (error) {
    signedOut.set(error instanceof Refused && error.status === 401);
    setTimeout(() => void again(), SECONDS * 1000);
  }
}
