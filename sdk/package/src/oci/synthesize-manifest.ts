/** Makes a manifest for what comes without one: a bare component, a wasm artifact, a wasm image. */

import { basename } from 'node:path';
import type { Manifest } from '../manifest/manifest.ts';
import { normalizeManifest } from '../manifest/normalize.ts';
import type { WasmInfo } from '../wasm/inspect-wasm.ts';

/** No release has it, so it cannot be taken for a version someone published. */
const SYNTHETIC_VERSION = '0.0.0';

export interface SynthesisInput {
  /** The file or directory it was read from; only its name is used. */
  readonly path: string;
  readonly digest: string;
  readonly info: WasmInfo;
  readonly args?: readonly string[] | undefined;
  readonly env?: Readonly<Record<string, string>> | undefined;
}

/**
 * A plugin if the component exports `forge:plugin/lifecycle`, else an app of one container that asks for nothing.
 * The name comes from the file: an annotation could claim any.
 */
export function synthesizeManifest({ path, digest, info, args, env }: SynthesisInput): Manifest {
  const name = nameFromFile(path);
  const identity = { name, version: SYNTHETIC_VERSION };
  if (info.kind === 'forge-plugin') {
    return normalizeManifest({ package: { ...identity, kind: 'plugin' }, plugin: { component: digest, provides: providedInterfaces(info) } });
  }
  return normalizeManifest({ package: identity, container: [{ name, component: digest, ...(args && { args }), ...(env && { env }) }] });
}

function nameFromFile(path: string): string {
  const stem = basename(path).replace(/\.(wasm|forgepkg|tar|oci)$/i, '');
  const name = stem
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 63)
    .replace(/^-+|-+$/g, '');
  return name === '' ? 'package' : name;
}

function providedInterfaces(info: WasmInfo): string[] {
  return info.exports
    .filter(({ name, kind }) => kind === 'instance' && /^[a-z0-9-]+:[a-z0-9-]+\/[a-z0-9-]+@[0-9]/.test(name) && !name.startsWith('forge:plugin/lifecycle'))
    .map(({ name }) => name);
}
