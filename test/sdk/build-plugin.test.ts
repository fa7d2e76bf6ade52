import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { transpileBytes } from '@bytecodealliance/jco-transpile';
import { BuildError, buildPlugin, mapStack } from '@forgeone/sdk/build';
import { createHarness } from '@forgeone/sdk/testing';
import { describe, expect, test } from 'vitest';
import { bundlePlugin } from '../../sdk/src/build/build-plugin.ts';
import { makePlugin, makeProject, manifestOf } from './project.ts';

const EMPTY = `import { definePlugin } from '@forgeone/sdk';\nexport default definePlugin({});\n`;

/** What the component would import and export; making it takes seconds, and a few tests below do. */
async function outlineOf(projectDir: string, options: { minify?: boolean } = {}) {
  const { bundle, exports } = await bundlePlugin({ projectDir, ...options });
  return { imports: bundle.imports, exports };
}

async function failureOf(build: Promise<unknown>): Promise<BuildError> {
  const error = await build.then(
    () => new Error('the build did not fail'),
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof BuildError)) throw error;
  return error;
}

describe('a component imports what its code uses', () => {
  test('a plugin that does nothing imports the log and exports its lifecycle', async () => {
    const { component, imports, exports, size } = await buildPlugin({ projectDir: makePlugin(EMPTY) });
    expect(imports).toEqual(['forge:kernel/log@0.1.0']);
    expect(exports).toEqual(['forge:plugin/lifecycle@0.1.0']);
    expect(size).toBeLessThan(2_000_000);
    const transpiled = await transpileBytes(component, { name: 'x', instantiation: 'sync' } as never);
    expect(transpiled.imports).toEqual(['forge:kernel/log']);
  });

  test('an interface that is imported and not used, or only for its types, is not among them', async () => {
    const source = `
      import { definePlugin } from '@forgeone/sdk';
      import * as dirs from 'forge:host/dirs@0.1.0';
      import * as streams from 'forge:host/streams@0.1.0';
      import type { Rule } from 'forge:host/outbound@0.1.0';
      const none: Rule[] = [];
      export default definePlugin({ lifecycle: { start() { for (const rule of none) dirs.close(rule.host); } } });`;
    expect((await outlineOf(makePlugin(source))).imports).toEqual(['forge:host/dirs@0.1.0', 'forge:kernel/log@0.1.0']);
  });

  test('a global brings its interface along only when it is named, in CommonJS too', async () => {
    const using = (start: string, old: string) =>
      makePlugin(`import { definePlugin } from '@forgeone/sdk';\nimport { draw } from './old.cjs';\nexport default definePlugin({ lifecycle: { start() { ${start} } } });`, [], {
        'src/old.cjs': `exports.draw = () => ${old};`,
      });
    const without = using(`console.log(draw(), Math.max(1, 2), new URL('http://a/b').pathname, structuredClone([1]), setTimeout);`, 'new TextEncoder()');
    expect((await outlineOf(without)).imports).toEqual(['forge:kernel/clock@0.1.0', 'forge:kernel/log@0.1.0']);
    const pure = using(`console.log(draw(), Math.max(1, 2), new URL('http://a/b').pathname, structuredClone([1]));`, 'Promise.resolve(new TextEncoder())');
    expect((await outlineOf(pure)).imports).toEqual(['forge:kernel/log@0.1.0']);
    const random = using('console.log(draw());', 'Math.random()');
    expect((await outlineOf(random)).imports).toEqual(['forge:kernel/log@0.1.0', 'forge:kernel/random@0.1.0']);
    const time = using('console.log(globalThis.performance.now(), draw());', 'new Date()');
    expect((await outlineOf(time)).imports).toEqual(['forge:kernel/clock@0.1.0', 'forge:kernel/log@0.1.0']);
  });
});

describe('events', () => {
  const listening = (style: string, use: string) => `
    import { definePlugin } from '@forgeone/sdk';
    ${style}
    export default definePlugin({
      lifecycle: { start() { ${use}; } },
      listener: { deliver(topic, payload) { console.log(topic, payload); } },
    });`;
  const LISTENER = 'forge:plugin/listener@0.1.0';

  test('a plugin that subscribes or schedules exports the listener', async () => {
    for (const [style, use] of [
      [`import { subscribe } from 'forge:kernel/events@0.1.0';`, `subscribe('workload.')`],
      [`import { schedule as later } from 'forge:kernel/events@0.1.0';`, `later('retry', '{}', 5)`],
      [`import * as events from 'forge:kernel/events@0.1.0';`, `events.subscribe('workload.')`],
    ] as const) {
      for (const minify of [false, true]) expect((await outlineOf(makePlugin(listening(style, use)), { minify })).exports).toContain(LISTENER);
    }
  });

  test('one that publishes only does not', async () => {
    const source = `
      import { definePlugin } from '@forgeone/sdk';
      import { publish } from 'forge:kernel/events@0.1.0';
      const subscribe = (name: string) => publish(name, '{}');
      export default definePlugin({ lifecycle: { start() { subscribe('a.b'); } } });`;
    expect((await outlineOf(makePlugin(source))).exports).not.toContain(LISTENER);
  });

  test('reach the listener: those subscribed to at once, those scheduled at their time', async () => {
    const source = listening(`import { schedule, subscribe } from 'forge:kernel/events@0.1.0';`, `subscribe('workload.'); schedule('retry.now', '1', 500)`);
    const { component } = await buildPlugin({ projectDir: makePlugin(source), minify: true });
    const harness = await createHarness({ component });
    harness.start();
    expect(harness.publish({ topic: 'workload.ended.1', payload: '0' })).toBe(true);
    expect(harness.publish({ topic: 'other', payload: '0' })).toBe(false);
    harness.advance(499);
    expect(harness.log.map(({ message }) => message)).toEqual(['workload.ended.1 0']);
    harness.advance(1);
    expect(harness.log.map(({ message }) => message)).toEqual(['workload.ended.1 0', 'retry.now 1']);
  });
});

describe('mistakes are named with their place', () => {
  const bundleOf = (files: Record<string, string>) => bundlePlugin({ projectDir: makeProject(files) });
  const bundle = (source: string, provides: string[] = []) => bundlePlugin({ projectDir: makePlugin(source, provides) });

  test('a syntax error', async () => {
    const { problems } = await failureOf(bundle(`${EMPTY}const x = ;\n`));
    expect(problems).toMatchObject([{ file: 'src/plugin.ts', line: 3, column: 11, message: 'Unexpected ";"' }]);
  });

  test('a mistyped interface, with the one that was meant', async () => {
    const { problems } = await failureOf(bundle(`import * as d from 'forge:host/dir@0.1.0';\n${EMPTY}d.close('x');`));
    expect(problems).toMatchObject([
      { file: 'src/plugin.ts', line: 1, message: 'there is no WIT interface "forge:host/dir@0.1.0"', hint: 'did you mean "forge:host/dirs@0.1.0"?' },
    ]);
  });

  test('a module of Node, and the Node side of the SDK', async () => {
    const node = await failureOf(bundle(`import fs from 'node:fs';\n${EMPTY}fs.readFileSync('x');`));
    expect(node.message).toContain('src/plugin.ts:1:16: "node:fs" is not there: a guest has no Node modules');
    const build = await failureOf(bundle(`import { buildPlugin } from '@forgeone/sdk/build';\n${EMPTY}buildPlugin();`));
    expect(build.message).toContain('"@forgeone/sdk/build" is not for guests');
  });

  test('a missing file', async () => {
    expect((await failureOf(bundle(`import './nowhere.ts';\n${EMPTY}`))).message).toMatch(/^src\/plugin\.ts:1:8: Could not resolve "\.\/nowhere\.ts"/);
  });

  test('an error thrown by a module', async () => {
    const source = EMPTY.replace('export', `import './inner.ts';\nexport`);
    const inner = `\nfunction fail(): never {\n  throw new RangeError('too early');\n}\nfail();\n`;
    const { problems } = await failureOf(buildPlugin({ projectDir: makePlugin(source, [], { 'src/inner.ts': inner }) }));
    expect(problems).toMatchObject([{ file: 'src/inner.ts', line: 3, message: 'too early' }]);
    expect(problems[0]?.hint).toContain('src/inner.ts:5');
  });

  test('a call to the host by a module', async () => {
    const source = `import { get } from 'forge:kernel/config@0.1.0';\nconst value = get('key');\n${EMPTY.replace('{}', '{ lifecycle: { start() { console.log(value); } } }')}`;
    const { problems } = await failureOf(buildPlugin({ projectDir: makePlugin(source) }));
    expect(problems[0]?.message).toBe('forge:kernel/config@0.1.0#get is called while the component is built');
    expect(problems[0]?.hint).toContain('lifecycle.start');
  });

  test('a definition that is not what the manifest says', async () => {
    const { problems } = await failureOf(buildPlugin({ projectDir: makePlugin(EMPTY, ['forge:network/outbound@0.1.0']) }));
    expect(problems[0]?.message).toBe('forge.toml names forge:network/outbound@0.1.0 in [plugin] provides, but definePlugin does not provide it');
  });

  test('top-level await', async () => {
    expect((await failureOf(bundle(`${EMPTY}await null;`))).message).toMatch(/src\/plugin\.ts:3:1: Top-level await is not available/);
  });

  test('no default export', async () => {
    const { problems } = await failureOf(bundle('export const x = 1;'));
    expect(problems).toEqual([{ file: 'src/plugin.ts', message: 'there is no default export', hint: 'export default definePlugin({ ... })' }]);
  });

  test('two interfaces of the same short name', async () => {
    expect((await failureOf(bundle(EMPTY, ['forge:network/outbound@0.1.0', 'forge:host/outbound@0.1.0']))).message).toContain('both are called "outbound"');
  });

  test('a manifest that is not TOML, is not there, or has no plugin', async () => {
    const broken = await failureOf(bundleOf({ 'forge.toml': '[plugin]\nsource = src' }));
    expect(broken.problems[0]).toMatchObject({ line: 2, file: expect.stringMatching(/forge\.toml$/) });
    expect((await failureOf(bundleOf({}))).message).toContain('forge.toml: cannot be read');
    expect((await failureOf(bundleOf({ 'forge.toml': '[package]\nname = "x"' }))).message).toContain('there is no [plugin] table');
    expect((await failureOf(bundleOf({ 'forge.toml': manifestOf('forge:storage/volume@0.1.0'), 'src/plugin.ts': EMPTY }))).message).toContain(
      'did you mean "forge:storage/volumes@0.1.0"?',
    );
  });
});

describe('what a build leaves', () => {
  test('the component and its source map', async () => {
    const projectDir = makePlugin(EMPTY);
    const outFile = join(projectDir, 'out', 'plugin.wasm');
    const { component, sourceMap } = await buildPlugin({ projectDir, outFile });
    expect(new Uint8Array(readFileSync(outFile))).toEqual(component);
    expect(readFileSync(`${outFile}.map`, 'utf8')).toBe(sourceMap);
    expect(JSON.parse(sourceMap).sources).toContain('src/plugin.ts');
    expect(mapStack('at f (componentize-qjs:user.js:99999:1)', sourceMap)).toBe('at f (componentize-qjs:user.js:99999:1)');
  });

  test('the manifest and the entry can be given, and shorter code does the same', async () => {
    const projectDir = makeProject({ 'main.ts': EMPTY.replace('{}', `{ provides: { 'forge:network/outbound@0.1.0': { prepare: (allowed) => allowed.join(), release() {} } } }`) });
    const { component } = await buildPlugin({ entry: join(projectDir, 'main.ts'), manifest: { plugin: { provides: ['forge:network/outbound@0.1.0'] } }, minify: true });
    const harness = await createHarness({ component });
    expect(harness.call('forge:network/outbound@0.1.0').prepare(['a', 'b'])).toBe('a,b');
  });
});
