/** The matrix as a table, for whoever reads rather than sees: all of it when it is small, else the mistakes, most first. */
import { useState } from 'react';
import { want } from './wishes';
import { usePlace } from '../place';
import { percent, whole, type Matrix } from './view';

const FEW = 24;
const MOST = 300;

export function MatrixTable({ matrix }: { matrix: Matrix }) {
  const [open, setOpen] = useState(false);
  return (
    <details className="part" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>As a table</summary>
      {open && (matrix.columns.length <= FEW && matrix.rows.length <= 2 * FEW ? <Whole matrix={matrix} /> : <Mistakes matrix={matrix} />)}
    </details>
  );
}

function Whole({ matrix }: { matrix: Matrix }) {
  return (
    <div className="wide" tabIndex={0} role="region" aria-label="the matrix as a table">
      <table className="numbers">
        <caption className="unseen">labels on rows, predictions on columns</caption>
        <thead>
          <tr>
            <th scope="col">label</th>
            {matrix.columns.map((name) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {matrix.rows.map((name, row) => (
            <tr key={name}>
              <th scope="row" title={name}>{name}</th>
              {matrix.columns.map((other, column) => (
                <td key={other} className={matrix.right[row] === column ? 'right' : ''}>
                  {whole(matrix.counts[row * matrix.columns.length + column] ?? 0)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Mistakes({ matrix }: { matrix: Matrix }) {
  const { more } = usePlace();
  const width = matrix.columns.length;
  const cells: { row: number; column: number; count: number }[] = [];
  const sums = matrix.rows.map((_, row) => matrix.columns.reduce((sum, _name, column) => sum + (matrix.counts[row * width + column] ?? 0), 0));
  for (let at = 0; at < matrix.counts.length; at++) {
    const [row, column, count] = [Math.floor(at / width), at % width, matrix.counts[at] ?? 0];
    if (count && matrix.right[row] !== column) cells.push({ row, column, count });
  }
  cells.sort((one, other) => other.count - one.count || one.row - other.row);
  return (
    <div className="wide" tabIndex={0} role="region" aria-label="the mistakes as a table">
      <p className="dim">
        {whole(cells.length)} cells with mistakes{cells.length > MOST ? `, the first ${MOST}` : ''}.
      </p>
      <table className="numbers">
        <thead>
          <tr>
            <th scope="col">label</th>
            <th scope="col">predicted</th>
            <th scope="col">samples</th>
            <th scope="col">of the label</th>
          </tr>
        </thead>
        <tbody>
          {cells.slice(0, MOST).map(({ row, column, count }) => (
            <tr key={`${row} ${column}`}>
              <th scope="row" title={matrix.rows[row]}>{matrix.rows[row]}</th>
              <th scope="row" title={matrix.columns[column]}>{matrix.columns[column]}</th>
              <td>
                <button className="link" onClick={() => want({ label: matrix.rows[row] ?? '', predicted: matrix.columns[column] ?? '' }, more)}>
                  {whole(count)}
                </button>
              </td>
              <td>{percent(count / (sums[row] || 1), 1)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
