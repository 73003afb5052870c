/** What a part of a page asked the server for: asked again when its words change, given up when it is gone. */
import { useEffect, useState } from 'react';
import { sentence } from './server';

export type Asked<T> = { found: T | null; error: string };

/** `words`: all that the question depends on. What was found before stays until the new answer is there. `wait`: milliseconds of quiet before
 *  it is asked, for what follows a hand. */
export function useAsked<T>(ask: (signal: AbortSignal) => Promise<T>, words: string, wait = 0): Asked<T> {
  const [answer, setAnswer] = useState<Asked<T>>({ found: null, error: '' });
  useEffect(() => {
    const control = new AbortController();
    const timer = setTimeout(() => {
      ask(control.signal)
        .then((found) => control.signal.aborted || setAnswer({ found, error: '' }))
        .catch((error: unknown) => control.signal.aborted || setAnswer((old) => ({ found: old.found, error: sentence(error) })));
    }, wait);
    return () => {
      clearTimeout(timer);
      control.abort();
    };
  }, [words]);
  return answer;
}

/** 1 sample, 2 samples. */
export const counted = (n: number, one: string, many = `${one}s`): string => `${n.toLocaleString('en')} ${n === 1 ? one : many}`;
