/** The control API over HTTP/1.1 on a unix socket of mode 0600 in a directory of mode 0700: who can connect is who started the daemon (call path step 3). */
import { chmodSync, existsSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { LogRecord } from '../client.ts';
import { Refusal } from '../errors.ts';
import type { Host } from '../host/host.ts';
import { type Consent, newCallId } from '../identity.ts';
import { LIMITS } from '../limits.ts';
import type { Ingress, IngressOptions, Principal } from './ingress.ts';
import type { Pipes } from './pipes.ts';
import { toProblem } from './problem.ts';
import { CONSENT_HEADER, LOG_CONTENT_TYPE, LOG_HEAD_BYTES } from './wire.ts';

export function encodeLogRecord({ stream, timeNs, bytes }: LogRecord): Buffer {
  const head = Buffer.alloc(LOG_HEAD_BYTES);
  head.writeUInt8(stream, 0);
  head.writeBigUInt64LE(timeNs, 1);
  head.writeUInt32LE(bytes.length, 9);
  return Buffer.concat([head, bytes]);
}

async function readBody(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > LIMITS.requestBytesMax) throw new Refusal('limit', `a request body has at most ${LIMITS.requestBytesMax} bytes`);
    chunks.push(chunk);
  }
  if (bytes === 0) return undefined;
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8')) as unknown;
  } catch (cause) {
    throw new Refusal('invalid', `the body is no JSON: ${(cause as Error).message}`, { where: 'body' });
  }
}

function readConsents(request: IncomingMessage): Consent[] {
  const header = request.headers[CONSENT_HEADER];
  if (typeof header !== 'string') return [];
  try {
    const list = JSON.parse(header) as unknown;
    if (
      Array.isArray(list) &&
      list.every((item: Partial<Consent>) => (item.kind === 'path' || item.kind === 'stdio') && typeof item.name === 'string' && typeof item.write === 'boolean')
    )
      return list as Consent[];
  } catch {
    // Falls through: what cannot be read is no consent.
  }
  throw new Refusal('invalid', `the header ${CONSENT_HEADER} is no list of consents`, { where: CONSENT_HEADER });
}

export interface HttpServerOptions {
  readonly ingress: Ingress;
  readonly socket: string;
  readonly principal: Principal;
  readonly host: Host;
  readonly pipes: Pipes;
  readonly log: IngressOptions['log'];
}

export async function serveHttp(options: HttpServerOptions): Promise<Server> {
  const { socket } = options;
  if (existsSync(socket)) rmSync(socket);
  const server = createServer(
    { maxHeaderSize: LIMITS.requestHeadBytesMax, requestTimeout: 0, headersTimeout: LIMITS.requestReceiveMs },
    (request, response) => void answer(options, request, response),
  );
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(socket, resolve);
  });
  chmodSync(socket, 0o600);
  return server;
}

async function answer(options: HttpServerOptions, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { ingress, principal, log } = options;
  const gone = new AbortController();
  response.on('close', () => gone.abort());
  try {
    const url = new URL(request.url ?? '/', 'http://forge');
    const streams = request.method === 'PUT' && url.pathname.endsWith('/stdin');
    const answered = await ingress.handle(
      {
        method: request.method ?? 'GET',
        path: decodeURIComponent(url.pathname),
        query: [...url.searchParams],
        body: streams ? undefined : await readBody(request),
        consents: readConsents(request),
        signal: gone.signal,
      },
      principal,
    );
    if (answered.stdinOf) {
      const name = answered.stdinOf;
      try {
        for await (const chunk of request as AsyncIterable<Buffer>) await options.pipes.write(name, chunk);
      } finally {
        options.pipes.end(name);
      }
      response.writeHead(204).end();
    } else if (answered.log) {
      response.writeHead(answered.status, { 'content-type': LOG_CONTENT_TYPE });
      for await (const record of answered.log) {
        if (!response.write(encodeLogRecord(record))) await new Promise<void>((resolve) => response.once('drain', resolve).once('close', resolve));
      }
      response.end();
    } else if (answered.json === undefined) response.writeHead(answered.status).end();
    else {
      const type = answered.status < 400 ? 'application/json' : 'application/problem+json';
      response.writeHead(answered.status, { 'content-type': type }).end(JSON.stringify(answered.json));
    }
  } catch (thrown) {
    const callId = newCallId(options.host);
    const problem = toProblem(thrown instanceof URIError ? new Refusal('invalid', 'the path is not well encoded', { where: 'path' }) : thrown, callId, (bug) =>
      log.error({ callId, err: bug }, 'a bug in the kernel'),
    );
    if (response.headersSent) response.destroy();
    else response.writeHead(problem.status, { 'content-type': 'application/problem+json' }).end(JSON.stringify(problem));
  }
}
