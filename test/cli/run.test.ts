/** `forge run` from words to exit code, with a platform that only answers. */
import { mkdtempSync, realpathSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ApiRequest, ApiResponse } from '@forgeone/kernel/client';
import { Refusal } from '@forgeone/kernel/errors';
import { describe, expect, it, vi } from 'vitest';
import { dispatch } from '../../cli/src/main.ts';
import type { Kernel } from '../../cli/src/session.ts';
import { type Answer, containerJson, FakeClient, type FakeSessionOptions, fakeSession, problem, records, stopped } from './fake-session.ts';

const dir = realpathSync(mkdtempSync(join(tmpdir(), 'forge-run-')));
writeFileSync(join(dir, 'app.wasm'), '');
vi.mock('../../cli/src/run/null-stdin.ts', () => ({ emptyStdin: vi.fn() }));
const { emptyStdin } = await import('../../cli/src/run/null-stdin.ts');

const digest = `sha256:${'b'.repeat(64)}`;
const component = `sha256:${'c'.repeat(64)}`;

/** A kernel whose store has one package of these containers. */
function platform(answer: Answer, containers: readonly string[] = ['main'], install: () => unknown = () => undefined) {
  const client = new FakeClient(answer);
  const opened: Record<string, unknown>[] = [];
  const installed: string[] = [];
  const kernel = {
    installPackage: async (file: string) => {
      installed.push(file);
      await install();
      return { digest, name: 'app', version: '1.0.0', containers: containers.map((name) => ({ name, component, manifest: '{}' })), signed: false, local: true };
    },
    openKernel: async (options: Record<string, unknown>) => {
      opened.push(options);
      return Object.assign(client, { serve: async () => ({ socket: '/s' }), plugins: () => [] });
    },
  } as unknown as Kernel;
  return { client, opened, installed, kernel: async () => kernel };
}

/** Runs, follows and waits as the control API does. */
const answers =
  (ended: Record<string, unknown> | readonly Record<string, unknown>[], log: () => ApiResponse = () => ({ status: 200, log: records() })): Answer =>
  ({ method, path }: ApiRequest) => {
    const list = [ended].flat();
    if (path === '/v1/run') return { status: 201, json: { containers: list.map(({ id, name }) => containerJson({ id, name })) } };
    const found = list.find(({ id }) => path.includes(String(id)));
    if (path.endsWith('/logs')) return log();
    if (path.endsWith('/wait') || path.endsWith('/stop') || path.endsWith('/kill')) return { status: 200, json: found ?? null };
    return problem('not-found', 404, `${method} ${path}`);
  };

const run = async (words: string, given: ReturnType<typeof platform>, options: FakeSessionOptions = {}) => {
  const session = fakeSession({ cwd: dir, kernel: given.kernel, ...options });
  const code = await dispatch(['run', ...words.split(' ')], session);
  return { code, session, run: given.client.requests.find(({ path }) => path === '/v1/run') };
};

describe('without a daemon', () => {
  it('the guest inherits our streams, consents are what was typed, and its exit code is ours', async () => {
    const given = platform(answers(stopped(7, 'it exited with code 7')));
    const { code, run: request, session } = await run('-v .:/data:ro --timeout 1s app.wasm a b', given);
    expect(code).toBe(7);
    expect(given.installed).toEqual([join(dir, 'app.wasm')]);
    expect(given.opened).toEqual([{ home: '/home/state', placement: 'together', oneShot: true, logFile: '/home/state/log/forge.log', expect: component }]);
    expect(request?.body).toMatchObject({ package: digest, stdio: 'inherited', args: ['a', 'b'], wallMs: 1_000, autoRemove: true });
    expect(request?.consents).toEqual([
      { kind: 'path', name: dir, write: false },
      { kind: 'stdio', name: '', write: true },
    ]);
    expect(given.client.closed).toBe(true);
    expect(session.said).toEqual({ out: '', err: '' });
    expect(given.client.requests.map(({ path }) => path.split('/').at(-1))).toEqual(['run', 'wait']);
  });

  it('logs go to standard error only when asked', async () => {
    const given = platform(answers(stopped(0)));
    await run('--log-level debug --home /other app.wasm', given);
    expect(given.opened[0]).toMatchObject({ home: '/other', logLevel: 'debug' });
    expect(given.opened[0]).not.toHaveProperty('logFile');
  });

  it.each([
    ['a pipe is read', '', false, 0],
    ['a terminal is not read', '', true, 1],
    ['a terminal is read with -i', '-i ', true, 0],
  ])('%s', async (_, flags, terminal, emptied) => {
    vi.mocked(emptyStdin).mockClear();
    await run(`${flags}app.wasm`, platform(answers(stopped(0))), { isTerminal: (stream) => stream === 0 && terminal });
    expect(emptyStdin).toHaveBeenCalledTimes(emptied);
  });

  it.each(['-d app.wasm', '--restart always app.wasm'])('%s needs one, and says how to start it', async (words) => {
    const given = platform(answers(stopped(0)));
    const { code, session } = await run(words, given);
    expect(code).toBe(125);
    expect(session.said.err).toMatch(/needs the daemon[\s\S]*hint: {2}start it: forge serve/);
    expect(given.installed).toEqual([]);
  });
});

describe('through the daemon', () => {
  const daemon = (answer: Answer, containers?: readonly string[]) => {
    const given = platform(answer, containers);
    return { given, options: { daemon: given.client } };
  };

  it('output comes from the log, one stream apart from the other, bytes as they are', async () => {
    const { given, options } = daemon(answers(stopped(0), () => ({ status: 200, log: records([1, 'out\x1b[1m'], [2, 'err'], [3, 'killed: \x1b[2J\n']) })));
    const { code, session, run: request } = await run('app.wasm', given, options);
    expect(code).toBe(0);
    expect(given.opened).toEqual([]);
    expect(session.said).toEqual({ out: 'out\x1b[1m', err: 'errforge: killed: \\x1b[2J\n' });
    expect(request?.body).toMatchObject({ stdio: 'interactive', autoRemove: false });
    expect(request?.consents).toEqual([]);
    expect(given.client.stdin).toEqual(['typed']);
  });

  it('a terminal is not read without -i', async () => {
    const { given, options } = daemon(answers(stopped(0)));
    const { run: request } = await run('--rm app.wasm', given, { ...options, isTerminal: () => true });
    expect(request?.body).toMatchObject({ stdio: 'detached', autoRemove: true });
    expect(given.client.stdin).toEqual([]);
  });

  it('detached, only the id is printed', async () => {
    const { given, options } = daemon(answers(stopped(0)));
    const { code, session, run: request } = await run('-d --name web app.wasm', given, options);
    expect([code, session.said.out]).toEqual([0, '0123456789abcdef0123456789abcdef\n']);
    expect(request?.body).toMatchObject({ stdio: 'detached', name: 'web' });
    expect(given.client.requests).toHaveLength(1);
  });

  it('detached in JSON, the containers are printed', async () => {
    const { given, options } = daemon(answers(stopped(0)));
    const { session } = await run('-d --format json app.wasm', given, options);
    expect(JSON.parse(session.said.out)).toMatchObject({ containers: [{ name: 'web' }] });
  });

  it('a wait that runs out is put again', async () => {
    let waits = 0;
    const base = answers(stopped(3));
    const { given, options } = daemon((request) => {
      if (request.path.endsWith('/wait')) waits += 1;
      if (request.path.endsWith('/wait') && waits < 3) return waits === 1 ? problem('timeout', 504, 'not yet') : { status: 200, json: containerJson({ state: 'restarting' }) };
      return base(request);
    });
    expect((await run('app.wasm', given, options)).code).toBe(3);
    expect(waits).toBe(3);
  });

  it('when our reader goes away the guest is killed, and the code is that of SIGPIPE', async () => {
    const { given, options } = daemon(answers(stopped(137), () => ({ status: 200, log: records([1, 'x']) })));
    const pipe = () => Promise.reject(Object.assign(new Error('write EPIPE'), { code: 'EPIPE', syscall: 'write' }));
    const { code, session } = await run('app.wasm', given, { ...options, pipe });
    expect(code).toBe(141);
    expect(session.said.err).toBe('');
    expect(given.client.requests.map(({ path }) => path.split('/').at(-1))).toContain('kill');
  });
});

describe('a package of several containers', () => {
  const two = [
    { ...stopped(0), id: 'a'.repeat(32), name: 'one' },
    { ...stopped(4, 'it exited with code 4'), id: 'b'.repeat(32), name: 'two' },
  ];

  it('has the exit code of the first that is not zero, and no input', async () => {
    vi.mocked(emptyStdin).mockClear();
    const { code } = await run('app.wasm', platform(answers(two), ['one', 'two']));
    expect(code).toBe(4);
    expect(emptyStdin).toHaveBeenCalledTimes(1);
  });

  it('cannot share one standard input', async () => {
    const { code, session } = await run('-i app.wasm', platform(answers(two), ['one', 'two']));
    expect(code).toBe(125);
    expect(session.said.err).toContain('--container NAME');
  });

  it('can run one of them', async () => {
    const given = platform(answers(two[1] ?? {}), ['one', 'two']);
    const { run: request } = await run('--container two app.wasm', given);
    expect(request?.body).toMatchObject({ container: 'two' });
  });

  it('says of which one the platform ended', async () => {
    const { session } = await run('app.wasm', platform(answers([two[0] ?? {}, { ...two[1], exitCode: 134, reason: 'it trapped: unreachable' }]), ['one', 'two']));
    expect(session.said.err).toBe('forge: two: it trapped: unreachable\n');
  });
});

describe('the end', () => {
  it.each([
    [124, 'its wall time was over'],
    [134, 'it trapped: unreachable'],
    [137, 'it was killed'],
  ])('with code %i is explained: %s', async (exitCode, reason) => {
    const { code, session } = await run('app.wasm', platform(answers(stopped(exitCode, reason))));
    expect(code).toBe(exitCode);
    expect(session.said.err).toBe(`forge: ${reason}\n`);
  });

  it.each([
    ['not-found', 127],
    ['invalid', 126],
    ['unsupported', 126],
    ['timeout', 125],
  ] as const)('before the start, of a FILE that is %s, has code %i', async (refusal, exit) => {
    const given = platform(answers(stopped(0)), ['main'], () => {
      throw new Refusal(refusal, 'this file', { where: 'app.wasm', hint: 'another' });
    });
    const { code, session } = await run('app.wasm', given);
    expect(code).toBe(exit);
    expect(session.said.err).toBe('forge: this file\n where: app.wasm\n hint:  another\n');
  });

  it('before the start, by the platform, has code 125 whatever its own code is', async () => {
    const given = platform(() => problem('denied', 403, 'not allowed', { hint: 'permit it' }));
    const { code, session } = await run('app.wasm', given);
    expect(code).toBe(125);
    expect(session.said.err).toBe('forge: not allowed\n hint:  permit it\n');
    expect(given.client.closed).toBe(true);
  });

  it('of words that mean nothing has code 125 and the help to ask for', async () => {
    const { code, session } = await run('--memroy 1g app.wasm', platform(answers(stopped(0))));
    expect(code).toBe(125);
    expect(session.said.err).toBe("forge: unknown option '--memroy'\n hint:  did you mean --memory? (forge run --help)\n");
  });

  it('in JSON is one line of JSON', async () => {
    const { code, session } = await run('--format json --memory lots app.wasm', platform(answers(stopped(0))));
    expect(code).toBe(125);
    expect(JSON.parse(session.said.err)).toMatchObject({ code: 'invalid', where: '--memory', exitCode: 125 });
  });

  it('of a bug has code 70 and says that it is one', async () => {
    const given = platform(() => {
      throw new TypeError('x is undefined');
    });
    const { code, session } = await run('app.wasm', given);
    expect(code).toBe(70);
    expect(session.said.err).toContain('a bug in forge: x is undefined');
  });
});

describe('signals', () => {
  /** A guest that ends when it is told to. */
  function obedient(codes: { readonly stop?: number; readonly kill?: number }) {
    let end: (json: Record<string, unknown>) => void = () => undefined;
    const ended = new Promise<Record<string, unknown>>((resolve) => {
      end = resolve;
    });
    let started: () => void = () => undefined;
    const running = new Promise<void>((resolve) => {
      started = resolve;
    });
    const given = platform(async ({ path }) => {
      if (path === '/v1/run') return { status: 201, json: { containers: [containerJson()] } };
      if (path.endsWith('/wait')) {
        started();
        return { status: 200, json: await ended };
      }
      const code = path.endsWith('/stop') ? codes.stop : codes.kill;
      if (code !== undefined) end(stopped(code, 'it was stopped'));
      return { status: 200, json: await ended };
    });
    return { given, running };
  }

  async function runWith(given: ReturnType<typeof platform>, running: Promise<void>, send: (emit: (signal: NodeJS.Signals) => void) => void) {
    let now = 0;
    const session = fakeSession({ cwd: dir, kernel: given.kernel, clock: () => (now += 1_000) });
    const over = dispatch(['run', 'app.wasm'], session);
    await running;
    send((signal) => session.signals.emit(signal, signal));
    return { code: await over, session, verbs: given.client.requests.map(({ path }) => path.split('/').at(-1)) };
  }

  it('Ctrl-C stops the guest and gives 130', async () => {
    const { given, running } = obedient({ stop: 143 });
    const { code, verbs, session } = await runWith(given, running, (emit) => emit('SIGINT'));
    expect([code, verbs]).toEqual([130, ['run', 'wait', 'stop']]);
    expect(session.said.err).toBe('');
  });

  it('SIGTERM stops the guest and gives 143', async () => {
    const { given, running } = obedient({ stop: 143 });
    expect((await runWith(given, running, (emit) => emit('SIGTERM'))).code).toBe(143);
  });

  it('a second Ctrl-C kills a guest that does not end', async () => {
    const { given, running } = obedient({ kill: 137 });
    const { code, verbs } = await runWith(given, running, (emit) => {
      emit('SIGINT');
      emit('SIGINT');
    });
    expect([code, verbs]).toEqual([130, ['run', 'wait', 'stop', 'kill']]);
  });

  it('a third one leaves a platform that does not answer', async () => {
    const { given, running } = obedient({});
    let now = 0;
    const session = fakeSession({ cwd: dir, kernel: given.kernel, clock: () => (now += 1_000) });
    void dispatch(['run', 'app.wasm'], session);
    await running;
    for (let count = 0; count < 3; count += 1) session.signals.emit('SIGINT', 'SIGINT');
    expect(session.exits).toEqual([130]);
  });

  it('a guest that ends by itself meanwhile keeps its own code', async () => {
    const { given, running } = obedient({ stop: 0 });
    expect((await runWith(given, running, (emit) => emit('SIGINT'))).code).toBe(0);
  });

  it('Ctrl-C while a package is installed ends with 130 and starts nothing', async () => {
    let session = fakeSession();
    const given = platform(answers(stopped(0)), ['main'], () => {
      session.signals.emit('SIGINT', 'SIGINT');
      throw new Refusal('cancelled', 'the installation was called off');
    });
    session = fakeSession({ cwd: dir, kernel: given.kernel });
    expect(await dispatch(['run', 'app.wasm'], session)).toBe(130);
    expect(given.client.requests).toEqual([]);
    expect(session.said.err).toBe('');
  });
});
