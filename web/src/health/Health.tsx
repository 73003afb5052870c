/** Health: what is wrong with the set, worst first; duplicates side by side; what became of every file. */
import { useMemo } from 'react';
import { counted, useAsked } from '../asked';
import { head, news, overview } from '../live';
import { FilterBar } from '../look/FilterBar';
import { go, linkTo, usePlace } from '../place';
import { client, sentence, told, type Schemas } from '../server';
import { useStore } from '../store';
import { say } from '../toast';
import { Check } from './Check';
import { Imports } from './Imports';
import { Pairs } from './Pairs';
import './health.css';

const PARTS = [
  { name: '', title: 'Findings' },
  { name: 'duplicates', title: 'Duplicates' },
  { name: 'imports', title: 'Imports' },
];

export type Found = Schemas['Health'];
export type CheckOf = Schemas['Check'];

export function Health() {
  const known = useStore(overview);
  const here = usePlace();
  if (!known) return <p className="empty">one moment…</p>;
  const part = here.more['part'] ?? '';
  const empty = !known.samples && !known.excluded;
  return (
    <div className="health">
      <nav className="parts" aria-label="parts of this page">
        {PARTS.map(({ name, title }) => (
          <a key={name} href={linkTo('health', { more: name ? { part: name } : {} })} aria-current={part === name ? 'true' : undefined}>
            {title}
          </a>
        ))}
      </nav>
      {part === 'imports' ? (
        <Imports />
      ) : empty ? (
        <div className="empty">
          <h1>Nothing to check yet</h1>
          <p>
            The checks look at samples: <a href={linkTo('import')}>import some</a>. What could not be read is listed under <a href={linkTo('health', { more: { part: 'imports' } })}>Imports</a>.
          </p>
        </div>
      ) : part === 'duplicates' ? (
        <Pairs medium={known.medium} />
      ) : (
        <Findings medium={known.medium} names={known.classes.map((one) => one.name)} />
      )}
    </div>
  );
}

function Findings({ medium, names }: { medium: string; names: string[] }) {
  const here = usePlace();
  const at = useStore(head);
  const heard = useStore(news);
  const query = { where: here.where, picked: here.picked.join(',') };
  const { found, error } = useAsked((signal) => told(client.GET('/api/findings', { params: { query }, signal })), JSON.stringify([at, heard, query]), 60);
  const chosen = here.more['check'] ?? '';
  const groups = useMemo(() => grouped(found), [found]);
  if (!found)
    return error ? (
      <div>
        <FilterBar plain />
        <p className="refused empty" role="alert">
          {error}
        </p>
      </div>
    ) : (
      <p className="empty">one moment…</p>
    );
  const shown = found.checks.find((one) => one.check === chosen) ?? groups.flagged[0] ?? groups.about[0];
  return (
    <div className="findings-page">
      <div className="selection">
        <FilterBar plain />
        {(here.where.length > 0 || here.picked.length > 0) && <p className="dim">Findings of these samples alone. What is said of the set, and of files, is of all.</p>}
        {error && <p className="refused" role="alert">{error}</p>}
      </div>
      <aside className="checks" aria-label="checks">
        <State found={found} />
        <Group title="Found" checks={groups.flagged} shown={shown?.check} open />
        <Group title="About the set" checks={groups.about} shown={shown?.check} open />
        <Group title="Nothing found" checks={groups.clean} shown={shown?.check} open={false} />
        <Group title="Still looking" checks={groups.waiting} shown={shown?.check} open={false} />
        <Group title="Could not look" checks={groups.skipped} shown={shown?.check} open={false} />
      </aside>
      <section className="check" aria-live="off">
        {shown ? (
          <Check key={shown.check} check={shown} medium={medium} names={names} of={found.at} />
        ) : (
          <div className="empty">
            <h1>{found.looking ? 'Looking…' : 'No check found anything'}</h1>
            <p>{found.looking ? 'Findings are shown as they come.' : 'Checks that could not look say why at the left.'}</p>
          </div>
        )}
      </section>
    </div>
  );
}

type Groups = { flagged: CheckOf[]; about: CheckOf[]; clean: CheckOf[]; waiting: CheckOf[]; skipped: CheckOf[] };

function grouped(found: Found | null): Groups {
  const groups: Groups = { flagged: [], about: [], clean: [], waiting: [], skipped: [] };
  for (const one of found?.checks ?? []) {
    if (one.waiting) groups.waiting.push(one);
    else if (one.skipped) groups.skipped.push(one);
    else if (one.flagged || one.bad) groups.flagged.push(one);
    else if (one.about.length) groups.about.push(one);
    else groups.clean.push(one);
  }
  return groups;
}

function State({ found }: { found: Found }) {
  const ran = found.checks.filter((one) => !one.waiting).length;
  async function again(): Promise<void> {
    try {
      await told(client.POST('/api/findings/again', { body: { check: '' } }));
      news.update((n) => n + 1);
    } catch (error) {
      say(sentence(error), 'bad');
    }
  }
  return (
    <div className="state" role="status">
      {found.looking ? (
        <>
          <progress value={ran} max={found.checks.length} aria-label="checks that have run" />
          <span>
            {ran} of {found.checks.length} checks
          </span>
        </>
      ) : (
        <span>
          {found.at < 0 ? 'not looked yet' : `as of #${found.at}`}
          {found.behind > 0 && `; ${counted(found.behind, 'change')} since`}
        </span>
      )}
      {!found.looking && (found.behind > 0 || found.at < 0 || found.trouble) && <button onClick={() => void again()}>Check again</button>}
      {found.trouble && <p className="refused">{found.trouble}</p>}
    </div>
  );
}

function Group({ title, checks, shown, open }: { title: string; checks: CheckOf[]; shown: string | undefined; open: boolean }) {
  if (!checks.length) return null;
  return (
    <details className="group" open={open || checks.some((one) => one.check === shown)}>
      <summary>
        {title} <span className="dim">{checks.length}</span>
      </summary>
      <ul>
        {checks.map((one) => (
          <li key={one.check}>
            <a
              href={linkTo('health', { more: { check: one.check } })}
              aria-current={one.check === shown ? 'true' : undefined}
              onClick={(event) => {
                event.preventDefault();
                go({ more: { check: one.check } });
              }}
            >
              <span className="name">{one.title}</span>
              {(one.flagged > 0 || one.bad > 0) && <span className="n">{(one.flagged || one.bad).toLocaleString('en')}</span>}
            </a>
          </li>
        ))}
      </ul>
    </details>
  );
}
