/** What the supervisor tells a domain about one plugin: plain data that posts to a thread. */

/** One grant of the composition file: the static part of what a plugin may do (law 3). */
export interface CompositionGrant {
  /** Host interface without version, for example `forge:host/dirs`. */
  readonly interface: string;
  /** System calls of it that may be asked for at all. */
  readonly actions: readonly string[];
  /** Why, for the reader of the composition. */
  readonly reason: string;
}

/** A component made ready to run: glue and core modules in the cache. */
export interface LoadedComponent {
  /** `sha256:` and 64 hexadecimal digits of the component. */
  readonly digest: string;
  /** Directory in the content-addressed cache. */
  readonly dir: string;
  /** SHA-256 of the glue, checked before it is imported. */
  readonly glueDigest: string;
  /** Core modules by file name, each with the SHA-256 of its bytes. */
  readonly modules: Readonly<Record<string, string>>;
  /** Memory maximum that the modules have a capped twin for; 0: they have none. */
  readonly memoryBytesMax: number;
  /** Imports with their versions: the capability list. */
  readonly imports: readonly string[];
  /** Exports with their versions. */
  readonly exports: readonly string[];
}

export interface PluginUnit {
  readonly name: string;
  /** Position in the composition, from 0; a plugin may call lower positions only (law 2). */
  readonly order: number;
  /** Interfaces with version, for example `forge:storage/volumes@0.1.0`. */
  readonly provides: readonly string[];
  readonly grants: readonly CompositionGrant[];
  readonly config: Readonly<Record<string, string>>;
  readonly memoryBytesMax: number;
  /** Longest call into it. */
  readonly deadlineMs: number;
  /** In a one-shot kernel its state dies with the process: it only speaks of what dies too. */
  readonly oneShotState: 'durable' | 'process';
  /** Name of the domain it lives in. */
  readonly domain: string;
  readonly component: LoadedComponent;
}

/** `forge:storage/volumes@0.1.3` -> `forge:storage/volumes`. */
export const withoutVersion = (name: string): string => name.replace(/@[^@]*$/, '');

/** The part of a version that must agree (component model "canonical version"): `1.x -> 1`, `0.2.x -> 0.2`, `0.0.3 -> 0.0.3`. */
export function canonicalVersion(name: string): string {
  const version = /@(.*)$/.exec(name)?.[1] ?? '';
  const [major = '', minor = '', patch = ''] = version.split(/[.+-]/);
  if (major !== '0') return major;
  return minor !== '0' ? `0.${minor}` : `0.0.${patch}`;
}

/** Whether `provided` serves who asks for `wanted`: same interface, same canonical version. */
export const serves = (provided: string, wanted: string): boolean => withoutVersion(provided) === withoutVersion(wanted) && canonicalVersion(provided) === canonicalVersion(wanted);
