/** The manifest after checking: defaults filled in, one spelling for each thing, units last in the names. */

export type PackageKind = 'app' | 'plugin';
export type RestartPolicy = 'no' | 'on-failure' | 'always';
export type IsolationClass = 'shared' | 'worker' | 'process';

export interface Manifest {
  readonly package: PackageIdentity;
  readonly containers: readonly ContainerManifest[];
  /** Present exactly when `package.kind` is "plugin". */
  readonly plugin?: PluginManifest | undefined;
  /** What the package asks for, by capability name. Asked is not granted. */
  readonly capabilities: Readonly<Record<string, CapabilityRequest>>;
}

export interface PackageIdentity {
  /** `name` or `namespace/name`. */
  readonly name: string;
  /** A semantic version. */
  readonly version: string;
  readonly kind: PackageKind;
  readonly description?: string | undefined;
  /** SPDX expression. */
  readonly license?: string | undefined;
  readonly authors: readonly string[];
}

/** At most one of `component`, `source` and `image` is present; if none is, `layers` is a Linux root filesystem. */
export interface ContainerManifest {
  readonly name: string;
  /** A relative path in a project, a `sha256:` digest in a package. */
  readonly component?: string | undefined;
  /** A TypeScript or JavaScript entry; in projects only. */
  readonly source?: string | undefined;
  /** An OCI image reference. */
  readonly image?: string | undefined;
  /** Relative paths in a project, `sha256:` digests in a package; lowest first. */
  readonly layers: readonly string[];
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly entrypoint?: readonly string[] | undefined;
  readonly restart: RestartRule;
  readonly health?: HealthCheck | undefined;
  readonly limits: ContainerLimits;
  /** The loosest class the package accepts; undefined leaves it to the security plugin. */
  readonly isolation?: IsolationClass | undefined;
  readonly volumes: readonly VolumeMount[];
  readonly ports: readonly PortRequest[];
  /** Empty means the platform's default network. */
  readonly networks: readonly string[];
  /** Empty means no outbound connection at all. */
  readonly allowedOutboundHosts: readonly string[];
  readonly dependsOn: readonly string[];
}

export interface RestartRule {
  readonly policy: RestartPolicy;
  readonly maxRetries?: number | undefined;
}

export interface HealthCheck {
  readonly check: { readonly kind: 'command'; readonly command: readonly string[] } | { readonly kind: 'http'; readonly path: string; readonly port?: number | undefined };
  readonly intervalMs: number;
  readonly timeoutMs: number;
  readonly startPeriodMs: number;
  readonly retries: number;
}

/** undefined leaves a limit to the platform. */
export interface ContainerLimits {
  readonly memoryBytes?: number | undefined;
  /** Cores. */
  readonly cpu?: number | undefined;
  readonly wallMs?: number | undefined;
  readonly pids?: number | undefined;
  readonly storageBytes?: number | undefined;
}

export interface VolumeMount {
  readonly source: { readonly kind: 'named'; readonly name: string } | { readonly kind: 'scratch' };
  /** Absolute guest path, normal form. */
  readonly target: string;
  readonly readOnly: boolean;
  readonly reason?: string | undefined;
}

export interface PortRequest {
  readonly name?: string | undefined;
  readonly port: number;
  readonly hostPort?: number | undefined;
  readonly protocol: 'tcp' | 'udp';
}

export interface PluginManifest {
  readonly component?: string | undefined;
  readonly source?: string | undefined;
  /** WIT interfaces with version. */
  readonly provides: readonly string[];
  readonly requires: readonly string[];
}

export interface CapabilityRequest {
  readonly reason: string;
}

/** `ns/name@version`, the name people and messages use for a package. */
export function referenceOf(manifest: Manifest): string {
  return `${manifest.package.name}@${manifest.package.version}`;
}
