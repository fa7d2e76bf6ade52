/** Structured logs: pino, one JSON object a line, the call id on every line that belongs to a call. */
import { type DestinationStream, type Logger, destination, pino } from 'pino';

export type { Logger } from 'pino';

export interface LogOptions {
  readonly level: string;
  /** A file to append to; without it lines go to standard error. */
  readonly file?: string | undefined;
}

/** Synchronous, because a domain blocks its thread between calls and would never flush; O_APPEND keeps lines of several threads apart. */
export function openLog({ level, file }: LogOptions, thread: string): Logger {
  const stream: DestinationStream = destination({ dest: file ?? 2, sync: true, append: true, mkdir: file !== undefined, mode: 0o600 });
  return pino({ level, base: { thread }, formatters: { level: (label) => ({ level: label }) }, timestamp: () => `,"time":"${new Date().toISOString()}"` }, stream);
}
