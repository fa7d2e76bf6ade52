import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildGo, noGo } from './build.ts';
import { makeJson, makeMarkdown } from './input.ts';
import { Bench, report, spoken } from './peer.ts';

const LONG = { timeout: 120_000 };

describe.skipIf(noGo)(`Go programs (GOOS=wasip1) do what they do on Linux${noGo ? ` (${noGo})` : ''}`, LONG, () => {
  const bench = new Bench();
  let { gojq, markdown, exit } = {} as Awaited<ReturnType<typeof buildGo>>;
  const json = makeJson(25_000);

  beforeAll(async () => {
    ({ gojq, markdown, exit } = await buildGo());
    bench.warm(gojq, '--version');
    bench.warm(markdown, '/data/none');
    for (const put of [bench.volumeFile, bench.nativeFile]) {
      writeFileSync(put.call(bench, 'rows.json'), json);
      writeFileSync(put.call(bench, 'bad.json'), '{"a": [1, 2}\n');
      writeFileSync(put.call(bench, 'readme.md'), makeMarkdown(2_000_000));
    }
  }, 600_000);
  afterAll(() => bench.close());

  test('gojq groups and sums megabytes of JSON in a volume', () => {
    const query = 'group_by(.tags[1]) | map({tag: .[0].tags[1], count: length, sum: (map(.score) | add)})';
    const { guest, host } = bench.both(gojq, [query, '/data/rows.json']);
    expect({ ...guest, ms: 0 }).toEqual({ ...host, ms: 0 });
    expect(guest.stdout).toContain('"tag": "ü0"');
    report(`gojq, ${(json.length / 1e6).toFixed(1)} MB of JSON`, guest, host, bench.guest(gojq, ['--version']));
  });

  test('gojq prints megabytes of standard input again, byte for byte', () => {
    const { guest, host } = bench.both(gojq, ['-c', '.[] | .nested.text |= ascii_upcase'], { input: json });
    expect(guest.stdout.length).toBeGreaterThan(2_000_000);
    expect(guest.stdout === host.stdout).toBe(true);
    expect([guest.code, guest.stderr]).toEqual([0, '']);
  });

  test.each([
    ['JSON that is broken, in a file', ['.', '/data/bad.json'], undefined, 5],
    ['JSON that is broken, by standard input', ['.'], '[1, 2', 5],
    ['a file that is missing', ['.', '/data/none.json'], undefined, 5],
    ['a directory in place of a file', ['.', '/data'], undefined, 5],
    ['a query that is broken', ['.[0', '/data/bad.json'], undefined, 3],
    ['a word it does not know', ['--nothing'], undefined, 2],
    ['a value that is not so, with -e', ['-e', '.[0].nested.note', '/data/rows.json'], undefined, 1],
    ['an error of the query', ['-n', '"x" | error'], undefined, 5],
    ['halt_error with a code', ['-n', '"bye\n" | halt_error(255)'], undefined, 255],
  ] as const)('gojq refuses %s with the same words and code', (_, args, input, code) => {
    const { guest, host } = bench.both(gojq, args, input === undefined ? {} : { input });
    expect(spoken(guest)).toEqual(spoken(host));
    expect(guest.code).toBe(code);
  });

  test('goldmark renders megabytes of Markdown to standard output', () => {
    const { guest, host } = bench.both(markdown, ['/data/readme.md']);
    expect(guest.stdout === host.stdout).toBe(true);
    expect([guest.code, guest.stderr]).toEqual([0, '']);
    report('goldmark, 2 MB of Markdown', guest, host, bench.guest(markdown, ['/data/none']));
  });

  test('goldmark renders into a file of the volume', () => {
    const { guest } = bench.both(markdown, ['/data/readme.md', '/data/readme.html']);
    expect([guest.code, guest.stdout, guest.stderr]).toEqual([0, '', '']);
    expect(readFileSync(bench.volumeFile('readme.html')).equals(readFileSync(bench.nativeFile('readme.html')))).toBe(true);
  });

  test('a read-only volume can be read', () => {
    const guest = bench.guest(gojq, ['.', '/data/bad.json'], { readOnly: true });
    expect(spoken(guest)).toEqual(spoken(bench.host(gojq, ['.', '/data/bad.json'])));
  });

  test('a read-only volume cannot be written', () => {
    expect(bench.guest(markdown, ['/data/bad.json', '/data/new.html'], { readOnly: true })).toMatchObject({ code: 1, stderr: 'open /data/new.html: Read-only file system\n' });
  });

  test('megabytes go through the daemon too', async () => {
    await bench.serve();
    const { guest, host } = bench.both(gojq, ['-c', 'map(.id) | add, length'], { input: json });
    expect({ ...guest, ms: 0 }).toEqual({ ...host, ms: 0 });
    expect(spoken(bench.guest(gojq, ['.', '/data/bad.json']))).toEqual(spoken(bench.host(gojq, ['.', '/data/bad.json'])));
  });

  test.each(['0', '1', '3', '124', '127', '255', '256', '-1'])('os.Exit(%s) is the exit code that Linux makes of it', (code) => {
    const { guest, host } = bench.both(exit, [code]);
    expect(spoken(guest)).toEqual(spoken(host));
  });

  test('a panic ends with 2 and its stack', () => {
    const { guest, host } = bench.both(exit, ['panic']);
    expect([guest.code, host.code]).toEqual([2, 2]);
    expect(guest.stderr).toMatch(/^panic: as asked\n\ngoroutine 1 \[running\]:\nmain\.main\(\)\n/);
    expect(guest.stdout).toBe('');
  });
});
