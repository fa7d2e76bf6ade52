/** Fills in the manifest's defaults and settles its spellings; the input has passed every check. */

import { parseByteSize } from './byte-size.ts';
import type { ContainerManifest, HealthCheck, Manifest, PackageKind, PluginManifest, PortRequest, RestartPolicy, RestartRule, VolumeMount } from './manifest.ts';

/** The shape the schema guarantees, as far as it is read here. */
interface RawManifest {
  readonly package: {
    readonly name: string;
    readonly version: string;
    readonly kind?: PackageKind;
    readonly description?: string;
    readonly license?: string;
    readonly authors?: string[];
  };
  readonly container?: readonly RawContainer[];
  readonly plugin?: { readonly component?: string; readonly source?: string; readonly provides: string[]; readonly requires?: string[] };
  readonly capabilities?: Readonly<Record<string, { readonly reason: string }>>;
  readonly allowed_outbound_hosts?: string[];
  readonly 'allowed-outbound-hosts'?: string[];
}

interface RawContainer {
  readonly name: string;
  readonly component?: string;
  readonly source?: string;
  readonly image?: string;
  readonly layers?: string[];
  readonly args?: string[];
  readonly env?: Record<string, string>;
  readonly entrypoint?: string[];
  readonly restart?: RestartPolicy | { readonly policy: RestartPolicy; readonly 'max-retries'?: number };
  readonly health?: RawHealth;
  readonly limits?: {
    readonly 'memory-bytes'?: number | string;
    readonly cpu?: number;
    readonly 'wall-ms'?: number;
    readonly pids?: number;
    readonly 'storage-bytes'?: number | string;
  };
  readonly isolation?: ContainerManifest['isolation'];
  readonly volumes?: readonly { readonly name?: string; readonly scratch?: boolean; readonly target: string; readonly 'read-only'?: boolean; readonly reason?: string }[];
  readonly ports?: readonly { readonly name?: string; readonly port: number; readonly 'host-port'?: number; readonly protocol?: 'tcp' | 'udp' }[];
  readonly networks?: string[];
  readonly allowed_outbound_hosts?: string[];
  readonly 'allowed-outbound-hosts'?: string[];
  readonly 'depends-on'?: string[];
}

interface RawHealth {
  readonly command?: string[];
  readonly http?: string;
  readonly port?: number;
  readonly 'interval-ms'?: number;
  readonly 'timeout-ms'?: number;
  readonly 'start-period-ms'?: number;
  readonly retries?: number;
}

export function normalizeManifest(checked: unknown): Manifest {
  const raw = checked as RawManifest;
  const hosts = raw.allowed_outbound_hosts ?? raw['allowed-outbound-hosts'] ?? [];
  return {
    package: {
      name: raw.package.name,
      version: raw.package.version,
      kind: raw.package.kind ?? 'app',
      description: raw.package.description,
      license: raw.package.license,
      authors: raw.package.authors ?? [],
    },
    containers: (raw.container ?? []).map((container) => normalizeContainer(container, hosts)),
    plugin: raw.plugin === undefined ? undefined : normalizePlugin(raw.plugin),
    capabilities: raw.capabilities ?? {},
  };
}

function normalizeContainer(raw: RawContainer, packageHosts: readonly string[]): ContainerManifest {
  const limits = raw.limits ?? {};
  const size = (value: number | string | undefined) => (value === undefined ? undefined : parseByteSize(value));
  return {
    name: raw.name,
    component: raw.component,
    source: raw.source,
    image: raw.image,
    layers: raw.layers ?? [],
    args: raw.args ?? [],
    env: raw.env ?? {},
    entrypoint: raw.entrypoint,
    restart: normalizeRestart(raw.restart ?? 'no'),
    health: raw.health === undefined ? undefined : normalizeHealth(raw.health),
    limits: {
      memoryBytes: size(limits['memory-bytes']),
      cpu: limits.cpu,
      wallMs: limits['wall-ms'],
      pids: limits.pids,
      storageBytes: size(limits['storage-bytes']),
    },
    isolation: raw.isolation,
    volumes: (raw.volumes ?? []).map(
      (volume): VolumeMount => ({
        source: volume.name === undefined ? { kind: 'scratch' } : { kind: 'named', name: volume.name },
        target: volume.target,
        readOnly: volume['read-only'] ?? false,
        reason: volume.reason,
      }),
    ),
    ports: (raw.ports ?? []).map((port): PortRequest => ({ name: port.name, port: port.port, hostPort: port['host-port'], protocol: port.protocol ?? 'tcp' })),
    networks: raw.networks ?? [],
    allowedOutboundHosts: raw.allowed_outbound_hosts ?? raw['allowed-outbound-hosts'] ?? packageHosts,
    dependsOn: raw['depends-on'] ?? [],
  };
}

function normalizeRestart(raw: NonNullable<RawContainer['restart']>): RestartRule {
  return typeof raw === 'string' ? { policy: raw } : { policy: raw.policy, maxRetries: raw['max-retries'] };
}

function normalizeHealth(raw: RawHealth): HealthCheck {
  return {
    check: raw.command === undefined ? { kind: 'http', path: raw.http ?? '/', port: raw.port } : { kind: 'command', command: raw.command },
    intervalMs: raw['interval-ms'] ?? 30_000,
    timeoutMs: raw['timeout-ms'] ?? 5_000,
    startPeriodMs: raw['start-period-ms'] ?? 0,
    retries: raw.retries ?? 3,
  };
}

function normalizePlugin(raw: NonNullable<RawManifest['plugin']>): PluginManifest {
  return { component: raw.component, source: raw.source, provides: raw.provides, requires: raw.requires ?? [] };
}
