/** Thumbnails and outlines, many in one request, kept while they are likely to be seen again. */
import { bytes } from '../server';

export type Preview = { kind: 'picture'; url: string } | { kind: 'outline'; peaks: Int8Array } | { kind: 'none' };

const MOST = 4_000;
const TOGETHER = 120;
const NONE: Preview = { kind: 'none' };

/** A loader that asks for what is on screen, once per frame. */
export class Previews {
  private known = new Map<string, Preview>();
  private wanted = new Map<string, Set<(preview: Preview) => void>>();
  private asked = new Set<string>();
  private timer = 0;

  /** The preview of a sample, now if it is known, else later. Returns a function that takes the wish back. */
  get(id: string, then: (preview: Preview) => void): () => void {
    const found = this.known.get(id);
    if (found) {
      this.known.delete(id); // the latest used stands last
      this.known.set(id, found);
      then(found);
      return () => undefined;
    }
    const waiting = this.wanted.get(id) ?? new Set();
    waiting.add(then);
    this.wanted.set(id, waiting);
    if (!this.timer) this.timer = window.setTimeout(() => this.load(), 8);
    return () => {
      waiting.delete(then);
      if (!waiting.size && this.wanted.get(id) === waiting) this.wanted.delete(id);
    };
  }

  private load(): void {
    this.timer = 0;
    const ids = [...this.wanted.keys()].filter((id) => !this.asked.has(id));
    for (let start = 0; start < ids.length; start += TOGETHER) void this.fetch(ids.slice(start, start + TOGETHER));
  }

  private async fetch(ids: string[]): Promise<void> {
    for (const id of ids) this.asked.add(id);
    let found: Preview[] = [];
    try {
      found = unpacked(await bytes(`/api/previews?picked=${ids.join(',')}`));
    } catch {
      found = []; // shown as without a preview; the sample itself says why it cannot be read
    }
    ids.forEach((id, n) => {
      const preview = found[n] ?? NONE;
      this.asked.delete(id);
      this.keep(id, preview);
      const waiting = this.wanted.get(id);
      this.wanted.delete(id);
      waiting?.forEach((then) => then(preview));
    });
  }

  private keep(id: string, preview: Preview): void {
    this.known.set(id, preview);
    for (const [old, dropped] of this.known) {
      if (this.known.size <= MOST) break;
      this.known.delete(old);
      if (dropped.kind === 'picture') URL.revokeObjectURL(dropped.url);
    }
  }
}

/** What the server packs into one answer. */
export function unpacked(data: ArrayBuffer): Preview[] {
  const view = new DataView(data);
  const found: Preview[] = [];
  for (let at = 0; at + 5 <= data.byteLength; ) {
    const kind = view.getUint8(at);
    const length = view.getUint32(at + 1, true);
    const start = at + 5;
    at = start + length;
    if (kind === 1) found.push({ kind: 'picture', url: URL.createObjectURL(new Blob([data.slice(start, at)], { type: 'image/jpeg' })) });
    else if (kind === 2) found.push({ kind: 'outline', peaks: new Int8Array(data.slice(start, at)) });
    else found.push(NONE);
  }
  return found;
}

export const previews = new Previews();
