/**
 * Turns a WASI preview 1 command module into a component, at install (before step 1; data plane later).
 *
 * Runs in the throw-away child that also transpiles: the tools parse untrusted bytes and may panic. It needs nothing of
 * the kernel but the error table, so the child loads little.
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { componentNew } from '@bytecodealliance/jco-transpile/wasm-tools';
import { Refusal } from '../errors.ts';

const ADAPTER_URL = new URL('../../vendor/wasi-preview1-adapter/command.wasm', import.meta.url);
/** As `kernel/vendor/wasi-preview1-adapter/README.md` records it. */
const ADAPTER_SHA256 = 'f5413d9ef812ca0ce12af7e5ca3009c40e96c17a31a43063ff6938f787e64c35';
/** The module name that preview 1 programs import from. */
const PREVIEW1 = 'wasi_snapshot_preview1';

/** `\0asm`, then version 1 for a core module; components have 13 and layer 1 (component model, Binary.md). */
const MODULE_HEADER = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);

/** Whether the bytes are a core module, so that a component is not one. */
export const isCoreModule = (bytes: Uint8Array): boolean => MODULE_HEADER.every((byte, i) => bytes[i] === byte);

/**
 * The component of a command module. Exit codes 0 to 255 arrive exactly, as `wasi:cli/exit.exit-with-code`.
 * @throws Refusal invalid: not a core module, broken, without `_start`, or with imports that the adapter lacks.
 */
export async function adaptPreview1(moduleBytes: Uint8Array): Promise<Uint8Array> {
  if (!isCoreModule(moduleBytes)) throw new Refusal('invalid', 'not a core WebAssembly module');
  const adapter = await readFile(ADAPTER_URL);
  if (createHash('sha256').update(adapter).digest('hex') !== ADAPTER_SHA256) {
    throw new Error(`${ADAPTER_URL.pathname} is not the adapter that was vendored`);
  }
  try {
    return await componentNew(moduleBytes, [[PREVIEW1, adapter]]);
  } catch (thrown) {
    throw new Refusal('invalid', `not a WASI preview 1 command module: ${reasonOf(thrown)}`);
  }
}

/** The tools throw jco's ComponentError, whose payload is the message. */
function reasonOf(thrown: unknown): string {
  const payload = (thrown as { readonly payload?: unknown } | undefined)?.payload;
  if (typeof payload === 'string') return payload;
  return thrown instanceof Error ? thrown.message : String(thrown);
}
