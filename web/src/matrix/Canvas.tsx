/** The matrix in the page: the canvas of it, and the legend of its colours. */
import { useEffect, useRef } from 'react';
import { ConfusionMatrix, type Shown } from './ConfusionMatrix';
import { css, scale, twoSided, type Rgb } from './colours';
import { short } from '../look/cells';
import { percent, type Range } from './view';

type Props = { shown: Shown; fit: boolean; picked: { label: string; predicted: string }; onPick: (label: string, predicted: string) => void };

export function Canvas({ shown, fit, picked, onPick }: Props) {
  const host = useRef<HTMLDivElement>(null);
  const made = useRef<ConfusionMatrix | null>(null);
  const latest = useRef({ shown, onPick });
  latest.current = { shown, onPick };
  useEffect(() => {
    if (!host.current) return;
    const matrix = new ConfusionMatrix(host.current, ({ row, column }) => {
      const { shown: now, onPick: pick } = latest.current;
      pick(row < 0 ? '' : (now.rows[row] ?? ''), column < 0 ? '' : (now.columns[column] ?? ''));
    });
    made.current = matrix;
    return () => {
      matrix.end();
      made.current = null;
    };
  }, []);
  useEffect(() => made.current?.set(shown), [shown]);
  useEffect(() => made.current?.fit(fit), [fit]);
  useEffect(() => {
    const spot = { row: shown.rows.indexOf(picked.label), column: shown.columns.indexOf(picked.predicted) };
    made.current?.mark(spot.row < 0 && spot.column < 0 ? null : spot);
  }, [shown, picked.label, picked.predicted]);
  return <div ref={host} className="matrix-host" />;
}

const STOPS = [0, 0.25, 0.5, 0.75, 1];

/** What the colours mean: even steps of colour are steps of the square root, so that small rates are seen. */
export function Legend({ range }: { range: Range }) {
  const [light, dark] = [false, true].map((of) => (range.signed ? twoSided(of) : scale(of)));
  const places = range.signed ? [-1, -0.5, 0, 0.5, 1] : STOPS;
  const at = (table: Rgb[] | undefined, n: number) => css(table?.[Math.round((n / 23) * (table.length - 1))] ?? [0, 0, 0]);
  const ramp = Array.from({ length: 24 }, (_, n) => `light-dark(${at(light, n)}, ${at(dark, n)})`).join(', ');
  return (
    <div className="matrix-legend">
      <div className="ramp" style={{ background: `linear-gradient(to right, ${ramp})` }} />
      <div className="ticks">
        {places.map((place) => (
          <span key={place}>{tick(Math.sign(place) * place * place * range.most, range)}</span>
        ))}
      </div>
      <span className="dim">{range.unit === 'of the label' ? 'of the label’s samples' : range.unit}; framed cells are right</span>
    </div>
  );
}

function tick(value: number, range: Range): string {
  const sign = range.signed && value > 0 ? '+' : '';
  if (range.unit === 'points' || range.unit === 'of the label') return sign + percent(value, Math.abs(value) < 0.1 && value !== 0 ? 1 : 0);
  return (sign + short(Math.abs(value) >= 10 ? Math.round(value) : Number(value.toPrecision(2)))).replace('-', '−');
}
