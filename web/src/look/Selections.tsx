/** The saved selections: save what is shown, open one, rename it, take it away. */
import { useEffect, useRef, useState } from 'react';
import { counted } from '../asked';
import { usePlace } from '../place';
import { useStore } from '../store';
import { chosen } from './chosen';
import { load, open, remove, rename, save, saved, type Saved } from './saved';

export function Selections({ total, onClose }: { total: number | null; onClose: () => void }) {
  const known = useStore(saved);
  const picked = useStore(chosen);
  const here = usePlace();
  const [name, setName] = useState('');
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    dialog.current?.showModal();
    void load();
  }, []);
  const some = !picked.all && picked.ids.size > 0;
  const typed = name.trim();
  const there = known.some((one) => one.name === typed);
  const what = some ? `the ${counted(picked.ids.size, 'selected sample')}` : total === null ? 'what is shown' : `what is shown: ${counted(total, 'sample')}`;
  return (
    <dialog ref={dialog} className="selections" aria-labelledby="selections-title" onClose={onClose} onClick={(event) => event.target === dialog.current && onClose()}>
      <h1 id="selections-title">Selections</h1>
      <form
        className="asking"
        onSubmit={(event) => {
          event.preventDefault();
          if (typed) void save(typed, there).then((done) => done && setName(''));
        }}
      >
        <input autoFocus required maxLength={200} value={name} placeholder="name, such as too dark" aria-label="name of the selection" onChange={(event) => setName(event.target.value)} />
        <button type="submit">{there ? 'Replace' : 'Save'}</button>
      </form>
      <p className="dim">
        {there ? `${typed} is there already; it becomes ` : 'Saves '}
        {what}
        {!some && (here.where.length > 0 || here.picked.length > 0) && (here.picked.length > 0 ? ' (these samples)' : ' (and what the filter holds for later)')}.
      </p>
      {known.length === 0 && <p>Nothing is saved yet.</p>}
      <ul>
        {known.map((one) => (
          <Line key={one.name} one={one} onOpen={() => (open(one), onClose())} />
        ))}
      </ul>
      <button onClick={onClose}>Close</button>
    </dialog>
  );
}

function Line({ one, onOpen }: { one: Saved; onOpen: () => void }) {
  const [to, setTo] = useState<string | null>(null);
  return (
    <li>
      {to === null ? (
        <button className="link break" onClick={onOpen}>
          {one.name}
        </button>
      ) : (
        <form
          className="asking"
          onSubmit={(event) => {
            event.preventDefault();
            if (to.trim() && to.trim() !== one.name) void rename(one, to.trim());
            setTo(null);
          }}
        >
          <input
            autoFocus
            required
            maxLength={200}
            value={to}
            aria-label={`another name for ${one.name}`}
            onChange={(event) => setTo(event.target.value)}
            onKeyDown={(event) => {
              if (event.key !== 'Escape') return;
              event.preventDefault(); // the field is closed, not the dialog
              setTo(null);
            }}
          />
          <button type="submit">Rename</button>
        </form>
      )}
      <p className="dim break">
        <code>{one.where}</code>
        {one.sort && ` · by ${one.sort.replace(/^-/, '')}${one.sort.startsWith('-') ? ', largest first' : ''}`} · {counted(one.samples, 'sample')} when {one.person} saved it
      </p>
      <div>
        <button className="quiet" aria-label={`rename ${one.name}`} onClick={() => setTo(one.name)}>
          Rename
        </button>
        <button className="quiet" aria-label={`remove ${one.name}`} onClick={() => void remove(one)}>
          Remove
        </button>
      </div>
    </li>
  );
}
