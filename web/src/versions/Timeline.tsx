/** The log, the newest action first: who, when, why, whether it was taken back; with names of versions where they stand. */
import { useEffect, useState } from 'react';
import { head, overview, refresh, session } from '../live';
import * as fixes from '../look/fixes';
import { go } from '../place';
import { client, sentence, told, type Schemas } from '../server';
import { useStore } from '../store';
import { say } from '../toast';
import { Groups } from './Groups';
import { many, useTold, Waiting, when } from './Versions';

type Action = Schemas['Action'];

const PAGE = 100;
/** Samples up to which an action is opened in place. */
const OPENED = 100_000;
/** What changes no sample. */
const SILENT = new Set(['card set', 'lock', 'acknowledge', 'note', 'define', 'dismiss', 'price', 'cost', 'recipe']);

export function Timeline() {
  const at = useStore(head);
  const versions = useTold((signal) => told(client.GET('/api/versions', { signal })), '');
  const [actions, setActions] = useState<Action[] | null>(null);
  const [limit, setLimit] = useState(PAGE);
  const [error, setError] = useState('');
  useEffect(() => {
    const control = new AbortController();
    told(client.GET('/api/log', { params: { query: { limit: Math.min(1000, limit) } }, signal: control.signal }))
      .then(setActions)
      .catch((refused: unknown) => control.signal.aborted || setError(sentence(refused)));
    return () => control.abort();
  }, [at, limit]);
  if (!actions || !versions.found) return <Waiting error={error || versions.error} />;
  if (!actions.length) return <p className="empty">Nothing has been done yet. An import is the first action.</p>;
  const named = versions.found;
  const last = actions[actions.length - 1];
  return (
    <>
      <NewVersion at={at} onMade={versions.again} />
      <ol className="timeline">
        {actions.map((action) => (
          <li key={action.seq}>
            {named
              .filter((version) => version.seq === action.seq)
              .map((version) => (
                <Named key={version.name} version={version} />
              ))}
            <OneAction action={action} />
          </li>
        ))}
      </ol>
      {last && last.seq > 1 && actions.length >= limit && limit < 1000 && <button onClick={() => setLimit(limit * 3)}>Earlier</button>}
      {limit >= 1000 && <p className="dim">The last 1,000 actions. All of them: trainset log</p>}
    </>
  );
}

function Named({ version }: { version: Schemas['NamedVersion'] }) {
  return (
    <div className="named">
      <b className="break">{version.name}</b> {many(version.samples, 'sample')} <span className="dim break">{version.message}</span>{' '}
      <button className="quiet" onClick={() => go({ more: { part: 'diff', a: version.name } })}>
        What changed since
      </button>{' '}
      <button className="quiet" onClick={() => go({ more: { part: 'card', at: version.name } })}>
        Its card
      </button>
    </div>
  );
}

function OneAction({ action }: { action: Action }) {
  const [open, setOpen] = useState(false);
  const samples = useStore(overview)?.samples ?? 0;
  const small = (action.verb === 'import' ? samples : action.entries) <= OPENED && !action.undone && !SILENT.has(action.verb);
  return (
    <div className={action.undone ? 'action undone' : 'action'}>
      <code>#{action.seq}</code> <b>{action.verb}</b>
      {action.undoes !== null && ` of #${action.undoes}`} <span className="dim">{many(action.entries, 'change')}</span> {action.person}{' '}
      <time className="dim" dateTime={action.at}>
        {when(action.at)}
      </time>
      {action.undone && <span className="mark"> taken back</span>}{' '}
      {small && (
        <button className="quiet" aria-expanded={open} onClick={() => setOpen(!open)}>
          {open ? 'Close' : 'What it changed'}
        </button>
      )}
      {!action.undone && (
        <button className="quiet" onClick={() => void fixes.undo(action.seq)}>
          Undo
        </button>
      )}
      {action.reason && <div className="break">{action.reason}</div>}
      {open && <Changed seq={action.seq} />}
    </div>
  );
}

function Changed({ seq }: { seq: number }) {
  const { found, error } = useTold((signal) => told(client.GET('/api/diff', { params: { query: { a: `#${seq - 1}`, b: `#${seq}` } }, signal })), String(seq));
  return found ? <Groups changes={found} attributed={false} /> : <Waiting error={error} />;
}

function NewVersion({ at, onMade }: { at: number; onMade: () => void }) {
  const who = useStore(session);
  const known = useStore(overview);
  const [name, setName] = useState('');
  const [message, setMessage] = useState('');
  const taken = known?.versions.find((one) => one.at === at);
  if (who?.role !== 'admin') return null;
  async function make(): Promise<void> {
    try {
      const made = await told(client.POST('/api/versions', { body: { name: name.trim(), message } }));
      say(`${made.name} is #${made.seq}, ${many(made.samples, 'sample')}`);
      setName('');
      setMessage('');
      onMade();
      void refresh(); // a name is no action: the log does not move
    } catch (error) {
      say(sentence(error), 'bad');
    }
  }
  return (
    <form
      className="line"
      onSubmit={(event) => {
        event.preventDefault();
        void make();
      }}
    >
      <label>
        Name this version <input required value={name} placeholder={`v${(known?.versions.length ?? 0) + 1}`} onChange={(event) => setName(event.target.value)} />
      </label>
      <label className="grow">
        <span className="dim">what is new</span> <input value={message} onChange={(event) => setMessage(event.target.value)} />
      </label>
      <button type="submit">Name it</button>
      {taken && <span className="dim break">now is {taken.name}</span>}
    </form>
  );
}
