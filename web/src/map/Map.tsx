/** Map: all samples in the plane, those alike side by side; point to see or hear, lasso to select, relabel in one step. */
import { useEffect, useState } from 'react';
import { head, news, overview } from '../live';
import { linkTo, usePlace } from '../place';
import { client, sentence, told, type Schemas } from '../server';
import { useStore } from '../store';
import { Choices } from './Bar';
import { ahead } from './data';
import './map.css';
import { Mapped } from './Mapped';
import { Start } from './Work';

export function MapPage() {
  const known = useStore(overview);
  const here = usePlace();
  const at = useStore(head);
  const heard = useStore(news);
  const embedder = here.more['embedder'] ?? '';
  const [about, setAbout] = useState<Schemas['About'] | null>(null);
  const [error, setError] = useState('');
  const empty = known !== null && !known.samples && !known.excluded;
  useEffect(() => ahead(embedder, here.more['colour'] || 'label', here.where, here.picked), [embedder]);
  useEffect(() => {
    if (empty) return undefined;
    const control = new AbortController();
    told(client.GET('/api/map', { params: { query: { embedder } }, signal: control.signal }))
      .then((found) => {
        setAbout(found);
        setError('');
      })
      .catch((refused: unknown) => control.signal.aborted || setError(sentence(refused)));
    return () => control.abort();
  }, [embedder, at, heard, empty]);
  if (empty)
    return (
      <div className="empty">
        <h1>Nothing to map yet</h1>
        <p>
          Import a folder, a list or an archive first: <code>trainset import DIR</code>.
        </p>
      </div>
    );
  if (error)
    return (
      <div className="empty" role="alert">
        <h1>There is no map to show</h1>
        <p>{error}</p>
        <a href={linkTo('map')}>The usual map</a>
      </div>
    );
  if (!about || !known) return <p className="empty">one moment…</p>;
  if (!about.mapped) {
    const meant = about.choices.find((one) => one.embedder === about.embedder);
    const steps = [{ verb: 'map', arguments: embedder ? { embedder } : {} }];
    return (
      <div className="empty">
        <h1>No map yet</h1>
        <p>A map lays all samples out by what they are like, as {about.embedder} sees them. Made once, samples stay where they are; new ones are placed among them.</p>
        {meant?.contents ? (
          <Start title="Make the map" steps={steps} />
        ) : (
          <>
            <p>There are no embeddings by it yet; they are made first.</p>
            <Start title="Make embeddings, then the map" steps={[{ verb: 'embed', arguments: embedder ? { embedder } : {} }, ...steps]} />
          </>
        )}
        <Choices about={about} />
      </div>
    );
  }
  return <Mapped key={about.embedder} about={about} known={known} embedder={embedder} at={at} />;
}
