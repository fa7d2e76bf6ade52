import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { LIMITS, PackageError, writeTar } from '../../sdk/package/src/index.ts';
import { readTar, type TarRules } from '../../sdk/package/src/tar/read-tar.ts';
import { FileTarSource, StreamTarSource, type TarSource } from '../../sdk/package/src/tar/tar-source.ts';
import { tempFile, tempPath } from './layouts.ts';
import { concat, END, pax, type RawEntry, rawEntry, rawTar } from './tar-bytes.ts';

type Listed = { name: string; type: string; text: string };

async function list(source: TarSource, rules: Partial<TarRules> = {}): Promise<Listed[]> {
  const listed: Listed[] = [];
  for await (const entry of readTar(source, { names: 'archive', links: 'refuse', entriesMax: 100, bytesMax: 1_000_000, what: 'test.tar', ...rules })) {
    const chunks: Uint8Array[] = [];
    for await (const chunk of entry.content()) chunks.push(Uint8Array.from(chunk));
    listed.push({ name: entry.name, type: entry.type, text: Buffer.concat(chunks).toString() });
  }
  return listed;
}

/** Through a stream that comes in pieces of 100 bytes, so that nothing depends on how they are cut. */
async function* inPieces(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 100) yield bytes.subarray(at, at + 100);
}

const listStream = (bytes: Uint8Array, rules?: Partial<TarRules>) => list(new StreamTarSource(inPieces(bytes)), rules);

async function listFile(bytes: Uint8Array, rules?: Partial<TarRules>): Promise<Listed[]> {
  const handle = await open(tempFile('test.tar', bytes));
  try {
    return await list(new FileTarSource(handle, bytes.length), rules);
  } finally {
    await handle.close();
  }
}

async function refusal(bytes: Uint8Array, rules?: Partial<TarRules>): Promise<PackageError> {
  const outcomes = await Promise.all([listFile(bytes, rules), listStream(bytes, rules)].map((run) => run.catch((error: unknown) => error)));
  for (const outcome of outcomes) expect(outcome).toBeInstanceOf(PackageError);
  const [file, stream] = outcomes as [PackageError, PackageError];
  expect(stream.code).toBe(file.code);
  return file;
}

const A: RawEntry = { name: 'a', content: 'hello' };

describe('sound archives', () => {
  test.each([
    ['a file', rawTar(A), [{ name: 'a', type: 'file', text: 'hello' }]],
    [
      'a file of a whole block',
      rawTar({ name: 'a', content: 'x'.repeat(512) }, { name: 'b' }),
      [
        { name: 'a', type: 'file', text: 'x'.repeat(512) },
        { name: 'b', type: 'file', text: '' },
      ],
    ],
    [
      'a directory and a file in it',
      rawTar({ name: 'd/', type: '5' }, { name: 'd/f', content: '1' }),
      [
        { name: 'd', type: 'directory', text: '' },
        { name: 'd/f', type: 'file', text: '1' },
      ],
    ],
    [
      'a directory after a file in it',
      rawTar({ name: 'd/f', content: '1' }, { name: 'd', type: '5' }),
      [
        { name: 'd/f', type: 'file', text: '1' },
        { name: 'd', type: 'directory', text: '' },
      ],
    ],
    ['names that begin with ./', rawTar({ name: './', type: '5' }, { name: './a', content: '1' }), [{ name: 'a', type: 'file', text: '1' }]],
    ['a name in two fields', rawTar({ prefix: 'long/prefix', name: 'f', content: '1' }), [{ name: 'long/prefix/f', type: 'file', text: '1' }]],
    ['a name from PAX', rawTar(pax('path=from/pax', 'mtime=1.5'), { name: 'other', content: '1' }), [{ name: 'from/pax', type: 'file', text: '1' }]],
    ['GNU headers', rawTar({ ...A, magic: 'ustar  \0' }), [{ name: 'a', type: 'file', text: 'hello' }]],
    ['zeros to a full tape record', concat(rawEntry(A), new Uint8Array(10_240 - 1_024)), [{ name: 'a', type: 'file', text: 'hello' }]],
    ['nothing', END, []],
  ])('%s', async (_, bytes, expected) => {
    expect(await listFile(bytes)).toEqual(expected);
    expect(await listStream(bytes)).toEqual(expected);
  });
});

describe('attack 1: names that leave or confuse', () => {
  test.each([
    ['..', '..'],
    ['a part ".."', 'a/../b'],
    ['.. at the end', 'a/..'],
    ['an absolute name', '/etc/passwd'],
    ['a name absolute after ./', './/etc/passwd'],
    ['a backslash', 'a\\b'],
    ['a drive letter', 'c:/a'],
    ['an empty part', 'a//b'],
    ['a part "."', 'a/./b'],
    ['an escape sequence', 'a\u001b[2J'],
    ['upper case', 'README'],
    ['a space', 'a b'],
    ['an empty name', ''],
  ])('%s is refused in the archive', async (_, name) => {
    expect((await refusal(rawTar({ name, content: '1' }))).code).toBe('invalid');
    expect((await refusal(rawTar(pax(`path=${name}`), { name: 'a' }))).code).toBe('invalid');
  });

  test('bytes after a NUL in the name are a second name, and refused', async () => {
    const name = new Uint8Array([...Buffer.from('safe'), 0, ...Buffer.from('/../evil')]);
    expect((await refusal(rawTar({ name }))).message).toContain('goes on after a NUL');
  });

  test('a NUL in a PAX path is refused', async () => {
    expect((await refusal(rawTar(pax('path=a\0b'), { name: 'a' }))).code).toBe('invalid');
  });

  test('a name that is not UTF-8 is refused', async () => {
    expect((await refusal(rawTar({ name: Uint8Array.of(0x61, 0xff) }))).message).toContain('not UTF-8');
  });

  test('the message about a hostile name holds no control or bidi characters', async () => {
    const { message } = await refusal(rawTar({ name: 'a\u001b[2J\u202ecod.exe' }));
    expect(message).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  });
});

describe('attacks 2 and 10: links, devices, sparse files, PAX overrides', () => {
  test.each([
    ['1', 'a hard link'],
    ['2', 'a symbolic link'],
    ['3', 'a character device'],
    ['4', 'a block device'],
    ['6', 'a FIFO'],
    ['7', 'a contiguous file'],
    ['S', 'a GNU sparse file'],
    ['g', 'a global PAX header'],
    ['L', 'a GNU long name'],
    ['Z', 'of unknown type "Z"'],
  ])('type %s is refused as %s', async (type, expected) => {
    expect((await refusal(rawTar({ name: 'x', type, linkName: 'y' }))).message).toContain(expected);
  });

  test('links can be reported, are never followed, and nothing can be put through one', async () => {
    const link: RawEntry = { name: 'dir', type: '2', linkName: '/etc' };
    expect(await listStream(rawTar(link), { names: 'layer', links: 'report' })).toEqual([{ name: 'dir', type: 'symlink', text: '' }]);
    const through = rawTar(link, { name: 'dir/passwd', content: 'root' });
    expect((await refusal(through, { names: 'layer', links: 'report' })).message).toContain('stands for a folder and for something else');
  });

  test.each([
    ['GNU.sparse.major=1', 'unsupported'],
    ['SCHILY.xattr.security.capability=x', 'unsupported'],
    ['SCHILY.xattr.trusted.overlay.opaque=y', 'unsupported'],
    ['hdrcharset=BINARY', 'unsupported'],
    ['size=-1', 'invalid'],
    ['size=99', 'invalid'],
    ['size=9999999999999999999', 'invalid'],
  ])('the PAX record %s is refused', async (record, code) => {
    expect((await refusal(rawTar(pax(record), A))).code).toBe(code);
  });

  test('set-uid, set-gid and sticky bits are dropped', async () => {
    const modes: number[] = [];
    const rules: TarRules = { names: 'archive', links: 'refuse', entriesMax: 9, bytesMax: 9, what: 't' };
    for await (const { mode } of readTar(new StreamTarSource(inPieces(rawTar({ name: 'a', mode: 0o7755 }))), rules)) modes.push(mode);
    expect(modes).toEqual([0o755]);
  });
});

describe('attack 3: budgets count what is there, not what is declared', () => {
  test('an entry that declares 8 EiB in base-256 is refused', async () => {
    const size = `\u0080${'\0'.repeat(3)}\u007f${'\0'.repeat(7)}`;
    const entry = rawEntry({ name: 'a', size: '0'.repeat(11) });
    entry.set(Buffer.from(size, 'latin1'), 124);
    expect((await refusal(concat(fixChecksum(entry), END))).code).toBe('limit');
  });

  test('an entry that declares more than the budget is refused before it is read', async () => {
    expect((await refusal(rawTar({ name: 'a', size: 2_000_000 }), { bytesMax: 1_000_000 })).code).toBe('limit');
  });

  test('many small entries are stopped at the entry budget', async () => {
    const entries = Array.from({ length: 101 }, (_, index): RawEntry => ({ name: `f${index}` }));
    expect((await refusal(rawTar(...entries))).code).toBe('limit');
  });

  test('PAX headers count as entries, and one alone may not be large', async () => {
    const headers = Array.from({ length: 51 }, (_, index) => [pax('comment=x'), { name: `f${index}` }]).flat();
    expect((await refusal(rawTar(...headers))).code).toBe('limit');
    expect((await refusal(rawTar(pax(`comment=${'x'.repeat(LIMITS.tar.paxBytesMax)}`), A))).code).toBe('limit');
  });

  test('names that are too long or too deep are refused', async () => {
    expect((await refusal(rawTar(pax(`path=${'a'.repeat(300)}`), A))).code).toBe('limit');
    expect((await refusal(rawTar({ name: 'a/'.repeat(9).slice(0, -1) }))).code).toBe('limit');
  });

  test('a megabyte of zeros after the end is too much padding', async () => {
    expect((await refusal(concat(rawTar(A), new Uint8Array(LIMITS.tar.endPaddingBytesMax + 512)))).code).toBe('limit');
  });
});

function fixChecksum(entry: Uint8Array): Uint8Array {
  const block = Uint8Array.from(entry);
  block.fill(0x20, 148, 156);
  const sum = block.subarray(0, 512).reduce((total, byte) => total + byte, 0);
  block.set(Buffer.from(`${sum.toString(8).padStart(6, '0')}\0 `), 148);
  return block;
}

describe('attack 4: duplicates, trailing and leading data, lying headers', () => {
  test.each([
    ['a name twice', rawTar(A, { name: 'b' }, A)],
    ['a name twice, once from PAX', rawTar(A, pax('path=a'), { name: 'b' })],
    ['a directory twice', rawTar({ name: 'd', type: '5' }, { name: 'd/', type: '5' })],
    ['a file where a directory was', rawTar({ name: 'd/f' }, { name: 'd' })],
    ['a file inside a file', rawTar({ name: 'd' }, { name: 'd/f' })],
    ['data after the end', concat(rawTar(A), rawTar({ name: 'b' }))],
    ['a byte after the end', concat(rawTar(A), Uint8Array.of(1))],
    ["data between the end's two blocks", concat(rawEntry(A), new Uint8Array(512), rawEntry({ name: 'b' }), END)],
    ['data before the first header', concat(Buffer.from('#!/bin/sh\n'), rawTar(A))],
    ['data in the padding', rawTar({ ...A, padding: new Uint8Array(507).fill(1) })],
    ['no end', rawEntry(A)],
    ['half an end', concat(rawEntry(A), new Uint8Array(512))],
    ['a cut header', rawTar(A).subarray(0, 300)],
    ['cut content', rawTar({ name: 'a', content: 'x'.repeat(2_000) }).subarray(0, 1_000)],
    ['a header that says more than there is', concat(rawEntry({ name: 'a', size: 100_000 }), END)],
    ['a directory with content', rawTar({ name: 'd', type: '5', size: 512 })],
    ['a wrong checksum', rawTar({ ...A, checksum: '000000\0 ' })],
    ['a size that is no number', rawTar({ ...A, size: '0000000000x' })],
    ['a negative size', rawTar({ ...A, size: '-0000000005' })],
    ['a size with text after it', rawTar({ ...A, size: '5 junk' })],
    ['a file whose name ends in a slash', rawTar({ name: 'a/', content: '1' })],
    ['a PAX size that differs (CVE-2025-62518)', rawTar(pax('size=1024'), { name: 'a', content: 'x' })],
    ['two PAX headers in a row', rawTar(pax('path=a'), pax('path=b'), { name: 'c' })],
    ['a PAX header at the end', rawTar(pax('path=a'))],
    ['a PAX key twice', rawTar(pax('path=a', 'path=b'), { name: 'c' })],
    ['a PAX record with a lying length', rawTar({ name: 'x', type: 'x', content: '99 path=a\n' }, { name: 'c' })],
    ['a PAX record without end', rawTar({ name: 'x', type: 'x', content: '9 path=aX' }, { name: 'c' })],
    ['a PAX record with a length of zero', rawTar({ name: 'x', type: 'x', content: '0 path=a\n' }, { name: 'c' })],
    ['a PAX record with zeros behind', rawTar({ name: 'x', type: 'x', content: '9 path=a\n\0\0\0' }, { name: 'c' })],
    ['a PAX header on a PAX header of another kind (CVE-2026-53655)', rawTar(pax('size=0'), { name: 'l', type: 'L', content: 'evil' }, { name: 'c' })],
    ['a GNU header with sparse fields', rawTar({ ...A, magic: 'ustar  \0', prefix: '1' })],
    ['a header of unknown format', rawTar({ ...A, magic: '\0\0\0\0\0\0\0\0' })],
  ])('%s', async (_, bytes) => {
    expect(['invalid', 'unsupported']).toContain((await refusal(bytes)).code);
  });
});

describe('attack 5: names that meet on some file system', () => {
  const layer = { names: 'layer' } as const;
  test.each([
    ['by case', 'File', 'file'],
    ['by the case of a folder', 'Dir/a', 'dir/b'],
    ['by sharp s', 'stra\u00dfe', 'STRASSE'],
    ['by the Turkish i', 'file', 'f\u0131le'],
  ])('%s', async (_, one, other) => {
    expect((await refusal(rawTar({ name: one }, { name: other }), layer)).message).toContain('one on some file systems');
  });

  test.each([
    ['not in form C', 'e\u0301'],
    ['bidi', 'a\u202ecod.exe'],
    ['zero-width', 'a\u200bb'],
    ['a line separator', 'a\u2028b'],
    ['a tab', 'a\tb'],
    ['a soft hyphen', 'a\u00adb'],
  ])('a name that is %s is refused', async (_, name) => {
    expect((await refusal(rawTar({ name }), layer)).code).toBe('invalid');
  });

  test('ordinary names of other languages are taken in layers', async () => {
    const names = ['README.md', 'caf\u00e9 \u00df', '\u65e5\u672c\u8a9e/\u30d5\u30a1\u30a4\u30eb'];
    expect((await listStream(rawTar(...names.map((name): RawEntry => ({ name }))), layer)).map(({ name }) => name)).toEqual(names);
  });
});

describe('the writer', () => {
  const entries = [
    { name: 'z', bytes: Buffer.from('last') },
    { name: 'dir' },
    { name: 'dir/a', bytes: Buffer.from(''), mode: 0o755 },
    { name: `${'long/'.repeat(22)}name`, bytes: Buffer.from('1') },
    { name: `pax/${'x'.repeat(150)}`, bytes: Buffer.from('2') },
    { name: 'caf\u00e9', bytes: Buffer.from('3') },
  ];

  test('gives the same bytes whatever the order, and they read back', async () => {
    const tar = writeTar(entries);
    expect(writeTar([...entries].reverse())).toEqual(tar);
    expect((await listStream(tar, { names: 'layer' })).map(({ name, text }) => [name, text]).sort()).toEqual(
      entries.map(({ name, bytes }) => [name, bytes?.toString() ?? '']).sort(),
    );
  });

  test('is read by GNU tar', () => {
    const listed = execFileSync('tar', ['-tvf', tempFile('out.tar', writeTar(entries))], { encoding: 'utf8', env: { ...process.env, LC_ALL: 'C.UTF-8', TZ: 'UTC' } });
    expect(listed).toContain('1970-01-01');
    expect(listed).toContain(`pax/${'x'.repeat(150)}`);
    expect(listed.trim().split('\n')).toHaveLength(entries.length);
  });

  test('and what GNU tar writes is read', async () => {
    const folder = tempPath('in');
    execFileSync('sh', ['-c', 'mkdir -p "$1/blobs" && echo hi > "$1/blobs/x" && tar -C "$1" -cf "$1.tar" .', 'sh', folder]);
    expect(await listFile(readFileSync(`${folder}.tar`))).toEqual([
      { name: 'blobs', type: 'directory', text: '' },
      { name: 'blobs/x', type: 'file', text: 'hi\n' },
    ]);
  });

  test('refuses names it would not read', () => {
    for (const name of ['../a', '/a', 'a\\b', 'a\u200b']) expect(() => writeTar([{ name, bytes: Buffer.from('') }])).toThrow(PackageError);
    expect(() =>
      writeTar([
        { name: 'a', bytes: Buffer.from('') },
        { name: 'A', bytes: Buffer.from('') },
      ]),
    ).toThrow(PackageError);
  });
});
