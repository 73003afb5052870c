/** Learning curves that were drawn, and what to collect next. */
import { client, told } from '../server';
import { Start } from '../map/Work';
import { Curve, type Point } from './Curve';
import { many, percent, useTold, Waiting, when } from './Versions';

type Between = { value: number; low: number; high: number };
type Offer = { kind: string; class: string; present: number; more: number; samples: number; gain: Between; mean_recall: Between; points_per: Record<string, number> };
type Forecast = { forecast: number; at: number; made: string; samples: number; accuracy: number; curve: Point[]; per_class: { class: string; curve: Point[] }[]; offers: Offer[]; remarks: string[] };

export function Forecasts() {
  const { found, error } = useTold((signal) => told(client.GET('/api/forecasts', { signal })), '');
  if (!found) return <Waiting error={error} />;
  const all = found as unknown as Forecast[];
  return (
    <>
      <div className="line">
        <span className="grow">Learning curves of the latest recipe: how much better it gets with more samples, and of which class.</span>
        <Start title={all.length ? 'Forecast again' : 'Forecast'} steps={[{ verb: 'curve', arguments: {} }]} />
      </div>
      {!all.length && <p className="dim">No forecast was made yet. It takes labelled samples with embeddings, and trains many small heads on parts of them.</p>}
      {all.map((one, n) => (
        <details key={one.forecast} className="part" open={n === 0}>
          <summary>
            Forecast {one.forecast} <span className="dim">{`${when(one.made)}, at #${one.at}, of ${many(one.samples, 'sample')}`}</span>
          </summary>
          <One forecast={one} />
        </details>
      ))}
    </>
  );
}

const points = ({ value, low, high }: Between): string => `${sign(value)} (${sign(low)} to ${sign(high)})`;
const sign = (share: number): string => `${Number(percent(Math.abs(share))) === 0 ? '' : share > 0 ? '+' : '−'}${percent(Math.abs(share))}`;
const NAMES: Record<string, string> = { all: 'of every class', class: '', label: 'another label beneath it', clips: 'more of its labels' };

function One({ forecast }: { forecast: Forecast }) {
  return (
    <>
      <Curve points={forecast.curve} title="accuracy" />
      <h3>What to collect first</h3>
      <div className="wide">
        <table className="scores">
          <thead>
            <tr>
              <th scope="col">what</th>
              <th scope="col">there</th>
              <th scope="col">more</th>
              <th scope="col">its own recall, points</th>
              <th scope="col">mean recall, points</th>
              <th scope="col">points per 100 samples</th>
            </tr>
          </thead>
          <tbody>
            {forecast.offers.map((offer, n) => (
              <tr key={n}>
                <th scope="row" className="break">
                  {offer.class} <span className="dim">{NAMES[offer.kind] ?? offer.kind}</span>
                  {offer.gain.low <= 0 && <span className="dim"> (may be chance)</span>}
                </th>
                <td className="n">{offer.present.toLocaleString('en')}</td>
                <td className="n">+{offer.more.toLocaleString('en')}</td>
                <td className="n">{points(offer.gain)}</td>
                <td className="n">{points(offer.mean_recall)}</td>
                <td className="n">{(100 * (offer.points_per['sample'] ?? 0)).toPrecision(2)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {forecast.per_class.length > 0 && (
        <details>
          <summary>Curves of {many(forecast.per_class.length, 'class', 'classes')}</summary>
          <div className="curves">
            {forecast.per_class.map((one) => (
              <Curve key={one.class} points={one.curve} title={`recall of ${one.class}`} />
            ))}
          </div>
        </details>
      )}
      {forecast.remarks.map((remark) => (
        <p key={remark} className="dim break">
          {remark}
        </p>
      ))}
    </>
  );
}
