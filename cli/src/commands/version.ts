/** `forge version`: of this program, of Node, and of the daemon if one runs. */
import { ask } from '../control/ask.ts';
import { EXIT } from '../exit-code.ts';
import { toFailure } from '../failure.ts';
import type { Session } from '../session.ts';
import { printJson } from '../terminal/neutralise.ts';
import { printFields } from '../terminal/table.ts';
import { VERSION } from '../version.ts';
import type { CommandDefinition } from './command.ts';
import { readGlobalOptions } from './global-options.ts';

export const version: CommandDefinition = {
  name: 'version',
  summary: 'Show the versions of forge, Node and the daemon',
  examples: [['forge version --format json', 'for programs']],
  action: async (_, words, session) => {
    const { home, json } = readGlobalOptions(words, session);
    const daemon = await daemonVersion(home, session);
    const own = { forge: VERSION, node: process.versions.node, v8: process.versions.v8 };
    session.out(
      json
        ? `${printJson({ ...own, daemon: daemon ?? null })}\n`
        : printFields([
            ['forge', own.forge],
            ['node', own.node],
            ['v8', own.v8],
            ['daemon', daemon ?? 'not running'],
          ]),
    );
    return EXIT.ok;
  },
};

/** A daemon that cannot say is worth a word, not a failure: the question was about versions. */
async function daemonVersion(home: string, session: Session): Promise<string | undefined> {
  try {
    const client = await session.connect(home);
    if (!client) return undefined;
    try {
      const { json } = await ask(client, { method: 'GET', path: '/v1/version' });
      const found = (json as { version?: unknown } | undefined)?.version;
      return typeof found === 'string' ? found : 'unknown';
    } finally {
      await client.close();
    }
  } catch (thrown) {
    return `does not answer: ${toFailure(thrown).message}`;
  }
}
