/** One sample: all of its media, its measures against its class, its neighbours, its history, its findings. */
import { useEffect, useRef, useState, type ReactNode } from 'react';
import { news } from '../live';
import { go } from '../place';
import { client, mediaAddress, sentence, told, type AboutSample, type Schemas } from '../server';
import { useStore } from '../store';
import { short } from './cells';
import { Recording } from './Recording';
import { Thumb } from './Thumb';

type Props = { id: string; medium: string; at: number; onStep: (by: number) => void };

export function SampleView({ id, medium, at, onStep }: Props) {
  const [found, setFound] = useState<AboutSample | null>(null);
  const [error, setError] = useState('');
  useEffect(() => {
    const control = new AbortController();
    told(client.GET('/api/samples/{sample}', { params: { path: { sample: id } }, signal: control.signal }))
      .then((about) => {
        setFound(about);
        setError('');
      })
      .catch((refused: unknown) => control.signal.aborted || setError(sentence(refused)));
    return () => control.abort();
  }, [id, at]);
  const shown = found?.id === id ? found : null;
  return (
    <aside className="sample" aria-label="sample">
      <header>
        <button onClick={() => onStep(-1)} aria-label="previous">
          ←
        </button>
        <button onClick={() => onStep(1)} aria-label="next">
          →
        </button>
        <code title={id}>{id.slice(0, 12)}</code>
        <button className="close" onClick={() => go({ sample: '' })} aria-label="close the sample">
          ×
        </button>
      </header>
      {error && (
        <p className="refused" role="alert">
          {error}
        </p>
      )}
      {medium === 'image' && <Picture id={id} />}
      {medium === 'audio' && <Recording id={id} />}
      {shown && <Facts about={shown} medium={medium} />}
      <Findings id={id} at={at} />
      <Neighbours id={id} medium={medium} />
    </aside>
  );
}

const SMALL = 64; // pixels: up to here each pixel is shown as a square

/** A picture that a click brings to its own size and the wheel enlarges. */
export function Picture({ id }: { id: string }) {
  const [zoom, setZoom] = useState(1);
  const [failed, setFailed] = useState('');
  const [small, setSmall] = useState(false);
  const frame = useRef<HTMLDivElement>(null);
  useEffect(() => {
    setZoom(1);
    setFailed('');
  }, [id]);
  useEffect(() => {
    const element = frame.current;
    const wheel = (event: WheelEvent) => {
      if (!event.ctrlKey && zoom === 1) return;
      event.preventDefault();
      setZoom((old) => Math.max(1, Math.min(16, old * (event.deltaY < 0 ? 1.25 : 0.8))));
    };
    element?.addEventListener('wheel', wheel, { passive: false });
    return () => element?.removeEventListener('wheel', wheel);
  }, [zoom]);
  async function say(): Promise<void> {
    const answer = await fetch(mediaAddress(id));
    setFailed(answer.ok ? 'the browser cannot show this picture' : ((await answer.json()) as Schemas['Problem']).error);
  }
  if (failed) return <p className="refused">{failed}</p>;
  return (
    <figure className="picture">
      <div ref={frame} className="frame" tabIndex={0} role="group" aria-label="picture">
        <img
          src={mediaAddress(id)}
          alt="the sample"
          style={{ width: `${100 * zoom}%`, height: `${100 * zoom}%` }} // all of it at first, however wide or tall
          className={zoom > 3 || small ? 'pixels' : ''}
          onLoad={({ currentTarget: { naturalWidth, naturalHeight } }) => setSmall(Math.max(naturalWidth, naturalHeight) <= SMALL)}
          onError={() => void say()}
        />
      </div>
      <figcaption className="zoom">
        <button onClick={() => setZoom(Math.max(1, zoom / 1.5))} aria-label="smaller">
          −
        </button>
        <button onClick={() => setZoom(Math.min(16, zoom * 1.5))} aria-label="larger">
          +
        </button>
        <span className="dim">{Math.round(zoom * 100)} %</span>
      </figcaption>
    </figure>
  );
}

function Facts({ about, medium }: { about: AboutSample; medium: string }) {
  return (
    <>
      {medium === 'text' && <blockquote className="text" tabIndex={0}>{about.text}</blockquote>}
      <dl className="facts">
        <dt>label</dt>
        <dd>
          <b>
            <bdi>{about.label ?? 'none'}</bdi>
          </b>
          {about.source_label !== about.label && <span className="dim"> (the source says <bdi>{about.source_label ?? 'nothing'}</bdi>)</span>}
          {about.excluded && <span className="mark"> excluded</span>}
        </dd>
        {about.definition && (
          <>
            <dt>means</dt>
            <dd>{about.definition}</dd>
          </>
        )}
        {about.predicted !== null && (
          <>
            <dt>predicted</dt>
            <dd>
              <bdi>{about.predicted}</bdi>
              {about.confidence !== null && ` (${Math.round(100 * about.confidence)} %)`}
              {about.predicted !== about.label && <span className="mark"> differs</span>}
            </dd>
          </>
        )}
        <dt>split</dt>
        <dd>{about.split ?? 'none'}</dd>
        {about.contributor !== null && (
          <>
            <dt>from</dt>
            <dd>{about.contributor}</dd>
          </>
        )}
        <dt>source</dt>
        <dd className="break">
          {about.source}
          {about.path !== null && `: ${about.path}`}
        </dd>
        {about.twins > 0 && (
          <>
            <dt>copies</dt>
            <dd>
              <button className="link" onClick={() => go({ where: [`content = '${about.content}'`], sort: '', picked: [] })}>
                {about.twins} more with the same bytes
              </button>
            </dd>
          </>
        )}
        {about.remarks.map((text) => (
          <Row key={text} name="remark">
            {text}
          </Row>
        ))}
        {Object.entries(about.meta).map(([name, value]) => (
          <Row key={name} name={name}>
            <span className="break">{value}</span>
          </Row>
        ))}
      </dl>
      <Measures about={about} />
      <History about={about} />
    </>
  );
}

const Row = ({ name, children }: { name: string; children: ReactNode }) => (
  <>
    <dt>{name}</dt>
    <dd>{children}</dd>
  </>
);

function Measures({ about }: { about: AboutSample }) {
  const known = about.measures.filter((one) => one.value !== null && one.value !== undefined);
  if (!known.length) return <p className="dim">Not measured yet: trainset measure.</p>;
  return (
    <details className="part" open>
      <summary>Measures, against {about.label === null ? 'all samples' : `the class ${about.label}`}</summary>
      <table className="measures">
        <tbody>
          {known.map((one) => (
            <tr key={one.name}>
              <th scope="row">{one.title}</th>
              <td className="n">
                {typeof one.value === 'number' ? short(one.value) : typeof one.value === 'boolean' ? (one.value ? 'yes' : 'no') : String(one.value)}{' '}
                <span className="dim">{one.unit}</span>
              </td>
              <td>
                {one.below !== null && (
                  <span
                    className="rank"
                    title={`larger than ${Math.round(100 * one.below)} % of them; usual: ${one.usual === null ? '' : short(one.usual)} ${one.unit}`}
                  >
                    <i style={{ left: `${100 * one.below}%` }} className={one.below < 0.01 || one.below > 0.99 ? 'far' : ''} />
                  </span>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  );
}

function History({ about }: { about: AboutSample }) {
  return (
    <details className="part" open={about.history.length > 0}>
      <summary>History{about.history.length ? ` (${about.history.length})` : ''}</summary>
      {!about.history.length && <p className="dim">As it was imported.</p>}
      <ol className="history">
        {about.history.map((one, n) => (
          <li key={n} className={one.undone ? 'undone' : ''}>
            <time dateTime={one.at}>{one.at.slice(0, 16).replace('T', ' ')}</time> <b>{one.person}</b> {one.kind}
            {one.subject && ` ${one.subject}`}
            {one.value !== null && <> {one.kind === 'note' ? `“${one.value}”` : one.value}</>}
            {one.kind === 'label' && one.value === null && ' none'}
            {one.reason && <span className="dim"> – {one.reason}</span>}
            {one.undone && <span className="dim"> (taken back)</span>}
          </li>
        ))}
      </ol>
    </details>
  );
}

function Findings({ id, at }: { id: string; at: number }) {
  const heard = useStore(news);
  const [found, setFound] = useState<Schemas['Finding'][] | null>(null);
  useEffect(() => {
    const control = new AbortController();
    told(client.GET('/api/samples/{sample}/findings', { params: { path: { sample: id } }, signal: control.signal }))
      .then(setFound)
      .catch(() => control.signal.aborted || setFound(null));
    return () => control.abort();
  }, [id, at, heard]);
  if (!found) return null;
  return (
    <details className="part" open={found.length > 0}>
      <summary>Findings{found.length ? ` (${found.length})` : ''}</summary>
      {!found.length && <p className="dim">None of the checks that have run flags it.</p>}
      <ul className="findings">
        {found.map((one) => (
          <li key={one.check}>
            <button className="link" onClick={() => go({ where: [`flagged_${one.check}`], sort: '', picked: [], sample: '' })}>
              {one.title}
            </button>
            : {one.because}
          </li>
        ))}
      </ul>
    </details>
  );
}

function Neighbours({ id, medium }: { id: string; medium: string }) {
  const [open, setOpen] = useState(localStorage.getItem('trainset.neighbours') === '1');
  const [found, setFound] = useState<Schemas['Near'] | null>(null);
  const [error, setError] = useState('');
  useEffect(() => {
    setFound(null);
    setError('');
    if (!open) return;
    const control = new AbortController();
    const wait = setTimeout(() => {
      told(client.GET('/api/samples/{sample}/neighbours', { params: { path: { sample: id } }, signal: control.signal }))
        .then(setFound)
        .catch((refused: unknown) => control.signal.aborted || setError(sentence(refused)));
    }, 120);
    return () => {
      clearTimeout(wait);
      control.abort();
    };
  }, [id, open]);
  return (
    <details
      className="part"
      open={open}
      onToggle={(event) => {
        setOpen(event.currentTarget.open);
        localStorage.setItem('trainset.neighbours', event.currentTarget.open ? '1' : '0');
      }}
    >
      <summary>Neighbours</summary>
      {error && <p className="dim">{error}</p>}
      {open && !found && !error && <p className="dim">looking…</p>}
      {found && (
        <ul className="neighbours">
          {found.neighbours.map((one) => (
            <li key={one.id}>
              <button onClick={() => go({ sample: one.id })} title={one.differs.join('; ')}>
                <Thumb id={one.id} medium={medium} name={one.name} />
                <span className={one.same ? '' : 'mark'}>{one.label ?? '—'}</span>
              </button>
            </li>
          ))}
        </ul>
      )}
    </details>
  );
}
