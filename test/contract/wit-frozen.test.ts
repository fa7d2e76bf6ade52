import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
// @ts-expect-error a script without types
import { compareWithRecord, listAbiFiles } from '../../wit/scripts/release.mjs';
// @ts-expect-error a script without types
import { findDifferences } from '../../wit/scripts/vendor-wasi.mjs';
import { ROOT } from './sources.ts';

const WIT = join(ROOT, 'wit');

describe('released WIT', () => {
  test('is what was recorded at its release', () => {
    expect(compareWithRecord()).toEqual({});
  });

  test('covers every package of the ABI', () => {
    const folders = readdirSync(WIT).filter((name) => name.startsWith('forge-'));
    expect(new Set(listAbiFiles().map((path: string) => path.split('/')[0]))).toEqual(new Set(folders));
  });

  test('WASI is what was vendored', () => {
    expect(findDifferences()).toEqual([]);
    const { version, from } = JSON.parse(readFileSync(join(WIT, 'deps/vendored.json'), 'utf8'));
    expect(version).toBe('0.2.12');
    expect(from).toMatchObject({ package: expect.stringMatching(/@\d+\.\d+\.\d+$/), integrity: expect.stringMatching(/^sha512-/) });
  });
});

describe('the check', () => {
  let copy: string;
  beforeAll(() => {
    copy = mkdtempSync(join(tmpdir(), 'forge-wit-'));
    cpSync(WIT, copy, { recursive: true, filter: (path) => !path.includes('node_modules') });
  });
  afterAll(() => rmSync(copy, { recursive: true }));

  const edit = (path: string, change: (text: string) => string): void => writeFileSync(join(copy, path), change(readFileSync(join(copy, path), 'utf8')));

  test('finds a changed, a new and a vanished file', () => {
    edit('forge-http/http.wit', (text) => text.replace('status: u16', 'status: u32'));
    rmSync(join(copy, 'forge-network/network.wit'));
    writeFileSync(join(copy, 'forge-network/more.wit'), '/// More.\npackage forge:network@0.2.0;\n');
    expect(compareWithRecord(copy)).toMatchObject({ 'forge-http/http.wit': 'changed', 'forge-network/network.wit': 'gone', 'forge-network/more.wit': 'new' });
  });

  test('finds vendored files that were touched', () => {
    edit('deps/wasi-io/io.wit', (text) => `${text}\n`);
    rmSync(join(copy, 'deps/wasi-random/random.wit'));
    writeFileSync(join(copy, 'deps/extra.wit'), '');
    expect(findDifferences(join(copy, 'deps'))).toEqual(['extra.wit is not recorded', 'wasi-io/io.wit was changed', 'wasi-random/random.wit is missing']);
  });
});
