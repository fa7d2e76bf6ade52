/** Components that are hostile before they run: attacks 16 to 18, 25 and 26. */
import { execFileSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Refusal } from '../../kernel/src/errors.ts';
import { installPackage } from '../../kernel/src/index.ts';
import { transpileComponent } from '../../kernel/src/loader/transpile.ts';
import type { FuzzReport } from '../fixtures/fuzz-transpiler.ts';
import { commandCalling, commandOfMany, commandWith, commandWithName } from '../fixtures/hostile-components.ts';
import { argumentOf, hostileGuest } from '../fixtures/hostile-guest.ts';
import { hotBindingGuest } from '../fixtures/hot-binding-guest.ts';
import { storeOf, temporaryDirectory, unfinishedIn } from '../fixtures/leftovers.ts';
import { Platform } from '../fixtures/platform.ts';
import { assemble } from '../fixtures/programs.ts';
import { coreModule, leb, section, text, vec } from '../package/wasm-bytes.ts';

const folder = temporaryDirectory();
const home = join(folder, 'home');
let platform: Platform;
let good: string;
let files = 0;

function fileOf(bytes: Uint8Array): string {
  const file = join(folder, `hostile-${files++}.wasm`);
  writeFileSync(file, bytes);
  return file;
}

async function refusalOf(bytes: Uint8Array): Promise<Refusal & { readonly ms: number }> {
  const before = storeOf(home);
  const began = performance.now();
  const outcome = await installPackage(fileOf(bytes), { home }).catch((thrown: unknown) => thrown);
  expect(outcome).toBeInstanceOf(Refusal);
  expect(storeOf(home)).toEqual(before);
  expect(unfinishedIn(home)).toEqual([]);
  return Object.assign(outcome as Refusal, { ms: performance.now() - began });
}

beforeAll(async () => {
  good = (await installPackage(fileOf(await hostileGuest()), { home })).digest;
  platform = await Platform.open({ home });
});

afterAll(async () => {
  expect(await platform.run(good, { args: [argumentOf('hello')] })).toMatchObject({ exitCode: 7, stdout: 'hello\n' });
  expect(await platform.handles()).toBe(0);
  expect(platform.log).toBe('');
  await platform.close();
});

const instance = (name: string): string => `(import "${name}" (instance (export "go" (func))))`;

describe('a component that imports what it is not given', () => {
  const hint = 'programs are given wasi:cli, wasi:clocks, wasi:filesystem, wasi:io, wasi:random, wasi:sockets at 0.2.x, or wasi_snapshot_preview1';

  test('is refused at load with the list, used or not (17)', async () => {
    const names = ['wasi:http/outgoing-handler@0.2.6', 'acme:x/y@1.0.0', 'forge:host/dirs@0.1.0', 'wasi:cli/environment@0.2.0'];
    const { code, message, detail } = await refusalOf(await assemble(commandWith({ imports: names.map(instance).join('') })));
    expect({ code, message }).toEqual({
      code: 'unsupported',
      message: 'it imports what programs are not given: "wasi:http/outgoing-handler@0.2.6", "acme:x/y@1.0.0", "forge:host/dirs@0.1.0"',
    });
    expect(detail.hint).toBe(hint);
  });

  test('is refused for a function of the world itself (17)', async () => {
    expect((await refusalOf(await assemble(commandWith({ imports: '(import "escape" (func))' })))).message).toBe('it imports what programs are not given: "escape"');
  });

  test('is refused as a preview 1 module that imports something else too (17)', async () => {
    const module =
      '(module (import "env" "system" (func (param i32))) (import "wasi_snapshot_preview1" "sched_yield" (func (result i32))) (memory (export "memory") 1) (func (export "_start")))';
    expect((await refusalOf(await assemble(module))).message).toBe('it imports what programs are not given: "env.system"');
  });

  test('is refused as a preview 1 module that imports a function which is none (17, 18)', async () => {
    const { code, message } = await refusalOf(await assemble('(module (import "wasi_snapshot_preview1" "no_such" (func)) (memory (export "memory") 1) (func (export "_start")))'));
    expect(code).toBe('invalid');
    expect(message).toMatch(/^not a WASI preview 1 command module: [\s\S]*`no_such`/);
  });
});

describe('a component that lies about versions', () => {
  test.for(['wasi:cli/run@9.9.0', 'wasi:cli/run@0.2', 'acme:app/main@1.0.0'])('is refused when all it exports is %s (18)', async (run) => {
    const outcome = await refusalOf(await assemble(commandWith({ run })));
    expect(outcome.code).toBe('unsupported');
    expect(outcome.message).toBe(`exports nothing that can be run; it exports "${run}"`);
    expect(outcome.detail.hint).toMatch(/a program exports wasi:cli\/run@0\.2\.x/);
  });

  test('is refused when it wants WASI of another age (18)', async () => {
    expect((await refusalOf(await assemble(commandCalling('wasi:random/random@9.9.9', 'get-random-u64')))).message).toBe(
      'it imports what programs are not given: "wasi:random/random@9.9.9"',
    );
  });

  test('is refused when it is a plugin, of any version (18)', async () => {
    expect(await refusalOf(await assemble(commandWith({ run: 'forge:plugin/lifecycle@9.0.0' })))).toMatchObject({ code: 'unsupported', message: 'it is a plugin, not a program' });
  });

  test('runs when only the patch is later, for that may add but not change (18)', async () => {
    const { digest } = await installPackage(fileOf(await assemble(commandCalling('wasi:random/random@0.2.99', 'get-random-u64'))), { home });
    expect(await platform.run(digest)).toMatchObject({ exitCode: 0 });
  });

  test('traps alone when the later patch has a function that this host lacks (18)', async () => {
    const { digest } = await installPackage(fileOf(await assemble(commandCalling('wasi:random/random@0.2.99', 'get-quantum-u64'))), { home });
    const { exitCode, reason } = await platform.run(digest);
    expect(exitCode).toBe(134);
    expect(reason).toMatch(/^it trapped: /);
  });

  test('traps alone when its run has another type than it says (18)', async () => {
    const lying = `(component
      (core module $main (memory (export "memory") 1) (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 0)) (func (export "run") (param i32 i32) (result i32) (i32.const 0)))
      (core instance $main (instantiate $main))
      (func $run (param "x" string) (result u32) (canon lift (core func $main "run") (memory (core memory $main "memory")) (realloc (core func $main "realloc"))))
      (instance $exported (export "run" (func $run)))
      (export "wasi:cli/run@0.2.0" (instance $exported)))`;
    const { digest } = await installPackage(fileOf(await assemble(lying)), { home });
    expect(await platform.run(digest)).toMatchObject({ exitCode: 134 });
  });
});

describe("a component that exports what is the platform's", () => {
  test('changes nothing: exports of a program are not linked to anybody (26)', async () => {
    const shadow = ['forge:kernel/state@0.1.0', 'forge:host/dirs@0.1.0', 'forge:security/authorizer@0.1.0', 'wasi:cli/stdout@0.2.0'].map(
      (name, i) => `(instance $s${i} (export "get-stdout" (func $run))) (export "${name}" (instance $s${i}))`,
    );
    const { digest } = await installPackage(fileOf(await assemble(commandWith({ more: shadow.join('\n') }))), { home });
    expect(await platform.run(digest)).toMatchObject({ exitCode: 0 });
    expect(await platform.run(good, { args: [argumentOf('hello')] })).toMatchObject({ exitCode: 7, stdout: 'hello\n' });
  });
});

describe('a component that attacks the transpiler', () => {
  const marker = join(folder, 'escaped');
  const program = `x':(globalThis.process.getBuiltinModule('fs').writeFileSync('${marker}',''),0),'y`;

  test.for(['module', 'field', 'export'] as const)('is refused when the name of a core %s carries JavaScript, which jco would put into the glue as it is (25)', async (place) => {
    const { code, message, detail } = await refusalOf(await assemble(commandWithName(place, program)));
    expect(code).toBe('unsupported');
    expect(message).toMatch(/^an import or export is called "x':\(globalThis/);
    expect(detail.hint).toMatch(/^rename it: letters, digits/);
    expect(existsSync(marker)).toBe(false);
  });

  test('is refused when a core name has any character with a meaning to JavaScript (25)', async () => {
    for (const name of ["a'b", 'a"b', 'a\\', 'a\nb', 'a`b', '*/ evil() /*', '\u2028', 'ä', '$' + '{x}', '<!--']) {
      await expect(transpileComponent(await assemble(commandWithName('field', name)), folder), name).rejects.toThrow(/^an import or export is called /);
    }
  });

  test('is refused when an import name is a URL that carries JavaScript (25)', async () => {
    const url = `(import "url=<x'+evil()+'>" (instance))`;
    const outcome = await assemble(commandWith({ imports: url })).then(refusalOf, () => undefined);
    if (outcome) expect(outcome.code).toMatch(/unsupported|invalid/);
  });

  test('is refused, or transpiled, whatever bytes are damaged: 400 mutations (25)', { timeout: 60_000 }, async () => {
    const original = fileOf(await hotBindingGuest());
    const script = new URL('../fixtures/fuzz-transpiler.ts', import.meta.url).pathname;
    const broke: NonNullable<FuzzReport['broke']>[] = [];
    let answered = 0;
    for (let next = 0; next < 400; ) {
      const report = JSON.parse(execFileSync(process.execPath, [script, original, String(next), '400'], { encoding: 'utf8', timeout: 40_000 })) as FuzzReport;
      answered += report.refused + report.accepted;
      next = report.next;
      if (report.broke) broke.push(report.broke);
    }
    expect(answered + broke.length).toBe(400);
    // A panic is no harm as long as it happens in the child; it must reach the user as a refusal.
    expect(broke).toEqual([]);
  });

  test('is refused when all of it is noise (25)', async () => {
    const noise = Buffer.concat([Buffer.from([0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0]), Buffer.alloc(4096, 0xa5)]);
    expect((await refusalOf(noise)).code).toMatch(/invalid|unsupported/);
  });

  test('is refused when it is nested 1,000 deep (25)', async () => {
    let bytes = Buffer.from([0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0]);
    for (let depth = 0; depth < 1_000; depth++) bytes = Buffer.from([0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0, 4, ...leb(bytes.length), ...bytes]);
    expect(await refusalOf(bytes)).toMatchObject({ code: 'limit' });
  });
});

describe('a component that is large where it costs most', () => {
  const i32 = 0x7f;
  const noParams = section(1, vec([0x60, 0, 0]));
  const memory = section(5, vec([0, 1]));
  const exported = section(7, vec([...text('memory'), 2, 0], [...text('_start'), 0, 0]));
  const preamble = coreModule();

  /** A preview 1 command of so many functions of one body, the first its start; `more` are further sections. */
  function command(count: number, body: readonly number[], ...more: readonly (readonly number[])[]): Uint8Array {
    const function_ = [...leb(body.length), ...body];
    const types = Buffer.concat([Buffer.from(leb(count)), Buffer.alloc(count)]);
    const bodies = Buffer.concat([Buffer.from(leb(count)), Buffer.alloc(count * function_.length, Buffer.from(function_))]);
    const large = (id: number, content: Buffer): Buffer => Buffer.concat([Buffer.from([id, ...leb(content.length)]), content]);
    return Buffer.concat([preamble, Buffer.from(noParams), large(3, types), Buffer.from([...memory, ...exported]), large(10, bodies), ...more.map((each) => Buffer.from(each))]);
  }

  test('loads 100,000 functions in bounded time, or refuses them (16)', { timeout: 60_000 }, async () => {
    const began = performance.now();
    const { digest } = await installPackage(fileOf(command(100_000, [0, 0x0b])), { home });
    expect(performance.now() - began).toBeLessThan(30_000);
    expect(await platform.run(digest)).toMatchObject({ exitCode: 0 });
  });

  test('is refused with 10^6 functions (16)', async () => {
    const { code, message, ms } = await refusalOf(command(1_000_000, [0, 0x0b]));
    expect(code).toBe('limit');
    expect(message).toMatch(/^1000000 functions?.*, more than \d+$/);
    expect(ms).toBeLessThan(15_000);
  });

  test('is refused with 10^6 locals in one function (16)', async () => {
    const { code, message } = await refusalOf(command(1, [1, ...leb(1_000_000), i32, 0x0b]));
    expect(code).toBe('limit');
    expect(message).toBe('a function with more than 50000 locals');
  });

  test('is refused with 50,000 locals in each of 1,000 functions (16)', async () => {
    expect((await refusalOf(command(1_000, [1, ...leb(50_000), i32, 0x0b]))).code).toBe('limit');
  });

  test('starts with 50,000 locals, and nothing but time is lost (16)', { timeout: 60_000 }, async () => {
    const { digest } = await installPackage(fileOf(command(1, [1, ...leb(50_000), i32, 0x0b])), { home });
    const { exitCode, ms } = await platform.run(digest, { wallMs: 20_000 });
    expect(exitCode).toBe(0);
    expect(ms).toBeLessThan(20_000);
  });

  test('is refused with data that is said to be longer than it is (16, 20)', async () => {
    const data = [11, ...leb(20), 1, 0, 0x41, 0, 0x0b, ...leb(2 ** 31 - 1), 1, 2, 3];
    expect((await refusalOf(command(1, [0, 0x0b], data))).code).toBe('invalid');
  });

  test('is refused with 200 MiB of data (16)', { timeout: 30_000 }, async () => {
    const bytes = 200 * 2 ** 20;
    const head = [1, 0, 0x41, 0, 0x0b, ...leb(bytes)];
    const huge = Buffer.concat([command(1, [0, 0x0b]), Buffer.from([11, ...leb(head.length + bytes), ...head]), Buffer.alloc(bytes)]);
    const { code, ms } = await refusalOf(huge);
    expect(code).toBe('limit');
    expect(ms).toBeLessThan(20_000);
  });

  test.for([
    ['64 tables in one module', 'limit', 'its instances have 65 tables together, more than 16'],
    ['16 memories in as many instances of one module', 'limit', 'its instances have 16 memories together, more than 8'],
  ] as const)('is refused with %s, as every cap is for each of them (14)', async ([what, code, message]) => {
    const tables = Array.from({ length: 64 }, (_, i) => `(table $t${i} 1 funcref)`).join('');
    const hostile = what.startsWith('64') ? `(module (memory (export "memory") 1) ${tables} (func (export "_start")))` : commandOfMany(16, '(memory 1) (func (export "go"))');
    expect(await refusalOf(await assemble(hostile))).toMatchObject({ code, message });
  });

  test('fills 15 tables to their share, and V8 does not abort the process: they have one cap together (14)', async () => {
    const each = (text: (index: number) => string): string => Array.from({ length: 15 }, (_, index) => text(index)).join('');
    const greedy = `(module (memory (export "memory") 1) ${each((i) => `(table $t${i} 1 funcref)`)}
      (func (export "_start") ${each((i) => `(loop $again (br_if $again (i32.ne (table.grow $t${i} (ref.null func) (i32.const 10000)) (i32.const -1))))`)}))`;
    const { digest } = await installPackage(fileOf(await assemble(greedy)), { home });
    expect(await platform.run(digest, { wallMs: 20_000 })).toMatchObject({ exitCode: 0 });
  });

  test('traps alone when its data lies outside of its memory (16)', async () => {
    const data = section(11, vec([0, 0x41, ...leb(65_535), 0x0b, 4, 1, 2, 3, 4]));
    const { digest } = await installPackage(fileOf(command(1, [0, 0x0b], data)), { home });
    const { exitCode, reason } = await platform.run(digest);
    expect(exitCode).toBe(134);
    expect(reason).toMatch(/data segment|out of bounds/);
  });
});
