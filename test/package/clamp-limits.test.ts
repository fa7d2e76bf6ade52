import { describe, expect, test } from 'vitest';
import { clampLimits, inspectWasm, type ModuleInfo, PackageError } from '../../sdk/package/src/index.ts';
import { COMMAND, coreModule, leb, section, text, vec } from './wasm-bytes.ts';

const LIMITS = { memoryPagesMax: 4, tableElementsMax: 100 };
const exportOf = (name: string, kind: number) => section(7, vec([...text(name), kind, 0]));
const limitsOf = (bytes: Uint8Array) => {
  const { memories, tables } = (inspectWasm(bytes) as ModuleInfo).module;
  return { memories, tables };
};

describe('a memory', () => {
  test('without maximum gets one, and growing past it fails as the specification says', () => {
    const clamped = clampLimits(coreModule(section(5, vec([0x00, 1])), exportOf('m', 2)), LIMITS);
    const { m } = new WebAssembly.Instance(new WebAssembly.Module(clamped)).exports as { m: WebAssembly.Memory };
    expect(m.grow(3)).toBe(1);
    expect(() => m.grow(1)).toThrow(RangeError);
  });

  test.each([
    [[0x00, 1], { min: 1, max: 4 }],
    [[0x01, 1, 2], { min: 1, max: 2 }],
    [[0x01, 1, ...leb(65_536)], { min: 1, max: 4 }],
    [[0x00, 4], { min: 4, max: 4 }],
    // A padded number is rewritten in its short form.
    [[0x01, 0x81, 0x80, 0x00, 0x82, 0x80, 0x80, 0x80, 0x00], { min: 1, max: 2 }],
  ])('of limits %j ends as %j', (limits, expected) => {
    expect(limitsOf(clampLimits(coreModule(section(5, vec(limits))), LIMITS)).memories).toEqual([expected]);
  });

  test('that starts above the limit is refused', () => {
    expect(() => clampLimits(coreModule(section(5, vec([0x00, 5]))), LIMITS)).toThrow(/starts with 5 pages of memory, more than the 4 allowed/);
    expect(() => clampLimits(coreModule(section(4, vec([0x70, 0x00, ...leb(101)]))), LIMITS)).toThrow(/101 table elements/);
  });

  test('that is shared or 64-bit is refused', () => {
    expect(() => clampLimits(coreModule(section(5, vec([0x03, 1, 2]))), LIMITS)).toThrow(PackageError);
    expect(() => clampLimits(coreModule(section(5, vec([0x04, 1]))), LIMITS)).toThrow(PackageError);
  });
});

test('every memory and table is clamped, imported and defined, and all else stays byte for byte', () => {
  const imports = section(
    2,
    vec(
      [...text('env'), ...text('f'), 0x00, 0],
      [...text('env'), ...text('t'), 0x01, 0x70, 0x00, 1],
      [...text('env'), ...text('m'), 0x02, 0x00, 1],
      [...text('env'), ...text('g'), 0x03, 0x7f, 0x00],
    ),
  );
  const types = section(1, vec([0x60, 0, 0]));
  const tables = section(4, vec([0x6f, 0x01, 1, ...leb(1_000)], [0x40, 0x00, 0x70, 0x00, 2, 0xd0, 0x70, 0x0b]));
  const custom = section(0, [...text('name'), 1, 2, 3]);
  const module = coreModule(custom, types, imports, tables, exportOf('f', 0), custom);
  const clamped = clampLimits(module, LIMITS);
  expect(WebAssembly.validate(module)).toBe(true);
  expect(WebAssembly.validate(clamped)).toBe(true);
  expect(limitsOf(clamped)).toEqual({
    memories: [{ min: 1, max: 4 }],
    tables: [
      { min: 1, max: 100 },
      { min: 1, max: 100 },
      { min: 2, max: 100 },
    ],
  });
  expect(clampLimits(clamped, LIMITS)).toEqual(clamped);
  const importsOf = (bytes: Uint8Array<ArrayBuffer>) => WebAssembly.Module.imports(new WebAssembly.Module(bytes));
  expect(importsOf(clamped)).toEqual(importsOf(module));
  expect(Buffer.from(clamped).subarray(0, 8 + custom.length)).toEqual(Buffer.from(module).subarray(0, 8 + custom.length));
});

test('modules clamped to the same limits still link', () => {
  const provider = new WebAssembly.Instance(new WebAssembly.Module(clampLimits(coreModule(section(5, vec([0x00, 1])), exportOf('m', 2)), LIMITS)));
  const user = clampLimits(coreModule(section(2, vec([...text('p'), ...text('m'), 0x02, 0x00, 1]))), LIMITS);
  expect(() => new WebAssembly.Instance(new WebAssembly.Module(user), { p: provider.exports })).not.toThrow();
});

test('a module without memories and tables comes back unchanged', () => {
  const module = coreModule(section(1, vec([0x60, 0, 0])));
  expect(Buffer.from(clampLimits(module, LIMITS))).toEqual(Buffer.from(module));
});

test('a component is refused: it is its core modules that are clamped', () => {
  expect(() => clampLimits(COMMAND, LIMITS)).toThrow(/is a component/);
});

test.each([
  ['a cut section', coreModule([5, 9, 1])],
  ['bytes to spare', coreModule(section(5, [1, 0x00, 1, 7]))],
  ['a count beyond the bytes', coreModule(section(5, [9, 0x00, 1]))],
  ['garbage', new Uint8Array(64)],
])('%s is refused', (_, bytes) => {
  expect(() => clampLimits(bytes, LIMITS)).toThrow(PackageError);
});
