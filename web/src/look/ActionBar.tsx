/** What can be done with what is selected, with its keys on the buttons. */
import { useState } from 'react';
import { counted } from '../asked';
import { keysOf, type Command } from '../keys';
import { go } from '../place';
import { client, keepPick, sentence, told } from '../server';
import { say } from '../toast';
import { chooseAll, chooseNone, chosen } from './chosen';
import { note, undo, type Target } from './fixes';
import { PICKED } from './saved';

type Props = {
  classes: Command[];
  splits: string[];
  selected: number;
  all: boolean;
  onLabel: (name: string | null) => void;
  onPick: () => void;
  onExclude: (reason: string) => void;
  onRestore: () => void;
  onMove: (to: string | null) => void;
  target: () => Target;
};

const BUTTONS = 12;

export function ActionBar({ classes, selected, all, onLabel, onPick, onExclude, onRestore, onMove, splits, target }: Props) {
  const [asking, setAsking] = useState<'' | 'exclude' | 'note'>('');
  const [text, setText] = useState('');

  function answer(): void {
    if (asking === 'exclude') onExclude(text);
    if (asking === 'note' && text.trim()) void note(target().ids, text);
    setAsking('');
    setText('');
  }

  async function queue(): Promise<void> {
    const aim = target();
    try {
      const words = aim.ids.length > PICKED ? { ids: [], where: [await keepPick(aim.ids)] } : { ids: aim.ids, where: aim.where ?? [] };
      const made = await told(client.POST('/api/queues', { body: words }));
      say(`queue ${made.number} has ${counted(made.samples, 'sample')}`, 'good', { name: 'Review', run: () => go({ page: 'review', sample: '', more: { queue: String(made.number) } }) });
    } catch (error) {
      say(sentence(error), 'bad');
    }
  }

  async function only(): Promise<void> {
    const ids = [...chosen.get().ids];
    try {
      if (ids.length > PICKED) go({ where: [await keepPick(ids)], picked: [], sample: '' });
      else go({ picked: ids, sample: '' });
    } catch (error) {
      say(sentence(error), 'bad');
    }
  }

  return (
    <div className="actionbar" role="toolbar" aria-label="what to do with the selection">
      <div className="selected">
        {selected ? (
          <span className="chip">
            <span>{all ? `all ${selected.toLocaleString('en')}` : selected.toLocaleString('en')} selected</span>
            <button aria-label="select nothing" onClick={chooseNone}>
              ×
            </button>
          </span>
        ) : (
          <span className="dim">the marked sample</span>
        )}
        {!all && (
          <button className="quiet" onClick={chooseAll} title="Ctrl+A">
            all of these filters
          </button>
        )}
        {!all && selected > 0 && (
          <button className="quiet" onClick={() => void only()} title="only these, with an address to copy">
            only these
          </button>
        )}
      </div>
      <div className="labels" role="group" aria-label="label">
        {classes.slice(0, BUTTONS).map((command) => (
          <button key={command.id} onClick={() => onLabel(command.title)} title={`label ${command.title}`}>
            {keysOf(command)[0] && <kbd>{keysOf(command)[0]}</kbd>} <span className="cut">{command.title}</span>
          </button>
        ))}
        <button onClick={onPick}>
          <kbd>c</kbd> {classes.length > BUTTONS ? `${classes.length - BUTTONS} more…` : 'other…'}
        </button>
      </div>
      <div className="more">
        <button onClick={() => setAsking(asking === 'exclude' ? '' : 'exclude')}>
          <kbd>x</kbd> Exclude
        </button>
        <button onClick={onRestore}>
          <kbd>r</kbd> Restore
        </button>
        <label className="unframed">
          <span className="unseen">move to a split</span>
          <select value="" onChange={(event) => event.target.value && onMove(event.target.value === ' ' ? null : event.target.value)}>
            <option value="">Move to…</option>
            {[...new Set(['train', 'validation', 'test', ...splits])].map((name) => (
              <option key={name}>{name}</option>
            ))}
            <option value=" ">no split</option>
          </select>
        </label>
        <button onClick={() => setAsking(asking === 'note' ? '' : 'note')}>Note</button>
        <button onClick={() => void queue()}>To a queue</button>
        <button onClick={() => void undo()}>
          <kbd>u</kbd> Undo
        </button>
      </div>
      {asking && (
        <form
          className="asking"
          onSubmit={(event) => {
            event.preventDefault();
            answer();
          }}
        >
          <input
            autoFocus
            value={text}
            onChange={(event) => setText(event.target.value)}
            onKeyDown={(event) => event.key === 'Escape' && setAsking('')}
            placeholder={asking === 'exclude' ? 'why (may be empty)' : 'what is to be remembered'}
            aria-label={asking === 'exclude' ? 'reason' : 'note'}
          />
          <button type="submit">{asking === 'exclude' ? 'Exclude' : 'Leave the note'}</button>
        </form>
      )}
    </div>
  );
}
