/** Scrubs through the epochs of a run; at its end the run as it was kept. */
import { useMemo } from 'react';
import { accuracyOf, type Epochs } from './epochs';
import { percent } from './view';

export function Slider({ epochs, value, onChange }: { epochs: Epochs; value: string; onChange: (value: string) => void }) {
  const list = epochs.epochs;
  const place = value ? list.findIndex((one) => String(one.number) === value) : list.length;
  const shares = useMemo(() => list.map((one) => accuracyOf(one.counts, epochs.classes.length) ?? 0), [epochs]);
  const least = Math.min(...shares);
  const span = Math.max(0.001, Math.max(...shares) - least);
  const line = shares.map((share, n) => `${((n / Math.max(1, list.length - 1)) * 100).toFixed(1)},${(28 - (26 * (share - least)) / span).toFixed(1)}`).join(' ');
  return (
    <div className="matrix-slider">
      <label>
        <span className="dim">epoch</span>
        <input
          type="range"
          min={0}
          max={list.length}
          value={place < 0 ? list.length : place}
          aria-label="epoch"
          aria-valuetext={place < 0 || place === list.length ? 'the run as it was kept' : `epoch ${list[place]?.number ?? ''}, ${percent(shares[place] ?? 0, 1)} right`}
          onChange={(event) => onChange(list[Number(event.target.value)] ? String(list[Number(event.target.value)]?.number) : '')}
        />
        <output>{place < 0 || place === list.length ? 'the end' : `${list[place]?.number ?? ''} of ${list.at(-1)?.number ?? ''}`}</output>
      </label>
      <svg viewBox="0 0 100 30" preserveAspectRatio="none" role="img" aria-label={`accuracy held out by epoch, from ${percent(shares[0] ?? 0, 1)} to ${percent(shares.at(-1) ?? 0, 1)}`}>
        <polyline points={line} />
        {place >= 0 && place < list.length && <line x1={(place / Math.max(1, list.length - 1)) * 100} x2={(place / Math.max(1, list.length - 1)) * 100} y1="0" y2="30" />}
      </svg>
    </div>
  );
}
