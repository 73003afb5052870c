/** How far the confidence of a run can be believed: of what it is 80 % sure of, 80 % should be right. */
import type { RunTold } from './wishes';
import { percent, whole } from './view';

const SIDE = 200;

export function Reliability({ bins }: { bins: NonNullable<RunTold['reliability']> }) {
  const most = Math.max(1, ...bins.counts);
  const x = (share: number) => SIDE * share;
  const y = (share: number) => SIDE * (1 - share);
  return (
    <details className="part">
      <summary>Confidence: off by {percent(bins.error, 1)} on average</summary>
      <div className="reliability">
        <svg viewBox={`-30 -8 ${SIDE + 44} ${SIDE + 36}`} role="img" aria-label="share right by confidence; the numbers are in the table beside it">
          <line className="ideal" x1={0} y1={SIDE} x2={SIDE} y2={0} />
          <rect className="box" x={0} y={0} width={SIDE} height={SIDE} />
          {bins.counts.map((count, n) => {
            const [from, to] = [bins.edges[n] ?? 0, bins.edges[n + 1] ?? 1];
            const [sure, right] = [bins.confidence[n], bins.right[n]];
            if (sure == null || right == null) return null;
            return (
              <g key={n}>
                <rect className="bar" x={x(from) + 1} width={x(to - from) - 2} y={y((0.25 * count) / most)} height={(SIDE * 0.25 * count) / most} />
                <line className="gap" x1={x(sure)} x2={x(sure)} y1={y(sure)} y2={y(right)} />
                <circle cx={x(sure)} cy={y(right)} r={4} />
              </g>
            );
          })}
          {[0, 0.5, 1].map((share) => (
            <g key={share} className="tick">
              <text x={x(share)} y={SIDE + 14} textAnchor="middle">
                {percent(share)}
              </text>
              <text x={-4} y={y(share) + 4} textAnchor="end">
                {percent(share)}
              </text>
            </g>
          ))}
          <text className="axis" x={SIDE / 2} y={SIDE + 26} textAnchor="middle">
            confidence; bars: how many samples
          </text>
        </svg>
        <table className="numbers">
          <thead>
            <tr>
              <th scope="col">confidence</th>
              <th scope="col">samples</th>
              <th scope="col">mean</th>
              <th scope="col">right</th>
            </tr>
          </thead>
          <tbody>
            {bins.counts.map((count, n) =>
              count ? (
                <tr key={n}>
                  <th scope="row">
                    {percent(bins.edges[n] ?? 0)} to {percent(bins.edges[n + 1] ?? 1)}
                  </th>
                  <td>{whole(count)}</td>
                  <td>{percent(bins.confidence[n] ?? 0, 1)}</td>
                  <td>{percent(bins.right[n] ?? 0, 1)}</td>
                </tr>
              ) : null,
            )}
          </tbody>
        </table>
      </div>
    </details>
  );
}
