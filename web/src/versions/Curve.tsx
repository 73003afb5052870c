/** A learning curve with its interval; the forecast is dashed, and the numbers stand in a table too. */
import { percent } from './Versions';

export type Point = { samples: number; right: number; low: number; high: number; forecast: boolean };

const WIDTH = 420;
const HEIGHT = 180;
const EDGE = { left: 40, right: 10, top: 10, bottom: 24 };

export function Curve({ points, title }: { points: Point[]; title: string }) {
  if (!points.length) return null;
  const sizes = points.map((one) => Math.log(Math.max(1, one.samples)));
  const [least, most] = [Math.min(...sizes), Math.max(...sizes)];
  const low = Math.max(0, Math.floor(20 * Math.min(...points.map((one) => one.low))) / 20);
  const high = Math.min(1, Math.ceil(20 * Math.max(...points.map((one) => one.high))) / 20);
  const x = (samples: number) => EDGE.left + ((Math.log(Math.max(1, samples)) - least) / (most - least || 1)) * (WIDTH - EDGE.left - EDGE.right);
  const y = (share: number) => HEIGHT - EDGE.bottom - ((share - low) / (high - low || 1)) * (HEIGHT - EDGE.top - EDGE.bottom);
  const line = (some: Point[]) => some.map((one, n) => `${n ? 'L' : 'M'}${x(one.samples)} ${y(one.right)}`).join('');
  const measured = points.filter((one) => !one.forecast);
  const ahead = [...measured.slice(-1), ...points.filter((one) => one.forecast)];
  const band = [...points.map((one) => `${x(one.samples)} ${y(one.high)}`), ...[...points].reverse().map((one) => `${x(one.samples)} ${y(one.low)}`)];
  const first = points[0];
  const last = points[points.length - 1];
  return (
    <figure className="curve">
      <figcaption className="break">{title}</figcaption>
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={`${title}: the numbers are in the table below`}>
        <polygon className="band" points={band.join(',').replaceAll(' ', ',')} />
        {[low, (low + high) / 2, high].map((share) => (
          <g key={share}>
            <line className="rule" x1={EDGE.left} x2={WIDTH - EDGE.right} y1={y(share)} y2={y(share)} />
            <text x={EDGE.left - 4} y={y(share) + 4} textAnchor="end">
              {percent(share)}
            </text>
          </g>
        ))}
        <path className="line-of" d={line(measured)} />
        <path className="line-of ahead" d={line(ahead)} />
        {points.map((one) => (
          <circle key={one.samples} className={one.forecast ? 'ahead' : ''} cx={x(one.samples)} cy={y(one.right)} r={3.5} />
        ))}
        {first && (
          <text x={x(first.samples)} y={HEIGHT - 6}>
            {first.samples.toLocaleString('en')}
          </text>
        )}
        {last && (
          <text x={x(last.samples)} y={HEIGHT - 6} textAnchor="end">
            {last.samples.toLocaleString('en')} samples
          </text>
        )}
      </svg>
      <details>
        <summary>as a table</summary>
        <table className="scores">
          <thead>
            <tr>
              <th scope="col">samples</th>
              <th scope="col">right, %</th>
              <th scope="col">interval</th>
            </tr>
          </thead>
          <tbody>
            {points.map((one) => (
              <tr key={one.samples}>
                <th scope="row">
                  {one.samples.toLocaleString('en')}
                  {one.forecast && ' (forecast)'}
                </th>
                <td className="n">{percent(one.right)}</td>
                <td className="n">
                  {percent(one.low)} to {percent(one.high)}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </details>
    </figure>
  );
}
