import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { transpileBytes } from '@bytecodealliance/jco-transpile';
import { BuildError, type BuiltGuest, buildApp } from '@forgeone/sdk/build';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeProject } from './project.ts';

const SOURCE = `
import { isRefusal } from '@forgeone/sdk';
import { appendFile, args, env, exit, fileInfo, listDirectory, makeDirectory, readFile, readTextFile, remove, stderr, stdin, stdout, writeFile } from '@forgeone/sdk/app';

const commands: Record<string, (rest: string[]) => unknown> = {
  hello: ([name = 'world']) => console.log(\`hello \${name}\`, env()['GREETING'] ?? ''),
  streams() {
    stdout.write('out');
    stderr.write(new Uint8Array([0x65, 0x72, 0x72]));
    console.warn('warned');
  },
  upper: () => stdout.write(stdin.text().toUpperCase()),
  lines() {
    let count = 0;
    for (const line of stdin.lines()) stdout.write(\`\${++count}:\${line};\`);
  },
  size: () => console.log(stdin.bytes().length),
  big: () => stdout.write('0123456789'.repeat(100_000)),
  exit: ([code]) => exit(Number(code)),
  returns: ([code]) => Number(code),
  throws() {
    throw new RangeError('nobody catches it');
  },
  async later() {
    setTimeout(() => console.log('timer'), 300);
    await new Promise((resolve) => setTimeout(resolve, 1));
    console.log('awaited');
  },
  clock: () => console.log(new Date().getFullYear() >= 2026, Math.random() !== Math.random(), crypto.randomUUID().length, performance.now() >= 0),
  random: () => console.log(Math.random()),
  files([dir]) {
    const seen: unknown[] = [];
    try {
      readFile(\`\${dir}/missing\`);
    } catch (error) {
      seen.push(isRefusal(error) && [error.code, error.detail.where === \`\${dir}/missing\`]);
    }
    writeFile(\`\${dir}/new.txt\`, 'é'.repeat(1_500_000));
    appendFile(\`\${dir}/new.txt\`, '!');
    seen.push(readTextFile(\`\${dir}/new.txt\`).length, fileInfo(\`\${dir}/new.txt\`)?.size, fileInfo(\`\${dir}/missing\`) ?? 'none');
    writeFile(\`\${dir}/new.txt\`, 'short');
    makeDirectory(\`\${dir}/sub\`);
    seen.push(readTextFile(\`\${dir}/new.txt\`), listDirectory(dir ?? '').map(({ name, type }) => \`\${name} \${type}\`));
    try {
      makeDirectory(\`\${dir}/sub\`);
    } catch (error) {
      seen.push(isRefusal(error, 'conflict'));
    }
    remove(\`\${dir}/sub\`);
    seen.push(listDirectory(dir ?? '').length);
    console.log(JSON.stringify(seen));
  },
};

export default function main() {
  const [command = 'hello', ...rest] = args();
  return commands[command]?.(rest) as number | undefined | Promise<undefined>;
}
`;

const dir = mkdtempSync(join(tmpdir(), 'forge-sdk-app-'));
let built: BuiltGuest;
let transpiled: Awaited<ReturnType<typeof transpileBytes>>;

function run(args: string[], { input = '', env = {} }: { input?: string; env?: Record<string, string> } = {}) {
  const result = spawnSync(process.execPath, [join(import.meta.dirname, 'run-app.mjs'), dir, ...args], {
    input,
    encoding: 'utf8',
    env: { ...process.env, ...env },
    maxBuffer: 2 ** 26,
  });
  return { code: result.status, out: result.stdout, err: result.stderr };
}

beforeAll(async () => {
  writeFileSync(join(dir, 'main.ts'), SOURCE);
  built = await buildApp({ entry: join(dir, 'main.ts'), outFile: join(dir, 'app.wasm') });
  transpiled = await transpileBytes(new Uint8Array(readFileSync(join(dir, 'app.wasm'))), { name: 'app', instantiation: 'async' } as never);
  for (const [path, content] of Object.entries(transpiled.files)) {
    mkdirSync(dirname(join(dir, path)), { recursive: true });
    writeFileSync(join(dir, path), content);
  }
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

describe('an app in TypeScript', () => {
  test('is a wasi:cli/command component that imports what the build says', () => {
    expect(built.exports).toEqual(['wasi:cli/run@0.2.12']);
    expect(transpiled.exports.map(([name]) => name)).toContain('wasi:cli/run@0.2.12');
    expect([...transpiled.imports].sort()).toEqual(built.imports.map((id) => id.replace(/@.*/, '')).sort());
  });

  test('has arguments, environment and console', () => {
    expect(run(['hello', 'Ada'], { env: { GREETING: 'good day' } })).toEqual({ code: 0, out: 'hello Ada good day\n', err: '' });
  });

  test('writes to both streams, warnings to standard error', () => {
    expect(run(['streams'])).toEqual({ code: 0, out: 'out', err: 'errwarned\n' });
  });

  test('reads standard input whole, as bytes, and line by line', () => {
    expect(run(['upper'], { input: 'größe' }).out).toBe('GRÖSSE');
    expect(run(['lines'], { input: 'a\r\nbé\n\nlast' }).out).toBe('1:a;2:bé;3:;4:last;');
    expect(run(['size'], { input: 'x'.repeat(300_000) }).out).toBe('300000\n');
  });

  test('writes a megabyte at once', () => {
    expect(run(['big']).out).toBe('0123456789'.repeat(100_000));
  });

  test('ends with the code it is told, or 1 for an error nobody catches', () => {
    expect(run(['exit', '3']).code).toBe(3);
    expect(run(['returns', '4']).code).toBe(4);
    const failed = run(['throws']);
    expect(failed.code).toBe(1);
    expect(failed.err).toMatch(/^RangeError: nobody catches it\n {4}at throws/);
  });

  test('may be asynchronous, and waits for its timers', () => {
    expect(run(['later'])).toEqual({ code: 0, out: 'awaited\ntimer\n', err: '' });
  });

  test('has a clock and its own random numbers', () => {
    expect(run(['clock']).out).toBe('true true 36 true\n');
    expect(run(['random']).out).not.toBe(run(['random']).out);
  });

  test('reads, writes and lists files; errors are those of the table', () => {
    const data = join(dir, 'data');
    mkdirSync(data);
    expect(JSON.parse(run(['files', data]).out)).toEqual([['not-found', true], 1_500_001, 3_000_001, 'none', 'short', ['new.txt file', 'sub directory'], true, 1]);
    expect(readdirSync(data)).toEqual(['new.txt']);
  });
});

describe('an app that cannot be built', () => {
  test('one without a default export', async () => {
    const project = makeProject({ 'main.ts': `console.log('at build time');` });
    await expect(buildApp({ entry: join(project, 'main.ts') })).rejects.toThrow('main.ts: there is no default export\n  export default function main()');
  });

  test('one that reads its arguments outside a function', async () => {
    const project = makeProject({ 'main.ts': `import { args } from '@forgeone/sdk/app';\nconst all = args();\nexport default () => console.log(all);` });
    const error = await buildApp({ entry: join(project, 'main.ts') }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(BuildError);
    expect((error as BuildError).problems[0]).toMatchObject({ file: 'main.ts', line: 2, message: expect.stringContaining('args() is not there while the component is built') });
  });
});
