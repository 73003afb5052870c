/** What the colours of a map stand for, and its regions. */
import { useState } from 'react';
import { short } from '../look/cells';
import type { Schemas } from '../server';
import type * as data from './data';
import { css, gradient, inkOf } from './inks';

const LEGEND = 40;

type LegendProps = { about: Schemas['About']; colours: data.Colours | null; order: (value: string, n: number) => number; onCode: (code: number) => void; onRegion: (x: number, y: number) => void };

export function Legend({ about, colours, order, onCode, onRegion }: LegendProps) {
  const [all, setAll] = useState(false);
  if (!colours) return <p className="dim">one moment…</p>;
  const lines = colours.values.map((value, code) => ({ value, code, count: colours.counts[code] ?? 0 })).filter((one) => one.count > 0);
  lines.sort((a, b) => b.count - a.count);
  return (
    <>
      {colours.kind === 'numbers' ? (
        <div>
          <div className="gradient" style={{ background: gradient }} />
          <div className="ends">
            <span>≤ {short(colours.low)}</span>
            <span>≥ {short(colours.high)}</span>
          </div>
        </div>
      ) : (
        <ul className="values">
          {lines.slice(0, all ? undefined : LEGEND).map(({ value, code, count }) => (
            <li key={code}>
              <button className="value" onClick={() => onCode(code)} title="select them">
                <i className="swatch" style={{ background: value === null ? '#8c919b' : css(inkOf(order(value, code - 1))) }} />
                <span className="name">{value ?? 'none'}</span>
                <span className="n">{count.toLocaleString('en')}</span>
              </button>
            </li>
          ))}
          {!all && lines.length > LEGEND && (
            <li>
              <button className="quiet" onClick={() => setAll(true)}>
                {lines.length - LEGEND} more
              </button>
            </li>
          )}
        </ul>
      )}
      <h2>Regions{about.named_at >= 0 && `, named at #${about.named_at}`}</h2>
      <ol className="regions">
        {about.regions.map((region) => (
          <li key={region.number}>
            <button className="link" onClick={() => onRegion(region.x, region.y)}>
              {region.name || `region ${region.number}`}
            </button>{' '}
            <span className="dim">{region.samples.toLocaleString('en')}</span>
            {region.traits.length > 0 && <div className="dim break">{region.traits.join('; ')}</div>}
          </li>
        ))}
      </ol>
    </>
  );
}
