/** What an import would read, with the choices that change it; then the import. */
import { useState } from 'react';
import { counted, useAsked } from '../asked';
import { go, linkTo } from '../place';
import { client, sentence, told } from '../server';
import { say } from '../toast';
import type { SourceOf } from './Import';

const OURS = ['path', 'text', 'label', 'split', 'contributor', 'id'] as const;
const MEANING = { path: 'file', text: 'text', label: 'label', split: 'split', contributor: 'who made it', id: 'id' };
const FOLDERS = [
  ['', 'found out by trainset'],
  ['labels', 'labels: a folder per class'],
  ['splits', 'splits: train, test, …'],
  ['splits/labels', 'splits with a folder per class in each'],
  ['none', 'nothing'],
] as const;
const CLASSES = 24;

/** `text=utterance,"label=of, them"`, as the formats take it. */
const mapText = (chosen: Record<string, string>): string =>
  Object.entries(chosen)
    .map(([ours, theirs]) => (/[",]/.test(theirs) ? `"${`${ours}=${theirs}`.replaceAll('"', '""')}"` : `${ours}=${theirs}`))
    .join(',');

export function Preview({ source }: { source: SourceOf }) {
  const [folders, setFolders] = useState('');
  const [map, setMap] = useState<Record<string, string>>({});
  const [name, setName] = useState('');
  const [starting, setStarting] = useState(false);
  const settings: Record<string, string> = { ...(folders ? { folders } : {}), ...(Object.keys(map).length ? { map: mapText(map) } : {}) };
  const words = JSON.stringify([source, settings]);
  const { found, error } = useAsked((signal) => told(client.POST('/api/preview', { body: { ...source, format: '', settings }, signal })), words, 100);

  async function start(): Promise<void> {
    setStarting(true);
    try {
      const from = source.upload ? { upload: source.upload } : { source: source.path, root: source.root };
      const job = await told(
        client.POST('/api/jobs', {
          body: { verb: 'import', arguments: { ...from, name: name.trim() || source.upload, settings, files: found?.more ? null : (found?.count ?? null) } },
        }),
      );
      go({ page: 'import', more: { job: String(job.number) } });
    } catch (refused) {
      say(sentence(refused), 'bad');
      setStarting(false);
    }
  }

  const unit = found?.unit === 'member' ? 'file' : (found?.unit ?? 'file');
  const title = source.upload || (source.path === '.' ? 'this folder' : source.path);
  if (error && !found)
    return (
      <div className="preview">
        <p className="refused" role="alert">
          {error}
        </p>
        <a href={linkTo('import')}>Choose something else</a>
      </div>
    );
  if (!found) return <p className="dim">looking at {title}…</p>;
  const mapping: Record<string, string> = { ...found.mapping, ...map };
  const labels = Object.entries(found.labels);
  const splits = Object.entries(found.splits);
  return (
    <section className="preview" aria-label="preview">
      <h2>
        <b className="break">{title}</b> · {found.unit === 'row' && found.title === 'Class folders' ? 'Lists of texts' : found.title}
      </h2>
      <p className="counts">
        <b>
          {found.more && 'more than '}
          {counted(found.count, unit)}
        </b>
        {Object.entries(found.media).length > 0 &&
          `: ${Object.entries(found.media)
            .map(([medium, n]) => `${n.toLocaleString('en')} ${medium === 'other' ? 'of no known kind' : medium}`)
            .join(', ')}`}
      </p>
      {found.trouble && (
        <p className="refused" role="alert">
          {found.trouble} {found.next}
        </p>
      )}
      {error && <p className="refused">{error}</p>}
      <div className="choices">
        {found.settings.includes('folders') && found.unit === 'file' && (
          <label>
            Folders mean{' '}
            <select value={folders} onChange={(event) => setFolders(event.target.value)}>
              {FOLDERS.map(([value, text]) => (
                <option key={value} value={value}>
                  {text}
                </option>
              ))}
            </select>
          </label>
        )}
        {found.columns.length > 0 && (
          <fieldset>
            <legend>Columns of the list</legend>
            {OURS.map((ours) => (
              <label key={ours}>
                {MEANING[ours]}{' '}
                <select value={mapping[ours] ?? ''} onChange={(event) => setMap({ ...map, [ours]: event.target.value })}>
                  <option value="">none</option>
                  {found.columns.map((column) => (
                    <option key={column}>{column}</option>
                  ))}
                </select>
              </label>
            ))}
          </fieldset>
        )}
        {!source.upload && (
          <label>
            Name of the source <input value={name} maxLength={150} placeholder="as the folder or file" onChange={(event) => setName(event.target.value)} />
          </label>
        )}
      </div>
      {(labels.length > 0 || splits.length > 0) && (
        <dl className="facts">
          {labels.length > 0 && (
            <>
              <dt>{counted(found.classes, 'class', 'classes')}</dt>
              <dd>
                {labels.slice(0, CLASSES).map(([label, n]) => (
                  <span key={label} className="tag">
                    {label} <span className="dim">{n.toLocaleString('en')}</span>
                  </span>
                ))}
                {found.classes > CLASSES && `and ${found.classes - CLASSES} more`}
              </dd>
            </>
          )}
          {found.unlabelled > 0 && (
            <>
              <dt>without label</dt>
              <dd>{found.unlabelled.toLocaleString('en')}</dd>
            </>
          )}
          <dt>splits</dt>
          <dd>{splits.length ? splits.map(([split, n]) => `${split} ${n.toLocaleString('en')}`).join(', ') : 'none given: 80 % train, 10 % validation, 10 % test are proposed'}</dd>
        </dl>
      )}
      {found.rows.length > 0 && (
        <div className="scroll">
          <table className="files">
            <caption className="unseen">the first of them</caption>
            <thead>
              <tr>
                <th>{found.rows[0]?.['text'] != null ? 'text' : 'file'}</th>
                <th>label</th>
                <th>split</th>
                <th>who made it</th>
              </tr>
            </thead>
            <tbody>
              {found.rows.map((row, n) => (
                <tr key={n}>
                  <td className="break">{row['text'] ?? row['path']}</td>
                  <td>{row['label']}</td>
                  <td>{row['split']}</td>
                  <td>{row['contributor']}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {found.remarks.length > 0 && (
        <ul className="about">
          {found.remarks.map((text, n) => (
            <li key={n} className="break">
              {text}
            </li>
          ))}
        </ul>
      )}
      {found.left_out_count > 0 && (
        <details>
          <summary>{counted(found.left_out_count, 'file or row', 'files and rows')} would be left out</summary>
          <ul className="about">
            {found.left_out.map((one, n) => (
              <li key={n} className="break">
                {one.name}: {one.outcome}
                {one.reason && `, ${one.reason}`}
              </li>
            ))}
          </ul>
        </details>
      )}
      <p className="go">
        <button className="main" disabled={starting || (found.count === 0 && found.trouble !== '')} onClick={() => void start()}>
          Import {found.count > 0 && !found.trouble ? counted(found.count, unit) : ''}
        </button>{' '}
        <a href={linkTo('import')}>Choose something else</a>
      </p>
      {source.upload && <p className="dim">An upload that was interrupted goes on when you choose the same files again.</p>}
    </section>
  );
}
