/**
 * The ingress (call path step 3): who asks is established here, a call id and a deadline are minted, and the api
 * plugin is called. Requests that wait are parked here, on the main thread, and cost no plugin.
 */
import type { ApiRequest, ApiResponse } from '../client.ts';
import { Refusal } from '../errors.ts';
import type { EventBus } from '../events.ts';
import type { Host, LogRecord, Owner } from '../host/host.ts';
import { RIGHT } from '../host/host.ts';
import { type CallContext, monotonicMs, newCallId } from '../identity.ts';
import { LIMITS } from '../limits.ts';
import type { Logger } from '../log.ts';
import type { Supervisor } from '../supervisor.ts';
import { toProblem } from './problem.ts';

const HANDLER = 'forge:api/handler@0.1.0';

/** `forge:api/handler.body`, as the glue gives it. */
type Body =
  | { readonly tag: 'empty' }
  | { readonly tag: 'json'; readonly val: string }
  | { readonly tag: 'log'; readonly val: { readonly name: string; readonly tail?: number; readonly sinceMs?: bigint; readonly follow?: string } }
  | { readonly tag: 'wait'; readonly val: string }
  | { readonly tag: 'stdin'; readonly val: string };

/** Where a request came from, after authentication. */
export interface Principal {
  /** SPIFFE ID. */
  readonly id: string;
  /** The user who runs the platform. */
  readonly local: boolean;
}

export interface IngressOptions {
  readonly supervisor: Supervisor;
  readonly events: EventBus;
  readonly host: Host;
  readonly mintKey: string;
  /** Path of a log by its name. */
  readonly logPath: (name: string) => string;
  readonly owner: Owner;
  readonly log: Logger;
}

/** A response, and for `PUT /stdin` where the rest of the request goes. */
export interface IngressResponse extends ApiResponse {
  readonly stdinOf?: string;
}

export class Ingress {
  readonly #options: IngressOptions;
  readonly #owner: Owner;

  constructor(options: IngressOptions) {
    this.#options = options;
    this.#owner = options.owner;
  }

  async handle(request: ApiRequest, principal: Principal): Promise<IngressResponse> {
    const callId = newCallId(this.#options.host);
    const { log } = this.#options;
    const began = monotonicMs();
    log.debug({ callId, step: 3, principal: principal.id, method: request.method, path: request.path }, 'ingress request');
    try {
      const response = await this.#answer(request, principal, callId);
      log.debug({ callId, step: 3, status: response.status, ms: Math.round(monotonicMs() - began) }, 'ingress response');
      return response;
    } catch (thrown) {
      const problem = toProblem(thrown, callId, (bug) => log.error({ callId, err: bug }, 'a bug in the kernel'));
      log.debug({ callId, step: 3, status: problem.status, code: problem.code, detail: problem.detail }, 'ingress response');
      return { status: problem.status, json: problem };
    }
  }

  async #answer(request: ApiRequest, principal: Principal, callId: string): Promise<IngressResponse> {
    const { supervisor, events } = this.#options;
    const body = request.body === undefined ? new Uint8Array() : Buffer.from(JSON.stringify(request.body));
    if (body.length > LIMITS.requestBytesMax) throw new Refusal('limit', `a request body has at most ${LIMITS.requestBytesMax} bytes`);
    if (!request.path.startsWith('/v1/')) throw new Refusal('not-found', `there is no ${request.path}`, { where: request.path, hint: 'paths begin with /v1/' });
    const witRequest = { method: request.method, path: request.path, query: [...(request.query ?? [])], body };
    const unit = supervisor.provider(HANDLER);
    const endsMs = monotonicMs() + Math.min(request.timeoutMs ?? LIMITS.parkedMsMax, LIMITS.parkedMsMax);
    const question = {
      action: 'api.call',
      resource: { kind: 'Node', name: 'self', attributes: { method: request.method, path: request.path } },
      rights: request.method === 'GET' ? RIGHT.read : RIGHT.write,
      consented: false,
    } as const;
    for (;;) {
      const asked = events.now();
      const context: CallContext = {
        callId,
        chain: [principal.id],
        deadlineMs: Math.min(endsMs, monotonicMs() + LIMITS.callDeadlineMs),
        local: principal.local,
        consents: principal.local ? (request.consents ?? []) : [],
      };
      const response = (await supervisor.call(unit, HANDLER, 'handle', [witRequest], context, question)) as { status: number; body: Body };
      if (response.body.tag !== 'wait') return this.#deliver(response.status, response.body, asked, request.signal);
      await this.#park(response.body.val, asked, endsMs, request.signal);
    }
  }

  async #park(topic: string, since: number, endsMs: number, signal: AbortSignal | undefined): Promise<void> {
    const end = new AbortController();
    const timer = setTimeout(() => end.abort(), Math.min(endsMs - monotonicMs(), LIMITS.timerMsMax));
    await this.#options.events.next(topic, since, signal ? AbortSignal.any([signal, end.signal]) : end.signal);
    clearTimeout(timer);
    if (signal?.aborted) throw new Refusal('cancelled', 'the request was called off');
    if (monotonicMs() >= endsMs) throw new Refusal('timeout', 'it did not happen in time');
  }

  #deliver(status: number, body: Exclude<Body, { tag: 'wait' }>, asked: number, signal: AbortSignal | undefined): IngressResponse {
    switch (body.tag) {
      case 'empty':
        return { status };
      case 'json':
        return { status, json: JSON.parse(body.val) as unknown };
      case 'stdin':
        return { status, stdinOf: body.val };
      case 'log':
        return { status, log: this.#readLog(body.val, asked, signal) };
    }
  }

  async *#readLog(log: { name: string; tail?: number; sinceMs?: bigint; follow?: string }, asked: number, signal: AbortSignal | undefined): AsyncGenerator<LogRecord> {
    const { host, mintKey, logPath, events } = this.#options;
    const grant = host.grantMint(mintKey, this.#owner, {
      callId: newCallId(this.#options.host),
      action: 'log.open',
      resource: logPath(log.name),
      rights: RIGHT.read,
      expiresMs: 0,
    });
    const end = new AbortController();
    try {
      let over = log.follow === undefined;
      // Since the question: the container may have ended before this line.
      const ended = log.follow
        ? events.next(log.follow, asked, end.signal).then(() => {
            over = true;
          })
        : undefined;
      let offset = 0;
      if (log.tail !== undefined || log.sinceMs !== undefined) {
        const kept = this.#lastLines(grant, log.tail, log.sinceMs);
        offset = kept.next;
        yield* kept.records;
      }
      for (;;) {
        const last = over || signal?.aborted;
        const { records, next } = host.logRead(this.#owner, grant, offset, LIMITS.logSliceBytes);
        offset = next;
        yield* records;
        if (signal?.aborted) return;
        if (records.length > 0) continue;
        if (last) return;
        await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, LIMITS.logPollMs))]);
      }
    } finally {
      end.abort();
      host.revoke(this.#owner, grant);
    }
  }

  /** All there is, cut to the last lines and to what is not older. */
  #lastLines(grant: number, tail: number | undefined, sinceMs: bigint | undefined): { records: LogRecord[]; next: number } {
    const { host } = this.#options;
    const records: LogRecord[] = [];
    let next = 0;
    for (;;) {
      const slice = host.logRead(this.#owner, grant, next, LIMITS.logSliceBytes);
      if (slice.records.length === 0) break;
      next = slice.next;
      for (const record of slice.records) if (sinceMs === undefined || record.timeNs >= sinceMs * 1_000_000n) records.push(record);
    }
    return { records: tail === undefined ? records : lastLines(records, tail), next };
  }
}

/** The records, or ends of records, that make up the last `count` lines. */
export function lastLines(records: readonly LogRecord[], count: number): LogRecord[] {
  const kept: LogRecord[] = [];
  let left = count;
  for (let index = records.length - 1; index >= 0 && left > 0; index -= 1) {
    const record = records[index] as LogRecord;
    let from = record.bytes.length;
    // The newline that ends the very last line opens no further one.
    let at = kept.length === 0 && record.bytes[from - 1] === 0x0a ? from - 2 : from - 1;
    for (; at >= 0; at -= 1) {
      if (record.bytes[at] === 0x0a) {
        left -= 1;
        if (left === 0) break;
      }
    }
    from = at + 1;
    kept.unshift({ ...record, bytes: record.bytes.subarray(from) });
  }
  return kept;
}
