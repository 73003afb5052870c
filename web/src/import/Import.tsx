/** Import: files from this browser or a place on the machine of the server, looked at before, watched while, counted after. */
import { useEffect, useRef, useState } from 'react';
import { counted, useAsked } from '../asked';
import { news, overview, session } from '../live';
import { go, linkTo, usePlace } from '../place';
import { client, sentence, told, type Schemas } from '../server';
import { useStore } from '../store';
import { say } from '../toast';
import { Browse } from './Browse';
import { Job } from './Job';
import { Preview } from './Preview';
import { dropped, picked, send, sorted, stopUpload, upload, type Chosen } from './upload';
import './import.css';

export type SourceOf = { upload: string; root: number; path: string };

export function Import() {
  const known = useStore(overview);
  const who = useStore(session);
  const here = usePlace();
  const sending = useStore(upload);
  const more = here.more;
  if (!known || !who) return <p className="empty">one moment…</p>;
  if (who.role !== 'admin')
    return (
      <div className="empty">
        <h1>Import</h1>
        <p>{who.person} is a reviewer: whoever started the server imports.</p>
      </div>
    );
  const source: SourceOf | null = more['upload'] ? { upload: more['upload'], root: 0, path: '' } : more['path'] !== undefined && more['path'] !== '' ? { upload: '', root: Number(more['root'] ?? 0), path: more['path'] } : null;
  const busy = sending !== null && (sending.state === 'asking' || sending.state === 'sending');
  return (
    <div className="import-page">
      <h1>{known.samples || known.excluded ? 'Import more' : 'Import your first samples'}</h1>
      {more['job'] ? (
        <Job number={Number(more['job'])} />
      ) : (
        <>
          {!source && <Running />}
          <Sending />
          {source && !(busy && sending?.name === source.upload) ? <Preview key={JSON.stringify(source)} source={source} /> : !busy && <Choose />}
        </>
      )}
    </div>
  );
}

/** An import that is at work, or was when the page was left. */
function Running() {
  const heard = useStore(news);
  const { found } = useAsked((signal) => told(client.GET('/api/jobs', { signal })), `${heard}`);
  const job: Schemas['Job'] | undefined = found?.find((one) => one.verb === 'import' && (one.state === 'running' || one.state === 'waiting'));
  if (!job) return null;
  return (
    <p className="note">
      An import is at work: <a href={linkTo('import', { more: { job: String(job.number) } })}>watch it</a>
    </p>
  );
}

function Sending() {
  const now = useStore(upload);
  if (!now || (now.state === 'done' && !now.failed.length)) return null;
  const share = now.bytes ? now.sent / now.bytes : now.files ? now.done / now.files : 1;
  return (
    <section className="sending" aria-label="upload">
      <p role="status">
        <b className="break">{now.name}</b>{' '}
        {now.state === 'asking' ? 'looking what is there already…' : `${now.done.toLocaleString('en')} of ${counted(now.files, 'file')}, ${size(now.sent)} of ${size(now.bytes)}`}
        {now.state === 'stopped' && <span className="mark"> stopped: choose the same again, and what is there is not sent again</span>}
      </p>
      <progress value={share} max={1} aria-label="how much has been sent" />
      {(now.state === 'sending' || now.state === 'asking') && <button onClick={stopUpload}>Stop</button>}
      {now.failed.length > 0 && (
        <details className="refused" open>
          <summary>{counted(now.failed.length, 'file')} not sent</summary>
          <ul>
            {now.failed.slice(0, 20).map(({ path, why }) => (
              <li key={path} className="break">
                {path}: {why}
              </li>
            ))}
          </ul>
        </details>
      )}
    </section>
  );
}

function Choose() {
  const [ready, setReady] = useState<{ name: string; files: Chosen[] } | null>(null);
  const [over, setOver] = useState(false);
  const files = useRef<HTMLInputElement>(null);
  const folder = useRef<HTMLInputElement>(null);
  useEffect(() => folder.current?.setAttribute('webkitdirectory', ''), []);

  function take(chosen: Chosen[]): void {
    const found = sorted(chosen);
    if (found.files.length) setReady(found);
    else say('there are no files in this', 'bad');
  }

  async function begin(): Promise<void> {
    if (!ready) return;
    const name = ready.name.trim();
    const { files: some } = ready;
    setReady(null);
    try {
      await send(name, some);
      const now = upload.get();
      if (now?.state === 'done' && now.done > 0) go({ page: 'import', more: { upload: name } });
    } catch (error) {
      upload.set(null);
      say(sentence(error), 'bad');
    }
  }

  if (ready)
    return (
      <form
        className="ready"
        onSubmit={(event) => {
          event.preventDefault();
          void begin();
        }}
      >
        <p>
          {counted(ready.files.length, 'file')}, {size(ready.files.reduce((sum, { file }) => sum + file.size, 0))}
        </p>
        <label>
          Name of the source <input value={ready.name} required maxLength={150} onChange={(event) => setReady({ ...ready, name: event.target.value })} />
        </label>
        <button type="submit" className="main">
          Upload
        </button>
        <button type="button" onClick={() => setReady(null)}>
          Cancel
        </button>
        <p className="dim">The files are copied into the dataset's own folder; nothing is imported before you have seen a preview.</p>
      </form>
    );
  return (
    <>
      <section
        className={`drop${over ? ' over' : ''}`}
        aria-label="upload"
        onDragOver={(event) => {
          event.preventDefault();
          setOver(true);
        }}
        onDragLeave={() => setOver(false)}
        onDrop={(event) => {
          event.preventDefault();
          setOver(false);
          dropped(event.dataTransfer.items).then(take, (error: unknown) => say(sentence(error), 'bad'));
        }}
      >
        <p>Drop a folder, files or an archive here</p>
        <button className="main" onClick={() => folder.current?.click()}>
          Choose a folder
        </button>
        <button onClick={() => files.current?.click()}>Choose files or an archive</button>
        <input ref={folder} type="file" hidden aria-label="folder to upload" onChange={(event) => event.target.files && take(picked(event.target.files))} />
        <input ref={files} type="file" hidden multiple aria-label="files to upload" onChange={(event) => event.target.files && take(picked(event.target.files))} />
        <p className="dim">
          Pictures, recordings or texts: a folder per class, a list (CSV, TSV, JSON lines) of texts or beside files, a ZIP or tar of them, Parquet.
        </p>
      </section>
      <Browse />
    </>
  );
}

export function size(bytes: number): string {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB'];
  const power = bytes < 1000 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(bytes) / 3));
  return `${(bytes / 1000 ** power).toFixed(power && bytes / 1000 ** power < 10 ? 1 : 0)} ${units[power]}`;
}
