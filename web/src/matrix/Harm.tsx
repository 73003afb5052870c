/** What the mistakes of a run cost, and which rule of decision costs least. */
import { useEffect, useState } from 'react';
import { client, sentence, told, type Schemas } from '../server';
import type { Decide, Query } from './wishes';
import { percent } from './view';

const RULES: Record<string, string> = { likely: 'the likeliest class', harm: 'the class of least expected harm' };

export function Harm({ name, query, at, onDecide }: { name: string; query: Query; at: number; onDecide: (rule: Decide) => void }) {
  const { decide } = query;
  const [open, setOpen] = useState(decide === 'harm');
  const [found, setFound] = useState<Schemas['Harm'] | null>(null);
  const [error, setError] = useState('');
  useEffect(() => {
    if (!open) return;
    const control = new AbortController();
    told(client.GET('/api/runs/{run}/harm', { params: { path: { run: name }, query }, signal: control.signal }))
      .then((harm) => {
        setFound(harm);
        setError('');
      })
      .catch((refused: unknown) => control.signal.aborted || setError(sentence(refused)));
    return () => control.abort();
  }, [open, name, JSON.stringify(query), at]);
  return (
    <details className="part" open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>Harm: what mistakes cost</summary>
      {error && <p className="refused">{error}</p>}
      {!found && !error && <p className="dim">reckoning…</p>}
      {found && (
        <>
          {!found.costs.length && <p className="dim">Every mistake costs 1 until something else is said: open a cell, and say what it costs.</p>}
          <table className="numbers">
            <thead>
              <tr>
                <th scope="col">predictions are of</th>
                <th scope="col">right</th>
                <th scope="col">harm for 1,000 samples</th>
                <th scope="col">shown</th>
              </tr>
            </thead>
            <tbody>
              {found.rules.map((rule) => (
                <tr key={rule.rule}>
                  <th scope="row">{RULES[rule.rule] ?? rule.rule}</th>
                  <td>{rule.accuracy === null ? '' : percent(rule.accuracy, 1)}</td>
                  <td>
                    {rule.per_thousand === null ? '' : Math.round(rule.per_thousand).toLocaleString('en')}
                    {rule.low !== null && rule.high !== null && (
                      <span className="dim">
                        {' '}
                        ({Math.round(rule.low).toLocaleString('en')} to {Math.round(rule.high).toLocaleString('en')})
                      </span>
                    )}
                  </td>
                  <td>
                    <input type="radio" name="rule" checked={decide === rule.rule} onChange={() => onDecide(rule.rule as Decide)} aria-label={`show the predictions of ${RULES[rule.rule] ?? rule.rule}`} />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
          {found.costs.length > 0 && (
            <p>
              Costs that are set:{' '}
              {found.costs.map((one, n) => (
                <span key={`${one.label}:${one.predicted}`}>
                  {n > 0 && ', '}
                  {one.label} taken for {one.predicted} <b>{one.cost}</b>
                </span>
              ))}
              . Everything else costs 1.
            </p>
          )}
          {found.unused.map((text) => (
            <p key={text} className="mark">
              {text}
            </p>
          ))}
        </>
      )}
    </details>
  );
}
