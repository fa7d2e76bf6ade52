/**
 * A plugin that misbehaves while it serves, in the place of storage: traps, hangs, hoards, answers late or nonsense
 * (attacks 22, 23, 27, 28, 73, 75). Its callers get a typed error, it is replaced, and everybody else goes on.
 */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { LIMITS } from '../../kernel/src/limits.ts';
import { composeIn } from '../fixtures/composition.ts';
import { hostileStorage } from '../fixtures/hostile-storage.ts';
import { scratchOf, temporaryDirectory } from '../fixtures/leftovers.ts';
import { type Answer, Platform, until } from '../fixtures/platform.ts';

/** Of the hostile plugin, in the compositions here. */
const DEADLINE_MS = 700;
const MEMORY_BYTES = 64 * 2 ** 20;
/** What a busy machine adds to a deadline. */
const SLACK_MS = 1_500;
const RESTARTED = 'it is restarted by itself; the log says why it failed';

const folder = temporaryDirectory();
let component: Uint8Array;

// One after the other, so that V8's code of the plugins is compiled once.
const home = join(folder, 'home');

const composition = (set: Readonly<Record<string, unknown>>, others: Parameters<typeof composeIn>[1] = {}): Promise<string> =>
  composeIn(folder, {
    ...others,
    replace: {
      ...others.replace,
      storage: {
        component,
        set: {
          'deadline-ms': DEADLINE_MS,
          'memory-bytes-max': MEMORY_BYTES,
          grants: [{ interface: 'forge:host/dirs', actions: ['dir.open', 'dir.scratch'], reason: 'To attack with.' }],
          ...set,
        },
      },
    },
  });

beforeAll(async () => {
  component = await hostileStorage();
});

/** Asks the hostile plugin for a misdeed. */
const ask = (platform: Platform, name: string): Promise<Answer> => platform.request('GET', `/v1/volumes/${name}`);
const isAnswered = ({ status }: Answer): boolean => status === 200;
/** The same question again until it is answered: after a fault, the next generation takes a moment to start. */
const recovers = async (platform: Platform): Promise<void> => expect((await until(() => ask(platform, 'fine'), isAnswered)).json).toMatchObject({ name: 'fine' });

describe('a plugin that fails during a call', () => {
  let platform: Platform;
  let others: readonly unknown[];
  const generationsOfOthers = async (): Promise<unknown[]> =>
    Promise.all(['security', 'network', 'container-runtime', 'api'].map(async (name) => (await platform.plugin(name))?.generation));

  beforeAll(async () => {
    platform = await Platform.open({ home, plugins: await composition({}), serve: true });
    others = await generationsOfOthers();
  });

  afterAll(async () => {
    expect(await generationsOfOthers()).toEqual(others);
    await platform.close();
    expect(platform.output).toBe('');
    expect(scratchOf(home, platform.pid)).toEqual([]);
  });

  test('is ended at its deadline when it loops, and answers again soon after (63 for any plugin)', async () => {
    const { status, json, ms } = await ask(platform, 'loop');
    expect({ status, json }).toMatchObject({
      status: 503,
      json: { code: 'unavailable', detail: 'plugin storage did not answer before the deadline', where: 'storage', hint: RESTARTED },
    });
    expect(ms).toBeGreaterThanOrEqual(DEADLINE_MS - 100);
    expect(ms).toBeLessThan(DEADLINE_MS + SLACK_MS);
    await recovers(platform);
    expect(platform.log).toMatch(/a plugin overran its deadline; its domain is ended and started again/);
  });

  test('loses what it held when its thread is ended (23)', async () => {
    expect((await ask(platform, 'scratch-kept')).status).toBe(200);
    expect(await platform.handles()).toBeGreaterThan(0);
    expect((await ask(platform, 'loop')).status).toBe(503);
    await recovers(platform);
    expect(await platform.handles()).toBe(0);
    expect(scratchOf(home, platform.pid)).toEqual([]);
  });

  test('is ended at its deadline when it answers late, and the late answer goes to nobody', async () => {
    expect((await ask(platform, 'tardy')).json).toMatchObject({ code: 'unavailable', detail: 'plugin storage did not answer before the deadline' });
    expect((await until(() => ask(platform, 'another'), isAnswered)).json).toMatchObject({ name: 'another' });
  });

  test('traps, and is replaced by its next generation: recursion that its engine does not see (15, 21)', async () => {
    const before = (await platform.plugin('storage'))?.generation ?? 0;
    expect((await ask(platform, 'recurse')).json).toMatchObject({ code: 'unavailable', detail: 'plugin storage failed during the call', hint: RESTARTED });
    await recovers(platform);
    expect(await platform.plugin('storage')).toMatchObject({ state: 'serving', generation: before + 1 });
  });

  test('loses what its generation held when it traps on its own answer (20, 23)', async () => {
    expect((await ask(platform, 'scratch-kept')).status).toBe(200);
    expect(await platform.handles()).toBeGreaterThan(0);
    expect(scratchOf(home, platform.pid)).toHaveLength(1);
    expect((await ask(platform, 'surrogate')).json).toMatchObject({ code: 'unavailable', detail: 'plugin storage failed during the call' });
    expect(await platform.handles()).toBe(0);
    expect(scratchOf(home, platform.pid)).toEqual([]);
    await recovers(platform);
  });

  test('keeps its callers unharmed by an answer of the wrong shape (20)', async () => {
    expect((await ask(platform, 'garbage')).json).toMatchObject({ code: 'unavailable', detail: 'plugin storage failed during the call' });
    await recovers(platform);
  });
});

describe('a plugin that asks for too much, or for what is not its own', () => {
  let platform: Platform;
  const told = async (name: string): Promise<string> => ((await ask(platform, name)).json as { name: string }).name;

  beforeAll(async () => {
    platform = await Platform.open({ home, plugins: await composition({ 'deadline-ms': 5_000 }), serve: true, logLevel: 'info' });
  });

  afterAll(async () => {
    // None of these was a fault: it is the generation that was started first.
    expect(await platform.plugin('storage')).toMatchObject({ state: 'serving', generation: 1 });
    await platform.close();
    expect(platform.output).toBe('');
    expect(scratchOf(home, platform.pid)).toEqual([]);
  });

  test.for([
    ['allocate', 'forge:storage/volumes@0.1.0#get failed: InternalError: out of memory'],
    ['strings', 'forge:storage/volumes@0.1.0#get failed: InternalError: string too long'],
    ['throws', 'forge:storage/volumes@0.1.0#get failed: TypeError: a bug of the plugin'],
  ] as const)('has a bug of its own when it does "%s": its caller reads which, and it lives (14, 22)', async ([name, detail]) => {
    expect(await ask(platform, name)).toMatchObject({ status: 500, json: { code: 'other', detail } });
    await recovers(platform);
  });

  test('does not make the process grow by more than its memory (14)', async () => {
    const before = platform.residentBytes;
    await ask(platform, 'allocate');
    expect(platform.residentBytes - before).toBeLessThan(3 * MEMORY_BYTES);
  });

  test('gets "limit" for an answer of 9 MiB (22, 77)', async () => {
    expect(await ask(platform, 'huge')).toMatchObject({
      status: 429,
      json: { code: 'limit', detail: expect.stringMatching(/^a message of \d+ bytes between plugins is over the limit of 8388608$/) },
    });
    await recovers(platform);
  });

  test.for([
    ['event-bad', 'invalid: a topic is lower case words joined by dots'],
    ['event-huge', 'limit: an event has at most 65536 bytes'],
    ['state-key', 'limit: a key of the state store has 1 to 512 bytes'],
    ['state-value', 'limit: a value of the state store has at most 1048576 bytes'],
    ['random-huge', '4096'],
  ] as const)('is told so, typed, when it does "%s" (23)', async ([name, words]) => {
    expect(await told(name)).toMatch(new RegExp(`^${words}`));
  });

  test('writes no more than 1,000 lines a second into the log, and none of them long (22)', async () => {
    expect((await ask(platform, 'log-flood')).status).toBe(200);
    // Two seconds may have been touched.
    expect(platform.log.match(/"msg":"line /g)?.length).toBeLessThanOrEqual(2 * LIMITS.pluginLogLinesPerSecond);
    expect((await ask(platform, 'log-huge')).status).toBe(200);
    expect(Math.max(...platform.log.split('\n').map((line) => line.length))).toBeLessThan(3 * LIMITS.pluginLogBytesMax);
  });

  test('publishes 20,000 events, and requests beside it are answered (75)', async () => {
    const flood = ask(platform, 'event-flood');
    const { status, ms } = await platform.request('GET', '/v1/version');
    expect(status).toBe(200);
    expect(ms).toBeLessThan(5_000);
    await flood;
    await recovers(platform);
  });

  test("cannot change who called: the chain is the kernel's (28)", async () => {
    expect(await told('identity')).toMatch(/^spiffe:\/\/local\/user\/\w+ spiffe:\/\/local\/plugin\/api$/);
  });

  test('cannot tell of the end of what others run (28)', async () => {
    expect(await told('event-spoof')).toBe('denied: only the kernel tells of workloads (publish under a word of your own)');
  });

  test('sees and changes nothing of other plugins in the state store (28)', async () => {
    expect(await told('state-foreign')).toBe('got [[],null,null]');
  });

  test('cannot give a handle to who is not in the chain, nor more than it has, nor one that it guessed (19, 28)', async () => {
    expect(await told('derive-foreign')).toMatch(/^denied: network is not in the chain of this call \(a handle can be derived for a plugin that this call came through\)$/);
    expect(await told('derive-more')).toMatch(/^denied: /);
    expect(await told('derive-guess')).toMatch(/^denied: the handle is unknown, revoked, expired or of another owner/);
    expect(await told('derive-noise')).toMatch(/^invalid: a handle is 14 hexadecimal digits/);
  });

  test('opens nothing of the machine that its user did not name, and reads which policy would let it (29)', async () => {
    expect(await told('open-climbing')).toMatch(/^invalid: "\.\.\/\.\.\/etc" is no volume name/);
    expect(await told('open-machine')).toMatch(/^denied: policy does not allow spiffe:\/\/local\/plugin\/storage dir\.open \(permit\(/);
  });

  test('cannot hold more than its share of handles, and those of others are not touched (23)', async () => {
    const words = await told('handles-kept');
    expect(words).toMatch(/^\d+ limit: /);
    expect(Number(words.split(' ')[0])).toBeLessThanOrEqual(4096);
    expect((await platform.request('GET', '/v1/containers')).status).toBe(200);
  });
});

describe('a plugin that does not start', () => {
  test('keeps the daemon from serving, in words that name it (73)', async () => {
    const opening = composition({ config: { start: 'throws' } }).then((plugins) => Platform.open({ home, plugins, serve: true }));
    await expect(opening).rejects.toMatchObject({ refusal: { code: 'unavailable', message: 'plugin storage could not start', hint: RESTARTED } });
  });

  test('is tried five times more and then left alone; who does not need it goes on (73)', async () => {
    const platform = await Platform.open({ home, plugins: await composition({ config: { start: 'throws' }, 'deadline-ms': 5_000 }) });
    await until(() => platform.request('GET', '/v1/version'), isAnswered);
    const details: string[] = [];
    for (let i = 0; i <= LIMITS.restartsMax + 1; i++) details.push((await platform.refusal('GET', '/v1/volumes/fine')).detail);
    expect(details.slice(0, -1)).toEqual(Array.from({ length: LIMITS.restartsMax + 1 }, () => 'plugin storage could not start'));
    expect(details.at(-1)).toBe('plugin storage is quarantined: it failed 5 times in 60 s');
    expect(await platform.plugin('storage')).toMatchObject({ state: 'quarantined' });
    expect((await platform.request('GET', '/v1/containers')).status).toBe(200);
    expect((await platform.request('GET', '/v1/health')).status).toBe(503);
    expect(await platform.handles()).toBe(0);
    await platform.close();
  });

  test('is ended when it loops in its start, and nobody waits for longer than the call may take (73)', async () => {
    const platform = await Platform.open({ home, plugins: await composition({ config: { start: 'loops' } }) });
    await until(() => platform.request('GET', '/v1/version'), isAnswered);
    // Its thread starts with the first call, which may end before the plugin has taken it.
    const { detail, ms } = await platform.refusal('GET', '/v1/volumes/fine');
    expect(detail).toMatch(/^plugin storage (did not answer before the deadline|starts, or was busy until the deadline)$/);
    expect(ms).toBeLessThan(DEADLINE_MS + SLACK_MS);
    expect((await platform.request('GET', '/v1/containers')).status).toBe(200);
    await platform.kill();
  });
});

describe('a plugin that hangs at the end of a chain', () => {
  test('cannot have the security plugin ended by asking it in its last moment (63)', async () => {
    const platform = await Platform.open({ home, plugins: await composition({}), serve: true });
    await ask(platform, 'handles-kept');
    await recovers(platform);
    expect(await platform.plugin('security')).toMatchObject({ state: 'serving', generation: 1 });
    expect(platform.log).not.toMatch(/"domain":"security"/);
    await platform.close();
  });

  test('is the only one that is ended, though the deadlines of all are one', async () => {
    const plugins = await composition({ 'deadline-ms': undefined }, { replace: { api: { set: { 'deadline-ms': 1_200 } } } });
    const platform = await Platform.open({ home, plugins, serve: true });
    expect((await ask(platform, 'loop')).json).toMatchObject({ code: 'unavailable', detail: 'plugin storage did not answer before the deadline' });
    await recovers(platform);
    expect(platform.log.match(/a plugin overran its deadline/g)).toHaveLength(1);
    expect(await platform.plugin('api')).toMatchObject({ generation: 1 });
    await platform.close();
  });

  test('takes the thread that all share along in a one-shot run, and all are there again for the next call', async () => {
    const plugins = await composition({}, { replace: { api: { set: { 'deadline-ms': 1_000 } } } });
    const platform = await Platform.open({ home, plugins, placement: 'together', oneShot: true });
    await until(() => ask(platform, 'fine'), isAnswered);
    const { json, ms } = await ask(platform, 'loop');
    expect(json).toMatchObject({ code: 'unavailable', detail: 'plugin api did not answer before the deadline', hint: RESTARTED });
    expect(ms).toBeLessThan(1_000 + SLACK_MS);
    await recovers(platform);
    await platform.close();
  });
});
