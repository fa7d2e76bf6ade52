/** The options of `forge run`: the quick reader, its agreement with commander, and what becomes of them. */
import { mkdtempSync, realpathSync } from 'node:fs';
import { tmpdir } from 'node:os';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createProgram } from '../../cli/src/program.ts';
import { readRunRequest } from '../../cli/src/run/run-request.ts';
import { specOf } from '../../cli/src/run/spec.ts';
import { RUN_FLAGS, type RunFlag, type RunWords, readRunWords } from '../../cli/src/words/run-words.ts';
import { fakeSession } from './fake-session.ts';

const dir = realpathSync(mkdtempSync(`${tmpdir()}/forge-run-`));
const read = (...words: string[]): RunWords => {
  const found = readRunWords(words);
  if (!found) throw new Error(`not read: ${words.join(' ')}`);
  return found;
};
const request = (...words: string[]) => readRunRequest(read(...words), { HOME: '/h' }, dir);

describe('the words of run', () => {
  it('end at FILE: what follows belongs to the program', () => {
    expect(read('--rm', 'app.wasm', '--rm', '-e', '--', '--help')).toMatchObject({ file: 'app.wasm', args: ['--rm', '-e', '--', '--help'] });
  });

  it('end at --, which is not passed on', () => {
    expect(read('--rm', '--', '-odd.wasm', 'x')).toMatchObject({ file: '-odd.wasm', args: ['x'] });
  });

  it.each([
    [['-e', 'A=1', 'f'], '--env', ['A=1']],
    [['-eA=1', 'f'], '--env', ['A=1']],
    [['--env=A=1', '--env', 'B=2', 'f'], '--env', ['A=1', 'B=2']],
    [['--env-file', 'x', '--env-file=y', 'f'], '--env-file', ['x', 'y']],
    [['-v', 'a:/a', '--volume', 'b:/b', '-vc:/c', 'f'], '--volume', ['a:/a', 'b:/b', 'c:/c']],
    [['--tmpfs', '/tmp', 'f'], '--tmpfs', ['/tmp']],
    [['-m', '64m', 'f'], '--memory', ['64m']],
    [['--memory=1g', '--memory', '2g', 'f'], '--memory', ['2g']],
    [['--timeout', '5s', 'f'], '--timeout', ['5s']],
    [['-d', 'f'], '--detach', ['']],
    [['--detach', 'f'], '--detach', ['']],
    [['-i', 'f'], '--interactive', ['']],
    [['--rm', 'f'], '--rm', ['']],
    [['--name', 'web', 'f'], '--name', ['web']],
    [['--name=', 'f'], '--name', ['']],
    [['--restart', 'always', 'f'], '--restart', ['always']],
    [['--container', 'one', 'f'], '--container', ['one']],
    [['-l', 'a=b', 'f'], '--label', ['a=b']],
    [['--format', 'json', 'f'], '--format', ['json']],
    [['--home', '/x', 'f'], '--home', ['/x']],
    [['--log-level', 'debug', 'f'], '--log-level', ['debug']],
  ] as const)('%j give %s', (words, name, values) => {
    const found = read(...words);
    expect(found.file).toBe('f');
    expect(found.given.get(name)).toEqual(values);
  });

  it('may be glued together when they are switches', () => {
    const found = read('-die', 'A=1', 'f');
    expect([...found.given.keys()]).toEqual(['--detach', '--interactive', '--env']);
    expect(read('-dieA=1', 'f').given.get('--env')).toEqual(['A=1']);
  });

  it('take the next word as a value even when it looks like an option, as podman does', () => {
    expect(read('--name', '--rm', 'f').given.get('--name')).toEqual(['--rm']);
  });

  it.each([[[]], [['--rm']], [['--bogus', 'f']], [['-x', 'f']], [['-dx', 'f']], [['-e']], [['--rm=yes', 'f']], [['--help']], [['-h', 'f']], [['--']]])(
    '%j are left to commander',
    (words) => {
      expect(readRunWords(words)).toBeUndefined();
    },
  );

  it('mean to commander what they mean to the quick reader', async () => {
    const flags: readonly RunFlag[] = RUN_FLAGS;
    const word = fc.constantFrom('x', 'A=1', '/data', '64m');
    const option = fc.tuple(fc.constantFrom(...flags), word, fc.boolean()).map(([flag, value, glued]) => {
      const name = flag.short && glued ? flag.short : flag.long;
      if (!flag.value) return [name];
      return glued ? [`${name}${name.startsWith('--') ? '=' : ''}${value}`] : [name, value];
    });
    await fc.assert(
      fc.asyncProperty(fc.array(option, { maxLength: 5 }), fc.array(fc.constantFrom('a', '-b', '--c', '--', '-e'), { maxLength: 4 }), async (options, args) => {
        const words = [...options.flat(), 'file.wasm', ...args];
        const quick = read(...words);
        const program = createProgram({ session: fakeSession(), finish: () => undefined });
        const run = program.commands.find((command) => command.name() === 'run');
        let operands: unknown[] = [];
        run?.action((...given: unknown[]) => {
          operands = given;
        });
        await program.parseAsync(['run', ...words], { from: 'user' });
        expect(operands[0]).toBe(quick.file);
        expect(operands[1]).toEqual(quick.args);
        const byCommander = run?.opts() ?? {};
        const expected = Object.fromEntries(
          [...quick.given].map(([name, values]) => {
            const flag = flags.find(({ long }) => long === name);
            const key = name.slice(2).replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
            return [key, flag?.many ? values : flag?.value ? values[0] : true];
          }),
        );
        expect(byCommander).toEqual(expected);
      }),
      { numRuns: 200 },
    );
  });
});

describe('a request to run', () => {
  it('has what was typed, and nothing else', () => {
    expect(request('f')).toEqual({
      file: `${dir}/f`,
      args: [],
      env: [],
      mounts: [],
      memoryBytes: 0,
      wallMs: 0,
      detach: false,
      interactive: false,
      autoRemove: false,
      name: undefined,
      restart: undefined,
      container: undefined,
      labels: [],
      json: false,
      home: undefined,
      logLevel: undefined,
    });
  });

  it('has every option in its own unit', () => {
    const found = request(
      '-e',
      'HOME',
      '-m',
      '1k',
      '--timeout',
      '2s',
      '-d',
      '--rm',
      '--name',
      'n',
      '--restart',
      'no',
      '--container',
      'c',
      '-l',
      'a=b=c',
      '-l',
      'd',
      '--format',
      'json',
      '-v',
      '.:/w',
      '--tmpfs',
      '/t',
      'f',
      'x',
    );
    expect(found).toMatchObject({
      args: ['x'],
      env: [['HOME', '/h']],
      memoryBytes: 1024,
      wallMs: 2_000,
      detach: true,
      autoRemove: true,
      name: 'n',
      restart: 'no',
      container: 'c',
      labels: [
        ['a', 'b=c'],
        ['d', ''],
      ],
      json: true,
      mounts: [
        { source: { path: dir }, target: '/w', readOnly: false },
        { source: { memory: 0 }, target: '/t', readOnly: false },
      ],
    });
  });

  it.each([
    [['--restart', 'sometimes', 'f']],
    [['--restart', 'always', '--rm', 'f']],
    [['-v', 'a:/x', '-v', 'b:/x', 'f']],
    [['-v', 'a:/x', '--tmpfs', '/x/', 'f']],
    [['--label', '=x', 'f']],
    [['--format', 'xml', 'f']],
    [['--log-level', 'all', 'f']],
    [['--memory', 'lots', 'f']],
    [['--timeout', '0', 'f']],
  ])('%j is refused', (words) => {
    expect(() => request(...words)).toThrow(expect.objectContaining({ code: 'invalid' }));
  });
});

describe('the spec of a run', () => {
  const digest = `sha256:${'a'.repeat(64)}`;

  it('has the keys that POST /v1/run takes', () => {
    expect(specOf(request('-e', 'A=1', '-v', 'data:/data:ro', '--name', 'n', 'f', 'x'), digest, 'detached')).toEqual({
      package: digest,
      container: null,
      name: 'n',
      args: ['x'],
      env: { A: '1' },
      mounts: [{ source: { volume: 'data' }, target: '/data', readOnly: true }],
      memoryBytes: 0,
      wallMs: 0,
      stdio: 'detached',
      restart: null,
      autoRemove: false,
      labels: {},
    });
  });

  it('of a run in this process is removed when it ends: nobody could come back to it', () => {
    expect(specOf(request('f'), digest, 'inherited').autoRemove).toBe(true);
    expect(specOf(request('--rm', 'f'), digest, 'interactive').autoRemove).toBe(true);
  });

  it('takes __proto__ for a name like any other', () => {
    const { env } = specOf(request('-e', '__proto__=1', 'f'), digest, 'detached');
    expect(JSON.stringify(env)).toBe('{"__proto__":"1"}');
  });
});
