/**
 * Hostile packages, given to `forge run` as files: attacks 1 to 7 and 10. The format's own tests (test/package/) try every
 * reader alone and with many more inputs; here it is what the user reads, and that nothing of the package stays.
 */
import { readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Refusal } from '../../kernel/src/errors.ts';
import { installPackage } from '../../kernel/src/index.ts';
import { argumentOf, hostileGuest } from '../fixtures/hostile-guest.ts';
import { storeOf, temporaryDirectory, unfinishedIn } from '../fixtures/leftovers.ts';
import { Platform } from '../fixtures/platform.ts';
import { forgeLayout, json, type LayoutFiles } from '../package/layouts.ts';
import { concat, pax, type RawEntry, rawTar } from '../package/tar-bytes.ts';

const folder = temporaryDirectory();
const home = join(folder, 'home');
const program = await hostileGuest();
let before: string[];
let files = 0;

/** Characters that a terminal would obey (attack 61), or that hide what follows them (attack 5). */
const STEERING = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;

async function refusalOf(bytes: Uint8Array): Promise<Refusal> {
  const file = join(folder, `hostile-${files++}.forgepkg`);
  writeFileSync(file, bytes);
  const outcome = await installPackage(file, { home }).catch((thrown: unknown) => thrown);
  expect(outcome).toBeInstanceOf(Refusal);
  const refusal = outcome as Refusal;
  // Words for people, nothing extracted, store unchanged.
  expect(refusal.message.replaceAll('\n', '')).not.toMatch(STEERING);
  expect(storeOf(home)).toEqual(before);
  expect(unfinishedIn(home)).toEqual([]);
  return refusal;
}

const entriesOf = (layout: LayoutFiles): RawEntry[] => [...layout.files].map(([name, content]) => ({ name, content }));
const good = (): LayoutFiles => forgeLayout(program);
const packed = (layout: LayoutFiles): Uint8Array => rawTar(...entriesOf(layout));
const withEntries = (...more: readonly RawEntry[]): Uint8Array => rawTar(...entriesOf(good()), ...more);
const withConfig = (config: unknown): Uint8Array => packed(forgeLayout(program, { config }));

/** A good package whose component's blob holds something else. */
function withComponent(bytes: Uint8Array | undefined): Uint8Array {
  const layout = good();
  const name = [...layout.files.keys()].find((candidate) => layout.files.get(candidate) === program) as string;
  if (bytes) layout.files.set(name, bytes);
  else layout.files.delete(name);
  return packed(layout);
}

const whole = packed(good());
const flipped = Buffer.from(program);
flipped[flipped.length - 1] = (flipped.at(-1) as number) ^ 1;

beforeAll(async () => {
  const file = join(folder, 'good.forgepkg');
  writeFileSync(file, whole);
  await installPackage(file, { home });
  before = storeOf(home);
  expect(before).toHaveLength(3);
});

afterAll(async () => {
  // The package that was there before all of them still runs.
  const { digest } = await installPackage(join(folder, 'good.forgepkg'), { home });
  const platform = await Platform.open({ home, placement: 'together' });
  expect(await platform.run(digest, { args: [argumentOf('hello')] })).toMatchObject({ exitCode: 7, stdout: 'hello\n' });
  await platform.close();
});

type Case = readonly [title: string, bytes: Uint8Array, code: string, message: string | RegExp, hint?: RegExp];

const CASES: readonly Case[] = [
  ['an empty file (4)', new Uint8Array(), 'invalid', 'is neither a package nor WebAssembly', /accepted are \.forgepkg/],
  ['a package cut in its first entry (4)', whole.subarray(0, 513), 'invalid', 'a tar that is cut off: an entry says more bytes than there are'],
  ['a package cut in the middle (4)', whole.subarray(0, 4096), 'invalid', 'a tar that is cut off: it has no end marker'],
  ['a package without its last bytes (4)', whole.subarray(0, -9), 'invalid', 'a tar that is cut off: half of its end marker is missing'],
  ['a program behind the end (4)', concat(whole, Buffer.from('#!/bin/sh\n')), 'invalid', 'a tar with data after its end'],
  ['a size beyond the file (4)', withEntries({ name: 'x', content: 'x', size: '77777777777' }), 'limit', /^more than \d+ bytes of content$/],
  ['a name that climbs (1)', withEntries({ name: '../../etc/cron.d/x' }), 'invalid', 'the name "../../etc/cron.d/x" has a ".." part'],
  ['a name that climbs, in a PAX header (1, 10)', withEntries(pax('path=../../tmp/x'), { name: 'x' }), 'invalid', 'the name "../../tmp/x" has a ".." part'],
  ['an absolute name (1)', withEntries({ name: '/etc/cron.d/x' }), 'invalid', 'the name "/etc/cron.d/x" is absolute'],
  ['a name that steers the terminal (5)', withEntries({ name: 'x\u001b[2J' }), 'invalid', 'the name "x\\u{1b}[2J" has control, bidi or zero-width characters'],
  ['a name that reads backwards (5)', withEntries({ name: 'blobs/\u202egnp.exe' }), 'invalid', 'the name "blobs/\\u{202e}gnp.exe" has control, bidi or zero-width characters'],
  ['a name that collides by case (5)', withEntries({ name: 'Index.json' }), 'invalid', /has characters other than a-z/],
  ['a name that stands twice (4, 5)', withEntries({ name: 'index.json', content: '{}' }), 'invalid', 'the name "index.json" stands twice'],
  ['a symbolic link (2)', withEntries({ name: 'x', type: '2', linkName: '/etc/passwd' }), 'invalid', '"x" is a symbolic link'],
  ['a device (10)', withEntries({ name: 'x', type: '3' }), 'invalid', '"x" is a character device'],
  ['20,000 entries (3)', withEntries(...Array.from({ length: 20_000 }, (_, i) => ({ name: `x${i}` }))), 'limit', 'more than 10000 entries'],
  ['a component with another digest (6)', withComponent(flipped), 'invalid', /^the blob sha256:[0-9a-f]{64} has other content than its digest says$/, /damaged or tampered with/],
  ['a component that is missing (6)', withComponent(undefined), 'invalid', /^the blob sha256:[0-9a-f]{64} is missing$/, /cut or changed/],
  ['a component that is cut (6)', withComponent(program.subarray(0, 100)), 'invalid', /^the blob sha256:[0-9a-f]{64} has 100 bytes and should have \d+$/, /cut or changed/],
  [
    'a blob that nothing names (6)',
    withEntries({ name: `blobs/sha256/${'0'.repeat(64)}`, content: 'stowaway' }),
    'invalid',
    /belongs to nothing in the index/,
    /its own blobs only/,
  ],
  ['a component for another machine (6)', packed(forgeLayout(Buffer.from('MZ\u0090'))), 'invalid', 'is not WebAssembly: it does not begin with "\\0asm"'],
  ['a manifest 100,000 deep (7)', withConfig('['.repeat(100_000)), 'limit', 'JSON nested deeper than 32'],
  ['a manifest with a key twice (7)', withConfig('{"package":{"name":"a/b","name":"c/d"}}'), 'invalid', 'the key "name" stands twice in one object'],
  ['a manifest with __proto__ (7)', withConfig('{"__proto__":{"polluted":true}}'), 'invalid', 'the key "__proto__" is not allowed'],
  ['a manifest with a lone surrogate (7)', withConfig('{"package":{"name":"\\ud800"}}'), 'invalid', 'a string with a lone surrogate'],
  ['a manifest of 200,000 keys (7)', withConfig(`{${Array.from({ length: 200_000 }, (_, i) => `"k${i}":0`).join(',')}}`), 'limit', 'JSON with more than 10000 keys'],
  ['a manifest of 5 MiB (7)', withConfig(`"${'x'.repeat(5 * 2 ** 20)}"`), 'limit', /has 5242882 bytes, more than 4194304$/],
];

describe('a package is refused, in words for its user, and leaves nothing behind:', () => {
  test.for(CASES)('%s', { timeout: 20_000 }, async ([, bytes, code, message, hint]) => {
    const refusal = await refusalOf(bytes);
    expect(refusal.code).toBe(code);
    if (typeof message === 'string') expect(refusal.message).toBe(message);
    else expect(refusal.message).toMatch(message);
    if (hint) expect(refusal.detail.hint).toMatch(hint);
    // The place: a file, a byte, or a line.
    expect(refusal.detail.where).toMatch(/hostile-\d+\.forgepkg|^component/);
  });

  test('a manifest with several mistakes is told all of them, each with its place and remedy (7)', async () => {
    const { code, message } = await refusalOf(withConfig({ package: { name: 'Acme!', version: 'one' }, container: [{ name: 'web', component: 'web.wasm', restrat: 'no' }] }));
    expect(code).toBe('invalid');
    const [head, ...lines] = message.split('\n');
    expect(head).toMatch(/^\d problems$/);
    expect(lines).toContainEqual(expect.stringMatching(/config#\/package\/name: .*cannot be "Acme!"/));
    expect(lines).toContainEqual(expect.stringMatching(/restrat.*restart/));
  });
});

describe('a package that is a bomb', () => {
  test('costs its own bytes and no more to install: 1 GiB of zeros in a layer of 1 MiB (3)', async () => {
    const zeros = gzipSync(Buffer.alloc(64 * 2 ** 20), { level: 9 });
    // Members of gzip may follow one another: this is one stream of 1 GiB.
    const bomb = Buffer.concat(Array.from({ length: 16 }, () => zeros));
    const layout = good();
    const layer = layout.blob(bomb, 'application/vnd.oci.image.layer.v1.tar+gzip');
    const component = layout.blob(program, 'application/wasm');
    const config = { package: { name: 'acme/web', version: '1.2.0' }, container: [{ name: 'web', component: component.digest, layers: [layer.digest] }] };
    const bombed = forgeLayout(program, { config, manifest: { layers: [component, layer] } });
    bombed.files.set(`blobs/${layer.digest.replace(':', '/')}`, bomb);
    const file = join(folder, 'bomb.forgepkg');
    writeFileSync(file, packed(bombed));
    const began = performance.now();
    const bombedHome = join(folder, 'bombed');
    await installPackage(file, { home: bombedHome });
    expect(performance.now() - began).toBeLessThan(20_000);
    const kept = readdirSync(bombedHome, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    expect(kept.reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0)).toBeLessThan(4 * 2 ** 20);
  });
});

test('a package with a hostile index is refused before anything it names is looked at (7)', async () => {
  const layout = good();
  layout.files.set('index.json', json(`{"schemaVersion":2,"manifests":${'['.repeat(1000)}`));
  expect(await refusalOf(packed(layout))).toMatchObject({ code: 'limit', message: 'JSON nested deeper than 32' });
});
