/** The samples of a selection by their place, loaded around what is on screen. */
import { client, sentence, told, type Sample } from '../server';
import type { Place } from '../place';

const PAGE = 120;
const MOST = 60; // pages

type Said = { ids: Set<string>; change: Partial<Sample>; at: number | null };

export type Words = Pick<Place, 'where' | 'sort' | 'seed' | 'picked'>;

export class Windows {
  total = 0;
  /** Position of the log that the order was made at, so that nothing moves while labels change. */
  order: number | null = null;
  at = 0;
  private pages = new Map<number, Sample[]>();
  private asked = new Map<number, AbortController>();
  private over = false;
  private said: Said[] = []; // shown here, not yet heard from the server

  constructor(
    readonly words: Words,
    private readonly onChange: () => void,
    private readonly onError: (text: string) => void,
  ) {}

  /** Loads the first page; says how many there are. */
  async start(): Promise<void> {
    await this.load(0, true);
  }

  get(index: number): Sample | undefined {
    const found = this.pages.get(Math.floor(index / PAGE))?.[index % PAGE];
    if (!found || !this.said.length) return found;
    return this.said.reduce((sample, one) => (one.ids.has(sample.id) ? { ...sample, ...one.change } : sample), found);
  }

  /** Asks for what is missing between two places; what is asked for elsewhere is no longer wanted. */
  want(from: number, to: number): void {
    const first = Math.floor(from / PAGE);
    const last = Math.floor(Math.max(from, to - 1) / PAGE);
    for (const [page, control] of this.asked) if (page < first || page > last) control.abort();
    for (let page = first; page <= last; page++) if (!this.pages.has(page) && !this.asked.has(page)) void this.load(page);
  }

  /** Shows a change before the server has it. Call what it returns with the action's position once the server does: from then on what
   *  the server says counts. Without a position the change is taken off again. */
  say(ids: Iterable<string>, change: Partial<Sample>): (at?: number) => void {
    const mine: Said = { ids: new Set(ids), change, at: null };
    this.said.push(mine);
    this.onChange();
    return (at) => {
      if (at !== undefined && at > this.at) mine.at = at;
      else this.said = this.said.filter((one) => one !== mine);
      this.onChange();
    };
  }

  /** Loads again what is loaded, after the log has moved on; nothing changes its place. */
  async follow(): Promise<void> {
    if (this.over) return;
    const pages = [...this.pages.keys()].slice(-6);
    for (const page of this.pages.keys()) if (!pages.includes(page)) this.pages.delete(page);
    await Promise.all(pages.map((page) => this.load(page)));
  }

  end(): void {
    this.over = true;
    for (const control of this.asked.values()) control.abort();
  }

  private async load(page: number, first = false): Promise<void> {
    const control = new AbortController();
    this.asked.set(page, control);
    const { where, sort, seed, picked } = this.words;
    try {
      const found = await told(
        client.GET('/api/samples', {
          params: {
            query: { where, sort, seed, picked: picked.join(','), first: page * PAGE, count: PAGE, ...(this.order === null ? {} : { order: this.order }) },
          },
          signal: control.signal,
        }),
      );
      this.total = found.total;
      this.order ??= found.order;
      this.at = Math.max(this.at, found.at);
      if (!first) this.said = this.said.filter((one) => one.at === null || one.at > found.at);
      this.pages.delete(page);
      this.pages.set(page, found.samples);
      for (const old of this.pages.keys()) {
        if (this.pages.size <= MOST) break;
        this.pages.delete(old);
      }
      this.onChange();
    } catch (error) {
      if (control.signal.aborted) return;
      if (first) throw error;
      this.onError(sentence(error));
    } finally {
      if (this.asked.get(page) === control) this.asked.delete(page);
    }
  }
}
