/** A WASI 0.2 guest, made at core level, against the functions that the kernel binds without lifting: attacks 19 to 21 and 23. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { installPackage } from '../../kernel/src/index.ts';
import { LIMITS } from '../../kernel/src/limits.ts';
import { type HotAttack, hotArgumentOf, hotBindingGuest } from '../fixtures/hot-binding-guest.ts';
import { scratchOf, temporaryDirectory } from '../fixtures/leftovers.ts';
import { type Ended, Platform, until } from '../fixtures/platform.ts';

const folder = temporaryDirectory();
const home = join(folder, 'home');
let platform: Platform;
let digest: string;

const attack = (name: HotAttack): Promise<Ended> =>
  platform.run(digest, { args: [hotArgumentOf(name)], wallMs: 20_000, memoryBytes: 2 ** 26, mounts: [{ source: { memory: 65_536 }, target: '/data' }] });

beforeAll(async () => {
  const file = join(folder, 'hot.wasm');
  writeFileSync(file, await hotBindingGuest());
  ({ digest } = await installPackage(file, { home }));
  platform = await Platform.open({ home });
});

afterEach(async () => {
  expect(
    await until(
      () => platform.handles(),
      (count) => count === 0,
    ),
  ).toBe(0);
  expect(scratchOf(home, platform.pid)).toEqual([]);
  expect(platform.log).toBe('');
});

afterAll(async () => {
  await platform.close();
  expect(platform.output).toBe('');
});

/** What its user reads. */
const TRAPS: readonly (readonly [HotAttack, string])[] = [
  ['forgedStream', 'unknown handle index 4999'],
  ['negativeHandle', 'unknown handle index -1'],
  ['foreignKind', 'unknown handle index 1'],
  ['droppedHandle', 'unknown handle index 1'],
  ['forgedPollable', 'unknown handle index 77'],
  ['forgedDirectory', 'unknown handle index 1234'],
  ['bufferOutside', 'pointer out of range'],
  ['bufferTooLong', 'pointer out of range'],
  ['pathOutside', 'pointer out of range'],
  ['resultOutside', 'result pointer out of range'],
  ['randomResultOutside', 'result pointer out of range'],
  ['resultMisaligned', 'misaligned result pointer'],
  ['withoutPermit', 'write beyond what check-write permitted'],
  ['pathNotUtf8', 'string is not UTF-8'],
  ['pathSurrogate', 'string is not UTF-8'],
  ['reallocOutside', 'realloc returned a pointer out of range'],
  ['reallocMisaligned', 'realloc returned a misaligned pointer'],
  ['reallocCalls', 'the guest called the host from inside realloc'],
  ['reallocRecurses', 'stack overflow'],
  ['reallocRecursesGlue', 'stack overflow'],
  ['pollEmpty', 'poll of an empty list'],
  ['pollHuge', 'poll of more pollables than a guest may have'],
  ['randomHuge', 'more random bytes than the limit'],
  ['randomAll', 'more random bytes than the limit'],
  ['zeroesHuge', 'blocking write beyond the limit'],
  ['streamsKept', 'the guest holds too many resources of one kind'],
  ['pollablesKept', 'the guest holds too many resources of one kind'],
];

describe('a guest that breaks the canonical ABI', () => {
  test.for(TRAPS)('traps, and says so: "%s" (19, 20, 23)', async ([name, words]) => {
    const { exitCode, reason, ms } = await attack(name);
    expect({ exitCode, reason }).toEqual({ exitCode: 134, reason: `it trapped: ${words}` });
    expect(ms).toBeLessThan(10_000);
  });

  test.for(['doubleDrop', 'reallocTraps', 'reallocOutsideGlue'] as const)('traps in words of the engine: "%s" (19, 20)', async (name) => {
    const { exitCode, reason } = await attack(name);
    expect(exitCode).toBe(134);
    expect(reason).toMatch(/^it trapped: ./);
  });

  test('cannot catch a trap inside a call of the host and call again (21)', async () => {
    const { exitCode, reason, stdout } = await attack('trapThenCall');
    expect({ exitCode, stdout }).toEqual({ exitCode: 134, stdout: '' });
    expect(reason).toMatch(/unreachable/);
  });

  test('reads nothing from an empty standard input, however much it asks for (23)', async () => {
    expect(await attack('readHuge')).toMatchObject({ exitCode: 0 });
  });

  test('may have as many streams as it likes, one after the other (23)', async () => {
    // A guest that is within its rights is only bounded by its time.
    const { exitCode, reason } = await attack('streamsDropped');
    expect(reason).toBe('it finished');
    expect(exitCode).toBe(0);
    expect(LIMITS.streamsMax).toBeLessThan(100_000);
  });
});
