/** Keeps a map as the server has it, with what was changed here since: its points, then their colours and what filters leave of them, then who they are. */
import { useCallback, useEffect, useMemo, useRef, useState, type RefObject } from 'react';
import { head } from '../live';
import { undoing } from '../look/fixes';
import { go, usePlace } from '../place';
import { sentence, type Overview, type Schemas } from '../server';
import { say } from '../toast';
import * as data from './data';
import { ofClasses, ofNumbers, parsed, stepped } from './inks';
import { Painted } from './painted';
import { PointMap, type Options } from './PointMap';

type Props = { about: Schemas['About']; known: Overview; embedder: string; column: string; words: string; at: number; canvas: RefObject<HTMLCanvasElement | null>; overlay: RefObject<HTMLCanvasElement | null>; options: Options };

export function useDrawn({ about, known, embedder, column, words, at, canvas, overlay, options }: Props) {
  const here = usePlace();
  const map = useRef<PointMap | null>(null);
  const ids = useRef<data.Ids | null>(null);
  const now = useRef(options);
  now.current = options;
  const [key, setKey] = useState('');
  const [loaded, setLoaded] = useState('');
  const [colours, setColours] = useState<data.Colours | null>(null);
  const [count, setCount] = useState<number | null>(null);
  const [theme, setTheme] = useState(0);
  const names = known.classes.map((one) => one.name).join('\n');

  const painted = useMemo(
    () =>
      new Painted(() => {
        setColours(painted.colours());
        map.current?.setState(painted.shades());
      }),
    [],
  );

  useEffect(() => {
    if (!canvas.current || !overlay.current) return undefined;
    const made = new PointMap(canvas.current, overlay.current, {
      onHover: (...args) => now.current.onHover(...args),
      onOpen: (index) => now.current.onOpen(index),
      onSelect: (found) => now.current.onSelect(found),
    });
    map.current = made;
    const themed = () => setTheme((n) => n + 1);
    const watch = new MutationObserver(themed);
    watch.observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme'] });
    const dark = matchMedia('(prefers-color-scheme: dark)');
    dark.addEventListener('change', themed);
    const takeBack = (seq?: number) => painted.undo(seq, head.get());
    undoing.add(takeBack);
    return () => {
      made.end();
      watch.disconnect();
      dark.removeEventListener('change', themed);
      undoing.delete(takeBack);
    };
  }, []);

  useEffect(() => {
    const control = new AbortController();
    void (async () => {
      try {
        const found = await data.places(embedder, control.signal);
        painted.reset();
        map.current?.setPlaces(found);
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
      .then((found) => found.key === key && painted.setColours(found))
      .catch((error: unknown) => {
        if (control.signal.aborted) return;
        say(sentence(error), 'bad');
        if (column !== 'label') go({ more: { ...here.more, colour: '' } }, true);
      });
    return () => control.abort();
  }, [key, column, at]);

  useEffect(() => {
    if (!key) return undefined;
    const control = new AbortController();
    data
      .shown(embedder, here.where, here.picked, control.signal)
      .then((found) => {
        if (found.key !== key) return;
        painted.setState(found);
        setCount(found.shown);
      })
      .catch((error: unknown) => control.signal.aborted || say(sentence(error), 'bad'));
    return () => control.abort();
  }, [key, words, at]);

  /** Which colour a value has: that of its class wherever classes are shown. */
  const order = useCallback(
    (value: string, n: number) => {
      if (column === 'disagreement') return value === 'as labelled' ? 0 : 3;
      const classes = names.split('\n');
      const found = column === 'label' || column === 'predicted' || column === 'source_label' ? classes.indexOf(value) : n;
      return found < 0 ? classes.length + n : found;
    },
    [column, names],
  );

  useEffect(() => {
    if (!colours || !map.current || !canvas.current) return;
    const style = getComputedStyle(canvas.current);
    map.current.setColours(colours.kind === 'classes' ? ofClasses(colours.values, order) : ofNumbers(), parsed(style.backgroundColor), style.color, style.backgroundColor);
    map.current.setCodes(colours.codes ?? stepped(colours.numbers ?? new Float32Array(0), colours.low, colours.high));
  }, [colours, theme, order]);

  useEffect(() => {
    map.current?.setNames(about.regions.map((region) => ({ x: region.x, y: region.y, text: shortName(region.name) })));
  }, [about.regions, key]);

  return { map, ids, key, loaded, colours, count, painted, order };
}

/** The commonest label of a region: the whole name is in the legend. */
const shortName = (name: string): string => {
  const first = name.split(', ')[0]?.replace(/ \d+%$/, '') ?? name;
  return first.length > 26 ? `${first.slice(0, 25)}…` : first;
};
