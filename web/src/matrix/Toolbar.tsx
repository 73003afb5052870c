/** What lies above every matrix: which one, and how it is shown. */
import { useMemo } from 'react';
import { useCommands, type Command } from '../keys';
import { usePlace } from '../place';
import { titleOf, type Brief } from '../runs/names';
import { ORDERS } from './order';
import type { Values } from './view';
import { JOB, SPLITS, want, wishes, type Split } from './wishes';

export function Toolbar({ runs, job, brief }: { runs: Brief[]; job?: number; brief?: Brief }) {
  const { more } = usePlace();
  const wish = wishes(more);
  const set = (change: Record<string, string>) => want(change, more);
  return (
    <div className="matrix-bar">
      <label>
        <span className="dim">run</span>
        <select value={job === undefined ? (brief?.run ?? '') : `${JOB}${job}`} onChange={(event) => set({ run: event.target.value, epoch: '', against: '', label: '', predicted: '' })}>
          {job !== undefined && <option value={`${JOB}${job}`}>job {job}, training</option>}
          {runs.map((one) => (
            <option key={one.run} value={one.run}>
              {titleOf(one)}
            </option>
          ))}
        </select>
      </label>
      {brief && brief.sides.length > 1 && (
        <label>
          <span className="dim">of</span>
          <select value={wish.split} onChange={(event) => set({ split: event.target.value })}>
            {brief.sides.map((side) => (
              <option key={side.split} value={side.split}>
                {SPLITS[side.split as Split]}
              </option>
            ))}
          </select>
        </label>
      )}
      <span className="choices" role="group" aria-label="what a cell shows">
        {(['rates', 'counts', ...(brief && !wish.beneath ? ['harm'] : [])] as Values[]).map((one) => (
          <button key={one} aria-pressed={wish.values === one} onClick={() => set({ values: one })}>
            {one}
          </button>
        ))}
      </span>
      <label>
        <span className="dim">order</span>
        <select value={wish.order} onChange={(event) => set({ order: event.target.value })}>
          {Object.entries(ORDERS).map(([order, title]) => (
            <option key={order} value={order}>
              {title}
            </option>
          ))}
        </select>
      </label>
      <button aria-pressed={wish.onlyErrors} onClick={() => set({ errors: wish.onlyErrors ? '' : '1' })}>
        only errors <kbd>e</kbd>
      </button>
      {brief?.beneath && (
        <button aria-pressed={wish.beneath} onClick={() => set({ beneath: wish.beneath ? '' : '1', label: '', predicted: '', ...(wish.values === 'harm' ? { values: '' } : {}) })}>
          labels beneath
        </button>
      )}
      <button aria-pressed={wish.fit} onClick={() => set({ fit: wish.fit ? '' : '1' })} title="all of it in the window, however small">
        whole <kbd>w</kbd>
      </button>
      {brief && (
        <label>
          <span className="dim">against</span>
          <select value={wish.against} onChange={(event) => set({ against: event.target.value, ...(wish.values === 'harm' ? { values: '' } : {}) })}>
            <option value="">no other run</option>
            {runs
              .filter((one) => one.run !== brief.run)
              .map((one) => (
                <option key={one.run} value={one.run}>
                  {titleOf(one)}
                </option>
              ))}
          </select>
        </label>
      )}
    </div>
  );
}

export function useBarKeys(): void {
  const { more } = usePlace();
  const wish = wishes(more);
  const mine: Command[] = useMemo(
    () => [
      { id: 'matrix-errors', title: 'only errors, or all', keys: ['e'], run: () => want({ errors: wish.onlyErrors ? '' : '1' }, more), group: 'Matrix' },
      { id: 'matrix-whole', title: 'the whole matrix, or cells with labels', keys: ['w'], run: () => want({ fit: wish.fit ? '' : '1' }, more), group: 'Matrix' },
      {
        id: 'matrix-values',
        title: 'rates, counts, harm',
        keys: ['h'],
        run: () => want({ values: { rates: 'counts', counts: wish.against || wish.beneath ? 'rates' : 'harm', harm: 'rates' }[wish.values] }, more),
        group: 'Matrix',
      },
    ],
    [more],
  );
  useCommands(mine);
}
