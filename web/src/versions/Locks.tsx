/** Locked test sets, and what happened to them. */
import { useState } from 'react';
import { session } from '../live';
import { client, sentence, told, type Schemas } from '../server';
import { useStore } from '../store';
import { say } from '../toast';
import { All, Some } from './Groups';
import { many, useTold, Waiting, when } from './Versions';

export function Locks() {
  const who = useStore(session);
  const { found, error, again } = useTold((signal) => told(client.GET('/api/locks', { signal })), '');
  const [name, setName] = useState('');
  const [where, setWhere] = useState('');
  if (!found) return <Waiting error={error} />;
  const open = found.alarms.filter((one) => one.acknowledged === null);
  async function lock(): Promise<void> {
    try {
      const made = await told(client.POST('/api/locks', { body: { name: name.trim(), where, reason: '' } }));
      say(`${made.name} is locked, ${many(made.samples, 'sample')}`);
      setName('');
      setWhere('');
      again();
    } catch (refused) {
      say(sentence(refused), 'bad');
    }
  }
  return (
    <>
      {open.length > 0 && <h2>{many(open.length, 'open alarm')}</h2>}
      {open.map((alarm) => (
        <OneAlarm key={alarm.alarm} alarm={alarm} may={who?.role === 'admin'} onDone={again} />
      ))}
      <h2>Locked test sets</h2>
      {!found.locks.length && <p>No test set is locked. Lock one, and whatever happens to its labels, files or copies in train is an alarm until somebody says why.</p>}
      <ul>
        {found.locks.map((one) => (
          <li key={one.name}>
            <b className="break">{one.name}</b> {many(one.samples, 'sample')}{' '}
            <span className="dim break">
              {one.where && <code>{one.where}</code>} #{one.seq}, {one.person}, {when(one.at)}
              {one.reason && `: ${one.reason}`}
            </span>
          </li>
        ))}
      </ul>
      {found.unlooked > 0 && (
        <p className="dim">
          {many(found.unlooked, 'sample')} of train are still to be compared with locked ones: <code>trainset locks</code>
        </p>
      )}
      {who?.role === 'admin' && (
        <form
          className="line"
          onSubmit={(event) => {
            event.preventDefault();
            void lock();
          }}
        >
          <label>
            Lock as <input required value={name} placeholder="exam" onChange={(event) => setName(event.target.value)} />
          </label>
          <label className="grow">
            <span className="dim">where</span> <input value={where} placeholder="the test split" onChange={(event) => setWhere(event.target.value)} />
          </label>
          <button type="submit">Lock</button>
        </form>
      )}
      {found.alarms.length > open.length && (
        <details className="part">
          <summary>{many(found.alarms.length - open.length, 'acknowledged alarm')}</summary>
          {found.alarms
            .filter((one) => one.acknowledged !== null)
            .map((one) => (
              <p key={one.alarm} className="break">
                <b>{one.lock}</b>: {one.says} <span className="dim">acknowledged by #{one.acknowledged}</span>
              </p>
            ))}
        </details>
      )}
    </>
  );
}

function OneAlarm({ alarm, may, onDone }: { alarm: Schemas['Alarm']; may: boolean; onDone: () => void }) {
  const [reason, setReason] = useState('');
  async function end(): Promise<void> {
    try {
      await told(client.POST('/api/alarms/acknowledge', { body: { name: alarm.alarm, reason } }));
      say('acknowledged');
      onDone();
    } catch (refused) {
      say(sentence(refused), 'bad');
    }
  }
  return (
    <section className="group alarm">
      <h3>
        <span className="mark">{alarm.lock}</span> <span className="break">{alarm.says}</span>
      </h3>
      <p className="dim break">
        {alarm.action !== null && `#${alarm.action}, ${alarm.person}, ${when(alarm.at)}`}
        {alarm.reason && `: ${alarm.reason}`}
      </p>
      <p>
        <All now={alarm.samples} count={alarm.count} />
        {alarm.others.count > 0 && (
          <>
            {' '}
            and in train <All now={alarm.others} count={alarm.others.count} />
          </>
        )}
      </p>
      <Some now={alarm.samples} />
      {may && (
        <form
          className="line"
          onSubmit={(event) => {
            event.preventDefault();
            void end();
          }}
        >
          <label className="grow">
            <span className="dim">why the test set still counts</span> <input required value={reason} onChange={(event) => setReason(event.target.value)} />
          </label>
          <button type="submit">Acknowledge</button>
        </form>
      )}
    </section>
  );
}
