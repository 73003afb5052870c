/** What the server says of a map: a header and columns of numbers, in one answer each. */
import { bytes } from '../server';
import type { Places } from './points';

export type Header = {
  n: number;
  key: string; // of the rows: answers of the same key are of the same samples in the same order
  at: number; // position of the log
  kind: 'classes' | 'numbers';
  values: (string | null)[];
  counts: number[];
  low: number;
  high: number;
  shown: number;
  cells: number;
  box: [number, number, number, number];
};
export type Colours = Header & { column: string; codes: Uint16Array | null; numbers: Float32Array | null };
export type State = Header & { state: Uint8Array };

type Words = Record<string, string | string[]>;

const early = new Map<string, Promise<ArrayBuffer>>();

function address(path: string, words: Words): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(words)) for (const one of [value].flat()) if (one) query.append(name, one);
  return `/api/map/${path}?${query.toString()}`;
}

/** Asks for what the first picture needs before it is known whether there is a map, so that one does not wait for the other. */
export function ahead(embedder: string, column: string, where: string[], picked: string[]): void {
  early.clear();
  for (const [path, words] of [['places', {}], ['colours', { column }], ['shown', { where, picked: picked.join(',') }]] as const) {
    const asked = address(path, { embedder, ...words });
    const answer = bytes(asked);
    early.set(asked, answer);
    answer.catch(() => early.delete(asked)); // it is asked for again when there is a map
  }
}

async function answer(path: string, words: Words, signal: AbortSignal): Promise<[Header, ArrayBuffer, number]> {
  const asked = address(path, words);
  const begun = early.get(asked);
  early.delete(asked);
  const data = await (begun ?? bytes(asked, signal));
  signal.throwIfAborted();
  const length = new DataView(data).getUint32(0, true);
  return [JSON.parse(new TextDecoder().decode(new Uint8Array(data, 4, length))) as Header, data, 4 + length];
}

export async function places(embedder: string, signal: AbortSignal): Promise<Places & { key: string }> {
  const [{ n, key, cells, box }, data, at] = await answer('places', { embedder }, signal);
  const [west, south, width, height] = box;
  const [x, y] = [new Float32Array(data, at, n), new Float32Array(data, at + 4 * n, n)];
  return { key, x, y, cells, start: new Uint32Array(data, at + 8 * n, cells * cells + 1), west, south, width, height };
}

export async function identifiers(embedder: string, signal: AbortSignal): Promise<Ids> {
  const [{ n, key }, data, at] = await answer('ids', { embedder }, signal);
  return new Ids(key, new Uint8Array(data, at, 16 * n));
}

export async function colours(embedder: string, column: string, signal: AbortSignal): Promise<Colours> {
  const [header, data, at] = await answer('colours', { embedder, column }, signal);
  const classes = header.kind === 'classes';
  return { ...header, column, codes: classes ? new Uint16Array(data, at, header.n) : null, numbers: classes ? null : new Float32Array(data, at, header.n) };
}

export async function shown(embedder: string, where: string[], picked: string[], signal: AbortSignal): Promise<State> {
  const [header, data, at] = await answer('shown', { embedder, where, picked: picked.join(',') }, signal);
  return { ...header, state: new Uint8Array(data, at, header.n) };
}

/** 16 bytes a sample; they become text only for those that are asked for. */
export class Ids {
  constructor(
    readonly key: string,
    private readonly data: Uint8Array<ArrayBuffer>,
  ) {}

  get(index: number): string {
    let text = '';
    for (let n = 16 * index; n < 16 * index + 16; n++) text += (this.data[n] ?? 0).toString(16).padStart(2, '0');
    return text;
  }

  /** Where these samples are. */
  find(ids: ReadonlySet<string>): Uint32Array {
    const begins = new Set([...ids].map((id) => parseInt(id.slice(0, 8), 16)));
    const view = new DataView(this.data.buffer, this.data.byteOffset, this.data.byteLength);
    const found: number[] = [];
    for (let n = 0; 16 * n < this.data.byteLength; n++) if (begins.has(view.getUint32(16 * n)) && ids.has(this.get(n))) found.push(n);
    return Uint32Array.from(found);
  }

  of(found: Uint32Array): string[] {
    return [...found].map((index) => this.get(index));
  }

  /** As they are sent: 16 bytes each. */
  bytes(found: Uint32Array): Uint8Array<ArrayBuffer> {
    const some = new Uint8Array(16 * found.length);
    for (let n = 0; n < found.length; n++) {
      const at = 16 * found[n];
      for (let k = 0; k < 16; k++) some[16 * n + k] = this.data[at + k];
    }
    return some;
  }
}
