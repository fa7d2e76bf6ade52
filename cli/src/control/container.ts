/** Containers as the control API shows them, and requests about one (call path step 2). */
import type { ControlClient } from '@forgeone/kernel/client';
import { Refusal } from '@forgeone/kernel/errors';
import { refusalOfAnswer } from '../failure.ts';
import { ask, pathPart } from './ask.ts';

/** `forge:container/runtime.container` in JSON. */
export interface Container {
  readonly id: string;
  readonly name: string;
  /** Name and version of its package. */
  readonly image: string;
  readonly state: string;
  readonly exitCode: number | undefined;
  readonly reason: string | undefined;
  readonly createdMs: number;
  readonly startedMs: number;
  readonly endedMs: number;
  readonly restarts: number;
  readonly isolation: string;
  /** All of it, as it came. */
  readonly json: Readonly<Record<string, unknown>>;
}

/** Digits of an id that lists show, as podman does. */
const SHORT_ID_LENGTH = 12;
export const shortId = (id: string): string => id.slice(0, SHORT_ID_LENGTH);

const foreign = (what: string): Refusal =>
  new Refusal('unavailable', `the daemon answered with something else than ${what}`, { hint: 'daemon and forge may be of different versions: forge version' });

export function readContainer(json: unknown): Container {
  const fields = (typeof json === 'object' && json !== null ? json : {}) as Record<string, unknown>;
  const { id, name, image, state, exitCode, reason, isolation } = fields;
  if (typeof id !== 'string' || typeof name !== 'string' || typeof state !== 'string') throw foreign('a container');
  const count = (key: string): number => (typeof fields[key] === 'number' ? fields[key] : 0);
  return {
    id,
    name,
    image: typeof image === 'string' ? image : '',
    state,
    exitCode: typeof exitCode === 'number' ? exitCode : undefined,
    reason: typeof reason === 'string' ? reason : undefined,
    createdMs: count('createdMs'),
    startedMs: count('startedMs'),
    endedMs: count('endedMs'),
    restarts: count('restarts'),
    isolation: typeof isolation === 'string' ? isolation : '',
    json: fields,
  };
}

export function readContainers(json: unknown): Container[] {
  const list = (json as { containers?: unknown } | null | undefined)?.containers ?? json;
  if (!Array.isArray(list)) throw foreign('a list of containers');
  return list.map(readContainer);
}

const pathOf = (id: string, verb?: string): string => `/v1/containers/${pathPart(id)}${verb ? `/${verb}` : ''}`;

export async function inspectContainer(client: ControlClient, id: string): Promise<Container> {
  return readContainer((await ask(client, { method: 'GET', path: pathOf(id) })).json);
}

export async function listContainers(client: ControlClient, all: boolean): Promise<Container[]> {
  return readContainers((await ask(client, { method: 'GET', path: '/v1/containers', query: [['all', String(all)]] })).json);
}

export async function startContainer(client: ControlClient, id: string): Promise<void> {
  await ask(client, { method: 'POST', path: pathOf(id, 'start') });
}

/** `graceMs` undefined: the platform's. Answers when the guest has ended. */
export async function stopContainer(client: ControlClient, id: string, graceMs: number | undefined): Promise<void> {
  await ask(client, { method: 'POST', path: pathOf(id, 'stop'), ...(graceMs === undefined ? {} : { query: [['graceMs', String(graceMs)]] }) });
}

export async function killContainer(client: ControlClient, id: string): Promise<void> {
  await ask(client, { method: 'POST', path: pathOf(id, 'kill') });
}

export async function removeContainer(client: ControlClient, id: string, force: boolean): Promise<void> {
  await ask(client, { method: 'DELETE', path: pathOf(id), query: [['force', String(force)]] });
}

/** How it ended. The platform parks the request; a wait that runs out is put again. */
export async function waitForEnd(client: ControlClient, id: string, signal?: AbortSignal): Promise<Container> {
  for (;;) {
    const response = await client.request({ method: 'POST', path: pathOf(id, 'wait'), ...(signal ? { signal } : {}) });
    if (response.status === 504) continue;
    if (response.status >= 400) throw refusalOfAnswer(response.status, response.json);
    const container = readContainer(response.json);
    if (container.state === 'stopped') return container;
  }
}
