/** Any class by typing a part of its name, or a new one: for more classes than there are keys. */
import { useEffect, useMemo, useRef, useState } from 'react';

export function ClassPicker({ names, what, onPick, onClose }: { names: string[]; what: string; onPick: (name: string | null, isNew: boolean) => void; onClose: () => void }) {
  const [text, setText] = useState('');
  const [marked, setMarked] = useState(0);
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  const typed = text.trim();
  const found = useMemo(() => {
    const begun = typed.toLowerCase();
    const starts = names.filter((name) => name.toLowerCase().startsWith(begun));
    return [...starts, ...names.filter((name) => !starts.includes(name) && name.toLowerCase().includes(begun))];
  }, [names, typed]);
  const isNew = typed !== '' && !names.includes(typed);
  const lines = [...found.map((name) => ({ name, isNew: false })), ...(isNew ? [{ name: typed, isNew: true }] : [])];
  const at = Math.min(marked, lines.length - 1);
  return (
    <dialog ref={dialog} className="picker" aria-label={what} onClose={onClose} onClick={(event) => event.target === dialog.current && onClose()}>
      <input
        autoFocus
        value={text}
        placeholder="class"
        aria-label="part of the class's name"
        onChange={(event) => {
          setText(event.target.value);
          setMarked(0);
        }}
        onKeyDown={(event) => {
          if (event.key === 'ArrowDown') setMarked(Math.min(lines.length - 1, at + 1));
          else if (event.key === 'ArrowUp') setMarked(Math.max(0, at - 1));
          else if (event.key === 'Enter' && lines[at]) onPick(lines[at].name, lines[at].isNew);
          else return;
          event.preventDefault();
        }}
      />
      <ul role="listbox" aria-label="classes">
        {lines.map((line, n) => (
          <li
            key={`${line.isNew}${line.name}`}
            role="option"
            aria-selected={n === at}
            ref={(item) => {
              if (n === at) item?.scrollIntoView({ block: 'nearest' });
            }}
            onClick={() => onPick(line.name, line.isNew)}
          >
            {line.isNew ? (
              <>
                new class <b>{line.name}</b>
              </>
            ) : (
              line.name
            )}
          </li>
        ))}
      </ul>
      <button onClick={() => onPick(null, false)}>no label</button> <button onClick={onClose}>Cancel</button>
    </dialog>
  );
}
