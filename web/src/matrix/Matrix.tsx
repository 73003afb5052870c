/** Matrix: what a run takes for what, while it trains and afterwards; every number opens its samples. */
import { useEffect, useState } from 'react';
import { news, overview } from '../live';
import { linkTo, usePlace } from '../place';
import { useJobs } from '../runs/jobs';
import type { Brief } from '../runs/names';
import { client, sentence, told } from '../server';
import { useStore } from '../store';
import { Finished } from './Finished';
import { Living } from './Living';
import { JOB, wishes } from './wishes';
import '../tables.css';
import './matrix.css';

export function Matrix() {
  const here = usePlace();
  const heard = useStore(news);
  const known = useStore(overview);
  const found = useJobs();
  const [runs, setRuns] = useState<Brief[] | null>(null);
  const [error, setError] = useState('');
  useEffect(() => {
    const control = new AbortController();
    told(client.GET('/api/runs', { signal: control.signal }))
      .then((list) => {
        setRuns(list);
        setError('');
      })
      .catch((refused: unknown) => control.signal.aborted || setError(sentence(refused)));
    return () => control.abort();
  }, [heard]);
  const wish = wishes(here.more);
  const training = found?.find((job) => job.verb === 'train' && job.state === 'running');
  if (error) return <p className="refused empty">{error}</p>;
  if (!runs || !known) return <p className="empty">one moment…</p>;
  if (wish.run.startsWith(JOB)) {
    const number = Number(wish.run.slice(JOB.length));
    return <Living job={found?.find((one) => one.number === number) ?? null} number={number} known={found !== null} runs={runs} />;
  }
  if (!runs.length)
    return (
      <div className="empty">
        <h1>No run yet</h1>
        {training ? (
          <p>
            One trains now: <a href={linkTo('matrix', { where: [], more: { run: `${JOB}${training.number}` } })}>watch it</a>.
          </p>
        ) : (
          <p>
            A run predicts every sample by a model that has not seen it; this page shows what is taken for what. <a href={linkTo('runs', { more: { start: 'train' } })}>Start one</a>, or run{' '}
            <code>trainset train</code>.
          </p>
        )}
      </div>
    );
  const name = wish.run || runs[0]?.run || '';
  return <Finished key={name} name={name} runs={runs} training={training} medium={known.medium} />;
}
