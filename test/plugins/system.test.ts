import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'smol-toml';
import { describe, expect, test } from 'vitest';
import { projectDir } from './project-dir.ts';

interface Grant {
  readonly interface: string;
  readonly actions: readonly string[];
  readonly reason: string;
}

interface Plugin {
  readonly name: string;
  readonly component: string;
  readonly provides: readonly string[];
  readonly grants: readonly Grant[];
  readonly config?: Readonly<Record<string, string>>;
}

interface Manifest {
  readonly package: { readonly name: string; readonly version: string; readonly kind: string };
  readonly plugin: { readonly source: string; readonly provides: readonly string[]; readonly requires?: readonly string[] };
  readonly capabilities?: Readonly<Record<string, { readonly reason: string }>>;
}

const read = <T>(file: string): T => parse(readFileSync(file, 'utf8')) as T;
const { plugin: plugins } = read<{ plugin: Plugin[] }>(join(projectDir('.'), 'system.toml'));
const manifestOf = (name: string) => read<Manifest>(join(projectDir(name), 'forge.toml'));
const schema = readFileSync(join(projectDir('security'), 'policies/forge.cedarschema'), 'utf8');

describe('the composition', () => {
  test('begins with who decides and ends with who is asked', () => {
    expect(plugins.map(({ name }) => name)).toEqual(['security', 'storage', 'network', 'container-runtime', 'api']);
  });

  test('grants nothing to who decides', () => {
    expect(plugins[0]?.grants).toEqual([]);
  });

  test('vouches for the plugins it names, and for no other', () => {
    expect(plugins[0]?.config?.['trusted-plugins']?.split(' ')).toEqual(plugins.slice(1).map(({ name }) => name));
  });

  test.each(plugins.map((plugin) => [plugin.name, plugin] as const))('says of %s what its manifest says', (name, { component, provides, grants }) => {
    const manifest = manifestOf(name);
    expect(component).toBe(`dist/${name}.wasm`);
    expect(manifest.package).toMatchObject({ name: `forgeone/${name}`, kind: 'plugin' });
    expect(provides).toEqual(manifest.plugin.provides);
    expect(grants.map((grant) => grant.interface).sort()).toEqual(Object.keys(manifest.capabilities ?? {}).sort());
  });

  test.each(plugins.map((plugin) => [plugin.name, plugin] as const))('gives %s the interfaces it requires from above', (name) => {
    const above = plugins
      .slice(
        0,
        plugins.findIndex((plugin) => plugin.name === name),
      )
      .flatMap(({ provides }) => provides);
    expect(above).toEqual(expect.arrayContaining([...(manifestOf(name).plugin.requires ?? [])]));
  });

  test('gives a reason for each grant, and only actions that policies can speak of', () => {
    for (const { grants } of plugins) {
      for (const { actions, reason } of grants) {
        expect(reason.length).toBeGreaterThan(20);
        expect(actions.length).toBeGreaterThan(0);
        for (const action of actions) expect(schema).toContain(`"${action}"`);
      }
    }
  });
});
