/** Duplicates side by side: one key decides, and the next pair is there. */
import { useCallback, useEffect, useMemo, useState } from 'react';
import { counted } from '../asked';
import { useCommands, type Command } from '../keys';
import { head, overview } from '../live';
import { ClassPicker } from '../look/ClassPicker';
import { Recording } from '../look/Recording';
import { toggle as playOrStop } from '../media/sound';
import { send } from '../outbox';
import { go, linkTo, usePlace } from '../place';
import { client, mediaAddress, sentence, told, type Sample, type Schemas } from '../server';
import { useStore } from '../store';
import { say } from '../toast';
import * as fixes from '../look/fixes';
import { Ask } from './Ask';
import { differing } from './words';

type Pair = Schemas['Pair'];
type Done = Schemas['Done'];
type Side = 'left' | 'right';
/** What was decided on a pair: on screen at once; `action` is known when the server has it. */
type Decision = { at: number; told: string; action: Promise<number | null>; check: string };

const KINDS = [
  { name: 'near_duplicates', title: 'nearly the same' },
  { name: 'exact_duplicates', title: 'exactly the same' },
];
const TOGETHER = 100;
const BOTH = 'looked at side by side: both may stay';

export function Pairs({ medium }: { medium: string }) {
  const here = usePlace();
  const check = here.more['of'] === 'exact_duplicates' ? 'exact_duplicates' : 'near_duplicates';
  const [found, setFound] = useState<Schemas['Pairs'] | null>(null);
  const [error, setError] = useState('');
  const [at, setAt] = useState(0);
  const [decided, setDecided] = useState<Decision[]>([]);
  const [said, setSaid] = useState<Record<string, Partial<Sample>>>({});
  const [picker, setPicker] = useState(false);
  const [again, setAgain] = useState(0);
  const names = useStore(overview)?.classes.map((one) => one.name) ?? [];

  useEffect(() => {
    const control = new AbortController();
    setFound(null);
    told(client.GET('/api/pairs', { params: { query: { check, count: TOGETHER } }, signal: control.signal }))
      .then((pairs) => {
        setFound(pairs);
        setAt(0);
        setDecided([]);
        setSaid({});
        setError('');
      })
      .catch((refused: unknown) => control.signal.aborted || setError(sentence(refused)));
    return () => control.abort();
  }, [check, again]);

  const pairs = found?.pairs ?? [];
  const now = useCallback((sample: Sample): Sample => ({ ...sample, ...said[sample.id] }), [said]);
  const done = useMemo(() => new Map(decided.map((one) => [one.at, one])), [decided]);
  const over = useCallback((n: number) => done.has(n) || [pairs[n]?.stays, pairs[n]?.goes].some((sample) => sample && now(sample).excluded), [done, pairs, now]);
  const pair = pairs[at];

  // what comes next is fetched while one looks
  useEffect(() => {
    if (medium !== 'image') return;
    for (const next of pairs.slice(at + 1, at + 4)) for (const { id } of [next.stays, next.goes]) new Image().src = mediaAddress(id);
  }, [at, pairs, medium]);

  const forward = useCallback(
    (from: number) => {
      let to = from + 1;
      while (to < pairs.length && over(to)) to++;
      setAt(to);
    },
    [pairs.length, over],
  );

  const show = (change: Record<string, Partial<Sample>>) => setSaid((old) => ({ ...old, ...change }));

  const decide = useCallback(
    (path: string, body: Record<string, unknown>, words: string, change: Record<string, Partial<Sample>>, goOn: boolean) => {
      const number = at;
      show(change);
      const action = send<Done>(path, body).then(
        (answer) => answer.action,
        (refused: unknown) => {
          say(sentence(refused), 'bad');
          setDecided((old) => old.filter((one) => one.at !== number));
          setSaid((old) => Object.fromEntries(Object.entries(old).filter(([id]) => !(id in change))));
          return null;
        },
      );
      setDecided((old) => [...old.filter((one) => !goOn || one.at !== number), { at: goOn ? number : -1 - number, told: words, action, check }]);
      if (goOn) forward(number);
    },
    [at, check, forward],
  );

  const keep = useCallback(
    (side: Side) => {
      if (!pair) return;
      const [stays, goes] = side === 'left' ? [pair.stays, pair.goes] : [pair.goes, pair.stays];
      decide('/api/fixes/exclude', { ids: [goes.id], reason: `a copy of ${stays.id.slice(0, 12)}` }, `kept ${side}`, { [goes.id]: { excluded: true } }, true);
    },
    [pair, decide],
  );
  const both = useCallback(() => {
    if (pair) decide('/api/pairs/dismiss', { check, first: pair.goes.id, second: pair.stays.id, reason: BOTH }, 'both stay', {}, true);
  }, [pair, decide, check]);
  const label = useCallback(
    (to: string | null, ids: string[], isNew = false) => {
      setPicker(false);
      const change = Object.fromEntries(ids.map((id) => [id, { label: to }]));
      if (ids.length) decide('/api/fixes/label', { to, ids, new_class: isNew, reason: 'as its copy' }, `labelled ${to ?? 'nothing'}`, change, false);
    },
    [decide],
  );
  const same = useCallback(
    (side: Side) => {
      if (!pair) return;
      const [from, other] = side === 'left' ? [now(pair.stays), pair.goes] : [now(pair.goes), pair.stays];
      label(from.label, [other.id]);
    },
    [pair, now, label],
  );
  const undo = useCallback(async () => {
    const last = decided.at(-1);
    if (!last) return void fixes.undo();
    setDecided((old) => old.slice(0, -1));
    const number = last.at < 0 ? -1 - last.at : last.at;
    setAt(number);
    const about = pairs[number];
    if (about) setSaid((old) => Object.fromEntries(Object.entries(old).filter(([id]) => id !== about.stays.id && id !== about.goes.id)));
    const action = await last.action;
    if (action === null) return;
    try {
      await send('/api/undo', { seq: action });
      say(`took back: ${last.told}`);
      head.set(Math.max(head.get(), action + 1));
    } catch (refused) {
      say(sentence(refused), 'bad');
    }
  }, [decided, pairs]);

  const page: Command[] = useMemo(() => {
    const key = (id: string, title: string, keys: string[], run: () => void): Command => ({ id: `pairs:${id}`, title, keys, run, group: 'Duplicates' });
    return [
      key('left', 'keep the left one, exclude the other', ['ArrowLeft', '1'], () => keep('left')),
      key('right', 'keep the right one, exclude the other', ['ArrowRight', '2'], () => keep('right')),
      key('both', 'both are fine: dismiss', ['b', 'ArrowUp'], both),
      key('same-left', 'both get the label of the left one', ['l'], () => same('left')),
      key('same-right', 'both get the label of the right one', ['r'], () => same('right')),
      key('class', 'label both with any class', ['c'], () => setPicker(true)),
      key('play', 'play the left one', ['Space', 'p'], () => pair && medium === 'audio' && playOrStop(pair.stays.id)),
      key('play-right', 'play the right one', ['Shift+Space', 'Shift+p'], () => pair && medium === 'audio' && playOrStop(pair.goes.id)),
      key('next', 'next pair, this one later', ['j', 'ArrowDown'], () => setAt((old) => Math.min(pairs.length, old + 1))),
      key('previous', 'previous pair', ['k'], () => setAt((old) => Math.max(0, old - 1))),
      key('undo', 'undo the last decision', ['u', 'Ctrl+z'], () => void undo()),
    ];
  }, [keep, both, same, undo, pairs.length, pair, medium]);
  useCommands(page);

  const settled = [...done.keys()].filter((n) => n >= 0).length;
  const open = found ? Math.max(0, found.total - settled) : 0;
  return (
    <section className="pairs">
      <header>
        <h1>Duplicates</h1>
        <div role="group" aria-label="which">
          {KINDS.map((kind) => (
            <button key={kind.name} aria-pressed={kind.name === check} onClick={() => go({ more: { part: 'duplicates', of: kind.name } })}>
              {kind.title}
            </button>
          ))}
        </div>
        {found && (
          <span role="status">
            {counted(open, 'pair')} to decide{settled > 0 && `, ${settled.toLocaleString('en')} decided`}
          </span>
        )}
        {found && open > 0 && (
          <Ask
            title="Exclude every copy…"
            does="Exclude what the check flags, keep one of each"
            needed={false}
            start={`flagged by ${check}`}
            onGo={(reason) => void fixes.exclude({ ids: [], where: [`flagged_${check} = true`], count: open }, reason, () => () => undefined).then(() => setAgain((n) => n + 1))}
          />
        )}
      </header>
      {error && (
        <p className="refused" role="alert">
          {error}
        </p>
      )}
      {!found && !error && <p className="empty">comparing…</p>}
      {found && !pairs.length && (
        <div className="empty">
          <h1>No such pairs</h1>
          <p>{check === 'near_duplicates' ? 'No two samples are nearly the same, or all were decided on.' : 'No two samples are exactly the same, or all were decided on.'}</p>
        </div>
      )}
      {found && pairs.length > 0 && !pair && (
        <div className="empty">
          <h1>{open ? 'These are decided' : 'All are decided'}</h1>
          <button onClick={() => setAgain((n) => n + 1)}>{open ? `The next of ${open.toLocaleString('en')}` : 'Look again'}</button>{' '}
          <button onClick={() => setAt(pairs.length - 1)}>
            Back <kbd>k</kbd>
          </button>
        </div>
      )}
      {pair && <Beside pair={pair} medium={medium} now={now} decision={done.get(at)?.told ?? ''} number={at + 1} of={found?.total ?? 0} />}
      {pair && (
        <div className="decide" role="toolbar" aria-label="decide">
          <button onClick={() => keep('left')}>
            <kbd>←</kbd> Keep left
          </button>
          <button onClick={both}>
            <kbd>b</kbd> Both are fine
          </button>
          <button onClick={() => keep('right')}>
            <kbd>→</kbd> Keep right
          </button>
          <span className="space" />
          {now(pair.stays).label !== now(pair.goes).label && (
            <>
              <button onClick={() => same('left')}>
                <kbd>l</kbd> Both <span className="cut" title={now(pair.stays).label ?? ''}>{now(pair.stays).label ?? 'no label'}</span>
              </button>
              <button onClick={() => same('right')}>
                <kbd>r</kbd> Both <span className="cut" title={now(pair.goes).label ?? ''}>{now(pair.goes).label ?? 'no label'}</span>
              </button>
            </>
          )}
          <button onClick={() => setPicker(true)}>
            <kbd>c</kbd> Both…
          </button>
          <button onClick={() => setAt(at + 1)}>
            <kbd>j</kbd> Later
          </button>
          <button onClick={() => void undo()}>
            <kbd>u</kbd> Undo
          </button>
        </div>
      )}
      {picker && pair && <ClassPicker names={names} what="label both with a class" onPick={(name, isNew) => label(name, [pair.stays.id, pair.goes.id], isNew)} onClose={() => setPicker(false)} />}
    </section>
  );
}

type BesideProps = { pair: Pair; medium: string; now: (sample: Sample) => Sample; decision: string; number: number; of: number };

function Beside({ pair, medium, now, decision, number, of }: BesideProps) {
  const [left, right] = [now(pair.stays), now(pair.goes)];
  const alike = pair.unlike === null ? 'exactly the same' : pair.unlike < 0.05 ? 'all but the same' : pair.unlike < 0.5 ? 'much alike' : 'just alike enough';
  return (
    <>
      <p className="dim">
        pair {number} of {of.toLocaleString('en')}: {alike}
        {pair.copies > 2 && `; ${pair.copies} samples are alike`}
        {left.label !== right.label && <span className="mark"> · two labels</span>}
        {left.split !== right.split && <span className="mark"> · two splits</span>}
        {decision && <span className="mark"> · {decision}</span>}
      </p>
      <div className="beside">
        <One sample={left} medium={medium} title="left" note="the check would keep it" other={right} />
        <One sample={right} medium={medium} title="right" note="" other={left} />
      </div>
    </>
  );
}

function One({ sample, medium, title, note, other }: { sample: Sample; medium: string; title: string; note: string; other: Sample }) {
  return (
    <article className={`one${sample.excluded ? ' gone' : ''}`} aria-label={title}>
      <div className={`shown of-${medium}`}>
        {medium === 'image' && <img src={mediaAddress(sample.id)} alt={`the ${title} one`} />}
        {medium === 'audio' && <Recording id={sample.id} />}
        {medium === 'text' && <Text id={sample.id} other={other.id} />}
      </div>
      <dl className="facts">
        <dt>label</dt>
        <dd className={sample.label !== other.label ? 'mark' : ''}>{sample.label ?? 'none'}</dd>
        <dt>split</dt>
        <dd className={sample.split !== other.split ? 'mark' : ''}>{sample.split ?? 'none'}</dd>
        {sample.predicted && (
          <>
            <dt>predicted</dt>
            <dd>
              {sample.predicted} {sample.confidence !== null && <span className="dim">{Math.round(100 * sample.confidence)}%</span>}
            </dd>
          </>
        )}
        {medium !== 'text' && (
          <>
            <dt>file</dt>
            <dd>{sample.name}</dd>
          </>
        )}
      </dl>
      <p>
        <a href={linkTo('look', { where: [], sort: '', picked: [sample.id, other.id], sample: sample.id })}>open in Look</a> {note && <span className="dim">· {note}</span>}
        {sample.excluded && <span className="mark"> excluded</span>}
      </p>
    </article>
  );
}

function Text({ id, other }: { id: string; other: string }) {
  const [texts, setTexts] = useState<[string, string] | null>(null);
  useEffect(() => {
    const control = new AbortController();
    const read = (one: string) => fetch(mediaAddress(one), { signal: control.signal }).then((answer) => answer.text());
    Promise.all([read(id), read(other)]).then(setTexts, () => undefined);
    return () => control.abort();
  }, [id, other]);
  if (!texts) return <p className="dim">one moment…</p>;
  return (
    <p className="text">
      {differing(texts[0], texts[1]).map(({ text, differs }, n) => (differs ? <mark key={n}>{text}</mark> : <span key={n}>{text}</span>))}
    </p>
  );
}
