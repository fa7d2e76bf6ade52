/** What goes to a terminal is safe, aligned and true. */
import { stripVTControlCharacters } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { printAge } from '../../cli/src/terminal/age.ts';
import { LogLines, printNanos } from '../../cli/src/terminal/log-lines.ts';
import { neutralise, neutraliseLines, printJson } from '../../cli/src/terminal/neutralise.ts';
import { startProgress } from '../../cli/src/terminal/progress.ts';
import { printFields, printTable } from '../../cli/src/terminal/table.ts';
import { type LogText, records } from './fake-session.ts';

const CONTROL = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;

describe('text of others', () => {
  it.each([
    ['\x1b[31mred', '\\x1b[31mred'],
    ['\x1b]0;title\x07', '\\x1b]0;title\\x07'],
    ['\x9b2J', '\\x9b2J'],
    ['a\nb\r\tc', 'a\\nb\\r\\tc'],
    ['evil\u202egpj', 'evil\\u{202e}gpj'],
    ['zero\u200bwidth', 'zero\\u{200b}width'],
    ['\u2028', '\\u{2028}'],
    ['\ud800', '\\u{d800}'],
    ['\u{e0001}', '\\u{e0001}'],
    ['grüße 漢字 ✓', 'grüße 漢字 ✓'],
  ])('%j is shown as %s', (text, shown) => {
    expect(neutralise(text)).toBe(shown);
  });

  it('never keeps a control character, whatever it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const shown = neutralise(text);
        return !CONTROL.test(shown) && stripVTControlCharacters(shown) === shown && !CONTROL.test(neutraliseLines(text).replace(/[\n\t]/g, ''));
      }),
    );
  });

  it('in JSON is the same text, in characters that no terminal obeys', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const printed = printJson({ text });
        return (JSON.parse(printed) as { text: string }).text === text && !CONTROL.test(printed);
      }),
    );
    expect(printJson({ big: 10n, none: undefined })).toBe('{"big":"10"}');
  });
});

describe('a table', () => {
  it('is aligned, also with wide and combining characters, and neutralised', () => {
    expect(
      printTable(
        ['A', 'B', 'C'],
        [
          ['漢字', 'e\u0301', 'x'],
          ['ab', '\x1b[1m', ''],
        ],
      ),
    ).toBe('A      B         C\n漢字   e\u0301         x\nab     \\x1b[1m\n');
  });

  it('without rows is its heading', () => {
    expect(printTable(['A', 'B'], [])).toBe('A   B\n');
  });

  it('of fields has values in one column', () => {
    expect(
      printFields([
        ['a', '1'],
        ['long', 'x\ny'],
        ['', 'more'],
      ]),
    ).toBe('a     1\nlong  x\\ny\n      more\n');
  });
});

describe('an age', () => {
  const now = 1_000_000_000_000;
  it.each([
    [0, '0 seconds'],
    [1_000, '1 second'],
    [59_999, '59 seconds'],
    [60_000, '1 minute'],
    [7_200_000, '2 hours'],
    [86_400_000, '1 day'],
    [30 * 86_400_000, '4 weeks'],
    [-5_000, '0 seconds'],
  ])('of %i ms is %s', (ms, text) => {
    expect(printAge(now - ms, now)).toBe(text);
  });
});

describe('log lines', () => {
  const take = async (lines: LogLines, ...list: LogText[]): Promise<string[]> => {
    const out: string[] = [];
    for await (const record of records(...list)) {
      const [stream, bytes] = lines.take(record);
      if (bytes.length > 0) out.push(`${stream}:${Buffer.from(bytes)}`);
    }
    return [...out, ...lines.rest().map(([stream, bytes]) => `${stream}:${Buffer.from(bytes)}`)];
  };

  it('are put together from writes, one stream apart from the other', async () => {
    expect(await take(new LogLines('timed'), [1, 'a'], [2, 'E\n'], [1, 'b\nc\nd'])).toEqual([
      '2:2026-06-01T12:00:00.123456789Z E\n',
      '1:2026-06-01T12:00:00.123456789Z ab\n2026-06-01T12:00:00.123456789Z c\n',
      '1:2026-06-01T12:00:00.123456789Z d\n',
    ]);
  });

  it('in JSON name their stream, and carry bytes that are no text', async () => {
    const [first, second] = await take(new LogLines('json'), [3, 'x\n'], [2, new Uint8Array([0xff, 0x0a])]);
    expect(JSON.parse(first?.slice(2) ?? '')).toEqual({ time: '2026-06-01T12:00:00.123456789Z', stream: 'system', text: 'x' });
    expect(JSON.parse(second?.slice(2) ?? '')).toMatchObject({ stream: 'stderr', base64: '/w==' });
    expect(second).toMatch(/^1:/);
  });

  it('that never end are cut, so that they do not fill memory', async () => {
    const lines = new LogLines('timed');
    const chunk = new Uint8Array(400 * 1024).fill(0x61);
    let written = 0;
    for (let count = 0; count < 6; count += 1) written += lines.take({ stream: 1, timeNs: 0n, bytes: chunk })[1].length;
    expect(written).toBeGreaterThan(1024 * 1024);
  });

  it('have nanoseconds', () => {
    expect(printNanos(1n)).toBe('1970-01-01T00:00:00.000000001Z');
  });
});

const CLEAR = '\r\x1b[2K';

describe('progress', () => {
  const onTerminal = (isTerminal: boolean) => {
    const written: string[] = [];
    return { written, terminal: { isTerminal: () => isTerminal, columns: () => 30, write: (text: string) => void written.push(text) } };
  };

  it('is silent for what is done within half a second', () => {
    vi.useFakeTimers();
    const { written, terminal } = onTerminal(true);
    const progress = startProgress(terminal, 'x');
    progress.step('reading');
    vi.advanceTimersByTime(400);
    progress.end();
    vi.advanceTimersByTime(5_000);
    expect(written).toEqual([]);
    vi.useRealTimers();
  });

  it('says what is being done, on one line that fits, and takes it back', () => {
    vi.useFakeTimers();
    const { written, terminal } = onTerminal(true);
    const progress = startProgress(terminal, 'app\x1b.wasm');
    progress.step('compiling something with a long name');
    vi.advanceTimersByTime(700);
    progress.end();
    expect(written.length).toBeGreaterThan(1);
    expect(written[0]).toContain('app\\x1b.wasm: compi');
    for (const line of written) expect(line.length).toBeLessThan(30 + CLEAR.length);
    expect(written.at(-1)).toBe(CLEAR);
    vi.useRealTimers();
  });

  it('is silent when nobody looks', () => {
    vi.useFakeTimers();
    const { written, terminal } = onTerminal(false);
    const progress = startProgress(terminal, 'x');
    vi.advanceTimersByTime(5_000);
    progress.end();
    expect(written).toEqual([]);
    vi.useRealTimers();
  });
});
