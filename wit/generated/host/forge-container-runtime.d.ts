// Made from WIT by sdk/scripts/generate.mjs. Do not edit.
/** @module Interface forge:container/runtime@0.1.0 **/
/**
 * Makes a container; nothing runs. `conflict`: the name is taken. `not-found`: no such package or container.
 */
export function create(spec: Spec): Container;
/**
 * Starts it. `conflict`: it runs already.
 */
export function start(id: string): Container;
/**
 * Asks it to end and ends it after `grace-ms`. No error when it has ended.
 */
export function stop(id: string, graceMs: number): Container;
/**
 * Ends it at once.
 */
export function kill(id: string): Container;
/**
 * Removes it. `conflict`: it runs, and not `force`.
 */
export function remove(id: string, force: boolean): void;
/**
 * One container by id, unambiguous id prefix of at least 4 digits, or name.
 */
export function inspect(id: string): Container;
/**
 * All, or only those that run; oldest first.
 */
export function list(all: boolean): Array<Container>;
/**
 * Name of its log, for the ingress to read; its end is published as `container.ended.ID`.
 */
export function logName(id: string): string;
export type Error = import('./forge-types-errors.d.ts').Error;
/**
 * What is mounted.
 */
export type MountSource = MountSourceVolume | MountSourcePath | MountSourceMemory | MountSourceDisk;
/**
 * A named volume.
 */
export interface MountSourceVolume {
  tag: 'volume',
  val: string,
}
/**
 * A directory of the machine.
 */
export interface MountSourcePath {
  tag: 'path',
  val: string,
}
/**
 * Scratch in memory of so many bytes (0: the default).
 */
export interface MountSourceMemory {
  tag: 'memory',
  val: bigint,
}
/**
 * Scratch on disk of so many bytes (0: the default).
 */
export interface MountSourceDisk {
  tag: 'disk',
  val: bigint,
}
/**
 * A volume, directory or scratch space, and where the guest sees it.
 */
export interface Mount {
  /**
   * What is mounted.
   */
  source: MountSource,
  /**
   * Absolute path in the guest.
   */
  target: string,
  /**
   * Whether the guest may change it.
   */
  readOnly: boolean,
}
/**
 * Where the standard streams go.
 * # Variants
 * 
 * ## `"detached"`
 * 
 * Output to the container's log, no input.
 * ## `"interactive"`
 * 
 * Output to the container's log, input from a pipe.
 * ## `"inherited"`
 * 
 * The platform's own streams: a foreground run in one process.
 */
export type Stdio = 'detached' | 'interactive' | 'inherited';
/**
 * When it is started again.
 * # Variants
 * 
 * ## `"no"`
 * 
 * Never.
 * ## `"on-failure"`
 * 
 * After a non-zero exit code or a trap.
 * ## `"always"`
 * 
 * After every end but `stop`.
 */
export type RestartPolicy = 'no' | 'on-failure' | 'always';
/**
 * What to create.
 */
export interface Spec {
  /**
   * Digest of a package in the store.
   */
  'package': string,
  /**
   * Which of its containers; none: the only one.
   */
  container?: string | undefined,
  /**
   * Unique name; none: one is made.
   */
  name?: string | undefined,
  /**
   * Replaces the manifest's arguments when not empty.
   */
  args: Array<string>,
  /**
   * Added to the manifest's environment; wins over it.
   */
  env: Array<[string, string]>,
  /**
   * Added to the manifest's volumes; wins over it at the same target.
   */
  mounts: Array<Mount>,
  /**
   * Bytes of linear memory, 0: the manifest's or the default. The lower of both counts.
   */
  memoryBytes: bigint,
  /**
   * Milliseconds of wall time, 0: the manifest's or none. The lower of both counts.
   */
  wallMs: number,
  /**
   * See there.
   */
  stdio: Stdio,
  /**
   * None: the manifest's.
   */
  restart?: RestartPolicy | undefined,
  /**
   * Removed when it ends.
   */
  autoRemove: boolean,
  /**
   * Labels, for people and tools.
   */
  labels: Array<[string, string]>,
}
/**
 * Where a container stands (OCI runtime-spec 1.2).
 * # Variants
 * 
 * ## `"created"`
 * 
 * Recorded, not started.
 * ## `"running"`
 * 
 * In the guest.
 * ## `"restarting"`
 * 
 * Waiting to be started again.
 * ## `"stopped"`
 * 
 * Over.
 */
export type State = 'created' | 'running' | 'restarting' | 'stopped';
/**
 * A container.
 */
export interface Container {
  /**
   * 32 hexadecimal digits.
   */
  id: string,
  /**
   * Unique name.
   */
  name: string,
  /**
   * Digest of its package.
   */
  'package': string,
  /**
   * Name and version of its package.
   */
  image: string,
  /**
   * See there.
   */
  state: State,
  /**
   * When stopped: its exit code as a shell would report it (124 timed out, 134 trapped, 137 killed, 143 stopped).
   */
  exitCode?: number | undefined,
  /**
   * When stopped: why, in one sentence.
   */
  reason?: string | undefined,
  /**
   * Milliseconds since the Unix epoch.
   */
  createdMs: bigint,
  /**
   * 0 when never started.
   */
  startedMs: bigint,
  /**
   * 0 when not ended.
   */
  endedMs: bigint,
  /**
   * How often the restart policy started it again.
   */
  restarts: number,
  /**
   * The class it runs in, and why.
   */
  isolation: string,
  /**
   * What it was created from, as JSON.
   */
  spec: string,
}
