/**
 * Makes `command.wasm` beside this file from the WASI preview 1 adapter that @bytecodealliance/jco 1.35.0 carries.
 *
 *     node kernel/vendor/wasi-preview1-adapter/make.ts path/to/@bytecodealliance/jco/lib/wasi_snapshot_preview1.command.wasm
 *
 * Two changes, both checked byte for byte before they are made:
 *
 * - `proc_exit` calls `wasi:cli/exit.exit-with-code` with its argument. As it comes, it calls `exit` with "was it zero",
 *   and a program's exit code is lost (the adapter's WIT names both functions; both take one i32).
 * - A blocking write goes out in pieces of 64 KiB instead of 4 KiB. The WIT lets a host refuse more than 4 KiB in one
 *   `blocking-write-and-flush`; ForgeOne's does not, and modules adapted with this file run nowhere else.
 */
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';

const SOURCE_SHA256 = '2a652d711c1fff34f9d5a0e073e50ef7eeb8fe7d8a6d559eae643a4c049a7b94';
const SECTION = { import: 2, export: 7, code: 10 } as const;
const FUNCTION_KIND = 0;
const HEADER_BYTES = 8;

const sourcePath = process.argv[2];
if (sourcePath === undefined) throw new Error('usage: make.ts <adapter of jco>');
const source = readFileSync(sourcePath);
const digest = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
if (digest(source) !== SOURCE_SHA256) throw new Error(`not the adapter this script knows: sha256 ${digest(source)}`);

/** local.get 0; i32.const 0; i32.ne; call  ->  local.get 0; nop; nop; nop; call */
const EXIT_CODE = { from: [0x20, 0, 0x41, 0, 0x47, 0x10], to: [0x20, 0, 0x01, 0x01, 0x01, 0x10] };
/** local.get 1; i32.const 4096; local.get 1; i32.const 4096; i32.lt_u; select  ->  the same with 65536 */
const WRITE_CHUNK = {
  from: [0x20, 1, 0x41, 0x80, 0x20, 0x20, 1, 0x41, 0x80, 0x20, 0x49, 0x1b],
  to: [0x20, 1, 0x41, 0x80, 0x80, 0x04, 0x20, 1, 0x41, 0x80, 0x80, 0x04, 0x49, 0x1b],
};

function readVarUint(bytes: Uint8Array, at: number): [value: number, next: number] {
  let value = 0;
  let shift = 0;
  for (;;) {
    const byte = bytes[at++] as number;
    value |= (byte & 0x7f) << shift;
    shift += 7;
    if (byte < 0x80) return [value >>> 0, at];
  }
}

function varUint(value: number): number[] {
  const out: number[] = [];
  do {
    const rest = value >>> 7;
    out.push((value & 0x7f) | (rest === 0 ? 0 : 0x80));
    value = rest;
  } while (value !== 0);
  return out;
}

/** Replaces the only place where `from` stands. */
function replaceOnce(bytes: Buffer, from: readonly number[] | Buffer, to: readonly number[] | Buffer, what: string): Buffer {
  const needle = Buffer.from(from);
  const at = bytes.indexOf(needle);
  if (at < 0 || bytes.indexOf(needle, at + 1) >= 0) throw new Error(`${what}: expected exactly one place`);
  return Buffer.concat([bytes.subarray(0, at), Buffer.from(to), bytes.subarray(at + needle.length)]);
}

const named = (name: string): Buffer => Buffer.concat([Buffer.from(varUint(Buffer.byteLength(name))), Buffer.from(name)]);

/** The vector of function bodies, each with what `change` made of it. */
function mapBodies(section: Buffer, change: (body: Buffer, index: number) => Buffer): Buffer {
  const [count, first] = readVarUint(section, 0);
  const parts: Uint8Array[] = [Buffer.from(varUint(count))];
  let at = first;
  for (let index = 0; index < count; index++) {
    const [size, begin] = readVarUint(section, at);
    const body = change(section.subarray(begin, begin + size), index);
    parts.push(Buffer.from(varUint(body.length)), body);
    at = begin + size;
  }
  return Buffer.concat(parts);
}

/** Index of an exported function, imports counted. */
function exportedFunction(section: Buffer, wanted: string): number {
  let [count, at] = readVarUint(section, 0);
  for (; count > 0; count--) {
    const [length, begin] = readVarUint(section, at);
    const name = section.toString('utf8', begin, begin + length);
    const kind = section[begin + length] as number;
    const [index, next] = readVarUint(section, begin + length + 1);
    if (name === wanted && kind === FUNCTION_KIND) return index;
    at = next;
  }
  throw new Error(`no such export: ${wanted}`);
}

const imports = WebAssembly.Module.imports(new WebAssembly.Module(source)).filter(({ kind }) => kind === 'function').length;
const sections: { id: number; content: Buffer }[] = [];
for (let at = HEADER_BYTES; at < source.length; ) {
  const id = source[at] as number;
  const [size, begin] = readVarUint(source, at + 1);
  sections.push({ id, content: source.subarray(begin, begin + size) });
  at = begin + size;
}
const exportsSection = sections.find(({ id }) => id === SECTION.export);
if (exportsSection === undefined) throw new Error('the adapter has no exports');
const exitBody = exportedFunction(exportsSection.content, 'proc_exit') - imports;

let chunksChanged = 0;
const patched = sections.map(({ id, content }) => {
  if (id === SECTION.import) {
    const module = named('wasi:cli/exit@0.2.12');
    const from = Buffer.concat([module, named('exit')]);
    return { id, content: replaceOnce(content, from, Buffer.concat([module, named('exit-with-code')]), 'import of exit') };
  }
  if (id !== SECTION.code) return { id, content };
  const changed = mapBodies(content, (body, index) => {
    if (index === exitBody) return replaceOnce(body, EXIT_CODE.from, EXIT_CODE.to, 'proc_exit');
    if (!body.includes(Buffer.from(WRITE_CHUNK.from))) return body;
    chunksChanged++;
    return replaceOnce(body, WRITE_CHUNK.from, WRITE_CHUNK.to, 'blocking write');
  });
  return { id, content: changed };
});
if (chunksChanged !== 1) throw new Error(`blocking write: expected one function, found ${chunksChanged}`);

const made = Buffer.concat([
  source.subarray(0, HEADER_BYTES),
  ...patched.flatMap(({ id, content }) => [Buffer.from([id, ...varUint(content.length)]), content]),
]);
new WebAssembly.Module(made);
writeFileSync(new URL('command.wasm', import.meta.url), made);
process.stdout.write(`command.wasm: ${made.length} bytes, sha256 ${digest(made)}\n`);
