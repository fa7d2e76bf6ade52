/** console: a plugin's lines go to forge:kernel/log, an app's to its standard streams. Lines written at build time are dropped. */
import { isBuilding } from '../phase.ts';
import { logLine } from '../platform.ts';
import { format } from './format.ts';

type Level = Parameters<typeof logLine>[0];

const line =
  (level: Level) =>
  (...data: unknown[]): void => {
    if (!isBuilding()) logLine(level, format(data));
  };

const guestConsole: GuestConsole = {
  debug: line('debug'),
  log: line('info'),
  info: line('info'),
  warn: line('warn'),
  error: line('error'),
  trace(...data) {
    line('trace')(`${format(data)}\n${new Error().stack ?? ''}`);
  },
  assert(condition, ...data) {
    if (!condition) line('error')(data.length > 0 ? `Assertion failed: ${format(data)}` : 'Assertion failed');
  },
};

Reflect.set(globalThis, 'console', guestConsole);

export { guestConsole as 'globalThis.console', guestConsole as console };
