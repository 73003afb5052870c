/** What became of every file and row, import by import. */
import { useEffect, useState } from 'react';
import { useAsked } from '../asked';
import { head, news } from '../live';
import { quoted } from '../look/Facets';
import { go, linkTo, usePlace } from '../place';
import { client, sentence, told, type Schemas } from '../server';
import { useStore } from '../store';
import { say } from '../toast';

type Import = Schemas['Import'];
type FileOrRow = Schemas['FileOrRow'];
type Count = Schemas['Count'];

const TOGETHER = 100;

export function Imports() {
  const at = useStore(head);
  const heard = useStore(news);
  const here = usePlace();
  const { found, error } = useAsked((signal) => told(client.GET('/api/imports', { signal })), `${at} ${heard}`, 60);
  if (error)
    return (
      <p className="refused empty" role="alert">
        {error}
      </p>
    );
  if (!found) return <p className="empty">one moment…</p>;
  if (!found.length)
    return (
      <div className="empty">
        <h1>Nothing was imported yet</h1>
        <p>
          <a href={linkTo('import')}>Import</a> a folder, a list or an archive: every file and row of it is listed here with what became of it.
        </p>
      </div>
    );
  const [name = '', kind = '', outcome = ''] = (here.more['outcome'] ?? '').split('/');
  return (
    <section className="imports">
      <h1>Imports</h1>
      {found.map((one) => (
        <One key={one.name} one={one} kind={one.name === name ? kind : ''} outcome={one.name === name ? outcome : ''} />
      ))}
    </section>
  );
}

function One({ one, kind, outcome }: { one: Import; kind: string; outcome: string }) {
  return (
    <article className="import">
      <h2>
        <b className="break">{one.source || 'a source'}</b> <time dateTime={one.at}>{new Date(one.at).toLocaleString()}</time>{' '}
        {one.action === null ? 'brought nothing new' : `#${one.action}`} {one.undone && <span className="mark">undone</span>}
      </h2>
      <Counts counts={one.counts} kind={kind} outcome={outcome} onOpen={(count) => go({ more: { part: 'imports', outcome: count.kind === kind && count.outcome === outcome ? '' : `${one.name}/${count.kind}/${count.outcome}` } })} />
      {outcome && <Files name={one.name} source={one.source} kind={kind} outcome={outcome} inside={one.counts.some((count) => count.outcome === outcome && count.inside)} total={one.counts.find((count) => count.kind === kind && count.outcome === outcome)?.count ?? 0} />}
    </article>
  );
}

export function Counts({ counts, kind, outcome, onOpen }: { counts: Count[]; kind: string; outcome: string; onOpen: (count: Count) => void }) {
  return (
    <ul className="outcomes">
      {counts.map((count) => (
        <li key={`${count.kind}${count.outcome}`}>
          <button aria-pressed={count.kind === kind && count.outcome === outcome} onClick={() => onOpen(count)} className={count.bad ? 'bad' : ''}>
            <span aria-hidden="true">{count.inside ? '✓' : count.bad ? '!' : '–'}</span> {count.count.toLocaleString('en')} {count.kind === 'row' ? (count.count === 1 ? 'row' : 'rows') : count.count === 1 ? 'file' : 'files'} {count.outcome}
          </button>
        </li>
      ))}
    </ul>
  );
}

export function Files({ name, source, kind, outcome, inside, total }: { name: string; source: string; kind: string; outcome: string; inside: boolean; total: number }) {
  const [rows, setRows] = useState<FileOrRow[] | null>(null);
  const [error, setError] = useState('');
  const ask = (first: number, signal?: AbortSignal) => told(client.GET('/api/imports/outcomes', { params: { query: { name, kind, outcome, first, count: TOGETHER } }, signal }));
  useEffect(() => {
    const control = new AbortController();
    ask(0, control.signal).then(setRows, (refused: unknown) => control.signal.aborted || setError(sentence(refused)));
    return () => control.abort();
  }, [name, kind, outcome]);
  if (error) return <p className="refused">{error}</p>;
  if (!rows) return <p className="dim">one moment…</p>;
  const remarks = rows.some((row) => row.reason || row.remarks.length);
  return (
    <>
      {inside && (
        <p>
          <a href={linkTo('look', { where: [`source = ${quoted(source)}`], sort: '', seed: -1, picked: [] })}>See the samples of this source in Look</a>
        </p>
      )}
      <table className="files">
        <caption className="unseen">{outcome}</caption>
        <thead>
          <tr>
            <th>{kind === 'row' ? 'row' : 'file'}</th>
            {remarks && <th>reason</th>}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, n) => (
            <tr key={n}>
              <td className="break">
                {row.sample ? <a href={linkTo('look', { where: [], sort: '', picked: [row.sample], sample: row.sample })}>{placeOf(row)}</a> : placeOf(row)}
              </td>
              {remarks && <td className="break">{[row.reason, ...row.remarks].filter(Boolean).join('; ')}</td>}
            </tr>
          ))}
        </tbody>
      </table>
      {rows.length < total && (
        <p>
          <button
            onClick={() =>
              void ask(rows.length).then(
                (more) => setRows([...rows, ...more]),
                (refused: unknown) => say(sentence(refused), 'bad'),
              )
            }
          >
            {TOGETHER} more of {total.toLocaleString('en')}
          </button>
        </p>
      )}
    </>
  );
}

const placeOf = (row: FileOrRow): string => (row.row === null ? row.name : `${row.name}, row ${row.row}`);
