/** Entry of a domain's thread: builds the domain and serves calls until the supervisor ends it (call path steps 4 to 9). */
import { isMainThread, type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { asRefusal, Refusal } from '../errors.ts';
import type { Owner } from '../host/host.ts';
import { openNativeHost } from '../host/native.ts';
import { Instantiator } from '../loader/instantiate.ts';
import { openLog } from '../log.ts';
import { openAuditFile } from '../state/audit.ts';
import { StateStore } from '../state/store.ts';
import { type ChannelMemory, Server } from './channel.ts';
import { Domain, type PluginCall, type PluginReply } from './domain.ts';
import { KernelLine } from './kernel-line.ts';
import type { KernelServices, StoredPackage, WorkloadStatus } from './kernel-services.ts';
import type { PluginUnit } from './plugin-unit.ts';

/** All a domain's thread is told. */
export interface DomainThreadData {
  readonly name: string;
  readonly plugins: readonly PluginUnit[];
  readonly bell: SharedArrayBuffer;
  readonly incoming: readonly ChannelMemory[];
  readonly outgoing: Readonly<Record<string, ChannelMemory>>;
  readonly owners: SharedArrayBuffer;
  readonly line: MessagePort;
  readonly answered: SharedArrayBuffer;
  /** Set to 1 by the supervisor when the domain is to stop; the bell is rung after it. */
  readonly stop: SharedArrayBuffer;
  readonly mintKey: string;
  readonly ingressOwner: Owner;
  readonly roots: { readonly state: string; readonly volumes: string; readonly logs: string; readonly scratch: string };
  readonly codeCache: string;
  readonly stateFile: string;
  /** This kernel runs one package and ends: plugins with `oneShotState: 'process'` keep their state in memory. */
  readonly oneShot: boolean;
  readonly auditFile: string;
  readonly log: { readonly level: string; readonly file: string | undefined };
}

/** The services of {@link KernelServices} from a thread of its own. */
export function threadServices(data: Pick<DomainThreadData, 'plugins' | 'owners' | 'ingressOwner'>, line: KernelLine, stateOf: KernelServices['stateOf']): KernelServices {
  const owners = new Float64Array(data.owners);
  const orders = new Map(data.plugins.map(({ name, order }) => [name, order]));
  return {
    stateOf,
    orderOf: (plugin) => orders.get(plugin),
    ownerOf: (order): Owner => owners[order] ?? 0,
    setOwner: (order, owner) => {
      owners[order] = owner;
    },
    stateChanged: (plugin, pluginState, generation) => line.tell('stateChanged', plugin, pluginState, generation),
    overran: (domain, callId) => line.tell('overran', domain, callId),
    publish: (topic, payload, context) => line.tell('publish', topic, payload, context),
    schedule: (plugin, topic, payload, delayMs, context) => line.tell('schedule', plugin, topic, payload, delayMs, context),
    subscribe: (plugin, prefix) => line.tell('subscribe', plugin, prefix),
    ingressOwner: data.ingressOwner,
    offerPipe: (name, writer) => line.tell('offerPipe', name, writer),
    resolvePackage: (digest) => line.ask('resolvePackage', digest) as StoredPackage,
    evidenceOf: (component) => line.ask('evidenceOf', component) as ReturnType<KernelServices['evidenceOf']>,
    startWorkload: (order) => void line.ask('startWorkload', order),
    workloadStatus: (id) => line.ask('workloadStatus', id) as WorkloadStatus,
    stopWorkload: (id, graceMs) => void line.ask('stopWorkload', id, graceMs),
  };
}

function main(data: DomainThreadData): void {
  const host = openNativeHost();
  // Opened when first asked for: most one-shot runs need neither.
  const stores = new Map<string, StateStore>();
  const stateOf = ({ oneShotState }: PluginUnit): StateStore => {
    const path = data.oneShot && oneShotState === 'process' ? ':memory:' : data.stateFile;
    const store = stores.get(path) ?? new StateStore(path);
    stores.set(path, store);
    return store;
  };
  const audit = openAuditFile(data.auditFile);
  const instantiator = new Instantiator(data.codeCache, host.sha256, data.oneShot ? 'one-shot-plugins' : 'daemon');
  const domain = new Domain({
    instantiator,
    name: data.name,
    plugins: data.plugins,
    channels: data.outgoing,
    services: threadServices(data, new KernelLine(data.line, data.answered), stateOf),
    gate: { host, mintKey: data.mintKey, audit, roots: data.roots },
    log: openLog(data.log, data.name),
  });
  const stop = new Int32Array(data.stop);
  new Server(data.bell, data.incoming).serve(
    (message) => domain.serve(message as PluginCall),
    () => Atomics.load(stop, 0) === 0,
    (thrown): PluginReply => ({ refusal: (asRefusal(thrown) ?? new Refusal('other', 'internal error')).payload }),
  );
  domain.stop();
  instantiator.keepCode();
  for (const store of stores.values()) store.close();
  audit.close();
  data.line.close();
  parentPort?.close();
}

if (!isMainThread) main(workerData as DomainThreadData);
