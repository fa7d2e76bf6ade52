/** What the bundle does so that a start is short: Node's modules are loaded when they are used, and compiled code is kept. */

import { spawnSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { describe, expect, it } from 'vitest';
// @ts-expect-error: a build script without typings
import { lazyBuiltins } from '../../cli/scripts/lazy-builtins.mjs';
import { compileCacheDir } from '../../cli/src/compile-cache.ts';

describe('a module of Node', () => {
  it('is loaded when something of it is used, in whatever way it was imported', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'forge-bundle-'));
    writeFileSync(
      join(dir, 'in.mjs'),
      `import fs, { readFileSync } from 'node:fs'; import * as http from 'node:http'; import { createHash as hash } from 'crypto';
       import EventEmitter, { once } from 'node:events'; import process from 'node:process'; import { setTimeout as wait } from 'node:timers/promises'; import assert, { deepEqual } from 'node:assert';
       const loaded = () => process.moduleLoadList.filter((name) => /(_http_server|internal.crypto.hash|NativeModule assert)$/.test(name)).length;
       const before = loaded();
       class Mine extends EventEmitter {}
       const used = [typeof readFileSync, fs.existsSync('/'), new Mine() instanceof EventEmitter, typeof once, typeof wait];
       const still = loaded();
       hash('sha256'); new http.Agent(); assert(true); assert.equal(1, 1); deepEqual([], []);
       console.log(JSON.stringify({ before, still, after: loaded(), used }));`,
    );
    await build({ entryPoints: [join(dir, 'in.mjs')], outfile: join(dir, 'out.mjs'), bundle: true, format: 'esm', platform: 'node', plugins: [lazyBuiltins()] });
    const { stdout, stderr } = spawnSync(process.execPath, [join(dir, 'out.mjs')], { encoding: 'utf8' });
    expect(stderr).toBe('');
    const { before, still, after, used } = JSON.parse(stdout) as { before: number; still: number; after: number; used: unknown[] };
    expect(still).toBe(before);
    expect(after).toBeGreaterThan(before);
    expect(used).toEqual(['function', true, true, 'function', 'function']);
  });
});

describe('the compile cache', () => {
  it('is in the state directory when that is named, else below the XDG cache directory', () => {
    expect(compileCacheDir({ FORGE_HOME: '/f' }, 1000)).toBe('/f/cache/node');
    expect(compileCacheDir({ XDG_CACHE_HOME: '/c' }, 1000)).toBe('/c/forge/node');
  });

  it('of root is never in a directory that sudo left in the environment', () => {
    expect(compileCacheDir({ XDG_CACHE_HOME: '/home/alice/.cache', HOME: '/home/alice' }, 0)).toBe('/var/lib/forge/cache/node');
  });
});
