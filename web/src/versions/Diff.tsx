/** What is different between two versions. */
import { overview } from '../live';
import { go, usePlace } from '../place';
import { client, told } from '../server';
import { useStore } from '../store';
import { Groups } from './Groups';
import { useTold, Waiting } from './Versions';

export function Diff() {
  const here = usePlace();
  const versions = useStore(overview)?.versions ?? [];
  const a = here.more['a'] || versions[versions.length - 1]?.name || 'start';
  const b = here.more['b'] || 'now';
  const { found, error } = useTold((signal) => told(client.GET('/api/diff', { params: { query: { a, b } }, signal })), `${a}\n${b}`);
  const names = ['start', ...versions.map((one) => one.name), 'now'];
  const choice = (value: string, title: string, set: (name: string) => void) => (
    <label>
      {title}{' '}
      <select value={value} onChange={(event) => set(event.target.value)}>
        {[...new Set([...names, value])].map((name) => (
          <option key={name}>{name}</option>
        ))}
      </select>
    </label>
  );
  return (
    <>
      <div className="line">
        {choice(a, 'from', (name) => go({ more: { ...here.more, a: name } }))}
        {choice(b, 'to', (name) => go({ more: { ...here.more, b: name } }))}
      </div>
      {found ? <Groups changes={found} /> : <Waiting error={error} />}
    </>
  );
}
