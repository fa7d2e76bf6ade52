/** Runs the real `forge` as a user does, in a state directory of its own. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from '../contract/sources.ts';

export const FORGE = join(ROOT, 'node_modules/.bin/forge');

export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export class Home {
  readonly dir: string;
  readonly #daemons: ChildProcess[] = [];

  constructor() {
    this.dir = mkdtempSync(join(tmpdir(), 'forge-flow-'));
  }

  get env(): NodeJS.ProcessEnv {
    return { ...process.env, FORGE_HOME: this.path('home') };
  }

  path(name: string): string {
    return join(this.dir, name);
  }

  /** Runs one command to its end. */
  forge(args: readonly string[], options: { readonly input?: string | Buffer; readonly cwd?: string } = {}): Ran {
    const { status, stdout, stderr } = spawnSync(FORGE, args, {
      env: this.env,
      cwd: options.cwd ?? this.dir,
      input: options.input ?? '',
      maxBuffer: 2 ** 28,
      timeout: 60_000,
      killSignal: 'SIGKILL',
    });
    return { code: status, stdout: stdout.toString('utf8'), stderr: stderr.toString('utf8') };
  }

  start(args: readonly string[]): ChildProcess {
    return spawn(FORGE, args, { env: this.env, cwd: this.dir, stdio: ['ignore', 'pipe', 'pipe'] });
  }

  /** Starts the daemon and waits until it serves. */
  async serve(): Promise<ChildProcess> {
    const daemon = this.start(['serve']);
    this.#daemons.push(daemon);
    let said = '';
    daemon.stdout?.on('data', (chunk: Buffer) => (said += chunk.toString()));
    daemon.stderr?.on('data', (chunk: Buffer) => (said += chunk.toString()));
    await this.until(() => said.includes('serving on') || daemon.exitCode !== null);
    if (daemon.exitCode !== null) throw new Error(`the daemon did not start: ${said}`);
    return daemon;
  }

  async until(condition: () => boolean, ms = 60_000): Promise<void> {
    for (const end = Date.now() + ms; !condition(); await new Promise((resolve) => setTimeout(resolve, 25))) {
      if (Date.now() > end) throw new Error(`it did not happen within ${ms} ms: ${condition}`);
    }
  }

  /** kill -9. */
  async killDaemon(): Promise<void> {
    const daemon = this.#daemons.find(({ exitCode, signalCode }) => exitCode === null && signalCode === null);
    const gone = new Promise((resolve) => daemon?.once('exit', resolve));
    daemon?.kill('SIGKILL');
    await gone;
  }

  /** Ends what was started and removes the state. */
  async close(): Promise<void> {
    for (const daemon of this.#daemons) {
      if (daemon.exitCode === null && daemon.signalCode === null) {
        daemon.kill('SIGTERM');
        await new Promise((resolve) => daemon.once('exit', resolve));
      }
    }
    rmSync(this.dir, { recursive: true, force: true });
  }
}

/** Why C programs cannot be built here; undefined when they can. */
export const noClang = existsSync('/usr/lib/wasm32-wasi/libc.a') && spawnSync('clang', ['--version']).status === 0 ? undefined : 'clang or wasi-libc is not installed';

/** Compiles a C program to a preview 1 module. */
export function compileC(source: string, output: string, ...flags: readonly string[]): void {
  const { status, stderr } = spawnSync('clang', ['--target=wasm32-wasi', '-O2', '-x', 'c', '-', '-o', output, ...flags], { input: source });
  if (status !== 0) throw new Error(`clang failed: ${stderr.toString()}`);
}
