/** The page: its frame, and which view is in it. */
import { lazy, StrictMode, Suspense } from 'react';
import { createRoot } from 'react-dom/client';
import { Shell } from './Shell';
import { start } from './live';
import { Look } from './look/Look';
import { usePlace } from './place';
import './style.css';

/** The pages by the first word of their address; all but the first are fetched when they are opened. */
export const PAGES = [
  { name: 'look', title: 'Look', view: Look },
  { name: 'matrix', title: 'Matrix', view: lazy(() => import('./matrix/Matrix').then((m) => ({ default: m.Matrix }))) },
  { name: 'map', title: 'Map', view: lazy(() => import('./map/Map').then((m) => ({ default: m.MapPage }))) },
  { name: 'versions', title: 'Versions', view: lazy(() => import('./versions/Versions').then((m) => ({ default: m.Versions }))) },
  { name: 'runs', title: 'Runs', view: lazy(() => import('./runs/Runs').then((m) => ({ default: m.Runs }))) },
] as const;

function Page() {
  const { page } = usePlace();
  const found = PAGES.find((one) => one.name === page);
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
