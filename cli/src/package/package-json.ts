/** `forge inspect --format json FILE`: the manifest, and what each binary imports and exports. */
import { manifestToJson } from '@forgeone/package';
import type { PackageView } from './describe-package.ts';

export function packageJson({ reader, components }: PackageView): unknown {
  return {
    reference: reader.reference,
    digest: reader.digest,
    format: reader.kind,
    manifest: manifestToJson(reader.manifest),
    components: [...components].map(([container, { info, digest, size }]) => ({
      container,
      digest,
      size,
      kind: info.kind,
      imports: info.format === 'module' ? info.imports.map(({ module, name }) => `${module}.${name}`) : info.imports.map(({ name }) => name),
      exports: info.exports.map(({ name }) => name),
    })),
    layers: reader.files.map(({ containers, digest, size, mediaType }) => ({ containers, digest, size, mediaType })),
    referrers: reader.referrers.map(({ digest, artifactType, subject, annotations }) => ({ digest, artifactType, subject, annotations })),
    annotations: reader.annotations,
  };
}
