/** The content-addressed cache of transpiled components: what a component becomes once, is there for every later start. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { GenerateOptions } from '@bytecodealliance/jco-transpile/component';
import type { LoadedComponent } from '../domain/plugin-unit.ts';
import { META_FILE } from './instantiate.ts';

/** Raised whenever the glue or the options below change: entries made by another version are not read. */
const CACHE_FORMAT = 5;
export const JCO_TRANSPILE_VERSION = '0.15.0';

/** How every component is transpiled; see ARCHITECTURE.md, "The glue". */
export const TRANSPILE_OPTIONS: GenerateOptions = {
  name: 'component',
  instantiation: { tag: 'async' },
  importBindings: { tag: 'hybrid' },
  strict: true,
  noComponentErrorWrapping: false,
  base64Cutoff: 0,
  noTypescript: true,
  map: [],
};

/** Names the tools in a cache path, so that an update of any of them begins anew. */
export const TOOL_KEY = `${CACHE_FORMAT}-jco-${JCO_TRANSPILE_VERSION}-v8-${process.versions.v8}`;

/** What `meta.json` holds. */
export interface ComponentMeta {
  readonly digest: string;
  readonly glueDigest: string;
  readonly imports: readonly string[];
  readonly exports: readonly string[];
  /** Core modules by file name, each with the SHA-256 of its bytes: all QuickJS guests share one engine. */
  readonly modules: Readonly<Record<string, string>>;
  /** Memory maximum that the modules have a capped twin for; 0: they have none. */
  readonly memoryBytesMax: number;
  readonly bytes: number;
}

export const hexOf = (digest: string): string => digest.replace(/^sha256:/, '');

/** Directory of a component below a cache root. */
export const componentDir = (cacheRoot: string, digest: string): string => join(cacheRoot, TOOL_KEY, hexOf(digest));

export class ComponentCache {
  /** Searched in order: what was shipped with the platform first. */
  readonly #roots: readonly string[];
  readonly #loaded = new Map<string, LoadedComponent>();

  constructor(roots: readonly string[]) {
    this.#roots = roots;
  }

  find(digest: string): LoadedComponent | undefined {
    const known = this.#loaded.get(digest);
    if (known) return known;
    for (const root of this.#roots) {
      const dir = componentDir(root, digest);
      const file = join(dir, META_FILE);
      if (!existsSync(file)) continue;
      const meta = JSON.parse(readFileSync(file, 'utf8')) as ComponentMeta;
      if (meta.digest !== digest) continue;
      const { glueDigest, imports, exports, modules, memoryBytesMax } = meta;
      const component = { digest, dir, glueDigest, imports, exports, modules, memoryBytesMax };
      this.#loaded.set(digest, component);
      return component;
    }
    return undefined;
  }
}
