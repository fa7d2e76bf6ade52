import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { transpileBytes } from '@bytecodealliance/jco-transpile';
import { BuildError, buildPlugin, mapStack } from '@forgeone/sdk/build';
import { createHarness } from '@forgeone/sdk/testing';
import { describe, expect, test } from 'vitest';
import { makePlugin, makeProject, manifestOf } from './project.ts';

const EMPTY = `import { definePlugin } from '@forgeone/sdk';\nexport default definePlugin({});\n`;

async function failureOf(projectDir: string): Promise<BuildError> {
  const error = await buildPlugin({ projectDir }).catch((thrown: unknown) => thrown);
  if (!(error instanceof BuildError)) throw error instanceof Error ? error : new Error('the build did not fail');
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
    const { imports } = await buildPlugin({
      projectDir: makePlugin(`
        import { definePlugin } from '@forgeone/sdk';
        import * as dirs from 'forge:host/dirs@0.1.0';
        import * as streams from 'forge:host/streams@0.1.0';
        import type { Rule } from 'forge:host/outbound@0.1.0';
        const none: Rule[] = [];
        export default definePlugin({ lifecycle: { start() { for (const rule of none) dirs.close(rule.host); } } });
      `),
    });
    expect(imports).toEqual(['forge:host/dirs@0.1.0', 'forge:kernel/log@0.1.0']);
  });

  test('a global brings its interface along only when it is named', async () => {
    const { imports, component } = await buildPlugin({
      projectDir: makePlugin(
        `
        import { definePlugin } from '@forgeone/sdk';
        import old from './old.cjs';
        export default definePlugin({ lifecycle: { start() { console.log(old.sum([1, 2]), Math.max(1, 2), new URL('http://a/b').pathname, structuredClone([1])); } } });
      `,
        [],
        { 'src/old.cjs': `exports.sum = (list) => list.reduce((a, b) => a + b, 0); exports.text = new TextEncoder();` },
      ),
    });
    expect(imports).toEqual(['forge:kernel/log@0.1.0']);
    const harness = await createHarness({ component });
    harness.start();
    expect(harness.log.map(({ message }) => message)).toEqual(['3 2 /b [ 1 ]']);
  });

  test('Date brings the clock and Math.random the generator, through a CommonJS dependency too', async () => {
    const { imports } = await buildPlugin({
      projectDir: makePlugin(
        `
        import { definePlugin } from '@forgeone/sdk';
        import { draw } from './old.cjs';
        export default definePlugin({ lifecycle: { start() { console.log(Date.now(), draw()); } } });
      `,
        [],
        { 'src/old.cjs': 'exports.draw = () => Math.random();' },
      ),
    });
    expect(imports).toEqual(['forge:kernel/clock@0.1.0', 'forge:kernel/log@0.1.0', 'forge:kernel/random@0.1.0']);
  });
});

describe('events', () => {
  const LISTENING = (style: string, use: string) => `
    import { definePlugin } from '@forgeone/sdk';
    ${style}
    const seen: string[] = [];
    export default definePlugin({
      lifecycle: { start() { ${use}; } },
      listener: { deliver(topic, payload) { seen.push(topic); console.log(seen.join(' '), payload); } },
    });`;

  test('a plugin that subscribes exports the listener', async () => {
    for (const [style, use] of [
      [`import { subscribe } from 'forge:kernel/events@0.1.0';`, `subscribe('workload.')`],
      [`import * as events from 'forge:kernel/events@0.1.0';`, `events.subscribe('workload.')`],
      [`import { subscribe as listen } from 'forge:kernel/events@0.1.0';`, `listen('workload.')`],
    ] as const) {
      const { component, exports } = await buildPlugin({ projectDir: makePlugin(LISTENING(style, use)), minify: true });
      expect(exports).toContain('forge:plugin/listener@0.1.0');
      const harness = await createHarness({ component });
      harness.start();
      expect(harness.publish({ topic: 'workload.ended.1', payload: '{}' })).toBe(true);
      expect(harness.publish({ topic: 'other', payload: '{}' })).toBe(false);
      expect(harness.log.map(({ message }) => message)).toEqual(['workload.ended.1 {}']);
    }
  });

  test('one that schedules exports it too, and is told at its time', async () => {
    const source = LISTENING(`import { schedule } from 'forge:kernel/events@0.1.0';`, `schedule('retry.now', '{}', 500)`);
    const { component } = await buildPlugin({ projectDir: makePlugin(source) });
    const harness = await createHarness({ component });
    harness.start();
    harness.advance(499);
    expect(harness.log).toEqual([]);
    harness.advance(1);
    expect(harness.log.map(({ message }) => message)).toEqual(['retry.now {}']);
  });

  test('one that publishes only needs none', async () => {
    const source = `
      import { definePlugin } from '@forgeone/sdk';
      import { publish } from 'forge:kernel/events@0.1.0';
      const subscribe = (name: string) => publish(name, '{}');
      export default definePlugin({ lifecycle: { start() { subscribe('a.b'); } } });`;
    expect((await buildPlugin({ projectDir: makePlugin(source) })).exports).toEqual(['forge:plugin/lifecycle@0.1.0']);
  });

  test('a listener that nothing subscribes for is an error, and so is the opposite', async () => {
    expect((await failureOf(makePlugin(LISTENING('', '')))).message).toContain('has a listener but takes neither subscribe nor schedule');
    const deaf = `import { definePlugin } from '@forgeone/sdk';\nimport { subscribe } from 'forge:kernel/events@0.1.0';\nexport default definePlugin({ lifecycle: { start() { subscribe('a'); } } });`;
    expect((await failureOf(makePlugin(deaf))).message).toContain('definePlugin has no listener');
  });
});

describe('mistakes are named with their place', () => {
  test('a syntax error', async () => {
    const { problems } = await failureOf(makePlugin(`${EMPTY}const x = ;\n`));
    expect(problems).toMatchObject([{ file: 'src/plugin.ts', line: 3, column: 11, message: 'Unexpected ";"' }]);
  });

  test('a mistyped interface, with the one that was meant', async () => {
    const { problems } = await failureOf(makePlugin(`import * as d from 'forge:host/dir@0.1.0';\n${EMPTY}d.close('x');`));
    expect(problems).toMatchObject([
      { file: 'src/plugin.ts', line: 1, message: 'there is no WIT interface "forge:host/dir@0.1.0"', hint: 'did you mean "forge:host/dirs@0.1.0"?' },
    ]);
  });

  test('a module of Node, and the Node side of the SDK', async () => {
    const node = await failureOf(makePlugin(`import fs from 'node:fs';\n${EMPTY}fs.readFileSync('x');`));
    expect(node.message).toContain('src/plugin.ts:1:16: "node:fs" is not there: a guest has no Node modules');
    const build = await failureOf(makePlugin(`import { buildPlugin } from '@forgeone/sdk/build';\n${EMPTY}buildPlugin();`));
    expect(build.message).toContain('"@forgeone/sdk/build" is not for guests');
  });

  test('a missing file', async () => {
    expect((await failureOf(makePlugin(`import './nowhere.ts';\n${EMPTY}`))).message).toMatch(/^src\/plugin\.ts:1:8: Could not resolve "\.\/nowhere\.ts"/);
  });

  test('an error thrown by a module', async () => {
    const { problems } = await failureOf(
      makePlugin(EMPTY.replace('export', `import './inner.ts';\nexport`), [], { 'src/inner.ts': `\nfunction fail(): never {\n  throw new RangeError('too early');\n}\nfail();\n` }),
    );
    expect(problems).toMatchObject([{ file: 'src/inner.ts', line: 3, message: 'too early' }]);
    expect(problems[0]?.hint).toContain('src/inner.ts:5');
  });

  test('a call to the host by a module', async () => {
    const { problems } = await failureOf(
      makePlugin(`import { get } from 'forge:kernel/config@0.1.0';\nconst value = get('key');\n${EMPTY.replace('{}', '{ lifecycle: { start() { console.log(value); } } }')}`),
    );
    expect(problems[0]?.message).toBe('forge:kernel/config@0.1.0#get is called while the component is built');
    expect(problems[0]?.hint).toContain('lifecycle.start');
  });

  test('top-level await', async () => {
    expect((await failureOf(makePlugin(`${EMPTY}await null;`))).message).toMatch(/src\/plugin\.ts:3:1: Top-level await is not available/);
  });

  test('no default export', async () => {
    expect((await failureOf(makePlugin('export const x = 1;'))).message).toMatch(/No matching export|no default export/);
  });

  test('an interface that the manifest names and the plugin lacks, and the opposite', async () => {
    expect((await failureOf(makePlugin(EMPTY, ['forge:network/outbound@0.1.0']))).message).toContain('definePlugin does not provide it');
    const unnamed = EMPTY.replace('{}', `{ provides: { 'forge:network/outbound@0.1.0': { prepare: () => 'h', release() {} } } }`);
    expect((await failureOf(makePlugin(unnamed))).message).toContain('add "forge:network/outbound@0.1.0" to [plugin] provides');
  });

  test('a function that is missing', async () => {
    const source = EMPTY.replace('{}', `{ provides: { 'forge:network/outbound@0.1.0': { prepare: () => 'h' } as never } }`);
    expect((await failureOf(makePlugin(source, ['forge:network/outbound@0.1.0']))).message).toContain('provides forge:network/outbound@0.1.0 without its function release');
  });

  test('two interfaces of the same short name', async () => {
    expect((await failureOf(makePlugin(EMPTY, ['forge:network/outbound@0.1.0', 'forge:host/outbound@0.1.0']))).message).toContain('both are called "outbound"');
  });

  test('a manifest that is not TOML, is not there, or has no plugin', async () => {
    const broken = await failureOf(makeProject({ 'forge.toml': '[plugin]\nsource = src' }));
    expect(broken.problems[0]).toMatchObject({ line: 2, file: expect.stringMatching(/forge\.toml$/) });
    expect((await failureOf(makeProject({}))).message).toContain('forge.toml: cannot be read');
    expect((await failureOf(makeProject({ 'forge.toml': '[package]\nname = "x"' }))).message).toContain('there is no [plugin] table');
    expect((await failureOf(makeProject({ 'forge.toml': manifestOf('forge:storage/volume@0.1.0'), 'src/plugin.ts': EMPTY }))).message).toContain(
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
