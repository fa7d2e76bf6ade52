import { readdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compileC, Home, noClang } from './forge.ts';

const PROGRAM = `
#include <stdio.h>
#include <string.h>
#include <stdlib.h>
#include <unistd.h>
int main(int argc, char **argv) {
  if (argc > 1 && !strcmp(argv[1], "loop")) for (int i = 0;; i++) { printf("tick %d\\n", i); fflush(stdout); usleep(50000); }
  if (argc > 1 && !strcmp(argv[1], "cat")) { int c; while ((c = getchar()) != EOF) putchar(c); return 0; }
  if (argc > 1) { puts("out"); fputs("err\\n", stderr); return atoi(argv[1]); }
  return 0;
}`;

interface Listed {
  readonly id: string;
  readonly name: string;
  readonly state: string;
  readonly exitCode: number | null;
  readonly restarts: number;
}

describe.skipIf(noClang)(`the daemon${noClang ? ` (${noClang})` : ''}`, () => {
  const home = new Home();
  const wasm = home.path('program.wasm');
  const list = (): Listed[] => JSON.parse(home.forge(['ps', '-a', '--format', 'json']).stdout) as Listed[];
  const find = (name: string): Listed | undefined => list().find((container) => container.name === name);

  beforeAll(async () => {
    compileC(PROGRAM, wasm);
    await home.serve();
  });
  afterAll(() => home.close());

  test('run -d, ps, logs, stop, inspect and rm do what podman users expect', async () => {
    expect(home.forge(['run', '-d', '--name', 'web', wasm, 'loop']).stdout).toMatch(/^[0-9a-f]{32}\n$/);
    expect(find('web')).toMatchObject({ state: 'running' });
    await home.until(() => home.forge(['logs', 'web']).stdout.includes('tick 3'));
    expect(home.forge(['logs', '--tail', '1', 'web']).stdout).toMatch(/^tick \d+\n$/);
    expect(home.forge(['run', '-d', '--name', 'web', wasm]).code).not.toBe(0);
    expect(home.forge(['rm', 'web']).code).not.toBe(0);
    expect(home.forge(['stop', '-t', '1', 'web']).code).toBe(0);
    await home.until(() => find('web')?.state === 'stopped');
    expect(find('web')?.exitCode).toBe(143);
    expect(home.forge(['rm', 'web']).code).toBe(0);
    expect(find('web')).toBeUndefined();
    expect(readdirSync(home.path('home/logs'))).toEqual([]);
  });

  test('a foreground run keeps its streams apart and passes its exit code on', () => {
    expect(home.forge(['run', '--rm', wasm, '7'])).toEqual({ code: 7, stdout: 'out\n', stderr: 'err\n' });
  });

  test('standard input reaches the guest, to its end', () => {
    const input = Buffer.alloc(300_000, 'line of input\n');
    expect(home.forge(['run', '--rm', '-i', wasm, 'cat'], { input }).stdout === input.toString()).toBe(true);
  });

  test('a second daemon on the same state directory is refused', () => {
    const { code, stderr } = home.forge(['serve']);
    expect(code).not.toBe(0);
    expect(stderr).toMatch(/already serves/);
  });

  test('kill -9 loses no record: what ran is ended, or started again by its policy, and nothing is left behind', async () => {
    home.forge(['run', '-d', '--name', 'once', wasm, 'loop']);
    home.forge(['run', '-d', '--name', 'always', '--restart', 'always', wasm, 'loop']);
    home.forge(['run', '--name', 'done', wasm, '3']);
    await home.killDaemon();
    await home.serve();
    await home.until(() => find('always')?.state === 'running');
    expect(find('once')).toMatchObject({ state: 'stopped', exitCode: 137 });
    expect(find('always')).toMatchObject({ restarts: 1 });
    expect(find('done')).toMatchObject({ state: 'stopped', exitCode: 3 });
    for (const name of ['once', 'always', 'done']) expect(home.forge(['rm', '-f', name]).code, name).toBe(0);
    await home.until(() => list().length === 0);
    expect(readdirSync(home.path('home/scratch'))).toEqual([]);
  });
});
