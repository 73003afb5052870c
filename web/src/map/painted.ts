/** Changes that a map shows before the server has them, and what they were before, so that taking them back waits for nobody either. */
import type { Colours, State } from './data';
import { HIDDEN } from './points';

/** A label for each point, or the same for all of them. */
type Labels = { values: (string | null)[]; codes: Uint16Array };
type Shades = Uint8Array;
type Said = { points: Uint32Array; labels: Labels | null; shades: Shades | null; before: { labels: Labels | null; shades: Shades | null }; at: number | null; undone: boolean };
/** Is told the action's position once the server has the change, or nothing when there is none. */
export type Settle = (at?: number) => void;

/** Changes that can be taken back at once; older ones when the server says so. */
const MOST = 8;

export class Painted {
  private base: Colours | null = null;
  private state: State | null = null;
  private said: Said[] = [];

  constructor(private readonly onChange: () => void) {}

  /** Other points: what was said of those before is no longer of these. */
  reset(): void {
    [this.base, this.state, this.said] = [null, null, []];
  }

  setColours(base: Colours): void {
    this.base = base;
    this.onChange();
  }

  setState(state: State): void {
    this.state = state;
    this.onChange();
  }

  label(points: Uint32Array, to: string | null): Settle {
    return this.say(points, { values: [to], codes: new Uint16Array(1) }, null);
  }

  exclude(points: Uint32Array): Settle {
    return this.say(points, null, new Uint8Array([HIDDEN]));
  }

  /** Takes back the action of a position, or what was said last if nothing happened since (`head`). */
  undo(seq: number | undefined, head: number): Settle {
    const one = seq === undefined ? this.said.findLast((each) => !each.undone) : this.said.find((each) => each.at === seq);
    if (!one || one.undone || (seq === undefined && one.at !== null && one.at < head)) return () => undefined;
    one.undone = true;
    const settle = this.say(one.points, one.before.labels, one.before.shades);
    return (at) => {
      if (at === undefined) one.undone = false;
      settle(at);
    };
  }

  /** The colours with what was said since. */
  colours(): Colours | null {
    const base = this.base;
    const said = base?.column === 'label' ? this.said.filter((one) => one.labels && (one.at === null || one.at > base.at)) : [];
    if (!base?.codes || !said.length) return base;
    const [codes, values, counts] = [base.codes.slice(), [...base.values], [...base.counts]];
    for (const { points, labels } of said) {
      if (!labels) continue;
      const own = labels.values.map((value) => {
        const known = values.indexOf(value);
        if (known >= 0) return known;
        counts.push(0);
        return values.push(value) - 1;
      });
      const same = labels.codes.length === 1;
      for (let n = 0; n < points.length; n++) {
        const i = points[n];
        const code = own[labels.codes[same ? 0 : n]] ?? 0;
        counts[codes[i]]--;
        counts[code]++;
        codes[i] = code;
      }
    }
    return { ...base, codes, values, counts };
  }

  /** What of them is shown, dimmed or hidden, with what was said since. */
  shades(): Uint8Array | null {
    const state = this.state;
    const said = this.said.filter((one) => one.shades && state && (one.at === null || one.at > state.at));
    if (!state || !said.length) return state?.state ?? null;
    const found = state.state.slice();
    for (const { points, shades } of said) {
      if (!shades) continue;
      const same = shades.length === 1;
      for (let n = 0; n < points.length; n++) found[points[n]] = shades[same ? 0 : n];
    }
    return found;
  }

  private say(points: Uint32Array, labels: Labels | null, shades: Shades | null): Settle {
    const [colours, now] = [this.colours(), this.shades()];
    const codes = labels && colours?.column === 'label' ? colours.codes : null;
    const before = {
      labels: codes && colours ? { values: colours.values, codes: Uint16Array.from(points, (i) => codes[i]) } : null,
      shades: shades && now ? Uint8Array.from(points, (i) => now[i]) : null,
    };
    const mine: Said = { points, labels, shades, before, at: null, undone: false };
    this.said = [...this.said.filter((one, n, all) => one.at === null || n >= all.length - MOST), mine];
    this.onChange();
    return (at) => {
      if (at === undefined) this.said = this.said.filter((one) => one !== mine);
      else mine.at = at;
      this.onChange();
    };
  }
}
