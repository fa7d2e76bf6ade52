/** Runs one WASI command to its end, whatever that is (data plane, beside call path steps 8 and 9). */
import type { WorkloadOrder, WorkloadOutcome } from '../domain/kernel-services.ts';
import type { Host } from '../host/host.ts';
import { LIMITS } from '../limits.ts';
import type { Instance } from '../loader/instantiate.ts';
import { createWasi } from '../wasi/index.ts';

export type WorkloadResult = WorkloadOutcome;

const RUN = /^wasi:cli\/run@0\.2\./;

const EXIT_FAILURE = 1;

/** Says what stopped a guest in words; the engine's own messages name the trap. */
function describe(thrown: unknown): string {
  if (thrown instanceof RangeError && /call stack/i.test(thrown.message)) return 'stack overflow';
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** `link` instantiates the component with the imports it is given. */
export function runGuest(host: Host, order: Omit<WorkloadOrder, 'context'>, link: (imports: Record<string, unknown>) => Instance): WorkloadResult {
  const wasi = createWasi({
    host,
    owner: order.owner,
    args: [...order.args],
    env: order.env.map(([key, value]) => [key, value]),
    preopens: order.preopens,
    stdin: order.stdin,
    stdout: order.stdout,
    stderr: order.stderr,
    limits: {
      openFilesMax: LIMITS.openFilesMax,
      streamsMax: LIMITS.streamsMax,
      pollablesMax: LIMITS.pollablesMax,
      randomBytesMax: LIMITS.randomBytesMax,
      readBytesMax: LIMITS.readBytesMax,
    },
  });
  try {
    const instance = link(wasi.imports);
    const name = Object.keys(instance).find((candidate) => RUN.test(candidate));
    if (!name) return { tag: 'trapped', val: 'it exports no wasi:cli/run@0.2' };
    (instance[name] as { run(): void }).run();
    return { tag: 'exited', val: wasi.exitCode() ?? 0 };
  } catch (thrown) {
    const code = wasi.exitCode();
    if (code !== undefined) return { tag: 'exited', val: code };
    // `run` returned its error case: the guest failed without naming a code.
    if (thrown instanceof Error && Object.hasOwn(thrown, 'payload')) return { tag: 'exited', val: EXIT_FAILURE };
    return { tag: 'trapped', val: describe(thrown) };
  } finally {
    wasi.dispose();
    host.ownerDrop(order.owner);
  }
}
