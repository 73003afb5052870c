/** Runs: work is started, watched, cancelled and compared here; jobs and runs outlive the page. */
import { useEffect, useState } from 'react';
import { news, overview, session } from '../live';
import { percent, whole } from '../matrix/view';
import { go, linkTo, usePlace } from '../place';
import { client, sentence, told, type Schemas } from '../server';
import { useStore } from '../store';
import { Form } from './Form';
import { JobView } from './JobView';
import { useJobs } from './jobs';
import { titleOf, when, type Brief } from './names';
import '../tables.css';
import './runs.css';

type FormTold = Schemas['Form'];

export function Runs() {
  const { more } = usePlace();
  const heard = useStore(news);
  const known = useStore(overview);
  const who = useStore(session);
  const jobs = useJobs();
  const [forms, setForms] = useState<FormTold[]>([]);
  const [runs, setRuns] = useState<Brief[] | null>(null);
  const [error, setError] = useState('');
  const admin = who?.role === 'admin';
  const done = jobs?.filter((job) => job.state === 'done').length ?? 0;

  useEffect(() => {
    const control = new AbortController();
    const { signal } = control;
    Promise.all([told(client.GET('/api/forms', { signal })), told(client.GET('/api/runs', { signal }))])
      .then(([found, list]) => {
        setForms(found);
        setRuns(list);
        setError('');
      })
      .catch((refused: unknown) => signal.aborted || setError(sentence(refused)));
    return () => control.abort();
  }, [known?.at, done, heard === 0]);

  const asked = forms.find((form) => form.verb === more['start']);
  const chosen = Number(more['job']) || 0;
  return (
    <div className="runs-page">
      <h1>Runs</h1>
      {error && (
        <p className="refused" role="alert">
          {error}
        </p>
      )}
      <section aria-labelledby="start-title">
        <h2 id="start-title">Start</h2>
        {admin ? (
          <div className="starts" role="group" aria-label="what to start">
            {forms.map((form) => (
              <button key={form.verb} aria-pressed={form === asked} aria-expanded={form === asked} onClick={() => go({ more: { ...more, start: form === asked ? '' : form.verb } })}>
                {form.title}…
              </button>
            ))}
          </div>
        ) : (
          <p className="dim">Work is started by whoever started the server; you see all of it here.</p>
        )}
        {admin && asked && <Form key={asked.verb} form={asked} onStarted={(job) => go({ more: { start: '', job: String(job.number) } })} />}
      </section>
      <section aria-labelledby="jobs-title">
        <h2 id="jobs-title">Jobs</h2>
        {jobs === null ? (
          <p className="dim">one moment…</p>
        ) : jobs.length === 0 ? (
          <p className="dim">No work has been started from the page yet. What you start here runs on when the page is closed.</p>
        ) : (
          <ol className="jobs">
            {jobs.map((job) => (
              <JobView key={job.number} job={job} open={job.number === chosen} admin={admin} onOpen={(open) => go({ more: { ...more, job: open ? String(job.number) : '' } }, true)} />
            ))}
          </ol>
        )}
        {chosen > 0 && jobs && !jobs.some((job) => job.number === chosen) && <p className="dim">The record of job {chosen} is no longer kept.</p>}
      </section>
      <section aria-labelledby="runs-title">
        <h2 id="runs-title">Kept runs</h2>
        {runs && !runs.length && (
          <p className="dim">
            None yet. {admin ? 'Train one: every sample is then predicted by a model that has not seen it.' : 'They appear when a training ends.'}
          </p>
        )}
        {runs && runs.length > 0 && <RunList runs={runs} />}
      </section>
    </div>
  );
}

function RunList({ runs }: { runs: Brief[] }) {
  const [ticked, setTicked] = useState<string[]>([]);
  const tick = (name: string) => setTicked((old) => (old.includes(name) ? old.filter((one) => one !== name) : [...old.slice(-1), name]));
  const [one, other] = [...ticked].sort();
  return (
    <>
      {ticked.length > 0 && (
        <p className="ticked">
          {ticked.length === 1 ? 'Tick another one to set the two against each other.' : ''}
          {one && other && (
            <a href={linkTo('matrix', { where: [], picked: [], more: { run: other, against: one } })}>
              {other} against {one}, cell by cell
            </a>
          )}
        </p>
      )}
      <div className="wide" tabIndex={0} role="region" aria-label="runs">
        <table className="numbers runs-table">
          <thead>
            <tr>
              <th scope="col">
                <span className="unseen">set against another</span>
              </th>
              <th scope="col">run</th>
              <th scope="col">recipe</th>
              <th scope="col">of</th>
              <th scope="col">classes</th>
              <th scope="col">held out</th>
              <th scope="col">validation</th>
              <th scope="col">test</th>
              <th scope="col">made</th>
              <th scope="col">remarks</th>
            </tr>
          </thead>
          <tbody>
            {runs.map((run) => (
              <tr key={run.run}>
                <td>
                  <input type="checkbox" checked={ticked.includes(run.run)} onChange={() => tick(run.run)} aria-label={`set ${run.run} against another`} />
                </td>
                <th scope="row">
                  <a href={linkTo('matrix', { where: [], picked: [], more: { run: run.run } })} title={titleOf(run)}>
                    {run.run}
                  </a>
                </th>
                <td className="words" title={Object.entries(run.recipe).map(([name, value]) => `${name}: ${JSON.stringify(value)}`).join('\n')}>
                  {[run.head, run.embedder].filter(Boolean).join(', ')}
                </td>
                <td className="words">{run.version || `#${run.at}`}</td>
                <td>{whole(run.classes)}</td>
                {(['', 'validation', 'test'] as const).map((name) => (
                  <Score key={name} side={run.sides.find((side) => side.split === name)} />
                ))}
                <td className="words">
                  <time dateTime={run.made}>{when(run.made)}</time>
                </td>
                <td className="words">
                  {run.remarks.length > 0 && (
                    <details>
                      <summary>{run.remarks.length}</summary>
                      <ul>
                        {run.remarks.map((text) => (
                          <li key={text}>{text}</li>
                        ))}
                      </ul>
                    </details>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

function Score({ side }: { side: Brief['sides'][number] | undefined }) {
  if (!side || side.accuracy === null) return <td className="dim">–</td>;
  const [low, high] = side.interval;
  return (
    <td>
      {percent(side.accuracy, 1)}
      {low != null && high != null && (
        <span className="dim">
          {' '}
          ({percent(low, 1)}–{percent(high, 1)})
        </span>
      )}
    </td>
  );
}
