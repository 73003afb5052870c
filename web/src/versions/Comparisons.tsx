/** Comparisons that were kept: versions by test sets with intervals, what may be concluded, and the samples that are wrong now and were right. */
import { linkTo } from '../place';
import { client, told, type Schemas } from '../server';
import { many, percent, useTold, Waiting } from './Versions';

type Comparison = Schemas['Comparison'];

export function Comparisons() {
  const { found, error } = useTold((signal) => told(client.GET('/api/comparisons', { signal })), '');
  if (!found) return <Waiting error={error} />;
  if (!found.length)
    return (
      <div className="empty">
        <h2>No version was compared yet</h2>
        <p>
          Name two versions, then train the same recipe on both and test them on the same samples: <code>trainset compare V1 V2</code>, or the page Runs.
        </p>
      </div>
    );
  return (
    <>
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

function One({ comparison: { rows, columns, cells, sentences, changed, draws } }: { comparison: Comparison }) {
  const pick = (name: string, count: number, title: string) =>
    name ? <a href={linkTo('look', { where: [name], sort: '', picked: [] })}>{`${count.toLocaleString('en')} ${title}`}</a> : <span className="dim">none {title}</span>;
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
                            <i style={{ left: `${100 * cell.low}%`, width: `${100 * (cell.high - cell.low)}%` }} />
                            <b style={{ left: `${100 * cell.accuracy}%` }} />
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
        Accuracy with its interval at 95 %.{draws > 0 && ` What may be concluded knows of ${many(draws, 'training')} of each side on other draws.`}
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
