import { describe, expect, test } from 'vitest';
import { importsOf, type Source, sourcesIn } from './sources.ts';

/** Law 1 and the direction of dependencies: who may import whom, held against the real imports. */
const all = [...sourcesIn('kernel/src'), ...sourcesIn('cli'), ...sourcesIn('sdk'), ...sourcesIn('plugins'), ...sourcesIn('examples')];

const within = (folder: string): Source[] => all.filter(({ path }) => path.startsWith(`${folder}/`));

function importers(sources: readonly Source[], what: RegExp): string[] {
  return sources.filter((source) => importsOf(source).some((name) => what.test(name))).map(({ path }) => path);
}

describe('who may import whom', () => {
  test('one kernel module imports the native addon', () => {
    expect(importers(all, /^@forgeone\/host-native|forge-host\.node|^host-native\//)).toEqual(['kernel/src/host/native.ts']);
  });

  test('the native host is opened by boot and by the entries of threads only', () => {
    expect(importers(all, /host\/native\.ts$/).sort()).toEqual(['kernel/src/domain/worker.ts', 'kernel/src/index.ts', 'kernel/src/kernel.ts', 'kernel/src/workload/worker.ts']);
  });

  test('grants are minted by the gate, and by the ingress for the logs it shows', () => {
    const minting = within('kernel/src').filter(({ path, text }) => !path.startsWith('kernel/src/host/') && text.includes('.grantMint('));
    expect(minting.map(({ path }) => path).sort()).toEqual(['kernel/src/gate/gate.ts', 'kernel/src/ingress/ingress.ts']);
  });

  test('the kernel imports neither plugins, nor the cli, nor the SDK', () => {
    expect(importers(within('kernel/src'), /^@forgeone\/(sdk|cli|plugin-)|^(plugins|cli|sdk\/src)\//)).toEqual([]);
  });

  test('the package format imports no platform', () => {
    expect(importers(within('sdk/package'), /^@forgeone\/(?!package)|^(kernel|cli|plugins|sdk\/src)\//)).toEqual([]);
  });

  test('the SDK imports neither the kernel nor the cli', () => {
    expect(importers(within('sdk'), /^@forgeone\/(kernel|cli|host-native)|^(kernel|cli)\//)).toEqual([]);
  });

  test('plugins import the SDK and their interfaces, and never each other', () => {
    for (const { path, text } of within('plugins').filter(({ path: p }) => p.includes('/src/'))) {
      const own = path.split('/').slice(0, 2).join('/');
      const foreign = importsOf({ path, text }).filter((name) => !name.startsWith('forge:') && !name.startsWith('@forgeone/sdk') && !name.startsWith(`${own}/`));
      expect(foreign, path).toEqual([]);
    }
  });

  test('the cli reaches the kernel by its two entries only', () => {
    expect(importers(within('cli'), /^kernel\/|^@forgeone\/kernel\/(?!client|errors)/).filter((path) => path.startsWith('cli/src/'))).toEqual([]);
  });
});
