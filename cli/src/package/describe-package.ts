/** `forge inspect FILE`: what is in a package and what it asks for, in words. */
import { type ContainerManifest, inspectWasm, type Manifest, type PackageReader, PLUGIN_COMPONENT, type WasmInfo } from '@forgeone/package';
import { neutralise } from '../terminal/neutralise.ts';
import { printFields } from '../terminal/table.ts';
import { printSize } from '../words/size.ts';
import { describeImports, describeKind } from './describe-interfaces.ts';

export interface PackageView {
  readonly reader: PackageReader;
  /** By container, or PLUGIN_COMPONENT. */
  readonly components: ReadonlyMap<string, { readonly info: WasmInfo; readonly digest: string; readonly size: number }>;
}

export async function viewPackage(reader: PackageReader): Promise<PackageView> {
  const components = new Map<string, { info: WasmInfo; digest: string; size: number }>();
  for (const { container, digest, size, read } of reader.components) components.set(container, { info: inspectWasm(await read(), `component of ${container}`), digest, size });
  return { reader, components };
}

const FORMATS: Readonly<Record<PackageReader['kind'], string>> = {
  forgepkg: 'ForgeOne package',
  'wasm-artifact': 'CNCF wasm artifact in an OCI layout',
  'oci-image': 'OCI image for wasi/wasm',
  wasm: 'WebAssembly file',
};

export function describePackage(view: PackageView): string {
  const { reader } = view;
  const { manifest } = reader;
  const { name, version, kind, description, license, authors } = manifest.package;
  const head = printFields([
    ['package', `${name} ${version}`],
    ...optional('about', description),
    ['kind', kind],
    ['format', FORMATS[reader.kind]],
    ['digest', reader.digest],
    ...optional('license', license),
    ...optional('authors', authors.join(', ')),
    ['attached', reader.referrers.length === 0 ? 'nothing (no signature, no SBOM)' : reader.referrers.map(({ artifactType }) => artifactType ?? 'unknown').join(', ')],
  ]);
  const parts = manifest.containers.map((container) => describeContainer(container, view));
  if (manifest.plugin) parts.push(describePlugin(manifest, view));
  const asked = Object.entries(manifest.capabilities).map(([capability, { reason }]): [string, string] => [capability, reason]);
  if (asked.length > 0)
    parts.push(
      `asks for (asked is not granted)\n${printFields(
        asked.map(([capability, reason]) => [neutralise(capability), reason] as const),
        '  ',
      )}`,
    );
  return [head, ...parts].join('\n');
}

const optional = (key: string, value: string | undefined): (readonly [string, string])[] => (value ? [[key, value]] : []);

function describeContainer(container: ContainerManifest, view: PackageView): string {
  const { limits } = container;
  const fields: (readonly [string, string])[] = [
    ...describeComponent(container.name, view),
    ...optional('image', container.image),
    ...optional('files', container.layers.length > 0 ? `${container.layers.length} layer${container.layers.length === 1 ? '' : 's'}, read only` : undefined),
    ...optional('arguments', container.args.map((word) => JSON.stringify(word)).join(' ')),
    ...optional(
      'environment',
      Object.entries(container.env)
        .map(([key, value]) => `${key}=${value}`)
        .join(' '),
    ),
    ...container.volumes.map(
      ({ source, target, readOnly, reason }) =>
        ['mounts', `${source.kind === 'named' ? `volume ${source.name}` : 'scratch space'} at ${target}${readOnly ? ', read only' : ''}${reason ? `: ${reason}` : ''}`] as const,
    ),
    ['connects to', container.allowedOutboundHosts.length > 0 ? container.allowedOutboundHosts.join(', ') : 'nothing'],
    ...container.ports.map(({ port, protocol, name }) => ['listens on', `${port}/${protocol}${name ? ` (${name})` : ''}`] as const),
    ...optional('networks', container.networks.join(', ')),
    ...optional('memory', limits.memoryBytes === undefined ? undefined : `at most ${printSize(limits.memoryBytes)}`),
    ...optional('time', limits.wallMs === undefined ? undefined : `at most ${limits.wallMs / 1_000} s`),
    ...optional('isolation', container.isolation ? `${container.isolation} or stricter` : undefined),
    ...optional(
      'restart',
      container.restart.policy === 'no'
        ? undefined
        : `${container.restart.policy}${container.restart.maxRetries ? `, at most ${container.restart.maxRetries} times in a row` : ''}`,
    ),
    ...optional('starts after', container.dependsOn.join(', ')),
  ];
  return `container ${neutralise(container.name)}\n${printFields(fields, '  ')}`;
}

function describePlugin({ plugin }: Manifest, view: PackageView): string {
  const fields = [
    ...describeComponent(PLUGIN_COMPONENT, view),
    ['provides', plugin?.provides.join(', ') || 'nothing'] as const,
    ['requires', plugin?.requires.join(', ') || 'nothing'] as const,
  ];
  return `plugin\n${printFields(fields, '  ')}`;
}

function describeComponent(container: string, { components }: PackageView): (readonly [string, string])[] {
  const found = components.get(container);
  if (!found) return [];
  return [
    ['is', `${describeKind(found.info)}, ${printSize(found.size)}`],
    ['digest', found.digest],
    ...describeImports(found.info).map(({ power, imports }) => ['uses', `${power} (${shorten(imports)})`] as const),
  ];
}

/** The first few say enough; `--format json` has all. */
const IMPORTS_SHOWN = 4;
const shorten = (names: readonly string[]): string =>
  `${names.slice(0, IMPORTS_SHOWN).join(', ')}${names.length > IMPORTS_SHOWN ? ` and ${names.length - IMPORTS_SHOWN} more` : ''}`;
