/** What an import brings while it runs: some of its samples as they come. They are in the dataset, to be fixed, when it has ended. */
import { useEffect, useRef, useState } from 'react';
import { drawOutline } from '../media/outline';
import { unpacked, type Preview } from '../media/previews';
import { linkTo } from '../place';
import type { Job } from '../runs/jobs';
import { bytes, client, told, type Schemas } from '../server';

const EVERY = 800; // milliseconds
const TOGETHER = 100;

type Come = Schemas['Arrived'] & { preview?: Preview };

export function Arriving({ job }: { job: Job }) {
  const [come, setCome] = useState<{ medium: string; samples: Come[] }>({ medium: '', samples: [] });
  const kept = useRef<Come[]>([]);
  useEffect(() => {
    const control = new AbortController();
    const { signal } = control;
    const { number } = job;
    async function ask(): Promise<void> {
      try {
        const more = await told(client.GET('/api/jobs/{number}/arrivals', { params: { path: { number }, query: { after: kept.current.length } }, signal }));
        kept.current = [...kept.current, ...more.samples];
        const after = kept.current.findIndex((one) => !one.preview || one.preview.kind === 'none');
        if (after >= 0 && more.medium && more.medium !== 'text') {
          const found = unpacked(await bytes(`/api/jobs/${number}/previews?after=${after}&count=${TOGETHER}`, signal));
          kept.current = kept.current.map((one, n) => (one.preview && one.preview.kind !== 'none' ? one : { ...one, ...(found[n - after] ? { preview: found[n - after] } : {}) }) as Come);
        }
        if (!signal.aborted && kept.current.length) setCome({ medium: more.medium, samples: kept.current });
      } catch {
        // the job's own line says what is wrong; what has come stays
      }
      if (!signal.aborted) timer = setTimeout(() => void ask(), EVERY);
    }
    let timer = setTimeout(() => void ask(), 0);
    return () => {
      control.abort();
      clearTimeout(timer);
      for (const one of kept.current) if (one.preview?.kind === 'picture') URL.revokeObjectURL(one.preview.url);
      kept.current = [];
    };
  }, [job.number]);
  if (!come.samples.length) return null;
  return (
    <ul className={`arriving of-${come.medium}`} aria-label="some of what has come so far">
      {come.samples.map((one, n) => (
        <li key={n} title={one.name}>
          <Body one={one} medium={come.medium} />
          <span className="cell-label">{one.label ?? 'no label'}</span>
        </li>
      ))}
    </ul>
  );
}

function Body({ one, medium }: { one: Come; medium: string }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    if (one.preview?.kind === 'outline' && canvas.current) drawOutline(canvas.current, one.preview.peaks);
  }, [one.preview]);
  if (medium === 'text') return <span className="arriving-text">{one.name}</span>;
  if (medium === 'audio') return <canvas ref={canvas} />;
  return one.preview?.kind === 'picture' ? <img alt="" src={one.preview.url} /> : <span className="arriving-text" />;
}

/** How far an import is, in one line. */
export function Progress({ job }: { job: Job }) {
  const far = job.of ? `${job.done.toLocaleString('en')} of ${job.of.toLocaleString('en')}` : job.done ? job.done.toLocaleString('en') : '';
  return (
    <p className="arriving-line" role="status">
      <progress aria-label="how far the import is" {...(job.of ? { value: Math.min(job.done, job.of), max: job.of } : {})} />{' '}
      {job.state === 'waiting' ? 'An import waits for what was started before.' : `Importing: ${job.step || 'beginning'} ${far}`}{' '}
      <a href={linkTo('import', { more: { job: String(job.number) } })}>watch it, or stop it</a>
    </p>
  );
}
