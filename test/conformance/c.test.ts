import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildC, noC } from './build.ts';
import { makeBytes } from './input.ts';
import { Bench, report } from './peer.ts';

const LONG = { timeout: 120_000 };
const digest = (path: string): string => createHash('sha256').update(readFileSync(path)).digest('hex');

const FILL = `
  PRAGMA journal_mode = DELETE;
  CREATE TABLE person (id INTEGER PRIMARY KEY, name TEXT NOT NULL, age INT, score REAL);
  CREATE UNIQUE INDEX by_name ON person (name);
  CREATE INDEX by_age ON person (age, score);
  BEGIN;
  WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000)
    INSERT INTO person SELECT i, printf('name-%d', i * 7919 % 100003), i * 31 % 97, i / 7.0 FROM n;
  COMMIT;
  BEGIN; DELETE FROM person WHERE age < 50; ROLLBACK;
  BEGIN; UPDATE person SET score = score + 1 WHERE age = 5; COMMIT;`;

/**
 * SQLite's WASI build locks with a directory beside the database, for want of fcntl(2): a crash leaves it, and a
 * read-only volume has no room for it. This one does not lock.
 */
const NO_LOCKS = 'unix-none';

const ASK = `
  SELECT count(*), sum(age), avg(score), min(name), max(name) FROM person;
  SELECT age, count(*), round(total(score), 3) FROM person GROUP BY age ORDER BY 2 DESC, 1 LIMIT 20;
  SELECT a.id, b.name FROM person a JOIN person b ON b.name = printf('name-%d', a.id) WHERE a.age = 3 ORDER BY a.name LIMIT 50;
  PRAGMA integrity_check;`;

describe.skipIf(noC)(`C programs (clang, wasi-libc) do what they do on Linux${noC ? ` (${noC})` : ''}`, LONG, () => {
  const bench = new Bench();
  let { sql, zst, exit } = {} as Awaited<ReturnType<typeof buildC>>;
  const query = (input: string, ...vfs: string[]) => bench.both(sql, ['/data/people.db', ...vfs], { input });

  beforeAll(async () => {
    ({ sql, zst, exit } = await buildC());
    bench.warm(sql, ':memory:');
    bench.warm(zst, 'd', '/data/none', '/data/none');
    bench.warm(exit, '0');
  }, 600_000);
  afterAll(() => bench.close());

  describe('SQLite', LONG, () => {
    test('makes a database of 100,000 rows in a volume, the same bytes as natively', () => {
      const { guest, host } = query(FILL);
      expect({ ...guest, ms: 0 }).toEqual({ code: 0, stdout: 'delete\n', stderr: '', ms: 0 });
      expect(digest(bench.volumeFile('people.db'))).toBe(digest(bench.nativeFile('people.db')));
      expect(readdirSync(bench.volume)).toEqual(['people.db']);
      report('SQLite, 100,000 rows with two indexes', guest, host, bench.guest(sql, [':memory:'], { input: '' }));
    });

    test('answers from it in a second run', () => {
      const { guest, host } = query(ASK);
      expect({ ...guest, ms: 0 }).toEqual({ ...host, ms: 0 });
      expect(guest.stdout).toMatch(/^100000\|.*\n(.*\n)+ok\n$/);
      report('SQLite, queries and integrity_check', guest, host, bench.guest(sql, [':memory:'], { input: '' }));
    });

    test('commits three hundred transactions one by one', () => {
      const { guest, host } = query(
        `CREATE TABLE log (line TEXT);${Array.from({ length: 300 }, (_, i) => `INSERT INTO log VALUES ('line ${i}');`).join('\n')} SELECT count(*) FROM log; DROP TABLE log;`,
      );
      expect({ ...guest, ms: 0 }).toEqual({ code: 0, stdout: '300\n', stderr: '', ms: 0 });
      report('SQLite, 300 transactions', guest, host, bench.guest(sql, [':memory:'], { input: '' }));
    });

    test('rolls a half-written transaction back after a crash', () => {
      const { guest } = query("PRAGMA cache_size = 200; BEGIN; UPDATE person SET name = name || '-lost', age = age + 1; SELECT crash();", NO_LOCKS);
      expect(guest.code).toBe(134);
      expect(existsSync(bench.volumeFile('people.db-journal'))).toBe(true);
      const after = query(ASK, NO_LOCKS);
      expect(after.guest.stdout).toBe(after.host.stdout);
      expect(after.guest.stdout).toMatch(/\nok\n$/);
      expect(existsSync(bench.volumeFile('people.db-journal'))).toBe(false);
    });

    test.each([
      ['a table that is missing', 'SELECT * FROM nothing;', 1],
      ['a row that breaks a unique index', "INSERT INTO person VALUES (0, 'name-1', 1, 1);", 19],
      ['half a statement', 'SELECT (1', 1],
    ])('refuses %s with the same words and code', (_, input, code) => {
      const { guest, host } = query(input);
      expect({ ...guest, ms: 0 }).toEqual({ ...host, ms: 0 });
      expect(guest.code).toBe(code);
    });

    test('reads a read-only volume and cannot write it', () => {
      expect(bench.guest(sql, ['/data/people.db', NO_LOCKS], { input: 'SELECT count(*) FROM person;', readOnly: true })).toMatchObject({ code: 0, stdout: '100000\n', stderr: '' });
      expect(bench.guest(sql, ['/data/people.db', NO_LOCKS], { input: 'DELETE FROM person;', readOnly: true })).toMatchObject({
        code: 8,
        stderr: 'sqlite: attempt to write a readonly database (8)\n',
      });
    });
  });

  describe('zstd', LONG, () => {
    beforeAll(() => {
      const bytes = makeBytes(20_000_000);
      writeFileSync(bench.volumeFile('plain'), bytes);
      writeFileSync(bench.nativeFile('plain'), bytes);
    });

    test.each(['1', '3', '6'])('compresses 20 MB at level %s to the same bytes as natively, and back', (level) => {
      const squeezed = bench.both(zst, [level, '/data/plain', '/data/squeezed.zst']);
      expect({ ...squeezed.guest, ms: 0 }).toEqual({ code: 0, stdout: '', stderr: '', ms: 0 });
      expect(digest(bench.volumeFile('squeezed.zst'))).toBe(digest(bench.nativeFile('squeezed.zst')));
      const back = bench.both(zst, ['d', '/data/squeezed.zst', '/data/back']);
      expect({ ...back.guest, ms: 0 }).toEqual({ code: 0, stdout: '', stderr: '', ms: 0 });
      expect(digest(bench.volumeFile('back'))).toBe(digest(bench.nativeFile('plain')));
      const boot = bench.guest(zst, ['d', '/data/none', '/data/none']);
      report(`zstd -${level}, 20 MB`, squeezed.guest, squeezed.host, boot);
      report('zstd -d, 20 MB', back.guest, back.host, boot);
    });

    test('refuses what is cut short, what is no zstd, and what is missing, with the same words and code', () => {
      for (const file of [bench.volumeFile('squeezed.zst'), bench.nativeFile('squeezed.zst')]) truncateSync(file, 100_000);
      for (const [args, code] of [
        [['d', '/data/squeezed.zst', '/data/back'], 5],
        [['d', '/data/plain', '/data/back'], 4],
        [['d', '/data/none', '/data/back'], 3],
        [['3', '/data/plain', '/data/none/back'], 3],
      ] as const) {
        const { guest, host } = bench.both(zst, args);
        expect({ ...guest, ms: 0 }, args.join(' ')).toEqual({ ...host, ms: 0 });
        expect(guest.code, args.join(' ')).toBe(code);
      }
    });
  });

  describe('the end of a program', LONG, () => {
    test.each(['0', '1', '2', '124', '125', '134', '255', '256', '-1'])('exit(%s) is the exit code that Linux makes of it', (code) => {
      const { guest, host } = bench.both(exit, [code]);
      expect({ ...guest, ms: 0 }).toEqual({ ...host, ms: 0 });
    });

    test('abort() is a trap: 134, and what was written before is there', () => {
      const { guest, host } = bench.both(exit, ['abort']);
      expect([guest.code, host.code]).toEqual([134, 134]);
      expect(guest.stderr).toMatch(/^about to end\nforge: .*unreachable.*\n$/);
    });

    test('endless recursion is a trap of its own', () => {
      const { code, stderr } = bench.guest(exit, ['recurse']);
      expect(code).toBe(134);
      expect(stderr).toMatch(/^about to end\nforge: .*stack.*\n$/);
    });
  });
});
