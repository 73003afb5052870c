/** Long work that a page needs: a button that starts it, and how far it is. */
import { useEffect, useState } from 'react';
import { news, session } from '../live';
import { client, sentence, told, type Schemas } from '../server';
import { useStore } from '../store';
import { say } from '../toast';

type Job = Schemas['Job'];
export type Step = { verb: string; arguments: Record<string, unknown> };

const BUSY = new Set(['waiting', 'running']);

/** The jobs of these verbs that wait or run, and the last one that failed. */
export function useJobs(verbs: readonly string[]): { busy: Job[]; failed: Job | undefined } {
  const heard = useStore(news);
  const [jobs, setJobs] = useState<Job[]>([]);
  useEffect(() => {
    const control = new AbortController();
    told(client.GET('/api/jobs', { signal: control.signal }))
      .then((all) => setJobs(all.filter((job) => verbs.includes(job.verb))))
      .catch(() => undefined); // the next event asks again
    return () => control.abort();
  }, [heard]);
  const last = jobs[0];
  return { busy: jobs.filter((job) => BUSY.has(job.state)).reverse(), failed: last?.state === 'failed' ? last : undefined };
}

/** Starts jobs, one after the other. */
export function Start({ steps, title }: { steps: Step[]; title: string }) {
  const who = useStore(session);
  const { busy, failed } = useJobs(steps.map((step) => step.verb));
  const [asked, setAsked] = useState(false);
  useEffect(() => setAsked(false), [busy.length, failed?.number]);
  if (busy.length)
    return (
      <div role="status" className="work">
        {busy.map((job) => (
          <p key={job.number}>
            {job.verb}: {job.state === 'waiting' ? 'waits' : job.step || 'starts'}
            {job.done > 0 && ` ${job.done.toLocaleString('en')}${job.of ? ` of ${job.of.toLocaleString('en')}` : ''}`}{' '}
            {who?.role === 'admin' && (
              <button className="quiet" onClick={() => void client.POST('/api/jobs/{number}/cancel', { params: { path: { number: job.number } } })}>
                Cancel
              </button>
            )}
          </p>
        ))}
      </div>
    );
  return (
    <div className="work">
      {failed && (
        <p className="refused" role="alert">
          <b>{failed.error['error']}</b>
          <span>{failed.error['next']}</span>
        </p>
      )}
      {who?.role === 'admin' ? (
        <button
          disabled={asked}
          onClick={() => {
            setAsked(true);
            void (async () => {
              try {
                for (const step of steps) await told(client.POST('/api/jobs', { body: step }));
              } catch (error) {
                setAsked(false);
                say(sentence(error), 'bad');
              }
            })();
          }}
        >
          {title}
        </button>
      ) : (
        <p className="dim">Whoever started the server can start this.</p>
      )}
    </div>
  );
}
