/** What one guest may hold and ask for at once (data plane beside steps 8 and 9): the shape the kernel's limits are handed over in. */

/** A subset of the kernel's `LIMITS`, so that table can be passed as it is. */
export interface WasiLimits {
  /** Descriptors and directory streams, preopens included. */
  readonly openFilesMax: number;
  /** Input and output streams, and their unfetched errors. */
  readonly streamsMax: number;
  readonly pollablesMax: number;
  /** Largest `get-random-bytes`; a longer one traps, because the interface knows no error. */
  readonly randomBytesMax: number;
  /** Largest read, write permit and directory name: longer reads are cut, longer writes trap. */
  readonly readBytesMax: number;
}

/** What follows from the ABI and needs no operator's choice. */
export const WASI_BOUNDS = {
  /** PATH_MAX of Linux without the final NUL: longer paths are `name-too-long` before they are decoded. */
  pathBytesMax: 4095,
  /** Bytes a stream without a known length is read by: a pipe on Linux holds no more. */
  scratchBytes: 64 * 1024,
  /** What `check-write` permits at once: enough that a call's cost vanishes beside the copy. */
  writePermitBytes: 1024 * 1024,
  /** Exit codes are one byte (`wasi:cli/exit.exit-with-code`, POSIX `exit`). */
  exitCodeMask: 0xff,
} as const;
