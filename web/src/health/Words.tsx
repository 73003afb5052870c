/** Sentences of help pages, whose `words` between backticks are code. */
export function Words({ text }: { text: string }) {
  return (
    <>
      {text.split('`').map((piece, n) => (n % 2 ? <code key={n}>{piece}</code> : <span key={n}>{piece}</span>))}
    </>
  );
}
