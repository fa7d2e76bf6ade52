import { Refusal } from '@forgeone/sdk';
import { beforeEach, describe, expect, test } from 'vitest';
import { refusalOf } from '../fake-kernel.ts';
import { FakePlatform, jsonOf, PACKAGE } from './fake-platform.ts';

let platform: FakePlatform;

const run = (changes: object = {}) => platform.put('POST', '/v1/run', { package: PACKAGE, ...changes });
const started = () => {
  run({ name: 'web' });
  return [...platform.containers.keys()][0] ?? '';
};

beforeEach(() => {
  platform = new FakePlatform();
});

describe('containers', () => {
  test('are created from JSON whose keys are those of the interface, in camelCase', () => {
    const body = {
      package: PACKAGE,
      container: 'web',
      name: 'web',
      args: ['-v'],
      env: { LANG: 'C' },
      mounts: [
        { source: { volume: 'data' }, target: '/data', readOnly: true },
        { source: { path: '/srv' }, target: '/srv' },
        { source: { memory: 5 }, target: '/run' },
        { source: { disk: null }, target: '/tmp' },
      ],
      memoryBytes: 1,
      wallMs: 2,
      stdio: 'interactive',
      restart: 'on-failure',
      autoRemove: false,
      labels: { tier: 'front' },
    };
    const response = platform.put('POST', '/v1/containers', body);
    expect(response.status).toBe(201);
    expect(jsonOf(response)).toMatchObject({ name: 'web', state: 'created', exitCode: null, reason: null, spec: { stdio: 'interactive' } });
    expect(platform.specs).toEqual([
      {
        ...body,
        env: [['LANG', 'C']],
        labels: [['tier', 'front']],
        mounts: [
          { source: { tag: 'volume', val: 'data' }, target: '/data', readOnly: true },
          { source: { tag: 'path', val: '/srv' }, target: '/srv', readOnly: false },
          { source: { tag: 'memory', val: 5 }, target: '/run', readOnly: false },
          { source: { tag: 'disk', val: 0 }, target: '/tmp', readOnly: false },
        ],
      },
    ]);
  });

  test('need no more than a package', () => {
    platform.put('POST', '/v1/containers', { package: PACKAGE });
    expect(platform.specs).toEqual([
      { package: PACKAGE, container: null, name: null, args: [], env: [], mounts: [], memoryBytes: 0, wallMs: 0, stdio: 'detached', restart: null, autoRemove: false, labels: [] },
    ]);
  });

  test('are listed, those that run or all', () => {
    const id = started();
    platform.put('POST', '/v1/containers', { package: PACKAGE });
    expect(jsonOf(platform.put('GET', '/v1/containers'))).toMatchObject({ containers: [{ id }] });
    for (const all of ['?all=true', '?all=1', '?all']) expect(jsonOf(platform.put('GET', `/v1/containers${all}`))).toMatchObject({ containers: [{ id }, {}] });
    expect(jsonOf(platform.put('GET', '/v1/containers?all=false'))).toMatchObject({ containers: [{ id }] });
  });

  test('are shown, started and removed', () => {
    const { status } = platform.put('POST', '/v1/containers', { package: PACKAGE, name: 'web' });
    expect(status).toBe(201);
    expect(jsonOf(platform.put('GET', '/v1/containers/web'))).toMatchObject({ name: 'web' });
    expect(jsonOf(platform.put('POST', '/v1/containers/web/start'))).toMatchObject({ state: 'running' });
    expect(platform.put('DELETE', '/v1/containers/web?force=true')).toEqual({ status: 204, body: { tag: 'empty' } });
    expect(platform.calls.at(-1)).toBe('remove b force');
    expect(refusalOf(() => platform.put('GET', '/v1/containers/web')).code).toBe('not-found');
  });

  test.each(['stop', 'kill', 'wait'])('%s waits for the end, and answers it when the request is put again', (verb) => {
    const id = started();
    const wait = platform.put('POST', `/v1/containers/web/${verb}`);
    expect(wait.body).toEqual({ tag: 'wait', val: `container.ended.${id}` });
    platform.end(id, 3);
    const response = platform.put('POST', `/v1/containers/web/${verb}`);
    expect(response.status).toBe(200);
    expect(jsonOf(response)).toMatchObject({ state: 'stopped', exitCode: 3, reason: 'over' });
  });

  test('are stopped with the time that the request names, or ten seconds', () => {
    started();
    platform.put('POST', '/v1/containers/web/stop?graceMs=5');
    platform.put('POST', '/v1/containers/web/stop');
    expect(platform.calls.slice(-2)).toEqual(['stop 5', 'stop 10000']);
    for (const wrong of ['-1', '1.5', '', 'x', '600001', '1e3', '99999999999999999999']) {
      expect(refusalOf(() => platform.put('POST', `/v1/containers/web/stop?graceMs=${wrong}`)).detail.where).toBe('graceMs');
    }
  });

  test('that wait to be started again are waited for too, and one that never ran is not stopped', () => {
    platform.put('POST', '/v1/containers', { package: PACKAGE, name: 'web' });
    expect(platform.put('POST', '/v1/containers/web/wait').body.tag).toBe('wait');
    expect(jsonOf(platform.put('POST', '/v1/containers/web/stop'))).toMatchObject({ state: 'created' });
  });
});

describe('logs', () => {
  test('are sent to their end, or followed until the container ends', () => {
    const id = started();
    const logs = (query: string) => platform.put('GET', `/v1/containers/web/logs${query}`).body;
    expect(logs('')).toEqual({ tag: 'log', val: { name: id, tail: null, sinceMs: null, follow: null } });
    expect(logs('?follow=true&tail=10&since=1700000000000')).toEqual({ tag: 'log', val: { name: id, tail: 10, sinceMs: 1_700_000_000_000, follow: `container.ended.${id}` } });
    platform.end(id, 0);
    expect(logs('?follow=true')).toMatchObject({ val: { follow: null } });
  });
});

describe('standard input', () => {
  test('goes to an interactive container that runs', () => {
    run({ name: 'web', stdio: 'interactive' });
    const [id] = platform.containers.keys();
    expect(platform.put('PUT', '/v1/containers/web/stdin')).toEqual({ status: 204, body: { tag: 'stdin', val: id } });
    platform.end(id ?? '', 0);
    expect(refusalOf(() => platform.put('PUT', '/v1/containers/web/stdin')).code).toBe('conflict');
  });

  test('of a detached container is not open', () => {
    started();
    expect(refusalOf(() => platform.put('PUT', '/v1/containers/web/stdin'))).toMatchObject({ code: 'conflict' });
  });
});

describe('a run', () => {
  test('creates and starts the one container of a package', () => {
    const response = run({ name: 'web', args: ['x'] });
    expect(response.status).toBe(201);
    expect(jsonOf(response)).toMatchObject({ containers: [{ name: 'web', state: 'running' }] });
    expect(platform.specs).toMatchObject([{ container: 'web', name: 'web', args: ['x'] }]);
  });

  test('starts all containers of a package, each after what it depends on', () => {
    platform.manifests = { web: { 'depends-on': ['app', 'cache'] }, app: { 'depends-on': ['db'] }, db: {}, cache: {} };
    run({ name: 'shop' });
    expect(platform.specs.map(({ name }) => name)).toEqual(['shop-db', 'shop-app', 'shop-cache', 'shop-web']);
    expect(platform.calls).toEqual([`resolve ${PACKAGE}`, 'create db', 'start 1', 'create app', 'start 2', 'create cache', 'start 3', 'create web', 'start 4']);
  });

  test('of one named container leaves the others alone', () => {
    platform.manifests = { web: { 'depends-on': ['db'] }, db: {} };
    run({ name: 'shop', container: 'web' });
    expect(platform.specs.map(({ name }) => name)).toEqual(['shop']);
  });

  test.each(['create', 'start'])('that fails at a %s leaves nothing', (call) => {
    platform.manifests = { a: {}, b: { 'depends-on': ['a'] } };
    run();
    platform.containers.clear();
    const original = platform.runtime[call as 'create' | 'start'] as (argument: never) => unknown;
    let calls = 0;
    Object.assign(platform.runtime, {
      [call]: (argument: never) => {
        calls += 1;
        if (calls === 2) throw new Refusal('denied', 'no', { hint: 'permit(...)' });
        return original(argument);
      },
    });
    expect(refusalOf(() => run()).detail.hint).toBe('permit(...)');
    expect(platform.containers.size).toBe(0);
  });

  test('that cannot be undone still tells why it failed', () => {
    platform.refusals.set('start', new Refusal('denied', 'no', { hint: 'permit(...)' }));
    platform.refusals.set('remove', new Refusal('unavailable', 'later'));
    expect(refusalOf(() => run()).code).toBe('denied');
    expect(platform.calls.join()).toContain('could not be removed: later');
  });

  test.each([
    [{ a: { 'depends-on': ['b'] }, b: { 'depends-on': ['a'] } }, 'in a circle: a, b, a'],
    [{ a: { 'depends-on': ['a'] } }, 'in a circle: a, a'],
    [{ a: { 'depends-on': ['b'] } }, 'which the package does not have'],
    [{ a: { 'depends-on': 'b' } }, 'damaged'],
    [{}, 'has no container'],
  ])('of a package with %j creates nothing', (manifests, message) => {
    platform.manifests = manifests;
    const refusal = refusalOf(() => run());
    expect(refusal).toMatchObject({ code: 'invalid' });
    expect(refusal.message).toContain(message);
    expect(platform.specs).toEqual([]);
  });
});

describe('volumes', () => {
  test('are created, listed, shown and removed', () => {
    expect(platform.put('POST', '/v1/volumes', { name: 'data', bytesMax: 5 })).toMatchObject({ status: 201 });
    expect(jsonOf(platform.put('GET', '/v1/volumes'))).toEqual({ volumes: [{ name: 'data', bytesMax: 0, entriesMax: 0, createdMs: 1 }] });
    expect(refusalOf(() => platform.put('GET', '/v1/volumes/none')).code).toBe('not-found');
    expect(platform.put('DELETE', '/v1/volumes/data')).toEqual({ status: 204, body: { tag: 'empty' } });
    expect(platform.calls).toEqual(['volume create data', 'volume get none', 'volume remove data']);
  });
});

describe('the node', () => {
  test('says its version', () => {
    expect(jsonOf(platform.put('GET', '/v1/version'))).toMatchObject({ name: 'forgeone', api: 'v1' });
  });

  test('serves when the plugins below answer, and says which does not', () => {
    expect(platform.put('GET', '/v1/health')).toMatchObject({ status: 200 });
    platform.refusals.set('volume get', new Refusal('unavailable', 'plugin storage is restarting'));
    const response = platform.put('GET', '/v1/health');
    expect(response.status).toBe(503);
    expect(jsonOf(response)).toEqual({ status: 'not-serving', checks: { 'container-runtime': 'serving', storage: 'plugin storage is restarting' } });
  });

  test('shows a package with its manifest as JSON', () => {
    platform.manifests = { web: { args: ['x'] } };
    expect(jsonOf(platform.put('GET', `/v1/packages/${PACKAGE}`))).toMatchObject({ name: 'demo', version: '1.0.0', containers: [{ name: 'web', manifest: { args: ['x'] } }] });
    expect(refusalOf(() => platform.put('GET', '/v1/packages/latest')).code).toBe('invalid');
  });
});

describe('requests that fit nothing', () => {
  test.each([
    '/v1',
    '/v1/',
    '/v1/x',
    '/v1/containers/',
    '/v1/containers/a/b',
    '/v1/containers//start',
    '/v2/containers',
    '/',
    `/v1/containers/${'a'.repeat(200)}`,
    '/v1/__proto__',
  ])('%s is no route, and the answer lists them', (path) => {
    const refusal = refusalOf(() => platform.put('GET', path));
    expect(refusal.code).toBe('not-found');
    expect(refusal.detail.hint).toContain('/v1/containers/{id}/logs');
  });

  test('a method that the route does not have is 405, and the answer says which it has', () => {
    const response = platform.put('PATCH', '/v1/containers/web');
    expect(response.status).toBe(405);
    expect(jsonOf(response)).toMatchObject({ status: 405, hint: 'use GET or DELETE' });
  });

  test.each([
    ['GET', '/v1/version'],
    ['GET', '/v1/health'],
    ['GET', '/v1/containers'],
    ['GET', '/v1/containers/web'],
    ['DELETE', '/v1/containers/web'],
    ['POST', '/v1/containers/web/start'],
    ['POST', '/v1/containers/web/stop'],
    ['POST', '/v1/containers/web/kill'],
    ['POST', '/v1/containers/web/wait'],
    ['GET', '/v1/containers/web/logs'],
    ['GET', '/v1/volumes'],
    ['GET', '/v1/volumes/data'],
    ['DELETE', '/v1/volumes/data'],
    ['GET', `/v1/packages/${PACKAGE}`],
  ])('%s %s takes no body and no query that it does not know', (method, path) => {
    started();
    const calls = platform.calls.length;
    expect(refusalOf(() => platform.put(method, path, '{}')).detail.where).toBe('body');
    expect(refusalOf(() => platform.put(method, `${path}?nothing=1`))).toMatchObject({ code: 'invalid', detail: { where: 'nothing' } });
    expect(platform.calls.length).toBe(calls);
  });

  test('a query parameter given twice is refused', () => {
    expect(refusalOf(() => platform.put('GET', '/v1/containers?all=true&all=false')).code).toBe('invalid');
  });

  test('a query parameter spelled wrong names the right one', () => {
    expect(refusalOf(() => platform.put('GET', '/v1/containers/web/logs?flolow=1')).detail.hint).toBe('did you mean follow?');
  });
});

describe('bodies', () => {
  const post = (body: unknown) => refusalOf(() => platform.put('POST', '/v1/containers', body));

  test.each([
    ['', 'body'],
    ['{', 'body'],
    ['[]', 'body'],
    ['null', 'body'],
    ['"x"', 'body'],
    ['{}', 'package'],
    [{ package: 'x' }, 'package'],
    [{ package: PACKAGE, args: 'x' }, 'args'],
    [{ package: PACKAGE, args: [1] }, 'args[0]'],
    [{ package: PACKAGE, env: [['A', 'B']] }, 'env'],
    [{ package: PACKAGE, env: { A: 1 } }, 'env.A'],
    [{ package: PACKAGE, mounts: [{ source: {}, target: '/x' }] }, 'mounts[0].source'],
    [{ package: PACKAGE, mounts: [{ source: { volume: 'a', path: '/b' }, target: '/x' }] }, 'mounts[0].source'],
    [{ package: PACKAGE, mounts: [{ source: { voulme: 'a' }, target: '/x' }] }, 'mounts[0].source.voulme'],
    [{ package: PACKAGE, mounts: [{ source: { volume: 'a' } }] }, 'mounts[0].target'],
    [{ package: PACKAGE, memoryBytes: 1.5 }, 'memoryBytes'],
    [{ package: PACKAGE, memoryBytes: '1' }, 'memoryBytes'],
    [{ package: PACKAGE, memoryBytes: 2 ** 53 }, 'memoryBytes'],
    [{ package: PACKAGE, wallMs: 2 ** 31 }, 'wallMs'],
    [{ package: PACKAGE, stdio: 'tty' }, 'stdio'],
    [{ package: PACKAGE, autoRemove: 1 }, 'autoRemove'],
    ['{"package":"x","__proto__":{"package":"y"}}', '__proto__'],
    [{ package: PACKAGE, name: 'a\ud800' }, 'name'],
    [{ package: PACKAGE, name: 'a'.repeat(64) }, 'name'],
    [{ package: PACKAGE, args: new Array(2000).fill('x') }, 'args'],
  ] as [unknown, string][])('number %# is refused at $1', (body, where) => {
    const refusal = post(body);
    expect(refusal).toMatchObject({ code: 'invalid', detail: { where } });
    expect(platform.specs).toEqual([]);
  });

  test.each([
    ['memory-bytes', 'memoryBytes'],
    ['Args', 'args'],
    ['enviroment', undefined],
    ['lables', 'labels'],
    ['retsart', 'restart'],
  ])('an unknown key %s names the nearest known one (%s)', (key, meant) => {
    const { detail } = post({ package: PACKAGE, [key]: 1 });
    expect(detail.where).toBe(key);
    if (meant === undefined) expect(detail.hint).toContain('known are package, container');
    else expect(detail.hint).toBe(`did you mean ${meant}?`);
  });

  test('that are not UTF-8 are refused', () => {
    const request = { method: 'POST', path: '/v1/containers', query: [] as [string, string][], body: Uint8Array.of(0x22, 0xff, 0x22) };
    expect(refusalOf(() => platform.routes.handle(request)).message).toContain('UTF-8');
  });

  test('that are nested deeply are refused before they are parsed', () => {
    for (const depth of [17, 500_000]) expect(post('['.repeat(depth)).message).toContain('nested');
    expect(post(`"${'['.repeat(50)}\\"${'['.repeat(50)}"`).message).not.toContain('nested');
  });

  test('keep __proto__ as a variable like any other', () => {
    platform.put('POST', '/v1/containers', `{"package":"${PACKAGE}","env":{"__proto__":"x"}}`);
    expect(platform.specs[0]?.env).toEqual([['__proto__', 'x']]);
  });
});
