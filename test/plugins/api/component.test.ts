import { createHarness, type Harness, Refusal } from '@forgeone/sdk/testing';
import { beforeAll, describe, expect, test } from 'vitest';
import { refusalOf } from '../fake-kernel.ts';
import { projectDir } from '../project-dir.ts';
import { FakePlatform, jsonOf, PACKAGE } from './fake-platform.ts';

const HANDLER = 'forge:api/handler@0.1.0';

describe('the api plugin as a component', () => {
  const platform = new FakePlatform();
  let harness: Harness;
  beforeAll(async () => {
    harness = await createHarness({
      projectDir: projectDir('api'),
      imports: { 'forge:container/runtime@0.1.0': platform.runtime, 'forge:storage/volumes@0.1.0': platform.volumes, 'forge:host/packages@0.1.0': platform.packages },
    });
    harness.start();
  });

  const put = (method: string, path: string, body?: unknown, query: [string, string][] = []) =>
    harness.call(HANDLER).handle({ method, path, query, body: new TextEncoder().encode(body === undefined ? '' : JSON.stringify(body)) });

  test('imports what it needs and nothing more', () => {
    expect(harness.imports).toEqual(['forge:container/runtime@0.1.0', 'forge:host/packages@0.1.0', 'forge:kernel/log@0.1.0', 'forge:storage/volumes@0.1.0']);
  });

  test('runs a package and waits for its end', () => {
    const response = put('POST', '/v1/run', { package: PACKAGE, name: 'wëb', env: { A: 'ü' }, mounts: [{ source: { memory: 5 }, target: '/t' }] });
    expect(response.status).toBe(201);
    expect(jsonOf(response)).toMatchObject({ containers: [{ name: 'wëb', state: 'running', exitCode: null }] });
    expect(platform.specs).toMatchObject([{ name: 'wëb', env: [['A', 'ü']], mounts: [{ source: { tag: 'memory', val: 5 }, target: '/t', readOnly: false }], restart: null }]);
    const [id = ''] = platform.containers.keys();
    expect(put('POST', '/v1/containers/wëb/wait')).toEqual({ status: 200, body: { tag: 'wait', val: `container.ended.${id}` } });
    platform.end(id, 3);
    expect(jsonOf(put('POST', '/v1/containers/wëb/wait'))).toMatchObject({ exitCode: 3 });
  });

  test('answers logs with none where nothing is asked', () => {
    const [id = ''] = platform.containers.keys();
    expect(put('GET', `/v1/containers/${id}/logs`, undefined, [['since', '1700000000000']])).toEqual({
      status: 200,
      body: { tag: 'log', val: { name: id, tail: null, sinceMs: 1_700_000_000_000, follow: null } },
    });
  });

  test('refuses in the terms of the error table, its own and those of whom it calls', () => {
    expect(refusalOf(() => put('POST', '/v1/run', { pakcage: PACKAGE })).detail).toEqual({
      message: '"pakcage" is not known here',
      where: 'pakcage',
      hint: 'did you mean package?',
    });
    platform.refusals.set('resolve', new Refusal('denied', 'no', { hint: 'permit(...)' }));
    expect(refusalOf(() => put('POST', '/v1/run', { package: PACKAGE })).detail.hint).toBe('permit(...)');
  });

  test('survives the largest and the deepest body', () => {
    const bytes = (text: string) => new TextEncoder().encode(text);
    const post = (text: string) => refusalOf(() => harness.call(HANDLER).handle({ method: 'POST', path: '/v1/run', query: [], body: bytes(text) }));
    expect(post('['.repeat(1024 * 1024)).message).toContain('nested');
    expect(post(`{"package":"${PACKAGE}","args":["${'a'.repeat(1024 * 1024 - 200)}"]}`)).toMatchObject({ code: 'invalid', detail: { where: 'args[0]' } });
    expect(put('GET', '/v1/version').status).toBe(200);
  });
});
