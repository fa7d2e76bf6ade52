// Made from WIT by sdk/scripts/generate.mjs. Do not edit.
/// <reference path="./forge-types-errors.d.ts" />
/// <reference path="./forge-types-handles.d.ts" />
/// <reference path="./forge-types-identity.d.ts" />
declare module 'forge:host/workloads@0.1.0' {
  /**
   * Starts a guest. Handles move into it. Its end is published as `workload.ended.ID` with the outcome as JSON.
   */
  export function start(spec: Spec): Started;
  /**
   * Where it stands. `not-found`: unknown, or forgotten.
   */
  export function status(id: string): State;
  /**
   * Ends it: its blocking calls return at once, and after `grace-ms` its thread is ended.
   */
  export function stop(id: string, graceMs: number): void;
  export type Error = import('forge:types/errors@0.1.0').Error;
  export type Handle = import('forge:types/handles@0.1.0').Handle;
  export type Rights = import('forge:types/handles@0.1.0').Rights;
  export type Isolation = import('forge:types/identity@0.1.0').Isolation;
  /**
   * A tree and where the guest sees it.
   */
  export interface Mount {
    /**
     * From `dirs`.
     */
    tree: Handle,
    /**
     * Absolute path in the guest.
     */
    target: string,
  }
  /**
   * Limits of one guest; 0 means the platform's default.
   */
  export interface Limits {
    /**
     * Linear memory in bytes, rounded down to 64 KiB pages.
     */
    memoryBytes: number,
    /**
     * Wall time in milliseconds.
     */
    wallMs: number,
  }
  /**
   * What to run.
   */
  export interface Spec {
    /**
     * Digest of the component.
     */
    component: string,
    /**
     * Names it in the log: container name.
     */
    name: string,
    /**
     * Arguments, the program's name first.
     */
    args: Array<string>,
    /**
     * Environment.
     */
    env: Array<[string, string]>,
    /**
     * Trees.
     */
    mounts: Array<Mount>,
    /**
     * None: reads the end at once.
     */
    stdin?: Handle | null | undefined,
    /**
     * None: writes fail.
     */
    stdout?: Handle | null | undefined,
    /**
     * None: writes fail.
     */
    stderr?: Handle | null | undefined,
    /**
     * None: nothing outside may be reached.
     */
    outbound?: Handle | null | undefined,
    /**
     * See there.
     */
    limits: Limits,
    /**
     * The loosest class the package accepts; the security plugin may name a stricter one.
     */
    isolation: Isolation,
  }
  /**
   * How a guest ended.
   */
  export type Outcome = OutcomeExited | OutcomeTrapped | OutcomeTimedOut | OutcomeStopped | OutcomeLost;
  /**
   * With this exit code, 0..255.
   */
  export interface OutcomeExited {
    tag: 'exited',
    val: number,
  }
  /**
   * A trap or an exhausted limit: which, in one sentence.
   */
  export interface OutcomeTrapped {
    tag: 'trapped',
    val: string,
  }
  /**
   * Its wall time was over.
   */
  export interface OutcomeTimedOut {
    tag: 'timed-out',
  }
  /**
   * `stop` ended it.
   */
  export interface OutcomeStopped {
    tag: 'stopped',
  }
  /**
   * The platform ended while it ran.
   */
  export interface OutcomeLost {
    tag: 'lost',
  }
  /**
   * A guest's state.
   */
  export type State = StateStarting | StateRunning | StateEnded;
  /**
   * On its way to a thread.
   */
  export interface StateStarting {
    tag: 'starting',
  }
  /**
   * In the guest.
   */
  export interface StateRunning {
    tag: 'running',
  }
  /**
   * Over.
   */
  export interface StateEnded {
    tag: 'ended',
    val: Outcome,
  }
  /**
   * A guest that was started.
   */
  export interface Started {
    /**
     * Names it from now on.
     */
    id: string,
    /**
     * The class it runs in.
     */
    isolation: Isolation,
    /**
     * Why that class, in one sentence.
     */
    reason: string,
  }
}
