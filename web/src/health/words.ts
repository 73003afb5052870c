/** Where one text differs from another, word by word. */

export type Piece = { text: string; differs: boolean };

const MOST = 1_500; // words: beyond that the whole is shown plain

/** The first text in pieces; those that the other one has not, in this order, differ: by the longest common subsequence. */
export function differing(text: string, other: string): Piece[] {
  const mine = text.split(/(\s+)/);
  const theirs = other.split(/\s+/);
  if (mine.length > 2 * MOST || theirs.length > MOST) return [{ text, differs: false }];
  const words = mine.filter((_, n) => n % 2 === 0);
  const width = theirs.length + 1;
  const common = new Uint16Array((words.length + 1) * width);
  for (let a = words.length - 1; a >= 0; a--)
    for (let b = theirs.length - 1; b >= 0; b--)
      common[a * width + b] = words[a] === theirs[b] ? common[(a + 1) * width + b + 1]! + 1 : Math.max(common[(a + 1) * width + b]!, common[a * width + b + 1]!);
  const pieces: Piece[] = [];
  let b = 0;
  words.forEach((word, a) => {
    while (b < theirs.length && theirs[b] !== word && common[a * width + b + 1]! >= common[(a + 1) * width + b]!) b++;
    const shared = b < theirs.length && theirs[b] === word;
    if (shared) b++;
    pieces.push({ text: word, differs: !shared && word !== '' });
    const gap = mine[2 * a + 1];
    if (gap) pieces.push({ text: gap, differs: false });
  });
  return pieces;
}
