/** Real programs as guests: built with the compilers of this machine, adapted and transpiled by the kernel's own loader. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { componentEmbed, componentNew, parse } from '@bytecodealliance/jco-transpile/wasm-tools';
import { afterAll } from 'vitest';
import type { LoadedComponent } from '../../../kernel/src/domain/plugin-unit.ts';
import type { Handle, Rights } from '../../../kernel/src/host/host.ts';
import { type MemoryHost, openMemoryHost } from '../../../kernel/src/host/memory.ts';
import { componentDir } from '../../../kernel/src/loader/cache.ts';
import { transpileComponent } from '../../../kernel/src/loader/transpile.ts';
import type { WasiLimits } from '../../../kernel/src/wasi/index.ts';
import { adaptPreview1 } from '../../../kernel/src/wasi/preview1.ts';
import { runOn } from './run-on.ts';

const works = (command: string, ...args: string[]): boolean => {
  try {
    execFileSync(command, args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
};

const folder = mkdtempSync(join(tmpdir(), 'forge-wasi-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let built = 0;

/** Why C programs cannot be built here, or undefined. */
export const withoutClang: string | undefined = (() => {
  const source = join(folder, 'probe.c');
  writeFileSync(source, '#include <stdio.h>\nint main(void) { return 0; }');
  return works('clang', '--target=wasm32-wasi', source, '-o', join(folder, 'probe.wasm')) ? undefined : 'clang with wasi-libc is not installed';
})();

export const withoutGo: string | undefined = works('go', 'version') ? undefined : 'go is not installed';

export function buildC(source: string, ...flags: string[]): Uint8Array {
  const at = join(folder, `${built++}`);
  writeFileSync(`${at}.c`, source);
  execFileSync('clang', ['--target=wasm32-wasi', '-O2', ...flags, `${at}.c`, '-o', `${at}.wasm`], { stdio: ['ignore', 'ignore', 'inherit'] });
  return readFileSync(`${at}.wasm`);
}

export function buildGo(source: string): Uint8Array {
  const at = join(folder, `go${built++}`);
  mkdirSync(at);
  writeFileSync(join(at, 'main.go'), source);
  writeFileSync(join(at, 'go.mod'), 'module guest\n\ngo 1.21\n');
  execFileSync('go', ['build', '-o', 'guest.wasm', '.'], {
    cwd: at,
    env: { ...process.env, GOOS: 'wasip1', GOARCH: 'wasm', GOFLAGS: '-mod=mod' },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  return readFileSync(join(at, 'guest.wasm'));
}

export const buildWat = (wat: string): Promise<Uint8Array> => parse(wat);

/** A component of one core module, written against the interfaces that `wit` names in its world `guest`. */
export async function buildComponent(wat: string, wit: string): Promise<Uint8Array> {
  const embedded = await componentEmbed({ binary: await parse(wat), witSource: wit, world: 'guest', stringEncoding: 'utf8' });
  return componentNew(embedded, []);
}

export async function loadComponent(bytes: Uint8Array): Promise<LoadedComponent> {
  const meta = await transpileComponent(bytes, folder);
  return { ...meta, dir: componentDir(folder, meta.digest) };
}

export const loadPreview1 = async (module: Uint8Array): Promise<LoadedComponent> => loadComponent(await adaptPreview1(module));

export interface RunOptions {
  readonly args?: readonly string[];
  readonly env?: readonly (readonly [string, string])[];
  readonly stdin?: string | Uint8Array;
  /** Leaves standard input open, so that a read past what was fed can only wait. */
  readonly openStdin?: boolean;
  readonly rights?: Rights;
  readonly limits?: Partial<WasiLimits>;
  readonly seed?: (host: MemoryHost) => void;
}

export interface RunResult {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  readonly host: MemoryHost;
}

/** Runs a program on an in-memory machine with `/data` as its `/`. Throws what it trapped with. */
export function run(component: LoadedComponent, options: RunOptions = {}): RunResult {
  const host = openMemoryHost();
  const mintKey = host.takeMintKey();
  const owner = host.ownerCreate('guest');
  const rights = options.rights ?? 7;
  const grant = (action: 'dir.open' | 'stdio.inherit', resource: string): Handle => host.grantMint(mintKey, owner, { callId: 'c', action, resource, rights, expiresMs: 0 });
  host.seedDirectory('/data');
  options.seed?.(host);
  if (options.stdin !== undefined) host.feedStdin(options.stdin);
  if (options.openStdin !== true) host.endStdin();
  const preopens = [{ path: '/', dir: host.dirOpen(owner, grant('dir.open', '/data'), undefined), rights }];
  const [stdin, stdout, stderr] = ['0', '1', '2'].map((stream) => host.stdioOpen(owner, grant('stdio.inherit', stream)));
  const handles = host.handleCount();
  const code = runOn(host, owner, component, { ...options, preopens, stdin, stdout, stderr });
  if (host.handleCount() !== handles) throw new Error(`the guest left ${host.handleCount() - handles} handles behind`);
  return { code, out: host.stdout.text, err: host.stderr.text, host };
}
