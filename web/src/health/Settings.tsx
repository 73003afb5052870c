/** The thresholds of a check, made from what it declares, with what it would find counted while one moves. */
import { useAsked } from '../asked';
import { client, told, type Schemas } from '../server';

export type Values = Record<string, boolean | number | string>;
type Setting = Schemas['Threshold'];

const STEPS = 40;
const TIMES = 8; // a slider goes from an eighth of the default to eight times it

export const changedOnly = (settings: Setting[], values: Values): Values =>
  Object.fromEntries(settings.filter((one) => values[one.name] !== undefined && values[one.name] !== one.default).map((one) => [one.name, values[one.name]!]));

/** The words that ask for these values; empty while all are the check's own. */
export const wordsOf = (values: Values): string => (Object.keys(values).length ? JSON.stringify(values) : '');

type Props = { check: string; settings: Setting[]; values: Values; flagged: number; onChange: (values: Values) => void };

export function Settings({ check, settings, values, flagged, onChange }: Props) {
  const words = wordsOf(values);
  const { found, error } = useAsked(
    (signal) =>
      words ? told(client.GET('/api/findings/samples', { params: { query: { check, settings: words, count: 0 } }, signal })) : Promise.resolve(null),
    `${check} ${words}`,
    words ? 200 : 0,
  );
  if (!settings.length) return null;
  return (
    <details className="part settings" open={words !== ''}>
      <summary>
        Thresholds{' '}
        <output aria-live="polite">
          {words ? (error ? '' : found ? `${found.flagged.toLocaleString('en')} with these, ${flagged.toLocaleString('en')} with its own` : 'counting…') : <span className="dim">its own</span>}
        </output>
      </summary>
      {error && (
        <p className="refused" role="alert">
          {error}
        </p>
      )}
      {settings.map((one) => (
        <Field key={one.name} setting={one} value={values[one.name] ?? one.default} onChange={(value) => onChange(changedOnly(settings, { ...values, [one.name]: value }))} />
      ))}
      {words && (
        <p>
          <button onClick={() => onChange({})}>Its own again</button>{' '}
          <span className="dim">
            This is a look: filters such as <code>flagged_{check}</code> go by its own.
          </span>
        </p>
      )}
    </details>
  );
}

function Field({ setting, value, onChange }: { setting: Setting; value: boolean | number | string; onChange: (value: boolean | number | string) => void }) {
  const id = `setting-${setting.name}`;
  const title = setting.name.replaceAll('_', ' ');
  if (setting.kind === 'yes-no')
    return (
      <p className="field">
        <label htmlFor={id}>{title}</label>
        <input id={id} type="checkbox" checked={value === true} onChange={(event) => onChange(event.target.checked)} />
        <span className="dim">{setting.help}</span>
      </p>
    );
  if (setting.kind === 'text')
    return (
      <p className="field">
        <label htmlFor={id}>{title}</label>
        <input id={id} value={String(value)} onChange={(event) => onChange(event.target.value)} />
        <span className="dim">{setting.help}</span>
      </p>
    );
  const whole = setting.kind === 'whole number';
  const base = Number(setting.default);
  const tidy = (n: number) => (whole ? Math.round(n) : Number(n.toPrecision(3)));
  const at = base !== 0 && Number(value) / base > 0 ? Math.log(Number(value) / base) / Math.log(TIMES) : 0;
  return (
    <p className="field">
      <label htmlFor={id}>{title}</label>
      {base !== 0 && (
        <input
          type="range"
          aria-label={`${title}, from an eighth to eight times its own`}
          min={-STEPS}
          max={STEPS}
          value={Math.round(Math.max(-1, Math.min(1, at)) * STEPS)}
          onChange={(event) => onChange(tidy(base * TIMES ** (Number(event.target.value) / STEPS)))}
        />
      )}
      <input id={id} type="number" step={whole ? 1 : 'any'} value={Number(value)} onChange={(event) => event.target.value !== '' && onChange(tidy(Number(event.target.value)))} />
      <span className="dim">
        {setting.help} {value !== setting.default && `(its own: ${setting.default})`}
      </span>
    </p>
  );
}
