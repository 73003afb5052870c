/** What lies above a map: what it is coloured by and made of, what dragging does, how near one is, what stands beside it. */
import { go, usePlace } from '../place';
import type { Overview, Schemas } from '../server';
import type { Mode, PointMap } from './PointMap';

export const MODES: { mode: Mode; title: string; about: string }[] = [
  { mode: 'pan', title: 'Move', about: 'drag to move; Shift+drag to select' },
  { mode: 'lasso', title: 'Lasso', about: 'drag around samples to select them' },
  { mode: 'box', title: 'Box', about: 'drag a box to select what is in it' },
];
export type Panel = 'legend' | 'clusters' | '';

type Props = {
  about: Schemas['About'];
  known: Overview;
  column: string;
  mode: Mode;
  panel: Panel;
  some: boolean; // whether anything is selected
  map: () => PointMap | null;
  onMode: (mode: Mode) => void;
  onPanel: (panel: Panel) => void;
  onLook: () => void;
};

export function Bar({ about, known, column, mode, panel, some, map, onMode, onPanel, onLook }: Props) {
  const here = usePlace();
  const columns = [
    ...known.columns.filter((one) => !['id', 'path', 'text', 'excluded'].includes(one.name)).map((one) => ({ name: one.name, title: one.title })),
    ...about.columns.filter((name) => name !== 'disagreement' || known.columns.some((one) => one.name === 'predicted')).map((name) => ({ name, title: name })),
  ];
  const beside = (name: Panel, title: string) => (
    <button className="quiet" aria-pressed={panel === name} onClick={() => onPanel(panel === name ? '' : name)}>
      {title}
    </button>
  );
  return (
    <div className="subbar">
      <label>
        <span className="dim">colour</span>{' '}
        <select value={column} onChange={(event) => go({ more: { ...here.more, colour: event.target.value === 'label' ? '' : event.target.value } })}>
          {columns.map((one) => (
            <option key={one.name} value={one.name}>
              {one.title}
            </option>
          ))}
        </select>
      </label>
      <Choices about={about} />
      <span role="group" aria-label="what dragging does">
        {MODES.map((one) => (
          <button key={one.mode} aria-pressed={mode === one.mode} title={one.about} onClick={() => onMode(one.mode)}>
            {one.title}
          </button>
        ))}
      </span>
      <span role="group" aria-label="zoom">
        <button aria-label="further away" onClick={() => map()?.zoom(1 / 1.4)}>
          −
        </button>
        <button aria-label="closer" onClick={() => map()?.zoom(1.4)}>
          +
        </button>
        <button onClick={() => map()?.fit()}>Whole map</button>
      </span>
      <span role="group" aria-label="beside the map">
        {beside('legend', 'Legend')}
        {beside('clusters', 'Clusters')}
      </span>
      {some && (
        <button onClick={onLook}>
          <kbd>l</kbd> Show in Look
        </button>
      )}
    </div>
  );
}

/** Which embedding the map is by. */
export function Choices({ about }: { about: Schemas['About'] }) {
  const here = usePlace();
  if (about.choices.length < 2) return null;
  return (
    <label>
      <span className="dim">by</span>{' '}
      <select value={about.embedder} aria-label="embedding" onChange={(event) => go({ more: { ...here.more, embedder: about.choices.find((one) => one.embedder === event.target.value)?.default ? '' : event.target.value } })}>
        {about.choices.map((one) => (
          <option key={one.embedder} value={one.embedder}>
            {one.embedder}
            {one.mapped ? '' : ' (no map yet)'}
          </option>
        ))}
      </select>
    </label>
  );
}
