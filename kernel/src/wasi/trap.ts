/**
 * The two ways a host call ends a guest (data plane beside step 8): a trap, and `exit`.
 *
 * Both unwind with an error that wasm cannot catch. A `RuntimeError` made in JavaScript is an ordinary exception to
 * a guest's `catch_all` (JS API, "host functions"); only one that a wasm instruction raised passes through. So both
 * start from a real `unreachable`.
 */

/** `(module (func (export "t") unreachable))` */
const TRAP_MODULE = Uint8Array.of(...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0], ...[1, 4, 1, 0x60, 0, 0], ...[3, 2, 1, 0], ...[7, 5, 1, 1, 0x74, 0, 0], ...[10, 5, 1, 3, 0, 0x00, 0x0b]);

let raise: (() => void) | undefined;

function newTrap(): Error {
  raise ??= new WebAssembly.Instance(new WebAssembly.Module(TRAP_MODULE)).exports['t'] as () => void;
  try {
    raise();
  } catch (trapped) {
    return trapped as Error;
  }
  throw new Error('unreachable was reached');
}

/** Ends the guest: it broke the ABI. The message is for the audit and the author. */
export function trap(message: string): never {
  const error = newTrap();
  error.message = message;
  throw error;
}

/** Unwinds the guest that called `exit`. The instance must not be entered again. */
export class WasiExit extends Error {
  declare readonly code: number;

  static raise(code: number): never {
    const error = newTrap();
    error.message = `exit ${code}`;
    Object.setPrototypeOf(error, WasiExit.prototype);
    Object.defineProperty(error, 'name', { value: 'WasiExit' });
    Object.defineProperty(error, 'code', { value: code, enumerable: true });
    throw error;
  }
}

/** Unwinds a guest whose owner was cancelled or dropped while it called the host. */
export class WasiCancelled extends Error {
  static raise(): never {
    const error = newTrap();
    error.message = 'cancelled';
    Object.setPrototypeOf(error, WasiCancelled.prototype);
    Object.defineProperty(error, 'name', { value: 'WasiCancelled' });
    throw error;
  }
}
