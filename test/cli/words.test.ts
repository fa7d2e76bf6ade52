/** How words of the command line are read: sizes, times, variables, mounts. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Refusal } from '@forgeone/kernel/errors';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { parseCount } from '../../cli/src/words/count.ts';
import { DURATION_MS_MAX, parseDuration, parseTimeLimit } from '../../cli/src/words/duration.ts';
import { parseEnvFile, parseVariable, readEnvironment } from '../../cli/src/words/environment.ts';
import { readFormat } from '../../cli/src/words/format.ts';
import { parseInstant } from '../../cli/src/words/instant.ts';
import { readLogLevel } from '../../cli/src/words/log-level.ts';
import { consentsOf, parseTmpfs, parseVolume } from '../../cli/src/words/mount.ts';
import { parseSize, printSize } from '../../cli/src/words/size.ts';

const refused = (code: string): unknown => expect.objectContaining({ code });

describe('a size', () => {
  it.each([
    ['1', 1],
    ['64m', 64 * 2 ** 20],
    ['64M', 64 * 2 ** 20],
    ['1g', 2 ** 30],
    ['512MiB', 512 * 2 ** 20],
    ['512 MiB', 512 * 2 ** 20],
    ['1.5k', 1536],
    ['2GB', 2e9],
    ['100kb', 100e3],
    ['7b', 7],
    ['1t', 2 ** 40],
  ])('%s is %i bytes', (word, bytes) => {
    expect(parseSize(word, '--memory')).toBe(bytes);
  });

  it.each(['', '0', '-1', 'm', '1x', '1e9', '0x10', '64mm', '9999999t', 'NaN', '1 000', 'constructor', '1constructor'])('%j is refused with the option as its place', (word) => {
    expect(() => parseSize(word, '--memory')).toThrow(refused('invalid'));
    expect(() => parseSize(word, '--memory')).toThrow(expect.objectContaining({ detail: expect.objectContaining({ where: '--memory', hint: expect.stringContaining('64m') }) }));
  });

  it('is printed with a binary unit', () => {
    expect([0, 1023, 1024, 1_677_722, 2 ** 30, 250 * 2 ** 20].map(printSize)).toEqual(['0 B', '1023 B', '1.0 KiB', '1.6 MiB', '1.0 GiB', '250 MiB']);
  });
});

describe('a length of time', () => {
  it.each([
    ['30s', 30_000],
    ['5m', 300_000],
    ['1h', 3_600_000],
    ['1h30m', 5_400_000],
    ['500ms', 500],
    ['2d', 172_800_000],
    ['10', 10_000],
    ['0.5', 500],
    ['1.5s', 1_500],
    ['0', 0],
  ])('%s is %i ms', (word, ms) => {
    expect(parseDuration(word, '--timeout')).toBe(ms);
  });

  it.each(['', 's', '5 m', '-5s', '5x', '1h 30m', 'm5', '1e3', '∞', '50d'])('%j is refused', (word) => {
    expect(() => parseDuration(word, '--timeout')).toThrow(refused('invalid'));
  });

  it('has an upper end that the ABI can say', () => {
    expect(parseDuration('49d', '--timeout')).toBeLessThanOrEqual(DURATION_MS_MAX);
  });

  it('of nothing is no limit', () => {
    expect(() => parseTimeLimit('0', '--timeout')).toThrow(refused('invalid'));
    expect(parseTimeLimit('1ms', '--timeout')).toBe(1);
  });
});

describe('a point in time', () => {
  const now = Date.parse('2026-06-01T12:00:00Z');
  it.each([
    ['10m', now - 600_000],
    ['90', now - 90_000],
    ['2026-05-31T12:00:00Z', now - 86_400_000],
    ['2026-05-31T12:00:00.5+02:00', now - 86_400_000 - 7_200_000 + 500],
    ['2026-05-31t12:00:00z', now - 86_400_000],
    ['1780315200', 1_780_315_200_000],
  ])('%s is understood', (word, ms) => {
    expect(parseInstant(word, now, '--since')).toBe(ms);
  });

  it.each(['', 'yesterday', '2026-13-01T00:00:00Z', '12:00', '2026-05-31T', '-5m'])('%j is refused', (word) => {
    expect(() => parseInstant(word, now, '--since')).toThrow(refused('invalid'));
  });
});

describe('a count, a format, a log level', () => {
  it('is taken when it is one', () => {
    expect([parseCount('0', '--tail'), parseCount('4294967295', '--tail')]).toEqual([0, 4_294_967_295]);
    expect([readFormat(undefined), readFormat('text'), readFormat('json')]).toEqual(['text', 'text', 'json']);
    expect([readLogLevel(undefined), readLogLevel('debug')]).toEqual([undefined, 'debug']);
  });

  it.each([
    () => parseCount('-1', 'x'),
    () => parseCount('1.5', 'x'),
    () => parseCount('4294967296', 'x'),
    () => parseCount('all', 'x'),
    () => readFormat('yaml'),
    () => readLogLevel('loud'),
  ])('is refused when it is none (%#)', (read) => {
    expect(read).toThrow(refused('invalid'));
  });
});

describe('a variable', () => {
  it('is a name and a value, which may hold = and be empty', () => {
    expect(parseVariable('A=b=c', {}, '--env')).toEqual(['A', 'b=c']);
    expect(parseVariable('A=', {}, '--env')).toEqual(['A', '']);
  });

  it('without a value takes the caller’s, and is left out when there is none', () => {
    expect(parseVariable('HOME', { HOME: '/h' }, '--env')).toEqual(['HOME', '/h']);
    expect(parseVariable('HOME', {}, '--env')).toBeUndefined();
  });

  it.each(['', '=x', 'A=\0'])('%j is refused', (word) => {
    expect(() => parseVariable(word, {}, '--env')).toThrow(refused('invalid'));
  });

  it('file has comments, blank lines and no quoting', () => {
    expect(parseEnvFile('\uFEFF# first\n\nA="x y"\r\n  B=2\nC\n', 'vars', { C: '3' })).toEqual([
      ['A', '"x y"'],
      ['B', '2'],
      ['C', '3'],
    ]);
  });

  it('file with a bad line is refused with file and line', () => {
    expect(() => parseEnvFile('A=1\n=2\n', 'vars', {})).toThrow(expect.objectContaining({ detail: expect.objectContaining({ where: 'vars:2' }) }));
  });

  it('typed wins over one from a file, and later ones win', () => {
    const file = join(dir, 'vars');
    writeFileSync(file, 'A=file\nB=file\n');
    expect(readEnvironment({ env: ['A=1', 'A=2'], envFile: [file] }, {})).toEqual([
      ['A', '2'],
      ['B', 'file'],
    ]);
  });

  it('file that is not there is named', () => {
    expect(() => readEnvironment({ env: [], envFile: ['/nowhere/vars'] }, {})).toThrow(
      expect.objectContaining({ code: 'not-found', detail: expect.objectContaining({ where: '/nowhere/vars' }) }),
    );
  });
});

const dir = realpathSync(mkdtempSync(join(tmpdir(), 'forge-words-')));
afterAll(() => rmSync(dir, { recursive: true }));
mkdirSync(join(dir, 'data'));
mkdirSync(join(dir, 'a:b'));
symlinkSync(join(dir, 'data'), join(dir, 'link'));
writeFileSync(join(dir, 'file'), '');

describe('a mount', () => {
  it('of a name is a volume', () => {
    expect(parseVolume('data:/data', dir)).toEqual({ source: { volume: 'data' }, target: '/data', readOnly: false });
  });

  it('of a path is the directory that is there, relative to where the command runs', () => {
    expect(parseVolume('./data:/in:ro', dir)).toEqual({ source: { path: join(dir, 'data') }, target: '/in', readOnly: true });
    expect(parseVolume('.:/', dir)).toEqual({ source: { path: dir }, target: '/', readOnly: false });
    expect(parseVolume(`${dir}/data:/in:rw`, '/')).toEqual({ source: { path: join(dir, 'data') }, target: '/in', readOnly: false });
  });

  it('follows links of the source once, so that consent is to what is there', () => {
    expect(parseVolume('./link:/in', dir).source).toEqual({ path: join(dir, 'data') });
  });

  it('may have a colon in its source', () => {
    expect(parseVolume('./a:b:/in', dir).source).toEqual({ path: join(dir, 'a:b') });
  });

  it('loses slashes at the end of its target', () => {
    expect(parseVolume('data:/data/', dir).target).toBe('/data');
  });

  it.each([
    ['data', 'invalid'],
    ['/only/one', 'invalid'],
    [':/data', 'invalid'],
    ['data:data', 'invalid'],
    ['data:/a/../b', 'invalid'],
    ['data:/a//b', 'invalid'],
    ['data:/a:rx', 'invalid'],
    ['Data!:/data', 'invalid'],
    [`${'x'.repeat(64)}:/data`, 'invalid'],
    ['./gone:/data', 'not-found'],
    ['./file:/data', 'unsupported'],
  ])('%s is refused as %s', (word, code) => {
    expect(() => parseVolume(word, dir)).toThrow(refused(code));
  });

  it('in memory has an optional size', () => {
    expect(parseTmpfs('/tmp')).toEqual({ source: { memory: 0 }, target: '/tmp', readOnly: false });
    expect(parseTmpfs('/tmp:size=64m')).toEqual({ source: { memory: 64 * 2 ** 20 }, target: '/tmp', readOnly: false });
    expect(() => parseTmpfs('/tmp:mode=1777')).toThrow(refused('invalid'));
    expect(() => parseTmpfs('tmp')).toThrow(refused('invalid'));
  });

  it('of a directory is consent to it, as far as it was typed; a volume needs none', () => {
    const mounts = ['data:/v', './data:/w', './link:/r:ro'].map((word) => parseVolume(word, dir));
    expect(consentsOf([...mounts, parseTmpfs('/tmp')])).toEqual([
      { kind: 'path', name: join(dir, 'data'), write: true },
      { kind: 'path', name: join(dir, 'data'), write: false },
    ]);
  });
});

describe('whatever is typed', () => {
  it('is read or refused, never a bug', () => {
    const readers = [
      parseSize,
      parseDuration,
      parseCount,
      (word: string) => parseVolume(word, dir),
      parseTmpfs,
      (word: string) => parseInstant(word, 0, 'x'),
      (word: string) => parseVariable(word, {}, 'x'),
    ];
    fc.assert(
      fc.property(fc.constantFrom(...readers), fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.stringMatching(/^[0-9a-z.:/=,]{0,20}$/)), (read, word) => {
        try {
          read(word, 'x');
        } catch (thrown) {
          return thrown instanceof Refusal;
        }
        return true;
      }),
      { numRuns: 1_000 },
    );
  });
});
