/** In which order the classes of a matrix stand. */

export type Order = 'run' | 'name' | 'samples' | 'errors' | 'clustered';
export const ORDERS: Record<Order, string> = { clustered: 'clustered', run: 'as trained', name: 'by name', samples: 'most samples first', errors: 'most mistakes first' };

/** The places of the classes, in the order asked for. counts: (n, n), labels on rows. */
export function ordered(order: Order, names: string[], counts: ArrayLike<number>): number[] {
  const n = names.length;
  const places = Array.from({ length: n }, (_, at) => at);
  if (order === 'name') return places.sort((one, other) => (names[one] ?? '').localeCompare(names[other] ?? '', undefined, { numeric: true }));
  if (order === 'samples' || order === 'errors') {
    const weigh = places.map((row) => {
      let sum = 0;
      for (let at = 0; at < n; at++) {
        if (order === 'samples') sum += counts[row * n + at] ?? 0;
        else if (at !== row) sum += (counts[row * n + at] ?? 0) + (counts[at * n + row] ?? 0);
      }
      return sum;
    });
    return places.sort((one, other) => (weigh[other] ?? 0) - (weigh[one] ?? 0) || one - other);
  }
  return order === 'clustered' ? clustered(n, counts) : places;
}

/** Classes that are taken for one another side by side: clusters by the mean rate at which their classes are confused (average linkage), each turned so that
 *  the ends that meet are the more alike. */
function clustered(n: number, counts: ArrayLike<number>): number[] {
  const alike = new Float64Array(n * n);
  const sums = Array.from({ length: n }, (_, row) => {
    let sum = 0;
    for (let at = 0; at < n; at++) sum += counts[row * n + at] ?? 0;
    return sum || 1;
  });
  for (let row = 0; row < n; row++)
    for (let at = 0; at < n; at++) if (row !== at) alike[row * n + at] = (counts[row * n + at] ?? 0) / (sums[row] ?? 1) + (counts[at * n + row] ?? 0) / (sums[at] ?? 1);
  const mean = alike.slice();
  const clusters: (number[] | null)[] = Array.from({ length: n }, (_, at) => [at]);
  for (let left = n; left > 1; left--) {
    let [best, one, other] = [-1, -1, -1];
    for (let row = 0; row < n; row++) {
      if (!clusters[row]) continue;
      for (let at = row + 1; at < n; at++)
        if (clusters[at] && (mean[row * n + at] ?? 0) > best) [best, one, other] = [mean[row * n + at] ?? 0, row, at];
    }
    const [first, second] = [clusters[one], clusters[other]];
    if (!first || !second) break;
    const at = (row: number | undefined, column: number | undefined) => alike[(row ?? 0) * n + (column ?? 0)] ?? 0;
    const ways = [
      [at(first.at(-1), second[0]), first, second],
      [at(first.at(-1), second.at(-1)), first, [...second].reverse()],
      [at(first[0], second[0]), [...first].reverse(), second],
      [at(first[0], second.at(-1)), [...first].reverse(), [...second].reverse()],
    ] as [number, number[], number[]][];
    const [, start, end] = ways.reduce((most, way) => (way[0] > most[0] ? way : most));
    for (let k = 0; k < n; k++) {
      const joined = ((mean[one * n + k] ?? 0) * first.length + (mean[other * n + k] ?? 0) * second.length) / (first.length + second.length);
      mean[one * n + k] = mean[k * n + one] = joined;
    }
    clusters[one] = [...start, ...end];
    clusters[other] = null;
  }
  return clusters.find((some) => some !== null) ?? [];
}
