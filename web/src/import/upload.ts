/** Sending files to the dataset: what is there already is not sent again, a few at a time, while one looks at other pages. */
import { BASE, client, refusal, sentence, told } from '../server';
import { Store } from '../store';

export type Chosen = { path: string; file: File };
export type Upload = {
  name: string;
  files: number;
  done: number;
  bytes: number;
  sent: number;
  failed: { path: string; why: string }[];
  state: 'asking' | 'sending' | 'done' | 'stopped';
};

const TOGETHER = 4;
const ASKED = 2_000;
const TRIES = 3;
const SYSTEM = /(^|\/)(\.[^/]*|__MACOSX|Thumbs\.db|desktop\.ini|\$RECYCLE\.BIN)(\/|$)/i;

export const upload = new Store<Upload | null>(null);
let stop = new AbortController();

const tell = (change: Partial<Upload>): void => upload.update((old) => (old ? { ...old, ...change } : old));

window.addEventListener('beforeunload', (event) => {
  if (upload.get()?.state === 'sending') event.preventDefault();
});

export function stopUpload(): void {
  stop.abort();
  tell({ state: 'stopped' });
}

/** What was chosen, without what systems leave in folders, and the name it may have: that of its folder, or of its only file. */
export function sorted(chosen: Chosen[]): { name: string; files: Chosen[] } {
  const files = chosen.filter(({ path }) => !SYSTEM.test(path));
  const tops = new Set(files.map(({ path }) => (path.includes('/') ? path.slice(0, path.indexOf('/')) : '')));
  const top = tops.size === 1 ? [...tops][0] : '';
  if (top) return { name: top, files: files.map(({ path, file }) => ({ path: path.slice(top.length + 1), file })) };
  const only = files.length === 1 ? files[0]?.path.replace(/(\.tar)?\.[^.]+$/, '') : '';
  return { name: only || 'upload', files };
}

export async function send(name: string, files: Chosen[]): Promise<void> {
  stop.abort();
  stop = new AbortController();
  const { signal } = stop;
  const bytes = files.reduce((sum, { file }) => sum + file.size, 0);
  upload.set({ name, files: files.length, done: 0, bytes, sent: 0, failed: [], state: 'asking' });
  const waiting: Chosen[] = [];
  let there = 0;
  for (let first = 0; first < files.length; first += ASKED) {
    const some = files.slice(first, first + ASKED);
    const { missing } = await told(
      client.POST('/api/uploaded', { body: { upload: name, paths: some.map((one) => one.path), sizes: some.map((one) => one.file.size) }, signal }),
    );
    const wanted = new Set(missing);
    some.forEach((one, n) => {
      if (wanted.has(n)) waiting.push(one);
      else there += one.file.size;
    });
  }
  tell({ state: 'sending', done: files.length - waiting.length, sent: there });
  const parts = new Map<string, number>();
  let finished = there;
  const progress = () => tell({ sent: finished + [...parts.values()].reduce((sum, n) => sum + n, 0) });
  const work = async (): Promise<void> => {
    for (let one = waiting.shift(); one && !signal.aborted; one = waiting.shift()) {
      const { path, file } = one;
      for (let tried = 1; ; tried++) {
        try {
          await put(name, path, file, signal, (n) => {
            parts.set(path, n);
            progress();
          });
          finished += file.size;
          tell({ done: (upload.get()?.done ?? 0) + 1 });
          break;
        } catch (error) {
          if (signal.aborted) return;
          if (error instanceof TypeError && tried < TRIES) {
            await new Promise((wake) => setTimeout(wake, 1000 * tried)); // the server did not answer
            continue;
          }
          tell({ failed: [...(upload.get()?.failed ?? []), { path, why: sentence(error) }] });
          break;
        }
      }
      parts.delete(path);
      progress();
    }
  };
  await Promise.all(Array.from({ length: TOGETHER }, work));
  if (!signal.aborted) tell({ state: 'done' });
}

function put(name: string, path: string, file: File, signal: AbortSignal, progress: (sent: number) => void): Promise<void> {
  return new Promise((done, failed) => {
    const request = new XMLHttpRequest();
    const query = new URLSearchParams({ upload: name, path });
    request.open('PUT', `${BASE}/api/uploads/file?${query.toString()}`);
    request.setRequestHeader('content-type', 'application/octet-stream');
    request.upload.onprogress = (event) => progress(event.loaded);
    request.onload = () => {
      if (request.status === 200) return done();
      let said: unknown;
      try {
        said = JSON.parse(request.responseText);
      } catch {
        said = undefined;
      }
      failed(refusal(said, { status: request.status } as Response));
    };
    request.onerror = () => failed(new TypeError('no answer'));
    request.onabort = () => failed(new DOMException('stopped', 'AbortError'));
    signal.addEventListener('abort', () => request.abort(), { once: true });
    request.send(file);
  });
}

/** Everything in what was dropped, folders with all that is in them. */
export async function dropped(items: DataTransferItemList): Promise<Chosen[]> {
  const entries = [...items].map((item) => item.webkitGetAsEntry()).filter((entry) => entry !== null);
  const found: Chosen[] = [];
  const walk = async (entry: FileSystemEntry, before: string): Promise<void> => {
    const path = before + entry.name;
    if (entry.isFile) {
      const file = await new Promise<File>((done, failed) => (entry as FileSystemFileEntry).file(done, failed));
      found.push({ path, file });
      return;
    }
    const reader = (entry as FileSystemDirectoryEntry).createReader();
    for (;;) {
      const some = await new Promise<FileSystemEntry[]>((done, failed) => reader.readEntries(done, failed));
      if (!some.length) return;
      for (const one of some) await walk(one, `${path}/`);
    }
  };
  for (const entry of entries) await walk(entry, '');
  return found;
}

export const picked = (files: FileList): Chosen[] => [...files].map((file) => ({ path: file.webkitRelativePath || file.name, file }));
