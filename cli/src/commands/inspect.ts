/** `forge inspect`: what a package holds and asks for, or how a container stands. */
import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { Refusal } from '@forgeone/kernel/errors';
import { type Container, inspectContainer } from '../control/container.ts';
import { EXIT } from '../exit-code.ts';
import type { Session } from '../session.ts';
import { printTime } from '../terminal/age.ts';
import { printJson } from '../terminal/neutralise.ts';
import { printFields } from '../terminal/table.ts';
import type { CommandDefinition } from './command.ts';
import { type GlobalOptions, readGlobalOptions } from './global-options.ts';
import { statusOf } from './ps.ts';

export const inspect: CommandDefinition = {
  name: 'inspect',
  summary: 'Show what a package asks for, or how a container stands',
  operands: [['<file|container>', 'a package file, or the name or id of a container']],
  examples: [
    ['forge inspect app.forgepkg', 'before it is run: what it is and what it can do'],
    ['forge inspect --format json web', 'everything about the container called web'],
  ],
  notes: 'A word that names a file is a file; ./ before it says so in any case.',
  action: async ([subject = ''], words, session) => {
    const options = readGlobalOptions(words, session);
    const path = resolve(session.cwd, subject);
    session.out(statSync(path, { throwIfNoEntry: false }) ? await showPackage(path, options.json) : await showContainer(subject, options, session));
    return EXIT.ok;
  },
};

async function showPackage(path: string, json: boolean): Promise<string> {
  const { describePackage, openPackage, packageJson, viewPackage } = await import('../package/index.ts');
  const view = await viewPackage(await openPackage(path));
  return json ? `${printJson(packageJson(view), 2)}\n` : describePackage(view);
}

async function showContainer(name: string, options: GlobalOptions, session: Session): Promise<string> {
  if (name.includes('/')) throw new Refusal('not-found', `there is no file ${name}`, { where: name });
  const client = await session.connect(options.home);
  if (!client)
    throw new Refusal('not-found', `there is no file ${name}, and no daemon to ask for a container of that name`, { where: name, hint: 'start the daemon: forge serve' });
  try {
    const container = await inspectContainer(client, name);
    return options.json ? `${printJson(container.json, 2)}\n` : describeContainer(container, session.nowMs());
  } finally {
    await client.close();
  }
}

function describeContainer(container: Container, nowMs: number): string {
  const { id, name, image, json, reason, createdMs, startedMs, endedMs, restarts, isolation } = container;
  const spec = json['spec'];
  return printFields([
    ['container', name],
    ['id', id],
    ['image', image],
    ['package', String(json['package'] ?? '')],
    ['status', statusOf(container, nowMs)],
    ...(reason ? [['reason', reason] as const] : []),
    ['created', printTime(createdMs)],
    ['started', printTime(startedMs)],
    ['ended', printTime(endedMs)],
    ['restarts', String(restarts)],
    ['isolation', isolation],
    ['spec', typeof spec === 'string' ? spec : printJson(spec ?? {})],
  ]);
}
