/** How an app was started, and how it ends. */
import { getArguments, getEnvironment } from 'wasi:cli/environment@0.2.12';
import { exitWithCode } from 'wasi:cli/exit@0.2.12';
import { requireRunTime } from '../guest/phase.ts';

/** The arguments, without the program's name. */
export function args(): string[] {
  requireRunTime('args()');
  return getArguments().slice(1);
}

/** The environment. */
export function env(): Record<string, string> {
  requireRunTime('env()');
  return Object.fromEntries(getEnvironment());
}

/** Ends the app at once with this code, 0..255. */
export function exit(code = 0): never {
  requireRunTime('exit()');
  exitWithCode(code & 0xff);
  throw new Error('the host went on after exit');
}
