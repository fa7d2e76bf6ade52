/** The control API of a daemon, over its unix socket (call path step 2). */
import { existsSync } from 'node:fs';
import { Agent, request as httpRequest, type IncomingMessage } from 'node:http';
import type { ApiRequest, ApiResponse, ControlClient, LogRecord } from '../client.ts';
import { Refusal } from '../errors.ts';
import { homePaths } from '../loader/home.ts';
import { CONSENT_HEADER, LOG_CONTENT_TYPE, LOG_HEAD_BYTES } from './wire.ts';

/** A client when a daemon answers on the socket of this state directory. */
export async function connect(home: string): Promise<ControlClient | undefined> {
  const { socket } = homePaths(home);
  if (!existsSync(socket)) return undefined;
  const client = new HttpClient(socket);
  try {
    await client.request({ method: 'GET', path: '/v1/health' });
    return client;
  } catch (thrown) {
    await client.close();
    const { code } = thrown as NodeJS.ErrnoException;
    // A daemon that was killed leaves its socket behind.
    if (code === 'ECONNREFUSED' || code === 'ENOENT') return undefined;
    throw new Refusal('unavailable', `the daemon does not answer: ${(thrown as Error).message}`, { where: socket });
  }
}

class HttpClient implements ControlClient {
  readonly #socket: string;
  readonly #agent = new Agent({ keepAlive: true });

  constructor(socket: string) {
    this.#socket = socket;
  }

  async request(request: ApiRequest): Promise<ApiResponse> {
    const query = new URLSearchParams([...(request.query ?? [])].map(([key, value]) => [key, value] as [string, string])).toString();
    const body = request.body === undefined ? undefined : JSON.stringify(request.body);
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const outgoing = httpRequest(
        {
          socketPath: this.#socket,
          agent: this.#agent,
          method: request.method,
          path: encodeURI(request.path) + (query ? `?${query}` : ''),
          headers: {
            ...(body === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
            ...(request.consents?.length
              ? { [CONSENT_HEADER]: JSON.stringify(request.consents).replaceAll(/[^\x20-\x7e]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`) }
              : {}),
          },
          ...(request.timeoutMs === undefined ? {} : { timeout: request.timeoutMs }),
          ...(request.signal ? { signal: request.signal } : {}),
        },
        resolve,
      );
      outgoing.once('error', reject);
      outgoing.end(body);
    });
    const status = response.statusCode ?? 0;
    if (response.headers['content-type'] === LOG_CONTENT_TYPE) return { status, log: readLog(response) };
    const chunks: Buffer[] = [];
    for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk);
    if (chunks.length === 0) return { status };
    return { status, json: JSON.parse(Buffer.concat(chunks).toString('utf8')) as unknown };
  }

  async sendStdin(containerId: string, chunks: AsyncIterable<Uint8Array>): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const outgoing = httpRequest({ socketPath: this.#socket, agent: this.#agent, method: 'PUT', path: `/v1/containers/${encodeURIComponent(containerId)}/stdin` }, (response) => {
        response.resume();
        if ((response.statusCode ?? 500) < 400) resolve();
        else reject(new Refusal('unavailable', `standard input was refused with status ${response.statusCode}`));
      });
      outgoing.once('error', reject);
      const send = async (): Promise<void> => {
        for await (const chunk of chunks) if (!outgoing.write(chunk)) await new Promise<void>((drained) => outgoing.once('drain', drained));
        outgoing.end();
      };
      send().catch(reject);
    });
  }

  async close(): Promise<void> {
    this.#agent.destroy();
  }
}

async function* readLog(response: AsyncIterable<Buffer>): AsyncGenerator<LogRecord> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of response) {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let at = 0;
    while (rest.length - at >= LOG_HEAD_BYTES) {
      const length = rest.readUInt32LE(at + 9);
      if (rest.length - at - LOG_HEAD_BYTES < length) break;
      yield { stream: rest.readUInt8(at), timeNs: rest.readBigUInt64LE(at + 1), bytes: rest.subarray(at + LOG_HEAD_BYTES, at + LOG_HEAD_BYTES + length) };
      at += LOG_HEAD_BYTES + length;
    }
    rest = rest.subarray(at);
  }
}
