/** Runs a program under `forge` and natively, on the same input, so that one can be held against the other. */
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Home } from '../flow/forge.ts';
import type { Program } from './build.ts';

/** Where the guest sees the volume. */
const GUEST = '/data';

export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly ms: number;
}

export interface Options {
  readonly input?: string | Buffer;
  readonly readOnly?: boolean;
}

const timed = <T>(act: () => T): T & { readonly ms: number } => {
  const began = performance.now();
  const result = act();
  return { ...result, ms: performance.now() - began };
};

/** A state directory with a volume, and a folder beside it that the native programs use instead. */
export class Bench extends Home {
  readonly native = this.path('native');

  constructor() {
    super();
    mkdirSync(this.native);
  }

  /** The folder behind the volume, once a run has made it. */
  get volume(): string {
    return this.path('home/volumes/data');
  }

  /** Boots, compiles into the cache and makes the volume, so that no test pays for it. */
  warm(program: Program, ...args: string[]): void {
    this.guest(program, args);
  }

  guest(program: Program, args: readonly string[], { input, readOnly = false }: Options = {}): Outcome {
    const mount = `data:${GUEST}${readOnly ? ':ro' : ''}`;
    return timed(() => this.forge(['run', ...(input === undefined ? [] : ['-i']), '-v', mount, program.wasm, ...args], input === undefined ? {} : { input }));
  }

  /** Arguments are the guest's: `/data` in them means the folder, and the folder in what it says is shown as `/data`. */
  host(program: Program, args: readonly string[], { input = '' }: Options = {}): Outcome {
    const mapped = args.map((arg) => arg.replaceAll(GUEST, this.native));
    return timed(() => {
      const { status, signal, stdout, stderr } = spawnSync(program.native, mapped, {
        input,
        encoding: 'utf8',
        maxBuffer: 2 ** 28,
        timeout: 60_000,
        killSignal: 'SIGKILL',
        env: {},
      });
      // What a shell makes of abort(3).
      return { code: signal === 'SIGABRT' ? 134 : status, stdout, stderr: stderr.replaceAll(this.native, GUEST) };
    });
  }

  both(program: Program, args: readonly string[], options: Options = {}): { readonly guest: Outcome; readonly host: Outcome } {
    return { host: this.host(program, args, options), guest: this.guest(program, args, options) };
  }

  volumeFile(name: string): string {
    return join(this.volume, name);
  }

  nativeFile(name: string): string {
    return join(this.native, name);
  }
}

/** One line for whoever reads the test's output; the guest's time has the boot of the platform in it. */
export function report(what: string, guest: Outcome, host: Outcome, boot: Outcome): void {
  const [g, h, b] = [guest, host, boot].map(({ ms }) => Math.round(ms));
  const net = (guest.ms - boot.ms) / host.ms;
  console.log(
    `conformance: ${what}: forge ${g} ms (of which an empty run takes ${b} ms), native ${h} ms; ${(guest.ms / host.ms).toFixed(1)} times native, ${net.toFixed(1)} without the boot`,
  );
}

/** Go's WASI build begins the machine's errors with a capital letter, its Linux build does not. */
export const spoken = ({ code, stdout, stderr }: Outcome): object => ({ code, stdout, stderr: stderr.toLowerCase() });
