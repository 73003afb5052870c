/** How the selection is spread over each column: click a value or a bar, and it becomes a filter. */
import { useEffect, useState } from 'react';
import { head, news, overview } from '../live';
import { go, usePlace } from '../place';
import { client, sentence, told, type Column, type Facet } from '../server';
import { useStore } from '../store';
import { short } from './cells';

const OPEN = ['label', 'split', 'predicted'];
const FEW = 8;

export const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** Whether a filter is one of this column alone, as the facet makes them; what somebody typed of several columns is theirs. */
function isOf(column: Column, text: string): boolean {
  const bare = text.replace(/'(?:[^']|'')*'/g, "''");
  return !/ or /i.test(bare) && bare.split(/ and /i).every((part) => part.startsWith(`${column.name} `));
}

/** The values that a filter of `anyOf` lets through. */
function valuesIn(column: Column, text: string): string[] {
  const one = /^= ('(?:[^']|'')*')$/.exec(text.slice(column.name.length + 1))?.[1];
  const many = /^in \(('(?:[^']|'')*'(?:, '(?:[^']|'')*')*)\)$/.exec(text.slice(column.name.length + 1))?.[1];
  return one ? [one] : (many?.match(/'(?:[^']|'')*'/g) ?? []);
}

const anyOf = (column: Column, values: string[]): string => (values.length === 1 ? `${column.name} = ${values[0]}` : `${column.name} in (${values.join(', ')})`);

export function Facets({ onClose }: { onClose: () => void }) {
  const known = useStore(overview);
  if (!known) return <aside className="facets" aria-label="facets" />;
  const shown = known.columns.filter((column) => !['id', 'path', 'text', 'excluded', 'size'].includes(column.name));
  const findings = shown.filter((column) => column.name.startsWith('flagged_'));
  const measures = shown.filter((column) => column.kind !== 'text' && !findings.includes(column));
  const texts = shown.filter((column) => column.kind === 'text');
  return (
    <aside className="facets" aria-label="facets">
      <button className="close" onClick={onClose} aria-label="close the facets">
        ×
      </button>
      {texts.map((column) => (
        <One key={column.name} column={column} open={OPEN.includes(column.name)} />
      ))}
      <h2>Measures</h2>
      {measures.map((column) => (
        <One key={column.name} column={column} open={false} />
      ))}
      <h2>Findings</h2>
      {findings.map((column) => (
        <One key={column.name} column={column} open={false} />
      ))}
      <One column={{ name: 'excluded', title: 'excluded', kind: 'yes-no', unit: '', less: '', more: '', about: '' }} open={false} />
    </aside>
  );
}

function One({ column, open }: { column: Column; open: boolean }) {
  const [isOpen, setOpen] = useState(open);
  return (
    <details className="facet" open={isOpen} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary title={column.about}>{column.title}</summary>
      {isOpen && <Spread column={column} />}
    </details>
  );
}

function Spread({ column }: { column: Column }) {
  const here = usePlace();
  const at = useStore(head);
  const heard = useStore(news);
  const [found, setFound] = useState<Facet | null>(null);
  const [error, setError] = useState('');
  const [all, setAll] = useState(false);
  // a facet counts without its own filters, so that one can go over to another value
  const others = here.where.filter((text) => !isOf(column, text));
  const words = JSON.stringify([others, here.picked]);

  useEffect(() => {
    const control = new AbortController();
    const wait = setTimeout(() => {
      told(
        client.GET('/api/facets', {
          params: { query: { column: column.name, where: others, picked: here.picked.join(',') } },
          signal: control.signal,
        }),
      )
        .then((facet) => {
          setFound(facet);
          setError('');
        })
        .catch((refused: unknown) => control.signal.aborted || setError(sentence(refused)));
    }, 30);
    return () => {
      clearTimeout(wait);
      control.abort();
    };
  }, [column.name, words, at, heard]);

  if (error) return <p className="refused">{error}</p>;
  if (!found) return <p className="dim">counting…</p>;

  const own = here.where.filter((text) => isOf(column, text));
  const chosen = own.length === 1 ? valuesIn(column, own[0] ?? '') : [];

  function filter(text: string): void {
    go({ where: here.where.includes(text) ? others : [...others, text] });
  }

  /** A value alone; or one more of several, with Ctrl or Shift. */
  function click(value: string, several: boolean): void {
    const kept = several ? chosen : chosen.length === 1 ? chosen.filter((other) => other === value) : [];
    const values = kept.includes(value) ? kept.filter((other) => other !== value) : [...kept, value];
    go({ where: values.length ? [...others, anyOf(column, values)] : others });
  }

  if (found.edges.length) return <Bars column={column} found={found} filter={filter} active={here.where} />;
  const values = all ? found.values : found.values.slice(0, FEW);
  const most = Math.max(1, found.none, ...found.values.map((one) => one.count));
  const line = (name: string, count: number, text: string, value = '') => (
    <li key={text}>
      <button
        className="value"
        aria-pressed={here.where.includes(text) || chosen.includes(value)}
        onClick={(event) => (value ? click(value, event.ctrlKey || event.metaKey || event.shiftKey) : filter(text))}
        title={value ? `${name} (Ctrl+click: several)` : name}
      >
        <span className="bar" style={{ width: `${(100 * count) / most}%` }} />
        <span className="name">{name}</span>
        <span className="n">{count.toLocaleString('en')}</span>
      </button>
    </li>
  );
  return (
    <ul className="values">
      {values.map(({ value, count }) =>
        typeof value === 'boolean'
          ? line(value ? 'yes' : 'no', count, `${column.name} = ${value}`)
          : line(value ?? '', count, `${column.name} = ${quoted(value ?? '')}`, quoted(value ?? '')),
      )}
      {found.none > 0 && line('none', found.none, `${column.name} is null`)}
      {found.values.length > FEW && (
        <li>
          <button className="quiet" onClick={() => setAll(!all)}>
            {all ? 'fewer' : `all ${(found.values.length + (found.others ? 1 : 0)).toLocaleString('en')}`}
          </button>
        </li>
      )}
      {all && found.others > 0 && <li className="dim">{found.others.toLocaleString('en')} samples of further values</li>}
      {!found.values.length && !found.none && <li className="dim">no samples</li>}
    </ul>
  );
}

function Bars({ column, found, filter, active }: { column: Column; found: Facet; filter: (text: string) => void; active: string[] }) {
  const most = Math.max(1, ...found.counts);
  const [from, setFrom] = useState<number | null>(null);
  const [to, setTo] = useState<number | null>(null);
  const low = Math.min(from ?? 0, to ?? 0);
  const high = Math.max(from ?? 0, to ?? 0);

  function take(): void {
    if (from === null) return;
    setFrom(null);
    setTo(null);
    const last = found.counts.length - 1;
    const above = low > 0 ? `${column.name} >= ${number(found.edges[low] ?? 0)}` : '';
    const below = high < last ? `${column.name} < ${number(found.edges[high + 1] ?? 0)}` : '';
    const text = above && below ? `${above} and ${below}` : above || below || `${column.name} is not null`;
    filter(text);
  }

  return (
    <div className="histogram">
      <svg
        viewBox={`0 0 ${found.counts.length} 40`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`${column.title}: ${short(found.edges[0] ?? 0)} to ${short(found.edges.at(-1) ?? 0)} ${column.unit}`}
        onPointerUp={take}
        onPointerLeave={() => {
          setFrom(null);
          setTo(null);
        }}
      >
        {found.counts.map((count, n) => (
          <g
            key={n}
            onPointerDown={(event) => {
              event.preventDefault();
              setFrom(n);
              setTo(n);
            }}
            onPointerEnter={() => from !== null && setTo(n)}
          >
            <title>{`${short(found.edges[n] ?? 0)} to ${short(found.edges[n + 1] ?? 0)} ${column.unit}: ${count.toLocaleString('en')}`}</title>
            <rect x={n} y={0} width={1} height={40} className={from !== null && n >= low && n <= high ? 'marked' : 'ground'} />
            <rect x={n + 0.06} y={40 - (38 * count) / most - (count ? 2 : 0)} width={0.88} height={(38 * count) / most + (count ? 2 : 0)} className="fill" />
          </g>
        ))}
      </svg>
      <div className="ends dim">
        <span>{short(found.edges[0] ?? 0)}</span>
        <span>{column.unit}</span>
        <span>{short(found.edges.at(-1) ?? 0)}</span>
      </div>
      <div className="ends">
        <button className="quiet" onClick={() => go({ sort: column.name })} title={column.less}>
          smallest first
        </button>
        <button className="quiet" onClick={() => go({ sort: `-${column.name}` })} title={column.more}>
          largest first
        </button>
        {active.some((text) => isOf(column, text)) && (
          <button className="quiet" onClick={() => go({ where: active.filter((text) => !isOf(column, text)) })}>
            any
          </button>
        )}
      </div>
      {found.none > 0 && <p className="dim">{found.none.toLocaleString('en')} without</p>}
    </div>
  );
}

const number = (value: number): string => String(Number(value.toPrecision(6)));
