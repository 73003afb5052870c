/** One job: what it is, how far, what it said, and what became of it. */
import { useEffect, useRef, useState } from 'react';
import { news } from '../live';
import { percent, whole } from '../matrix/view';
import { linkTo } from '../place';
import { client, told } from '../server';
import { useStore } from '../store';
import { cancelJob, isOpen, startJob, type Job } from './jobs';
import { when } from './names';

const SIGNS: Record<string, string> = { waiting: '…', running: '▶', done: '✓', failed: '✗', cancelled: '◼', 'ended with the server': '⏻' };

export function JobView({ job, open, admin, onOpen }: { job: Job; open: boolean; admin: boolean; onOpen: (open: boolean) => void }) {
  const [asking, setAsking] = useState(false);
  const running = isOpen(job);
  useEffect(() => {
    if (!running) setAsking(false);
  }, [running]);
  return (
    <li className={`job ${running ? 'open' : ''}`} data-state={job.state}>
      <div className="job-line">
        <button className="quiet job-name" aria-expanded={open} onClick={() => onOpen(!open)}>
          {open ? '▾' : '▸'} {job.number} {job.verb}
        </button>
        <span className={`state ${job.state === 'failed' ? 'bad' : ''}`}>
          <span aria-hidden="true">{SIGNS[job.state] ?? ''}</span> {job.state}
        </span>
        {job.state === 'running' && <Progress job={job} />}
        {job.verb === 'train' && job.state === 'running' && <a href={linkTo('matrix', { where: [], picked: [], more: { run: `job:${job.number}` } })}>its matrix</a>}
        <Result job={job} />
        <span className="space" />
        <span className="dim">
          {job.person}, <time dateTime={job.made}>{when(job.made)}</time>
          {job.started && job.ended && `, ${lasted(job.started, job.ended)}`}
        </span>
        {admin && running && !asking && job.step !== 'ending' && <button onClick={() => setAsking(true)}>Cancel…</button>}
        {admin && !running && job.state !== 'done' && job.verb !== 'import' && (
          <button onClick={() => void startJob(job.verb, job.arguments)}>Start it again</button>
        )}
      </div>
      {asking && (
        <div className="asking" role="alertdialog" aria-label={`cancel job ${job.number}`}>
          <span>
            {job.state === 'waiting' ? 'Take it off the list?' : 'End it? What it has computed so far (embeddings, measures, trainings of a comparison) is kept for the next time.'}
          </span>
          <button
            autoFocus
            onClick={() => {
              setAsking(false);
              void cancelJob(job.number);
            }}
          >
            Cancel the job
          </button>
          <button onClick={() => setAsking(false)}>Let it go on</button>
        </div>
      )}
      {job.error['error'] && (
        <p className="refused" role="alert">
          <span>
            {job.error['error']}
            {job.error['detail'] && ` (${job.error['detail']})`}
          </span>
          {job.error['next'] && <span>{job.error['next']}</span>}
        </p>
      )}
      {job.state === 'ended with the server' && <p className="dim">The server ended while this {job.started ? 'ran' : 'waited'}. What it had kept is there; start it again to go on.</p>}
      {open && <Details job={job} />}
    </li>
  );
}

function Progress({ job }: { job: Job }) {
  const count = job.of ? `${whole(job.done)} of ${whole(job.of)}` : job.done ? whole(job.done) : '';
  return (
    <span className="progress">
      <progress max={job.of ?? undefined} value={job.of ? Math.min(job.done, job.of) : undefined} aria-label={job.step || 'starting'} />
      <span>
        {job.step || 'starting'} {count}
        {typeof job.live['accuracy'] === 'number' && `, ${percent(job.live['accuracy'], 1)} right`}
      </span>
    </span>
  );
}

/** In a line, what came of it. */
function Result({ job }: { job: Job }) {
  const found = job.result as { run?: string; accuracy?: number | null; sentences?: string[] } | null | undefined;
  if (job.state !== 'done' || !found) return null;
  if (found.run)
    return (
      <span>
        <a href={linkTo('matrix', { where: [], picked: [], more: { run: found.run } })}>
          {found.run}
          {found.accuracy != null && `: ${percent(found.accuracy, 1)} right held out`}
        </a>{' '}
        · <a href={linkTo('health', { where: [], picked: [], more: { check: 'label_error' } })}>likely wrong labels</a>
      </span>
    );
  if (found.sentences?.[0]) return <a href={linkTo('versions', { where: [], picked: [], more: { part: 'compared' } })}>{found.sentences[0]}</a>;
  return null;
}

type Table = {
  rows: { version: string; at: number; recipe: string; trained_on: number }[];
  columns: { name: string; samples: number }[];
  cells: { row: number; column: number; accuracy: number; low: number; high: number }[];
  sentences: string[];
  remarks?: string[];
};

function Details({ job }: { job: Job }) {
  const heard = useStore(news);
  const [whole_, setWhole] = useState<Job | null>(null);
  const log = useRef<HTMLPreElement>(null);
  useEffect(() => {
    const control = new AbortController();
    told(client.GET('/api/jobs/{number}', { params: { path: { number: job.number } }, signal: control.signal }))
      .then(setWhole)
      .catch(() => undefined); // the list says what became of it
    return () => control.abort();
  }, [job.number, isOpen(job) ? heard : job.state]);
  const lines = (whole_ ?? job).lines;
  useEffect(() => {
    if (log.current) log.current.scrollTop = log.current.scrollHeight;
  }, [lines.length]);
  const given = Object.entries({ ...job.arguments, ...((job.arguments['settings'] as Record<string, unknown> | undefined) ?? {}) }).filter(([name]) => name !== 'settings');
  const table = job.verb === 'compare' ? (whole_?.result as Table | null | undefined) : null;
  const counts = job.verb === 'embed' || job.verb === 'measure' || job.verb === 'import' ? plain(whole_?.result) : [];
  return (
    <div className="job-details">
      {given.length > 0 && (
        <dl className="facts">
          {given.map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{Array.isArray(value) ? value.join(', ') : String(value)}</dd>
            </div>
          ))}
        </dl>
      )}
      {table && <Compared table={table} />}
      {counts.length > 0 && (
        <dl className="facts">
          {counts.map(([name, value]) => (
            <div key={name}>
              <dt>{name.replaceAll('_', ' ')}</dt>
              <dd>{typeof value === 'number' ? (Number.isInteger(value) ? whole(value) : value.toPrecision(3)) : String(value)}</dd>
            </div>
          ))}
        </dl>
      )}
      {lines.length > 0 ? (
        <pre ref={log} className="log" tabIndex={0} aria-label="what it said">
          {lines.join('\n')}
        </pre>
      ) : (
        isOpen(job) && <p className="dim">It has said nothing yet.</p>
      )}
    </div>
  );
}

/** The numbers and short texts of a report. */
function plain(result: unknown): [string, unknown][] {
  if (!result || typeof result !== 'object') return [];
  return Object.entries(result).filter(([, value]) => typeof value === 'number' || (typeof value === 'string' && value !== '' && value.length < 80));
}

function Compared({ table }: { table: Table }) {
  return (
    <>
      <ul className="sentences">
        {table.sentences.map((text) => (
          <li key={text}>{text}</li>
        ))}
      </ul>
      <div className="wide" tabIndex={0} role="region" aria-label="the comparison">
        <table className="numbers">
          <thead>
            <tr>
              <th scope="col">version</th>
              <th scope="col">trained on</th>
              {table.columns.map((column) => (
                <th key={column.name} scope="col">
                  {column.name} ({whole(column.samples)})
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {table.rows.map((row, n) => (
              <tr key={`${row.version} ${row.recipe}`}>
                <th scope="row">
                  {row.version} {row.recipe}
                </th>
                <td>{whole(row.trained_on)}</td>
                {table.columns.map((column, m) => {
                  const cell = table.cells.find((one) => one.row === n && one.column === m);
                  return (
                    <td key={column.name}>
                      {cell ? percent(cell.accuracy, 1) : '–'}
                      {cell && (
                        <span className="dim">
                          {' '}
                          ({percent(cell.low, 1)}–{percent(cell.high, 1)})
                        </span>
                      )}
                    </td>
                  );
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {table.remarks?.map((text) => (
        <p key={text} className="dim">
          {text}
        </p>
      ))}
    </>
  );
}

function lasted(from: string, to: string): string {
  const seconds = Math.max(0, Math.round((Date.parse(to) - Date.parse(from)) / 1000));
  return seconds < 120 ? `${seconds} s` : seconds < 7200 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`;
}
