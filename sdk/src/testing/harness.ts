/** Runs one plugin against a fake host: what a test of a plugin is written with. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Outcome } from '@forgeone/wit/generated/host/forge-host-workloads.d.ts';
import type { Caller } from '@forgeone/wit/generated/host/forge-types-identity.d.ts';
import { buildPlugin } from '../build/build-plugin.ts';
import { mapStack } from '../build/componentize-guest.ts';
import { abiDir, readWitSource } from '../build/wit-source.ts';
import type { Interfaces } from '../guest/interfaces.ts';
import { payloadOf, Refusal } from '../guest/refusal.ts';
import { camelCase, type WitInterface } from '../wit/parse.ts';
import { type FakeEvent, FakeKernel, type LogLine } from './fake-kernel.ts';
import { FakeMachine } from './fake-machine.ts';
import type { HostCall, ImportOverrides } from './harness-types.ts';
import { type Exports, type Imports, type Runnable, transpile } from './instantiate.ts';
import { toPlain } from './plain-values.ts';

export interface HarnessOptions {
  /** The component, or the path of one. */
  readonly component?: Uint8Array | string;
  /** Source map of the component: stacks in the log then name the author's files. */
  readonly sourceMap?: string;
  /** The plugin's project: built unless there is a component, and its `wit/` is used. */
  readonly projectDir?: string;
  /** Functions in place of the fake's, by interface id. */
  readonly imports?: ImportOverrides;
  /** What forge:kernel/config returns. */
  readonly config?: Readonly<Record<string, string>>;
  /** Who calls; may be changed with `setCaller`. */
  readonly caller?: Partial<Caller>;
}

/** The plugin trapped: its instance is gone. `restart` makes another. */
export class Fault extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'Fault';
  }
}

const LIFECYCLE = 'forge:plugin/lifecycle@0.1.0';
const LISTENER = 'forge:plugin/listener@0.1.0';

const withoutVersion = (id: string): string => id.replace(/@.*$/, '');

export class Harness {
  /** Log, config, state, events and clocks of the fake kernel. */
  readonly kernel: FakeKernel;
  /** Volumes, packages, workloads and handles of the fake machine. */
  readonly machine = new FakeMachine();
  /** Every call of the plugin to its host, oldest first; log lines and clock readings are left out. */
  readonly hostCalls: HostCall[] = [];
  /** Ids of the interfaces the component imports. */
  readonly imports: readonly string[];

  readonly #runnable: Runnable;
  readonly #interfaces: ReadonlyMap<string, WitInterface>;
  readonly #overrides: ImportOverrides;
  readonly #sourceMap: string | undefined;
  #exports: Exports;

  constructor(runnable: Runnable, interfaces: ReadonlyMap<string, WitInterface>, sourceMap: string | undefined, options: HarnessOptions) {
    this.kernel = new FakeKernel(options.config ?? {});
    this.#runnable = runnable;
    this.#interfaces = interfaces;
    this.#sourceMap = sourceMap;
    this.#overrides = options.imports ?? {};
    this.imports = runnable.imports.flatMap((short) => [...interfaces.keys()].filter((id) => withoutVersion(id) === withoutVersion(short)));
    if (options.caller) this.setCaller(options.caller);
    this.#exports = this.#instantiate();
  }

  /** Functions of an interface the plugin provides; they throw {@link Refusal}, or {@link Fault} when the plugin trapped. */
  call<Id extends keyof Interfaces & string>(id: Id): Interfaces[Id] {
    const functions = this.#interfaces.get(id)?.functions ?? [];
    if (!this.#exports[id])
      throw new Error(
        `the plugin does not provide ${id}; it has ${Object.keys(this.#exports)
          .filter((name) => name.includes(':'))
          .join(', ')}`,
      );
    const made: Record<string, unknown> = {};
    for (const fn of functions) {
      const name = camelCase(fn.name);
      made[name] = (...args: unknown[]) => this.#enter(id, name, fn.optional, args);
    }
    return made as Interfaces[Id];
  }

  #enter(id: string, name: string, optional: boolean, args: unknown[]): unknown {
    try {
      const result = this.#exports[id]?.[name]?.(...args);
      return result === undefined && !optional ? undefined : toPlain(result);
    } catch (thrown) {
      const payload = payloadOf(thrown);
      if (payload) throw new Refusal(payload.tag, payload.val.message, payload.val);
      if (thrown instanceof WebAssembly.RuntimeError || thrown instanceof RangeError) throw new Fault(`the plugin trapped in ${id}#${name}: ${thrown.message}`, { cause: thrown });
      throw thrown;
    }
  }

  /** `lifecycle.start`, with the empty chain it has there. */
  start(): void {
    const { caller } = this.kernel;
    this.setCaller({ chain: [] });
    try {
      this.call(LIFECYCLE).start();
    } finally {
      this.kernel.caller = caller;
    }
  }

  health(): void {
    this.call(LIFECYCLE).health();
  }

  stop(): void {
    this.call(LIFECYCLE).stop();
  }

  /** A new instance with the same kernel, machine and state, as after a crash; then `start`. */
  restart(): void {
    this.#exports = this.#instantiate();
    this.kernel.subscriptions.length = 0;
    this.kernel.scheduled.length = 0;
    this.start();
  }

  setCaller(caller: Partial<Caller>): void {
    this.kernel.caller = { ...this.kernel.caller, ...caller };
  }

  /** Hands one event to the plugin's listener. */
  deliver(topic: string, payload: string): void {
    this.call(LISTENER).deliver(topic, payload);
  }

  /** Hands over an event if the plugin subscribed to its topic; says whether it did. */
  publish({ topic, payload }: FakeEvent): boolean {
    if (!this.kernel.subscriptions.some((prefix) => topic.startsWith(prefix))) return false;
    this.deliver(topic, payload);
    return true;
  }

  /** Moves the clocks and delivers, at its time and on its authority, each event that was scheduled. */
  advance(ms: number): void {
    const end = this.kernel.nowMs + ms;
    for (let next = this.kernel.scheduled[0]; next && next.dueMs <= end; next = this.kernel.scheduled[0]) {
      this.kernel.scheduled.shift();
      this.kernel.advance(Math.max(0, next.dueMs - this.kernel.nowMs));
      const { caller } = this.kernel;
      this.kernel.caller = { ...next.caller, callId: caller.callId };
      try {
        this.deliver(next.topic, next.payload);
      } finally {
        this.kernel.caller = caller;
      }
    }
    this.kernel.advance(end - this.kernel.nowMs);
  }

  /** Ends a guest and tells the plugin, as the kernel does. */
  endWorkload(id: string, outcome: Outcome): void {
    this.machine.endWorkload(id, outcome);
    this.publish({ topic: `workload.ended.${id}`, payload: JSON.stringify(outcome) });
  }

  /** Calls of the plugin to one interface, or one function of it. */
  callsTo(id: keyof Interfaces & string, name?: string): HostCall[] {
    return this.hostCalls.filter((call) => call.interface === id && (name === undefined || call.function === name));
  }

  /** Log lines with stacks that name the author's files. */
  get log(): readonly LogLine[] {
    const map = this.#sourceMap;
    if (!map) return this.kernel.log;
    return this.kernel.log.map((line) => ({ ...line, fields: Object.fromEntries(Object.entries(line.fields).map(([key, text]) => [key, mapStack(text, map)])) }));
  }

  #instantiate(): Exports {
    const fakes: Record<string, Record<string, unknown> | undefined> = { ...this.kernel.interfaces(), ...this.machine.interfaces() };
    const imports: Imports = {};
    for (const id of this.imports) {
      const overrides = (this.#overrides as Record<string, Record<string, unknown> | undefined>)[id];
      const functions: Record<string, unknown> = {};
      for (const fn of this.#interfaces.get(id)?.functions ?? []) {
        const name = camelCase(fn.name);
        functions[name] = this.#record(id, name, (overrides?.[name] ?? fakes[id]?.[name]) as ((...args: unknown[]) => unknown) | undefined);
      }
      imports[withoutVersion(id)] = functions;
    }
    return this.#runnable.instantiate(imports);
  }

  #record(id: string, name: string, work: ((...args: unknown[]) => unknown) | undefined): (...args: unknown[]) => unknown {
    const quiet = id.startsWith('forge:kernel/log@') || id.startsWith('forge:kernel/clock@');
    return (...given) => {
      const args = given.map(toPlain);
      const keep = (outcome: { result: unknown } | { error: unknown }): void => {
        if (!quiet) this.hostCalls.push({ interface: id, function: name, args, ...outcome });
      };
      try {
        if (!work) throw new Refusal('unavailable', `the harness has no ${id}#${name}`, { hint: `createHarness({ imports: { '${id}': { ${name}() {} } } })` });
        const result = work(...args);
        keep({ result });
        return result;
      } catch (error) {
        keep({ error });
        throw error;
      }
    };
  }
}

/** Builds or takes a plugin and gives it a fake host. `lifecycle.start` is the test's to call: `harness.start()`. */
export async function createHarness(options: HarnessOptions): Promise<Harness> {
  const { component, projectDir } = options;
  if (component === undefined && projectDir === undefined) throw new Error('createHarness needs a component or a projectDir');
  const built = component === undefined ? await buildPlugin({ projectDir: projectDir as string }) : undefined;
  const bytes = built?.component ?? (typeof component === 'string' ? new Uint8Array(await readFile(component)) : component);
  const wit = await readWitSource([abiDir(), ...(projectDir ? [join(projectDir, 'wit')] : [])]);
  return new Harness(await transpile(bytes as Uint8Array), wit.interfaces, built?.sourceMap ?? options.sourceMap, options);
}
