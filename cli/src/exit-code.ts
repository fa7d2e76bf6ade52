/** Which exit code says what: the error table's for every command, and podman's for `forge run`, whose own code must not be taken for the guest's. */
import { ERROR_TABLE, type ErrorCode } from '@forgeone/kernel/errors';

export const EXIT = {
  ok: 0,
  /** `run`: the wall time was over (timeout(1)). */
  timedOut: 124,
  /** `run`: the platform could not start it (podman-run(1)). */
  platform: 125,
  /** `run`: FILE is there, but what is in it cannot be run. */
  cannotRun: 126,
  /** `run`: there is no FILE. */
  noFile: 127,
  /** 128 and the number of SIGINT, SIGPIPE, SIGTERM and SIGHUP, as a shell reports them. */
  interrupted: 130,
  brokenPipe: 141,
  terminated: 143,
  hungUp: 129,
} as const;

export const exitCodeOf = (code: ErrorCode): number => ERROR_TABLE[code].exit;

/** How far `forge run` had come when it failed. */
export type RunStage = 'words' | 'install' | 'start' | 'running';

export function exitCodeOfRun(code: ErrorCode, stage: RunStage): number {
  if (code === 'cancelled') return EXIT.interrupted;
  if (stage !== 'install') return EXIT.platform;
  if (code === 'not-found') return EXIT.noFile;
  return code === 'invalid' || code === 'unsupported' || code === 'denied' || code === 'limit' ? EXIT.cannotRun : EXIT.platform;
}

/** What the runtime reports for a guest that the platform ended (`forge:container/runtime.container.exit-code`). */
const STOPPED: readonly number[] = [137, 143];

export type StopSignal = 'SIGINT' | 'SIGTERM' | 'SIGHUP';

const SIGNAL_EXIT: Readonly<Record<StopSignal, number>> = { SIGINT: EXIT.interrupted, SIGTERM: EXIT.terminated, SIGHUP: EXIT.hungUp };

/**
 * The exit code of `forge run`: the first guest's that is not zero, in the package's order. A guest that a signal to
 * the command ended counts with that signal's code; one that ended by itself before keeps its own.
 */
export function exitCodeOfGuests(codes: readonly number[], signal: StopSignal | undefined): number {
  const code = codes.find((each) => each !== 0) ?? EXIT.ok;
  return signal && STOPPED.includes(code) ? SIGNAL_EXIT[signal] : code;
}
