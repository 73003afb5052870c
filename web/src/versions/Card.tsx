/** The data card: what people say on it, and the page as it goes with an export. */
import { useState } from 'react';
import { head, overview, session } from '../live';
import { go, usePlace } from '../place';
import { BASE, client, sentence, told, type Schemas } from '../server';
import { useStore } from '../store';
import { say } from '../toast';
import { useTold, Waiting, when } from './Versions';

export function Card() {
  const here = usePlace();
  const at = useStore(head);
  const versions = useStore(overview)?.versions ?? [];
  const version = here.more['at'] || 'now';
  const [shown, setShown] = useState('');
  const { found, error } = useTold((signal) => told(client.GET('/api/card', { signal })), '');
  if (!found) return <Waiting error={error} />;
  const unset = found.filter((one) => !one.text).length;
  return (
    <>
      <details className="part" open={unset > 0}>
        <summary>What only people know{unset > 0 && `: ${unset} of ${found.length} are still to be said`}</summary>
        {found.map((one) => (
          <Field key={one.name} field={one} />
        ))}
      </details>
      <div className="line">
        <label>
          Card of{' '}
          <select value={version} onChange={(event) => go({ more: { ...here.more, at: event.target.value } })}>
            {[...new Set(['now', ...versions.map((one) => one.name), version])].map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </label>
        <span className="dim">
          Known problems are looked for by <code>trainset card</code> alone: that takes as long as an audit.
        </span>
      </div>
      {shown !== `${version} ${at}` && <p className="dim">one moment…</p>}
      <iframe key={`${version} ${at}`} className="card" onLoad={() => setShown(`${version} ${at}`)} title={`data card of ${version}`} sandbox="" src={`${BASE}/api/card/page?at=${encodeURIComponent(version)}`} />
    </>
  );
}

function Field({ field }: { field: Schemas['CardField'] }) {
  const who = useStore(session);
  const [text, setText] = useState<string | null>(null);
  async function keep(): Promise<void> {
    try {
      await told(client.POST('/api/card', { body: { field: field.name, text: text ?? '', reason: '' } }));
      setText(null);
    } catch (refused) {
      say(sentence(refused), 'bad');
    }
  }
  return (
    <div className="field">
      <b>{field.about}</b>{' '}
      {field.person && (
        <span className="dim">
          {field.person}, {when(field.at)}
        </span>
      )}{' '}
      {text === null && who?.role === 'admin' && (
        <button className="quiet" aria-label={`${field.text ? 'Change' : 'Say it'}: ${field.about}`} onClick={() => setText(field.text)}>
          {field.text ? 'Change' : 'Say it'}
        </button>
      )}
      {text === null ? (
        <p className="said break">{field.text || <span className="dim">nothing yet</span>}</p>
      ) : (
        <form
          onSubmit={(event) => {
            event.preventDefault();
            void keep();
          }}
        >
          <textarea autoFocus rows={4} value={text} aria-label={field.about} onChange={(event) => setText(event.target.value)} onKeyDown={(event) => event.key === 'Escape' && setText(null)} />
          <button type="submit">Keep</button>{' '}
          <button type="button" onClick={() => setText(null)}>
            Cancel
          </button>
        </form>
      )}
    </div>
  );
}
