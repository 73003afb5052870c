/** A training that goes on: each epoch is drawn as it ends. */
import { useEffect, useMemo, useState } from 'react';
import { news } from '../live';
import { go, linkTo, usePlace } from '../place';
import { isOpen, type Job } from '../runs/jobs';
import type { Brief } from '../runs/names';
import { useStore } from '../store';
import { say } from '../toast';
import { Canvas, Legend } from './Canvas';
import { accuracyOf, ofJob, type Epochs } from './epochs';
import { ordered } from './order';
import { Slider } from './Slider';
import { MatrixTable } from './Table';
import { Toolbar, useBarKeys } from './Toolbar';
import { percent, shownOf, whole, type Matrix as Numbers } from './view';
import { FEW, shareOf, want, wishes } from './wishes';

export function Living({ job, number, known, runs }: { job: Job | null; number: number; known: boolean; runs: Brief[] }) {
  const here = usePlace();
  const heard = useStore(news);
  const wish = wishes(here.more);
  const [found, setFound] = useState<Epochs>({ classes: [], epochs: [] });
  useBarKeys();
  useEffect(() => {
    const control = new AbortController();
    const last = found.epochs.at(-1)?.number ?? -1;
    ofJob(number, last, control.signal)
      .then((more) => {
        if (more.classes.length && (more.epochs.length || !found.classes.length)) setFound((old) => ({ classes: more.classes, epochs: [...old.epochs.filter((one) => one.number <= last), ...more.epochs] }));
      })
      .catch(() => undefined); // the list of jobs says what became of it
    return () => control.abort();
  }, [number, heard]);
  const result = job?.result as { run?: string } | null | undefined;
  useEffect(() => {
    if (job?.state === 'done' && result?.run && runs.some((one) => one.run === result.run)) go({ more: { ...here.more, run: result.run } }, true);
  }, [job?.state, result?.run, runs.length]);
  const index = wish.epoch ? found.epochs.findIndex((one) => String(one.number) === wish.epoch) : -1;
  const shownEpoch = index >= 0 ? found.epochs[index] : found.epochs.at(-1);
  const last = found.epochs.at(-1);
  const places = useMemo(() => (last ? ordered(wish.order, found.classes, last.counts) : []), [wish.order, found.classes, wish.order === 'clustered' ? Math.floor(Math.log2(1 + found.epochs.length)) : last]);
  const matrix: Numbers | null = useMemo(
    () => (shownEpoch ? { rows: found.classes, columns: found.classes, counts: shownEpoch.counts, right: Int32Array.from(found.classes, (_, n) => n) } : null),
    [shownEpoch, found.classes],
  );
  const view = useMemo(
    () => matrix && shownOf(matrix, { values: wish.values === 'harm' ? 'rates' : wish.values, onlyErrors: wish.onlyErrors, rowOrder: places, columnOrder: places, harm: null, against: null }),
    [matrix, places, wish.values, wish.onlyErrors],
  );
  const running = job !== null && isOpen(job);
  return (
    <div className="matrix-page">
      <section className="matrix-middle">
        <h1 className="unseen">Matrix of a training that goes on</h1>
        <Toolbar runs={runs} job={number} />
        <div className="matrix-note facts-line" role="status">
          {job === null && known ? (
            <span>
              There is no job {number} any more. <a href={linkTo('matrix', { where: [], more: {} })}>Show the latest run</a>
            </span>
          ) : job && !running && job.state !== 'done' ? (
            <span className="mark">
              Job {number} {job.state}
              {shownEpoch ? `; this is epoch ${shownEpoch.number}, and no run was kept.` : ' before its first epoch.'} <a href={linkTo('runs', { more: { job: String(number) } })}>Why</a>
            </span>
          ) : shownEpoch ? (
            <>
              <b>
                epoch {shownEpoch.number}
                {job?.of ? ` of ${job.of}` : ''}: {shareOf(accuracyOf(shownEpoch.counts, found.classes.length))} right held out
              </b>
              {shownEpoch.inSample !== null && <span>{percent(shownEpoch.inSample, 1)} of what it learns from</span>}
              {running && <progress max={job.of ?? undefined} value={job.of ? job.done : undefined} aria-label="epochs" />}
            </>
          ) : (
            <span>
              {job?.state === 'waiting' ? 'It waits for the work before it.' : `${job?.step || 'starting'}${job?.of ? `: ${whole(job.done)} of ${whole(job.of)}` : job?.done ? `: ${whole(job.done)}` : ''}… The matrix appears with the first epoch.`}
            </span>
          )}
        </div>
        {found.epochs.length > 1 && <Slider epochs={found} value={wish.epoch} onChange={(value) => want({ epoch: value }, here.more, true)} />}
        <div className={`matrix-both${found.classes.length <= FEW ? ' few' : ''}`}>
          {view && matrix && (
            <div className="matrix-over">
              <Canvas shown={view.shown} fit={wish.fit} picked={{ label: '', predicted: '' }} onPick={() => say('its samples can be opened once the run is kept')} />
              <Legend range={view.range} />
              <div className="matrix-below">
                <MatrixTable matrix={matrix} />
              </div>
            </div>
          )}
        </div>
      </section>
    </div>
  );
}
