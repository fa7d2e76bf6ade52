/** What will run: the manifest and the spec as one (call path step 6). Limits only narrow; everything else the user's word decides. */
import type { Mount, RestartPolicy, Spec, Stdio } from 'forge:container/runtime@0.1.0';
import type { Isolation } from 'forge:types/identity@0.1.0';
import type { Manifest } from './manifest.ts';

export interface Plan {
  /** Digest of the component. */
  readonly component: string;
  /** The program's name first. */
  readonly args: readonly string[];
  readonly env: readonly (readonly [string, string])[];
  readonly mounts: readonly Mount[];
  /** 0: the platform's default. */
  readonly memoryBytes: number;
  /** 0: none. */
  readonly wallMs: number;
  readonly allowedOutboundHosts: readonly string[];
  /** The loosest class it accepts. */
  readonly isolation: Isolation;
  readonly restart: RestartPolicy;
  /** In a row; 0: no bound. */
  readonly restartsMax: number;
  readonly stdio: Stdio;
}

/** Of a u32, QuickJS guests can say one half (componentize-qjs 0.4.5). */
const WALL_MS_MAX = 2 ** 31 - 1;

export function planContainer(component: string, program: string, manifest: Manifest, spec: Spec): Plan {
  return {
    component,
    args: [program, ...(spec.args.length > 0 ? spec.args : manifest.args)],
    env: [...new Map([...manifest.env, ...spec.env])],
    mounts: capScratch(mergeMounts(manifest.mounts, spec.mounts), manifest.storageBytes),
    memoryBytes: lower(manifest.memoryBytes, spec.memoryBytes),
    // A manifest may name a longer time than forge:host/workloads can say (24 days); the lower one counts.
    wallMs: Math.min(lower(manifest.wallMs, spec.wallMs), WALL_MS_MAX),
    allowedOutboundHosts: manifest.allowedOutboundHosts,
    isolation: manifest.isolation,
    restart: restartOf(manifest, spec),
    restartsMax: manifest.restartsMax,
    stdio: spec.stdio,
  };
}

/** The lower of two limits of which 0 is none. */
const lower = (a: number, b: number): number => (a === 0 || b === 0 ? Math.max(a, b) : Math.min(a, b));

function mergeMounts(manifest: readonly Mount[], spec: readonly Mount[]): Mount[] {
  const targets = new Set(spec.map(({ target }) => target));
  return [...manifest.filter(({ target }) => !targets.has(target)), ...spec];
}

/** `storage-bytes` bounds all scratch space together, so each tree gets its share. */
function capScratch(mounts: readonly Mount[], storageBytes: number): Mount[] {
  const onDisk = mounts.filter(({ source }) => source.tag === 'disk').length;
  if (storageBytes === 0 || onDisk === 0) return [...mounts];
  const share = Math.max(1, Math.floor(storageBytes / onDisk));
  return mounts.map((mount) => (mount.source.tag === 'disk' ? { ...mount, source: { tag: 'disk', val: lower(mount.source.val, share) } } : mount));
}

/** A foreground run and one that is removed when it ends are over when they end, whatever the manifest says. */
function restartOf(manifest: Manifest, spec: Spec): RestartPolicy {
  if (spec.autoRemove || spec.stdio === 'inherited') return 'no';
  return spec.restart ?? manifest.restart;
}
