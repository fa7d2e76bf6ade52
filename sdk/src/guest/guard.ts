/**
 * Stands between the host and each exported function: a refusal passes, anything else that is thrown is logged and
 * becomes the refusal `other`. Without it an uncaught error would end the instance.
 */
import { write } from 'forge:kernel/log@0.1.0';
import { enterRunTime } from './phase.ts';
import { isRefusal, Refusal } from './refusal.ts';
import { finishTurn, settle } from './turn.ts';

type Implementation = (...args: never[]) => unknown;

const describe = (thrown: unknown): string => (thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : `thrown: ${String(thrown)}`);

function reportBug(where: string, thrown: unknown): Refusal {
  const stack = thrown instanceof Error ? (thrown.stack ?? '').trimEnd() : '';
  write('error', `${where}: ${describe(thrown)}`, stack === '' ? [] : [['stack', stack]]);
  return new Refusal('other', `${where} failed: ${describe(thrown)}`, { where });
}

/** The function as the host calls it. `target` keeps `this` for plugins written with methods. */
export function guard(where: string, target: object, implementation: Implementation): Implementation {
  return (...args) => {
    enterRunTime();
    try {
      const result = settle(implementation.apply(target, args));
      // Not `instanceof Promise`: naming it would bring it into every plugin.
      if (typeof (result as { then?: unknown } | null | undefined)?.then === 'function') throw new TypeError('it returned a promise that this build cannot run');
      return result;
    } catch (thrown) {
      throw isRefusal(thrown) ? thrown : reportBug(where, thrown);
    } finally {
      finishTurn();
    }
  };
}
