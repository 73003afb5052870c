/** How runs and times are written. */
import { percent } from '../matrix/view';
import type { Schemas } from '../server';

export type Brief = Schemas['RunBrief'];

export function titleOf(run: Brief): string {
  const best = run.sides[0];
  const recipe = [run.head, run.embedder].filter(Boolean).join(', ');
  return `${run.run} · ${recipe} · ${run.version || `#${run.at}`}${best?.accuracy != null ? ` · ${percent(best.accuracy, 1)}` : ''}`;
}

/** A time as people here write it. */
export function when(text: string): string {
  const date = new Date(text);
  return Number.isNaN(date.getTime()) ? text : date.toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' });
}
