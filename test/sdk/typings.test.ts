import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeProjectTypings } from '@forgeone/sdk/build';
import { describe, expect, test } from 'vitest';
import { PROBE_DIR } from './probe.ts';

const ROOT = join(import.meta.dirname, '../..');
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

describe('the typings', () => {
  test('are what the WIT says: making them again changes nothing', async () => {
    // @ts-expect-error a script without types
    const { findStale } = await import('../../sdk/scripts/generate.mjs');
    expect(await findStale()).toEqual([]);
  });

  test('of guests have numbers for 64-bit integers and null for none', () => {
    const state = read('sdk/src/generated/forge-kernel-state.d.ts');
    expect(state).toContain('export function get(key: string): Entry | null;');
    expect(state).toContain('export function scan(prefix: string, after: string | null | undefined, limit: number): Array<Entry>;');
    expect(state).toContain('expect?: number | null | undefined,');
    expect(read('sdk/src/generated/forge-kernel-clock.d.ts')).toContain('export function nowMs(): number;');
    for (const name of readdirSync(join(ROOT, 'sdk/src/generated'))) expect(read(`sdk/src/generated/${name}`).replace(/^\s*\*.*$/gm, ''), name).not.toMatch(/\bbigint\b|BigUint64/);
  });

  test('of hosts have BigInt and undefined, as the glue does', () => {
    expect(read('wit/generated/host/forge-kernel-state.d.ts')).toContain('export function get(key: string): Entry | undefined;');
    expect(read('wit/generated/host/forge-kernel-clock.d.ts')).toContain('export function nowMs(): bigint;');
    expect(read('wit/generated/host/forge-host-workloads.d.ts')).toContain('stdin?: Handle | undefined,');
  });

  test('keep the documentation of the WIT', () => {
    expect(read('sdk/src/generated/forge-host-dirs.d.ts')).toContain('* Opens a tree. `not-found`: no such directory.');
    expect(read('wit/generated/host/forge-host-dirs.d.ts')).toContain('* Opens a tree. `not-found`: no such directory.');
  });

  test('list every interface of the ABI by its id', () => {
    for (const path of ['sdk/src/generated/interfaces.d.ts', 'wit/generated/host/interfaces.d.ts']) {
      const ids = [...read(path).matchAll(/^ {2}'([^']+)': /gm)].map(([, id]) => id);
      expect(ids.length).toBeGreaterThan(20);
      expect(ids).toEqual([...ids].sort());
      for (const id of ids) expect(id).toMatch(/^forge:[a-z]+\/[a-z-]+@0\.1\.0$/);
    }
  });

  test('of a project’s own WIT are made beside it, without those of the ABI', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'forge-sdk-test-'));
    try {
      cpSync(join(PROBE_DIR, 'wit'), join(dir, 'wit'), { recursive: true });
      const paths = await writeProjectTypings(dir);
      expect(paths.map((path) => path.slice(dir.length + 1))).toEqual(['generated/interfaces.d.ts', 'generated/acme-probe-cases.d.ts']);
      for (const path of paths) expect(readFileSync(path, 'utf8')).toBe(readFileSync(join(PROBE_DIR, path.slice(dir.length + 1)), 'utf8'));
    } finally {
      rmSync(dir, { recursive: true });
    }
  });
});
