/** Comparisons that were kept: versions by test sets with intervals, what may be concluded, and the samples that are wrong now and were right. */
import { useState } from 'react';
import { overview, session } from '../live';
import { Start } from '../map/Work';
import { go, linkTo } from '../place';
import { client, told, type Schemas } from '../server';
import { useStore } from '../store';
import { many, percent, useTold, Waiting } from './Versions';

type Comparison = Schemas['Comparison'];

export function Comparisons() {
  const { found, error } = useTold((signal) => told(client.GET('/api/comparisons', { signal })), '');
  if (!found) return <Waiting error={error} />;
  return (
    <>
      <Compare />
      {!found.length && (
        <div className="empty">
          <h2>No version was compared yet</h2>
          <p>The same recipe is trained on each version and tested on the same samples. What it says stands here, with the samples that are right now and were wrong.</p>
        </div>
      )}
      {found.map((one, n) => (
        <details key={one.number} className="part" open={n === 0}>
          <summary>
            {one.rows.map((row) => row.version).filter((name, at, all) => all.indexOf(name) === at).join(', ')} <span className="dim">{one.made}</span>
          </summary>
          <One comparison={one} />
        </details>
      ))}
    </>
  );
}

/** Two versions to compare, the last two unless somebody says others. */
function Compare() {
  const who = useStore(session);
  const versions = useStore(overview)?.versions ?? [];
  const names = [...versions].sort((a, b) => a.at - b.at).map((one) => one.name);
  const all = [...names, 'now'];
  const [chosen, setChosen] = useState<{ before?: string; after?: string }>({});
  const after = chosen.after ?? (names.length > 1 ? names[names.length - 1] : 'now') ?? 'now';
  const before = chosen.before ?? names[names.length - (after === 'now' ? 1 : 2)] ?? '';
  if (who?.role !== 'admin') return null;
  if (!names.length)
    return (
      <p>
        Versions are what is compared: name one on the{' '}
        <button className="quiet" onClick={() => go({ more: {} })}>
          Timeline
        </button>
        , fix labels, and name the next.
      </p>
    );
  const choice = (title: string, value: string, set: (name: string) => void) => (
    <label>
      {title}{' '}
      <select value={value} onChange={(event) => set(event.target.value)}>
        {all.map((name) => (
          <option key={name}>{name}</option>
        ))}
      </select>
    </label>
  );
  return (
    <div className="line">
      {choice('before', before, (name) => setChosen({ ...chosen, before: name }))}
      {choice('after', after, (name) => setChosen({ ...chosen, after: name }))}
      {before === after ? (
        <span className="dim">one version cannot be better than itself</span>
      ) : (
        <Start key={`${before} ${after}`} title="Compare" steps={[{ verb: 'compare', arguments: { versions: [before, after] } }]} />
      )}
      <a className="dim" href={linkTo('runs', { more: { start: 'compare' } })}>
        more versions, test sets or another recipe
      </a>
    </div>
  );
}

function One({ comparison: { rows, columns, cells, sentences, changed, draws } }: { comparison: Comparison }) {
  const pick = (name: string, count: number, title: string) =>
    name ? <a href={linkTo('look', { where: [name], sort: '', picked: [] })}>{`${count.toLocaleString('en')} ${title}`}</a> : <span className="dim">none {title}</span>;
  // the scale of the marks: from the least to the greatest of the table, in whole steps of 5 %
  const least = Math.floor(20 * Math.min(...cells.map((cell) => cell.low))) / 20;
  const most = Math.ceil(20 * Math.max(...cells.map((cell) => cell.high))) / 20;
  const at = (share: number): number => (100 * (share - least)) / (most - least || 1);
  const side = (at: number) => `${rows[at]?.version ?? ''}${new Set(rows.map((row) => row.recipe)).size > 1 ? `, ${rows[at]?.recipe ?? ''}` : ''}`;
  return (
    <>
      <ul className="sentences">
        {sentences.map((text) => (
          <li key={text} className="break">
            {text}
          </li>
        ))}
      </ul>
      <div className="wide">
        <table className="scores">
          <thead>
            <tr>
              <th scope="col">version</th>
              <th scope="col">recipe</th>
              <th scope="col">trained on</th>
              {columns.map((column) => (
                <th key={column.name} scope="col">
                  <span className="break">{column.name}</span> <span className="dim">{many(column.samples, 'sample')}</span>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row, r) => (
              <tr key={r}>
                <th scope="row" className="break">
                  {row.version}
                </th>
                <td className="break">{row.recipe}</td>
                <td className="n">{row.trained_on.toLocaleString('en')}</td>
                {columns.map((column, c) => {
                  const cell = cells.find((one) => one.row === r && one.column === c);
                  return (
                    <td key={column.name} className="n">
                      {cell ? (
                        <>
                          <b>{percent(cell.accuracy)} %</b>{' '}
                          <span className="dim">
                            {percent(cell.low)} to {percent(cell.high)}
                          </span>
                          <span className="span" aria-hidden="true">
                            <i style={{ left: `${at(cell.low)}%`, width: `${at(cell.high) - at(cell.low)}%` }} />
                            <b style={{ left: `${at(cell.accuracy)}%` }} />
                          </span>
                        </>
                      ) : (
                        '—'
                      )}
                    </td>
                  );
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p className="dim">
        Accuracy with its interval at 95 %, drawn from {percent(least)} to {percent(most)} %.{draws > 0 && ` What may be concluded knows of ${many(draws, 'training')} of each side on other draws.`}
      </p>
      {changed.map((one) => (
        <p key={`${one.before} ${one.after} ${one.column}`}>
          <span className="break">
            {side(one.before)} → {side(one.after)} on {columns[one.column]?.name}
          </span>
          : {pick(one.lost_pick, one.lost, 'right before, wrong now')}; {pick(one.gained_pick, one.gained, 'wrong before, right now')}
        </p>
      ))}
    </>
  );
}
