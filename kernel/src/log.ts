/** Structured logs: pino, one JSON object a line, the call id on every line that belongs to a call. */
import { createRequire } from 'node:module';
import type { Logger as Pino } from 'pino';

const LEVELS = { trace: 10, debug: 20, info: 30, warn: 40, error: 50, silent: 100 } as const;
type Level = Exclude<keyof typeof LEVELS, 'silent'>;

/** What the kernel uses of pino's logger. */
export type Logger = Pick<Pino, Level | 'isLevelEnabled' | 'flush'>;

export interface LogOptions {
  readonly level: string;
  /** A file to append to; without it lines go to standard error. */
  readonly file?: string | undefined;
}

/** Lines are written synchronously, because a domain blocks its thread between calls; O_APPEND keeps those of several threads apart. */
function openPino({ level, file }: LogOptions, thread: string): Pino {
  // Required when there is a line to write: loading it takes 10 ms, and most runs write none.
  const { destination, pino } = createRequire(import.meta.url)('pino') as typeof import('pino');
  const stream = destination({ dest: file ?? 2, sync: true, append: true, mkdir: file !== undefined, mode: 0o600 });
  return pino({ level, base: { thread }, formatters: { level: (label) => ({ level: label }) }, timestamp: () => `,"time":"${new Date().toISOString()}"` }, stream);
}

export function openLog(options: LogOptions, thread: string): Logger {
  const least = LEVELS[options.level as keyof typeof LEVELS] ?? LEVELS.info;
  let opened: Pino | undefined;
  const at = (level: Level): Pino[Level] => {
    if (LEVELS[level] < least) return () => undefined;
    return ((...line: Parameters<Pino[Level]>) => {
      opened ??= openPino(options, thread);
      opened[level](...line);
    }) as Pino[Level];
  };
  return {
    trace: at('trace'),
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    isLevelEnabled: (level) => (LEVELS[level as Level] ?? 0) >= least,
    flush: () => opened?.flush(),
  };
}
