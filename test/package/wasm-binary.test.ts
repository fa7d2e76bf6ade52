import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { inspectWasm, LIMITS, type ModuleInfo, PackageError } from '../../sdk/package/src/index.ts';
import { cpuMs } from './cpu-time.ts';
import { tempFile, tempPath } from './layouts.ts';
import { COMMAND, component, componentOf, coreModule, leb, PLUGIN, section, text, vec } from './wasm-bytes.ts';

const FUNC_TYPE = section(1, vec([0x60, 0x00, 0x00]));
const ONE_FUNCTION = [FUNC_TYPE, section(3, vec([0]))];
const body = (...bytes: number[]) => [...leb(bytes.length), ...bytes];
const importOf = (...description: number[]) => section(2, vec([...text('env'), ...text('x'), ...description]));

function refusal(bytes: Uint8Array): PackageError {
  try {
    inspectWasm(bytes, 'app.wasm');
  } catch (error) {
    if (error instanceof PackageError) return error;
    throw error;
  }
  throw new Error('was accepted');
}

describe('the kind of a component is what it exports', () => {
  test.each([
    [['wasi:cli/run@0.2.6'], 'wasi-command'],
    [['wasi:cli/run@0.2.0'], 'wasi-command'],
    [['wasi:http/incoming-handler@0.2.3'], 'wasi-http'],
    [['wasi:cli/run@0.2.3', 'wasi:http/incoming-handler@0.2.3'], 'wasi-http'],
    [['forge:http/handler@0.1.0'], 'forge-http'],
    [['forge:plugin/lifecycle@0.1.0', 'forge:http/handler@0.1.0'], 'forge-plugin'],
    [['wasi:cli/run@0.3.0'], 'library'],
    [['wasi:cli/run@0.2.6-rc.1'], 'library'],
    [['wasi:cli/runner@0.2.6'], 'library'],
    [['evil:forge/forge-plugin-lifecycle@0.1.0'], 'library'],
    [[], 'library'],
  ])('%j is %s', (exports, kind) => {
    expect(inspectWasm(component({ exports })).kind).toBe(kind);
  });

  test('imports and exports are listed with their full versioned names', () => {
    expect(inspectWasm(component({ imports: ['wasi:io/streams@0.2.6', 'log'], exports: ['wasi:cli/run@0.2.6'] }))).toMatchObject({
      format: 'component',
      imports: [
        { name: 'wasi:io/streams@0.2.6', kind: 'instance' },
        { name: 'log', kind: 'instance' },
      ],
      exports: [{ name: 'wasi:cli/run@0.2.6', kind: 'instance' }],
    });
  });

  test('a name in two parts is one name', () => {
    const exported = section(11, vec([0x02, ...text('wasi:cli/run@0.2'), ...text('.6'), 0x05, 0, 0]));
    expect(inspectWasm(componentOf(exported))).toMatchObject({ kind: 'wasi-command', exports: [{ name: 'wasi:cli/run@0.2.6' }] });
  });

  test('a function of the right name is no interface', () => {
    const exported = section(11, vec([0x00, ...text('wasi:cli/run@0.2.6'), 0x01, 0, 0]));
    expect(inspectWasm(componentOf(exported)).kind).toBe('library');
  });
});

const hasClang = (() => {
  try {
    return execFileSync('clang', ['--print-targets']).includes('wasm32');
  } catch {
    return false;
  }
})();

function compileC(source: string, ...flags: string[]): Uint8Array {
  const output = tempPath('out.wasm');
  execFileSync('clang', ['--target=wasm32-wasi', '-O1', ...flags, tempFile('main.c', source), '-o', output]);
  return readFileSync(output);
}

describe.skipIf(!hasClang)('C programs built by clang and wasi-libc (skipped where clang has no wasm32)', () => {
  test('a program is a preview 1 command', () => {
    const info = inspectWasm(compileC('#include <stdio.h>\nint main(void) { puts("hello"); }')) as ModuleInfo;
    expect(info.kind).toBe('preview1-command');
    expect(info.exports).toContainEqual({ name: '_start', kind: 'function' });
    expect(info.imports).toContainEqual({ module: 'wasi_snapshot_preview1', name: 'fd_write', kind: 'function' });
    expect(info.module.memories).toHaveLength(1);
    expect(info.module.functions).toBeGreaterThan(5);
    expect(info.module.dataBytes).toBeGreaterThan(5);
  });

  test('a reactor is a preview 1 reactor', () => {
    const bytes = compileC('#include <stdio.h>\n__attribute__((export_name("greet"))) void greet(void) { puts("hi"); }', '-mexec-model=reactor');
    expect(inspectWasm(bytes).kind).toBe('preview1-reactor');
  });

  test('a module without system calls and without _start is a library', () => {
    const bytes = compileC('__attribute__((export_name("add"))) int add(int a, int b) { return a + b; }', '-nostdlib', '-Wl,--no-entry');
    expect(inspectWasm(bytes)).toMatchObject({ kind: 'library', imports: [] });
  });

  test('a program with threads is refused for its shared memory', () => {
    const bytes = compileC(
      '__attribute__((export_name("f"))) int f(void) { return 1; }',
      '-nostdlib',
      '-matomics',
      '-mbulk-memory',
      '-Wl,--no-entry,--shared-memory,--max-memory=131072',
    );
    expect(refusal(bytes)).toMatchObject({ code: 'unsupported', message: expect.stringContaining('shared memory') });
  });

  test('every cut of a real program is refused and none is read past its end', () => {
    const bytes = compileC('int main(void) { return 7; }');
    const sections = new Set(sectionEnds(bytes));
    for (let length = 0; length < bytes.length; length++) {
      // At a section's end the rest may be missing without the header knowing, until functions lack their bodies.
      if (sections.has(length)) continue;
      expect(() => inspectWasm(bytes.subarray(0, length)), `cut at ${length}`).toThrow(PackageError);
    }
  });

  test('flipped bytes of a real program are refused or read, and never crash or hang', () => {
    const bytes = Uint8Array.from(compileC('int main(void) { return 7; }'));
    let seed = 1;
    const random = (below: number) => {
      seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
      return Math.floor((seed / 2 ** 32) * below);
    };
    for (let round = 0; round < 3_000; round++) {
      const changed = bytes.slice();
      for (let flips = 0; flips <= random(4); flips++) changed[8 + random(Math.min(bytes.length - 8, 2_000))] = random(256);
      try {
        inspectWasm(changed);
      } catch (error) {
        expect(error).toBeInstanceOf(PackageError);
      }
    }
  });
});

function sectionEnds(bytes: Uint8Array): number[] {
  const ends = [8];
  for (let at = 8; at < bytes.length; ) {
    let size = 0;
    let shift = 0;
    at++;
    for (let byte = 0x80; byte >= 0x80; shift += 7) {
      byte = bytes[at++] ?? 0;
      size += (byte & 0x7f) * 2 ** shift;
    }
    at += size;
    ends.push(at);
  }
  return ends;
}

describe('QuickJS guests built by componentize-qjs', () => {
  test('a built plugin is a component with its core modules inside', () => {
    const path = join(import.meta.dirname, '../../plugins/dist/network.wasm');
    const info = inspectWasm(readFileSync(path), path);
    expect(info).toMatchObject({ format: 'component', kind: 'forge-plugin' });
    expect(info.exports.map(({ name }) => name)).toContain('forge:network/outbound@0.1.0');
    expect(info.imports.map(({ name }) => name)).toContain('forge:host/outbound@0.1.0');
    expect(info.format === 'component' && info.coreModules.length).toBeGreaterThan(5);
  });
});

describe("features that reach past a guest's bounds are refused", () => {
  const memory = (...limits: number[]) => section(5, vec(limits));
  const nested = (module: Uint8Array) => componentOf(section(1, [...module]));
  test.each([
    ['a shared memory', coreModule(memory(0x03, 1, 2)), 'shared memory'],
    ['an imported shared memory', coreModule(importOf(0x02, 0x03, 1, 2)), 'shared memory'],
    ['a 64-bit memory', coreModule(memory(0x04, 1)), '64-bit memory'],
    ['a 64-bit memory with a maximum', coreModule(memory(0x05, 1, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01)), '64-bit memory'],
    ['a 64-bit table', coreModule(section(4, vec([0x70, 0x04, 1]))), '64-bit memory or table'],
    ['a custom page size', coreModule(memory(0x08, 1, 0)), 'custom page size'],
    ['a struct type', coreModule(section(1, vec([0x5f, 1, 0x7f, 0]))), 'garbage-collected'],
    ['an array type', coreModule(section(1, vec([0x5e, 0x7f, 1]))), 'garbage-collected'],
    ['a recursion group', coreModule(section(1, vec([0x4e, 1, 0x60, 0, 0]))), 'garbage-collected'],
    ['a subtype', coreModule(section(1, vec([0x50, 0, 0x60, 0, 0]))), 'garbage-collected'],
    ['a final subtype', coreModule(section(1, vec([0x4f, 0, 0x60, 0, 0]))), 'garbage-collected'],
    ['an i31 parameter', coreModule(section(1, vec([0x60, 1, 0x6c, 0]))), 'garbage-collected'],
    ['a nullable anyref', coreModule(section(1, vec([0x60, 1, 0x63, 0x6e, 0]))), 'garbage-collected'],
    ['a table of eqref', coreModule(section(4, vec([0x6d, 0x00, 1]))), 'garbage-collected'],
    ['an anyref local', coreModule(...ONE_FUNCTION, section(10, vec(body(1, 1, 0x6e, 0x0b)))), 'garbage-collected'],
    ['a global made by struct.new', coreModule(section(6, vec([0x7f, 0, 0xfb, 0x01, 0, 0x0b]))), 'garbage-collected'],
    ['a shared function type', coreModule(section(1, vec([0x65, 0x60, 0, 0]))), 'shared'],
    ['GC types in a nested core module', nested(coreModule(section(1, vec([0x5f, 0])))), 'garbage-collected'],
    ['GC types two components deep', componentOf(section(4, [...nested(coreModule(section(1, vec([0x5f, 0]))))])), 'garbage-collected'],
    ['a shared memory in a nested core module', nested(coreModule(memory(0x03, 1, 2))), 'shared memory'],
  ])('%s', (_, bytes, message) => {
    const error = refusal(bytes);
    expect(error.code).toBe('unsupported');
    expect(error.message).toContain(message);
    expect(error.problems[0]?.hint).toBeDefined();
  });

  test('all of them are named at once', () => {
    const bytes = coreModule(section(1, vec([0x5f, 0])), section(4, vec([0x70, 0x04, 1])), memory(0x03, 1, 2));
    expect(refusal(bytes).problems).toHaveLength(3);
  });

  test('reference types, typed function references, exceptions, SIMD and several memories are taken', () => {
    const bytes = coreModule(
      section(1, vec([0x60, 4, 0x70, 0x6f, 0x7b, 0x69, 1, 0x63, 0x00], [0x60, 0, 0])),
      section(4, vec([0x40, 0x00, 0x70, 0x01, 1, 2, 0xd0, 0x70, 0x0b], [0x6f, 0x00, 1])),
      section(5, vec([0x00, 1], [0x01, 1, 2])),
      section(13, vec([0x00, 0x01])),
      section(6, vec([0x7b, 0, 0xfd, 0x0c, ...new Array<number>(16).fill(0), 0x0b], [0x7f, 0, 0x41, 1, 0x41, 2, 0x6a, 0x0b])),
    );
    expect(inspectWasm(bytes)).toMatchObject({ module: { memories: [{ min: 1 }, { min: 1, max: 2 }], tables: [{ min: 1, max: 2 }, { min: 1 }] } });
  });
});

describe('attack 16: what is too large or lies about its size is refused before it costs anything', () => {
  test.each([
    ['10^6 functions', coreModule(FUNC_TYPE, section(3, [...leb(1_000_000), ...new Array<number>(1_000_000).fill(0)])), 'limit'],
    ['a function count beyond the bytes', coreModule(FUNC_TYPE, section(3, [...leb(200_000), 0])), 'invalid'],
    ['2^32 - 1 locals in six bytes', coreModule(...ONE_FUNCTION, section(10, vec(body(1, 0xff, 0xff, 0xff, 0xff, 0x0f, 0x7f, 0x0b)))), 'limit'],
    ['50,001 locals in two groups', coreModule(...ONE_FUNCTION, section(10, vec(body(2, ...leb(50_000), 0x7f, 1, 0x7e, 0x0b)))), 'limit'],
    ['many functions with 50,000 locals each', bombOfLocals(500), 'limit'],
    ['locals that reach past their function', coreModule(FUNC_TYPE, section(3, vec([0], [0])), section(10, vec([2, 2, 1], [0x7f, 1, 0x7f, 0x0b]))), 'invalid'],
    ['20,001 sections', componentOf(...new Array<number[]>(20_001).fill([6, 0])), 'limit'],
    ['17 components deep', nest(17), 'limit'],
    ['10^5 components deep', deepNest(100_000), 'invalid'],
    ['1,001 parameters', coreModule(section(1, vec([0x60, ...leb(1_001), ...new Array<number>(1_001).fill(0x7f), 0]))), 'limit'],
    ['a name of 2^32 - 1 bytes', coreModule(section(2, [1, 0xff, 0xff, 0xff, 0xff, 0x0f])), 'limit'],
    ['100 tables', coreModule(section(4, vec(...new Array<number[]>(100).fill([0x70, 0x00, 0])))), 'limit'],
    ['9 memories', coreModule(section(5, vec(...new Array<number[]>(9).fill([0x00, 0])))), 'limit'],
    ['9 imported memories', coreModule(section(2, vec(...[...'123456789'].map((name) => [...text('m'), ...text(name), 0x02, 0x00, 0])))), 'limit'],
    ['a memory of 65,537 pages', coreModule(section(5, vec([0x00, ...leb(65_537)]))), 'invalid'],
    ['a maximum below the minimum', coreModule(section(5, vec([0x01, 2, 1]))), 'invalid'],
    ['a data count of 2^32 - 1', coreModule(section(12, [0xff, 0xff, 0xff, 0xff, 0x0f])), 'limit'],
    ['a constant expression of 10^5 instructions', coreModule(section(6, vec([0x7f, 0, ...new Array<number>(100_000).fill(0x6a), 0x0b]))), 'invalid'],
    ['20,000 imports in as many sections, and one more', manyImports(20_001), 'limit'],
    ['257 core modules', componentOf(...new Array<number[]>(257).fill(section(1, [...coreModule()]))), 'limit'],
  ])('%s', (_, bytes, code) => {
    const before = cpuMs();
    expect(refusal(bytes).code).toBe(code);
    expect(cpuMs(before)).toBeLessThan(2_000);
  });

  test('a file past the byte limit is refused unread', () => {
    const huge = { length: LIMITS.wasm.bytesMax + 1 } as Uint8Array;
    expect(refusal(huge).code).toBe('limit');
  });
});

function bombOfLocals(functions: number): Uint8Array {
  const oneBody = body(1, ...leb(50_000), 0x7f, 0x0b);
  return coreModule(FUNC_TYPE, section(3, vec(...new Array<number[]>(functions).fill([0]))), section(10, vec(...new Array<number[]>(functions).fill(oneBody))));
}

function manyImports(count: number): Uint8Array {
  return componentOf(...Array.from({ length: count }, (_, index) => section(10, vec([0x00, ...text(`i${index}`), 0x01, 0]))));
}

function nest(depth: number): Uint8Array {
  let inner = componentOf();
  for (let level = 1; level < depth; level++) inner = componentOf(section(4, [...inner]));
  return inner;
}

/** Each level says that it holds the rest of the file. */
function deepNest(depth: number): Uint8Array {
  const level = [0x00, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0, 4, 0xff, 0xff, 0xff, 0x7f];
  const bytes = new Uint8Array(level.length * depth);
  for (let index = 0; index < depth; index++) bytes.set(level, index * level.length);
  return bytes;
}

describe('what is not WebAssembly, or not whole, is refused', () => {
  test.each([
    ['nothing', new Uint8Array(0), 'invalid'],
    ['seven bytes', COMMAND.subarray(0, 7), 'invalid'],
    ['text', new TextEncoder().encode('hello, world'), 'invalid'],
    ['a component of an old version', Uint8Array.of(0, 0x61, 0x73, 0x6d, 0x0a, 0, 1, 0), 'unsupported'],
    ['a module of version 2', Uint8Array.of(0, 0x61, 0x73, 0x6d, 2, 0, 0, 0), 'unsupported'],
    ['a section longer than the file', coreModule([1, 0x7f]), 'invalid'],
    ['a section with bytes to spare', coreModule(section(1, [...vec([0x60, 0, 0]), 0])), 'invalid'],
    ['a LEB128 of six bytes', coreModule([1, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00]), 'invalid'],
    ['a LEB128 past 32 bits', coreModule([1, 0xff, 0xff, 0xff, 0xff, 0x1f]), 'invalid'],
    ['a LEB128 without end', coreModule([1, 0x80]), 'invalid'],
    ['an unknown section', coreModule([14, 0]), 'unsupported'],
    ['an unknown component section', componentOf([13, 0]), 'unsupported'],
    ['a section twice', coreModule(FUNC_TYPE, FUNC_TYPE), 'invalid'],
    ['sections out of order', coreModule(section(3, vec()), FUNC_TYPE), 'invalid'],
    ['functions without bodies', coreModule(...ONE_FUNCTION), 'invalid'],
    ['bodies without functions', coreModule(section(10, vec(body(0, 0x0b)))), 'invalid'],
    ['an export twice', coreModule(section(7, vec([...text('a'), 0, 0], [...text('a'), 0, 0]))), 'invalid'],
    ['an interface exported twice', component({ exports: ['wasi:cli/run@0.2.0', 'wasi:cli/run@0.2.0'] }), 'invalid'],
    ['a name that is not UTF-8', coreModule(section(2, vec([2, 0xc3, 0x28, 0, 0, 0]))), 'invalid'],
    ['a component where a core module should be', componentOf(section(1, [...PLUGIN])), 'invalid'],
    ['an unknown value type', coreModule(section(1, vec([0x60, 1, 0x01, 0]))), 'unsupported'],
  ])('%s', (_, bytes, code) => {
    const error = refusal(bytes);
    expect(error.code).toBe(code);
    expect(error.message).toContain('app.wasm');
  });
});
