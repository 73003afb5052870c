/** The samples of a cell, or the mistakes of a row or a column, with what they share, to be looked at and fixed. */
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { ClassPicker } from '../look/ClassPicker';
import { quoted } from '../look/Facets';
import * as fixes from '../look/fixes';
import { Thumb } from '../look/Thumb';
import { classKeys, commands, keysOf, own, useCommands, type Command } from '../keys';
import { overview } from '../live';
import { toggle as playOrStop } from '../media/sound';
import { go, linkTo } from '../place';
import { client, keepPick, sentence, told, type Sample, type Schemas } from '../server';
import { useStore } from '../store';
import { say } from '../toast';
import type { Query, RunTold } from './wishes';
import { percent, whole } from './view';

const TOGETHER = 60;
const ADDRESS = 300; // ids that an address holds
const OPENED = 6_000; // at once in Look, of a run that no filter speaks of
type Props = { run: RunTold; label: string; predicted: string; query: Query; medium: string; at: number; admin: boolean; onClose: () => void };

export function Part({ run, label, predicted, query, medium, at, admin, onClose }: Props) {
  const known = useStore(overview);
  const mine = useStore(own);
  const names = useMemo(() => (known?.classes ?? []).map((one) => one.name), [known?.classes]);
  const [samples, setSamples] = useState<Sample[]>([]);
  const [total, setTotal] = useState<number | null>(null);
  const [gone, setGone] = useState(0);
  const [count, setCount] = useState(TOGETHER);
  const [marked, setMarked] = useState(0);
  const [picker, setPicker] = useState(false);
  const [error, setError] = useState('');
  const list = useRef<HTMLUListElement>(null);
  const id = run.brief.run;

  const ask = useCallback(
    async (first: number, many: number, signal?: AbortSignal): Promise<Schemas['PartOfMatrix']> =>
      told(client.GET('/api/runs/{run}/part', { params: { path: { run: id }, query: { ...query, label, predicted, first, count: many } }, signal })),
    [id, label, predicted, JSON.stringify(query)],
  );

  useEffect(() => {
    const control = new AbortController();
    const parts: Promise<Schemas['PartOfMatrix']>[] = [];
    for (let first = 0; first < count; first += ADDRESS) parts.push(ask(first, Math.min(ADDRESS, count - first), control.signal));
    Promise.all(parts)
      .then((found) => {
        setSamples(found.flatMap((one) => one.samples));
        setTotal(found[0]?.total ?? 0);
        setGone(found.reduce((sum, one) => sum + one.gone, 0));
        setError('');
      })
      .catch((refused: unknown) => control.signal.aborted || setError(sentence(refused)));
    return () => control.abort();
  }, [ask, count, at]);

  const paint: fixes.Paint = useCallback((ids, change) => {
    const before = new Map<string, Sample>();
    setSamples((old) =>
      old.map((one) => {
        if (!ids.includes(one.id)) return one;
        before.set(one.id, one);
        return { ...one, ...change };
      }),
    );
    return () => setSamples((old) => old.map((one) => before.get(one.id) ?? one));
  }, []);

  const step = useCallback(
    (by: number) => {
      const to = Math.max(0, Math.min(samples.length - 1, marked + by));
      setMarked(to);
      list.current?.children[to]?.scrollIntoView({ block: 'nearest' });
    },
    [samples.length, marked],
  );
  const one = samples[marked];
  const act = useCallback(
    (what: (target: fixes.Target) => Promise<void>) => {
      if (!one) return;
      void what({ ids: [one.id], where: null, count: 1 });
      step(1);
    },
    [one, step],
  );
  const relabel = useCallback(
    (name: string | null, isNew = false) => {
      setPicker(false);
      act((aim) => fixes.relabel(aim, name, paint, isNew));
    },
    [act, paint],
  );

  /** Filters for these samples where there are some: of the newest run, decided as it is. */
  const filters = useMemo(() => {
    if (!run.latest || query.decide !== 'likely' || run.brief.beneath || query.picked) return null;
    const cell = [label && `label = ${quoted(label)}`, predicted && `predicted = ${quoted(predicted)}`].filter(Boolean);
    const only = label && predicted ? [] : [label ? `predicted <> ${quoted(label)}` : `label <> ${quoted(predicted)}`];
    return [...query.where, ...cell, ...only, query.split ? `split = ${quoted(query.split)}` : "(split is null or split = 'train')"] as string[];
  }, [run, label, predicted, JSON.stringify(query)]);

  const inLook = useCallback(async () => {
    try {
      if (filters && (total ?? 0) > ADDRESS) return go({ page: 'look', where: filters, picked: [], sort: '-confidence', sample: '', more: {} });
      const ids: string[] = [];
      for (let first = 0; first < Math.min(total ?? 0, OPENED); first += ADDRESS) ids.push(...(await ask(first, ADDRESS)).samples.map((sample) => sample.id));
      if ((total ?? 0) > OPENED) say(`the surest ${whole(OPENED)} of ${whole(total ?? 0)}`);
      const some = ids.length > ADDRESS ? { where: [await keepPick(ids)], picked: [] } : { where: [], picked: ids };
      go({ page: 'look', ...some, sort: '', sample: '', more: {} });
    } catch (refused) {
      say(sentence(refused), 'bad');
    }
  }, [filters, total, ask]);

  const page: Command[] = useMemo(() => {
    const command = (name: string, title: string, keys: string[], run_: () => void): Command => ({ id: `part-${name}`, title, keys, run: run_, group: 'Samples beside the matrix' });
    return [
      command('next', 'next sample', ['j'], () => step(1)),
      command('previous', 'previous sample', ['k'], () => step(-1)),
      command('play', 'play, or stop', ['Space', 'p'], () => one && medium === 'audio' && playOrStop(one.id)),
      command('class', 'label with any class', ['c'], () => setPicker(true)),
      command('exclude', 'exclude', ['x'], () => act((aim) => fixes.exclude(aim, '', paint))),
      command('restore', 'restore', ['r'], () => act((aim) => fixes.restore(aim, paint))),
      command('undo', 'undo your last change', ['u', 'Ctrl+z'], () => void fixes.undo()),
      command('open', 'open the sample in Look', ['o'], () => one && go({ page: 'look', where: [], picked: samples.slice(0, ADDRESS).map((each) => each.id), sort: '', sample: one.id, more: {} })),
      command('look', 'open all of them in Look', ['l'], () => void inLook()),
      command('close', 'close', ['Escape'], onClose),
    ];
  }, [step, one, act, paint, medium, samples, inLook, onClose]);
  useCommands(page);
  const classes: Command[] = useMemo(() => {
    const taken = new Set([...commands.get().filter((each) => each.group !== 'Classes'), ...page].flatMap((command) => keysOf(command)));
    const keys = classKeys(names, taken);
    return names.map((name, n) => ({ id: `class:${name}`, title: name, keys: keys[n] === undefined ? [] : [keys[n]], run: () => relabel(name), group: 'Classes' }));
  }, [names.join('\n'), page, relabel, mine]);
  useCommands(classes);

  const title = label && predicted ? (label === predicted ? `${label}, and predicted so` : `${label} taken for ${predicted}`) : label ? `${label} taken for something else` : `something else taken for ${predicted}`;
  const offered = [...new Set([predicted || (one?.predicted ?? ''), label || (one?.label ?? '')])].filter((name) => names.includes(name));
  return (
    <aside className="matrix-part" aria-label="samples of this part of the matrix">
      <header>
        <h2>
          {total === null ? '' : `${whole(total)} × `}
          {title}
        </h2>
        <button className="close" onClick={onClose} aria-label="close">
          ×
        </button>
      </header>
      {error && (
        <p className="refused" role="alert">
          {error}
        </p>
      )}
      {label !== predicted && <Shares run={id} label={label} predicted={predicted} query={query} enough={(total ?? 0) > 0} />}
      {total !== null && total > 0 && (
        <div className="part-actions">
          <button onClick={() => void inLook()}>
            <kbd>l</kbd> Open in Look
          </button>
          {filters && <a href={linkTo('look', { where: filters, picked: [], sort: '-confidence' })}>as a filter</a>}
          {admin && label && predicted && label !== predicted && <Cost label={label} predicted={predicted} run={id} split={query.split} at={at} />}
        </div>
      )}
      {total === 0 && <p className="dim">No sample is here{label === predicted ? '' : ': there is nothing to fix'}.</p>}
      {total !== null && total > 0 && (
        <div className="part-keys">
          {offered.map((name) => {
            const command = classes.find((each) => each.title === name);
            return (
              <button key={name} onClick={() => relabel(name)} title={`label the marked sample ${name}`}>
                {command && keysOf(command)[0] && <kbd>{keysOf(command)[0]}</kbd>} <span className="cut">{name}</span>
              </button>
            );
          })}
          <button onClick={() => setPicker(true)}>
            <kbd>c</kbd> other…
          </button>
          <button onClick={() => act((aim) => fixes.exclude(aim, '', paint))}>
            <kbd>x</kbd> Exclude
          </button>
          <button onClick={() => void fixes.undo()}>
            <kbd>u</kbd> Undo
          </button>
        </div>
      )}
      <ul ref={list} className={`part-grid of-${medium}`}>
        {samples.map((sample, n) => {
          const changed = label !== '' && sample.label !== label && !run.brief.beneath;
          return (
            <li key={sample.id}>
              <button
                className={`part-cell${n === marked ? ' marked' : ''}${sample.excluded ? ' excluded' : ''}`}
                aria-pressed={n === marked}
                title={sample.name.slice(0, 200)}
                onClick={() => {
                  setMarked(n);
                  if (medium === 'audio') playOrStop(sample.id);
                }}
                onDoubleClick={() => go({ page: 'look', where: [], picked: samples.slice(0, ADDRESS).map((each) => each.id), sort: '', sample: sample.id, more: {} })}
              >
                <Thumb id={sample.id} medium={medium} name={sample.name} />
                <span className="part-foot">
                  <span className={changed ? 'mark' : ''}>
                    {changed && '✓ '}
                    {sample.excluded ? 'excluded' : (sample.label ?? 'no label')}
                  </span>
                  <span className="dim">
                    {label && predicted ? '' : `→ ${sample.predicted ?? ''} `}
                    {sample.confidence !== null && percent(sample.confidence)}
                  </span>
                </span>
              </button>
            </li>
          );
        })}
      </ul>
      {gone > 0 && <p className="dim">{whole(gone)} of them are no longer in the dataset.</p>}
      {total !== null && count < total && <button onClick={() => setCount((old) => old + 4 * TOGETHER)}>Show more of {whole(total)}</button>}
      {picker && <ClassPicker names={names} what="label with a class" onPick={relabel} onClose={() => setPicker(false)} />}
    </aside>
  );
}

/** What they have in common. */
function Shares({ run, label, predicted, query, enough }: { run: string; label: string; predicted: string; query: Query; enough: boolean }) {
  const [found, setFound] = useState<Schemas['Shared'] | null>(null);
  const [error, setError] = useState('');
  useEffect(() => {
    if (!enough) return;
    const control = new AbortController();
    told(client.GET('/api/runs/{run}/common', { params: { path: { run }, query: { ...query, label, predicted } }, signal: control.signal }))
      .then(setFound)
      .catch((refused: unknown) => control.signal.aborted || setError(sentence(refused)));
    return () => control.abort();
  }, [run, label, predicted, JSON.stringify(query), enough]);
  if (!enough) return null;
  return (
    <section className="shared" aria-label="what they have in common" aria-live="polite">
      <h3>What they have in common</h3>
      {error && <p className="dim">{error}</p>}
      {!found && !error && <p className="dim">comparing with the rest of their class…</p>}
      {found && (
        <ul className={found.found ? '' : 'dim'}>
          {found.sentences.map((text) => (
            <li key={text}>{text}</li>
          ))}
        </ul>
      )}
    </section>
  );
}

/** What this mistake costs; every other costs 1. */
function Cost({ label, predicted, run, split, at }: { label: string; predicted: string; run: string; split: Query['split']; at: number }) {
  const [now, setNow] = useState<number | null>(null);
  const [text, setText] = useState('');
  useEffect(() => {
    const control = new AbortController();
    told(client.GET('/api/runs/{run}/harm', { params: { path: { run }, query: { split } }, signal: control.signal }))
      .then((harm) => {
        const cost = harm.costs.find((one) => one.label === label && one.predicted === predicted)?.cost ?? null;
        setNow(cost);
        setText(cost === null ? '' : String(cost));
      })
      .catch(() => undefined); // harm says it on its own
    return () => control.abort();
  }, [label, predicted, run, split, at]);
  async function set(): Promise<void> {
    const cost = text.trim() === '' ? null : Number(text);
    if (cost === now || (cost === null && now === null)) return;
    try {
      const done = await told(client.POST('/api/costs', { body: { label, predicted, cost, reason: '' } }));
      say(`${label} taken for ${predicted} costs ${done.cost}`, 'good', done.action === null ? undefined : { name: 'Undo', run: () => void fixes.undo(done.action ?? undefined) });
    } catch (refused) {
      say(sentence(refused), 'bad');
    }
  }
  return (
    <form
      className="cost"
      onSubmit={(event) => {
        event.preventDefault();
        void set();
      }}
    >
      <label>
        <span className="dim">costs</span>
        <input type="number" min={0} step="any" value={text} placeholder="1" onChange={(event) => setText(event.target.value)} onBlur={() => void set()} aria-label={`what it costs to take ${label} for ${predicted}`} />
      </label>
    </form>
  );
}
