/** Makes OCI layouts by hand, to be read by the code under test, and temporary folders for them. */

import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll } from 'vitest';
import { type RawEntry, rawTar } from './tar-bytes.ts';

const folder = mkdtempSync(join(tmpdir(), 'forge-package-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let counter = 0;

export function tempPath(name: string): string {
  const path = join(folder, String(counter++), name);
  mkdirSync(dirname(path), { recursive: true });
  return path;
}

export function tempFile(name: string, bytes: Uint8Array | string): string {
  const path = tempPath(name);
  writeFileSync(path, bytes);
  return path;
}

export interface Ref {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}

export const digestOf = (bytes: Uint8Array) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

export const json = (value: unknown) => new TextEncoder().encode(typeof value === 'string' ? value : JSON.stringify(value));

/** Files of a layout, by name; the tests then take away, add and change. */
export class LayoutFiles {
  readonly files = new Map<string, Uint8Array>();

  constructor() {
    this.files.set('oci-layout', json({ imageLayoutVersion: '1.0.0' }));
  }

  blob(bytes: Uint8Array, mediaType: string): Ref {
    const digest = digestOf(bytes);
    this.files.set(`blobs/${digest.replace(':', '/')}`, bytes);
    return { mediaType, digest, size: bytes.length };
  }

  manifest(fields: Record<string, unknown>, mediaType = 'application/vnd.oci.image.manifest.v1+json'): Ref {
    return this.blob(json({ schemaVersion: 2, mediaType, ...fields }), mediaType);
  }

  index(manifests: readonly unknown[]): this {
    this.files.set('index.json', json({ schemaVersion: 2, manifests }));
    return this;
  }

  tar(name = 'test.forgepkg'): string {
    return tempFile(name, rawTar(...[...this.files].map(([file, content]): RawEntry => ({ name: file, content }))));
  }

  directory(name = 'layout'): string {
    const path = tempPath(name);
    for (const [file, content] of this.files) {
      mkdirSync(dirname(join(path, file)), { recursive: true });
      writeFileSync(join(path, file), content);
    }
    return path;
  }
}

export const FORGE = {
  artifactType: 'application/vnd.forgeone.package.v1+json',
  config: 'application/vnd.forgeone.package.config.v1+json',
} as const;

/** A forgepkg of one container whose component is `wasm`. */
export function forgeLayout(wasm: Uint8Array, change: { config?: unknown; manifest?: Record<string, unknown> } = {}): LayoutFiles {
  const layout = new LayoutFiles();
  const layer = layout.blob(wasm, 'application/wasm');
  const config = change.config ?? { package: { name: 'acme/web', version: '1.2.0' }, container: [{ name: 'web', component: layer.digest }] };
  const manifest = layout.manifest({ artifactType: FORGE.artifactType, config: layout.blob(json(config), FORGE.config), layers: [layer], ...change.manifest });
  return layout.index([manifest]);
}
