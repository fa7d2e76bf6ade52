/**
 * Builds programs that nobody here wrote, from public packages at pinned versions: each one for WASI preview 1 and for
 * this machine, out of the same sources. What was built is kept in the user's cache directory, because a cold SQLite takes two minutes.
 */
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { noClang } from '../flow/forge.ts';

const SOURCES = join(import.meta.dirname, 'programs');
const CACHE = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'forge-conformance');
const BUILD_MS = 540_000;

/** One program, built twice. */
export interface Program {
  /** The preview 1 module. */
  readonly wasm: string;
  readonly native: string;
}

const version = (command: string, ...args: string[]): string | undefined => {
  const { status, stdout } = spawnSync(command, args, { encoding: 'utf8' });
  return status === 0 ? stdout : undefined;
};

const go = version('go', 'version');
const clang = version('clang', '--version');
const cargo = version('cargo', '--version');

async function run(command: string, args: readonly string[], options: { readonly cwd: string; readonly env?: NodeJS.ProcessEnv }): Promise<void> {
  const child = spawn(command, args, { cwd: options.cwd, env: { ...process.env, ...options.env }, stdio: ['ignore', 'ignore', 'pipe'], timeout: BUILD_MS, killSignal: 'SIGKILL' });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const code = await new Promise((resolve, reject) => child.once('close', resolve).once('error', reject));
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${code}: ${said.slice(-2_000)}`);
}

/** Folder `name` of the cache, made by `build` when the sources or the tools have changed. */
async function cached(name: string, inputs: readonly string[], build: (folder: string) => Promise<void>): Promise<string> {
  const key = createHash('sha256').update(inputs.join('\0')).digest('hex').slice(0, 16);
  const folder = join(CACHE, `${name}-${key}`);
  if (existsSync(folder)) return folder;
  mkdirSync(CACHE, { recursive: true });
  const unfinished = mkdtempSync(join(CACHE, `${name}-unfinished-`));
  try {
    await build(unfinished);
    renameSync(unfinished, folder);
  } catch (thrown) {
    rmSync(unfinished, { recursive: true, force: true });
    if (!existsSync(folder)) throw thrown;
  }
  return folder;
}

const source = (path: string): string => readFileSync(join(SOURCES, path), 'utf8');

const pair = (folder: string, name: string): Program => ({ wasm: join(folder, `${name}.wasm`), native: join(folder, name) });

/** Asks a registry for the sources; what it says when it has none, undefined when they are here. */
const unreachable = (command: string, ...args: string[]): string | undefined => {
  const { status, stderr, error } = spawnSync(command, args, {
    cwd: SOURCES,
    env: { ...process.env, GOFLAGS: '', GOTOOLCHAIN: 'local' },
    encoding: 'utf8',
    timeout: 120_000,
    killSignal: 'SIGKILL',
  });
  if (status === 0) return undefined;
  return (stderr.trim().split('\n').at(-1) || String(error ?? 'no answer')).slice(0, 120);
};

const said = (what: string, reason: string | undefined): string | undefined => reason && `${what}: ${reason}`;

/** Why Go programs cannot be built here; undefined when they can. */
export const noGo = go === undefined ? 'go is not installed' : said('the Go modules cannot be had', unreachable('go', 'mod', 'download'));

/** Why the C packages cannot be built here; undefined when they can. */
export const noC = noClang ?? (cargo === undefined ? 'cargo is not installed' : said('the crates cannot be had', unreachable('cargo', 'fetch', '--locked', '--quiet')));

const GO_PROGRAMS = { gojq: 'github.com/itchyny/gojq/cmd/gojq', markdown: './markdown', exit: './exit' } as const;

export async function buildGo(): Promise<Record<keyof typeof GO_PROGRAMS, Program>> {
  const files = ['go.mod', 'go.sum', 'markdown/main.go', 'exit/main.go'];
  const folder = await cached('go', [go ?? '', ...files.map(source)], async (out) => {
    for (const [name, from] of Object.entries(GO_PROGRAMS)) {
      for (const [file, env] of [
        [`${name}.wasm`, { GOOS: 'wasip1', GOARCH: 'wasm' }],
        [name, {}],
      ] as const) {
        const settings = { GOFLAGS: '', GOTOOLCHAIN: 'local', CGO_ENABLED: '0', ...env };
        await run('go', ['build', '-trimpath', '-buildvcs=false', '-mod=readonly', '-o', join(out, file), from], { cwd: SOURCES, env: settings });
      }
    }
  });
  return { gojq: pair(folder, 'gojq'), markdown: pair(folder, 'markdown'), exit: pair(folder, 'exit') };
}

/** What a program is made of: folders of sources in the vendored crates, include paths, flags for both and for WASI. */
const C_PROGRAMS: Readonly<Record<'sql' | 'zst' | 'exit', { from: string[]; include: string[]; flags: string[]; wasi: string[] }>> = {
  sql: {
    from: ['libsqlite3-sys/sqlite3/sqlite3.c'],
    include: ['libsqlite3-sys/sqlite3'],
    flags: ['-DSQLITE_THREADSAFE=0', '-DSQLITE_OMIT_LOAD_EXTENSION'],
    // As the crate's own build script sets them for wasm32-wasi.
    wasi: ['GETPID', 'MMAN', 'SIGNAL', 'PROCESS_CLOCKS'].flatMap((part) => [`-D_WASI_EMULATED_${part}`, `-lwasi-emulated-${part.toLowerCase().replace('_', '-')}`]),
  },
  zst: {
    from: ['common', 'compress', 'decompress'].map((part) => `zstd-sys/zstd/lib/${part}`),
    include: ['zstd-sys/zstd/lib'],
    flags: ['-DZSTD_DISABLE_ASM'],
    wasi: [],
  },
  exit: { from: [], include: [], flags: [], wasi: [] },
};

export async function buildC(): Promise<Record<keyof typeof C_PROGRAMS, Program>> {
  const inputs = [clang ?? '', source('Cargo.toml'), source('Cargo.lock')];
  const vendored = await cached('crates', inputs, async (out) => {
    writeFileSync(join(out, 'none.rs'), '');
    for (const file of ['Cargo.toml', 'Cargo.lock']) copyFileSync(join(SOURCES, file), join(out, file));
    await run('cargo', ['vendor', '--locked', '--quiet', join(out, 'vendor')], { cwd: out });
  });
  const sourcesAt = (path: string): string[] => {
    const from = join(vendored, 'vendor', path);
    return path.endsWith('.c') ? [from] : readdirSync(from).flatMap((file) => (file.endsWith('.c') ? [join(from, file)] : []));
  };
  const built = Object.entries(C_PROGRAMS).map(async ([name, { from, include, flags, wasi }]) => {
    const folder = await cached(name, [...inputs, source(`${name}.c`), ...flags, ...wasi], async (out) => {
      const files = [join(SOURCES, `${name}.c`), ...from.flatMap(sourcesAt)];
      const args = ['-O2', '-DNDEBUG', ...include.flatMap((path) => ['-I', join(vendored, 'vendor', path)]), ...flags, ...files];
      await Promise.all([
        run('clang', ['--target=wasm32-wasi', ...args, ...wasi, '-o', join(out, `${name}.wasm`)], { cwd: out }),
        run('clang', [...args, '-lm', '-o', join(out, name)], { cwd: out }),
      ]);
    });
    return [name, pair(folder, name)] as const;
  });
  return Object.fromEntries(await Promise.all(built)) as Record<keyof typeof C_PROGRAMS, Program>;
}
