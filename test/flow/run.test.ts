import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compileC, Home, noClang } from './forge.ts';

const PROGRAM = `
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
int main(int argc, char **argv) {
  const char *verb = argc > 1 ? argv[1] : "";
  if (!strcmp(verb, "exit")) return atoi(argv[2]);
  if (!strcmp(verb, "env")) { const char *v = getenv(argv[2]); puts(v ? v : "(none)"); return 0; }
  if (!strcmp(verb, "args")) { for (int i = 0; i < argc; i++) puts(argv[i]); return 0; }
  if (!strcmp(verb, "both")) { fputs("to out\\n", stdout); fputs("to err\\n", stderr); return 0; }
  if (!strcmp(verb, "cat")) { char b[65536]; size_t n; while ((n = fread(b, 1, sizeof b, stdin)) > 0) fwrite(b, 1, n, stdout); return 0; }
  if (!strcmp(verb, "write")) { FILE *f = fopen(argv[2], "w"); if (!f) { perror(argv[2]); return 3; } fputs(argv[3], f); return fclose(f) ? 4 : 0; }
  if (!strcmp(verb, "read")) { FILE *f = fopen(argv[2], "r"); if (!f) { perror(argv[2]); return 3; } int c; while ((c = fgetc(f)) != EOF) putchar(c); return 0; }
  if (!strcmp(verb, "sleep")) { sleep(60); return 0; }
  if (!strcmp(verb, "spin")) for (volatile int i = 0;; i++);
  if (!strcmp(verb, "grow")) { size_t total = 0; for (;;) { char *volatile p = malloc(1 << 20); if (!p) { printf("%zu\\n", total); return 0; } memset(p, 1, 1 << 20); total += 1 << 20; } }
  return 2;
}`;

describe.skipIf(noClang)(`forge run${noClang ? ` (${noClang})` : ''}`, () => {
  const home = new Home();
  const wasm = home.path('program.wasm');
  const run = (...args: string[]) => home.forge(['run', ...args]);

  beforeAll(() => {
    compileC(PROGRAM, wasm);
    run(wasm);
  });
  afterAll(() => home.close());

  test.each([0, 1, 2, 7, 126, 255])('passes exit code %i on', (code) => {
    expect(run(wasm, 'exit', String(code)).code).toBe(code);
  });

  test('gives arguments as they are, options after the file too', () => {
    expect(run(wasm, 'args', '-e', '--memory', 'ä b', '').stdout.split('\n').slice(1, -1)).toEqual(['args', '-e', '--memory', 'ä b', '']);
  });

  test('gives no environment but what is named', () => {
    expect(run(wasm, 'env', 'PATH').stdout).toBe('(none)\n');
    expect(run('-e', 'COLOR=grün=1', wasm, 'env', 'COLOR').stdout).toBe('grün=1\n');
  });

  test('keeps standard output and standard error apart', () => {
    expect(run(wasm, 'both')).toEqual({ code: 0, stdout: 'to out\n', stderr: 'to err\n' });
  });

  test('passes megabytes through unchanged', () => {
    const input = Buffer.alloc(5_000_000, 'abcdefghijklmnopqrstuvwxyz0123456789\n');
    expect(home.forge(['run', '-i', wasm, 'cat'], { input }).stdout === input.toString()).toBe(true);
  });

  test('a named volume keeps its files from run to run', () => {
    expect(run('-v', 'data:/data', wasm, 'write', '/data/x', 'kept').code).toBe(0);
    expect(run('-v', 'data:/data', wasm, 'read', '/data/x').stdout).toBe('kept');
    expect(readFileSync(home.path('home/volumes/data/x'), 'utf8')).toBe('kept');
  });

  test('a directory that the user types is mounted, and nothing else is there', () => {
    mkdirSync(home.path('dir'), { recursive: true });
    writeFileSync(home.path('dir/in'), 'host file');
    expect(run('-v', `${home.path('dir')}:/work`, wasm, 'read', '/work/in').stdout).toBe('host file');
    expect(run('-v', `${home.path('dir')}:/work`, wasm, 'read', '/etc/passwd').code).toBe(3);
    expect(run(wasm, 'read', '/work/in').code).toBe(3);
  });

  test('a read-only mount cannot be written, and says so', () => {
    const { code, stderr } = run('-v', `${home.path('dir')}:/work:ro`, wasm, 'write', '/work/new', 'x');
    expect({ code, stderr }).toEqual({ code: 3, stderr: '/work/new: Read-only file system\n' });
  });

  test('a link out of the mount is not followed', () => {
    symlinkSync('/etc/passwd', home.path('dir/out'));
    const { code, stdout } = run('-v', `${home.path('dir')}:/work`, wasm, 'read', '/work/out');
    expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
  });

  test("the platform's own state cannot be mounted, with consent or without", () => {
    const { code, stderr } = run('-v', `${home.path('home')}:/work`, wasm, 'read', '/work/state.db');
    expect(code).toBe(125);
    expect(stderr).toMatch(/denied|does not allow/);
  });

  test('--timeout ends what sleeps and what spins', () => {
    for (const verb of ['sleep', 'spin']) {
      const began = Date.now();
      expect(run('--timeout', '300ms', wasm, verb).code, verb).toBe(124);
      expect(Date.now() - began, verb).toBeLessThan(15_000);
    }
  });

  test('--memory is where allocation fails', () => {
    const { code, stdout } = run('--memory', '16m', wasm, 'grow');
    expect(code).toBe(0);
    expect(Number(stdout)).toBeGreaterThan(8 * 2 ** 20);
    expect(Number(stdout)).toBeLessThan(16 * 2 ** 20);
  });

  test('Ctrl-C ends it with 130', async () => {
    const child = home.start(['run', wasm, 'sleep']);
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    child.kill('SIGINT');
    expect(await new Promise((resolve) => child.once('exit', resolve))).toBe(130);
  });

  test('one call id goes through every step of the call path', () => {
    const { stderr } = home.forge(['--log-level', 'debug', 'run', '-v', 'data:/data', wasm, 'exit', '0']);
    const lines = stderr
      .split('\n')
      .flatMap((line) => (line.startsWith('{') ? [JSON.parse(line) as { callId?: string; step?: number; plugin?: string; msg: string; path?: string }] : []));
    const run = lines.find(({ step, path }) => step === 3 && path === '/v1/run');
    expect(run?.callId).toMatch(/^[0-9a-f]{32}$/);
    const mine = lines.filter(({ callId }) => callId === run?.callId);
    expect(new Set(mine.map(({ step }) => step).filter((step) => step !== undefined))).toEqual(new Set([3, 4, 6, 7, 8, 9]));
    expect(new Set(mine.map(({ plugin }) => plugin).filter((plugin) => plugin !== undefined))).toEqual(new Set(['security', 'api', 'container-runtime', 'storage']));
  });

  test('each decision is one audit line with the chain and its policies', () => {
    const lines = readFileSync(home.path('home/audit.jsonl'), 'utf8').trim().split('\n');
    const opened = lines
      .map((line) => JSON.parse(line) as { action: string; chain: string[]; decision: string; resource: string; reasons: string[] })
      .find(({ action, resource }) => action === 'dir.open' && resource === 'Volume::data');
    expect(opened).toMatchObject({ decision: 'allow', reasons: ['storage-volumes'] });
    expect(opened?.chain.slice(1)).toEqual(['spiffe://local/plugin/api', 'spiffe://local/plugin/container-runtime', 'spiffe://local/plugin/storage']);
  });

  test('what is not there, and what is no WebAssembly, is said in one line', () => {
    expect(run('nothing.wasm')).toMatchObject({ code: 127, stdout: '' });
    writeFileSync(home.path('text.wasm'), 'this is text');
    const { code, stderr } = run(home.path('text.wasm'));
    expect(code).toBe(126);
    expect(stderr).toMatch(/neither a package nor WebAssembly/);
    expect(stderr).not.toMatch(/\bat .*\.(ts|mjs|js):/);
  });

  test('nothing is left in the state directory but what is to be kept', () => {
    expect(home.forge(['run', '--tmpfs', '/tmp', wasm, 'write', '/tmp/x', 'y']).code).toBe(0);
    expect(readFileSync('/proc/mounts', 'utf8')).not.toContain(home.dir);
  });
});
