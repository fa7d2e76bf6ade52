/**
 * The security plugin absent, hung, slow, crashed, answering nonsense or for another question (attack 63): nothing is
 * allowed without a clear, timely yes to this very question, and what runs already goes on.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { installPackage } from '../../kernel/src/index.ts';
import { LIMITS } from '../../kernel/src/limits.ts';
import { type CompositionChange, composeIn } from '../fixtures/composition.ts';
import { hostileAuthorizer, type Misdeed, pathOf } from '../fixtures/hostile-authorizer.ts';
import { argumentOf, hostileGuest } from '../fixtures/hostile-guest.ts';
import { temporaryDirectory } from '../fixtures/leftovers.ts';
import { type ContainerJson, Platform, type Problem, until } from '../fixtures/platform.ts';

const DEADLINE_MS = 400;
const SLACK_MS = 1_500;

const folder = temporaryDirectory();
const home = join(folder, 'home');
let digest: string;
let component: Uint8Array;

const composition = (change: CompositionChange = {}): Promise<string> =>
  composeIn(folder, { replace: { security: { component, set: { 'deadline-ms': DEADLINE_MS, 'memory-bytes-max': 2 ** 24, grants: undefined, config: undefined } } }, ...change });

beforeAll(async () => {
  component = await hostileAuthorizer();
  const file = join(folder, 'guest.wasm');
  writeFileSync(file, await hostileGuest());
  ({ digest } = await installPackage(file, { home }));
});

const commit = (platform: Platform, misdeed: Misdeed): Promise<Problem & { readonly ms: number }> => platform.refusal('GET', pathOf(misdeed));
const isAnswered = async (platform: Platform): Promise<boolean> => (await platform.request('GET', '/v1/version')).status === 200;
/** Allowed again, within a moment; and a whole run works. */
async function recovers(platform: Platform): Promise<void> {
  expect(
    await until(
      () => isAnswered(platform),
      (answered) => answered,
    ),
  ).toBe(true);
}

describe('a security plugin that misbehaves when it is asked', () => {
  /** Each in one kernel, because five faults in a minute are all that any plugin has. */
  const GROUPS: readonly (readonly (readonly [Misdeed, string])[])[] = [
    [
      ['trap', 'plugin security failed during the call'],
      ['resultOutside', 'plugin security failed during the call'],
      ['unknownCase', 'plugin security failed during the call'],
      ['stringOutside', 'plugin security failed during the call'],
      ['longList', 'plugin security failed during the call'],
    ],
    [
      ['hang', 'plugin security did not answer before the deadline'],
      ['tooSlow', 'plugin security did not answer before the deadline'],
      ['exhaustMemory', 'plugin security failed during the call'],
      ['recurse', 'plugin security failed during the call'],
      ['unknownError', 'plugin security failed during the call'],
    ],
  ];

  describe.for(GROUPS)('(group %#)', (group) => {
    let platform: Platform;

    beforeAll(async () => {
      platform = await Platform.open({ home, plugins: await composition(), serve: true });
    });

    afterAll(async () => {
      expect(await platform.run(digest, { args: [argumentOf('hello')] })).toMatchObject({ exitCode: 7, stdout: 'hello\n' });
      expect(
        await until(
          () => platform.handles(),
          (count) => count === 0,
        ),
      ).toBe(0);
      await platform.close();
      expect(platform.output).toBe('');
    });

    test.for(group)('denies within the deadline when it does "%s", and recovers (63)', async ([misdeed, why]) => {
      const { code, detail, hint, ms } = await commit(platform, misdeed);
      expect({ code, detail, hint }).toEqual({ code: 'denied', detail: `the security plugin gave no decision: ${why}`, hint: 'see that the security plugin runs: forge doctor' });
      expect(ms).toBeLessThan(DEADLINE_MS + SLACK_MS);
      await recovers(platform);
    });
  });

  describe('without a fault', () => {
    let platform: Platform;

    beforeAll(async () => {
      platform = await Platform.open({ home, plugins: await composition(), serve: true });
    });

    afterAll(async () => {
      expect(await platform.plugin('security')).toMatchObject({ state: 'serving', generation: 1 });
      await platform.close();
    });

    test('is not believed when it answers for another question (63, 64)', async () => {
      expect(await commit(platform, 'otherRequest')).toMatchObject({ code: 'denied', detail: 'the security plugin answered something else', hint: 'replace the security plugin' });
    });

    test('is waited for when it is slow and in time (63)', async () => {
      const { code, ms } = await commit(platform, 'slow');
      // Allowed; the API has no such path.
      expect(code).toBe('not-found');
      expect(ms).toBeGreaterThanOrEqual(50);
    });

    test('is obeyed when it denies, and its hint reaches the user (63)', async () => {
      const { code, detail, hint } = await commit(platform, 'deny');
      expect({ code, hint }).toEqual({ code: 'denied', hint: 'permit(everything);' });
      expect(detail).toMatch(/^policy does not allow spiffe:\/\/local\/user\/\w+ api\.call$/);
    });

    test('leaves an audit line with the reason for every denial, before anything is done (63, 67)', async () => {
      const lines = readFileSync(join(home, 'audit.jsonl'), 'utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as { decision: string; reasons: string[]; chain: string[] });
      const reasons = lines.filter(({ decision }) => decision === 'deny').flatMap((line) => line.reasons);
      expect(reasons).toContain('no decision: plugin security failed during the call');
      expect(reasons).toContain('no decision: plugin security did not answer before the deadline');
      expect(reasons).toContain('no decision: the answer was not to this question');
      expect(lines.every(({ chain }) => chain.length > 0)).toBe(true);
    });
  });
});

describe('a security plugin that fails again and again', () => {
  test('is quarantined, and from then on nothing is allowed (63, 73)', async () => {
    const platform = await Platform.open({ home, plugins: await composition(), serve: true });
    for (let i = 0; i <= LIMITS.restartsMax; i++) {
      expect(await commit(platform, 'trap')).toMatchObject({ code: 'denied' });
      if (i < LIMITS.restartsMax) await recovers(platform);
    }
    const { code, detail, ms } = await platform.refusal('POST', '/v1/run', { package: digest });
    expect({ code, detail }).toEqual({ code: 'denied', detail: 'the security plugin gave no decision: plugin security is quarantined: it failed 5 times in 60 s' });
    expect(ms).toBeLessThan(SLACK_MS);
    await platform.close();
  });
});

describe('a composition without a security plugin', () => {
  test('denies everything (63)', async () => {
    const plugins = await composeIn(folder, { edit: (tables) => tables.filter(({ name }) => name !== 'security') });
    const platform = await Platform.open({ home, plugins, serve: true });
    const { code, detail, hint } = await platform.refusal('POST', '/v1/run', { package: digest });
    expect({ code, detail }).toEqual({ code: 'denied', detail: 'the security plugin gave no decision: no plugin provides forge:security/authorizer@0.1.0' });
    expect(hint).toBe('see that the security plugin runs: forge doctor');
    await platform.close();
  });
});

describe('a security plugin that dies while a guest runs', () => {
  test.for(['hang', 'trap'] as const)('leaves the guest running and its end recorded; new requests are denied until it is back: %s (63)', async (misdeed) => {
    const platform = await Platform.open({ home, plugins: await composition(), serve: true });
    const { id } = await platform.start(digest, { args: [argumentOf('readForever')], stdio: 'interactive' });
    const dying = commit(platform, misdeed);
    const beside = await platform.request('POST', '/v1/run', { package: digest });
    expect((await dying).code).toBe('denied');
    // Asked at the same time: denied with it, or allowed by the next generation, and never left without an answer.
    if (beside.status !== 201) expect(beside.json).toMatchObject({ code: 'denied' });
    await recovers(platform);
    expect(await platform.inspect(id)).toMatchObject({ state: 'running' });
    expect(await platform.run(digest, { args: [argumentOf('hello')] })).toMatchObject({ exitCode: 7 });
    await platform.sendStdin(id, Buffer.from('x'));
    expect(await platform.finish(id)).toMatchObject({ exitCode: 0, reason: 'it finished' });
    for (const container of ((await platform.request('GET', '/v1/containers', undefined, { query: [['all', 'true']] })).json as { containers: ContainerJson[] }).containers) {
      await platform.request('DELETE', `/v1/containers/${container.id}`, undefined, { query: [['force', 'true']] });
    }
    expect(
      await until(
        () => platform.handles(),
        (count) => count === 0,
      ),
    ).toBe(0);
    await platform.close();
  });

  test('takes the records of a one-shot run along, which ends in words and leaves nothing (63)', async () => {
    const plugins = await composition({
      replace: { security: { component, set: { 'deadline-ms': DEADLINE_MS, grants: undefined, config: undefined } }, api: { set: { 'deadline-ms': 2_000 } } },
    });
    const platform = await Platform.open({ home, plugins, placement: 'together', oneShot: true });
    // Plugins start with their first call.
    await until(
      () => platform.request('GET', '/v1/health'),
      ({ status }) => status === 200,
    );
    const { id } = await platform.start(digest, { args: [argumentOf('readForever')], stdio: 'interactive' });
    // All plugins share a thread, so it is the call into the first of them that is over.
    expect(await commit(platform, 'hang')).toMatchObject({ code: 'unavailable', detail: 'plugin api did not answer before the deadline' });
    await recovers(platform);
    // Records of a foreground run are kept in that thread alone ("one-shot-state" in system.toml).
    expect(await platform.refusal('POST', `/v1/containers/${id}/wait`)).toMatchObject({ code: 'not-found' });
    await platform.close();
    expect(platform.output).toBe('');
  });
});
