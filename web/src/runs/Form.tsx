/** A form made of what the server says can be set: a new setting appears here without a change. */
import { useState } from 'react';
import type { Schemas } from '../server';
import { startJob, type Job } from './jobs';

type Told = Schemas['Form'];
type Field = Told['fields'][number];
type Value = string | string[];

const asText = (field: Field): Value => (field.kind === 'many' ? [] : field.default == null ? '' : String(field.default));

export function Form({ form, onStarted }: { form: Told; onStarted: (job: Job) => void }) {
  const [values, setValues] = useState<Record<string, Value>>(() => Object.fromEntries(form.fields.map((field) => [field.name, asText(field)])));
  const [more, setMore] = useState(false);
  const [busy, setBusy] = useState(false);
  const head = values['head'];
  const own = head === 'own'; // a command, of which nothing is set here
  const preset = form.presets[String(values['recipe'] ?? '')] ?? {};
  /** What a field is when nobody sets it: as the recipe says. */
  const base = (field: Field, of = preset): Value => (field.setting && field.name in of ? String(of[field.name] ?? '') : asText(field));
  const embedder = values['embedder'];
  const applies = (field: Field) => (own ? !field.setting : (!field.of || field.of === head) && (!field.of_embedder || field.of_embedder === embedder));
  const shown = form.fields.filter(applies);
  const plain = shown.filter((field) => !field.setting || field.name === 'head' || field.name === 'embedder');
  const rest = shown.filter((field) => !plain.includes(field));
  const wrong = shown.map((field) => [field, trouble(field, values[field.name] ?? '')] as const).filter(([, text]) => text);
  const changed = rest.filter((field) => String(values[field.name]) !== String(base(field))).length;
  const set = (name: string, value: Value) =>
    setValues((old) => {
      const next = { ...old, [name]: value };
      if (name === 'recipe') for (const field of form.fields) if (field.setting) next[field.name] = base(field, form.presets[String(value)] ?? {});
      return next;
    });

  async function start(): Promise<void> {
    const given: Record<string, unknown> = {};
    const settings: Record<string, unknown> = {};
    for (const field of shown) {
      const value = values[field.name] ?? '';
      if (field.setting ? String(value) === String(base(field)) : !value.length) continue; // as it is by itself, or as the recipe says
      (field.setting ? settings : given)[field.name] = field.kind === 'number' || field.kind === 'whole' ? (value === '' ? null : Number(value)) : value;
    }
    if (Object.keys(settings).length) given['settings'] = settings;
    setBusy(true);
    const job = await startJob(form.verb, given);
    setBusy(false);
    if (job) onStarted(job);
  }

  return (
    <form
      className="start-form"
      aria-label={form.title}
      onSubmit={(event) => {
        event.preventDefault();
        if (!wrong.length) void start();
      }}
    >
      {own && <p className="dim">This recipe is a command that was typed at this machine; it has no settings here.</p>}
      {!form.fields.length && <p className="dim">There is nothing to set.</p>}
      <div className="fields">
        {plain.map((field) => (
          <One key={field.name} field={field} value={values[field.name] ?? ''} onChange={(value) => set(field.name, value)} />
        ))}
      </div>
      {rest.length > 0 && (
        <details open={more} onToggle={(event) => setMore(event.currentTarget.open)}>
          <summary>
            All settings{changed > 0 && `, ${changed} changed`}
          </summary>
          <div className="fields">
            {rest.map((field) => (
              <One key={field.name} field={field} value={values[field.name] ?? ''} onChange={(value) => set(field.name, value)} />
            ))}
          </div>
        </details>
      )}
      {wrong.map(([field, text]) => (
        <p key={field.name} className="hint">
          {field.title}: {text}
        </p>
      ))}
      <button type="submit" className="go" disabled={busy || wrong.length > 0}>
        {form.title}
      </button>
    </form>
  );
}

function One({ field, value, onChange }: { field: Field; value: Value; onChange: (value: Value) => void }) {
  const id = `field-${field.name}`;
  const about = field.about && (
    <span id={`${id}-about`} className="about dim">
      {field.about}
    </span>
  );
  if (field.kind === 'many' && Array.isArray(value)) {
    return (
      <fieldset className="field">
        <legend>{field.title}</legend>
        {field.choices.length === 0 && <span className="dim">none yet: trainset version NAME names one</span>}
        {field.choices.map((choice) => (
          <label key={choice.value} className="tick">
            <input
              type="checkbox"
              checked={value.includes(choice.value)}
              onChange={(event) => {
                const wanted = new Set(event.target.checked ? [...value, choice.value] : value.filter((one) => one !== choice.value));
                const names = field.choices.map((one) => one.value).filter((one) => wanted.has(one));
                onChange(names.includes('now') ? [...names.filter((one) => one !== 'now'), 'now'] : names); // the older first
              }}
            />{' '}
            {choice.title}
          </label>
        ))}
        {about}
      </fieldset>
    );
  }
  const shared = { id, 'aria-describedby': field.about ? `${id}-about` : undefined };
  return (
    <div className="field">
      <label htmlFor={id}>{field.title}</label>
      {field.kind === 'choice' ? (
        <select {...shared} value={String(value)} onChange={(event) => onChange(event.target.value)}>
          {field.choices.map((choice) => (
            <option key={choice.value} value={choice.value}>
              {choice.title}
            </option>
          ))}
        </select>
      ) : (
        <input
          {...shared}
          type={field.kind === 'text' ? 'text' : 'number'}
          step={field.kind === 'whole' ? 1 : 'any'}
          min={field.least ?? undefined}
          max={field.most ?? undefined}
          value={String(value)}
          onChange={(event) => onChange(event.target.value)}
        />
      )}
      {about}
    </div>
  );
}

function trouble(field: Field, value: Value): string {
  if (field.kind === 'many') return value.length < field.fewest ? `tick at least ${field.fewest}` : '';
  if ((field.kind === 'number' || field.kind === 'whole') && value !== '') {
    const number = Number(value);
    if (Number.isNaN(number) || (field.kind === 'whole' && !Number.isInteger(number))) return field.kind === 'whole' ? 'a whole number' : 'a number';
    if (field.least !== null && number < field.least) return `at least ${field.least}`;
    if (field.most !== null && number > field.most) return `at most ${field.most.toLocaleString('en')}`;
  }
  return '';
}
