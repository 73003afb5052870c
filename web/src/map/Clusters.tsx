/** The parts that classes fall into, what sets each apart, and what is proposed: every part opens its samples. */
import { useEffect, useState } from 'react';
import { news } from '../live';
import * as fixes from '../look/fixes';
import { go, linkTo, usePlace } from '../place';
import { client, sentence, told, type Schemas } from '../server';
import { useStore } from '../store';
import { say } from '../toast';
import { Start } from './Work';

type Part = Schemas['Part'];

const none: fixes.Paint = () => () => undefined;

export function Clusters({ embedder, at }: { embedder: string; at: number }) {
  const heard = useStore(news);
  const [found, setFound] = useState<Schemas['Clusters'] | null>(null);
  useEffect(() => {
    const control = new AbortController();
    told(client.GET('/api/clusters', { signal: control.signal }))
      .then(setFound)
      .catch((error: unknown) => control.signal.aborted || say(sentence(error), 'bad'));
    return () => control.abort();
  }, [heard]);
  if (!found) return <p className="dim">one moment…</p>;
  const split = found.classes.filter((one) => one.proposed);
  return (
    <div className="clusters">
      <p className="dim">Classes that fall into parts, such as two things under one name.</p>
      {found.at >= 0 && !split.length && <p>No class of {found.classes.length} falls into parts.</p>}
      {split.map((one) => (
        <section key={one.name}>
          <h3 className="break">{one.name}</h3>
          <p className="dim">{one.why}</p>
          {one.parts.map((part) => (
            <OfClass key={part.number} name={one.name} part={part} />
          ))}
        </section>
      ))}
      {found.classes.length > split.length && split.length > 0 && <p className="dim">The other {found.classes.length - split.length} are one.</p>}
      {found.remarks.map((remark) => (
        <p key={remark} className="dim">
          {remark}
        </p>
      ))}
      {found.at >= 0 && found.at < at && <p className="dim">Found at #{found.at}; the log is at #{at}.</p>}
      <Start title={found.at < 0 ? 'Find clusters' : 'Find clusters again'} steps={[{ verb: 'clusters', arguments: embedder ? { embedder } : {} }]} />
    </div>
  );
}

/** What sets a part apart; the figures behind it are quieter. */
function Trait({ text }: { text: string }) {
  const from = text.lastIndexOf(' (');
  return (
    <li>
      {from < 0 ? text : text.slice(0, from)}
      {from > 0 && <small className="dim">{text.slice(from)}</small>}
    </li>
  );
}

function OfClass({ name, part }: { name: string; part: Part }) {
  const { where } = usePlace();
  const here = where.includes(part.pick);
  async function queue(): Promise<void> {
    try {
      const made = await told(client.POST('/api/queues', { body: { ids: [], where: [part.pick] } }));
      say(`queue ${made.number} has ${made.samples.toLocaleString('en')} samples`, 'good', { name: 'Review', run: () => go({ page: 'review', more: { queue: String(made.number) } }) });
    } catch (error) {
      say(sentence(error), 'bad');
    }
  }
  return (
    <div className="cluster">
      <b className="break">
        {name} {part.number}
      </b>{' '}
      <a href={linkTo('look', { where: [part.pick], sort: '', picked: [] })}>{part.samples.toLocaleString('en')} samples</a>
      <div>
        <b>{part.proposal === 'leave' ? 'leave it' : part.proposal === 'queue' ? 'let people look' : part.proposal === 'split' ? 'split it off' : `relabel as ${part.to}`}</b>
        {part.why && `: ${part.why}`}
      </div>
      <button aria-pressed={here} onClick={() => go({ where: here ? where.filter((text) => text !== part.pick) : [part.pick] })}>
        On the map
      </button>{' '}
      {part.to && (
        <button onClick={() => void fixes.relabel({ ids: [], where: [part.pick], count: part.samples }, part.to, none, part.proposal === 'split')}>
          Label all <span className="cut">{part.to}</span>
        </button>
      )}{' '}
      {part.proposal === 'queue' && <button onClick={() => void queue()}>To a queue</button>}
      <ul className="traits">
        {part.traits.map((trait) => (
          <Trait key={trait} text={trait} />
        ))}
      </ul>
    </div>
  );
}
