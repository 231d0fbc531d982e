/**
 * The candidate that a mistyped name most likely means, or undefined if none is near enough: at most a third of the
 * letters may differ (a swap of neighbours counts as one), and case and `-`/`_` never count.
 */
export function closest(name: string, candidates: Iterable<string>): string | undefined {
  const wanted = fold(name);
  let best: string | undefined;
  let bestDistance = Number.POSITIVE_INFINITY;
  for (const candidate of candidates) {
    const limit = Math.min(bestDistance, Math.floor(Math.max(wanted.length, candidate.length) / 3) + 1);
    if (Math.abs(candidate.length - name.length) >= limit) continue;
    const distance = editDistance(wanted, fold(candidate), limit);
    if (distance < limit) [best, bestDistance] = [candidate, distance];
  }
  return best;
}

/** "Did you mean 'x'?", or undefined: ready to be a hint. */
export function didYouMean(name: string, candidates: Iterable<string>): string | undefined {
  const near = closest(name, candidates);
  return near === undefined ? undefined : `Did you mean '${near}'?`;
}

function fold(name: string): string {
  return name.slice(0, 200).toLowerCase().replaceAll('_', '-');
}

/** Optimal string alignment distance; gives up and returns `limit` once no shorter distance is possible. */
function editDistance(a: string, b: string, limit: number): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= b.length; column += 1) {
      const change = a[row - 1] === b[column - 1] ? 0 : 1;
      let cost = Math.min(at(last, column) + 1, at(current, column - 1) + 1, at(last, column - 1) + change);
      if (row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]) {
        cost = Math.min(cost, at(beforeLast, column - 2) + 1);
      }
      current.push(cost);
    }
    if (Math.min(...current) >= limit) return limit;
    [beforeLast, last] = [last, current];
  }
  return at(last, b.length);
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Number.POSITIVE_INFINITY;
}
