/**
 * The routes of the control API (call path step 4). Each checks its input, makes one call, and says what it answered;
 * what is allowed and what happens is decided elsewhere.
 */

import type { Body, Request, Response } from 'forge:api/handler@0.1.0';
import type * as runtime from 'forge:container/runtime@0.1.0';
import type { Container, Spec } from 'forge:container/runtime@0.1.0';
import type * as packages from 'forge:host/packages@0.1.0';
import type * as log from 'forge:kernel/log@0.1.0';
import type * as volumes from 'forge:storage/volumes@0.1.0';
import { isRefusal, refuse } from '@forgeone/sdk';
import { checkQuery, digits, flag, integer, object, optional, parseJson, string } from './check.ts';
import { DIGEST, specJson, toJson } from './container-json.ts';
import { dispatch, type Route } from './router.ts';
import { readTable, startOrder } from './start-order.ts';

/** What this plugin asks of the platform. */
export interface Platform {
  readonly runtime: typeof runtime;
  readonly volumes: typeof volumes;
  readonly packages: typeof packages;
  readonly log: typeof log;
}

/** Of the API, not of the platform: it changes with this plugin. */
export const VERSION = '0.1.0';

/** Between asking a container to end and ending it, when the request names no time; as podman and docker. */
const GRACE_MS = 10_000;
const GRACE_MS_MAX = 600_000;
/** Of a u32, QuickJS guests can say one half (componentize-qjs 0.4.5). */
const COUNT_MAX = 2 ** 31 - 1;
/** Health is asked with an id that no container has: `not-found` proves that the runtime answers. */
const NO_CONTAINER = '0'.repeat(32);

const volumeJson = object({
  name: string(63),
  bytesMax: optional(integer(0, Number.MAX_SAFE_INTEGER), 0),
  entriesMax: optional(integer(0, COUNT_MAX), 0),
});

const empty: Body = { tag: 'empty' };
const json = (value: unknown, status = 200): Response => ({ status, body: { tag: 'json', val: JSON.stringify(value) } });
const ended = (id: string): string => `container.ended.${id}`;

/** Answers a request by its route. */
export class Routes {
  readonly #platform: Platform;
  readonly #routes: readonly Route[];

  constructor(platform: Platform) {
    this.#platform = platform;
    this.#routes = [...this.#nodeRoutes(), ...this.#containerRoutes(), ...this.#volumeRoutes()];
  }

  handle(request: Request): Response {
    return dispatch(this.#routes, request);
  }

  #nodeRoutes(): Route[] {
    return [
      route('GET', '/v1/version', (request) => {
        takesNothing(request);
        return json({ name: 'forgeone', api: 'v1', version: VERSION });
      }),
      route('GET', '/v1/health', (request) => {
        takesNothing(request);
        return this.#health();
      }),
      route('POST', '/v1/run', (request) => {
        checkQuery(request.query, {});
        return json({ containers: this.#run(specJson(parseJson(request.body), '')).map(toJson) }, 201);
      }),
      route('GET', '/v1/packages/{digest}', (request, [digest = '']) => {
        takesNothing(request);
        const found = this.#platform.packages.resolve(DIGEST(digest, 'digest'));
        return json({ ...found, containers: found.containers.map((container) => ({ ...container, manifest: readTable(container.name, container.manifest) })) });
      }),
    ];
  }

  #containerRoutes(): Route[] {
    const { runtime } = this.#platform;
    return [
      route('GET', '/v1/containers', (request) => {
        const { all } = checkQuery(request.query, { all: flag });
        takesNoBody(request);
        return json({ containers: runtime.list(all).map(toJson) });
      }),
      route('POST', '/v1/containers', (request) => {
        checkQuery(request.query, {});
        return json(toJson(runtime.create(specJson(parseJson(request.body), ''))), 201);
      }),
      route('GET', '/v1/containers/{id}', (request, [id = '']) => {
        takesNothing(request);
        return json(toJson(runtime.inspect(id)));
      }),
      route('DELETE', '/v1/containers/{id}', (request, [id = '']) => {
        const { force } = checkQuery(request.query, { force: flag });
        takesNoBody(request);
        runtime.remove(id, force);
        return { status: 204, body: empty };
      }),
      route('POST', '/v1/containers/{id}/start', (request, [id = '']) => {
        takesNothing(request);
        return json(toJson(runtime.start(id)));
      }),
      route('POST', '/v1/containers/{id}/stop', (request, [id = '']) => {
        const { graceMs } = checkQuery(request.query, { graceMs: optional(digits(0, GRACE_MS_MAX), GRACE_MS) });
        takesNoBody(request);
        return untilEnded(runtime.stop(id, graceMs));
      }),
      route('POST', '/v1/containers/{id}/kill', (request, [id = '']) => {
        takesNothing(request);
        return untilEnded(runtime.kill(id));
      }),
      route('POST', '/v1/containers/{id}/wait', (request, [id = '']) => {
        takesNothing(request);
        const container = runtime.inspect(id);
        return container.state === 'stopped' ? json(toJson(container)) : waitFor(container);
      }),
      route('GET', '/v1/containers/{id}/logs', (request, [id = '']) => {
        const { follow, tail, since } = checkQuery(request.query, {
          follow: flag,
          tail: optional(digits(0, COUNT_MAX), null),
          since: optional(digits(0, Number.MAX_SAFE_INTEGER), null),
        });
        takesNoBody(request);
        const name = runtime.logName(id);
        const container = follow ? runtime.inspect(id) : undefined;
        const topic = container && container.state !== 'stopped' ? ended(container.id) : null;
        return { status: 200, body: { tag: 'log', val: { name, tail, sinceMs: since, follow: topic } } };
      }),
      route('PUT', '/v1/containers/{id}/stdin', (request, [id = '']) => {
        checkQuery(request.query, {});
        const container = runtime.inspect(id);
        if (stdioOf(container) !== 'interactive') {
          throw refuse.conflict(`the standard input of container ${container.name} is not open`, {
            where: container.id,
            hint: 'create it with stdio "interactive" (forge run -i)',
          });
        }
        if (container.state !== 'running')
          throw refuse.conflict(`container ${container.name} is ${container.state}`, { where: container.id, hint: `forge start ${container.name}` });
        return { status: 204, body: { tag: 'stdin', val: container.id } };
      }),
    ];
  }

  #volumeRoutes(): Route[] {
    const { volumes } = this.#platform;
    return [
      route('GET', '/v1/volumes', (request) => {
        takesNothing(request);
        return json({ volumes: volumes.list() });
      }),
      route('POST', '/v1/volumes', (request) => {
        checkQuery(request.query, {});
        const { name, bytesMax, entriesMax } = volumeJson(parseJson(request.body), '');
        return json(volumes.create(name, bytesMax, entriesMax), 201);
      }),
      route('GET', '/v1/volumes/{name}', (request, [name = '']) => {
        takesNothing(request);
        return json(volumes.get(name));
      }),
      route('DELETE', '/v1/volumes/{name}', (request, [name = '']) => {
        takesNothing(request);
        volumes.remove(name);
        return { status: 204, body: empty };
      }),
    ];
  }

  /** Creates and starts every container of a package, or the one that is named. All or none. */
  #run(spec: Spec): Container[] {
    const { runtime, packages } = this.#platform;
    const found = packages.resolve(spec.package);
    const order = spec.container == null ? startOrder(found.containers) : [{ name: spec.container }];
    if (order.length === 0) throw refuse.invalid(`package ${found.name} has no container`, { where: 'package', hint: 'a plugin package is installed, not run' });
    const started: Container[] = [];
    let created: Container | undefined;
    try {
      for (const { name: container } of order) {
        const name = spec.name != null && order.length > 1 ? `${spec.name}-${container}` : spec.name;
        created = runtime.create({ ...spec, container, name });
        started.push(runtime.start(created.id));
        created = undefined;
      }
      return started;
    } catch (thrown) {
      for (const { id } of [...(created ? [created] : []), ...started.reverse()]) this.#removeQuietly(id);
      throw thrown;
    }
  }

  #removeQuietly(id: string): void {
    try {
      this.#platform.runtime.remove(id, true);
    } catch (thrown) {
      if (!isRefusal(thrown)) throw thrown;
      this.#platform.log.write('warn', `container ${id} of a run that failed could not be removed: ${thrown.message}`, [['container', id]]);
    }
  }

  #health(): Response {
    const { runtime, volumes } = this.#platform;
    const checks = {
      'container-runtime': answers(() => runtime.inspect(NO_CONTAINER)),
      storage: answers(() => volumes.get('health')),
    };
    const serving = Object.values(checks).every((check) => check === 'serving');
    return json({ status: serving ? 'serving' : 'not-serving', checks }, serving ? 200 : 503);
  }
}

const route = (method: Route['method'], path: string, handle: Route['handle']): Route => ({ method, path, handle });

/** Whether a plugin answers at all; it may well say that there is nothing of that name. */
function answers(ask: () => unknown): string {
  try {
    ask();
    return 'serving';
  } catch (thrown) {
    if (!isRefusal(thrown)) throw thrown;
    return thrown.code === 'not-found' ? 'serving' : thrown.message;
  }
}

const stdioOf = ({ spec }: Container): unknown => (JSON.parse(spec) as { stdio?: unknown }).stdio;

const waitFor = ({ id }: Container): Response => ({ status: 200, body: { tag: 'wait', val: ended(id) } });

/** The end arrives later than the request for it; one that never ran has nothing to wait for. */
const untilEnded = (container: Container): Response => (container.state === 'running' ? waitFor(container) : json(toJson(container)));

function takesNoBody({ body }: Request): void {
  if (body.length > 0) throw refuse.invalid('this route takes no body', { where: 'body' });
}

function takesNothing(request: Request): void {
  checkQuery(request.query, {});
  takesNoBody(request);
}
