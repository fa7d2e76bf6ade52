/**
 * ForgeOne's WASI 0.2 host (data plane beside steps 8 and 9): what a workload's glue is instantiated with.
 *
 * A guest's calls come here in its own thread and go to the native handles it was granted, with no plugin on the way.
 * One `createWasi` serves one guest: nothing is shared between two, not even classes.
 */
import type { Handle, Host, Owner } from '../host/host.ts';
import { createCli } from './cli.ts';
import { createClocks } from './clocks.ts';
import { createFilesystem, type Preopen } from './filesystem.ts';
import { Guest } from './guest.ts';
import { PROVIDED_INTERFACES } from './interfaces.ts';
import { createIo } from './io.ts';
import type { WasiLimits } from './limits.ts';
import { PREVIEW1_PACKAGE } from './preview1/functions.ts';
import { createPreview1 } from './preview1/host.ts';
import { createRandom } from './random.ts';
import { createSockets } from './sockets.ts';

export type { Preopen } from './filesystem.ts';
export { PROVIDED_INTERFACES, unprovidedImports } from './interfaces.ts';
export type { WasiLimits } from './limits.ts';
export { WasiCancelled, WasiExit } from './trap.ts';

export interface WasiOptions {
  readonly host: Host;
  /** The guest's principal; all handles below are its own. They stay the caller's to close. */
  readonly owner: Owner;
  /** Program name first, as in C. */
  readonly args: readonly string[];
  readonly env: readonly (readonly [string, string])[];
  /** What `initial-cwd` answers. */
  readonly cwd?: string | undefined;
  readonly preopens: readonly Preopen[];
  /** Absent: at its end from the start. */
  readonly stdin?: Handle | undefined;
  /** Absent: closed, and a write says so. */
  readonly stdout?: Handle | undefined;
  readonly stderr?: Handle | undefined;
  readonly limits: WasiLimits;
}

export interface WasiImports {
  /** Keyed as jco's glue looks them up: interface without version. */
  readonly imports: Readonly<Record<string, object>>;
  /** What the guest passed to `exit`, 0 to 255; undefined when it did not call it. */
  exitCode(): number | undefined;
  /** Closes all that the guest left open. Every later call of the guest traps. */
  dispose(): void;
}

export function createWasi(options: WasiOptions): WasiImports {
  const guest = new Guest(options.host, options.owner, options.limits);
  const io = once(() => createIo(guest));
  /** By interface, its part: a program uses few, and each is made when its glue looks for it. */
  const parts = {
    'wasi:io': once(() => io().imports),
    'wasi:cli': once(() => createCli(guest, options, io()).imports),
    'wasi:clocks': once(() => createClocks(guest, io()).imports),
    'wasi:random': once(() => createRandom(guest).imports),
    'wasi:filesystem': once(() => createFilesystem(guest, options.preopens, io()).imports),
    'wasi:sockets': once(() => createSockets(guest).imports),
    [PREVIEW1_PACKAGE]: once(() => createPreview1(guest, options, options.preopens).imports),
  } as const satisfies Record<string, () => object>;
  const imports: Record<string, object> = {};
  for (const name of PROVIDED_INTERFACES) {
    const part = parts[name.slice(0, name.indexOf('/')) as keyof typeof parts] as () => Readonly<Record<string, object>>;
    Object.defineProperty(imports, name, { enumerable: true, get: () => part()[name] });
  }
  return { imports, exitCode: () => guest.exitCode, dispose: () => guest.dispose() };
}

function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
