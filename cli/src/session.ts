/** What a command has of the world: words out, bytes through, the daemon, the kernel. Tests pass another one. */
import { writeSync } from 'node:fs';
import type * as kernel from '@forgeone/kernel';
import { connect, resolveHome } from '@forgeone/kernel/client';
import { hearStopSignals, type StopSignals } from './run/stop-signals.ts';
import { isTerminal } from './terminal/is-terminal.ts';

/** The heavy part of the kernel that a command may need. */
export type Kernel = Pick<typeof kernel, 'openKernel' | 'installPackage' | 'recordBuilt'>;

export interface Session {
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  readonly isTerminal: (stream: 0 | 1 | 2) => boolean;
  /** Of the terminal behind standard error. */
  readonly columns: () => number;
  /** Words of ours, to standard output. */
  readonly out: (text: string) => void;
  /** Words of ours, to standard error. */
  readonly err: (text: string) => void;
  /** Bytes of a guest; waits while whoever reads them is slow. */
  readonly pipe: (stream: 1 | 2, bytes: Uint8Array) => Promise<void>;
  readonly input: () => AsyncIterable<Uint8Array>;
  readonly nowMs: () => number;
  readonly resolveHome: (env: NodeJS.ProcessEnv) => string;
  readonly connect: typeof connect;
  readonly kernel: () => Promise<Kernel>;
  readonly hearStopSignals: () => StopSignals;
  readonly exit: (code: number) => void;
}

/** How long a reader that is not ready for our few words is left alone. */
const RETRY_MS = 1;

/** Synchronous, because loading `process.stdout` costs more than most of our answers. */
function write(stream: 1 | 2, text: string): void {
  let bytes: Uint8Array = Buffer.from(text, 'utf8');
  while (bytes.length > 0) {
    try {
      bytes = bytes.subarray(writeSync(stream, bytes));
    } catch (thrown) {
      const { code } = thrown as NodeJS.ErrnoException;
      // Another process made the pipe non-blocking for all who share it.
      if (code === 'EAGAIN') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RETRY_MS);
      // Nobody is left to complain to: standard error is closed, or its terminal is gone.
      else if (stream === 2) return;
      else throw thrown;
    }
  }
}

async function pipe(stream: 1 | 2, bytes: Uint8Array): Promise<void> {
  const target = stream === 1 ? process.stdout : process.stderr;
  await new Promise<void>((resolve, reject) => {
    // Without a listener a reader that goes away would end the process with a stack trace.
    if (target.listenerCount('error') === 0) target.on('error', () => undefined);
    target.write(bytes, (error) => (error ? reject(error) : resolve()));
  });
}

export function openSession(): Session {
  return {
    env: process.env,
    cwd: process.cwd(),
    isTerminal,
    // A terminal that does not say has 0.
    columns: () => process.stderr.columns || 80,
    out: (text) => write(1, text),
    err: (text) => write(2, text),
    pipe,
    input: () => process.stdin as AsyncIterable<Uint8Array>,
    nowMs: () => Date.now(),
    resolveHome,
    connect,
    kernel: () => import('@forgeone/kernel'),
    hearStopSignals: () => hearStopSignals(),
    exit: (code) => process.exit(code),
  };
}
