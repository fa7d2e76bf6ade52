/** Reads a container's log over the control API (call path step 2). */
import type { ControlClient, LogRecord } from '@forgeone/kernel/client';
import { ask, pathPart } from './ask.ts';

/** `stream` of a record, as the platform's logs number them. */
export const LOG_STREAM = { stdout: 1, stderr: 2, system: 3 } as const;

export interface LogQuery {
  readonly follow?: boolean;
  /** Only the last so many lines. */
  readonly tail?: number | undefined;
  /** Only what is not older, in milliseconds since the Unix epoch. */
  readonly sinceMs?: number | undefined;
}

export async function readLog(client: ControlClient, id: string, { follow = false, tail, sinceMs }: LogQuery, signal?: AbortSignal): Promise<AsyncIterable<LogRecord>> {
  const query: [string, string][] = [['follow', String(follow)]];
  if (tail !== undefined) query.push(['tail', String(tail)]);
  if (sinceMs !== undefined) query.push(['since', String(sinceMs)]);
  const { log } = await ask(client, { method: 'GET', path: `/v1/containers/${pathPart(id)}/logs`, query, ...(signal ? { signal } : {}) });
  return log ?? nothing();
}

async function* nothing(): AsyncGenerator<LogRecord> {}
