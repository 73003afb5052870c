/** The page: its frame, and which view is in it. */
import { StrictMode, Suspense, lazy, useEffect, type ComponentType } from 'react';
import { createRoot } from 'react-dom/client';
import { Shell } from './Shell';
import { overview, plugged, session, start } from './live';
import { Look } from './look/Look';
import { go, usePlace } from './place';
import { useStore } from './store';
import './style.css';

/** The pages by the first word of their address; all but the first are fetched when they are opened. */
export const PAGES: { name: string; title: string; view: ComponentType; admin?: boolean }[] = [
  { name: 'look', title: 'Look', view: Look },
  { name: 'health', title: 'Health', view: lazy(() => import('./health/Health').then((m) => ({ default: m.Health }))) },
  { name: 'matrix', title: 'Matrix', view: lazy(() => import('./matrix/Matrix').then((m) => ({ default: m.Matrix }))) },
  { name: 'map', title: 'Map', view: lazy(() => import('./map/Map').then((m) => ({ default: m.MapPage }))) },
  { name: 'review', title: 'Review', view: lazy(() => import('./review/Review').then((m) => ({ default: m.Review }))) },
  { name: 'versions', title: 'Versions', view: lazy(() => import('./versions/Versions').then((m) => ({ default: m.Versions }))) },
  { name: 'runs', title: 'Runs', view: lazy(() => import('./runs/Runs').then((m) => ({ default: m.Runs }))) },
  { name: 'import', title: 'Import', view: lazy(() => import('./import/Import').then((m) => ({ default: m.Import }))), admin: true },
];

const Sheet = lazy(() => import('./sheet/Sheet').then((m) => ({ default: m.Sheet })));

function Page() {
  const { page } = usePlace();
  const known = useStore(overview);
  const who = useStore(session);
  const first = known !== null && !known.samples && !known.excluded && who?.role === 'admin' && location.hash === '';
  useEffect(() => {
    if (first) go({ page: 'import' }, true); // an empty dataset begins there
  }, [first]);
  const brought = useStore(plugged);
  const found = PAGES.find((one) => one.name === page);
  if (!found && brought.some((one) => one.name === page)) return <Sheet key={page} name={page} />;
  if (!found) return <p className="empty">There is no page of this name.</p>;
  return <found.view />;
}

void start();
const root = document.getElementById('root');
if (root)
  createRoot(root).render(
    <StrictMode>
      <Shell pages={PAGES}>
        <Suspense fallback={<p className="empty">one moment…</p>}>
          <Page />
        </Suspense>
      </Shell>
    </StrictMode>,
  );
