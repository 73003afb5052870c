/** What changed, group by group: some of the samples with their old and new value, and a link to all of them. */
import { useEffect, useState } from 'react';
import { overview } from '../live';
import { Thumb } from '../look/Thumb';
import { linkTo } from '../place';
import { client, told, type Sample, type Schemas } from '../server';
import { useStore } from '../store';
import { many, when } from './Versions';

type Group = Schemas['Group'];
type Now = Schemas['Now'];

export function Groups({ changes, attributed = true }: { changes: Schemas['Changes']; attributed?: boolean }) {
  if (!changes.groups.length) return <p className="dim">No sample is different.</p>;
  return (
    <>
      <p>
        {Object.entries(changes.counts)
          .map(([kind, n]) => `${n.toLocaleString('en')} ${kind}`)
          .join(', ')}
      </p>
      {changes.groups.map((group, n) => (
        <section key={n} className="group">
          <h3>
            <span className="break">{sentenceOf(group)}</span> <All now={group.now} count={group.samples} />
          </h3>
          {attributed && group.action !== null && (
            <p className="dim break">
              #{group.action} {group.verb}, {group.person}, {when(group.at ?? '')}
              {group.reason && `: ${group.reason}`}
            </p>
          )}
          <Some now={group.now} before={group.kind === 'relabelled' ? group.before : undefined} />
        </section>
      ))}
      {changes.more > 0 && <p className="dim">{many(changes.more, 'smaller group')} more.</p>}
    </>
  );
}

function sentenceOf({ kind, before, after }: Group): string {
  if (kind === 'relabelled') return `${before ?? 'no label'} → ${after ?? 'no label'}`;
  if (kind === 'moved split') return `split ${before ?? 'none'} → ${after ?? 'none'}`;
  return kind;
}

/** A link to all samples of a pick. */
export function All({ now, count }: { now: Now; count: number }) {
  if (!now.pick) return <span className="dim">{many(count, 'sample')}, none of them here now</span>;
  return <a href={linkTo('look', { where: [now.pick], sort: '', picked: [] })}>{many(now.count, 'sample')}</a>;
}

/** The first samples of a pick. */
export function Some({ now, before }: { now: Now; before?: string | null | undefined }) {
  const medium = useStore(overview)?.medium ?? '';
  const [samples, setSamples] = useState<Sample[]>([]);
  const picked = now.first.join(',');
  useEffect(() => {
    if (!picked) return undefined;
    const control = new AbortController();
    told(client.GET('/api/samples', { params: { query: { picked, count: 12 } }, signal: control.signal }))
      .then((window) => setSamples(window.samples))
      .catch(() => undefined); // the link to all of them says why
    return () => control.abort();
  }, [picked]);
  return (
    <ul className="some">
      {samples.map((sample) => (
        <li key={sample.id}>
          <a href={linkTo('look', { where: now.pick ? [now.pick] : [], picked: [], sample: sample.id })}>
            <Thumb id={sample.id} medium={medium} name={sample.name.slice(0, 120)} />
            <span className="cut" title={before === undefined ? (sample.label ?? '') : `${before ?? '—'} → ${sample.label ?? '—'}`}>
              {before !== undefined && (
                <>
                  <s>{before ?? '—'}</s> →{' '}
                </>
              )}
              {sample.label ?? '—'}
            </span>
          </a>
        </li>
      ))}
    </ul>
  );
}
