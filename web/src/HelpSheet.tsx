/** All keys, which can be set anew: click one and press another. */
import { useEffect, useRef, useState } from 'react';
import { commands, keysOf, on, own, pressed, setKeys } from './keys';
import { useStore } from './store';

const NOT_ALONE = new Set(['Shift', 'Control', 'Alt', 'Meta', 'Tab', 'CapsLock', 'Dead']);

const ARROWS: Record<string, string> = { ArrowLeft: '←', ArrowRight: '→', ArrowUp: '↑', ArrowDown: '↓' };
const spelled = (key: string): string => key.replace(/Arrow\w+/, (name) => ARROWS[name] ?? name);

export function HelpSheet({ onClose }: { onClose: () => void }) {
  const all = useStore(commands);
  const mine = useStore(own);
  const active = useStore(on);
  const [setting, setSetting] = useState('');
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  const groups = [...new Set(all.map((command) => command.group))];
  return (
    <dialog ref={dialog} className="help" aria-label="keys" onClose={onClose} onClick={(event) => event.target === dialog.current && onClose()}>
      <h1>Keys</h1>
      <p className="dim">Click a key, then press the one you want instead. While you type, keys only type.</p>
      <label>
        <input type="checkbox" checked={active} onChange={(event) => on.set(event.target.checked)} /> single keys do something
      </label>{' '}
      {Object.keys(mine).length > 0 && (
        <button className="quiet" onClick={() => own.set({})}>
          as they were at first
        </button>
      )}
      <div className="groups">
        {groups.map((group) => (
          <section key={group}>
            <h2>{group}</h2>
            <table>
              <tbody>
                {all
                  .filter((command) => command.group === group)
                  .map((command) => (
                    <tr key={command.id}>
                      <td>
                        <button
                          className="key"
                          aria-label={`set the key of ${command.title}`}
                          onClick={() => setSetting(command.id)}
                          onBlur={() => setSetting('')}
                          onKeyDown={(event) => {
                            if (setting !== command.id || NOT_ALONE.has(event.key)) return;
                            event.preventDefault();
                            event.stopPropagation();
                            if (event.key !== 'Escape') setKeys(command.id, [pressed(event.nativeEvent)]);
                            setSetting('');
                          }}
                        >
                          {setting === command.id ? 'press a key' : keysOf(command).map((key) => <kbd key={key}>{spelled(key)}</kbd>)}
                          {setting !== command.id && !keysOf(command).length && <span className="dim">none</span>}
                        </button>
                      </td>
                      <td>
                        <span title={command.title}>{command.title}</span>
                      </td>
                    </tr>
                  ))}
              </tbody>
            </table>
          </section>
        ))}
        <section>
          <h2>Grid</h2>
          <table>
            <tbody>
              {(
                [
                  ['arrows', 'go to another sample'],
                  ['PageUp PageDown', 'a screen up or down'],
                  ['Home End', 'first and last'],
                  ['Shift+click', 'select up to here'],
                  ['Ctrl+click', 'select one more, or not'],
                  ['drag', 'select what the box touches'],
                ] as const
              ).map(([key, title]) => (
                <tr key={key}>
                  <td>
                    {key.split(' ').map((one) => (
                      <kbd key={one}>{one}</kbd>
                    ))}
                  </td>
                  <td>{title}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      </div>
      <button onClick={onClose}>Close</button>
    </dialog>
  );
}
