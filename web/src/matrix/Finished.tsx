/** A run that is kept. */
import { useEffect, useMemo, useState } from 'react';
import { head, session } from '../live';
import { counted } from '../asked';
import { FilterBar } from '../look/FilterBar';
import { linkTo, usePlace } from '../place';
import type { Job } from '../runs/jobs';
import type { Brief } from '../runs/names';
import { bytes, client, sentence, told } from '../server';
import { useStore } from '../store';
import { Canvas, Legend } from './Canvas';
import { accuracyOf, ofRun, type Epochs } from './epochs';
import { Harm } from './Harm';
import { ordered } from './order';
import { Part } from './Part';
import { PerClass } from './PerClass';
import { Reliability } from './Reliability';
import { Slider } from './Slider';
import { MatrixTable } from './Table';
import { Toolbar, useBarKeys } from './Toolbar';
import { percent, shownOf, type Matrix as Numbers } from './view';
import { FEW, JOB, shareOf, SPLITS, want, wishes, type Query, type RunTold } from './wishes';

export function Finished({ name, runs, training, medium }: { name: string; runs: Brief[]; training: Job | undefined; medium: string }) {
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

const sameSet = (one: string[], other: string[]): boolean => one.length === other.length && one.every((name) => other.includes(name));

/** Counts with their classes in another order. */
function reordered(from: string[], to: string[], counts: Uint32Array): Uint32Array {
  const at = new Map(from.map((name, n) => [name, n]));
  const found = new Uint32Array(to.length ** 2);
  to.forEach((row, y) => to.forEach((column, x) => (found[y * to.length + x] = counts[(at.get(row) ?? 0) * from.length + (at.get(column) ?? 0)] ?? 0)));
  return found;
}
