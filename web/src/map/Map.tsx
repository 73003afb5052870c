/** Map: all samples in the plane, those alike side by side; point to see or hear, lasso to select, relabel in one step. */
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { classKeys, commands, keysOf, own, useCommands, type Command } from '../keys';
import { head, news, overview } from '../live';
import { ActionBar } from '../look/ActionBar';
import { ClassPicker } from '../look/ClassPicker';
import { choose, chooseAll, chooseNone, chosen, chosenIn } from '../look/chosen';
import { FilterBar } from '../look/FilterBar';
import * as fixes from '../look/fixes';
import { SampleView } from '../look/SampleView';
import { short } from '../look/cells';
import { go, linkTo, place, usePlace, type Place } from '../place';
import { client, keepPick, sentence, told, type Overview, type Schemas } from '../server';
import { useStore } from '../store';
import { say } from '../toast';
import { Clusters } from './Clusters';
import * as data from './data';
import { Hover } from './Hover';
import { css, gradient, inkOf, ofClasses, ofNumbers, parsed, stepped } from './inks';
import './map.css';
import { PointMap, type Mode } from './PointMap';
import { Start } from './Work';

/** Samples that are named one by one; of more, a pick is made. */
const BY_NAME = 20_000;
const LEGEND = 40;
const MODES: { mode: Mode; title: string; about: string }[] = [
  { mode: 'pan', title: 'Move', about: 'drag to move; Shift+drag to select' },
  { mode: 'lasso', title: 'Lasso', about: 'drag around samples to select them' },
  { mode: 'box', title: 'Box', about: 'drag a box to select what is in it' },
];
const none: fixes.Paint = () => () => undefined;

export function MapPage() {
  const known = useStore(overview);
  const here = usePlace();
  const at = useStore(head);
  const heard = useStore(news);
  const embedder = here.more['embedder'] ?? '';
  const [about, setAbout] = useState<Schemas['About'] | null>(null);
  const [error, setError] = useState('');
  const empty = known !== null && !known.samples && !known.excluded;
  useEffect(() => {
    if (empty || !known) return undefined;
    const control = new AbortController();
    told(client.GET('/api/map', { params: { query: { embedder } }, signal: control.signal }))
      .then((found) => {
        setAbout(found);
        setError('');
      })
      .catch((refused: unknown) => control.signal.aborted || setError(sentence(refused)));
    return () => control.abort();
  }, [embedder, at, heard, empty, known === null]);
  if (empty)
    return (
      <div className="empty">
        <h1>Nothing to map yet</h1>
        <p>
          Import a folder, a list or an archive first: <code>trainset import DIR</code>.
        </p>
      </div>
    );
  if (error)
    return (
      <div className="empty" role="alert">
        <h1>There is no map to show</h1>
        <p>{error}</p>
        <a href={linkTo('map')}>The usual map</a>
      </div>
    );
  if (!about || !known) return <p className="empty">one moment…</p>;
  if (!about.mapped) {
    const meant = about.choices.find((one) => one.embedder === about.embedder);
    const steps = [{ verb: 'map', arguments: embedder ? { embedder } : {} }];
    return (
      <div className="empty">
        <h1>No map yet</h1>
        <p>A map lays all samples out by what they are like, as {about.embedder} sees them. Made once, samples stay where they are; new ones are placed among them.</p>
        {meant?.contents ? (
          <Start title="Make the map" steps={steps} />
        ) : (
          <>
            <p>There are no embeddings by it yet; they are made first.</p>
            <Start title="Make embeddings, then the map" steps={[{ verb: 'embed', arguments: embedder ? { embedder } : {} }, ...steps]} />
          </>
        )}
        <Choices about={about} />
      </div>
    );
  }
  return <Mapped key={about.embedder} about={about} known={known} embedder={embedder} at={at} />;
}

/** Which embedding the map is by. */
function Choices({ about }: { about: Schemas['About'] }) {
  const here = usePlace();
  if (about.choices.length < 2) return null;
  return (
    <label>
      <span className="dim">by</span>{' '}
      <select value={about.embedder} aria-label="embedding" onChange={(event) => go({ more: { ...here.more, embedder: about.choices.find((one) => one.embedder === event.target.value)?.default ? '' : event.target.value } })}>
        {about.choices.map((one) => (
          <option key={one.embedder} value={one.embedder}>
            {one.embedder}
            {one.mapped ? '' : ' (no map yet)'}
          </option>
        ))}
      </select>
    </label>
  );
}

function Mapped({ about, known, embedder, at }: { about: Schemas['About']; known: Overview; embedder: string; at: number }) {
  const here = usePlace();
  const selection = useStore(chosen);
  const mine = useStore(own);
  const canvas = useRef<HTMLCanvasElement>(null);
  const overlay = useRef<HTMLCanvasElement>(null);
  const map = useRef<PointMap | null>(null);
  const ids = useRef<data.Ids | null>(null);
  const [key, setKey] = useState('');
  const [loaded, setLoaded] = useState('');
  const [colours, setColours] = useState<data.Colours | null>(null);
  const [theme, setTheme] = useState(0);
  const [mode, setMode] = useState<Mode>('pan');
  const [hover, setHover] = useState<{ index: number; x: number; y: number } | null>(null);
  const [count, setCount] = useState<number | null>(null);
  const [picker, setPicker] = useState(false);
  const [panel, setPanel] = useState<'legend' | 'clusters' | ''>(window.innerWidth > 900 ? 'legend' : '');
  const column = here.more['colour'] || 'label';
  const words = wordsOf(here);
  const names = known.classes.map((one) => one.name);

  const select = useCallback(async (found: Uint32Array) => {
    if (!found.length || !ids.current) return chooseNone();
    const list = ids.current.of(found);
    if (list.length <= BY_NAME) return choose(list);
    try {
      const pick = await keepPick(list);
      chosenIn(wordsOf({ ...place.get(), where: [pick], picked: [] }));
      go({ where: [pick], picked: [] });
      chooseAll();
    } catch (error) {
      say(sentence(error), 'bad');
    }
    return undefined;
  }, []);
  const open = useCallback((index: number) => {
    if (index >= 0 && ids.current) go({ sample: ids.current.get(index) });
    else chooseNone();
  }, []);

  useEffect(() => {
    if (!canvas.current || !overlay.current) return undefined;
    const made = new PointMap(canvas.current, overlay.current, {
      onHover: (index, x, y) => setHover((old) => (index < 0 ? null : old?.index === index ? old : { index, x, y })),
      onOpen: open,
      onSelect: (found) => void select(found),
    });
    map.current = made;
    const themed = () => setTheme((n) => n + 1);
    const watch = new MutationObserver(themed);
    watch.observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme'] });
    const dark = matchMedia('(prefers-color-scheme: dark)');
    dark.addEventListener('change', themed);
    return () => {
      made.end();
      watch.disconnect();
      dark.removeEventListener('change', themed);
    };
  }, []);

  useEffect(() => {
    const control = new AbortController();
    void (async () => {
      try {
        const found = await data.places(embedder, control.signal);
        map.current?.setPlaces(found.x, found.y);
        setKey(found.key);
        ids.current = await data.identifiers(embedder, control.signal);
        setLoaded(found.key);
      } catch (error) {
        if (!control.signal.aborted) say(sentence(error), 'bad');
      }
    })();
    return () => control.abort();
  }, [about.key]);

  useEffect(() => {
    if (!key) return undefined;
    const control = new AbortController();
    data
      .colours(embedder, column, control.signal)
      .then((found) => found.key === key && setColours(found))
      .catch((error: unknown) => {
        if (control.signal.aborted) return;
        say(sentence(error), 'bad');
        if (column !== 'label') go({ more: { ...here.more, colour: '' } }, true);
      });
    return () => control.abort();
  }, [key, column, at]);

  const order = useCallback(
    (value: string, n: number) => {
      if (column === 'disagreement') return value === 'as labelled' ? 0 : 3;
      const found = column === 'label' || column === 'predicted' || column === 'source_label' ? names.indexOf(value) : n;
      return found < 0 ? names.length + n : found;
    },
    [column, names.join('\n')],
  );

  useEffect(() => {
    if (!colours || !map.current || !canvas.current) return;
    const style = getComputedStyle(canvas.current);
    map.current.setColours(colours.kind === 'classes' ? ofClasses(colours.values, order) : ofNumbers(), parsed(style.backgroundColor), style.color, style.backgroundColor);
    map.current.setCodes(colours.codes ?? stepped(colours.numbers ?? new Float32Array(0), colours.low, colours.high));
  }, [colours, theme, order]);

  useEffect(() => {
    const wide = about.regions.map((region) => ({ x: region.x, y: region.y, text: shortName(region.name) }));
    map.current?.setNames(wide);
  }, [about.regions, key]);

  useEffect(() => chosenIn(words), [words]);

  useEffect(() => {
    if (!key) return undefined;
    const control = new AbortController();
    data
      .shown(embedder, here.where, here.picked, control.signal)
      .then((found) => {
        if (found.key !== key) return;
        map.current?.setState(found.state);
        setCount(found.shown);
      })
      .catch((error: unknown) => control.signal.aborted || say(sentence(error), 'bad'));
    return () => control.abort();
  }, [key, words, at]);

  useEffect(() => {
    map.current?.setMarked(selection.ids.size && ids.current ? ids.current.find(selection.ids) : null);
  }, [selection, loaded]);

  useEffect(() => {
    if (map.current) map.current.mode = mode;
  }, [mode]);

  const target = useCallback((): fixes.Target => {
    const now = chosen.get();
    if (now.all) return here.picked.length ? { ids: here.picked, where: null, count: here.picked.length } : { ids: [], where: fixes.filtersNow(), count: count ?? 1 };
    if (now.ids.size) return { ids: [...now.ids], where: null, count: now.ids.size };
    return { ids: here.sample ? [here.sample] : [], where: null, count: here.sample ? 1 : 0 };
  }, [words, here.sample, count]);

  const act = useCallback(
    (what: (target: fixes.Target) => Promise<void>) => {
      const aim = target();
      if (aim.count) void what(aim);
      else say('select something first: lasso it with Shift+drag, or click a sample');
    },
    [target],
  );
  const label = useCallback(
    (name: string | null, isNew = false) => {
      setPicker(false);
      act((aim) => fixes.relabel(aim, name, none, isNew));
    },
    [act],
  );
  const look = useCallback(async () => {
    const now = chosen.get();
    const list = [...now.ids];
    try {
      if (now.all || !list.length) location.hash = linkTo('look');
      else if (list.length <= 300) location.hash = linkTo('look', { picked: list, where: [], sort: '' });
      else location.hash = linkTo('look', { where: [await keepPick(list)], picked: [], sort: '' });
    } catch (error) {
      say(sentence(error), 'bad');
    }
  }, []);

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
      one('exclude', 'exclude', ['x'], () => act((aim) => fixes.exclude(aim, '', none))),
      one('restore', 'restore', ['r'], () => act((aim) => fixes.restore(aim, none))),
      one('undo', 'undo your last change', ['u', 'Ctrl+z'], () => void fixes.undo()),
      one('filter', 'type a filter', ['f', '/'], () => document.getElementById('filter')?.focus()),
    ];
  }, [label, act, look]);
  useCommands(page);
  const classes: Command[] = useMemo(() => {
    const taken = new Set([...commands.get().filter((one) => one.group !== 'Classes'), ...page].flatMap((command) => keysOf(command)));
    const keys = classKeys(names, taken);
    return names.map((name, n) => ({ id: `class:${name}`, title: name, keys: keys[n] === undefined ? [] : [keys[n]], run: () => label(name), group: 'Classes' }));
  }, [names.join('\n'), page, label, mine]);
  useCommands(classes);

  const columns = [
    ...known.columns.filter((one) => !['id', 'path', 'text', 'excluded'].includes(one.name)).map((one) => ({ name: one.name, title: one.title })),
    ...about.columns.filter((name) => name !== 'disagreement' || known.columns.some((one) => one.name === 'predicted')).map((name) => ({ name, title: name })),
  ];
  const chosenCount = selection.all ? (count ?? 0) : selection.ids.size;
  return (
    <div className={`mapping${panel ? ' with-panel' : ''}${here.sample ? ' with-sample' : ''}`}>
      <section className="middle">
        <h1 className="unseen">Map</h1>
        <FilterBar total={count} plain />
        <div className="subbar">
          <label>
            <span className="dim">colour</span>{' '}
            <select value={column} onChange={(event) => go({ more: { ...here.more, colour: event.target.value === 'label' ? '' : event.target.value } })}>
              {columns.map((one) => (
                <option key={one.name} value={one.name}>
                  {one.title}
                </option>
              ))}
            </select>
          </label>
          <Choices about={about} />
          <span role="group" aria-label="what dragging does">
            {MODES.map((one) => (
              <button key={one.mode} aria-pressed={mode === one.mode} title={one.about} onClick={() => setMode(one.mode)}>
                {one.title}
              </button>
            ))}
          </span>
          <span role="group" aria-label="zoom">
            <button aria-label="further away" onClick={() => map.current?.zoom(1 / 1.4)}>
              −
            </button>
            <button aria-label="closer" onClick={() => map.current?.zoom(1.4)}>
              +
            </button>
            <button onClick={() => map.current?.fit()}>Whole map</button>
          </span>
          <span role="group" aria-label="beside the map">
            <button className="quiet" aria-pressed={panel === 'legend'} onClick={() => setPanel(panel === 'legend' ? '' : 'legend')}>
              Legend
            </button>
            <button className="quiet" aria-pressed={panel === 'clusters'} onClick={() => setPanel(panel === 'clusters' ? '' : 'clusters')}>
              Clusters
            </button>
          </span>
          {chosenCount > 0 && (
            <button onClick={() => void look()}>
              <kbd>l</kbd> Show in Look
            </button>
          )}
        </div>
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
          all={selection.all}
          onLabel={label}
          onPick={() => setPicker(true)}
          onExclude={(reason) => act((aim) => fixes.exclude(aim, reason, none))}
          onRestore={() => act((aim) => fixes.restore(aim, none))}
          onMove={(to) => act((aim) => fixes.move(aim, to, none))}
          target={target}
        />
      </section>
      {panel && !here.sample && (
        <aside className="beside" aria-label={panel}>
          {panel === 'legend' && <Legend about={about} colours={colours} order={order} onCode={(code) => void select(map.current?.coded(new Set([code])) ?? new Uint32Array(0))} onRegion={(x, y) => map.current?.look({ x, y, scale: 3 * Math.min(canvas.current?.width ?? 600, canvas.current?.height ?? 600) })} />}
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

type LegendProps = { about: Schemas['About']; colours: data.Colours | null; order: (value: string, n: number) => number; onCode: (code: number) => void; onRegion: (x: number, y: number) => void };

function Legend({ about, colours, order, onCode, onRegion }: LegendProps) {
  const [all, setAll] = useState(false);
  if (!colours) return <p className="dim">one moment…</p>;
  const lines = colours.values.map((value, code) => ({ value, code, count: colours.counts[code] ?? 0 })).filter((one) => one.count > 0);
  lines.sort((a, b) => b.count - a.count);
  return (
    <>
      {colours.kind === 'numbers' ? (
        <div>
          <div className="gradient" style={{ background: gradient }} />
          <div className="ends">
            <span>≤ {short(colours.low)}</span>
            <span>≥ {short(colours.high)}</span>
          </div>
        </div>
      ) : (
        <ul className="values">
          {lines.slice(0, all ? undefined : LEGEND).map(({ value, code, count }) => (
            <li key={code}>
              <button className="value" onClick={() => onCode(code)} title="select them">
                <i className="swatch" style={{ background: value === null ? '#8c919b' : css(inkOf(order(value, code - 1))) }} />
                <span className="name">{value ?? 'none'}</span>
                <span className="n">{count.toLocaleString('en')}</span>
              </button>
            </li>
          ))}
          {!all && lines.length > LEGEND && (
            <li>
              <button className="quiet" onClick={() => setAll(true)}>
                {lines.length - LEGEND} more
              </button>
            </li>
          )}
        </ul>
      )}
      <h2>Regions{about.named_at >= 0 && `, named at #${about.named_at}`}</h2>
      <ol className="regions">
        {about.regions.map((region) => (
          <li key={region.number}>
            <button className="link" onClick={() => onRegion(region.x, region.y)}>
              {region.name || `region ${region.number}`}
            </button>{' '}
            <span className="dim">{region.samples.toLocaleString('en')}</span>
            {region.traits.length > 0 && <div className="dim break">{region.traits.join('; ')}</div>}
          </li>
        ))}
      </ol>
    </>
  );
}

/** As Look tells selections apart, so that what is chosen is kept from page to page. */
const wordsOf = ({ where, sort, seed, picked }: Place): string => JSON.stringify([where, sort, seed, picked]);

/** The commonest label of a region: the whole name is in the legend. */
const shortName = (name: string): string => {
  const first = name.split(', ')[0]?.replace(/ \d+%$/, '') ?? name;
  return first.length > 26 ? `${first.slice(0, 25)}…` : first;
};
