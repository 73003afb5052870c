/** The frame of every page: where one can go, who one is, what waits, what went wrong, and the keys. */
import { useEffect, useMemo, useRef, useState, type ReactNode } from 'react';
import { HelpSheet } from './HelpSheet';
import { counted } from './asked';
import { useCommands, type Command } from './keys';
import { connected, overview, plugged, session, signedOut, trouble } from './live';
import { waiting } from './outbox';
import { linkTo, usePlace } from './place';
import { useStore } from './store';
import { hush, toasts } from './toast';

const THEMES = ['', 'light', 'dark'] as const;

export function Shell({ pages, children }: { pages: readonly { name: string; title: string; admin?: boolean }[]; children: ReactNode }) {
  const here = usePlace();
  const who = useStore(session);
  const known = useStore(overview);
  const brought = useStore(plugged).filter((one) => !pages.some((page) => page.name === one.name));
  const wrong = useStore(trouble);
  const unsent = useStore(waiting);
  const there = useStore(connected);
  const out = useStore(signedOut);
  const [help, setHelp] = useState(false);
  const nav = useRef<HTMLElement>(null);
  useEffect(() => {
    nav.current?.querySelector('[aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'nearest' }); // it scrolls on a narrow screen
  }, [here.page, who]);
  const [theme, setTheme] = useState(localStorage.getItem('trainset.theme') ?? '');
  useEffect(() => {
    document.documentElement.dataset['theme'] = theme;
    localStorage.setItem('trainset.theme', theme);
  }, [theme]);
  useEffect(() => {
    document.title = `${[...pages, ...brought].find((page) => page.name === here.page)?.title ?? 'trainset'} · ${who?.dataset ?? 'trainset'}`;
  }, [here.page, who]);
  const mine: Command[] = useMemo(() => [{ id: 'help', title: 'show all keys', keys: ['?'], run: () => setHelp((old) => !old), group: 'Everywhere' }], []);
  useCommands(mine);
  return (
    <>
      <a className="skip" href="#main">
        to the samples
      </a>
      <header className="top">
        <span className="brand" title={known ? `${who?.dataset ?? 'trainset'}, position #${known.at} of the log` : ''}>
          {who?.dataset ?? 'trainset'}
        </span>
        <nav aria-label="pages" ref={nav}>
          {[...pages.filter((page) => !page.admin || who?.role === 'admin'), ...brought].map((page) => (
            <a key={page.name} href={linkTo(page.name)} aria-current={page.name === here.page ? 'page' : undefined}>
              {page.title}
            </a>
          ))}
        </nav>
        <span className="space" />
        {(!there || out) && (
          <span className="mark" role="status">
            {unsent.length > 0 && `${counted(unsent.length, 'change waits', 'changes wait')}: `}
            {out ? 'the server was started anew; open the address that it printed, in this browser' : 'the server does not answer'}
          </span>
        )}
        {who && (
          <span className="who dim" title={`${who.person}, ${who.role}`}>
            {who.person}
          </span>
        )}
        <button onClick={() => setTheme(THEMES[(THEMES.indexOf(theme as '') + 1) % THEMES.length] ?? '')} aria-label={`colours: ${theme || 'as the system'}`} title="colours">
          {theme === 'dark' ? '●' : theme === 'light' ? '○' : '◐'}
        </button>
        <button onClick={() => setHelp(true)} aria-label="keys">
          <kbd>?</kbd>
        </button>
      </header>
      <main id="main">
        {wrong && !known ? (
          <div className="empty" role="alert">
            <h1>{wrong.startsWith('nobody is signed in') ? 'Not signed in' : 'Nothing can be shown'}</h1>
            <p>{wrong}</p>
          </div>
        ) : (
          children
        )}
      </main>
      {help && <HelpSheet onClose={() => setHelp(false)} />}
      <Toasts />
    </>
  );
}

function Toasts() {
  const shown = useStore(toasts);
  return (
    <div className="toasts" aria-live="polite">
      {shown.map(({ id, text, kind, action }) => (
        <div key={id} className={`toast ${kind}`} role={kind === 'bad' ? 'alert' : undefined}>
          <span>{text}</span>
          {action && (
            <button
              onClick={() => {
                hush(id);
                action.run();
              }}
            >
              {action.name}
            </button>
          )}
          <button aria-label="put away" onClick={() => hush(id)}>
            ×
          </button>
        </div>
      ))}
    </div>
  );
}
