/** What lies under the pointer: its picture, sound or text, and its label. */
import { useEffect, useState } from 'react';
import { Thumb } from '../look/Thumb';
import { play, stop } from '../media/sound';
import { client, told, type Sample } from '../server';

const STILL = 60; // milliseconds that the pointer stays before anything is asked for

export function Hover({ id, x, y, medium }: { id: string; x: number; y: number; medium: string }) {
  const [sample, setSample] = useState<Sample | null>(null);
  useEffect(() => {
    const control = new AbortController();
    const wait = setTimeout(() => {
      told(client.GET('/api/samples', { params: { query: { picked: id, count: 1 } }, signal: control.signal }))
        .then((window) => setSample(window.samples[0] ?? null))
        .catch(() => undefined); // the pointer has gone on
      if (medium === 'audio') void play(id);
    }, STILL);
    return () => {
      clearTimeout(wait);
      control.abort();
      if (medium === 'audio') stop();
    };
  }, [id, medium]);
  if (sample?.id !== id) return null;
  const right = x < window.innerWidth / 2;
  return (
    <div className="hover" role="status" style={{ [right ? 'left' : 'right']: right ? x + 14 : `calc(100% - ${x - 14}px)`, top: Math.max(4, y - 60) }}>
      <Thumb id={id} medium={medium} name={sample.name.slice(0, 240)} />
      <b className="break">{sample.label ?? 'no label'}</b>
      {sample.predicted !== null && sample.predicted !== sample.label && <span className="mark">→ {sample.predicted}</span>}
    </div>
  );
}
