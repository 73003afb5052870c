/** How well each class is told from the others, with intervals; a number opens the samples behind it. */
import { useMemo, useState } from 'react';
import type { RunTold } from './wishes';
import { percent, whole } from './view';

type Row = RunTold['per_class'][number];
type Key = 'name' | 'samples' | 'precision' | 'recall' | 'f1';
const TITLES: Record<Key, string> = { name: 'class', samples: 'samples', precision: 'precision', recall: 'recall', f1: 'F1' };

export function PerClass({ run, onRow, onColumn }: { run: RunTold; onRow: (label: string) => void; onColumn: (predicted: string) => void }) {
  const [key, setKey] = useState<Key>('f1');
  const [down, setDown] = useState(false);
  const rows = useMemo(() => {
    const of = (row: Row) => (key === 'name' ? row.name : (row[key] ?? -1));
    const found = [...run.per_class].sort((one, other) => {
      const [a, b] = [of(one), of(other)];
      return typeof a === 'string' && typeof b === 'string' ? a.localeCompare(b, undefined, { numeric: true }) : Number(a) - Number(b);
    });
    return down ? found.reverse() : found;
  }, [run, key, down]);
  if (!rows.length) return null;
  return (
    <details className="part" open>
      <summary>By class</summary>
      <div className="wide tall" tabIndex={0} role="region" aria-label="scores by class">
        <table className="numbers">
          <thead>
            <tr>
              {(Object.keys(TITLES) as Key[]).map((one) => (
                <th key={one} scope="col" aria-sort={one === key ? (down ? 'descending' : 'ascending') : undefined}>
                  <button
                    className="quiet"
                    onClick={() => {
                      setDown(one === key ? !down : one === 'samples');
                      setKey(one);
                    }}
                  >
                    {TITLES[one]}
                    {one === key ? (down ? ' ↓' : ' ↑') : ''}
                  </button>
                </th>
              ))}
              <th scope="col">missed</th>
              <th scope="col">wrongly so</th>
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr key={row.name}>
                <th scope="row" title={row.name}>{row.name}</th>
                <td>{whole(row.samples)}</td>
                <Share value={row.precision} ends={row.precision_interval} />
                <Share value={row.recall} ends={row.recall_interval} />
                <Share value={row.f1} ends={row.f1_interval} />
                <td>
                  <button className="link" onClick={() => onRow(row.name)} aria-label={`${row.samples - row.right} of ${row.name} predicted as something else`}>
                    {whole(row.samples - row.right)}
                  </button>
                </td>
                <td>
                  <button className="link" onClick={() => onColumn(row.name)} aria-label={`${row.predicted - row.right} of something else predicted as ${row.name}`}>
                    {whole(row.predicted - row.right)}
                  </button>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}

function Share({ value, ends }: { value: number | null; ends: (number | null)[] }) {
  const [low, high] = ends;
  if (value === null) return <td className="dim">none</td>;
  return (
    <td title={low != null && high != null ? `95 % interval ${percent(low, 1)} to ${percent(high, 1)}` : undefined}>
      <span className="whisker" aria-hidden="true">
        {low != null && high != null && <i className="span" style={{ left: percent(low, 1), width: percent(high - low, 1) }} />}
        <i className="dot" style={{ left: percent(value, 1) }} />
      </span>
      {percent(value, 1)}
    </td>
  );
}
