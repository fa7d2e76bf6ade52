/** bin/forge, started by a shell and by either Node: it finds the pinned one and gets out of the way. */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';

const cli = new URL('../../cli', import.meta.url).pathname;
const node26 = realpathSync(process.execPath);
/** Any Node that is too old for the bundle, to start the launcher with. */
const oldNode = ['/usr/bin/node', '/usr/local/bin/node', '/usr/bin/nodejs'].find((path) => existsSync(path) && majorOf(path) < 26);

function majorOf(path: string): number {
  return Number(execFileSync(path, ['--version'], { encoding: 'utf8' }).slice(1).split('.')[0]);
}

/** An installation: the launcher, a bundle that says who runs it and how, and perhaps a pinned Node. */
function install({ pinned = true, bundle = true } = {}): string {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'forge launcher ')));
  roots.push(root);
  mkdirSync(join(root, 'a', 'cli', 'bin'), { recursive: true });
  mkdirSync(join(root, 'a', 'cli', 'dist'));
  for (const file of ['forge', 'package.json']) copyFileSync(join(cli, 'bin', file), join(root, 'a', 'cli', 'bin', file));
  chmodSync(join(root, 'a', 'cli', 'bin', 'forge'), 0o755);
  if (bundle) writeFileSync(join(root, 'a', 'cli', 'dist', 'forge.mjs'), BUNDLE);
  if (pinned) {
    mkdirSync(join(root, 'node_modules', `node-linux-${process.arch}`, 'bin'), { recursive: true });
    symlinkSync(node26, join(root, 'node_modules', `node-linux-${process.arch}`, 'bin', 'node'));
  }
  return root;
}
const roots: string[] = [];
afterAll(() => {
  for (const root of roots) rmSync(root, { recursive: true });
});

const BUNDLE = `
const [how, ...rest] = process.argv.slice(2);
if (how === 'exit') process.exit(Number(rest[0]));
else if (how === 'die') process.kill(process.pid, 'SIGKILL');
else if (how === 'wait') {
  process.on('SIGTERM', () => { console.log('SIGTERM'); process.exit(43); });
  console.log('ready');
  setInterval(() => {}, 1000);
} else if (how === 'cat') process.stdin.pipe(process.stdout);
else console.log(JSON.stringify({ node: process.versions.node.split('.')[0], words: process.argv.slice(2) }));
`;

const PATH_WITHOUT_NODE = mkdtempSync(join(tmpdir(), 'forge-path-'));
roots.push(PATH_WITHOUT_NODE);
for (const program of ['sh', 'readlink', 'uname']) symlinkSync(`/usr/bin/${program}`, join(PATH_WITHOUT_NODE, program));

const launch = (command: string, args: readonly string[], options: { cwd?: string; env?: NodeJS.ProcessEnv; input?: string } = {}) => {
  const { status, signal, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8', env: { PATH: PATH_WITHOUT_NODE }, ...options });
  return { status, signal, stdout, stderr };
};
const forgeOf = (root: string): string => join(root, 'a', 'cli', 'bin', 'forge');
const WORDS = ['run', '', 'a b', '$HOME', "it's", '*', '--', '-x'];
const SAID = `${JSON.stringify({ node: '26', words: WORDS })}\n`;

const STARTERS: readonly (readonly [name: string, command: (forge: string) => readonly [string, ...string[]]])[] = [
  ['a shell', (forge) => [forge]],
  ['bash', (forge) => ['/bin/bash', forge]],
  ['Node 26', (forge) => [node26, forge]],
  ...(oldNode ? ([[`Node ${majorOf(oldNode)}`, (forge: string) => [oldNode, forge] as const]] as const) : []),
];

describe.each(STARTERS)('started by %s', (_, commandOf) => {
  const start = (forge: string, words: readonly string[], options: Parameters<typeof launch>[2] = {}) => {
    const [command, ...before] = commandOf(forge);
    return launch(command, [...before, ...words], options);
  };

  it('it runs the bundle with Node 26 and passes every word as it is', () => {
    expect(start(forgeOf(install()), WORDS)).toEqual({ status: 0, signal: null, stdout: SAID, stderr: '' });
  });

  it('it is found through links, relative ones and chains', () => {
    const root = install();
    mkdirSync(join(root, 'bin'));
    symlinkSync('../a/cli/bin/forge', join(root, 'bin', 'one'));
    symlinkSync('one', join(root, 'bin', 'two'));
    symlinkSync(join(root, 'bin', 'two'), join(root, 'three'));
    expect(start(join(root, 'three'), WORDS).stdout).toBe(SAID);
    expect(start('./two', WORDS, { cwd: join(root, 'bin') }).stdout).toBe(SAID);
  });

  it('it passes the exit code on', () => {
    expect(start(forgeOf(install()), ['exit', '42']).status).toBe(42);
  });

  it('it passes the end by a signal on', () => {
    expect(start(forgeOf(install()), ['die']).signal).toBe('SIGKILL');
  });

  it('it passes standard input on', () => {
    expect(start(forgeOf(install()), ['cat'], { input: 'through' }).stdout).toBe('through');
  });

  it('it passes signals on', async () => {
    const [command, ...before] = commandOf(forgeOf(install()));
    const child = spawn(command, [...before, 'wait'], { env: { PATH: PATH_WITHOUT_NODE }, stdio: ['ignore', 'pipe', 'inherit'] });
    let said = '';
    child.stdout.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      if (said === 'ready\n') child.kill('SIGTERM');
    });
    const [code] = await new Promise<[number | null]>((resolve) => child.once('close', (status) => resolve([status])));
    expect([said, code]).toEqual(['ready\nSIGTERM\n', 43]);
  });

  it('a program that is not built says so', () => {
    const { status, stderr } = start(forgeOf(install({ bundle: false })), []);
    expect(status).toBe(125);
    expect(stderr).toMatch(/^forge: the program is not built\n where: .*forge\.mjs\n hint: {2}npm run build\n$/);
  });
});

describe('without a pinned Node', () => {
  it('one on PATH is used when it is new enough', () => {
    const path = mkdtempSync(join(tmpdir(), 'forge-path-'));
    roots.push(path);
    symlinkSync(node26, join(path, 'node'));
    const env = { PATH: `${path}:${PATH_WITHOUT_NODE}` };
    expect(launch(forgeOf(install({ pinned: false })), WORDS, { env }).stdout).toBe(SAID);
    if (oldNode) expect(launch(oldNode, [forgeOf(install({ pinned: false })), ...WORDS], { env }).stdout).toBe(SAID);
  });

  it('and without another it says how to get one', () => {
    const { status, stderr } = launch(forgeOf(install({ pinned: false })), []);
    expect(status).toBe(125);
    expect(stderr).toBe('forge: Node 26 or newer is needed\n hint:  npm ci installs it beside the program\n');
  });

  it.skipIf(!oldNode)('and with one that is too old it names its version', () => {
    const path = mkdtempSync(join(tmpdir(), 'forge-path-'));
    roots.push(path);
    symlinkSync(oldNode ?? '', join(path, 'node'));
    for (const [command, ...args] of [[forgeOf(install({ pinned: false }))], [oldNode ?? '', forgeOf(install({ pinned: false }))]] as const) {
      const { status, stderr } = launch(command ?? '', args, { env: { PATH: `${path}:${PATH_WITHOUT_NODE}` } });
      expect(status).toBe(125);
      expect(stderr).toMatch(/^forge: Node 26 or newer is needed, and node is v\d+/);
    }
  });
});
