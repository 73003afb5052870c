/** Long work: what runs, waits and has ended, followed by every page that shows some of it. */
import { useEffect } from 'react';
import { connected, news } from '../live';
import { client, sentence, told, type Schemas } from '../server';
import { Store, useStore } from '../store';
import { say } from '../toast';

export type Job = Schemas['Job'];

export const jobs = new Store<Job[] | null>(null);
let asking = false;
let again = false;

export async function refreshJobs(): Promise<void> {
  again = asking;
  if (asking) return;
  asking = true;
  try {
    jobs.set(await told(client.GET('/api/jobs')));
  } catch {
    // said by the frame of the page: the server does not answer
  } finally {
    asking = false;
    if (again) void refreshJobs();
  }
}

/** All jobs, the newest first; null until they are known. */
export function useJobs(): Job[] | null {
  const heard = useStore(news);
  const there = useStore(connected);
  useEffect(() => void refreshJobs(), [heard, there]);
  return useStore(jobs);
}

export const isOpen = (job: Job): boolean => job.state === 'running' || job.state === 'waiting';

export async function startJob(verb: string, given: Record<string, unknown>): Promise<Job | null> {
  try {
    const job = await told(client.POST('/api/jobs', { body: { verb, arguments: given } }));
    say(`${verb} is job ${job.number}`);
    await refreshJobs();
    return job;
  } catch (error) {
    say(sentence(error), 'bad');
    return null;
  }
}

export async function cancelJob(number: number): Promise<void> {
  try {
    await told(client.POST('/api/jobs/{number}/cancel', { params: { path: { number } }, body: {} as never }));
    await refreshJobs();
  } catch (error) {
    say(sentence(error), 'bad');
  }
}
