/** Installs a package: hands it to a throw-away child, then moves what it made into the store, whole or not at all. */
import { spawn } from 'node:child_process';
import { createReadStream, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { StoredPackage } from '../domain/kernel-services.ts';
import { Refusal } from '../errors.ts';
import { LIMITS } from '../limits.ts';
import { hexOf, TOOL_KEY } from './cache.ts';
import { type HomePaths, prepareHome } from './home.ts';
import type { ChildResult } from './transpile-child.ts';

type Sha256 = (bytes: Uint8Array) => string;

export interface InstallOptions {
  readonly home: string;
  /** Told what is being done: one or two words. */
  readonly onProgress?: (step: string) => void;
  readonly signal?: AbortSignal;
}

const TEMPORARY = /^tmp-(\d+)-/;

/** The entry of the child, beside this file or beside the bundle. */
function childEntry(): string {
  const bundled = new URL('./transpile-child.mjs', import.meta.url);
  return (existsSync(bundled) ? bundled : new URL('./transpile-child.ts', import.meta.url)).pathname;
}

async function digestOf(path: string, sha256: Sha256): Promise<string> {
  const info = statSync(path, { throwIfNoEntry: false });
  if (!info) throw new Refusal('not-found', `there is no file ${path}`, { where: path });
  if (info.isDirectory()) return sha256(readFileSync(join(path, 'index.json')));
  if (info.size <= LIMITS.componentBytesMax) return sha256(readFileSync(path));
  const hash = (await import('node:crypto')).createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

const recordFile = (paths: HomePaths, digest: string): string => join(paths.packages, `${hexOf(digest)}.json`);
const sourceFile = (paths: HomePaths, fileDigest: string): string => join(paths.packages, `source-${TOOL_KEY}-${fileDigest}.json`);

function writeWhole(path: string, content: string): void {
  const temporary = `${path}.${process.pid}`;
  writeFileSync(temporary, content, { mode: 0o600, flush: true });
  renameSync(temporary, path);
}

const builtFile = (paths: HomePaths, digest: string): string => join(paths.packages, `built-${hexOf(digest)}`);

/** Remembers that this user built a package on this machine: evidence for the security plugin. */
export function recordBuilt(home: string, digest: string): void {
  writeWhole(builtFile(prepareHome(home), digest), '');
}

/** A package in the store. */
export function readPackage(paths: HomePaths, digest: string): StoredPackage {
  if (!/^sha256:[0-9a-f]{64}$/.test(digest)) throw new Refusal('invalid', 'a digest is sha256: and 64 hexadecimal digits', { where: digest.slice(0, 80) });
  try {
    const stored = JSON.parse(readFileSync(recordFile(paths, digest), 'utf8')) as StoredPackage;
    return { ...stored, local: existsSync(builtFile(paths, digest)) };
  } catch {
    throw new Refusal('not-found', 'the package is not in the store', { where: digest, hint: 'forge run FILE installs it' });
  }
}

/** Removes what children of processes that are gone left behind. */
function reap(cache: string): void {
  for (const name of readdirSync(cache)) {
    const pid = TEMPORARY.exec(name)?.[1];
    if (pid && !existsSync(`/proc/${pid}`)) rmSync(join(cache, name), { recursive: true, force: true });
  }
}

/** Verifies, adapts, transpiles and caches; the second time it only looks. Throws a Refusal with all problems. */
export async function install(file: string, options: InstallOptions & { readonly sha256: Sha256 }): Promise<StoredPackage> {
  const paths = prepareHome(options.home);
  const fileDigest = await digestOf(file, options.sha256);
  const source = sourceFile(paths, fileDigest);
  if (existsSync(source)) return JSON.parse(readFileSync(source, 'utf8')) as StoredPackage;
  reap(paths.cache);
  const out = join(paths.cache, `tmp-${process.pid}-${process.hrtime.bigint()}`);
  mkdirSync(out, { mode: 0o700 });
  try {
    const stored = await runChild(file, out, options);
    const made = join(out, TOOL_KEY);
    mkdirSync(join(paths.cache, TOOL_KEY), { recursive: true, mode: 0o700 });
    for (const name of existsSync(made) ? readdirSync(made) : []) {
      const target = join(paths.cache, TOOL_KEY, name);
      if (!existsSync(target)) renameSync(join(made, name), target);
    }
    const record = JSON.stringify(stored);
    writeWhole(recordFile(paths, stored.digest), record);
    writeWhole(source, record);
    return stored;
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
}

function runChild(file: string, out: string, { onProgress, signal }: InstallOptions): Promise<StoredPackage> {
  // The shell sets the limits and is replaced: CPU seconds, data segment (what is really backed; address space
  // would forbid WebAssembly's reservations), core dumps, open files.
  const limits = `ulimit -t ${LIMITS.transpileCpuSeconds}; ulimit -d ${LIMITS.transpileDataKiB}; ulimit -c 0; ulimit -n 256; exec "$0" "$@"`;
  const flags = [
    '--permission',
    '--allow-worker',
    '--allow-fs-read=*',
    `--allow-fs-write=${out}`,
    `--max-old-space-size=${LIMITS.transpileHeapMiB}`,
    '--disable-warning=ExperimentalWarning',
  ];
  const child = spawn('/bin/sh', ['-c', limits, process.execPath, ...flags, childEntry(), file, out], { stdio: ['ignore', 'pipe', 'pipe'], env: {} });
  return new Promise((resolve, reject) => {
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      child.kill('SIGKILL');
    }, LIMITS.transpileMs);
    const abort = (): void => void child.kill('SIGKILL');
    signal?.addEventListener('abort', abort);
    createInterface({ input: child.stdout }).on('line', (line) => onProgress?.(line));
    let errors = '';
    child.stderr.on('data', (chunk: Buffer) => {
      errors = (errors + chunk.toString('utf8')).slice(-2_000);
    });
    child.on('error', reject);
    child.on('close', (code, killed) => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
      const path = join(out, 'result.json');
      if (existsSync(path)) {
        const result = JSON.parse(readFileSync(path, 'utf8')) as ChildResult;
        if ('ok' in result) resolve(result.ok);
        else reject(new Refusal(result.refusal.tag, result.refusal.val.message, result.refusal.val));
      } else if (signal?.aborted) reject(new Refusal('cancelled', 'the installation was called off', { where: file }));
      else if (late) reject(new Refusal('timeout', `it could not be compiled within ${LIMITS.transpileMs / 1_000} s`, { where: file }));
      else if (killed)
        reject(
          new Refusal('limit', 'compiling it took more memory or CPU time than is allowed', {
            where: file,
            hint: `at most ${LIMITS.transpileDataKiB / 1024} MiB and ${LIMITS.transpileCpuSeconds} s`,
          }),
        );
      else reject(new Refusal('invalid', `it cannot be loaded: the compiler ended with code ${code}: ${/^\w*Error.*$/m.exec(errors)?.[0] ?? errors.trim()}`, { where: file }));
    });
  });
}
