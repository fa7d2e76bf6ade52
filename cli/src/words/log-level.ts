/** Reads `--log-level` (call path step 1). */
import { Refusal } from '@forgeone/kernel/errors';

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export function readLogLevel(word: string | undefined): LogLevel | undefined {
  if (word === undefined) return undefined;
  const found = LOG_LEVELS.find((level) => level === word);
  if (found) return found;
  throw new Refusal('invalid', `${JSON.stringify(word)} is no log level`, { where: '--log-level', hint: `one of ${LOG_LEVELS.join(', ')}` });
}
