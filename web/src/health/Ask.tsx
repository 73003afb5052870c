/** A button that asks for a reason before it does something to many samples. */
import { useState } from 'react';

type Props = { title: string; does: string; needed: boolean; start?: string; onGo: (reason: string) => void; disabled?: boolean };

/** does: what the second button says. needed: whether the reason may not be empty. */
export function Ask({ title, does, needed, start = '', onGo, disabled = false }: Props) {
  const [text, setText] = useState<string | null>(null);
  if (text === null)
    return (
      <button disabled={disabled} onClick={() => setText(start)}>
        {title}
      </button>
    );
  return (
    <form
      className="ask"
      onSubmit={(event) => {
        event.preventDefault();
        if (needed && !text.trim()) return;
        setText(null);
        onGo(text);
      }}
    >
      <input
        autoFocus
        value={text}
        placeholder={needed ? 'why' : 'why (may be empty)'}
        aria-label="reason"
        required={needed}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={(event) => event.key === 'Escape' && setText(null)}
      />
      <button type="submit">{does}</button>
      <button type="button" onClick={() => setText(null)}>
        Cancel
      </button>
    </form>
  );
}
