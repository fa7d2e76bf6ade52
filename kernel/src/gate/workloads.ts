/** `forge:host/workloads`: WebAssembly guests (call path step 7, effects in 8 and 9). */
import type { WorkloadStatus } from '../domain/kernel-services.ts';
import { Refusal } from '../errors.ts';
import { RIGHT } from '../host/host.ts';
import { randomHex } from '../host/random-hex.ts';
import { workloadId } from '../identity.ts';
import { LIMITS } from '../limits.ts';
import type { Isolation } from './gate.ts';
import { moveHandle } from './handles.ts';
import type { HostImportContext } from './host-imports.ts';

const INTERFACE = 'forge:host/workloads';

const WORKLOAD_ID_BYTES = 16;

interface Spec {
  readonly component: string;
  readonly name: string;
  readonly args: readonly string[];
  readonly env: readonly (readonly [string, string])[];
  readonly mounts: readonly { readonly tree: string; readonly target: string }[];
  readonly stdin?: string | undefined;
  readonly stdout?: string | undefined;
  readonly stderr?: string | undefined;
  readonly outbound?: string | undefined;
  readonly limits: { readonly memoryBytes: bigint; readonly wallMs: number };
  readonly isolation: 'shared' | 'worker' | 'process';
}

interface Started {
  readonly id: string;
  readonly isolation: Isolation;
  readonly reason: string;
}

/** Guests run in threads of their own, which is all there is yet; when more is asked for, that is said. */
function placed(asked: Isolation, reason: string): Pick<Started, 'isolation' | 'reason'> {
  if (asked !== 'process') return { isolation: 'worker', reason };
  return { isolation: 'worker', reason: `${reason}; a process of its own is asked for, and this version has none` };
}

function check(spec: Spec): void {
  const bytes = spec.args.reduce((sum, arg) => sum + arg.length + 1, 0) + spec.env.reduce((sum, [key, value]) => sum + key.length + value.length + 2, 0);
  if (bytes > LIMITS.argumentBytesMax) throw new Refusal('limit', `arguments and environment are over ${LIMITS.argumentBytesMax} bytes`, { where: 'args' });
  if (spec.limits.memoryBytes > BigInt(LIMITS.workloadMemoryBytesMax)) {
    throw new Refusal('limit', `more memory than ${LIMITS.workloadMemoryBytesMax} bytes is not to be had`, { where: 'limits.memory-bytes' });
  }
  for (const { target } of spec.mounts) {
    if (!target.startsWith('/') || target.includes('\0') || target.split('/').includes('..')) {
      throw new Refusal('invalid', `"${target}" is no absolute path`, { where: 'mounts.target' });
    }
  }
}

export function workloadsImports({ slot, gate, services }: HostImportContext) {
  const { host } = gate.options;
  return {
    start(spec: Spec): Started {
      check(spec);
      const evidence = services.evidenceOf(spec.component);
      const call = gate.ask(slot, INTERFACE, {
        action: 'workload.start',
        resource: { kind: 'Package', name: spec.component, attributes: { name: evidence.name, signed: evidence.signed, builtLocally: evidence.local } },
        rights: RIGHT.write,
        consented: slot.context?.consents.length !== 0,
      });
      const id = randomHex(host, WORKLOAD_ID_BYTES);
      const { isolation, reason } = gate.appraise(call, workloadId(id), 'workload.start', { digest: spec.component, signed: evidence.signed, local: evidence.local });
      const owner = host.ownerCreate(`workload/${id}`);
      const move = (handle: string | undefined): number | undefined => (handle === undefined ? undefined : moveHandle(host, slot.owner, handle, owner));
      try {
        services.startWorkload({
          id,
          owner,
          name: spec.name,
          component: spec.component,
          args: spec.args,
          env: spec.env,
          preopens: spec.mounts.map(({ tree, target }) => {
            const dir = moveHandle(host, slot.owner, tree, owner);
            return { path: target, dir, rights: host.rightsOf(owner, dir) };
          }),
          stdin: move(spec.stdin),
          stdout: move(spec.stdout),
          stderr: move(spec.stderr),
          outbound: move(spec.outbound),
          memoryBytes: Number(spec.limits.memoryBytes),
          wallMs: spec.limits.wallMs,
          context: call,
        });
      } catch (thrown) {
        host.ownerDrop(owner);
        throw thrown;
      }
      return { id, ...placed(isolation, reason) };
    },
    status(id: string): WorkloadStatus {
      return services.workloadStatus(id);
    },
    stop(id: string, graceMs: number): void {
      gate.ask(slot, INTERFACE, { action: 'workload.signal', resource: { kind: 'Workload', name: id }, rights: RIGHT.write, consented: false });
      services.stopWorkload(id, Math.min(graceMs, LIMITS.stopGraceMs * 6));
    },
  };
}
