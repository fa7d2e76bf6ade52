/** The known word that was probably meant: an error that names it saves a look into the documentation. */

/** Edits between two words, adjacent letters swapped counted once (Damerau-Levenshtein, optimal string alignment). */
function distance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1];
      let cost = Math.min((last[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1, (last[column - 1] ?? 0) + (same ? 0 : 1));
      if (a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]) cost = Math.min(cost, (beforeLast[column - 2] ?? 0) + 1);
      current.push(cost);
    }
    beforeLast = last;
    last = current;
  }
  return last[b.length] ?? 0;
}

/** Whatever the writer's habit of case and dashes: `memory-bytes` and `MemoryBytes` mean `memoryBytes`. */
const plain = (word: string): string => word.toLowerCase().replace(/[-_]/g, '');

/** The nearest of `known`, or undefined when none is near. A long word is not compared: it is no slip. */
export function nearestKey(word: string, known: readonly string[]): string | undefined {
  if (word.length > 64) return undefined;
  const ranked = known.map((key) => ({ key, edits: distance(plain(word), plain(key)) })).sort((a, b) => a.edits - b.edits);
  const [best] = ranked;
  return best && best.edits <= Math.max(1, Math.floor(best.key.length / 3)) ? best.key : undefined;
}
