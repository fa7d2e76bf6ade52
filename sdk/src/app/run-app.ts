/** Runs an app's main function as `wasi:cli/run`. Called by the entry that `buildApp` makes. */
import { exitWithCode } from 'wasi:cli/exit@0.2.12';
import { enterRunTime } from '../guest/phase.ts';
import { payloadOf } from '../guest/refusal.ts';
import { runUntilIdle, settle } from '../guest/turn.ts';
import { stderr } from './stdio.ts';

/** What an app's source exports by default. A number it returns is the exit code. */
// biome-ignore lint/suspicious/noConfusingVoidType: most main functions return nothing, and say so by no return at all.
export type Main = () => number | undefined | void | Promise<number | undefined | void>;

/** As Node's: an error nobody caught. */
const EXIT_UNCAUGHT = 1;

function describe(thrown: unknown): string {
  const payload = payloadOf(thrown);
  if (payload) return `${payload.tag}: ${payload.val.message}${payload.val.hint ? `\n  ${payload.val.hint}` : ''}`;
  return thrown instanceof Error ? `${thrown.name}: ${thrown.message}\n${(thrown.stack ?? '').trimEnd()}` : `uncaught: ${String(thrown)}`;
}

export function checkMain(main: unknown): void {
  if (typeof main !== 'function')
    throw new Error('the source has no default export that is a function: export default function main() {...}. Code outside functions runs at build time');
}

export function runApp(main: Main): void {
  enterRunTime();
  let code: number;
  try {
    code = Number(settle(main()) ?? 0);
    runUntilIdle();
  } catch (thrown) {
    stderr.write(`${describe(thrown)}\n`);
    code = EXIT_UNCAUGHT;
  }
  if (code !== 0) exitWithCode(Number.isInteger(code) ? code & 0xff : EXIT_UNCAUGHT);
}
