/** Runs a loaded program on any machine; apart from `guests.ts`, so that plain threads can use it. */
import type { LoadedComponent } from '../../../kernel/src/domain/plugin-unit.ts';
import type { Handle, Host, Owner } from '../../../kernel/src/host/host.ts';
import { LIMITS } from '../../../kernel/src/limits.ts';
import { Instantiator } from '../../../kernel/src/loader/instantiate.ts';
import { sha256 } from '../../../kernel/src/loader/transpile.ts';
import { createWasi, type Preopen, WasiExit, type WasiLimits } from '../../../kernel/src/wasi/index.ts';

export interface GuestOptions {
  readonly args?: readonly string[];
  readonly env?: readonly (readonly [string, string])[];
  readonly limits?: Partial<WasiLimits>;
  readonly preopens: Preopen[];
  readonly stdin?: Handle | undefined;
  readonly stdout?: Handle | undefined;
  readonly stderr?: Handle | undefined;
}

/** No code is kept between runs, so its folder is never made. */
const instantiator = new Instantiator('/nonexistent', sha256);
const MEMORY_BYTES_MAX = 256 * 1024 * 1024;

/** Returns the exit code. Throws what the guest trapped with. */
export function runOn(host: Host, owner: Owner, component: LoadedComponent, options: GuestOptions): number {
  const wasi = createWasi({
    host,
    owner,
    args: ['program', ...(options.args ?? [])],
    env: options.env ?? [],
    preopens: options.preopens,
    stdin: options.stdin,
    stdout: options.stdout,
    stderr: options.stderr,
    limits: { ...LIMITS, ...options.limits },
  });
  try {
    const instance = instantiator.instantiate(component, wasi.imports as Record<string, unknown>, MEMORY_BYTES_MAX);
    const name = Object.keys(instance).find((exported) => exported.startsWith('wasi:cli/run@'));
    (instance[name ?? ''] as { run(): void }).run();
    return 0;
  } catch (thrown) {
    if (thrown instanceof WasiExit) return thrown.code;
    throw thrown;
  } finally {
    wasi.dispose();
  }
}
