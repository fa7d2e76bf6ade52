/** Where a kernel in this process logs: to the state directory's file, or, when `--log-level` asks, to standard error. */
import { homePaths } from '@forgeone/kernel/client';
import type { LogLevel } from '../words/log-level.ts';

export function logOptions(level: LogLevel | undefined, home: string): { logLevel: LogLevel } | { logFile: string } {
  return level === undefined ? { logFile: homePaths(home).logFile } : { logLevel: level };
}
