/** A map that there is: what is under the pointer, what a lasso selects, and what is done with it, on the screen at once. */
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { classKeys, commands, keysOf, own, useCommands, type Command } from '../keys';
import { ActionBar } from '../look/ActionBar';
import { ClassPicker } from '../look/ClassPicker';
import { choose, chooseAll, chooseNone, chosen, chosenIn, NOTHING } from '../look/chosen';
import { FilterBar } from '../look/FilterBar';
import * as fixes from '../look/fixes';
import { SampleView } from '../look/SampleView';
import { go, linkTo, place, usePlace, type Place } from '../place';
import { keepBytes, keepPick, sentence, type Overview, type Schemas } from '../server';
import { useStore } from '../store';
import { say } from '../toast';
import { Bar, MODES, type Panel } from './Bar';
import { Clusters } from './Clusters';
import { useDrawn } from './drawn';
import { Hover } from './Hover';
import { Legend } from './Legend';
import type { Mode } from './PointMap';
import { Start } from './Work';

/** Samples that are named one by one; of more, a pick is made. */
const BY_NAME = 20_000;
const ADDRESS = 300;

/** Points of a lasso, and the filter that holds for them once it is there. */
type Lasso = { points: Uint32Array; pick: Promise<string>; kept: string };

export function Mapped({ about, known, embedder, at }: { about: Schemas['About']; known: Overview; embedder: string; at: number }) {
  const here = usePlace();
  const selection = useStore(chosen);
  const mine = useStore(own);
  const canvas = useRef<HTMLCanvasElement>(null);
  const overlay = useRef<HTMLCanvasElement>(null);
  const [mode, setMode] = useState<Mode>('pan');
  const [hover, setHover] = useState<{ index: number; x: number; y: number } | null>(null);
  const [lasso, setLasso] = useState<Lasso | null>(null);
  const [picker, setPicker] = useState(false);
  const [panel, setPanel] = useState<Panel>(window.innerWidth > 900 ? 'legend' : '');
  const column = here.more['colour'] || 'label';
  const words = wordsOf(here);
  const names = known.classes.map((one) => one.name);
  const newest = useRef<Lasso | null>(null);

  const drawn = useDrawn({
    about, known, embedder, column, words, at, canvas, overlay,
    options: {
      onHover: (index, x, y) => setHover((old) => (index < 0 ? null : old?.index === index ? old : { index, x, y })),
      onOpen: (index) => (index >= 0 && drawn.ids.current ? go({ sample: drawn.ids.current.get(index) }) : chooseNone()),
      onSelect: (found) => select(found),
    },
  }); // prettier-ignore
  const { map, ids, key, loaded, colours, count, painted, order } = drawn;

  const select = useCallback((points: Uint32Array) => {
    newest.current = null;
    setLasso(null);
    if (!points.length || !ids.current) return chooseNone();
    if (points.length <= BY_NAME) return choose(ids.current.of(points));
    const made: Lasso = { points, pick: keepBytes(ids.current.bytes(points)), kept: '' };
    newest.current = made;
    choose([]);
    setLasso(made);
    made.pick
      .then((pick) => {
        made.kept = pick;
        if (newest.current !== made) return; // something else is selected by now
        chosenIn(wordsOf({ ...place.get(), where: [pick], picked: [] }));
        go({ where: [pick], picked: [] });
        chooseAll();
      })
      .catch((error: unknown) => say(sentence(error), 'bad'));
    return undefined;
  }, []);

  useEffect(() => chosenIn(words), [words]);

  useEffect(() => {
    if (selection !== NOTHING && (!selection.ids.size || !lasso)) return;
    newest.current = null;
    setLasso(null);
  }, [selection]);

  useEffect(() => {
    map.current?.setMarked(lasso ? lasso.points : selection.ids.size && ids.current ? ids.current.find(selection.ids) : null);
  }, [selection, loaded, lasso]);

  useEffect(() => {
    if (map.current) map.current.mode = mode;
  }, [mode]);

  const target = useCallback((): fixes.Target => {
    const now = chosen.get();
    if (lasso) return { ids: [], where: lasso.kept ? [lasso.kept] : null, count: lasso.points.length };
    if (now.all) return here.picked.length ? { ids: here.picked, where: null, count: here.picked.length } : { ids: [], where: fixes.filtersNow(), count: count ?? 1 };
    if (now.ids.size) return { ids: [...now.ids], where: null, count: now.ids.size };
    return { ids: here.sample ? [here.sample] : [], where: null, count: here.sample ? 1 : 0 };
  }, [words, here.sample, count, lasso]);

  /** The points that are meant, by what `target` says of them. */
  const points = useCallback((): Uint32Array => {
    if (lasso) return lasso.points;
    if (chosen.get().all) return map.current?.points.shown() ?? new Uint32Array(0);
    return ids.current?.find(new Set(target().ids)) ?? new Uint32Array(0);
  }, [target, lasso]);

  const paint: fixes.Paint = useCallback(
    (_, change) => {
      if (change.label !== undefined) return painted.label(points(), change.label);
      // what is excluded disappears, unless the filters speak of it
      if (change.excluded && !here.where.some((text) => /excluded/i.test(text))) return painted.exclude(points());
      return () => undefined;
    },
    [points, words],
  );

  const act = useCallback(
    (what: (aim: fixes.Aim) => Promise<void>) => {
      const aim = target();
      if (lasso) void what(lasso.kept ? aim : lasso.pick.then((pick) => ({ ...aim, where: [pick] })));
      else if (aim.count) void what(aim);
      else say('select something first: lasso it with Shift+drag, or click a sample');
    },
    [target, lasso],
  );
  const label = useCallback(
    (name: string | null, isNew = false) => {
      setPicker(false);
      act((aim) => fixes.relabel(aim, name, paint, isNew));
    },
    [act, paint],
  );
  const look = useCallback(async () => {
    const now = chosen.get();
    const list = [...now.ids];
    try {
      if (lasso) location.hash = linkTo('look', { where: [await lasso.pick], picked: [], sort: '' });
      else if (now.all || !list.length) location.hash = linkTo('look');
      else if (list.length <= ADDRESS) location.hash = linkTo('look', { picked: list, where: [], sort: '' });
      else location.hash = linkTo('look', { where: [await keepPick(list)], picked: [], sort: '' });
    } catch (error) {
      say(sentence(error), 'bad');
    }
  }, [lasso]);

  const page: Command[] = useMemo(() => {
    const one = (id: string, title: string, keys: string[], run: () => void): Command => ({ id: `map:${id}`, title, keys, run, group: 'Map' });
    const by = (x: number, y: number) => () => map.current?.pan(x * 80, y * 80);
    return [
      one('left', 'move left', ['ArrowLeft'], by(-1, 0)),
      one('right', 'move right', ['ArrowRight'], by(1, 0)),
      one('up', 'move up', ['ArrowUp'], by(0, -1)),
      one('down', 'move down', ['ArrowDown'], by(0, 1)),
      one('in', 'closer', ['+', '='], () => map.current?.zoom(1.4)),
      one('out', 'further away', ['-'], () => map.current?.zoom(1 / 1.4)),
      one('fit', 'the whole map', ['Home'], () => map.current?.fit()),
      one('mode', 'move, lasso or box', ['m'], () => setMode((old) => MODES[(MODES.findIndex((one) => one.mode === old) + 1) % MODES.length]?.mode ?? 'pan')),
      one('all', 'select all of these filters', ['Ctrl+a'], chooseAll),
      one('escape', 'close the sample, or select nothing', ['Escape'], () => (location.hash.includes('sample=') ? go({ sample: '' }) : chooseNone())),
      one('look', 'show the selection in Look', ['l'], () => void look()),
      one('class', 'label with any class', ['c'], () => setPicker(true)),
      one('unlabel', 'take the label away', ['Delete'], () => label(null)),
      one('exclude', 'exclude', ['x'], () => act((aim) => fixes.exclude(aim, '', paint))),
      one('restore', 'restore', ['r'], () => act((aim) => fixes.restore(aim, paint))),
      one('undo', 'undo your last change', ['u', 'Ctrl+z'], () => void fixes.undo()),
      one('filter', 'type a filter', ['f', '/'], () => document.getElementById('filter')?.focus()),
    ];
  }, [label, act, look, paint]);
  useCommands(page);
  const classes: Command[] = useMemo(() => {
    const taken = new Set([...commands.get().filter((one) => one.group !== 'Classes'), ...page].flatMap((command) => keysOf(command)));
    const keys = classKeys(names, taken);
    return names.map((name, n) => ({ id: `class:${name}`, title: name, keys: keys[n] === undefined ? [] : [keys[n]], run: () => label(name), group: 'Classes' }));
  }, [names.join('\n'), page, label, mine]);
  useCommands(classes);

  const chosenCount = lasso ? lasso.points.length : selection.all ? (count ?? 0) : selection.ids.size;
  return (
    <div className={`mapping${panel ? ' with-panel' : ''}${here.sample ? ' with-sample' : ''}`}>
      <section className="middle">
        <h1 className="unseen">Map</h1>
        <FilterBar total={count} plain />
        <Bar about={about} known={known} column={column} mode={mode} panel={panel} some={chosenCount > 0} map={() => map.current} onMode={setMode} onPanel={setPanel} onLook={() => void look()} />
        <div className="plane">
          <canvas ref={canvas} role="img" aria-label={`map of ${about.samples.toLocaleString('en')} samples in ${about.regions.length} regions, listed in the legend`} className={mode} />
          <canvas ref={overlay} aria-hidden="true" className="overlay" />
          {!key && <p className="empty over">one moment…</p>}
          {hover && ids.current && <Hover id={ids.current.get(hover.index)} x={hover.x} y={hover.y} medium={known.medium} />}
        </div>
        {about.without > 0 && (
          <div className="remark">
            {about.without.toLocaleString('en')} {about.without === 1 ? 'sample is' : 'samples are'} not on the map yet.
            <Start title="Place them" steps={[{ verb: 'embed', arguments: embedder ? { embedder } : {} }, { verb: 'map', arguments: embedder ? { embedder } : {} }]} />
          </div>
        )}
        <ActionBar
          classes={classes}
          splits={Object.keys(known.splits).filter(Boolean)}
          selected={chosenCount}
          all={selection.all || lasso !== null}
          onLabel={label}
          onPick={() => setPicker(true)}
          onExclude={(reason) => act((aim) => fixes.exclude(aim, reason, paint))}
          onRestore={() => act((aim) => fixes.restore(aim, paint))}
          onMove={(to) => act((aim) => fixes.move(aim, to, paint))}
          target={target}
        />
      </section>
      {panel && !here.sample && (
        <aside className="beside" aria-label={panel}>
          {panel === 'legend' && <Legend about={about} colours={colours} order={order} onCode={(code) => select(map.current?.points.coded(new Set([code])) ?? new Uint32Array(0))} onRegion={(x, y) => map.current?.look({ x, y, scale: 3 * Math.min(canvas.current?.width ?? 600, canvas.current?.height ?? 600) })} />}
          {panel === 'clusters' && <Clusters embedder={embedder} at={at} />}
        </aside>
      )}
      {here.sample && <SampleView id={here.sample} medium={known.medium} at={at} onStep={(by) => step(by)} />}
      {picker && <ClassPicker names={names} what="label with a class" onPick={label} onClose={() => setPicker(false)} />}
    </div>
  );

  /** Another sample of the selection. */
  function step(by: number): void {
    const list = [...chosen.get().ids];
    const next = list[list.indexOf(here.sample) + by];
    if (next) go({ sample: next }, true);
  }
}

/** As Look tells selections apart, so that what is chosen is kept from page to page. */
const wordsOf = ({ where, sort, seed, picked }: Place): string => JSON.stringify([where, sort, seed, picked]);
