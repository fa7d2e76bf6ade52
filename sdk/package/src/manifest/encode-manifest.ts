/** Writes a manifest in its JSON form, the same bytes for the same manifest: keys in one order, defaults left out. */

import type { JsonObject, JsonValue } from '../json/parse-json.ts';
import type { ContainerManifest, HealthCheck, Manifest, PluginManifest } from './manifest.ts';

/** The bytes of the config blob. Reading them back gives an equal manifest. */
export function encodeManifest(manifest: Manifest): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(manifestToJson(manifest)));
}

/** The manifest under the keys of `forge.schema.json`. */
export function manifestToJson(manifest: Manifest): JsonObject {
  const { name, version, kind, description, license, authors } = manifest.package;
  return without({
    package: without({ name, version, kind, description, license, authors: list(authors) }),
    container: list(manifest.containers.map(containerToJson)),
    plugin: manifest.plugin === undefined ? undefined : pluginToJson(manifest.plugin),
    capabilities: table(Object.fromEntries(sorted(manifest.capabilities).map(([capability, { reason }]) => [capability, { reason }]))),
  });
}

function containerToJson(container: ContainerManifest): JsonObject {
  const { limits, restart } = container;
  return without({
    name: container.name,
    component: container.component,
    source: container.source,
    image: container.image,
    layers: list(container.layers),
    args: list(container.args),
    env: table(Object.fromEntries(sorted(container.env))),
    entrypoint: list(container.entrypoint ?? []),
    restart: restart.maxRetries !== undefined ? { policy: restart.policy, 'max-retries': restart.maxRetries } : restart.policy === 'no' ? undefined : restart.policy,
    health: container.health === undefined ? undefined : healthToJson(container.health),
    limits: table(without({ 'memory-bytes': limits.memoryBytes, cpu: limits.cpu, 'wall-ms': limits.wallMs, pids: limits.pids, 'storage-bytes': limits.storageBytes })),
    isolation: container.isolation,
    volumes: list(
      container.volumes.map(({ source, target, readOnly, reason }) =>
        without({ ...(source.kind === 'named' ? { name: source.name } : { scratch: true }), target, 'read-only': readOnly || undefined, reason }),
      ),
    ),
    ports: list(container.ports.map(({ name, port, hostPort, protocol }) => without({ name, port, 'host-port': hostPort, protocol: protocol === 'tcp' ? undefined : protocol }))),
    networks: list(container.networks),
    allowed_outbound_hosts: list(container.allowedOutboundHosts),
    'depends-on': list(container.dependsOn),
  });
}

function healthToJson({ check, intervalMs, timeoutMs, startPeriodMs, retries }: HealthCheck): JsonObject {
  const how = check.kind === 'command' ? { command: [...check.command] } : { http: check.path, port: check.port };
  return without({ ...how, 'interval-ms': intervalMs, 'timeout-ms': timeoutMs, 'start-period-ms': startPeriodMs, retries });
}

function pluginToJson(plugin: PluginManifest): JsonObject {
  // `provides` is required, so an empty list stays.
  return without({ component: plugin.component, source: plugin.source, provides: [...plugin.provides], requires: list(plugin.requires) });
}

function without(fields: Record<string, JsonValue | undefined>): JsonObject {
  return Object.fromEntries(Object.entries(fields).filter((field): field is [string, JsonValue] => field[1] !== undefined));
}

function list(items: readonly JsonValue[]): JsonValue[] | undefined {
  return items.length === 0 ? undefined : [...items];
}

function table(fields: JsonObject): JsonObject | undefined {
  return Object.keys(fields).length === 0 ? undefined : fields;
}

function sorted<T>(fields: Readonly<Record<string, T>>): [string, T][] {
  return Object.entries(fields).sort(([a], [b]) => (a < b ? -1 : 1));
}
