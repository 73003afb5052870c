/** Matrix: what a run takes for what, while it trains and afterwards; every number opens its samples. */
import { useEffect, useMemo, useState } from 'react';
import { counted } from '../asked';
import { useCommands, type Command } from '../keys';
import { head, news, overview, session } from '../live';
import { FilterBar } from '../look/FilterBar';
import { go, linkTo, usePlace } from '../place';
import { isOpen, useJobs, type Job } from '../runs/jobs';
import { titleOf, type Brief } from '../runs/names';
import { bytes, client, sentence, told, type Schemas } from '../server';
import { useStore } from '../store';
import { say } from '../toast';
import { Canvas, Legend } from './Canvas';
import { accuracyOf, ofJob, ofRun, type Epochs } from './epochs';
import { Harm } from './Harm';
import { ordered, ORDERS, type Order } from './order';
import { Part } from './Part';
import { PerClass } from './PerClass';
import { Reliability } from './Reliability';
import { MatrixTable } from './Table';
import { percent, shownOf, whole, type Matrix as Numbers, type Values } from './view';
import '../tables.css';
import './matrix.css';

export type RunTold = Schemas['RunTold'];
type Split = '' | 'validation' | 'test';
export type Decide = 'likely' | 'harm';
/** Of which predictions a matrix is: the samples, and the rule by which they were decided. */
export type Query = { split: Split; decide: Decide; where: string[]; picked: string };
const SPLITS: Record<Split, string> = { '': 'held out', validation: 'validation', test: 'test' };
const JOB = 'job:';
/** Classes up to which the tables stand beside the matrix where there is room. */
const FEW = 12;

/** What the page keeps in its address. */
function wishes(more: Record<string, string>) {
  const values = more['values'];
  return {
    run: more['run'] ?? '',
    split: (more['split'] === 'validation' || more['split'] === 'test' ? more['split'] : '') as Split,
    values: (values === 'counts' || values === 'harm' ? values : 'rates') as Values,
    order: (more['order'] && more['order'] in ORDERS ? more['order'] : 'clustered') as Order,
    beneath: more['beneath'] === '1',
    onlyErrors: more['errors'] === '1',
    fit: more['fit'] === '1',
    decide: (more['decide'] === 'harm' ? 'harm' : 'likely') as Decide,
    label: more['label'] ?? '',
    predicted: more['predicted'] ?? '',
    epoch: more['epoch'] ?? '',
    against: more['against'] ?? '',
  };
}

export const want = (change: Record<string, string>, more: Record<string, string>, quietly = false): void => go({ more: { ...more, ...change } }, quietly);

export function Matrix() {
  const here = usePlace();
  const heard = useStore(news);
  const known = useStore(overview);
  const found = useJobs();
  const [runs, setRuns] = useState<Brief[] | null>(null);
  const [error, setError] = useState('');
  useEffect(() => {
    const control = new AbortController();
    told(client.GET('/api/runs', { signal: control.signal }))
      .then((list) => {
        setRuns(list);
        setError('');
      })
      .catch((refused: unknown) => control.signal.aborted || setError(sentence(refused)));
    return () => control.abort();
  }, [heard]);
  const wish = wishes(here.more);
  const training = found?.find((job) => job.verb === 'train' && job.state === 'running');
  if (error) return <p className="refused empty">{error}</p>;
  if (!runs || !known) return <p className="empty">one moment…</p>;
  if (wish.run.startsWith(JOB)) {
    const number = Number(wish.run.slice(JOB.length));
    return <Living job={found?.find((one) => one.number === number) ?? null} number={number} known={found !== null} runs={runs} />;
  }
  if (!runs.length)
    return (
      <div className="empty">
        <h1>No run yet</h1>
        {training ? (
          <p>
            One trains now: <a href={linkTo('matrix', { where: [], more: { run: `${JOB}${training.number}` } })}>watch it</a>.
          </p>
        ) : (
          <p>
            A run predicts every sample by a model that has not seen it; this page shows what is taken for what. <a href={linkTo('runs', { more: { start: 'train' } })}>Start one</a>, or run{' '}
            <code>trainset train</code>.
          </p>
        )}
      </div>
    );
  const name = wish.run || runs[0]?.run || '';
  return <Finished key={name} name={name} runs={runs} training={training} medium={known.medium} />;
}

/** What lies above every matrix: which one, and how it is shown. */
function Toolbar({ runs, job, brief }: { runs: Brief[]; job?: number; brief?: Brief }) {
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

function useBarKeys(): void {
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

/** A run that is kept. */
function Finished({ name, runs, training, medium }: { name: string; runs: Brief[]; training: Job | undefined; medium: string }) {
  const here = usePlace();
  const at = useStore(head);
  const who = useStore(session);
  const wish = wishes(here.more);
  const brief = runs.find((one) => one.run === name);
  const split = brief?.sides.some((side) => side.split === wish.split) === false ? '' : wish.split;
  const [run, setRun] = useState<RunTold | null>(null);
  const [counts, setCounts] = useState<Uint32Array | null>(null);
  const [beneath, setBeneath] = useState<Uint32Array | null>(null);
  const [harm, setHarm] = useState<Float32Array | null>(null);
  const [epochs, setEpochs] = useState<Epochs | null>(null);
  const [other, setOther] = useState<{ run: RunTold; counts: Uint32Array } | null>(null);
  const [error, setError] = useState('');
  const query: Query = { split, decide: wish.decide, where: here.where, picked: here.picked.join(',') };
  const words = new URLSearchParams([['split', split], ['decide', wish.decide], ...here.where.map((text) => ['where', text]), ['picked', query.picked]]).toString();
  const some = here.where.length > 0 || here.picked.length > 0;
  const byHarm = wish.decide === 'harm' || some ? at : 0; // costs, and what a filter holds for, are in the log

  useEffect(() => {
    const control = new AbortController();
    const { signal } = control;
    Promise.all([told(client.GET('/api/runs/{run}', { params: { path: { run: name }, query }, signal })), bytes(`/api/runs/${name}/counts?${words}`, signal)])
      .then(([told_, data]) => {
        setRun(told_);
        setCounts(new Uint32Array(data));
        setError('');
      })
      .catch((refused: unknown) => signal.aborted || setError(sentence(refused)));
    return () => control.abort();
  }, [name, words, byHarm, runs[0]?.run]);

  useEffect(() => {
    setBeneath(null);
    if (!wish.beneath || !brief?.beneath) return;
    const control = new AbortController();
    bytes(`/api/runs/${name}/counts?${words}&beneath=true`, control.signal)
      .then((data) => setBeneath(new Uint32Array(data)))
      .catch((refused: unknown) => control.signal.aborted || setError(sentence(refused)));
    return () => control.abort();
  }, [name, words, wish.beneath, byHarm]);

  useEffect(() => {
    if (wish.values !== 'harm') return setHarm(null);
    const control = new AbortController();
    bytes(`/api/runs/${name}/harm/cells?${words}`, control.signal)
      .then((data) => setHarm(new Float32Array(data)))
      .catch((refused: unknown) => control.signal.aborted || setError(sentence(refused)));
    return () => control.abort();
  }, [name, words, wish.values, at]);

  useEffect(() => {
    setEpochs(null);
    if (!brief?.epochs) return;
    const control = new AbortController();
    ofRun(name, control.signal)
      .then(setEpochs)
      .catch((refused: unknown) => control.signal.aborted || setError(sentence(refused)));
    return () => control.abort();
  }, [name, brief?.epochs]);

  useEffect(() => {
    setOther(null);
    if (!wish.against || !runs.some((one) => one.run === wish.against)) return;
    const control = new AbortController();
    const { signal } = control;
    Promise.all([
      told(client.GET('/api/runs/{run}', { params: { path: { run: wish.against }, query }, signal })),
      bytes(`/api/runs/${wish.against}/counts?${words}`, signal),
    ])
      .then(([told_, data]) => setOther({ run: told_, counts: new Uint32Array(data) }))
      .catch((refused: unknown) => signal.aborted || setError(sentence(refused)));
    return () => control.abort();
  }, [wish.against, words, byHarm]);

  useBarKeys();
  const comparable = other !== null && run !== null && sameSet(other.run.classes, run.classes);
  const epoch = wish.epoch && split === '' && !some && !wish.beneath && !wish.against ? epochs?.epochs.find((one) => String(one.number) === wish.epoch) : undefined;

  const matrix: Numbers | null = useMemo(() => {
    if (!run || !counts) return null;
    const diagonal = Int32Array.from(run.classes, (_, n) => n);
    if (wish.beneath && beneath && beneath.length === run.labels.length * run.classes.length)
      return { rows: run.labels, columns: run.classes, counts: beneath, right: Int32Array.from(run.label_class) };
    return { rows: run.classes, columns: run.classes, counts: epoch?.counts ?? counts, right: diagonal };
  }, [run, counts, beneath, wish.beneath, epoch]);

  const places = useMemo(() => (run && counts ? ordered(wish.order, run.classes, counts) : []), [run, counts, wish.order]);

  const view = useMemo(() => {
    if (!matrix || !run) return null;
    const grouped = matrix.rows !== matrix.columns;
    const at_ = new Map(places.map((place, n) => [place, n]));
    const rowOrder = grouped ? matrix.rows.map((_, n) => n).sort((one, two) => (at_.get(matrix.right[one] ?? 0) ?? 0) - (at_.get(matrix.right[two] ?? 0) ?? 0)) : places;
    const against = comparable && other && !grouped ? reordered(other.run.classes, run.classes, other.counts) : null;
    const cells = harm && !grouped && harm.length === 2 * run.classes.length ** 2 ? harm.subarray(0, run.classes.length ** 2) : null;
    const values = wish.values === 'harm' && (!cells || epoch) ? 'rates' : wish.values;
    return shownOf(matrix, { values, onlyErrors: wish.onlyErrors, rowOrder, columnOrder: places, harm: values === 'harm' ? cells : null, against });
  }, [matrix, places, wish.values, wish.onlyErrors, harm, other, comparable]);

  const side = (some ? run?.brief : brief)?.sides.find((one) => one.split === split);
  if (!brief)
    return (
      <div className="empty">
        <h1>There is no run {name}</h1>
        <p>
          <a href={linkTo('matrix', { where: [], more: {} })}>Show the latest</a>
        </p>
      </div>
    );
  const open = wish.label !== '' || wish.predicted !== '';
  return (
    <div className={`matrix-page${open ? ' with-part' : ''}`}>
      <section className="matrix-middle">
        <h1 className="unseen">Matrix</h1>
        <FilterBar plain />
        <Toolbar runs={runs} brief={brief} />
        {training && (
          <p className="matrix-note">
            Job {training.number} trains now{training.live['epoch'] ? `, epoch ${training.done}${training.of ? ` of ${training.of}` : ''}` : ''}:{' '}
            <a href={linkTo('matrix', { more: { ...here.more, run: `${JOB}${training.number}`, against: '', label: '', predicted: '', epoch: '' } })}>watch its matrix</a>
          </p>
        )}
        {error && (
          <p className="refused matrix-note" role="alert">
            {error}
          </p>
        )}
        <div className="matrix-note facts-line">
          {epoch ? (
            <b>
              epoch {epoch.number}: {shareOf(accuracyOf(epoch.counts, run?.classes.length ?? 1))} right held out
              {epoch.inSample !== null && `, ${percent(epoch.inSample, 1)} of what it learnt from`}
            </b>
          ) : side ? (
            <>
              <b>{shareOf(side.accuracy)} right</b>
              <span>
                of {counted(side.samples, 'sample')} {SPLITS[split]}
                {side.interval[0] != null && side.interval[1] != null && ` (95 % interval ${percent(side.interval[0], 1)} to ${percent(side.interval[1], 1)})`}
              </span>
              {run?.floors['majority'] != null && <span className="dim">the largest class alone would reach {percent(run.floors['majority'], 1)}</span>}
            </>
          ) : (
            <span>{some ? `none of these samples is scored in ${SPLITS[split]}` : 'nothing is scored here'}</span>
          )}
          {brief.remarks.length > 0 && (
            <details className="remarks">
              <summary>{brief.remarks.length === 1 ? '1 remark' : `${brief.remarks.length} remarks`}</summary>
              <ul>
                {brief.remarks.map((text) => (
                  <li key={text}>{text}</li>
                ))}
              </ul>
            </details>
          )}
        </div>
        {wish.against && other && !comparable && <p className="matrix-note mark">These runs have other classes, so their cells cannot be compared.</p>}
        {wish.against && comparable && <p className="matrix-note">Cell by cell: this run less {wish.against}. More is orange and +, less is blue and −; on the framed diagonal more is better.</p>}
        {epochs && epochs.epochs.length > 1 && split === '' && !some && !wish.beneath && !wish.against && (
          <Slider epochs={epochs} value={wish.epoch} onChange={(value) => want({ epoch: value }, here.more, true)} />
        )}
        <div className={`matrix-both${(run?.classes.length ?? 0) <= FEW ? ' few' : ''}`}>
          {view && (
            <div className="matrix-over">
              <Canvas shown={view.shown} fit={wish.fit} picked={{ label: wish.label, predicted: wish.predicted }} onPick={(label, predicted) => want({ label, predicted }, here.more)} />
              <Legend range={view.range} />
            </div>
          )}
          {run && matrix && view && (
          <div className="matrix-below">
            <MatrixTable matrix={matrix} />
            <PerClass run={run} onRow={(label) => want({ label, predicted: '' }, here.more)} onColumn={(predicted) => want({ predicted, label: '' }, here.more)} />
            {run.reliability && <Reliability bins={run.reliability} />}
            <Harm name={name} query={query} at={at} onDecide={(decide) => want({ decide: decide === 'harm' ? 'harm' : '' }, here.more)} />
          </div>
          )}
        </div>
      </section>
      {open && run && (
        <Part
          key={`${name}\n${wish.label}\n${wish.predicted}`}
          run={run}
          label={wish.label}
          predicted={wish.predicted}
          query={query}
          medium={medium}
          at={at}
          admin={who?.role === 'admin'}
          onClose={() => want({ label: '', predicted: '' }, here.more)}
        />
      )}
    </div>
  );
}

/** Scrubs through the epochs of a run; at its end the run as it was kept. */
function Slider({ epochs, value, onChange }: { epochs: Epochs; value: string; onChange: (value: string) => void }) {
  const list = epochs.epochs;
  const place = value ? list.findIndex((one) => String(one.number) === value) : list.length;
  const shares = useMemo(() => list.map((one) => accuracyOf(one.counts, epochs.classes.length) ?? 0), [epochs]);
  const least = Math.min(...shares);
  const span = Math.max(0.001, Math.max(...shares) - least);
  const line = shares.map((share, n) => `${((n / Math.max(1, list.length - 1)) * 100).toFixed(1)},${(28 - (26 * (share - least)) / span).toFixed(1)}`).join(' ');
  return (
    <div className="matrix-slider">
      <label>
        <span className="dim">epoch</span>
        <input
          type="range"
          min={0}
          max={list.length}
          value={place < 0 ? list.length : place}
          aria-label="epoch"
          aria-valuetext={place < 0 || place === list.length ? 'the run as it was kept' : `epoch ${list[place]?.number ?? ''}, ${percent(shares[place] ?? 0, 1)} right`}
          onChange={(event) => onChange(list[Number(event.target.value)] ? String(list[Number(event.target.value)]?.number) : '')}
        />
        <output>{place < 0 || place === list.length ? 'the end' : `${list[place]?.number ?? ''} of ${list.at(-1)?.number ?? ''}`}</output>
      </label>
      <svg viewBox="0 0 100 30" preserveAspectRatio="none" role="img" aria-label={`accuracy held out by epoch, from ${percent(shares[0] ?? 0, 1)} to ${percent(shares.at(-1) ?? 0, 1)}`}>
        <polyline points={line} />
        {place >= 0 && place < list.length && <line x1={(place / Math.max(1, list.length - 1)) * 100} x2={(place / Math.max(1, list.length - 1)) * 100} y1="0" y2="30" />}
      </svg>
    </div>
  );
}

/** A training that goes on: each epoch is drawn as it ends. */
function Living({ job, number, known, runs }: { job: Job | null; number: number; known: boolean; runs: Brief[] }) {
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

const shareOf = (share: number | null): string => (share === null ? 'nothing' : percent(share, 1));

const sameSet = (one: string[], other: string[]): boolean => one.length === other.length && one.every((name) => other.includes(name));

/** Counts with their classes in another order. */
function reordered(from: string[], to: string[], counts: Uint32Array): Uint32Array {
  const at = new Map(from.map((name, n) => [name, n]));
  const found = new Uint32Array(to.length ** 2);
  to.forEach((row, y) => to.forEach((column, x) => (found[y * to.length + x] = counts[(at.get(row) ?? 0) * from.length + (at.get(column) ?? 0)] ?? 0)));
  return found;
}
