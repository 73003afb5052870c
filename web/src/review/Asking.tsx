/** One sample of a queue after the other: what is it? */
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { counted } from '../asked';
import { classKeys, commands, keysOf, own, useCommands, type Command } from '../keys';
import { news, overview } from '../live';
import { ClassPicker } from '../look/ClassPicker';
import { Recording } from '../look/Recording';
import { Picture } from '../look/SampleView';
import { toggle as playOrStop } from '../media/sound';
import { send, waiting as unsent } from '../outbox';
import { linkTo } from '../place';
import { client, mediaAddress, sentence, told, type Schemas } from '../server';
import { useStore } from '../store';
import { say } from '../toast';

type Waiting = Schemas['Ahead'];
const TOGETHER = 40;
const QUIET = 250; // milliseconds
const BUTTONS = 24;

export function Asking({ number }: { number: number }) {
  const known = useStore(overview);
  const heard = useStore(news);
  const mine = useStore(own);
  const medium = known?.medium ?? '';
  const names = useMemo(() => (known?.classes ?? []).map((one) => one.name), [known?.classes]);
  const [found, setFound] = useState<Waiting | null>(null);
  const [error, setError] = useState('');
  const [picker, setPicker] = useState(false);
  /** Answered here, perhaps not yet there. */
  const answered = useRef(new Set<string>());
  const [, again] = useState(0);
  const began = useRef(performance.now());

  const load = useCallback(async () => {
    try {
      setFound(await told(client.GET('/api/queues/{number}', { params: { path: { number }, query: { count: TOGETHER } } })));
      setError('');
    } catch (refused) {
      setError(sentence(refused));
    }
  }, [number]);
  const left = useMemo(() => found?.samples.filter((one) => !answered.current.has(one.id)) ?? [], [found, answered.current.size]);
  useEffect(() => void load(), [load]);
  useEffect(() => {
    const timer = setTimeout(() => !unsent.get().length && void load(), QUIET); // others answer too
    return () => clearTimeout(timer);
  }, [heard, load]);

  const one = left[0];
  useEffect(() => {
    began.current = performance.now();
    for (const next of left.slice(1, 3)) if (medium === 'image') new Image().src = mediaAddress(next.id);
  }, [one?.id]);
  useEffect(() => {
    const seen = () => (began.current = performance.now()); // what is not looked at takes no time
    document.addEventListener('visibilitychange', seen);
    return () => document.removeEventListener('visibilitychange', seen);
  }, []);

  const answer = useCallback(
    async (label: string | null) => {
      setPicker(false);
      if (!one) return;
      const seconds = (performance.now() - began.current) / 1000;
      answered.current.add(one.id);
      again((n) => n + 1);
      try {
        const said = await send<Schemas['Answered']>(`/api/queues/${number}/answers`, { sample: one.id, label, seconds });
        const others = Object.entries(said.others).filter(([, theirs]) => theirs !== label);
        if (others.length) say(`${others.map(([person, theirs]) => `${person} says ${theirs ?? 'cannot tell'}`).join(', ')}: both are kept, the label is yours`);
      } catch (refused) {
        answered.current.delete(one.id);
        again((n) => n + 1);
        say(sentence(refused), 'bad');
      }
    },
    [one, number],
  );

  const undo = useCallback(async () => {
    try {
      while (unsent.get().length) await new Promise((wake) => setTimeout(wake, 50)); // it is the last answer that is meant
      const back = await told(client.POST('/api/queues/{number}/undo', { params: { path: { number } }, body: {} as never }));
      answered.current.delete(back.sample);
      say(`took back: ${back.label ?? 'cannot tell'}`);
      await load();
    } catch (refused) {
      say(sentence(refused), 'bad');
    }
  }, [number, load]);

  const page: Command[] = useMemo(() => {
    const command = (id: string, title: string, keys: string[], run: () => void): Command => ({ id: `review-${id}`, title, keys, run, group: 'Review' });
    return [
      command('right', 'the label is right', ['Enter'], () => one && one.label !== null && void answer(one.label)),
      command('suggested', 'the suggestion is right', ['s'], () => one && one.suggested !== null && void answer(one.suggested)),
      command('unknown', 'cannot tell', ['.'], () => void answer(null)),
      command('undo', 'take your last answer back', ['Backspace', 'Ctrl+z'], () => void undo()),
      command('play', 'play, or stop', ['Space'], () => one && medium === 'audio' && playOrStop(one.id)),
      command('class', 'answer with any class', ['/'], () => setPicker(true)),
    ];
  }, [one, answer, undo, medium]);
  useCommands(page);
  const classes: Command[] = useMemo(() => {
    const taken = new Set([...commands.get().filter((each) => each.group !== 'Classes'), ...page].flatMap((each) => keysOf(each)));
    const keys = classKeys(names, taken);
    return names.map((name, n) => ({ id: `class:${name}`, title: name, keys: keys[n] === undefined ? [] : [keys[n]], run: () => void answer(name), group: 'Classes' }));
  }, [names.join('\n'), page, answer, mine]);
  useCommands(classes);

  if (error && !found)
    return (
      <div className="empty">
        <p className="refused">{error}</p>
        <a href={linkTo('review', { more: {} })}>All queues</a>
      </div>
    );
  if (!found || !known) return <p className="empty">one moment…</p>;
  const done = found.total - Math.max(0, found.total - found.done - (found.samples.length - left.length));
  return (
    <div className="asking-page">
      <header className="asking-head">
        <a href={linkTo('review', { more: {} })}>Review</a>
        <h1>
          queue {number} <span className="dim">{found.purpose}</span>
        </h1>
        <span role="status">
          {done.toLocaleString('en')} of {counted(found.total, 'sample')} done
        </span>
        <progress value={done} max={Math.max(1, found.total)} aria-label="answered" />
      </header>
      {one ? (
        <>
          <section className="asked" aria-live="polite">
            {medium === 'image' && <Picture key={one.id} id={one.id} />}
            {medium === 'audio' && <Recording key={one.id} id={one.id} />}
            {medium === 'text' && <blockquote className="text">{one.text || '(an empty text)'}</blockquote>}
          </section>
          <section className="answers" aria-label="what is it?">
            <p className="said">
              {found.blind ? (
                'asked blind: no label is shown, and none is changed'
              ) : (
                <>
                  {one.label === null ? 'no label' : <>labelled <b>{one.label}</b></>}
                  {one.suggested !== null && (
                    <>
                      , looks {one.suggested === one.label ? 'so' : <>like <b>{one.suggested}</b></>}
                      {one.confidence !== null && ` (${Math.round(100 * one.confidence)} %)`}
                    </>
                  )}
                  {one.name && <span className="dim break"> · {one.name}</span>}
                </>
              )}
            </p>
            <div className="buttons">
              {one.label !== null && (
                <button className="main" onClick={() => void answer(one.label)}>
                  <kbd>Enter</kbd> {one.label} is right
                </button>
              )}
              {one.suggested !== null && one.suggested !== one.label && (
                <button onClick={() => void answer(one.suggested)}>
                  <kbd>s</kbd> {one.suggested}
                </button>
              )}
              <button onClick={() => void answer(null)}>
                <kbd>.</kbd> cannot tell
              </button>
              <button onClick={() => void undo()}>
                <kbd>Backspace</kbd> Undo
              </button>
            </div>
            <div className="buttons" role="group" aria-label="classes">
              {classes.slice(0, BUTTONS).map((command) => (
                <button key={command.id} onClick={command.run} title={command.title}>
                  {keysOf(command)[0] && <kbd>{keysOf(command)[0]}</kbd>} <span className="cut">{command.title}</span>
                </button>
              ))}
              <button onClick={() => setPicker(true)}>
                <kbd>/</kbd> {classes.length > BUTTONS ? `${classes.length - BUTTONS} more…` : 'other…'}
              </button>
            </div>
          </section>
        </>
      ) : (
        <div className="empty">
          <h2>{found.samples.length ? 'One moment: the last answers are on their way' : 'All of it is answered'}</h2>
          <p>
            <a href={linkTo('review', { more: {} })}>What the answers say</a> · <a href={linkTo('runs', { where: [] })}>Train again</a> to see what they brought ·{' '}
            <a href={linkTo('versions', { where: [] })}>Name a version</a>
          </p>
          <button onClick={() => void undo()}>
            <kbd>Backspace</kbd> Undo
          </button>
        </div>
      )}
      {picker && <ClassPicker names={names} what="answer with a class" onPick={(name) => void answer(name)} onClose={() => setPicker(false)} />}
    </div>
  );
}
