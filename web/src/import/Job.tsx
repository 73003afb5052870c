/** An import at work, and what came of it. */
import { useEffect } from 'react';
import { counted, useAsked } from '../asked';
import { news, refresh } from '../live';
import { Arriving } from '../look/Arriving';
import { linkTo } from '../place';
import { client, sentence, told } from '../server';
import { useStore } from '../store';
import { say } from '../toast';

type Report = { source: string; files: Record<string, number>; rows: Record<string, number>; about: string[]; bad_count: number; samples: number; new_classes: string[]; duplicates: number; proposed_split: boolean; nothing: boolean; seconds: number };

export function Job({ number }: { number: number }) {
  const heard = useStore(news);
  const { found: job, error } = useAsked((signal) => told(client.GET('/api/jobs/{number}', { params: { path: { number } }, signal })), `${number} ${heard}`);
  const over = job !== null && job.state !== 'running' && job.state !== 'waiting';
  useEffect(() => {
    if (over) void refresh();
  }, [over]);
  if (error) return <p className="refused">{error}</p>;
  if (!job) return <p className="dim">one moment…</p>;
  const what = String(job.arguments['name'] || job.arguments['source'] || '');
  async function cancel(): Promise<void> {
    try {
      await told(client.POST('/api/jobs/{number}/cancel', { params: { path: { number } } }));
    } catch (refused) {
      say(sentence(refused), 'bad');
    }
  }
  return (
    <section className="job" aria-label="import">
      <h2>
        <b className="break">{what}</b>
      </h2>
      {!over && (
        <>
          <p role="status">
            {job.state === 'waiting' ? 'waits for what was started before' : `${job.step || 'beginning'} ${job.done ? job.done.toLocaleString('en') : ''}${job.done && job.of ? ` of ${job.of.toLocaleString('en')}` : ''}`}
          </p>
          <progress aria-label="how far it is" {...(job.of && job.done ? { value: Math.min(job.done, job.of), max: job.of } : {})} />
          <p>
            <button onClick={() => void cancel()}>Stop</button> <span className="dim">You may leave this page; what is decoded is kept, and a later import goes on from there.</span>
          </p>
          <Arriving job={job} />
        </>
      )}
      {job.state === 'done' && <Outcome report={job.result as Report} />}
      {over && job.state !== 'done' && (
        <p className="refused" role="alert">
          {job.state === 'failed' ? [job.error['error'], job.error['detail'] && `(${job.error['detail']})`, job.error['next'] && `– ${job.error['next']}`].filter(Boolean).join(' ') : `${job.state}: what was decoded is kept, and the next import goes on from there`}
        </p>
      )}
      {over && (
        <p>
          <a href={linkTo('import')}>Import more</a>
        </p>
      )}
    </section>
  );
}

function Outcome({ report }: { report: Report }) {
  const counts = [...Object.entries(report.files).map(([outcome, n]) => `${counted(n, 'file')} ${outcome}`), ...Object.entries(report.rows).map(([outcome, n]) => `${counted(n, 'row')} ${outcome}`)];
  return (
    <>
      <p role="status">
        <b>{report.nothing ? 'Nothing of it is a sample' : counted(report.samples, 'sample')}</b>
        {report.new_classes.length > 0 && `, ${counted(report.new_classes.length, 'new class', 'new classes')}`}
        {report.duplicates > 0 && `, ${counted(report.duplicates, 'exact copy', 'exact copies')}`}
        {report.proposed_split && !report.nothing && ', a split is proposed'}
      </p>
      <ul className="about">
        {[...counts, ...report.about].map((text, n) => (
          <li key={n} className="break">
            {text}
          </li>
        ))}
      </ul>
      <p className="go">
        {!report.nothing && (
          <a className="button main" href={linkTo('look', { where: [], sort: '', picked: [] })}>
            Look at them
          </a>
        )}{' '}
        <a className="button" href={linkTo('health', { more: { part: 'imports' } })}>
          {report.bad_count > 0 ? `${counted(report.bad_count, 'file or row', 'files and rows')} could not be taken: see why` : 'Every file and what became of it'}
        </a>
      </p>
    </>
  );
}
