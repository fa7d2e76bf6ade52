/**
 * Turns a WASI preview 1 command module into a component, at install (before step 1; data plane later).
 *
 * The usual adapter keeps 128 KiB of state in the program's own memory, which it takes with `memory.grow`. Go's runtime
 * and wasi-libc before 2023 hold that all growth is theirs, and both then overwrite each other (seen: gojq on 6 MB of
 * input; wasm-tools#900, Viceroy#498). The adapter made here has no state: each function passes its core arguments on
 * to one of `forge:preview1`, which `preview1/host.ts` serves. It also keeps exit codes, which the usual one cuts to
 * 0 and 1, and leaves the glue four times smaller.
 *
 * Runs in the throw-away child that also transpiles: the tools parse untrusted bytes and may panic.
 */
import { componentEmbed, componentNew, parse } from '@bytecodealliance/jco-transpile/wasm-tools';
import { Refusal } from '../errors.ts';
import { PREVIEW1_FUNCTIONS, PREVIEW1_NAMES, PREVIEW1_PACKAGE, PREVIEW1_VERSION, type Preview1Interface, type Preview1Name, witNameOf } from './preview1/functions.ts';

/** The module name that preview 1 programs import from. */
const PREVIEW1_MODULE = 'wasi_snapshot_preview1';
/** What the component exports; the oldest 0.2, which every host of `wasi:cli/run@0.2` takes. */
const RUN = 'wasi:cli/run@0.2.0';

/** `\0asm`, then version 1 for a core module; components have version 13 in layer 1 (component model, Binary.md). */
const MODULE_HEADER = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);

/**
 * The component of a command module. It runs on ForgeOne only.
 * @throws Refusal invalid: not a core module, broken, without `_start`, or with imports that preview 1 does not have.
 */
export async function adaptPreview1(moduleBytes: Uint8Array): Promise<Uint8Array> {
  if (!MODULE_HEADER.every((byte, i) => moduleBytes[i] === byte)) throw new Refusal('invalid', 'not a core WebAssembly module');
  const adapter = await componentEmbed({
    binary: await parse(adapterWat()),
    witSource: adapterWit(),
    world: 'adapter',
    stringEncoding: 'utf8',
  });
  try {
    return await componentNew(moduleBytes, [[PREVIEW1_MODULE, adapter]]);
  } catch (thrown) {
    throw new Refusal('invalid', `not a WASI preview 1 command module: ${reasonOf(thrown)}`);
  }
}

const importName = (of: Preview1Interface): string => `${PREVIEW1_PACKAGE}/${of}@${PREVIEW1_VERSION}`;

const coreTypes = (params: string): string => [...params].map((type) => (type === 'I' ? 'i64' : 'i32')).join(' ');

const resultOf = (name: Preview1Name): string => (name === 'proc_exit' ? '' : '(result i32)');

/** The adapter: every preview 1 function calls its namesake outside; `run` shows the host the memory, then starts. */
export function adapterWat(): string {
  const imports = PREVIEW1_NAMES.map((name) => {
    const { of, params } = PREVIEW1_FUNCTIONS[name];
    return `(import "${importName(of)}" "${witNameOf(name)}" (func $${name} (param ${coreTypes(params)}) ${resultOf(name)}))`;
  });
  const exports = PREVIEW1_NAMES.map((name) => {
    const { params } = PREVIEW1_FUNCTIONS[name];
    const args = [...params].map((_, i) => `(local.get ${i})`).join(' ');
    return `(func (export "${name}") (param ${coreTypes(params)}) ${resultOf(name)} (call $${name} ${args}))`;
  });
  return `(module
    (import "env" "memory" (memory 0))
    (import "${importName('program')}" "attach" (func $attach (param i32 i32)))
    ${imports.join('\n')}
    (import "__main_module__" "_start" (func $start))
    ${exports.join('\n')}
    (func (export "${RUN}#run") (result i32)
      (call $attach (i32.const 0) (i32.const 0))
      (call $start)
      (i32.const 0)))`;
}

/**
 * WIT of the adapter. Pointers cross as plain numbers; `attach` takes a list for no other reason than that its lowering
 * carries the memory they point into.
 */
export function adapterWit(): string {
  const interfaces = new Map<Preview1Interface, string[]>();
  for (const name of PREVIEW1_NAMES) {
    const { of, params } = PREVIEW1_FUNCTIONS[name];
    const list = [...params].map((type, i) => `p${i}: ${type === 'I' ? 'u64' : 'u32'}`).join(', ');
    const functions = interfaces.get(of) ?? (of === 'program' ? ['attach: func(memory: list<u8>);'] : []);
    functions.push(`${witNameOf(name)}: func(${list})${name === 'proc_exit' ? '' : ' -> u32'};`);
    interfaces.set(of, functions);
  }
  return `package ${PREVIEW1_PACKAGE}@${PREVIEW1_VERSION};
    ${[...interfaces].map(([of, functions]) => `interface ${of} { ${functions.join(' ')} }`).join('\n')}
    world adapter {
      ${[...interfaces.keys()].map((of) => `import ${of};`).join(' ')}
      export ${RUN};
    }
    package wasi:cli@0.2.0 { interface run { run: func() -> result; } }`;
}

/** The tools throw jco's ComponentError, whose payload is the message. */
function reasonOf(thrown: unknown): string {
  const payload = (thrown as { readonly payload?: unknown } | undefined)?.payload;
  if (typeof payload === 'string') return payload;
  return thrown instanceof Error ? thrown.message : String(thrown);
}
