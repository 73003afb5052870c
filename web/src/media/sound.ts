/** Sound: one output for the page, one recording at a time, from the first key or click on. */
import { bytes, sentence } from '../server';
import { Store } from '../store';
import { say } from '../toast';

const MOST = 60;

/** Which sample sounds, and how far it is (0..1). */
export const playing = new Store<{ id: string; played: number } | null>(null);
/** Whether the browser lets sound out: not before somebody has pressed a key or clicked. */
export const awake = new Store(false);

let output: AudioContext | null = null;
let source: AudioBufferSourceNode | null = null;
let wish = '';
const known = new Map<string, Promise<AudioBuffer>>();

function context(): AudioContext {
  output ??= new AudioContext();
  return output;
}

function wake(): void {
  void context()
    .resume()
    .then(() => awake.set(true));
}
for (const kind of ['keydown', 'pointerdown']) document.addEventListener(kind, wake, { capture: true, once: true });

export function decoded(id: string): Promise<AudioBuffer> {
  let found = known.get(id);
  if (!found) {
    found = bytes(`/api/media/${id}`).then((data) => context().decodeAudioData(data));
    found.catch(() => known.delete(id));
    known.set(id, found);
    const oldest = known.keys().next().value;
    if (known.size > MOST && oldest !== undefined) known.delete(oldest);
  }
  return found;
}

export function stop(): void {
  wish = '';
  source?.stop();
  source = null;
  playing.set(null);
}

/** Plays a recording from its start; the one that sounded before falls silent. */
export async function play(id: string, from = 0): Promise<void> {
  stop();
  wish = id;
  let buffer: AudioBuffer;
  try {
    buffer = await decoded(id);
  } catch (error) {
    if (wish === id) say(`this recording cannot be played: ${sentence(error)}`, 'bad');
    return;
  }
  if (wish !== id || context().state !== 'running') return;
  const mine = context().createBufferSource();
  mine.buffer = buffer;
  mine.connect(context().destination);
  source = mine;
  const started = context().currentTime - from * buffer.duration;
  mine.start(0, from * buffer.duration);
  mine.onended = () => source === mine && stop();
  const step = () => {
    if (source !== mine) return;
    playing.set({ id, played: Math.min(1, (context().currentTime - started) / Math.max(0.001, buffer.duration)) });
    requestAnimationFrame(step);
  };
  step();
}

export const toggle = (id: string): void => void (playing.get()?.id === id ? stop() : play(id));
