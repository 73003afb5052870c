/** The filters as removable chips, one more being typed with names completed, the order, and another draw. */
import { Suspense, lazy, useEffect, useId, useMemo, useRef, useState } from 'react';
import { useCommands, type Command } from '../keys';
import { overview } from '../live';
import { counted } from '../asked';
import { go, usePlace } from '../place';
import { client, Refused, told, type Column, type Overview } from '../server';
import { useStore } from '../store';
import { load, saved, type Saved } from './saved';

const Selections = lazy(() => import('./Selections').then((m) => ({ default: m.Selections })));

const WORDS = ['and', 'or', 'not', 'in', 'between', 'is null', 'is not null', 'like'];

type Offer = { text: string; about: string };

/** What may stand at the end of a filter that is being typed: columns, functions, words, and values after `label =`. */
export function offers(text: string, known: Overview, named: Saved[] = []): { at: number; found: Offer[] } {
  const value = /(label|predicted|split|source_label)\s*(?:=|<>|!=|in\s*\()\s*'([^']*)$/i.exec(text);
  if (value) {
    const names = value[1]?.toLowerCase() === 'split' ? Object.keys(known.splits).filter(Boolean) : known.classes.map((one) => one.name);
    const begun = (value[2] ?? '').toLowerCase();
    const found = names.filter((name) => name.toLowerCase().startsWith(begun)).slice(0, 12);
    return { at: text.length - (value[2]?.length ?? 0) - 1, found: found.map((name) => ({ text: `'${name.replaceAll("'", "''")}'`, about: 'value' })) };
  }
  const word = /[A-Za-z_][A-Za-z0-9_]*(?:\.(?:"[^"]*|[A-Za-z0-9_]*))?$/.exec(text)?.[0] ?? '';
  if (!word) return { at: text.length, found: [] };
  const begun = word.toLowerCase();
  const all: Offer[] = [
    ...known.columns.map((column) => ({ text: column.name, about: column.unit ? `${column.title}, ${column.unit}` : column.title })),
    ...named.map((one) => ({ text: one.filter, about: 'saved selection' })),
    ...known.functions.map((name) => ({ text: `${name}(`, about: 'function' })),
    ...WORDS.map((name) => ({ text: name, about: '' })),
  ];
  const starts = all.filter((one) => one.text.toLowerCase().startsWith(begun));
  const inside = begun.length > 2 ? all.filter((one) => !one.text.toLowerCase().startsWith(begun) && `${one.text} ${one.about}`.toLowerCase().includes(begun)) : [];
  return { at: text.length - word.length, found: [...starts, ...inside].filter((one) => one.text !== word).slice(0, 12) };
}

/** `plain`: without an order, where there is none. `total`: of the selection; null: not known yet. */
export function FilterBar({ total, moved = false, onRefresh, plain = false }: { total?: number | null; moved?: boolean; onRefresh?: () => void; plain?: boolean }) {
  const here = usePlace();
  const known = useStore(overview);
  const [listed, setListed] = useState(false);
  const signedIn = known !== null;
  useEffect(() => {
    if (signedIn) void load();
  }, [signedIn]);
  const mine: Command[] = useMemo(
    () => [{ id: 'selections', title: 'save the selection, or open a saved one', keys: ['Shift+s'], run: () => setListed(true), group: 'Everywhere' }],
    [],
  );
  useCommands(mine);
  if (!known) return null;
  const sorted = here.sort.replace(/^-/, '');
  const orders = known.columns.filter((column) => column.kind === 'number' || ['label', 'predicted', 'split', 'path'].includes(column.name));
  return (
    <div className="filterbar">
      <Typed known={known} onAdd={(text) => go({ where: [...here.where, text] })} />
      {!plain && (
        <>
          <label className="order">
            <span className="dim">order</span>
            <select
              value={sorted || (here.seed < 0 ? ' import' : ' draw')}
              onChange={(event) => {
                const value = event.target.value;
                go(value === ' draw' ? { sort: '', seed: 0 } : value === ' import' ? { sort: '', seed: -1 } : { sort: value });
              }}
            >
              <option value=" draw">at random</option>
              <option value=" import">as imported</option>
              {sorted && !orders.some((column) => column.name === sorted) && <option value={sorted}>{sorted}</option>}
              {orders.map((column) => (
                <option key={column.name} value={column.name}>
                  {column.title}
                </option>
              ))}
            </select>
          </label>
          {sorted ? (
            <button onClick={() => go({ sort: here.sort.startsWith('-') ? sorted : `-${sorted}` })} title={meaning(known.columns, here.sort)}>
              {here.sort.startsWith('-') ? 'largest first' : 'smallest first'}
            </button>
          ) : (
            <button onClick={() => go({ sort: '', seed: 1 + Math.floor(Math.random() * 999_999) })}>
              Shuffle <kbd>s</kbd>
            </button>
          )}
        </>
      )}
      {total !== undefined && (
        <span className="count" role="status">
          {total === null ? '…' : counted(total, 'sample')}
        </span>
      )}
      {moved && (
        <button className="quiet" onClick={onRefresh} title="Labels have changed since this order was made; samples stay where they are until you ask">
          Update order
        </button>
      )}
      <button className="saved" onClick={() => setListed(true)} title="save the selection under a name, or open a saved one (Shift+S)">
        Selections…
      </button>
      {listed && (
        <Suspense fallback={null}>
          <Selections total={total ?? null} onClose={() => setListed(false)} />
        </Suspense>
      )}
      {(here.where.length > 0 || here.picked.length > 0) && (
        <ul className="chips" aria-label="filters">
          {here.picked.length > 0 && <Chip text={`${here.picked.length} picked`} onRemove={() => go({ picked: [] })} />}
          {here.where.map((text) => (
            <Chip key={text} text={text} onRemove={() => go({ where: here.where.filter((other) => other !== text) })} />
          ))}
          <li>
            <button className="quiet" onClick={() => go({ where: [], picked: [] })}>
              Clear
            </button>
          </li>
        </ul>
      )}
    </div>
  );
}

function meaning(columns: Column[], sort: string): string {
  const column = columns.find((one) => one.name === sort.replace(/^-/, ''));
  return column ? [column.about, column.less && `small: ${column.less}`, column.more && `large: ${column.more}`].filter(Boolean).join('; ') : '';
}

function Chip({ text, onRemove }: { text: string; onRemove: () => void }) {
  return (
    <li className="chip">
      <span title={text}>{text}</span>
      <button aria-label={`remove the filter ${text}`} onClick={onRemove}>
        ×
      </button>
    </li>
  );
}

function Typed({ known, onAdd }: { known: Overview; onAdd: (text: string) => void }) {
  const [text, setText] = useState('');
  const [error, setError] = useState<Refused | null>(null);
  const [open, setOpen] = useState(false);
  const [marked, setMarked] = useState(-1);
  const input = useRef<HTMLInputElement>(null);
  const list = useId();
  const named = useStore(saved);
  const { at, found } = useMemo(() => (open ? offers(text, known, named) : { at: 0, found: [] }), [open, text, known, named]);
  useEffect(() => setMarked(-1), [text]);

  function take(offer: Offer): void {
    const rest = offer.text.endsWith('(') || offer.text.startsWith("'") ? '' : ' ';
    setText(text.slice(0, at) + offer.text + rest);
    input.current?.focus();
  }

  async function add(): Promise<void> {
    const typed = text.trim();
    if (!typed) return;
    try {
      await told(client.GET('/api/samples', { params: { query: { where: [typed], count: 0, seed: -1 } } }));
    } catch (refused) {
      setError(refused instanceof Refused ? refused : null);
      setOpen(false);
      return;
    }
    setText('');
    setOpen(false);
    onAdd(typed);
  }

  return (
    <div className="typed">
      <input
        ref={input}
        id="filter"
        value={text}
        placeholder="filter, such as  label = 'cat' and sharpness < 0.1"
        aria-label="filter"
        role="combobox"
        aria-expanded={found.length > 0}
        aria-controls={list}
        aria-activedescendant={marked >= 0 ? `${list}-${marked}` : undefined}
        aria-invalid={error !== null}
        autoComplete="off"
        spellCheck={false}
        onChange={(event) => {
          setText(event.target.value);
          setError(null);
          setOpen(true);
        }}
        onBlur={() => setTimeout(() => setOpen(false), 150)}
        onKeyDown={(event) => {
          const offer = found[marked < 0 ? 0 : marked];
          if (event.key === 'ArrowDown' && found.length) setMarked((marked + 1) % found.length);
          else if (event.key === 'ArrowUp' && found.length) setMarked((marked - 1 + found.length) % found.length);
          else if (event.key === 'Tab' && offer && open && !event.shiftKey) take(offer);
          else if (event.key === 'Enter' && marked >= 0 && offer) take(offer);
          else if (event.key === 'Enter') void add();
          else if (event.key === 'Escape') {
            if (open && found.length) setOpen(false);
            else input.current?.blur();
          } else return;
          event.preventDefault();
        }}
      />
      <ul className="offers" id={list} role="listbox" aria-label="completions" hidden={!found.length}>
        {found.map((offer, n) => (
          <li
            key={offer.text}
            id={`${list}-${n}`}
            role="option"
            aria-selected={n === marked}
            onMouseDown={(event) => {
              event.preventDefault();
              take(offer);
            }}
          >
            <code>{offer.text}</code> <span className="dim">{offer.about}</span>
          </li>
        ))}
      </ul>
      {error && (
        <p className="refused" role="alert">
          <b>{error.problem.error}</b>
          {error.problem.detail && <span>{error.problem.detail}</span>}
          {error.problem.next && <span>{error.problem.next}</span>}
        </p>
      )}
    </div>
  );
}
