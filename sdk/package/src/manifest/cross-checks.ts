/** The rules of the manifest that a schema cannot say: what excludes what, what must be unique, what must exist. */

import { isJsonObject } from '../json/parse-json.ts';
import { type Problem, problem, quote } from '../problems.ts';
import { parseByteSize } from './byte-size.ts';
import { keyPath } from './schema-problems.ts';

/** A project's forge.toml names paths; a package's config names digests. */
export type ManifestForm = 'project' | 'package';

type Table = Readonly<Record<string, unknown>>;

/**
 * Every broken rule in `manifest`, which may also break the schema: whatever has the wrong type is skipped here,
 * since the schema reports it, so that one reading of the file shows all that is wrong.
 */
export function crossCheck(manifest: unknown, form: ManifestForm, place: (pointer: string) => string): Problem[] {
  const problems: Problem[] = [];
  const report: Report = (pointer, message, hint) => {
    problems.push(problem('invalid', message, { where: place(pointer), hint }));
  };
  const root = tableOf(manifest);
  const containers = listOf(root['container']).map(tableOf);
  checkKind(root, containers, report);
  checkHostSpelling(root, '', report);
  for (const [index, container] of containers.entries()) checkContainer(container, `/container/${index}`, form, report);
  checkUnique(
    containers.map((container, index) => [container['name'], `/container/${index}/name`]),
    'two containers are named',
    report,
  );
  checkDependencies(containers, report);
  if (isJsonObject(root['plugin'])) checkPlugin(root['plugin'], form, report);
  return problems;
}

type Report = (pointer: string, message: string, hint?: string) => void;

function checkKind(root: Table, containers: readonly Table[], report: Report): void {
  const kind = tableOf(root['package'])['kind'] ?? 'app';
  const hasPlugin = root['plugin'] !== undefined;
  if (kind === 'plugin') {
    if (!hasPlugin) report('/package/kind', 'a plugin needs a [plugin] table', 'add [plugin] with provides and source or component');
    if (containers.length > 0) report('/container', 'a plugin has no containers', 'make the containers a package of their own, or set kind = "app"');
  } else if (kind === 'app') {
    if (hasPlugin) report('/plugin', '[plugin] in a package whose kind is "app"', 'set kind = "plugin" in [package]');
    else if (containers.length === 0) report('', 'an app needs at least one [[container]]', 'add [[container]] with name and component, source or image');
  }
}

function checkContainer(container: Table, at: string, form: ManifestForm, report: Report): void {
  const workloads = ['component', 'source', 'image'].filter((key) => container[key] !== undefined);
  const layers = listOf(container['layers']);
  const [, second] = workloads;
  if (second !== undefined) report(`${at}/${second}`, `${keyPath(at)} has ${workloads.join(' and ')}`, 'keep one: each says what runs');
  if (workloads.length === 0 && layers.length === 0) {
    report(at, `${keyPath(at)} does not say what runs`, 'add component = "app.wasm", source = "src/main.ts" or image = "registry/name:tag"');
  }
  if (container['image'] !== undefined && layers.length > 0) {
    report(`${at}/layers`, `${keyPath(at)} has image and layers`, 'an image brings its own layers: drop one of the two');
  }
  if (container['entrypoint'] !== undefined && (container['component'] !== undefined || container['source'] !== undefined)) {
    report(`${at}/entrypoint`, 'entrypoint has no meaning for a component: its entry is what it exports', 'put the words into args');
  }
  checkContent(container, at, form, report);
  for (const [index, layer] of layers.entries()) checkContentPath(layer, `${at}/layers/${index}`, form, report);
  checkHostSpelling(container, at, report);
  checkRestart(container['restart'], `${at}/restart`, report);
  checkHealth(container['health'], `${at}/health`, report);
  checkSizes(tableOf(container['limits']), `${at}/limits`, report);
  checkVolumes(listOf(container['volumes']).map(tableOf), `${at}/volumes`, report);
  const ports = listOf(container['ports']).map(tableOf);
  const portName = (port: Table, key: string) => (port[key] === undefined ? undefined : `${String(port[key])}/${String(port['protocol'] ?? 'tcp')}`);
  checkUnique(
    ports.map((port, index) => [portName(port, 'port'), `${at}/ports/${index}`]),
    'two ports are',
    report,
  );
  checkUnique(
    ports.map((port, index) => [portName(port, 'host-port'), `${at}/ports/${index}`]),
    'two ports ask for the host port',
    report,
  );
}

function checkPlugin(plugin: Table, form: ManifestForm, report: Report): void {
  const { component, source } = plugin;
  if (component !== undefined && source !== undefined) report('/plugin/source', '[plugin] has component and source', 'keep one: each says what runs');
  if (component === undefined && source === undefined) report('/plugin', '[plugin] does not say what runs', 'add source = "src/plugin.ts" or component = "plugin.wasm"');
  checkContent(plugin, '/plugin', form, report);
}

function checkContent(owner: Table, at: string, form: ManifestForm, report: Report): void {
  checkContentPath(owner['component'], `${at}/component`, form, report);
  if (owner['source'] === undefined) return;
  if (form === 'package') report(`${at}/source`, 'a package holds components, not sources', 'build the project first');
  else checkRelative(owner['source'], `${at}/source`, report);
}

const DIGEST = /^sha256:[a-f0-9]{64}$/;

function checkContentPath(content: unknown, pointer: string, form: ManifestForm, report: Report): void {
  if (typeof content !== 'string') return;
  if (form === 'project') checkRelative(content, pointer, report);
  else if (!DIGEST.test(content)) report(pointer, `${quote(content)} is not a digest`, 'in a package, components and layers are named by sha256: and 64 hex digits');
}

function checkRelative(path: unknown, pointer: string, report: Report): void {
  if (typeof path !== 'string') return;
  if (path.startsWith('sha256:')) report(pointer, `${quote(path)} is a digest, and a project names files`, 'write the path of the file relative to forge.toml');
  else if (path.startsWith('/') || /^[A-Za-z]:/.test(path))
    report(pointer, `${quote(path)} is an absolute path`, 'write it relative to forge.toml, so that the project builds elsewhere too');
}

function checkHostSpelling(owner: Table, at: string, report: Report): void {
  if (owner['allowed_outbound_hosts'] !== undefined && owner['allowed-outbound-hosts'] !== undefined) {
    report(`${at}/allowed-outbound-hosts`, 'allowed_outbound_hosts and allowed-outbound-hosts are the same key', 'keep one');
  }
}

function checkRestart(restart: unknown, at: string, report: Report): void {
  const { policy, 'max-retries': maxRetries } = tableOf(restart);
  if (policy === 'no' && maxRetries !== undefined) report(`${at}/max-retries`, 'max-retries with policy "no"', 'use policy = "on-failure"');
}

function checkHealth(health: unknown, at: string, report: Report): void {
  if (!isJsonObject(health)) return;
  const { command, http, port } = health;
  if (command !== undefined && http !== undefined) report(`${at}/http`, `${keyPath(at)} has command and http`, 'keep one');
  if (command === undefined && http === undefined) report(at, `${keyPath(at)} does not say how to check`, 'add http = "/healthz" or command = ["..."]');
  if (port !== undefined && http === undefined) report(`${at}/port`, 'port is only asked by an http check', 'add http = "/" or drop port');
}

function checkSizes(limits: Table, at: string, report: Report): void {
  for (const key of ['memory-bytes', 'storage-bytes']) {
    const size = limits[key];
    // Shape and range of plain numbers are the schema's; this catches "0.1B" and "99999999TiB".
    if (typeof size === 'string' && /^[0-9]/.test(size) && parseByteSize(size) === undefined) {
      report(`${at}/${key}`, `${keyPath(`${at}/${key}`)} is ${quote(size)}, which is no size`, 'write bytes, or a number with a unit such as "64MiB"');
    }
  }
}

function checkVolumes(volumes: readonly Table[], at: string, report: Report): void {
  volumes.forEach((volume, index) => {
    const here = `${at}/${index}`;
    const isScratch = volume['scratch'] === true;
    if (isScratch && volume['name'] !== undefined) report(`${here}/scratch`, `${keyPath(here)} has name and scratch`, 'keep one: a scratch volume goes with the container');
    if (!isScratch && volume['name'] === undefined) report(here, `${keyPath(here)} does not say what is mounted`, 'add name = "data" or scratch = true');
    if (typeof volume['target'] === 'string' && !isGuestPath(volume['target'])) {
      report(`${here}/target`, `${quote(volume['target'])} is no absolute guest path in normal form`, 'start with /, without ".", "..", "//", a trailing "/" or "\\"');
    }
  });
  checkUnique(
    volumes.map((volume, index) => [volume['target'], `${at}/${index}/target`]),
    'two volumes are mounted at',
    report,
  );
}

function isGuestPath(path: string): boolean {
  if (path === '/') return true;
  if (!path.startsWith('/') || /[\\\p{Cc}]/u.test(path) || !path.isWellFormed()) return false;
  return path
    .slice(1)
    .split('/')
    .every((part) => part !== '' && part !== '.' && part !== '..');
}

function checkUnique(items: readonly (readonly [unknown, string])[], message: string, report: Report): void {
  const seen = new Set<unknown>();
  for (const [value, pointer] of items) {
    if (value === undefined) continue;
    if (seen.has(value)) report(pointer, `${message} ${quote(value)}`);
    seen.add(value);
  }
}

function checkDependencies(containers: readonly Table[], report: Report): void {
  // The schema has refused such a list already, and looking for circles in it could take minutes.
  if (containers.length > CONTAINERS_MAX) return;
  const dependencies = new Map(containers.map((container) => [container['name'], listOf(container['depends-on'])]));
  containers.forEach((container, index) => {
    listOf(container['depends-on']).forEach((dependency, item) => {
      const pointer = `/container/${index}/depends-on/${item}`;
      if (typeof dependency === 'string' && !dependencies.has(dependency)) {
        report(pointer, `${quote(container['name'])} depends on ${quote(dependency)}, which is no container of this package`);
      }
    });
    if (dependsOnItself(container['name'], dependencies)) {
      report(`/container/${index}/depends-on`, `${quote(container['name'])} waits for itself`, 'break the circle of depends-on');
    }
  });
}

/** `maxItems` of `container` in the schema. */
const CONTAINERS_MAX = 256;

function dependsOnItself(start: unknown, dependencies: ReadonlyMap<unknown, readonly unknown[]>): boolean {
  const seen = new Set<unknown>();
  const pending = [...(dependencies.get(start) ?? [])];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if (next === start) return true;
    if (seen.has(next)) continue;
    seen.add(next);
    pending.push(...(dependencies.get(next) ?? []));
  }
  return false;
}

function tableOf(value: unknown): Table {
  return isJsonObject(value) ? value : {};
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
