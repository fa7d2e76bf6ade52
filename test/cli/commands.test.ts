/** The commands beside run: what they ask the platform, what they print, and with which code they end. */
import { copyFileSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Refusal } from '@forgeone/kernel/errors';
import { describe, expect, it } from 'vitest';
import { dispatch } from '../../cli/src/main.ts';
import { createProgram } from '../../cli/src/program.ts';
import type { Kernel } from '../../cli/src/session.ts';
import { type Answer, containerJson, FakeClient, type FakeSessionOptions, fakeSession, problem, records, stopped } from './fake-session.ts';

const forge = async (words: string, answer: Answer | undefined, options: FakeSessionOptions = {}) => {
  const client = answer && new FakeClient(answer);
  const session = fakeSession({ ...(client ? { daemon: client } : {}), ...options });
  const code = await dispatch(words === '' ? [] : words.split(' '), session);
  return { code, ...session.said, requests: client?.requests ?? [], client, session };
};
const id = '0123456789abcdef0123456789abcdef';
const nothing: Answer = () => ({ status: 204 });

describe('help and versions', () => {
  it('forge alone, forge help and forge --help show all commands', async () => {
    for (const words of ['', 'help', '--help']) {
      const { code, out, err } = await forge(words, undefined);
      expect([code, err]).toEqual([0, '']);
      for (const name of ['build', 'validate', 'inspect', 'run', 'ps', 'logs', 'start', 'stop', 'kill', 'wait', 'rm', 'volume', 'serve', 'doctor', 'version'])
        expect(out).toMatch(new RegExp(`^  ${name} `, 'm'));
      expect(out).toContain('Examples:');
    }
  });

  it('every command has help with its own examples and the options every command has', async () => {
    const program = createProgram({ session: fakeSession(), finish: () => undefined });
    const names = program.commands.flatMap((command) => (command.name() === 'volume' ? command.commands.map((each) => `volume ${each.name()}`) : [command.name()]));
    expect(names).toHaveLength(18);
    for (const name of names) {
      const { code, out } = await forge(`${name} --help`, undefined);
      expect(code).toBe(0);
      expect(out).toContain(`Usage: forge ${name} `);
      expect(out).toMatch(new RegExp(`Examples:\n[\\s\\S]*forge ${name}\\b`));
      for (const option of ['--home', '--log-level', '--format', '--help']) expect(out).toContain(option);
    }
  });

  it('help of run names every exit code', async () => {
    const { out } = await forge('help run', undefined);
    for (const code of ['124', '125', '126', '127', '130', '143', '134']) expect(out).toContain(code);
  });

  it('forge --version is one line', async () => {
    expect(await forge('--version', undefined)).toMatchObject({ code: 0, out: expect.stringMatching(/^\d+\.\d+\.\d+\S*\n$/) });
  });

  it('forge version knows the daemon’s, and that there is none, and that it does not answer', async () => {
    expect((await forge('version', () => ({ status: 200, json: { version: '9.9.9' } }))).out).toMatch(/^daemon {2}9\.9\.9$/m);
    expect((await forge('version', undefined)).out).toMatch(/^daemon {2}not running$/m);
    const broken = await forge('version --format json', undefined, { connect: () => Promise.reject(new Refusal('unavailable', 'it hangs')) });
    expect([broken.code, JSON.parse(broken.out)]).toEqual([0, expect.objectContaining({ daemon: 'does not answer: it hangs' })]);
  });
});

describe('words that mean nothing', () => {
  it.each([
    ['rnu x', "forge: unknown command 'rnu'\n hint:  did you mean run? (forge --help)\n"],
    ['frobnicate', "forge: unknown command 'frobnicate'\n hint:  forge --help\n"],
    ['ps --al', "forge: unknown option '--al'\n hint:  did you mean --all? (forge ps --help)\n"],
    ['stop', "forge: missing required argument 'container'\n hint:  forge stop --help\n"],
    ['volume', 'forge: which one? ls, create, rm, inspect\n hint:  forge volume --help\n'],
    ['volume lss', "forge: unknown command 'lss'\n hint:  did you mean ls? (forge volume --help)\n"],
    ['ps extra', 'forge: too many arguments'],
    ['ps --format yaml', 'forge: "yaml" is no format\n where: --format\n hint:  text or json\n'],
    ['--bogus', "forge: unknown option '--bogus'\n hint:  forge --help\n"],
  ])('%s is refused with what would mean something', async (words, said) => {
    const { code, err, out } = await forge(words, nothing);
    expect([code, out]).toEqual([64, '']);
    expect(err.slice(0, said.length)).toBe(said);
  });

  it('are refused in JSON when JSON was asked for', async () => {
    expect(JSON.parse((await forge('ps --format json --al', nothing)).err)).toMatchObject({ code: 'invalid', exitCode: 64 });
  });
});

describe('ps', () => {
  const list: Answer = () => ({
    status: 200,
    json: {
      containers: [
        containerJson({ restarts: 1 }),
        containerJson({ ...stopped(3), id: 'f'.repeat(32), name: 'evil\x1b[2J', image: 'x\ny' }),
        containerJson({ state: 'created' }),
        containerJson({ state: 'restarting', restarts: 2 }),
      ],
    },
  });

  it('is a table whose cells cannot drive the terminal', async () => {
    const { code, out, requests } = await forge('ps', list);
    expect(code).toBe(0);
    expect(requests).toMatchObject([{ method: 'GET', path: '/v1/containers', query: [['all', 'false']] }]);
    expect(out).toBe(
      [
        'CONTAINER ID   NAME          IMAGE       CREATED      STATUS',
        '0123456789ab   web           web:1.0.0   1 hour ago   Up 2 minutes, restarted once',
        'ffffffffffff   evil\\x1b[2J   x\\ny        1 hour ago   Exited (3) 1 minute ago',
        '0123456789ab   web           web:1.0.0   1 hour ago   Created',
        '0123456789ab   web           web:1.0.0   1 hour ago   Restarting after 2 restarts',
        '',
      ].join('\n'),
    );
  });

  it('has all with -a, ids with -q, whole ids with --no-trunc, everything in JSON', async () => {
    expect((await forge('ps -aq', list)).requests[0]?.query).toEqual([['all', 'true']]);
    expect((await forge('ps -q', list)).out.split('\n')[0]).toBe('0123456789ab');
    expect((await forge('ps -q --no-trunc', list)).out.split('\n')[0]).toBe(id);
    const { out } = await forge('ps --format json', list);
    expect(JSON.parse(out)).toHaveLength(4);
    expect(out).not.toContain('\x1b');
  });

  it('without a daemon says how to start one', async () => {
    expect(await forge('ps', undefined)).toMatchObject({
      code: 125,
      err: 'forge: no daemon is running\n where: /home/state\n hint:  start one: forge serve (or name its state directory: --home DIR)\n',
    });
  });

  it('of a daemon that speaks something else says so', async () => {
    expect((await forge('ps', () => ({ status: 200, json: { containers: [{ id: 7 }] } }))).err).toContain('something else than a container');
    expect((await forge('ps', () => ({ status: 200, json: 'x' }))).code).toBe(125);
  });
});

describe('options before the command', () => {
  it('count as those after it', async () => {
    const homes: string[] = [];
    const connect = async (home: string): Promise<undefined> => void homes.push(home);
    await forge('--home /a ps', undefined, { connect });
    await forge('ps --home /b', undefined, { connect });
    await forge('--home=/c volume --help', undefined, { connect });
    await forge('--home /d run -d f', undefined, { connect });
    await forge('ps --home state', undefined, { connect });
    expect(homes).toEqual(['/a', '/b', '/d', '/work/state']);
    expect(JSON.parse((await forge('--format json ps', undefined)).err)).toMatchObject({ code: 'unavailable' });
  });
});

describe('start, stop, kill, wait, rm', () => {
  it.each([
    ['start a', 'POST', '/v1/containers/a/start', undefined],
    ['stop a', 'POST', '/v1/containers/a/stop', undefined],
    ['stop -t 5 a', 'POST', '/v1/containers/a/stop', [['graceMs', '5000']]],
    ['stop --time 500ms a', 'POST', '/v1/containers/a/stop', [['graceMs', '500']]],
    ['kill a', 'POST', '/v1/containers/a/kill', undefined],
    ['rm a', 'DELETE', '/v1/containers/a', [['force', 'false']]],
    ['rm -f a', 'DELETE', '/v1/containers/a', [['force', 'true']]],
  ])('%s is %s %s', async (words, method, path, query) => {
    const { code, out, requests, client } = await forge(words, nothing);
    expect([code, out]).toEqual([0, 'a\n']);
    expect(requests).toEqual([query ? { method, path, query } : { method, path }]);
    expect(client?.closed).toBe(true);
  });

  it('wait prints exit codes', async () => {
    expect(await forge('wait a b', ({ path }) => ({ status: 200, json: stopped(path.includes('/a/') ? 0 : 3) }))).toMatchObject({ code: 0, out: '0\n3\n' });
  });

  it('a failure does not spare the rest, and the first one’s code counts', async () => {
    const answer: Answer = ({ path }) =>
      path.includes('/b/') ? problem('not-found', 404, 'no such container', { where: 'b' }) : path.includes('/c/') ? problem('conflict', 409, 'busy') : { status: 204 };
    const { code, out, err, requests } = await forge('start a b c d', answer);
    expect([code, out, requests.length]).toEqual([66, 'a\nd\n', 4]);
    expect(err).toBe('forge: no such container\n where: b\nforge: busy\n');
    const json = await forge('start --format json a b', answer);
    expect(JSON.parse(json.out)).toEqual([{ container: 'a' }, { container: 'b', error: expect.objectContaining({ code: 'not-found' }) }]);
  });

  it.each(['../volumes/data', 'a/b', '..', 'a\\b', ''])('a name such as %j cannot reach another resource', async (name) => {
    const session = fakeSession({ daemon: new FakeClient(nothing) });
    expect(await dispatch(['rm', '-f', name], session)).toBe(64);
  });
});

describe('logs', () => {
  const log: Answer = () => ({ status: 200, log: records([1, 'one\n\x1b[31m'], [2, 'two'], [3, 'ended']) });

  it('go to our two streams as they are', async () => {
    const { code, out, err, requests } = await forge('logs web', log);
    expect([code, out, err]).toEqual([0, 'one\n\x1b[31m', 'twoended']);
    expect(requests[0]).toEqual({ method: 'GET', path: '/v1/containers/web/logs', query: [['follow', 'false']] });
  });

  it('ask for what was asked', async () => {
    expect((await forge('logs -f --tail 20 --since 1m web', log)).requests[0]?.query).toEqual([
      ['follow', 'true'],
      ['tail', '20'],
      ['since', String(Date.parse('2026-06-01T11:59:00Z'))],
    ]);
    expect((await forge('logs --tail all web', log)).requests[0]?.query).toEqual([['follow', 'false']]);
    expect((await forge('logs --tail some web', log)).code).toBe(64);
  });

  it('have times with -t, and lines of JSON with --format json', async () => {
    expect((await forge('logs -t web', log)).err).toBe('2026-06-01T12:00:00.123456789Z two\n2026-06-01T12:00:00.123456789Z ended\n');
    const lines = (await forge('logs --format json web', log)).out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { stream: string });
    expect(lines.map(({ stream }) => stream)).toEqual(['stdout', 'stdout', 'stderr', 'system']);
  });
});

describe('volume', () => {
  const volume = { name: 'data', createdMs: Date.parse('2026-01-01T00:00:00Z'), bytesMax: 1024, entriesMax: 0 };

  it('ls, create, rm and inspect ask the platform', async () => {
    expect((await forge('volume ls', () => ({ status: 200, json: { volumes: [volume] } }))).out).toBe(
      'NAME   CREATED                    QUOTA\ndata   2026-01-01T00:00:00.000Z   1.0 KiB\n',
    );
    expect((await forge('volume ls -q', () => ({ status: 200, json: { volumes: [volume] } }))).out).toBe('data\n');
    const created = await forge('volume create --size 1k --entries 5 data', () => ({ status: 201, json: volume }));
    expect([created.out, created.requests[0]?.body]).toEqual(['data\n', { name: 'data', bytesMax: 1024, entriesMax: 5 }]);
    expect((await forge('volume inspect data', () => ({ status: 200, json: volume }))).out).toContain('quota    1.0 KiB');
    const removed = await forge('volume rm a b', ({ path }) => (path.endsWith('a') ? problem('conflict', 409, 'mounted') : { status: 204 }));
    expect([removed.code, removed.out, removed.err]).toEqual([73, 'b\n', 'forge: mounted\n']);
  });

  it('works without a daemon, through a kernel in this process', async () => {
    const client = new FakeClient(() => ({ status: 200, json: { volumes: [] } }));
    const opened: unknown[] = [];
    const openKernel = async (options: unknown) => {
      opened.push(options);
      return client;
    };
    const { code } = await forge('volume ls', undefined, { kernel: async () => ({ openKernel }) as unknown as Kernel });
    expect([code, client.closed]).toEqual([0, true]);
    expect(opened).toEqual([{ home: '/home/state', placement: 'together', oneShot: true, logFile: '/home/state/log/forge.log' }]);
  });
});

describe('inspect', () => {
  it('of a container has its fields, neutralised, or all of it in JSON', async () => {
    const answer: Answer = () => ({ status: 200, json: containerJson({ name: 'a\x07', reason: null }) });
    const { out, requests } = await forge('inspect web', answer);
    expect(requests[0]?.path).toBe('/v1/containers/web');
    expect(out).toMatch(/^container {2}a\\x07$/m);
    expect(out).toMatch(/^status {5}Up 2 minutes$/m);
    expect(JSON.parse((await forge('inspect --format json web', answer)).out)).toMatchObject({ id });
  });

  it('of what is neither file nor container says so', async () => {
    expect(await forge('inspect ./gone.forgepkg', undefined)).toMatchObject({ code: 66 });
    expect((await forge('inspect gone', undefined)).err).toContain('no daemon to ask');
    expect((await forge('inspect gone', () => problem('not-found', 404, 'no such container'))).code).toBe(66);
  });
});

describe('validate and inspect of files', () => {
  const dir = mkdtempSync(join(tmpdir(), 'forge-files-'));
  writeFileSync(join(dir, 'junk.forgepkg'), 'junk');
  writeFileSync(join(dir, 'empty.wasm'), new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]));
  writeFileSync(join(dir, 'forge.toml'), '[package]\nname = "A B"\nversion = "1"\nunknown = 1\n');
  const here = { cwd: dir };

  it('validate lists every problem of a project with line, column and remedy', async () => {
    const { code, out } = await forge('validate .', undefined, here);
    expect(code).toBe(64);
    expect(out).toMatch(/^\.: \d+ problems\n {2}- forge\.toml:\d+:\d+: /);
    expect(out.match(/^ {2}- /gm)?.length).toBeGreaterThanOrEqual(3);
    const json = JSON.parse((await forge('validate --format json .', undefined, here)).out) as { valid: boolean; problems: unknown[] };
    expect([json.valid, json.problems.length]).toEqual([false, out.match(/^ {2}- /gm)?.length]);
  });

  it('validate names every file that a project lacks, and what is no program', async () => {
    const project = join(dir, 'project');
    mkdirSync(project);
    copyFileSync(join(dir, 'empty.wasm'), join(project, 'library.wasm'));
    const container = (name: string, what: string) => `[[container]]\nname = "${name}"\n${what}\n`;
    writeFileSync(
      join(project, 'forge.toml'),
      `[package]\nname = "p"\nversion = "1.0.0"\n${container('a', 'source = "src/a.ts"')}${container('b', 'component = "b.wasm"')}${container('c', 'component = "library.wasm"')}`,
    );
    const { code, out } = await forge('validate project', undefined, here);
    expect(code).toBe(66);
    for (const problem of ['there is no src/a.ts', 'there is no b.wasm', 'exports nothing that can be run']) expect(out).toContain(problem);
    expect(out).toMatch(/^project: 3 problems$/m);
  });

  it('validate of junk and of nothing ends with the code of what is wrong', async () => {
    expect((await forge('validate junk.forgepkg', undefined, here)).code).toBe(64);
    expect((await forge('validate gone.forgepkg', undefined, here)).code).toBe(66);
    expect((await forge('validate empty.wasm', undefined, here)).code).toBe(69);
  });

  it('inspect of a module says what it is', async () => {
    const { code, out } = await forge('inspect empty.wasm', undefined, here);
    expect(code).toBe(0);
    expect(out).toMatch(/^format {4}WebAssembly file$/m);
    expect(out).toContain('a library, which cannot be run');
    expect(JSON.parse((await forge('inspect --format json empty.wasm', undefined, here)).out)).toMatchObject({ format: 'wasm', components: [{ kind: 'library', size: 8 }] });
  });

  it('build without a forge.toml says where to look', async () => {
    expect(await forge('build nowhere', undefined, here)).toMatchObject({ code: 66, err: expect.stringContaining('forge build DIR') });
  });
});

describe('serve', () => {
  const kernelOf = (events: string[]): Kernel =>
    ({
      openKernel: async (options: { placement: string }) => {
        events.push(options.placement);
        return { serve: async () => ({ socket: '/home/state/run/forge.sock' }), close: async () => void events.push('closed') };
      },
    }) as unknown as Kernel;

  it('answers until the first signal, then closes and ends with 0', async () => {
    const events: string[] = [];
    const session = fakeSession({ kernel: async () => kernelOf(events) });
    const over = dispatch(['serve'], session);
    await expect.poll(() => session.said.err).toBe('forge: serving on /home/state/run/forge.sock\n');
    session.signals.emit('SIGTERM', 'SIGTERM');
    expect([await over, events, session.exits]).toEqual([0, ['apart', 'closed'], []]);
  });

  it('is left by the second signal when it does not come to its end', async () => {
    let now = 0;
    const kernel = { openKernel: async () => ({ serve: async () => ({ socket: 's' }), close: () => new Promise(() => undefined) }) } as unknown as Kernel;
    const session = fakeSession({ kernel: async () => kernel, clock: () => (now += 1_000) });
    void dispatch(['serve'], session);
    await expect.poll(() => session.said.err).not.toBe('');
    session.signals.emit('SIGTERM', 'SIGTERM');
    session.signals.emit('SIGINT', 'SIGINT');
    expect(session.exits).toEqual([143]);
  });
});
