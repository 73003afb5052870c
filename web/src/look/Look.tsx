/** Look: all samples at once, to find, hear, read and fix. */
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { Windows } from '../grid/Windows';
import { classKeys, commands, keysOf, own, useCommands, type Command } from '../keys';
import { head, news, overview } from '../live';
import { awake, toggle as playOrStop } from '../media/sound';
import { go, linkTo, usePlace } from '../place';
import { isOpen, useJobs, type Job } from '../runs/jobs';
import { client, sentence, told } from '../server';
import { useStore } from '../store';
import { say } from '../toast';
import { ActionBar } from './ActionBar';
import { Arriving, Progress } from './Arriving';
import { ClassPicker } from './ClassPicker';
import { Facets } from './Facets';
import { FilterBar } from './FilterBar';
import * as fixes from './fixes';
import { Grid, type GridHandle } from './Grid';
import { add, chooseAll, chooseNone, chosen, chosenIn, toggle } from './chosen';
import { SampleView } from './SampleView';

const SIZES = { image: 120, audio: 150, text: 150 } as Record<string, number>;
const SHELF = 'trainset.size';
const IDS_TOGETHER = 500;

export function Look() {
  const known = useStore(overview);
  const jobs = useJobs();
  if (!known) return <p className="empty">one moment…</p>;
  const coming = jobs?.find((job) => job.verb === 'import' && isOpen(job));
  if (!known.samples && !known.excluded)
    return coming ? (
      <div className="coming">
        <h1 className="unseen">Look</h1>
        <Progress job={coming} />
        <Arriving job={coming} />
      </div>
    ) : (
      <div className="empty">
        <h1>Nothing here yet</h1>
        <p>
          <a href={linkTo('import')}>Import</a> a folder, a list or an archive. This page shows them as they come.
        </p>
      </div>
    );
  return <Looking coming={coming} medium={known.medium} names={known.classes.map((one) => one.name)} splits={Object.keys(known.splits).filter(Boolean)} />;
}

function Looking({ coming, medium, names, splits }: { coming: Job | undefined; medium: string; names: string[]; splits: string[] }) {
  const here = usePlace();
  const at = useStore(head);
  const heard = useStore(news);
  const selection = useStore(chosen);
  const mine = useStore(own);
  const audible = useStore(awake);
  const handle = useRef<GridHandle | null>(null);
  const [version, setVersion] = useState(0);
  const [windows, setWindows] = useState<Windows | null>(null);
  const [failed, setFailed] = useState('');
  const [size, setSize] = useState(Number(localStorage.getItem(SHELF)) || SIZES[medium] || 120);
  const [active, setActive] = useState(0);
  const [picker, setPicker] = useState(false);
  const [again, setAgain] = useState(0);
  const [facets, setFacets] = useState(window.innerWidth > 900);
  const words = JSON.stringify([here.where, here.sort, here.seed, here.picked]);

  useEffect(() => {
    const bump = () => setVersion((n) => n + 1);
    const made = new Windows({ where: here.where, sort: here.sort, seed: here.seed, picked: here.picked }, bump, (text) => say(text, 'bad'));
    let over = false;
    made
      .start()
      .then(() => {
        if (over) return;
        setWindows(made);
        setFailed('');
        setActive(0);
      })
      .catch((error: unknown) => over || setFailed(sentence(error)));
    return () => {
      over = true;
      made.end();
    };
  }, [words, again]);

  useEffect(() => chosenIn(words), [words]);

  useEffect(() => {
    if (windows && (at > windows.at || heard)) void windows.follow();
  }, [at, heard, windows]);

  const idsOf = useCallback(
    async (from: number, to: number): Promise<string[]> => {
      const found: string[] = [];
      for (let first = from; first < to; first += IDS_TOGETHER) {
        const count = Math.min(IDS_TOGETHER, to - first);
        const some = Array.from({ length: count }, (_, n) => windows?.get(first + n)?.id);
        if (some.every((id) => id !== undefined)) {
          found.push(...some);
          continue;
        }
        const { where, sort, seed, picked } = here;
        const page = await told(
          client.GET('/api/samples', {
            params: { query: { where, sort, seed, picked: picked.join(','), first, count, ...(windows?.order == null ? {} : { order: windows.order }) } },
          }),
        );
        found.push(...page.samples.map((sample) => sample.id));
      }
      return found;
    },
    [windows, words],
  );

  const paint: fixes.Paint = useCallback((ids, change) => windows?.say(ids, change) ?? (() => undefined), [windows]);

  const target = useCallback((): fixes.Target => {
    const now = chosen.get();
    if (now.all && windows) {
      if (here.picked.length) return { ids: here.picked, where: null, count: windows.total };
      return { ids: [], where: fixes.filtersNow(), count: windows.total };
    }
    if (now.ids.size) return { ids: [...now.ids], where: null, count: now.ids.size };
    const id = here.sample || windows?.get(handle.current?.grid.active ?? 0)?.id;
    return { ids: id ? [id] : [], where: null, count: id ? 1 : 0 };
  }, [windows, words, here.sample]);

  const step = useCallback(
    (by: number) => {
      const grid = handle.current?.grid;
      if (!grid || !windows) return;
      const to = Math.max(0, Math.min(windows.total - 1, grid.active + by));
      grid.go(to);
      const id = windows.get(to)?.id;
      if (here.sample && id) go({ sample: id }, true);
    },
    [windows, here.sample],
  );

  const act = useCallback(
    (what: (target: fixes.Target) => Promise<void>) => {
      const aim = target();
      if (!aim.count) return;
      const single = !chosen.get().all && !chosen.get().ids.size;
      void what(aim);
      if (single) step(1);
    },
    [target, step],
  );

  const label = useCallback(
    (name: string | null, isNew = false) => {
      setPicker(false);
      act((aim) => fixes.relabel(aim, name, paint, isNew));
    },
    [act, paint],
  );

  const page: Command[] = useMemo(() => {
    const one = (id: string, title: string, keys: string[], run: () => void): Command => ({ id, title, keys, run, group: 'Look' });
    return [
      one('next', 'next sample', ['j'], () => step(1)),
      one('previous', 'previous sample', ['k'], () => step(-1)),
      one('open', 'open the sample, or close it', ['Enter'], () => {
        const id = windows?.get(handle.current?.grid.active ?? 0)?.id;
        go({ sample: here.sample ? '' : (id ?? '') });
      }),
      one('play', 'play, or stop', ['Space', 'p'], () => {
        const id = here.sample || windows?.get(handle.current?.grid.active ?? 0)?.id;
        if (id && medium === 'audio') playOrStop(id);
      }),
      one('select', 'select, or not', ['v'], () => {
        const id = windows?.get(handle.current?.grid.active ?? 0)?.id;
        if (id) toggle(id);
      }),
      one('select-next', 'select and go on', ['Shift+ArrowRight'], () => {
        const id = windows?.get(handle.current?.grid.active ?? 0)?.id;
        if (id) add([id]);
        step(1);
      }),
      one('select-all', 'select all of these filters', ['Ctrl+a'], chooseAll),
      one('escape', 'close, or select nothing', ['Escape'], () => (here.sample ? go({ sample: '' }) : chooseNone())),
      one('class', 'label with any class', ['c'], () => setPicker(true)),
      one('unlabel', 'take the label away', ['Delete'], () => label(null)),
      one('exclude', 'exclude', ['x'], () => act((aim) => fixes.exclude(aim, '', paint))),
      one('restore', 'restore', ['r'], () => act((aim) => fixes.restore(aim, paint))),
      one('undo', 'undo your last change', ['u', 'Ctrl+z'], () => void fixes.undo()),
      one('shuffle', 'shuffle again', ['s'], fixes.shuffle),
      one('filter', 'type a filter', ['f', '/'], () => document.getElementById('filter')?.focus()),
      one('larger', 'larger', ['+', '='], () => setSize((old) => Math.min(420, old + 20))),
      one('smaller', 'smaller', ['-'], () => setSize((old) => Math.max(60, old - 20))),
      one('facets', 'show or hide the facets', ['b'], () => setFacets((old) => !old)),
    ];
  }, [step, windows, here.sample, medium, label, act, paint]);
  useCommands(page);

  const classes: Command[] = useMemo(() => {
    const taken = new Set([...commands.get().filter((one) => one.group !== 'Classes'), ...page].flatMap((command) => keysOf(command)));
    const keys = classKeys(names, taken);
    return names.map((name, n) => ({
      id: `class:${name}`,
      title: name,
      keys: keys[n] === undefined ? [] : [keys[n]],
      run: () => label(name),
      group: 'Classes',
    }));
  }, [names.join('\n'), page, label, mine]);
  useCommands(classes);

  useEffect(() => localStorage.setItem(SHELF, String(size)), [size]);

  const moved = windows !== null && windows.order !== null && windows.at > windows.order;
  const sortedBy = here.sort.replace(/^-/, '');
  return (
    <div className={`look${facets ? ' with-facets' : ''}${here.sample ? ' with-sample' : ''}`}>
      {facets && <Facets onClose={() => setFacets(false)} />}
      <section className="middle">
        <h1 className="unseen">Look</h1>
        {coming && <Progress job={coming} />}
        <FilterBar total={windows?.total ?? null} moved={moved} onRefresh={() => setAgain((n) => n + 1)} />
        <div className="subbar">
          <button className="quiet" aria-pressed={facets} onClick={() => setFacets(!facets)}>
            Facets <kbd>b</kbd>
          </button>
          <label>
            <span className="dim">size</span>
            <input type="range" min={60} max={420} step={20} value={size} onChange={(event) => setSize(Number(event.target.value))} aria-label="size of the cells" />
          </label>
          {windows && windows.total > 0 && <Jump total={windows.total} active={active} onJump={(index) => handle.current?.grid.go(index)} />}
          {medium === 'audio' && !audible && <span className="hint">press any key to enable sound; then point at a recording</span>}
        </div>
        {failed && (
          <p className="refused" role="alert">
            {failed}
          </p>
        )}
        {windows && !failed && windows.total === 0 && (
          <div className="empty">
            <p>No sample is like that.</p>
            <button onClick={() => go({ where: [], picked: [] })}>Show all samples</button>
          </div>
        )}
        {windows && (
          <Grid
            windows={windows}
            version={version}
            medium={medium}
            size={size}
            sortedBy={sortedBy}
            handle={handle}
            idsOf={idsOf}
            onActive={(index) => {
              setActive(index);
              const id = windows.get(index)?.id;
              if (here.sample && id) go({ sample: id }, true);
            }}
            onOpen={(index) => go({ sample: windows.get(index)?.id ?? '' })}
          />
        )}
        <ActionBar
          classes={classes}
          splits={splits}
          selected={selection.all ? (windows?.total ?? 0) : selection.ids.size}
          all={selection.all}
          onLabel={label}
          onPick={() => setPicker(true)}
          onExclude={(reason) => act((aim) => fixes.exclude(aim, reason, paint))}
          onRestore={() => act((aim) => fixes.restore(aim, paint))}
          onMove={(to) => act((aim) => fixes.move(aim, to, paint))}
          target={target}
        />
      </section>
      {here.sample && <SampleView id={here.sample} medium={medium} at={at} onStep={step} />}
      {picker && <ClassPicker names={names} what="label with a class" onPick={label} onClose={() => setPicker(false)} />}
    </div>
  );
}

function Jump({ total, active, onJump }: { total: number; active: number; onJump: (index: number) => void }) {
  return (
    <label className="jump">
      <span className="dim">at</span>
      <input
        type="number"
        min={1}
        max={total}
        value={active + 1}
        aria-label="jump to the sample at this place"
        onChange={(event) => onJump(Math.max(0, Math.min(total - 1, Number(event.target.value) - 1)))}
      />
      <span className="dim">of {total.toLocaleString('en')}</span>
    </label>
  );
}
