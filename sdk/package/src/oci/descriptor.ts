/** OCI content descriptors, manifests and indexes (image-spec 1.1), as far as packages need them. */

import { parseJson } from '../json/parse-json.ts';
import { LIMITS } from '../limits.ts';
import { quote, refuse } from '../problems.ts';
import { DIGEST_PATTERN } from './digest.ts';
import { JsonShape } from './json-shape.ts';
import { MEDIA_TYPE } from './media-types.ts';

export interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly annotations: Readonly<Record<string, string>>;
  /** `os/architecture`, in the index of an image for several platforms. */
  readonly platform?: string | undefined;
}

export interface OciManifest {
  readonly mediaType: string;
  readonly artifactType?: string | undefined;
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
  /** Present in referrers: what this manifest says something about. */
  readonly subject?: Descriptor | undefined;
  readonly annotations: Readonly<Record<string, string>>;
}

export interface OciIndex {
  readonly manifests: readonly Descriptor[];
}

const INDEX_TYPES: readonly string[] = [MEDIA_TYPE.ociIndex, MEDIA_TYPE.dockerIndex];
const MANIFEST_TYPES: readonly string[] = [MEDIA_TYPE.ociManifest, MEDIA_TYPE.dockerManifest];

export function isIndexType(mediaType: string): boolean {
  return INDEX_TYPES.includes(mediaType);
}

export function parseIndex(bytes: Uint8Array, what: string): OciIndex {
  const index = new JsonShape(parseJson(bytes, what), what);
  expectSchemaVersion(index);
  // image-spec leaves mediaType optional here, but a manifest posing as an index is two documents in one (CVE-2021-41190).
  const mediaType = index.string('mediaType') ?? MEDIA_TYPE.ociIndex;
  if (!isIndexType(mediaType)) refuse('invalid', `is no image index but ${quote(mediaType)}`, { where: what });
  if (index.object('config') || index.objects('layers')) refuse('invalid', 'is index and manifest at once', { where: what });
  const manifests = index.objects('manifests') ?? refuse('invalid', 'lacks "manifests"', { where: what });
  if (manifests.length > LIMITS.package.manifestsMax) refuse('limit', `more than ${LIMITS.package.manifestsMax} manifests`, { where: what });
  return { manifests: manifests.map(readDescriptor) };
}

/** The manifest in `bytes`, which the descriptor said is a `mediaType`. */
export function parseManifest(bytes: Uint8Array, mediaType: string, what: string): OciManifest {
  if (!MANIFEST_TYPES.includes(mediaType)) refuse('unsupported', `has the media type ${quote(mediaType)}, which is no manifest's`, { where: what });
  const manifest = new JsonShape(parseJson(bytes, what), what);
  expectSchemaVersion(manifest);
  const own = manifest.string('mediaType');
  if (own !== undefined && own !== mediaType) refuse('invalid', `says it is ${quote(own)}, and was named as ${quote(mediaType)}`, { where: what });
  if (manifest.objects('manifests')) refuse('invalid', 'is index and manifest at once', { where: what });
  const layers = manifest.objects('layers') ?? [];
  if (layers.length > LIMITS.package.layersMax) refuse('limit', `more than ${LIMITS.package.layersMax} layers`, { where: what });
  const subject = manifest.object('subject');
  return {
    mediaType,
    artifactType: manifest.string('artifactType'),
    config: readDescriptor(manifest.object('config') ?? refuse('invalid', 'lacks "config"', { where: what })),
    layers: layers.map(readDescriptor),
    subject: subject === undefined ? undefined : readDescriptor(subject),
    annotations: manifest.stringMap('annotations'),
  };
}

function readDescriptor(shape: JsonShape): Descriptor {
  const lacking = (key: string): never => refuse('invalid', `lacks ${quote(key)}`, { where: shape.what });
  const digest = shape.string('digest') ?? lacking('digest');
  const size = shape.whole('size') ?? lacking('size');
  if (!DIGEST_PATTERN.test(digest)) refuse('unsupported', `the digest ${quote(digest)} is not sha256`, { where: shape.what });
  if (size > LIMITS.package.blobBytesMax) refuse('limit', `a blob of ${size} bytes, more than ${LIMITS.package.blobBytesMax}`, { where: shape.what });
  const platform = shape.object('platform');
  return {
    mediaType: shape.string('mediaType') ?? lacking('mediaType'),
    digest,
    size,
    annotations: shape.stringMap('annotations'),
    platform: platform && `${platform.string('os') ?? ''}/${platform.string('architecture') ?? ''}`,
  };
}

function expectSchemaVersion(shape: JsonShape): void {
  if (shape.whole('schemaVersion') !== 2) refuse('unsupported', 'has a schemaVersion other than 2', { where: shape.what });
}
