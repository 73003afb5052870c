/** A page that a plug-in brings: sentences and tables of the samples that are selected; every row opens its samples. */
import { useMemo, useState } from 'react';
import { useAsked } from '../asked';
import { head, news } from '../live';
import { FilterBar } from '../look/FilterBar';
import { linkTo, usePlace } from '../place';
import { client, told, type Schemas } from '../server';
import { useStore } from '../store';
import '../tables.css';
import './sheet.css';

type Table = Schemas['TableTold'];
type Value = string | number | boolean | null;

export function Sheet({ name }: { name: string }) {
  const here = usePlace();
  const at = useStore(head);
  const heard = useStore(news);
  const query = { where: here.where, picked: here.picked.join(',') };
  const { found, error } = useAsked(
    (signal) => told(client.GET('/api/pages/{name}', { params: { path: { name }, query }, signal })),
    JSON.stringify([name, query, at, heard]),
    60,
  );
  const shown = found?.page.name === name ? found : null;
  return (
    <div className="sheet">
      <FilterBar plain />
      <div className="sheet-body">
        {error && (
          <p className="refused" role="alert">
            {error}
          </p>
        )}
        {!shown && !error && <p className="dim">one moment…</p>}
        {shown && (
          <>
            <h1>{shown.page.title}</h1>
            <p className="dim">{shown.page.summary}</p>
            {shown.says.map((text, n) => (
              <p key={n}>{text}</p>
            ))}
            {shown.tables.map((table, n) => (
              <Rows key={n} table={table} />
            ))}
          </>
        )}
      </div>
    </div>
  );
}

const TOGETHER = 200;

function Rows({ table }: { table: Table }) {
  const here = usePlace();
  const [by, setBy] = useState<{ column: number; down: boolean } | null>(null);
  const [most, setMost] = useState(TOGETHER);
  const order = useMemo(() => {
    const places = table.rows.map((_, n) => n);
    if (!by) return places;
    const value = (n: number): Value => table.rows[n]?.[by.column] ?? null;
    return places.sort((one, two) => (by.down ? compared(value(two), value(one)) : compared(value(one), value(two))));
  }, [table, by]);
  const shares = new Set(table.shares);
  return (
    <section aria-label={table.title}>
      <h2>{table.title}</h2>
      {table.about && <p className="dim">{table.about}</p>}
      <div className="sheet-wide">
        <table className="numbers">
          <thead>
            <tr>
              {table.columns.map((name, column) => (
                <th key={column} scope="col" aria-sort={by?.column === column ? (by.down ? 'descending' : 'ascending') : 'none'}>
                  <button className="quiet" onClick={() => setBy({ column, down: by?.column === column ? !by.down : typeof table.rows[0]?.[column] === 'number' })}>
                    {name} {by?.column === column ? (by.down ? '↓' : '↑') : ''}
                  </button>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {order.slice(0, most).map((n) => (
              <tr key={n}>
                {table.columns.map((name, column) => {
                  const value = table.rows[n]?.[column] ?? null;
                  const where = column === 0 ? table.where[n] : '';
                  const text = said(value, shares.has(name));
                  return (
                    <td key={column} className={typeof value === 'number' ? 'n' : ''}>
                      {where ? <a href={linkTo('look', { where: [...here.where, where], sort: '' })}>{text || '—'}</a> : text}
                      {shares.has(name) && typeof value === 'number' && <meter min={0} max={1} value={value} aria-hidden="true" />}
                    </td>
                  );
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {order.length > most && (
        <button className="quiet" onClick={() => setMost(most + 10 * TOGETHER)}>
          {(order.length - most).toLocaleString('en')} more rows
        </button>
      )}
      {!order.length && <p className="dim">nothing</p>}
    </section>
  );
}

function said(value: Value, share: boolean): string {
  if (value === null) return '';
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (typeof value === 'string') return value;
  if (share) return `${(100 * value).toFixed(1)} %`;
  return Number.isInteger(value) ? value.toLocaleString('en') : String(Number(value.toPrecision(4)));
}

/** Numbers before texts, nothing last. */
function compared(one: Value, two: Value): number {
  if (one === null || two === null) return Number(one === null) - Number(two === null);
  if (typeof one === 'number' && typeof two === 'number') return one - two;
  return String(one).localeCompare(String(two), undefined, { numeric: true });
}
