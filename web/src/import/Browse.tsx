/** A place on the server's machine, below the folders that it was started for: where files lie there is nothing to upload. */
import { useState } from 'react';
import { useAsked } from '../asked';
import { go } from '../place';
import { client, told } from '../server';
import { size } from './Import';

export function Browse() {
  const [root, setRoot] = useState(0);
  const [path, setPath] = useState('');
  const roots = useAsked((signal) => told(client.GET('/api/roots', { signal })), '');
  const { found, error } = useAsked((signal) => told(client.GET('/api/folder', { params: { query: { root, path } }, signal })), `${root} ${path}`);
  const several = (roots.found ?? []).length > 1;
  const parts = path ? path.split('/') : [];
  const entries = (found?.entries ?? []).filter((one) => !(one.folder && one.name.endsWith('.trainset'))); // datasets are no sources
  const below = (name: string) => (path ? `${path}/${name}` : name);
  return (
    <section className="browse" aria-label="a place on the server's machine">
      <h2>or a place on the machine where trainset runs</h2>
      <nav className="trail" aria-label="folder">
        {roots.found?.map((one) => (
          <button
            key={one.number}
            className={several ? 'root' : 'link'}
            aria-pressed={several ? one.number === root : undefined}
            onClick={() => {
              setRoot(one.number);
              setPath('');
            }}
          >
            {one.name}
          </button>
        ))}
        {parts.map((part, n) => (
          <span key={n}>
            {' / '}
            <button className="link" onClick={() => setPath(parts.slice(0, n + 1).join('/'))}>
              {part}
            </button>
          </span>
        ))}
        <span className="space" />
        <button onClick={() => go({ page: 'import', more: { root: String(root), path: path || '.' } })}>Look at this folder</button>
      </nav>
      {error && (
        <p className="refused" role="alert">
          {error}
        </p>
      )}
      <ul className="entries">
        {entries.map((one) => (
          <li key={one.name}>
            {one.folder ? (
              <button onClick={() => setPath(below(one.name))}>
                <span aria-hidden="true">▸</span> <span className="cut">{one.name}</span>
                <span className="unseen"> folder</span>
              </button>
            ) : (
              <button onClick={() => go({ page: 'import', more: { root: String(root), path: below(one.name) } })}>
                <span className="cut">{one.name}</span> <span className="dim">{size(one.size ?? 0)}</span>
              </button>
            )}
          </li>
        ))}
        {found && !entries.length && <li className="dim">nothing in it</li>}
        {found?.more && <li className="dim">and more</li>}
      </ul>
      <p className="dim">
        Other folders: start with <code>trainset serve --allow-root DIR</code>.
      </p>
    </section>
  );
}
