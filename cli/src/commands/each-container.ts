/** The shape of `start`, `stop`, `kill`, `wait` and `rm`: several containers, one after the other; a failure does not spare the rest. */
import type { ControlClient } from '@forgeone/kernel/client';
import { withDaemon } from '../control/reach.ts';
import { EXIT } from '../exit-code.ts';
import { toFailure } from '../failure.ts';
import type { Session } from '../session.ts';
import { neutralise, printJson } from '../terminal/neutralise.ts';
import { failureJson, printFailure } from '../terminal/print-failure.ts';
import type { GlobalOptions } from './global-options.ts';

/** `act` gives the line to print for a container, as it was named; in JSON it stands beside the name as `result`. */
export async function eachContainer(
  names: readonly string[],
  options: GlobalOptions,
  session: Session,
  act: (client: ControlClient, name: string) => Promise<string | number | undefined>,
): Promise<number> {
  return withDaemon(options, session, async (client) => {
    let exitCode: number = EXIT.ok;
    const results: Record<string, unknown>[] = [];
    for (const name of names) {
      try {
        const result = await act(client, name);
        if (options.json) results.push({ container: name, ...(result === undefined ? {} : { result }) });
        else session.out(`${neutralise(String(result ?? name))}\n`);
      } catch (thrown) {
        const failure = toFailure(thrown);
        if (exitCode === EXIT.ok) exitCode = failure.exitCode;
        if (options.json) results.push({ container: name, error: failureJson(failure) });
        else session.err(printFailure(failure, { json: false, debug: session.env['FORGE_DEBUG'] === '1' }));
      }
    }
    if (options.json) session.out(`${printJson(results)}\n`);
    return exitCode;
  });
}
