/** `wasi:cli`: environment, exit, standard streams and terminals (data plane beside step 8). */
import type { Handle } from '../host/host.ts';
import { type Guest, KIND, Resource } from './guest.ts';
import { withLowering } from './guest-memory.ts';
import type { Io } from './io.ts';
import { makeDroppable, wrap } from './lifted.ts';
import { WASI_BOUNDS } from './limits.ts';
import { ClosedOutput, EmptyInput, NativeInput, NativeOutput } from './streams.ts';
import { trap, WasiExit } from './trap.ts';

export interface CliOptions {
  readonly args: readonly string[];
  readonly env: readonly (readonly [string, string])[];
  readonly cwd?: string | undefined;
  readonly stdin?: Handle | undefined;
  readonly stdout?: Handle | undefined;
  readonly stderr?: Handle | undefined;
}

class TerminalInput extends Resource {
  readonly kind = KIND.terminalInput;
}

class TerminalOutput extends Resource {
  readonly kind = KIND.terminalOutput;
}

export function createCli(guest: Guest, options: CliOptions, io: Io) {
  const { host, owner } = guest;

  const exitWith = (code: number): never => {
    guest.exitCode = code & WASI_BOUNDS.exitCodeMask;
    guest.end();
    return WasiExit.raise(guest.exitCode);
  };

  /** `exit` knows success and failure only; 1 is what wasmtime and POSIX shells make of the latter. */
  const exit = (status: { readonly tag: 'ok' | 'err' }): never => {
    guest.enter();
    return exitWith(status.tag === 'ok' ? 0 : 1);
  };
  withLowering(guest, exit, () => (status: number) => {
    guest.enter();
    if (status !== 0 && status !== 1) trap('invalid result');
    exitWith(status);
  });

  const exitWithCode = (code: number): never => {
    guest.enter();
    return exitWith(code);
  };
  withLowering(guest, exitWithCode, () => (code: number) => {
    guest.enter();
    exitWith(code);
  });

  // Each call makes a stream of its own over the same native one, as wasmtime does: a guest may drop one and ask again.
  const input = (handle: Handle | undefined) => () => {
    guest.enter();
    return io.wrapInput(handle === undefined ? new EmptyInput() : new NativeInput(guest, handle));
  };
  const output = (handle: Handle | undefined) => () => {
    guest.enter();
    return io.wrapOutput(handle === undefined ? new ClosedOutput() : new NativeOutput(guest, handle));
  };

  const isTerminal = (handle: Handle | undefined): boolean => handle !== undefined && host.isTerminal(owner, handle) === 1;

  class TerminalInputResource {}
  makeDroppable(guest, TerminalInputResource);
  class TerminalOutputResource {}
  makeDroppable(guest, TerminalOutputResource);

  const terminalInput = (handle: Handle | undefined) => () => {
    guest.enter();
    return isTerminal(handle) ? wrap(guest, TerminalInputResource, new TerminalInput()) : undefined;
  };
  const terminalOutput = (handle: Handle | undefined) => () => {
    guest.enter();
    return isTerminal(handle) ? wrap(guest, TerminalOutputResource, new TerminalOutput()) : undefined;
  };

  return {
    imports: {
      'wasi:cli/environment': {
        getEnvironment: () => options.env.map(([name, value]) => [name, value]),
        getArguments: () => [...options.args],
        initialCwd: () => options.cwd,
      },
      'wasi:cli/exit': { exit, exitWithCode },
      'wasi:cli/stdin': { getStdin: input(options.stdin) },
      'wasi:cli/stdout': { getStdout: output(options.stdout) },
      'wasi:cli/stderr': { getStderr: output(options.stderr) },
      'wasi:cli/terminal-input': { TerminalInput: TerminalInputResource },
      'wasi:cli/terminal-output': { TerminalOutput: TerminalOutputResource },
      'wasi:cli/terminal-stdin': { getTerminalStdin: terminalInput(options.stdin) },
      'wasi:cli/terminal-stdout': { getTerminalStdout: terminalOutput(options.stdout) },
      'wasi:cli/terminal-stderr': { getTerminalStderr: terminalOutput(options.stderr) },
    },
  };
}
