/** What the server says of a map: a header and columns of numbers, in one answer each. */
import { bytes } from '../server';

export type Header = { n: number; key: string; kind: 'classes' | 'numbers'; values: (string | null)[]; counts: number[]; low: number; high: number; shown: number };
export type Places = { key: string; x: Float32Array; y: Float32Array };
export type Colours = Header & { codes: Uint16Array | null; numbers: Float32Array | null };

type Words = Record<string, string | string[]>;

async function answer(path: string, words: Words, signal: AbortSignal): Promise<[Header, ArrayBuffer, number]> {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(words)) for (const one of [value].flat()) if (one) query.append(name, one);
  const data = await bytes(`/api/map/${path}?${query.toString()}`, signal);
  const length = new DataView(data).getUint32(0, true);
  return [JSON.parse(new TextDecoder().decode(new Uint8Array(data, 4, length))) as Header, data, 4 + length];
}

export async function places(embedder: string, signal: AbortSignal): Promise<Places> {
  const [{ n, key }, data, at] = await answer('places', { embedder }, signal);
  return { key, x: new Float32Array(data, at, n), y: new Float32Array(data, at + 4 * n, n) };
}

export async function identifiers(embedder: string, signal: AbortSignal): Promise<Ids> {
  const [{ n, key }, data, at] = await answer('ids', { embedder }, signal);
  return new Ids(key, new Uint8Array(data, at, 16 * n));
}

export async function colours(embedder: string, column: string, signal: AbortSignal): Promise<Colours> {
  const [header, data, at] = await answer('colours', { embedder, column }, signal);
  const classes = header.kind === 'classes';
  return { ...header, codes: classes ? new Uint16Array(data, at, header.n) : null, numbers: classes ? null : new Float32Array(data, at, header.n) };
}

export async function shown(embedder: string, where: string[], picked: string[], signal: AbortSignal): Promise<Header & { state: Uint8Array }> {
  const [header, data, at] = await answer('shown', { embedder, where, picked: picked.join(',') }, signal);
  return { ...header, state: new Uint8Array(data, at, header.n) };
}

/** 16 bytes a sample; they become text only for those that are asked for. */
export class Ids {
  constructor(
    readonly key: string,
    private readonly data: Uint8Array,
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
}
