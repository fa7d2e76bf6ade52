import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { LIMITS } from '../../../kernel/src/limits.ts';
import { StateStore } from '../../../kernel/src/state/store.ts';

let dir: string;
let file: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'forge-state-'));
  file = join(dir, 'state.db');
});
afterEach(() => rmSync(dir, { recursive: true }));

const bytes = (text: string): Uint8Array => Buffer.from(text);
const put = (key: string, value: string, expect?: number) => ({ tag: 'put', val: { key, value: bytes(value), expect } }) as const;

describe('the state store', () => {
  test('keeps what was put, a namespace for each plugin', () => {
    const store = new StateStore(file);
    store.apply('a', [put('k', 'one')]);
    store.apply('b', [put('k', 'two')]);
    store.close();
    const again = new StateStore(file);
    expect(Buffer.from(again.get('a', 'k')?.value ?? []).toString()).toBe('one');
    expect(again.get('b', 'k')?.version).toBe(1);
    expect(again.get('c', 'k')).toBeUndefined();
    again.close();
  });

  test('applies all changes or none', () => {
    const store = new StateStore(file);
    store.apply('a', [put('x', '1')]);
    expect(() => store.apply('a', [put('y', '1'), put('x', '2', 7)])).toThrow(/version 1, not 7/);
    expect(store.get('a', 'y')).toBeUndefined();
    store.apply('a', [put('x', '2', 1), put('z', '1', 0), { tag: 'delete', val: 'nothing' }]);
    expect(store.get('a', 'x')?.version).toBe(2);
    store.close();
  });

  test('scans in key order by prefix, after a key, with wildcards meaning themselves', () => {
    const store = new StateStore(file);
    store.apply(
      'a',
      ['v/b', 'v/a', 'v/c', 'w/a', 'v%', 'v_'].map((key) => put(key, key)),
    );
    expect(store.scan('a', 'v/', undefined, 10).map(({ key }) => key)).toEqual(['v/a', 'v/b', 'v/c']);
    expect(store.scan('a', 'v/', 'v/a', 1).map(({ key }) => key)).toEqual(['v/b']);
    expect(store.scan('a', 'v%', undefined, 10).map(({ key }) => key)).toEqual(['v%']);
    store.close();
  });

  test('refuses keys and values over their limits', () => {
    const store = new StateStore(file);
    expect(() => store.apply('a', [put('', 'x')])).toThrow(/1 to 512 bytes/);
    expect(() => store.apply('a', [put('k'.repeat(LIMITS.stateKeyBytesMax + 1), 'x')])).toThrow(/bytes/);
    expect(() => store.apply('a', [{ tag: 'put', val: { key: 'k', value: new Uint8Array(LIMITS.stateValueBytesMax + 1) } }])).toThrow(/at most/);
    store.close();
  });

  test('what was acknowledged survives kill -9', () => {
    const script = `
      const { StateStore } = await import(${JSON.stringify(new URL('../../../kernel/src/state/store.ts', import.meta.url).href)});
      const store = new StateStore(${JSON.stringify(file)});
      for (let n = 0; ; n += 1) {
        store.apply('a', [{ tag: 'put', val: { key: 'n', value: Buffer.from(String(n)) } }]);
        process.stdout.write(n + '\\n');
        if (n === 20) process.kill(process.pid, 'SIGKILL');
      }`;
    const { stdout, signal } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
    expect(signal).toBe('SIGKILL');
    const last = stdout.trim().split('\n').at(-1);
    const store = new StateStore(file);
    expect(Buffer.from(store.get('a', 'n')?.value ?? []).toString()).toBe(last);
    store.close();
  });

  test('a cut or foreign file is refused with its place, and left as it is', () => {
    writeFileSync(file, 'this is no database, and it is long enough to be looked at '.repeat(40));
    const before = readFileSync(file);
    expect(() => new StateStore(file)).toThrow(expect.objectContaining({ code: 'unavailable', detail: expect.objectContaining({ where: file }) }));
    expect(readFileSync(file)).toEqual(before);
    truncateSync(file, 10);
    expect(() => new StateStore(file)).toThrow(/cannot be opened/);
  });

  test('a store of a newer kernel is refused, not guessed at', () => {
    const store = new StateStore(file);
    store.close();
    spawnSync(process.execPath, ['-e', `new (require('node:sqlite').DatabaseSync)(${JSON.stringify(file)}).exec('PRAGMA user_version = 99')`]);
    expect(() => new StateStore(file)).toThrow(/format 99, this kernel knows 1/);
  });
});
