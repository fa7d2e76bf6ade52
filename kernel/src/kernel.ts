/**
 * Boot: reads the composition, places the plugins, and opens the ingress. One kernel runs in each process that
 * executes anything: the daemon's, or a one-shot `forge run`'s.
 */
import { existsSync, readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import type { ApiRequest, ApiResponse, ControlClient } from './client.ts';
import { type Config, loadConfig } from './config.ts';
import type { PluginState } from './domain/domain.ts';
import type { StoredPackage, WorkloadOrder } from './domain/kernel-services.ts';
import type { LoadedComponent, PluginUnit } from './domain/plugin-unit.ts';
import { Refusal } from './errors.ts';
import { EventBus } from './events.ts';
import type { Host } from './host/host.ts';
import { openNativeHost } from './host/native.ts';
import { type CallContext, userId } from './identity.ts';
import { Ingress } from './ingress/ingress.ts';
import { Pipes } from './ingress/pipes.ts';
import { ComponentCache } from './loader/cache.ts';
import { checkComposition, readComposition } from './loader/composition.ts';
import { type HomePaths, prepareHome } from './loader/home.ts';
import { readPackage } from './loader/install.ts';
import { type Logger, openLog } from './log.ts';
import { StateStore } from './state/store.ts';
import { type PluginReport, Supervisor } from './supervisor.ts';
import { WorkloadJournal } from './workload/journal.ts';
import { Workloads } from './workload/workloads.ts';

export interface KernelOptions {
  /** State directory. */
  readonly home: string;
  /** Directory with the composition `system.toml` and what the build made of it in `dist/`. */
  readonly plugins?: string;
  /** `together`: one thread for all plugins, started fast. `apart`: a thread each, so that one cannot take another along. */
  readonly placement: 'together' | 'apart';
  /** Over what the settings say. */
  readonly logLevel?: Config['logLevel'];
  /** Without it, log lines go to standard error. */
  readonly logFile?: string;
  /** The kernel runs one package in the foreground and ends. */
  readonly oneShot?: boolean;
  /** A component that will be run: compiled while the plugins decide. */
  readonly expect?: string;
}

export interface Kernel extends ControlClient {
  /** Offers the control API on the socket of the state directory until `close`. */
  serve(): Promise<{ readonly socket: string }>;
  plugins(): PluginReport[];
}

/** Plugins that talk to each other most share a thread only when asked for: names of domains. */
const domainOf = (placement: KernelOptions['placement'], plugin: string): string => (placement === 'together' ? 'system' : plugin);

/** Where the addon makes scratch space in memory (shm_overview(7)). */
const SHARED_MEMORY = '/dev/shm';

/** Entry of a worker, beside this file or beside the bundle. */
function entry(source: string, bundled: string): URL {
  const beside = new URL(bundled, import.meta.url);
  return existsSync(beside) ? beside : new URL(source, import.meta.url);
}

/** `plugins/` of the repository: as far from this file as from the bundle. */
const shippedPlugins = (): string => new URL('../../plugins', import.meta.url).pathname;

function loadPlugins(options: KernelOptions, plugins: string, cache: ComponentCache): PluginUnit[] {
  const composition = join(plugins, 'system.toml');
  const declarations = readComposition(composition);
  const lock = readLock(join(plugins, 'dist', 'plugins.json'));
  const units = declarations.map((declaration, order): PluginUnit => {
    const digest = lock[declaration.name];
    if (declaration.digest && declaration.digest !== digest) {
      throw new Refusal('invalid', `plugin ${declaration.name} has digest ${digest ?? 'none'}, the composition says ${declaration.digest}`, { where: composition });
    }
    const component = digest ? cache.find(digest) : undefined;
    if (!component) throw new Refusal('unavailable', `plugin ${declaration.name} is not compiled for this version`, { where: declaration.component, hint: 'npm run build' });
    const { name, provides, grants, config, memoryBytesMax, deadlineMs, oneShotState } = declaration;
    return { name, order, provides, grants, config, memoryBytesMax, deadlineMs, oneShotState, domain: domainOf(options.placement, name), component };
  });
  checkComposition(
    composition,
    readFileSync(composition, 'utf8'),
    units.map((unit, index) => ({ ...(declarations[index] as (typeof declarations)[number]), imports: unit.component.imports, exports: unit.component.exports })),
  );
  return units;
}

/** Digests of the built plugins by name, written by the build. */
function readLock(file: string): Readonly<Record<string, string>> {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Record<string, string>;
  } catch (cause) {
    throw new Refusal('unavailable', `the plugins are not built: ${(cause as Error).message}`, { where: file, hint: 'npm run build' });
  }
}

export async function openKernel(options: KernelOptions): Promise<Kernel> {
  const paths = prepareHome(options.home);
  const config = loadConfig(paths.home, process.env, options.logLevel ? { logLevel: options.logLevel } : {});
  const log = openLog({ level: config.logLevel, file: options.logFile }, 'kernel');
  const host = openNativeHost();
  const mintKey = host.takeMintKey();
  const plugins = options.plugins ?? shippedPlugins();
  const cache = new ComponentCache([join(plugins, 'dist', 'cache'), paths.cache]);
  const load = (digest: string): LoadedComponent => {
    const component = cache.find(digest);
    if (!component) throw new Refusal('not-found', 'the component is not in the cache', { where: digest, hint: 'forge run FILE installs it' });
    return component;
  };

  const ownState = options.oneShot ? undefined : new StateStore(paths.stateFile);
  const workloads = new Workloads({
    host,
    journal: ownState && new WorkloadJournal(ownState),
    workerUrl: entry('./workload/worker.ts', './workload-worker.mjs'),
    idle: config.workersIdle,
    max: config.workloadsMax,
    codeCache: paths.codeCache,
    load,
    log,
    ended: (id, outcome, context) => events.publish(`workload.ended.${id}`, JSON.stringify(outcome), context),
  });
  if (options.expect) {
    workloads.prepare(load(options.expect), config.workloadMemoryBytes);
  }

  const packages = new Map<string, StoredPackage>();
  const resolvePackage = (digest: string): StoredPackage => {
    const known = packages.get(digest) ?? readPackage(paths, digest);
    packages.set(digest, known);
    return known;
  };
  const ingressOwner = host.ownerCreate('ingress');
  const pipes = new Pipes(host, ingressOwner);
  const methods: Readonly<Record<string, (...args: never[]) => unknown>> = {
    stateChanged: (plugin: string, state: PluginState, generation: number) => supervisor.stateChanged(plugin, state, generation),
    overran: (domain: string, callId: string) => supervisor.overran(domain, callId),
    publish: (topic: string, payload: string, context: CallContext | undefined) => events.publish(topic, payload, context),
    schedule: (plugin: string, topic: string, payload: string, delayMs: number, context: CallContext | undefined) => events.schedule(plugin, topic, payload, delayMs, context),
    subscribe: (plugin: string, prefix: string) => events.subscribe(plugin, prefix),
    offerPipe: (name: string, writer: number) => pipes.offer(name, writer),
    resolvePackage,
    evidenceOf: (component: string) => {
      const found = [...packages.values()].find(({ containers }) => containers.some((container) => container.component === component));
      return { name: found?.name ?? '', signed: found?.signed ?? false, local: found?.local ?? false };
    },
    startWorkload: (order: WorkloadOrder) =>
      workloads.start({ ...order, memoryBytes: order.memoryBytes || config.workloadMemoryBytes, wallMs: order.wallMs || config.workloadWallMs }),
    workloadStatus: (id: string) => workloads.status(id),
    stopWorkload: (id: string, graceMs: number) => workloads.stop(id, graceMs),
  };
  const supervisor = new Supervisor({
    host,
    plugins: loadPlugins(options, plugins, cache),
    workerUrl: entry('./domain/worker.ts', './domain-worker.mjs'),
    threadData: {
      mintKey,
      codeCache: paths.codeCache,
      ingressOwner,
      roots: { state: paths.home, volumes: paths.volumes, logs: paths.logs, scratch: paths.scratch },
      stateFile: paths.stateFile,
      auditFile: paths.auditFile,
      oneShot: options.oneShot ?? false,
      log: { level: config.logLevel, file: options.logFile },
    },
    handle: (method, args) => {
      const run = methods[method];
      if (!run) throw new Error(`no kernel method ${method}`);
      return run(...(args as never[]));
    },
    log,
  });
  const events = new EventBus({ deliver: (plugin, topic, payload, context) => supervisor.deliver(plugin, topic, payload, context) });
  const ingress = new Ingress({ supervisor, events, host, mintKey, owner: ingressOwner, logPath: (name) => join(paths.logs, `${name}.log`), log });
  // Scratch space of processes that were killed; in memory it is on /dev/shm.
  if (!options.oneShot) for (const base of [paths.scratch, SHARED_MEMORY]) if (existsSync(base)) host.scratchReap(base);
  supervisor.start();

  const principal = { id: userId(userInfo().username), local: true };
  let stopServing: (() => Promise<void>) | undefined;
  return {
    request: (request: ApiRequest): Promise<ApiResponse> => ingress.handle(request, principal),
    async sendStdin(containerId, chunks) {
      for await (const chunk of chunks) await pipes.write(containerId, chunk);
      pipes.end(containerId);
    },
    async serve() {
      stopServing = await serve({ host, ingress, paths, principal, pipes, log, supervisor });
      workloads.reportLost();
      return { socket: paths.socket };
    },
    plugins: () => supervisor.reports(),
    async close() {
      await stopServing?.();
      events.close();
      await workloads.close();
      await events.settled();
      await supervisor.stop();
      ownState?.close();
      log.flush();
    },
  };
}

async function serve(options: {
  host: Host;
  ingress: Ingress;
  paths: HomePaths;
  principal: { id: string; local: boolean };
  pipes: Pipes;
  log: Logger;
  supervisor: Supervisor;
}): Promise<() => Promise<void>> {
  const { claimHome } = await import('./ingress/lock.ts');
  const { serveHttp } = await import('./ingress/http-server.ts');
  const release = claimHome(options.paths.lockFile);
  try {
    await options.supervisor.startPlugins();
    const server = await serveHttp({ ...options, socket: options.paths.socket });
    return async () => {
      server.close();
      server.closeAllConnections();
      release();
    };
  } catch (thrown) {
    release();
    throw thrown;
  }
}
