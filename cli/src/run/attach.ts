/** The foreground of a run through the daemon: its log becomes our two streams, our standard input the guest's (call path step 2). */
import type { ControlClient } from '@forgeone/kernel/client';
import { asRefusal } from '@forgeone/kernel/errors';
import { LOG_STREAM, readLog } from '../control/log.ts';
import type { Session } from '../session.ts';
import { neutraliseLines } from '../terminal/neutralise.ts';

/** To the end of the guest. Bytes are passed on as they are; lines of the platform about the guest are marked. */
export async function followOutput(client: ControlClient, id: string, session: Session, signal: AbortSignal): Promise<void> {
  for await (const { stream, bytes } of await readLog(client, id, { follow: true }, signal)) {
    if (stream === LOG_STREAM.stdout) await session.pipe(1, bytes);
    else if (stream === LOG_STREAM.stderr) await session.pipe(2, bytes);
    else session.err(`forge: ${neutraliseLines(Buffer.from(bytes).toString('utf8').trimEnd())}\n`);
  }
}

/** Until our input or the guest ends. A guest that does not read to the end is no error: `head` does not either. */
export async function forwardInput(client: ControlClient, id: string, session: Session): Promise<void> {
  try {
    await client.sendStdin(id, session.input());
  } catch (thrown) {
    const { code } = thrown as NodeJS.ErrnoException;
    const gone = code === 'EPIPE' || code === 'ECONNRESET' || asRefusal(thrown) !== undefined;
    if (!gone) throw thrown;
  }
}
