/**
 * Compositions that a kernel has to refuse at boot, with file and line: unknown keys, missing reasons and grants, and
 * plugins that would call down the order, or themselves (attacks 17, 18, 26, 27).
 */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { componentDir } from '../../kernel/src/loader/cache.ts';
import { type CompositionChange, composeIn, type PluginTable } from '../fixtures/composition.ts';
import { temporaryDirectory } from '../fixtures/leftovers.ts';
import { Platform, PlatformError, type PlatformError as Refused } from '../fixtures/platform.ts';
import { componentOf } from '../fixtures/programs.ts';
import { worldWith } from '../fixtures/wit-text.ts';

const folder = temporaryDirectory();
const home = join(folder, 'home');

/** What boot says, and the text of the composition it said it of. */
async function boot(
  change: CompositionChange,
  prepare: (plugins: string) => void = () => undefined,
): Promise<{ refusal: Refused['refusal']; file: string; lines: readonly string[] }> {
  const plugins = await composeIn(folder, change);
  prepare(plugins);
  const file = join(plugins, 'system.toml');
  const outcome = await Platform.open({ home, plugins, placement: 'together' }).then(
    async (platform) => {
      await platform.kill();
      return undefined;
    },
    (thrown: unknown) => thrown,
  );
  if (!(outcome instanceof PlatformError)) throw new Error('boot was not refused', { cause: outcome });
  return { refusal: outcome.refusal, file, lines: readFileSync(file, 'utf8').split('\n') };
}

/** The line that a message points at. */
function lineOf(message: string, file: string, lines: readonly string[]): string {
  const place = message.split('\n')[0] ?? '';
  expect(place.startsWith(`${file}:`)).toBe(true);
  return lines[Number(place.slice(file.length + 1).split(':')[0]) - 1] ?? '';
}

const change = (name: string, set: (table: PluginTable) => void): CompositionChange => ({
  edit: (tables) => {
    const table = tables.find((candidate) => candidate.name === name);
    if (table) set(table);
    return tables;
  },
});

/** A plugin of two interfaces of the platform: what it imports, it calls when it is asked for its health. */
async function pluginImporting(world: string, importedName: string, importedFunction: string, params: string): Promise<Uint8Array> {
  const wat = `(module
    (import "${importedName}" "${importedFunction}" (func $imported (param ${params})))
    (memory (export "memory") 1)
    (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))
    (func $ok (result i32) (i32.const 512))
    (func (export "forge:plugin/lifecycle@0.1.0#start") (result i32) (call $ok))
    (func (export "forge:plugin/lifecycle@0.1.0#health") (result i32) (call $imported ${params
      .split(' ')
      .map(() => '(i32.const 0)')
      .join(' ')}) (call $ok))
    (func (export "forge:plugin/lifecycle@0.1.0#stop") (result i32) (call $ok))
    (func (export "forge:network/outbound@0.1.0#prepare") (param i32 i32) (result i32) (unreachable))
    (func (export "forge:network/outbound@0.1.0#release") (param i32 i32) (result i32) (unreachable)))`;
  const files = ['types', 'plugin', 'network', 'storage', 'container', 'host'].map((name) => `forge-${name}/${name}.wit`);
  const wit = worldWith(`world hostile { ${world} export forge:plugin/lifecycle@0.1.0; export forge:network/outbound@0.1.0; }`, ...files);
  return componentOf(wat, wit, 'hostile');
}

describe('a composition is refused at boot, with file and line,', () => {
  test('when a key is unknown, and the one that was meant is named', async () => {
    const { refusal, file, lines } = await boot(change('storage', (table) => (table['memory-byte-max'] = 1)));
    expect(refusal.message).toMatch(/: unknown key "memory-byte-max"; did you mean "memory-bytes-max"\?$/);
    expect(lineOf(refusal.message, file, lines)).toBe('memory-byte-max = 1');
  });

  test('when a grant has no reason', async () => {
    const { refusal, file, lines } = await boot(change('storage', (table) => (table['grants'] = [{ interface: 'forge:host/dirs', actions: ['dir.open'], reason: ' ' }])));
    expect(refusal.message).toMatch(/: the grant of forge:host\/dirs has no reason; say why: reason = "\.\.\."$/);
    expect(lineOf(refusal.message, file, lines)).toBe('interface = "forge:host/dirs"');
  });

  test('when a plugin imports what it is not granted, and the line to add is given (17)', async () => {
    const { refusal, file, lines } = await boot(change('storage', (table) => delete table['grants']));
    expect(refusal.message).toMatch(
      /: storage imports forge:host\/dirs, which is not granted; add \[\[plugin\.grants\]\] interface = "forge:host\/dirs", actions = \[\.\.\.\], reason = "\.\.\."$/,
    );
    expect(lineOf(refusal.message, file, lines)).toBe('name = "storage"');
  });

  test('when a plugin is granted what it does not import', async () => {
    const { refusal } = await boot(change('network', (table) => (table['grants'] as unknown[]).push({ interface: 'forge:host/dirs', actions: ['dir.open'], reason: 'Why not.' })));
    expect(refusal.message).toMatch(/: network is granted forge:host\/dirs but does not import it; remove the grant$/);
  });

  test('when plugins stand in the wrong order: who is called stands above (27)', async () => {
    const { refusal, file, lines } = await boot({ edit: (tables) => [...tables].reverse() });
    expect(refusal.code).toBe('invalid');
    expect(refusal.message).toMatch(
      /: api imports forge:container\/runtime@0\.1\.0 from container-runtime, which stands below it: calls go up; move container-runtime above api$/m,
    );
    expect(lineOf(refusal.message, file, lines)).toBe('name = "api"');
  });

  test('when a plugin wants to call one below it (27)', async () => {
    const component = await pluginImporting('import forge:container/runtime@0.1.0;', 'forge:container/runtime@0.1.0', 'list', 'i32 i32');
    const { refusal, file, lines } = await boot({ replace: { network: { component, set: { grants: undefined } } } });
    expect(refusal.message).toMatch(
      /: network imports forge:container\/runtime@0\.1\.0 from container-runtime, which stands below it: calls go up; move container-runtime above network$/,
    );
    expect(lineOf(refusal.message, file, lines)).toBe('name = "network"');
  });

  test('when a plugin wants to call itself (27)', async () => {
    const component = await pluginImporting('import forge:network/outbound@0.1.0;', 'forge:network/outbound@0.1.0', 'prepare', 'i32 i32 i32');
    const { refusal } = await boot({ replace: { network: { component, set: { grants: undefined } } } });
    expect(refusal.message).toMatch(/: network imports forge:network\/outbound@0\.1\.0 from network, which stands below it: calls go up/);
  });

  test('when a plugin imports what nobody provides (17, 18)', async () => {
    const { refusal } = await boot({ edit: (tables) => tables.filter(({ name }) => name !== 'storage') });
    expect(refusal.message).toMatch(/: container-runtime imports forge:storage\/(volumes|scratch)@0\.1\.0, which no plugin provides$/m);
  });

  test('when a plugin imports a service that this kernel does not have (17, 18)', async () => {
    const wit =
      'package test:attack; world hostile { import forge:kernel/backdoor@0.1.0; export forge:plugin/lifecycle@9.0.0; } package forge:kernel@0.1.0 { interface backdoor { open: func(); } } package forge:plugin@9.0.0 { interface lifecycle { start: func(); } }';
    const component = await componentOf(
      '(module (import "forge:kernel/backdoor@0.1.0" "open" (func $open)) (func (export "forge:plugin/lifecycle@9.0.0#start") (call $open)))',
      wit,
      'hostile',
    );
    const { refusal } = await boot({
      replace: { network: { component, set: { grants: undefined, provides: [] } } },
      edit: (tables) => tables.filter(({ name }) => name === 'security' || name === 'network'),
    });
    expect(refusal.message).toMatch(/: network imports forge:kernel\/backdoor@0\.1\.0, which this kernel does not have$/m);
  });

  test('when a plugin does not export what it is said to provide (26)', async () => {
    const { refusal } = await boot(change('network', (table) => (table['provides'] = ['forge:network/outbound@0.1.0', 'forge:security/authorizer@0.1.0'])));
    expect(refusal.message).toMatch(/: network does not export forge:security\/authorizer@0\.1\.0, which it is said to provide$/m);
  });

  test('when two plugins provide the same, for nobody could say who is asked (26, 28)', async () => {
    const { refusal } = await boot(
      { edit: (tables) => [...tables.map((table) => ({ ...table })), { ...(tables.find(({ name }) => name === 'network') as PluginTable), name: 'network-too' }] },
      (plugins) => {
        const digests = JSON.parse(readFileSync(join(plugins, 'dist', 'plugins.json'), 'utf8')) as Record<string, string>;
        writeFileSync(join(plugins, 'dist', 'plugins.json'), JSON.stringify({ ...digests, 'network-too': digests['network'] }));
      },
    );
    expect(refusal.message).toMatch(/: network-too provides forge:network\/outbound@0\.1\.0, and so does network/);
  });

  test('when two plugins have one name (28)', async () => {
    const { refusal } = await boot({ edit: (tables) => [...tables, { ...(tables[0] as PluginTable) }] });
    expect(refusal.message).toMatch(/: there are two plugins called security$/);
  });

  test("when a plugin is called as no plugin may be, such as the kernel's own part of the state store (28)", async () => {
    const { refusal } = await boot(change('network', (table) => (table.name = 'KERNEL')));
    expect(refusal.message).toMatch(/: "KERNEL" is no plugin name: a-z 0-9 -, a letter first$/);
  });

  test('when a plugin is not the one that was pinned (66)', async () => {
    const { refusal, file } = await boot(change('security', (table) => (table['digest'] = `sha256:${'0'.repeat(64)}`)));
    expect(refusal.message).toMatch(/^plugin security has digest sha256:[0-9a-f]{64}, the composition says sha256:0{64}$/);
    expect(refusal.where).toBe(file);
  });

  test('when the file is no TOML', async () => {
    const { refusal, file } = await boot({ editText: (text) => text.replace('name = "storage"', 'name = "storage') });
    expect(refusal.message).toMatch(/^the composition is no TOML: /);
    expect(refusal.where).toMatch(new RegExp(`^${file}:\\d+$`));
  });

  test('when it is several things, all of them at once', async () => {
    const { refusal } = await boot({
      edit: (tables) =>
        tables.map((table) => (table.name === 'storage' ? { ...table, 'deadline-ms': 0, digset: 'x' } : table.name === 'api' ? { ...table, component: 'dist/none.wasm' } : table)),
    });
    const problems = refusal.message.split('\n');
    expect(problems).toHaveLength(3);
    expect(problems).toContainEqual(expect.stringMatching(/unknown key "digset"; did you mean "digest"\?$/));
    expect(problems).toContainEqual(expect.stringMatching(/"deadline-ms" is a whole number from 1 to 60000$/));
    expect(problems).toContainEqual(expect.stringMatching(/there is no file .*none\.wasm; build it: npm run build$/));
  });
});

describe('a plugin whose compiled form was changed', () => {
  test('is not loaded: glue runs with full rights (66)', async () => {
    const plugins = await composeIn(folder, {});
    const digests = JSON.parse(readFileSync(join(plugins, 'dist', 'plugins.json'), 'utf8')) as Record<string, string>;
    const glue = join(componentDir(join(plugins, 'dist', 'cache'), digests['api'] ?? ''), 'component.js');
    writeFileSync(glue, `process.exit(66);${readFileSync(glue, 'latin1')}`, 'latin1');
    const platform = await Platform.open({ home, plugins, placement: 'together' });
    expect(await platform.refusal('GET', '/v1/version')).toMatchObject({ code: 'unavailable', detail: 'plugin api could not start' });
    expect(platform.log).toMatch(/the cached glue .* was changed; remove its directory and it is made again/);
    await platform.close();
  });

  test('is not there: boot is refused with what to do', async () => {
    const { refusal } = await boot({}, (plugins) => rmSync(join(plugins, 'dist', 'cache'), { recursive: true }));
    expect(refusal).toMatchObject({ code: 'unavailable', hint: 'npm run build' });
    expect(refusal.message).toMatch(/^plugin \S+ is not compiled for this version$/);
  });
});
