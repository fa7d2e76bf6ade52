/** Which known key a person probably meant, by edit distance. */

/** The known key nearest to `written`, or undefined if none is near enough to be a slip of the hand. */
export function nearestKey(written: string, known: readonly string[]): string | undefined {
  // Hostile keys can be megabytes long; no known key is.
  if (written.length > 64) return undefined;
  const tolerance = Math.max(2, Math.floor(written.length / 3));
  let best: string | undefined;
  let bestDistance = tolerance + 1;
  for (const key of known) {
    const distance = editDistance(written.toLowerCase().replaceAll('_', '-'), key.replaceAll('_', '-'));
    if (distance < bestDistance && distance < key.length) [best, bestDistance] = [key, distance];
  }
  return best;
}

/** Damerau-Levenshtein (optimal string alignment): a swap of two neighbours is one slip, as in "nmae". */
export function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let cost = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) cost = Math.min(cost, (beforeLast[j - 2] ?? 0) + 1);
      row.push(cost);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length] ?? 0;
}
