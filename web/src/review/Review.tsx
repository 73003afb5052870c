/** Review: queues, and one person's way through one of them: a sample at a time, a key for each answer. */
import { useEffect, useState } from 'react';
import { counted, useAsked } from '../asked';
import { head, news, session } from '../live';
import { FilterBar } from '../look/FilterBar';
import { go, linkTo, usePlace } from '../place';
import { isOpen, startJob, useJobs } from '../runs/jobs';
import { client, told, type Schemas } from '../server';
import { useStore } from '../store';
import { Asking } from './Asking';
import '../tables.css';
import './review.css';

type Queue = Schemas['QueueTold'];

export function Review() {
  const here = usePlace();
  const queue = Number(here.more['queue'] ?? '');
  return queue > 0 ? <Asking key={queue} number={queue} /> : <Queues />;
}

const share = (value: number | null): string => (value === null ? '' : `${(100 * value).toFixed(1)} %`);
const points = (value: number): string => `${value > 0 ? '+' : value < 0 ? '−' : ''}${Math.abs(100 * value).toFixed(1)}`;

function Queues() {
  const at = useStore(head);
  const heard = useStore(news);
  const who = useStore(session);
  const { found, error } = useAsked((signal) => told(client.GET('/api/queues', { signal })), `${at} ${heard}`, 60);
  return (
    <div className="review-page">
      <h1>Review</h1>
      <p className="about">A queue says which samples to look at, the ones that matter most first. Every answer is kept at once and becomes the label; leave and go on when you like.</p>
      {who?.role === 'admin' && <Make />}
      {error && (
        <p className="refused" role="alert">
          {error}
        </p>
      )}
      {found && !found.length && <p className="empty">No queue yet. {who?.role === 'admin' ? 'Make one above, or send' : 'Send'} selected samples to one from Look.</p>}
      {found && found.length > 0 && (
        <div className="queues-wide">
          <table className="numbers queues">
            <thead>
              <tr>
                <th scope="col">queue</th>
                <th scope="col">for</th>
                <th scope="col">answered</th>
                <th scope="col">wrong labels</th>
                <th scope="col">expected</th>
                <th scope="col">brought</th>
                <th scope="col">by</th>
              </tr>
            </thead>
            <tbody>
              {found.map((one) => (
                <Line key={one.number} one={one} />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </div>
  );
}

function Line({ one }: { one: Queue }) {
  return (
    <tr>
      <th scope="row">
        <a href={linkTo('review', { more: { queue: String(one.number) } })}>
          {one.number} <span className="dim">{one.order}</span>
        </a>
      </th>
      <td className="why">
        {one.purpose}
        {one.where && <code title={one.where}>{one.where}</code>}
        {one.check && <code>{one.check}</code>}
      </td>
      <td>
        {one.reviewed.toLocaleString('en')} of {one.samples.toLocaleString('en')}
        <progress value={one.reviewed} max={Math.max(1, one.samples)} aria-label={`answers of queue ${one.number}`} />
      </td>
      <td>
        {one.judged > 0 && (
          <>
            {one.wrong.toLocaleString('en')} of {one.judged.toLocaleString('en')}
            {one.low !== null && one.high !== null && (
              <span className="dim">
                {' '}
                {share(one.error_rate)} ({share(one.low)} to {share(one.high)})
              </span>
            )}
          </>
        )}
        {one.disagreed > 0 && <span className="mark"> {counted(one.disagreed, 'disagreement')}</span>}
      </td>
      <td>{share(one.expected_rate)}</td>
      <td>
        {one.gain !== null && one.gain_low !== null && one.gain_high !== null ? (
          `${points(one.gain)} points (${points(one.gain_low)} to ${points(one.gain_high)})`
        ) : one.reviewed > 0 && one.run ? (
          <a href={linkTo('runs', { where: [] })}>train again to know</a>
        ) : (
          ''
        )}
      </td>
      <td>{one.people.join(', ') || <span className="dim">made by {one.person}</span>}</td>
    </tr>
  );
}

/** Makes a queue: by what the latest run says, or of the filters that are set. */
function Make() {
  const here = usePlace();
  const [orders, setOrders] = useState<Schemas['Order'][]>([]);
  const [order, setOrder] = useState('likely-wrong');
  const [many, setMany] = useState('50');
  const [job, setJob] = useState<number | null>(null);
  const all = useJobs();
  const mine = all?.find((one) => one.number === job);
  useEffect(() => {
    const control = new AbortController();
    told(client.GET('/api/queues/orders', { signal: control.signal }))
      .then(setOrders)
      .catch(() => undefined); // the list below says why
    return () => control.abort();
  }, []);
  useEffect(() => {
    const made = mine?.state === 'done' ? (mine.result as { number?: number } | null) : null;
    if (made?.number) go({ more: { queue: String(made.number) } });
  }, [mine?.state]);
  const n = Number(many);
  const wrong = !Number.isInteger(n) || n < 1 || n > 100_000;
  const busy = mine !== undefined && isOpen(mine);
  async function make(): Promise<void> {
    const where = here.where.map((text) => `(${text})`).join(' and ');
    const started = await startJob('queue', { order, n, ...(where ? { where } : {}) });
    setJob(started?.number ?? null);
  }
  return (
    <section className="make" aria-label="make a queue">
      <FilterBar plain />
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (!wrong && !busy) void make();
        }}
      >
        <label>
          <span className="dim">order</span>
          <select value={order} onChange={(event) => setOrder(event.target.value)}>
            {orders
              .filter((one) => one.name !== 'selected' || here.where.length > 0)
              .map((one) => (
                <option key={one.name} value={one.name}>
                  {one.name}
                </option>
              ))}
          </select>
        </label>
        <label>
          <span className="dim">samples</span>
          <input type="number" min={1} max={100000} value={many} onChange={(event) => setMany(event.target.value)} aria-invalid={wrong} />
        </label>
        <button className="main" type="submit" disabled={wrong || busy}>
          Make the queue
        </button>
        <span className="dim purpose">{orders.find((one) => one.name === order)?.purpose}</span>
      </form>
      {busy && (
        <p role="status">
          <progress value={mine.of ? mine.done : undefined} max={mine.of ?? undefined} aria-label="making the queue" /> {mine.step || 'choosing'}…
        </p>
      )}
      {mine?.state === 'failed' && (
        <p className="refused" role="alert">
          {mine.error['error']} {mine.error['next']}
        </p>
      )}
    </section>
  );
}
