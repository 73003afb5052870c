/** One check: what it found and why that matters, each finding with its media, to be fixed or dismissed. */
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { counted } from '../asked';
import { classKeys, commands, keysOf, own, useCommands, type Command } from '../keys';
import { head, news } from '../live';
import { awake, toggle as playOrStop } from '../media/sound';
import { ClassPicker } from '../look/ClassPicker';
import * as fixes from '../look/fixes';
import { Thumb } from '../look/Thumb';
import { send } from '../outbox';
import { go, linkTo, usePlace } from '../place';
import { client, sentence, told, type Sample, type Schemas } from '../server';
import { useStore } from '../store';
import { say } from '../toast';
import { Ask } from './Ask';
import type { CheckOf } from './Health';
import { Settings, wordsOf, type Values } from './Settings';
import { Words } from './Words';

const PICKED = 300; // ids that an address holds
const TOGETHER = 60;

type Page = Schemas['FindingsPage'];
type Flagged = Schemas['Flagged'];
type Done = Schemas['Done'];

/** The reason last given for a check: the next finding is dismissed with it by one key. */
const reasons = new Map<string, string>();

export function Check({ check, medium, names, of }: { check: CheckOf; medium: string; names: string[]; of: number }) {
  const [values, setValues] = useState<Values>({});
  const [pages, setPages] = useState<Page | null>(null);
  const [error, setError] = useState('');
  const [marked, setMarked] = useState(0);
  const [said, setSaid] = useState<Record<string, Partial<Sample> & { dismissed?: boolean }>>({});
  const [asking, setAsking] = useState<string | null>(null);
  const [picker, setPicker] = useState(false);
  const at = useStore(head);
  const audible = useStore(awake);
  const mine = useStore(own);
  const list = useRef<HTMLUListElement>(null);
  const words = wordsOf(values);
  const here = usePlace();
  const query = { check: check.check, settings: words, where: here.where, picked: here.picked.join(',') };
  const some = here.where.length > 0 || here.picked.length > 0;
  const selection = JSON.stringify([here.where, here.picked]);
  const flagged = [...here.where, `flagged_${check.check} = true`];
  const shown = pages?.findings ?? [];

  useEffect(() => {
    if (check.waiting || (check.again && pages !== null)) return undefined; // until it has looked, the findings of before stay
    const control = new AbortController();
    const timer = setTimeout(
      () => {
        told(client.GET('/api/findings/samples', { params: { query: { ...query, count: TOGETHER } }, signal: control.signal }))
          .then((found) => {
            setPages(found);
            setSaid({});
            setMarked(0);
            setError('');
          })
          .catch((refused: unknown) => control.signal.aborted || setError(sentence(refused)));
      },
      words ? 250 : 0,
    );
    return () => {
      clearTimeout(timer);
      control.abort();
    };
  }, [check.check, words, of, check.waiting, check.again, selection, some ? at : 0]);

  async function more(): Promise<void> {
    try {
      const found = await told(client.GET('/api/findings/samples', { params: { query: { ...query, first: shown.length, count: TOGETHER } } }));
      setPages((old) => (old ? { ...old, findings: [...old.findings, ...found.findings.filter((one) => !old.findings.some((other) => other.sample.id === one.sample.id))] } : found));
    } catch (refused) {
      say(sentence(refused), 'bad');
    }
  }

  const step = useCallback(
    (by: number) => {
      setMarked((old) => {
        const to = Math.max(0, Math.min(shown.length - 1, old + by));
        requestAnimationFrame(() => list.current?.children[to]?.scrollIntoView({ block: 'nearest' }));
        return to;
      });
    },
    [shown.length],
  );
  const current: Flagged | undefined = shown[marked];

  const paint: fixes.Paint = useCallback((ids, change) => {
    setSaid((old) => ({ ...old, ...Object.fromEntries(ids.map((id) => [id, { ...old[id], ...change }])) }));
    // what was done stays on the card until its sample is asked for again; what was refused goes at once
    return (at) => at === undefined && setSaid((old) => Object.fromEntries(Object.entries(old).filter(([id]) => !ids.includes(id))));
  }, []);

  // the samples as the log has them now: somebody may have fixed them elsewhere, or taken a fix back
  useEffect(() => {
    const ids = shown.slice(0, PICKED).map((finding) => finding.sample.id);
    if (!ids.length || at < 0) return undefined;
    const control = new AbortController();
    const timer = setTimeout(() => {
      told(client.GET('/api/samples', { params: { query: { picked: ids.join(','), count: PICKED } }, signal: control.signal }))
        .then((window) => {
          if (control.signal.aborted) return;
          const fresh = new Map(window.samples.map((sample) => [sample.id, sample]));
          setSaid((old) => Object.fromEntries(ids.flatMap((id) => (fresh.has(id) ? [[id, { ...fresh.get(id), dismissed: old[id]?.dismissed ?? false }]] : []))));
        })
        .catch(() => undefined); // the cards show what was said of them last
    }, 400);
    return () => {
      clearTimeout(timer);
      control.abort();
    };
  }, [at]);

  const one = useCallback(
    (what: (target: fixes.Target) => Promise<void>) => {
      if (!current) return;
      void what({ ids: [current.sample.id], where: null, count: 1 });
      step(1);
    },
    [current, step],
  );

  const label = useCallback(
    (name: string | null, isNew = false) => {
      setPicker(false);
      one((aim) => fixes.relabel(aim, name, paint, isNew));
    },
    [one, paint],
  );

  const dismiss = useCallback(
    async (ids: string[], reason: string) => {
      const all = !ids.length;
      const paintOff = all ? undefined : paint(ids, { dismissed: true } as Partial<Sample>);
      try {
        const done = await send<Done>('/api/findings/dismiss', { check: check.check, ids, all, reason, ...(all ? { where: here.where, picked: query.picked } : {}) });
        const back = async () => {
          await fixes.undo(done.action ?? undefined);
          paintOff?.();
          await client.POST('/api/findings/again', { body: { check: check.check } });
          news.update((n) => n + 1);
        };
        say(done.action === null ? 'nothing to dismiss: it is not flagged any more' : `${counted(done.changed, 'finding')} dismissed`, 'good', done.action === null ? undefined : { name: 'Undo', run: () => void back() });
        if (all) setPages((old) => (old ? { ...old, findings: [], flagged: 0 } : old));
      } catch (refused) {
        paintOff?.();
        say(sentence(refused), 'bad');
      }
    },
    [check.check, paint],
  );

  const dismissOne = useCallback(() => {
    const reason = reasons.get(check.check);
    if (!current) return;
    if (reason === undefined) setAsking('');
    else {
      void dismiss([current.sample.id], reason);
      step(1);
    }
  }, [check.check, current, dismiss, step]);

  const open = useCallback(
    (id: string) => {
      if (words || here.picked.length) void told(client.POST('/api/findings/pick', { body: query })).then(
          (made) => go({ page: 'look', where: [made.name], sort: '', picked: [], sample: id, more: {} }),
          (refused: unknown) => say(sentence(refused), 'bad'),
        );
      else go({ page: 'look', where: flagged, sort: '', picked: [], sample: id, more: {} });
    },
    [check.check, words, selection],
  );

  const page: Command[] = useMemo(() => {
    const key = (id: string, title: string, keys: string[], run: () => void): Command => ({ id: `health:${id}`, title, keys, run, group: 'Health' });
    return [
      key('next', 'next finding', ['j', 'ArrowRight'], () => step(1)),
      key('previous', 'previous finding', ['k', 'ArrowLeft'], () => step(-1)),
      key('open', 'open the sample in Look', ['Enter'], () => current && open(current.sample.id)),
      key('play', 'play, or stop', ['Space', 'p'], () => current && medium === 'audio' && playOrStop(current.sample.id)),
      key('dismiss', 'dismiss the finding, with the reason given last', ['d'], dismissOne),
      key('dismiss-why', 'dismiss the finding, with another reason', ['Shift+d'], () => setAsking(reasons.get(check.check) ?? '')),
      key('exclude', 'exclude the sample', ['x'], () => one((aim) => fixes.exclude(aim, `flagged by ${check.check}`, paint))),
      key('restore', 'restore the sample', ['r'], () => one((aim) => fixes.restore(aim, paint))),
      key('predicted', 'label as predicted', ['a'], () => current?.sample.predicted && label(current.sample.predicted)),
      key('class', 'label with any class', ['c'], () => setPicker(true)),
      key('undo', 'undo your last change', ['u', 'Ctrl+z'], () => void fixes.undo()),
    ];
  }, [step, current, open, medium, dismissOne, one, check.check, paint, label]);
  useCommands(page);
  const classes: Command[] = useMemo(() => {
    const taken = new Set([...commands.get().filter((command) => command.group !== 'Classes'), ...page].flatMap((command) => keysOf(command)));
    const keys = classKeys(names, taken);
    return names.map((name, n) => ({ id: `class:${name}`, title: name, keys: keys[n] === undefined ? [] : [keys[n]], run: () => label(name), group: 'Classes' }));
  }, [names.join('\n'), page, label, mine]);
  useCommands(classes);

  const count = pages?.flagged ?? check.flagged;
  return (
    <>
      <header>
        <h1>{check.title}</h1>
        <p>
          <Words text={check.summary} />
        </p>
        {check.skipped && <p className="refused">It could not look: {check.skipped}</p>}
        {check.waiting && <p className="dim">It has not looked yet.</p>}
        {!check.skipped && !check.waiting && (
          <p className="counts">
            <b>{counted(count, 'sample')}</b>
            {check.bad > 0 && <b>, {counted(check.bad, 'file or row', 'files and rows')}</b>}
            {check.again && <span className="dim">, looking again…</span>}
            {check.dismissed > 0 && <span className="dim">, {check.dismissed.toLocaleString('en')} dismissed</span>}
          </p>
        )}
        {check.about.length > 0 && (
          <ul className="about">
            {check.about.map((text) => (
              <li key={text} className="break">
                {text}
              </li>
            ))}
          </ul>
        )}
        <dl className="why">
          <dt>Why it matters</dt>
          <dd>
            <Words text={check.why} />
          </dd>
          <dt>What to do</dt>
          <dd>
            <Words text={check.next} />
          </dd>
        </dl>
        {count > 0 && (
          <div className="all" role="group" aria-label="what to do with all of them">
            {words === '' && (
              <>
                <a
                  className="button"
                  href={linkTo('look', { where: flagged, sort: '', picked: [] })}
                  onClick={(event) => {
                    if (!here.picked.length) return;
                    event.preventDefault();
                    open('');
                  }}
                >
                  Open all in Look
                </a>
                {check.paired && (
                  <a className="button" href={linkTo('health', { more: { part: 'duplicates', of: check.check } })}>
                    Decide side by side
                  </a>
                )}
                <Ask title="Dismiss all…" does={`Dismiss ${counted(count, 'finding')}`} needed onGo={(reason) => void dismiss([], reason)} />
                <Ask
                  title="Exclude all…"
                  does={`Exclude ${counted(count, 'sample')}`}
                  needed={false}
                  start={`flagged by ${check.check}`}
                  onGo={(reason) => void fixes.exclude({ ids: [], where: here.picked.length ? [...flagged, `id in (${here.picked.map((id) => `'${id}'`).join(', ')})`] : flagged, count }, reason, paint)}
                />
              </>
            )}
            {words !== '' && shown.length > 0 && (
              <button onClick={() => open('')}>Open {count === 1 ? 'it' : `all ${count.toLocaleString('en')}`} in Look</button>
            )}
          </div>
        )}
      </header>
      <Settings check={check.check} settings={check.settings} values={values} flagged={check.flagged} onChange={setValues} />
      {error && (
        <p className="refused" role="alert">
          {error}
        </p>
      )}
      {asking !== null && current && (
        <form
          className="ask"
          onSubmit={(event) => {
            event.preventDefault();
            if (!asking.trim()) return;
            reasons.set(check.check, asking);
            setAsking(null);
            void dismiss([current.sample.id], asking);
            step(1);
          }}
        >
          <input autoFocus value={asking} required placeholder="why is this no problem? The next ones take one key" aria-label="reason" onChange={(event) => setAsking(event.target.value)} onKeyDown={(event) => event.key === 'Escape' && setAsking(null)} />
          <button type="submit">Dismiss</button>
          <button type="button" onClick={() => setAsking(null)}>
            Cancel
          </button>
        </form>
      )}
      {medium === 'audio' && !audible && shown.length > 0 && <p className="hint">press any key to enable sound; then point at a recording</p>}
      {shown.length > 0 && (
        <p className="dim keys-of-page">
          <kbd>j</kbd> <kbd>k</kbd> next, previous · <kbd>Enter</kbd> open · a class's key labels · <kbd>a</kbd> as predicted · <kbd>x</kbd> exclude · <kbd>d</kbd> dismiss · <kbd>u</kbd> undo
        </p>
      )}
      <ul className={`flagged of-${medium}`} ref={list}>
        {shown.map((finding, n) => {
          const now = { ...finding.sample, ...said[finding.sample.id] };
          return (
            <li key={finding.sample.id} className={`finding${n === marked ? ' marked' : ''}${now.excluded || now.dismissed || now.label !== finding.sample.label ? ' gone' : ''}`} aria-current={n === marked ? 'true' : undefined} onPointerDown={() => setMarked(n)}>
              <button className="media" onClick={() => open(finding.sample.id)} aria-label={`open ${finding.sample.name} in Look`}>
                <Thumb id={finding.sample.id} medium={medium} name={finding.sample.name} />
              </button>
              <div className="words">
                <span className="severity" title={`severity ${finding.severity.toFixed(2)} of 1`}>
                  <i style={{ width: `${Math.max(4, 100 * finding.severity)}%` }} />
                </span>
                {now.label !== finding.sample.label && (
                  <>
                    <s className="dim">{finding.sample.label ?? 'no label'}</s>{' → '}
                  </>
                )}
                <b className="cut" title={now.label ?? ''}>
                  {now.label ?? 'no label'}
                </b>
                {now.split && <span className="dim"> {now.split}</span>}
                {now.dismissed && <span className="mark"> dismissed</span>}
                {now.excluded && <span className="mark"> excluded</span>}
                <p className="break">{finding.because}</p>
              </div>
            </li>
          );
        })}
      </ul>
      {pages && shown.length < pages.flagged && shown.length > 0 && (
        <p>
          <button onClick={() => void more()}>
            {TOGETHER} more of {pages.flagged.toLocaleString('en')}
          </button>
        </p>
      )}
      {pages && pages.bad.length > 0 && <BadFiles page={pages} />}
      {picker && <ClassPicker names={names} what="label with a class" onPick={label} onClose={() => setPicker(false)} />}
    </>
  );
}

function BadFiles({ page }: { page: Page }) {
  return (
    <>
      <table className="files">
        <caption className="unseen">files and rows that are no samples</caption>
        <thead>
          <tr>
            <th>file or row</th>
            <th>source</th>
            <th>outcome</th>
            <th>reason</th>
          </tr>
        </thead>
        <tbody>
          {page.bad.map((one, n) => (
            <tr key={n}>
              <td className="break">{one.row === null ? one.name : `${one.name}, row ${one.row}`}</td>
              <td className="break">{one.source}</td>
              <td>{one.outcome}</td>
              <td className="break">{one.reason}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {page.bad.length < page.bad_count && (
        <p className="dim">
          the first {page.bad.length} of {page.bad_count.toLocaleString('en')}; all of them: <a href={linkTo('health', { more: { part: 'imports' } })}>Imports</a>
        </p>
      )}
    </>
  );
}
