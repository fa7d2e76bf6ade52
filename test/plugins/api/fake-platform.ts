/** What the api plugin calls, in memory: a runtime that only keeps states, volumes, and one package. */

import type { Request, Response } from 'forge:api/handler@0.1.0';
import type { Container, Spec } from 'forge:container/runtime@0.1.0';
import { Refusal } from '@forgeone/sdk';
import { type Platform, Routes } from '../../../plugins/api/src/routes.ts';

export const PACKAGE = `sha256:${'a'.repeat(64)}`;

export class FakePlatform implements Platform {
  readonly containers = new Map<string, Container>();
  readonly specs: Spec[] = [];
  readonly calls: string[] = [];
  /** Manifest tables by container name. */
  manifests: Record<string, unknown> = { web: {} };
  refusals = new Map<string, Refusal>();
  readonly log: Platform['log'] = { write: (_, message) => void this.calls.push(`log ${message}`) };

  readonly packages: Platform['packages'] = {
    resolve: (digest) => {
      this.#call('resolve', digest);
      if (digest !== PACKAGE) throw new Refusal('not-found', 'no such package');
      const containers = Object.entries(this.manifests).map(([name, table]) => ({ name, component: 'sha256:c', manifest: JSON.stringify(table) }));
      return { digest, name: 'demo', version: '1.0.0', containers };
    },
  };

  readonly volumes: Platform['volumes'] = {
    create: (name, bytesMax, entriesMax) => {
      this.#call('volume create', name);
      return { name, bytesMax, entriesMax, createdMs: 1 };
    },
    get: (name) => {
      this.#call('volume get', name);
      throw new Refusal('not-found', `no volume ${name}`);
    },
    list: () => [{ name: 'data', bytesMax: 0, entriesMax: 0, createdMs: 1 }],
    remove: (name) => this.#call('volume remove', name),
    mount: () => 'x',
    mountPath: () => 'x',
    unmount: () => undefined,
  };

  readonly runtime: Platform['runtime'] = {
    create: (spec) => {
      this.#call('create', spec.container ?? '');
      this.specs.push(spec);
      const id = `${this.specs.length}`.padStart(32, '0').replace(/^0/, 'c');
      return this.#set({ id, name: spec.name ?? `made-${this.specs.length}`, state: 'created', spec: JSON.stringify({ stdio: spec.stdio }) });
    },
    start: (id) => {
      this.#call('start', id.slice(-1));
      return this.#set({ id: this.#find(id).id, state: 'running' });
    },
    stop: (id, graceMs) => {
      this.#call('stop', `${graceMs}`);
      return this.#find(id);
    },
    kill: (id) => {
      this.#call('kill', '');
      return this.#find(id);
    },
    remove: (id, force) => {
      this.#call('remove', `${id.slice(-1)}${force ? ' force' : ''}`);
      this.containers.delete(this.#find(id).id);
    },
    inspect: (id) => {
      this.#call('inspect', '');
      return this.#find(id);
    },
    list: (all) => [...this.containers.values()].filter(({ state }) => all || state === 'running'),
    logName: (id) => this.#find(id).id,
  };

  readonly routes: Routes = new Routes(this);

  /** Puts a request; an object is sent as JSON, text as it is. */
  put(method: string, url: string, body?: unknown): Response {
    const { pathname, searchParams } = new URL(url, 'http://forge');
    const text = body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body);
    const request: Request = { method, path: decodeURIComponent(pathname), query: [...searchParams], body: new TextEncoder().encode(text) };
    return this.routes.handle(request);
  }

  end(id: string, exitCode: number): void {
    this.#set({ id, state: 'stopped', exitCode, reason: 'over' });
  }

  #set(changes: Partial<Container> & { readonly id: string }): Container {
    const base: Container = { ...NEW, ...this.containers.get(changes.id), ...changes };
    this.containers.set(base.id, base);
    return base;
  }

  #find(reference: string): Container {
    const found = [...this.containers.values()].find(({ id, name }) => id === reference || name === reference);
    if (!found) throw new Refusal('not-found', `no container ${reference}`);
    return found;
  }

  #call(name: string, what: string): void {
    this.calls.push(`${name} ${what}`.trim());
    const refusal = this.refusals.get(name);
    this.refusals.delete(name);
    if (refusal) throw refusal;
  }
}

const NEW: Container = {
  id: '',
  name: '',
  package: PACKAGE,
  image: 'demo:1.0.0',
  state: 'created',
  createdMs: 1,
  startedMs: 0,
  endedMs: 0,
  restarts: 0,
  isolation: 'shared',
  spec: '{}',
};

/** The JSON of a response. */
export const jsonOf = ({ body }: Response): unknown => (body.tag === 'json' ? JSON.parse(body.val) : undefined);
