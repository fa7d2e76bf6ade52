/** Reaches the platform: the daemon, or, where that is enough, a kernel in this process (call path step 2). */
import type { ControlClient } from '@forgeone/kernel/client';
import { Refusal } from '@forgeone/kernel/errors';
import type { GlobalOptions } from '../commands/global-options.ts';
import { logOptions } from '../run/log-options.ts';
import type { Session } from '../session.ts';

/** For what only a daemon can know: containers that run. */
export async function withDaemon<T>({ home }: GlobalOptions, session: Session, use: (client: ControlClient) => Promise<T>): Promise<T> {
  const client = await session.connect(home);
  if (!client) throw new Refusal('unavailable', 'no daemon is running', { where: home, hint: 'start one: forge serve (or name its state directory: --home DIR)' });
  try {
    return await use(client);
  } finally {
    await client.close();
  }
}

/** For what is on disk either way: volumes. */
export async function withPlatform<T>({ home, logLevel }: GlobalOptions, session: Session, use: (client: ControlClient) => Promise<T>): Promise<T> {
  const daemon = await session.connect(home);
  const client = daemon ?? (await (await session.kernel()).openKernel({ home, placement: 'together', oneShot: true, ...logOptions(logLevel, home) }));
  try {
    return await use(client);
  } finally {
    await client.close();
  }
}
