/** The fake of forge:host: trees, streams, allow-lists, packages and guests that exist only as records. */
import type { Rights } from 'forge:types/handles@0.1.0';
import type { Package } from '@forgeone/wit/generated/host/forge-host-packages.d.ts';
import type { Outcome, Spec, State } from '@forgeone/wit/generated/host/forge-host-workloads.d.ts';
import { Refusal } from '../guest/refusal.ts';
import { FakeHandles } from './fake-handles.ts';
import type { FakeInterfaces } from './harness-types.ts';

export interface FakeVolume {
  readonly name: string;
  /** What `usage` reports. */
  bytes: number;
  entries: number;
}

export interface FakeWorkload {
  readonly id: string;
  readonly spec: Spec;
  state: State;
}

const VOLUME_NAME = /^[a-z0-9][a-z0-9._-]{0,62}$/;
const LOG_NAME = /^[a-z0-9-]{1,64}$/;
const RULES_MAX = 256;

function logName(name: string): string {
  if (!LOG_NAME.test(name)) throw new Refusal('invalid', `"${name}" is not a log name`, { where: 'name' });
  return name;
}

const isSubset = (part: Rights, whole: Rights): boolean => (['read', 'write', 'mutate'] as const).every((right) => !part[right] || whole[right]);

export class FakeMachine {
  readonly handles = new FakeHandles();
  readonly volumes = new Map<string, FakeVolume>();
  /** Directories of the machine that exist. */
  readonly paths = new Set<string>(['/', '/tmp']);
  readonly logs = new Set<string>();
  readonly packages = new Map<string, Package>();
  readonly workloads = new Map<string, FakeWorkload>();

  /** Puts a volume there, as if made before. */
  addVolume(name: string, usage: { bytes?: number; entries?: number } = {}): FakeVolume {
    const volume = { name, bytes: usage.bytes ?? 0, entries: usage.entries ?? 0 };
    this.volumes.set(name, volume);
    return volume;
  }

  addPackage(found: Package): void {
    this.packages.set(found.digest, found);
  }

  /** Ends a guest; the harness delivers `workload.ended.ID` when this is called through it. */
  endWorkload(id: string, outcome: Outcome): void {
    this.workload(id).state = { tag: 'ended', val: outcome };
  }

  workload(id: string): FakeWorkload {
    const workload = this.workloads.get(id);
    if (!workload) throw new Refusal('not-found', `there is no workload ${id}`, { where: 'id' });
    return workload;
  }

  #checkedVolume(name: string): string {
    if (!VOLUME_NAME.test(name)) throw new Refusal('invalid', `"${name}" is not a volume name`, { where: 'volume' });
    return name;
  }

  #derive(kind: string, handle: string, to: string, rights?: Rights): string {
    const parent = this.handles.get(handle, kind);
    if (rights && !isSubset(rights, parent.rights))
      throw new Refusal('denied', 'a derived handle has no more rights than its parent', { where: 'rights', hint: 'open the tree with these rights' });
    return this.handles.make({ kind, what: parent.what, rights: rights ?? parent.rights, owner: to, parent: handle });
  }

  interfaces(): Pick<
    FakeInterfaces,
    'forge:host/dirs@0.1.0' | 'forge:host/streams@0.1.0' | 'forge:host/outbound@0.1.0' | 'forge:host/packages@0.1.0' | 'forge:host/workloads@0.1.0'
  > {
    const { handles } = this;
    const close = (handle: string): void => handles.close(handle);
    const stream = (what: string): string => handles.make({ kind: 'stream', what, rights: {}, owner: '', parent: undefined });
    return {
      'forge:host/dirs@0.1.0': {
        open: (tree, rights) => {
          if (tree.tag === 'volume' && !this.volumes.has(this.#checkedVolume(tree.val))) throw new Refusal('not-found', `there is no volume ${tree.val}`, { where: tree.val });
          if (tree.tag === 'path' && !this.paths.has(tree.val)) throw new Refusal('not-found', `there is no directory ${tree.val}`, { where: tree.val });
          return handles.make({ kind: 'tree', what: `${tree.tag}:${tree.val}`, rights, owner: '', parent: undefined });
        },
        create: (volume) => {
          if (this.volumes.has(this.#checkedVolume(volume))) throw new Refusal('conflict', `there is a volume ${volume} already`, { where: volume });
          this.addVolume(volume);
        },
        remove: (volume) => {
          if (!this.volumes.delete(this.#checkedVolume(volume))) throw new Refusal('not-found', `there is no volume ${volume}`, { where: volume });
        },
        scratch: (memory) =>
          handles.make({ kind: 'tree', what: memory ? 'scratch:memory' : 'scratch:disk', rights: { read: true, write: true, mutate: true }, owner: '', parent: undefined }),
        derive: (handle, rights, to) => this.#derive('tree', handle, to, rights),
        usage: (handle) => {
          const { what } = handles.get(handle, 'tree');
          const volume = this.volumes.get(what.replace(/^volume:/, ''));
          return { bytes: volume?.bytes ?? 0, entries: volume?.entries ?? 0 };
        },
        close,
      },
      'forge:host/streams@0.1.0': {
        inherit: (standard) => stream(standard),
        pipe: (name) => stream(`pipe:${logName(name)}`),
        log: (name, standard) => {
          this.logs.add(logName(name));
          return stream(`log:${name}:${standard}`);
        },
        removeLog: (name) => void this.logs.delete(name),
        close,
      },
      'forge:host/outbound@0.1.0': {
        define: (rules) => {
          if (rules.length > RULES_MAX) throw new Refusal('limit', `at most ${RULES_MAX} rules`, { where: 'rules' });
          for (const [index, rule] of rules.entries()) {
            if (rule.portFirst < 1 || rule.portLast < rule.portFirst) throw new Refusal('invalid', 'the ports are not a range', { where: `rules[${index}]` });
          }
          const what = rules.map((rule) => `${rule.protocol}://${rule.host}:${rule.portFirst}-${rule.portLast}`).join(' ');
          return handles.make({ kind: 'outbound', what: what || 'nothing', rights: {}, owner: '', parent: undefined });
        },
        derive: (handle, to) => this.#derive('outbound', handle, to),
        close,
      },
      'forge:host/packages@0.1.0': {
        resolve: (digest) => {
          const found = this.packages.get(digest);
          if (!found) throw new Refusal('not-found', `there is no package ${digest}`, { where: digest });
          return found;
        },
      },
      'forge:host/workloads@0.1.0': {
        start: (spec) => {
          const id = `workload-${this.workloads.size + 1}`;
          this.workloads.set(id, { id, spec: spec as unknown as Spec, state: { tag: 'running' } });
          return { id, isolation: 'worker', reason: 'built here' };
        },
        status: (id) => this.workload(id).state,
        stop: (id) => {
          const workload = this.workload(id);
          if (workload.state.tag !== 'ended') this.endWorkload(id, { tag: 'stopped' });
        },
      },
    };
  }
}
