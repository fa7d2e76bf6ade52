import { describe, expect, test } from 'vitest';
import { sourcesIn } from './sources.ts';

/** Numbers that name no limit: zero, one, units, radices, bit masks, ASCII, HTTP and file modes are spelled where they are used. */
const BARE = /(?:setTimeout|setInterval|Atomics\.wait)\([^;]*?,\s*(\d[\d_]*)\s*\)|(?:Max|Ms|Bytes|Seconds|MiB|KiB)\s*[:=]\s*(\d[\d_]{1,})\b/g;

describe('limits', () => {
  test('no file of the kernel but limits.ts has a limit or timeout of its own', () => {
    const found = sourcesIn('kernel/src')
      .filter(({ path }) => !path.endsWith('/limits.ts'))
      .flatMap(({ path, text }) =>
        [...text.matchAll(BARE)].filter((match) => Number((match[1] ?? match[2] ?? '0').replaceAll('_', '')) > 1).map((match) => `${path}: ${match[0].trim().slice(-80)}`),
      );
    expect(found).toEqual([]);
  });

  test('the search finds one', () => {
    expect([...'const waitMs = 5_000; setTimeout(f, 250)'.matchAll(BARE)]).toHaveLength(2);
  });

  test('every limit has its reason', () => {
    const [table] = sourcesIn('kernel/src').filter(({ path }) => path === 'kernel/src/limits.ts');
    const body = table?.text.slice(table.text.indexOf('export const LIMITS')) ?? '';
    const lines = body.split('\n');
    const bare = lines.flatMap((line, index) => {
      if (!/^ {2}\w+:/.test(line)) return [];
      // A comment may stand above a pair, as with restartsMax and its window.
      return [1, 2, 3].some((back) => /\*\//.test(lines[index - back] ?? '')) ? [] : [line.trim()];
    });
    expect(bare).toEqual([]);
  });
});
