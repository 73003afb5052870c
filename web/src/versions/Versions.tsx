/** Versions: who changed what and why, what is different between two, what was proven, what is locked, what to collect next, and the card. */
import { useEffect, useState } from 'react';
import { head, news, overview } from '../live';
import { go, usePlace } from '../place';
import { sentence } from '../server';
import { useStore } from '../store';
import { Card } from './Card';
import { Comparisons } from './Comparisons';
import { Diff } from './Diff';
import { Forecasts } from './Forecasts';
import { Locks } from './Locks';
import { Timeline } from './Timeline';
import '../tables.css';
import './versions.css';

const PARTS = [
  { name: '', title: 'Timeline', view: Timeline },
  { name: 'diff', title: 'What changed', view: Diff },
  { name: 'compared', title: 'Compared', view: Comparisons },
  { name: 'locks', title: 'Locks and alarms', view: Locks },
  { name: 'next', title: 'What to collect', view: Forecasts },
  { name: 'card', title: 'Card', view: Card },
] as const;

export function Versions() {
  const here = usePlace();
  const known = useStore(overview);
  const part = PARTS.find((one) => one.name === (here.more['part'] ?? '')) ?? PARTS[0];
  if (!known) return <p className="empty">one moment…</p>;
  return (
    <div className="versions">
      <h1 className="unseen">Versions</h1>
      <nav className="parts" aria-label="parts of this page">
        {PARTS.map((one) => (
          <button key={one.name} aria-pressed={one === part} onClick={() => go({ more: one.name ? { part: one.name } : {} })}>
            {one.title}
          </button>
        ))}
      </nav>
      <part.view />
    </div>
  );
}

/** What a function of the server tells, asked again when the log or the jobs move on. */
export function useTold<T>(ask: (signal: AbortSignal) => Promise<T>, words: string): { found: T | null; error: string; again: () => void } {
  const at = useStore(head);
  const heard = useStore(news);
  const [found, setFound] = useState<{ words: string; value: T } | null>(null);
  const [error, setError] = useState('');
  const [asked, setAsked] = useState(0);
  useEffect(() => {
    const control = new AbortController();
    ask(control.signal)
      .then((value) => {
        if (control.signal.aborted) return;
        setFound({ words, value });
        setError('');
      })
      .catch((refused: unknown) => control.signal.aborted || setError(sentence(refused)));
    return () => control.abort();
  }, [words, at, heard, asked]);
  return { found: found?.words === words ? found.value : null, error, again: () => setAsked((n) => n + 1) };
}

export function Waiting({ error }: { error: string }) {
  return error ? (
    <p className="refused" role="alert">
      {error}
    </p>
  ) : (
    <p className="dim">one moment…</p>
  );
}

const DAY = new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeStyle: 'short' });
export const when = (iso: string): string => (iso ? DAY.format(new Date(iso)) : '');
export const percent = (share: number): string => `${(100 * share).toFixed(1)}`;
export const many = (n: number, one: string, more = `${one}s`): string => `${n.toLocaleString('en')} ${n === 1 ? one : more}`;
