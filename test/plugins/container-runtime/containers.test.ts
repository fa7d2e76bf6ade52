import type { Outcome } from 'forge:host/workloads@0.1.0';
import { Refusal } from '@forgeone/sdk';
import { beforeEach, describe, expect, test } from 'vitest';
import { Killed, refusalOf } from '../fake-kernel.ts';
import { COMPONENT, FakePlatform, PACKAGE, specOf } from './fake-platform.ts';

let platform: FakePlatform;
const runtime = () => platform.containers;

const exited = (val: number): Outcome => ({ tag: 'exited', val });
const unavailable = new Refusal('unavailable', 'restarting');
const denied = new Refusal('denied', 'no', { hint: 'permit(...)' });

beforeEach(() => {
  platform = new FakePlatform();
});

describe('creating', () => {
  test('records a container and runs nothing', () => {
    const made = runtime().create(specOf({ name: 'web', labels: [['tier', 'front']] }));
    expect(made).toMatchObject({ name: 'web', package: PACKAGE, image: 'demo:1.2.0', state: 'created', exitCode: null, startedMs: 0, restarts: 0 });
    expect(made.id).toMatch(/^[0-9a-f]{32}$/);
    expect(JSON.parse(made.spec)).toMatchObject({ package: PACKAGE, container: 'web', name: 'web', labels: { tier: 'front' } });
    expect(platform.workloads.size + platform.held.size).toBe(0);
    expect(platform.restart().inspect('web')).toEqual(made);
  });

  test('makes a name when none is given', () => {
    const { id, name } = runtime().create(specOf());
    expect(name).toBe(`web-${id.slice(0, 8)}`);
  });

  test('refuses a name that is taken, also by what another process recorded', () => {
    runtime().create(specOf({ name: 'web' }));
    expect(refusalOf(() => runtime().create(specOf({ name: 'web' })))).toMatchObject({ code: 'conflict' });
    platform.state.api.apply([{ tag: 'put', val: { key: 'name/db', value: new Uint8Array() } }]);
    expect(refusalOf(() => runtime().create(specOf({ name: 'db' }))).code).toBe('conflict');
    expect(runtime().list(true)).toHaveLength(1);
  });

  test('asks which container is meant when a package has several', () => {
    platform.manifests = { web: {}, db: {} };
    expect(refusalOf(() => runtime().create(specOf())).detail.hint).toBe('name one of web, db');
    expect(refusalOf(() => runtime().create(specOf({ container: 'cache' })))).toMatchObject({ code: 'not-found' });
    expect(runtime().create(specOf({ container: 'db' })).name).toMatch(/^db-/);
  });

  test('refuses a package that has no container, and one that is not there', () => {
    platform.manifests = {};
    expect(refusalOf(() => runtime().create(specOf())).code).toBe('invalid');
    expect(refusalOf(() => runtime().create(specOf({ package: `sha256:${'0'.repeat(64)}` }))).code).toBe('not-found');
  });

  test('refuses more containers than may exist', () => {
    platform.containersMax = 1;
    runtime().create(specOf());
    expect(refusalOf(() => runtime().create(specOf())).code).toBe('limit');
  });
});

describe('starting', () => {
  test('gives the workload what manifest and spec ask for', () => {
    platform.manifests = {
      web: {
        args: ['--quiet'],
        env: { LANG: 'C', MODE: 'slow' },
        volumes: [
          { name: 'data', target: '/data', 'read-only': true },
          { scratch: true, target: '/tmp' },
        ],
        limits: { 'memory-bytes': 1000, 'wall-ms': 500 },
        isolation: 'worker',
        allowed_outbound_hosts: ['https://a.example.org'],
      },
    };
    const spec = specOf({
      name: 'web',
      args: ['--loud'],
      env: [['MODE', 'fast']],
      mounts: [
        { source: { tag: 'path', val: '/srv' }, target: '/data', readOnly: false },
        { source: { tag: 'memory', val: 9 }, target: '/run', readOnly: false },
      ],
      memoryBytes: 2000,
      wallMs: 100,
    });
    const { id } = runtime().create(spec);
    expect(runtime().start(id)).toMatchObject({ state: 'running', startedMs: platform.clock.ms });
    expect(runtime().inspect(id).isolation).toMatch(/^worker: ./);
    const started = platform.workloads.get(platform.only())?.spec;
    const held = (handle: string | null | undefined) => platform.held.get(handle ?? '');
    expect(started).toMatchObject({
      component: COMPONENT,
      name: 'web',
      args: ['web', '--loud'],
      env: [
        ['LANG', 'C'],
        ['MODE', 'fast'],
      ],
      limits: { memoryBytes: 1000, wallMs: 100 },
      isolation: 'worker',
      stdin: null,
    });
    expect(started?.mounts.map(({ tree, target }) => `${held(tree)} at ${target}`)).toEqual([
      'scratch disk 0 at /tmp',
      'path /srv read-write at /data',
      'scratch memory 9 at /run',
    ]);
    expect(held(started?.stdout)).toBe(`log ${id} stdout 4096`);
    expect(held(started?.stderr)).toBe(`log ${id} stderr 4096`);
    expect(held(started?.outbound)).toBe('outbound https://a.example.org');
  });

  test('asks network for nothing when the manifest names no host', () => {
    runtime().start(runtime().create(specOf()).id);
    expect(platform.workloads.get(platform.only())?.spec.outbound).toBeNull();
  });

  test('gives an interactive container a pipe that clients find by its id', () => {
    const { id } = runtime().create(specOf({ stdio: 'interactive' }));
    runtime().start(id);
    expect(platform.held.get(platform.workloads.get(platform.only())?.spec.stdin ?? '')).toBe(`pipe ${id}`);
  });

  test('gives a foreground container the terminal and no log', () => {
    const { id } = runtime().create(specOf({ stdio: 'inherited' }));
    runtime().start(id);
    expect([...platform.held.values()]).toEqual(['inherit stdin', 'inherit stdout', 'inherit stderr']);
    expect(refusalOf(() => runtime().logName(id)).code).toBe('unsupported');
  });

  test('of a container that runs is a conflict', () => {
    const { id } = runtime().create(specOf());
    runtime().start(id);
    expect(refusalOf(() => runtime().start(id)).code).toBe('conflict');
  });

  test.each(['volume', 'path', 'scratch', 'outbound', 'log', 'pipe', 'start'])('gives everything back when %s is refused', (call) => {
    platform.manifests = { web: { volumes: [{ name: 'data', target: '/data' }], 'allowed-outbound-hosts': ['https://a.example.org'] } };
    const mounts = [
      { source: { tag: 'path', val: '/srv' }, target: '/srv', readOnly: true },
      { source: { tag: 'disk', val: 0 }, target: '/tmp', readOnly: false },
    ] as const;
    const { id } = runtime().create(specOf({ mounts: [...mounts], stdio: 'interactive' }));
    platform.refusals.set(call, denied);
    expect(refusalOf(() => runtime().start(id)).detail.hint).toBe('permit(...)');
    expect(platform.held.size).toBe(0);
    expect(runtime().inspect(id).state).toBe('created');
    expect(runtime().start(id).state).toBe('running');
  });

  test('that cannot be recorded leaves nothing running', () => {
    const { id } = runtime().create(specOf());
    platform.state.refusals.push(unavailable);
    expect(refusalOf(() => runtime().start(id)).code).toBe('unavailable');
    expect(platform.stops).toEqual(['w1 0']);
    expect(platform.held.size).toBe(0);
    expect(runtime().inspect(id).state).toBe('created');
  });
});

describe('the end', () => {
  test.each([
    [exited(0), 0, 'it finished'],
    [exited(3), 3, 'it exited with code 3'],
    [{ tag: 'trapped', val: 'unreachable' } as const, 134, 'it trapped: unreachable'],
    [{ tag: 'timed-out' } as const, 124, 'its wall time was over'],
    [{ tag: 'stopped' } as const, 143, 'the platform stopped it'],
    [{ tag: 'lost' } as const, 137, 'the platform stopped while it ran'],
  ])('%j is reported as a shell would', (outcome, exitCode, reason) => {
    const { id } = runtime().create(specOf());
    runtime().start(id);
    platform.clock.pass(5);
    platform.end(platform.only(), outcome);
    expect(runtime().inspect(id)).toMatchObject({ state: 'stopped', exitCode, reason, endedMs: platform.clock.ms });
    expect(platform.held.size).toBe(0);
    expect(platform.events.published.filter(({ topic }) => topic === `container.ended.${id}`)).toEqual([
      { topic: `container.ended.${id}`, payload: expect.objectContaining({ exitCode, reason }) },
    ]);
  });

  test('told twice, late or in garbage changes nothing', () => {
    const { id } = runtime().create(specOf());
    runtime().start(id);
    const workload = platform.only();
    platform.containers.deliver(`workload.ended.${workload}`, 'garbage');
    platform.containers.deliver(`workload.ended.${workload}`, '{"tag":"gone"}');
    platform.containers.deliver('workload.ended.w99', JSON.stringify(exited(1)));
    expect(runtime().inspect(id).state).toBe('running');
    platform.end(workload, exited(1));
    const after = runtime().inspect(id);
    platform.tell(workload, exited(0));
    runtime().start(id);
    platform.tell(workload, exited(0));
    expect(after.exitCode).toBe(1);
    expect(runtime().inspect(id).state).toBe('running');
  });

  test('that cannot be recorded now is recorded later', () => {
    const { id } = runtime().create(specOf());
    runtime().start(id);
    platform.state.refusals.push(unavailable);
    platform.end(platform.only(), exited(4));
    expect(runtime().inspect(id).state).toBe('running');
    platform.advance(1_000);
    expect(runtime().inspect(id)).toMatchObject({ state: 'stopped', exitCode: 4 });
    expect(platform.held.size).toBe(0);
  });

  test('is answered by stop and kill when it has come already', () => {
    const { id } = runtime().create(specOf());
    expect(runtime().stop(id, 10).state).toBe('created');
    runtime().start(id);
    platform.end(platform.only(), exited(0));
    expect(runtime().stop(id, 10)).toMatchObject({ state: 'stopped', exitCode: 0 });
    expect(runtime().kill(id)).toMatchObject({ state: 'stopped', exitCode: 0 });
    expect(platform.stops).toEqual([]);
  });

  test('by stop is 143, by kill 137, and by itself what it says', () => {
    const { id } = runtime().create(specOf({ restart: 'always' }));
    const ways = [
      [() => runtime().stop(id, 100), { tag: 'stopped' }, 143],
      [() => runtime().kill(id), { tag: 'stopped' }, 137],
      [() => runtime().stop(id, 100), exited(7), 7],
    ] as const;
    for (const [end, outcome, exitCode] of ways) {
      runtime().start(id);
      expect(end().state).toBe('running');
      platform.end(platform.only(), outcome);
      expect(runtime().inspect(id)).toMatchObject({ state: 'stopped', exitCode });
    }
  });

  test('is asked of the workload again only for a shorter time', () => {
    const { id } = runtime().create(specOf());
    runtime().start(id);
    for (const graceMs of [100, 100, 200, 50]) runtime().stop(id, graceMs);
    runtime().kill(id);
    runtime().kill(id);
    runtime().stop(id, 0);
    expect(platform.stops).toEqual(['w1 100', 'w1 50', 'w1 0']);
  });

  test('that policy refuses does not count as asked for', () => {
    const { id } = runtime().create(specOf({ restart: 'always' }));
    runtime().start(id);
    platform.refusals.set('stop', denied);
    expect(refusalOf(() => runtime().stop(id, 10)).code).toBe('denied');
    platform.end(platform.only(), exited(1));
    expect(runtime().inspect(id).state).toBe('restarting');
  });

  test('of a workload that the kernel does not know any more is recorded when it is asked for', () => {
    const { id } = runtime().create(specOf());
    runtime().start(id);
    platform.workloads.clear();
    expect(runtime().stop(id, 10)).toMatchObject({ state: 'stopped', exitCode: 137 });
  });
});

describe('the restart policy', () => {
  const startWith = (restart: 'no' | 'on-failure' | 'always') => {
    const { id } = runtime().create(specOf({ restart }));
    runtime().start(id);
    return id;
  };

  test.each([
    ['no', exited(1), 'stopped'],
    ['on-failure', exited(0), 'stopped'],
    ['on-failure', exited(1), 'restarting'],
    ['on-failure', { tag: 'trapped', val: 'x' }, 'restarting'],
    ['always', exited(0), 'restarting'],
  ] as const)('%s after %j leaves the container %s', (restart, outcome, state) => {
    const id = startWith(restart);
    platform.end(platform.only(), outcome);
    expect(runtime().inspect(id).state).toBe(state);
  });

  test('waits longer each time, up to a minute, and begins anew after a steady run', () => {
    const id = startWith('always');
    const waits: number[] = [];
    for (let round = 0; round < 12; round++) {
      platform.end(platform.only(), exited(1));
      let waited = 0;
      while (runtime().inspect(id).state === 'restarting') {
        platform.advance(100);
        waited += 100;
      }
      waits.push(waited);
    }
    expect(waits).toEqual([100, 200, 400, 800, 1600, 3200, 6400, 12_800, 25_600, 51_200, 60_000, 60_000]);
    expect(runtime().inspect(id).restarts).toBe(12);
    platform.clock.pass(10_000);
    platform.end(platform.only(), exited(1));
    platform.advance(100);
    expect(runtime().inspect(id)).toMatchObject({ state: 'running', restarts: 13 });
  });

  test('gives up after as many restarts as the manifest allows', () => {
    platform.manifests = { web: { restart: { policy: 'always', 'max-retries': 2 } } };
    const { id } = runtime().create(specOf());
    runtime().start(id);
    for (let round = 0; round < 2; round++) {
      platform.end(platform.only(), exited(1));
      platform.advance(60_000);
    }
    platform.end(platform.only(), exited(1));
    expect(runtime().inspect(id)).toMatchObject({ state: 'stopped', exitCode: 1, restarts: 2, reason: 'it exited with code 1; given up after 2 restarts' });
  });

  test('does not follow a wall clock that steps', () => {
    const id = startWith('always');
    platform.end(platform.only(), exited(1));
    platform.clock.ms -= 365 * 86_400_000;
    platform.advance(100);
    expect(runtime().inspect(id).state).toBe('running');
  });

  test('is called off by stop, with the exit code of the last run', () => {
    const id = startWith('always');
    platform.end(platform.only(), exited(9));
    expect(runtime().stop(id, 0)).toMatchObject({ state: 'stopped', exitCode: 9, reason: 'it was stopped' });
    expect(platform.events.topics()).toContain(`container.ended.${id}`);
    platform.advance(60_000);
    expect(platform.running()).toEqual([]);
  });

  test('is not waited for by start', () => {
    const id = startWith('always');
    platform.end(platform.only(), exited(9));
    expect(runtime().start(id)).toMatchObject({ state: 'running', restarts: 0 });
    platform.advance(60_000);
    expect(platform.running()).toHaveLength(1);
  });

  test('tries again while a provider restarts, and gives up at a no', () => {
    const id = startWith('always');
    platform.end(platform.only(), exited(1));
    platform.refusals.set('start', unavailable);
    platform.advance(100);
    expect(runtime().inspect(id).state).toBe('restarting');
    platform.advance(200);
    expect(runtime().inspect(id).state).toBe('running');
    platform.end(platform.only(), exited(1));
    platform.refusals.set('start', denied);
    platform.advance(60_000);
    expect(runtime().inspect(id)).toMatchObject({ state: 'stopped', exitCode: 1, reason: 'it could not be started again: no' });
    expect(platform.held.size).toBe(0);
  });

  test('schedules one start for each wait, and an old one starts nothing', () => {
    const id = startWith('always');
    platform.end(platform.only(), exited(1));
    expect(platform.events.scheduled.map(({ topic }) => topic)).toEqual([`container.restart.${id}`]);
    runtime().start(id);
    platform.end(platform.only(), exited(1));
    platform.end(platform.only(), exited(1));
    const [old, now] = platform.events.scheduled;
    platform.clock.pass(100);
    platform.containers.deliver(old?.topic ?? '', JSON.stringify({ failures: 9, endedMs: 0 }));
    expect(platform.running()).toEqual([]);
    platform.containers.deliver(now?.topic ?? '', now?.payload ?? '');
    platform.containers.deliver(now?.topic ?? '', now?.payload ?? '');
    expect(platform.running()).toHaveLength(1);
  });

  test('does not apply to a foreground run or one that is removed when it ends', () => {
    platform.manifests = { web: { restart: 'always' } };
    for (const spec of [specOf({ stdio: 'inherited' }), specOf({ autoRemove: true })]) {
      runtime().start(runtime().create(spec).id);
      platform.end(platform.only(), exited(1));
    }
    platform.advance(60_000);
    expect(platform.running()).toEqual([]);
  });
});

describe('removing', () => {
  test('takes the record, the name and the log', () => {
    const { id } = runtime().create(specOf({ name: 'web' }));
    runtime().start(id);
    platform.end(platform.only(), exited(0));
    runtime().remove('web', false);
    expect(refusalOf(() => runtime().inspect(id)).code).toBe('not-found');
    expect(platform.state.entries.size + platform.logs.size).toBe(0);
    runtime().create(specOf({ name: 'web' }));
  });

  test('of what runs or waits is a conflict', () => {
    const { id } = runtime().create(specOf({ restart: 'always' }));
    runtime().start(id);
    expect(refusalOf(() => runtime().remove(id, false)).code).toBe('conflict');
    platform.end(platform.only(), exited(0));
    expect(refusalOf(() => runtime().remove(id, false)).code).toBe('conflict');
    runtime().remove(id, true);
    platform.advance(1_000);
    expect(platform.running()).toEqual([]);
    expect(runtime().list(true)).toEqual([]);
  });

  test('by force kills, and whoever waits learns how it ended', () => {
    const { id } = runtime().create(specOf({ name: 'web' }));
    runtime().start(id);
    const workload = platform.only();
    runtime().remove('web', true);
    expect(platform.stops).toEqual([`${workload} 0`]);
    expect(platform.held.size).toBe(0);
    expect(runtime().list(true)).toEqual([]);
    expect(platform.events.topics()).toContain(`container.ended.${id}`);
    expect(runtime().inspect(id)).toMatchObject({ state: 'stopped', exitCode: 137 });
    platform.end(workload, { tag: 'stopped' });
    expect(platform.restart().inspect('web')).toMatchObject({ state: 'stopped', exitCode: 137 });
    platform.advance(61_000);
    expect(refusalOf(() => runtime().inspect(id)).code).toBe('not-found');
    expect(platform.state.entries.size + platform.logs.size).toBe(0);
  });

  test('at the end is one transaction, and the exit code stays for a minute', () => {
    const { id } = runtime().create(specOf({ name: 'once', autoRemove: true }));
    runtime().start(id);
    const before = platform.state.applied;
    platform.end(platform.only(), exited(5));
    expect(platform.state.applied).toBe(before + 1);
    expect(runtime().list(true)).toEqual([]);
    expect(runtime().inspect('once')).toMatchObject({ state: 'stopped', exitCode: 5 });
    expect(runtime().stop(id, 1)).toMatchObject({ exitCode: 5 });
    expect(refusalOf(() => runtime().start(id)).code).toBe('not-found');
    runtime().create(specOf({ name: 'once' }));
    expect(runtime().inspect('once').state).toBe('created');
    platform.advance(61_000);
    expect(refusalOf(() => runtime().inspect(id)).code).toBe('not-found');
  });
});

describe('finding', () => {
  test('goes by id, name, or the beginning of an id that only one has', () => {
    const { id } = runtime().create(specOf({ name: 'abcd' }));
    for (const reference of [id, 'abcd', id.slice(0, 4), id.slice(0, 31)]) expect(runtime().inspect(reference).id).toBe(id);
    for (const reference of ['', id.slice(0, 3), `${id}0`, 'ABCD', '../x', '__proto__']) expect(refusalOf(() => runtime().inspect(reference)).code).toBe('not-found');
  });

  test('lists the oldest first, and all only when asked', () => {
    const ids = [1, 2, 3].map(() => {
      platform.clock.pass(1);
      return runtime().create(specOf()).id;
    });
    runtime().start(ids[1] ?? '');
    expect(
      runtime()
        .list(true)
        .map(({ id }) => id),
    ).toEqual(ids);
    expect(
      runtime()
        .list(false)
        .map(({ id }) => id),
    ).toEqual([ids[1]]);
  });
});

describe('after a restart', () => {
  test('of the plugin what runs is taken over, with what it holds', () => {
    const { id } = runtime().create(specOf());
    runtime().start(id);
    platform.restart();
    expect(runtime().inspect(id).state).toBe('running');
    platform.end(platform.only(), exited(0));
    expect(runtime().inspect(id)).toMatchObject({ state: 'stopped', exitCode: 0 });
    expect(platform.held.size).toBe(0);
  });

  test('of the plugin what ended meanwhile has ended', () => {
    const { id } = runtime().create(specOf({ restart: 'on-failure' }));
    runtime().start(id);
    const found = platform.workloads.get(platform.only());
    if (found) found.state = { tag: 'ended', val: exited(3) };
    platform.restart();
    expect(runtime().inspect(id).state).toBe('restarting');
    platform.advance(100);
    expect(runtime().inspect(id)).toMatchObject({ state: 'running', restarts: 1 });
  });

  test('of the platform what ran was killed, and policies apply', () => {
    const ids = (['no', 'on-failure', 'always'] as const).map((restart) => {
      const { id } = runtime().create(specOf({ restart }));
      runtime().start(id);
      return id;
    });
    platform.restart(true);
    expect(runtime().inspect(ids[0] ?? '')).toMatchObject({ state: 'stopped', exitCode: 137, reason: 'the platform stopped while it ran' });
    expect(ids.slice(1).map((id) => runtime().inspect(id).state)).toEqual(['restarting', 'restarting']);
    platform.advance(100);
    expect(runtime().list(false)).toHaveLength(2);
  });

  test('of the platform what was asked to stop stays stopped', () => {
    const { id } = runtime().create(specOf({ restart: 'always' }));
    runtime().start(id);
    runtime().stop(id, 100);
    platform.restart(true);
    expect(runtime().inspect(id).state).toBe('stopped');
  });

  test('what waited still waits', () => {
    const { id } = runtime().create(specOf({ restart: 'always' }));
    runtime().start(id);
    platform.end(platform.only(), exited(1));
    platform.restart(true);
    expect(runtime().inspect(id).state).toBe('restarting');
    platform.advance(100);
    expect(runtime().inspect(id).state).toBe('running');
  });

  test('whose kernel cannot say now leaves the container running', () => {
    const { id } = runtime().create(specOf());
    runtime().start(id);
    platform.refusals.set('status', unavailable);
    platform.restart();
    expect(runtime().inspect(id).state).toBe('running');
  });

  test('a damaged record does not hide the others', () => {
    const { id } = runtime().create(specOf());
    platform.state.api.apply([{ tag: 'put', val: { key: `container/${'f'.repeat(32)}`, value: new Uint8Array([123]) } }]);
    platform.restart();
    expect(
      runtime()
        .list(true)
        .map((container) => container.id),
    ).toEqual([id]);
    expect(platform.log.lines.join()).toContain('is damaged');
  });
});

describe('a kill at any instant', () => {
  /** One life with a restart in the middle; returns what was answered before the kill. */
  function live(answers: string[]): void {
    const { id } = runtime().create(specOf({ name: 'web' }));
    answers.push('created');
    runtime().start(id);
    answers.push('running');
    platform.end(platform.only(), exited(3));
    answers.push('stopped');
    runtime().remove(id, false);
    answers.push('removed');
  }

  test.each([false, true])('of the plugin (or the whole platform: %s) loses nothing that was answered', (wholePlatform) => {
    for (let at = 1; ; at += 0.5) {
      platform = new FakePlatform();
      platform.killer.at = at;
      const answers: string[] = [];
      try {
        live(answers);
      } catch (thrown) {
        if (!(thrown instanceof Killed)) throw thrown;
      }
      platform.killer.at = Number.POSITIVE_INFINITY;
      platform.restart(wholePlatform);
      const [found] = runtime().list(true);
      const last = answers.at(-1);
      if (last === 'created') expect(['created', 'running', 'stopped']).toContain(found?.state);
      // The kernel told of the end once; whoever restarts asks for it.
      if (last === 'running') expect(found).toMatchObject({ state: 'stopped', exitCode: wholePlatform && found?.exitCode === 137 ? 137 : 3 });
      if (last === 'removed') expect(found).toBeUndefined();
      // The name is either free or that container's.
      const names = platform.state.keys().filter((key) => key.startsWith('name/'));
      expect(names).toEqual(found ? ['name/web'] : []);
      if (!found) runtime().create(specOf({ name: 'web' }));
      if (last === 'removed') return;
    }
  });
});
