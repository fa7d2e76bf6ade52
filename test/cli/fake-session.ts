/** A session for tests: words are kept, and the platform behind it is a function that answers. */
import { EventEmitter } from 'node:events';
import type { ApiRequest, ApiResponse, ControlClient } from '@forgeone/kernel/client';
import { hearStopSignals, type StopSignals } from '../../cli/src/run/stop-signals.ts';
import type { Session } from '../../cli/src/session.ts';

export type Answer = (request: ApiRequest) => ApiResponse | Promise<ApiResponse>;

export class FakeClient implements ControlClient {
  readonly requests: ApiRequest[] = [];
  readonly stdin: string[] = [];
  closed = false;
  readonly #answer: Answer;

  constructor(answer: Answer) {
    this.#answer = answer;
  }

  async request(request: ApiRequest): Promise<ApiResponse> {
    this.requests.push(request);
    return this.#answer(request);
  }

  async sendStdin(_id: string, chunks: AsyncIterable<Uint8Array>): Promise<void> {
    for await (const chunk of chunks) this.stdin.push(Buffer.from(chunk).toString());
  }

  async close(): Promise<void> {
    this.closed = true;
  }
}

export interface FakeSession extends Session {
  readonly said: { out: string; err: string };
  /** Plays the operating system: signals reach the command from here. */
  readonly signals: EventEmitter;
  readonly exits: number[];
}

export interface FakeSessionOptions extends Partial<Session> {
  readonly daemon?: ControlClient;
  /** Milliseconds; signals are told apart by it. */
  readonly clock?: () => number;
}

export function fakeSession({ daemon, clock = () => performance.now(), ...overrides }: FakeSessionOptions = {}): FakeSession {
  const said = { out: '', err: '' };
  const signals = new EventEmitter();
  const exits: number[] = [];
  return {
    said,
    signals,
    exits,
    env: {},
    cwd: '/work',
    isTerminal: () => false,
    columns: () => 80,
    out: (text) => {
      said.out += text;
    },
    err: (text) => {
      said.err += text;
    },
    pipe: async (stream, bytes) => {
      said[stream === 1 ? 'out' : 'err'] += Buffer.from(bytes).toString();
    },
    input: async function* () {
      yield Buffer.from('typed');
    },
    nowMs: () => Date.parse('2026-06-01T12:00:00Z'),
    resolveHome: () => '/home/state',
    connect: async () => daemon,
    kernel: () => Promise.reject(new Error('no kernel in this test')),
    hearStopSignals: (): StopSignals => hearStopSignals(signals as unknown as NodeJS.Process, clock),
    exit: (code) => void exits.push(code),
    ...overrides,
  };
}

export const containerJson = (fields: Record<string, unknown> = {}): Record<string, unknown> => ({
  id: '0123456789abcdef0123456789abcdef',
  name: 'web',
  package: `sha256:${'a'.repeat(64)}`,
  image: 'web:1.0.0',
  state: 'running',
  exitCode: null,
  reason: null,
  createdMs: Date.parse('2026-06-01T11:00:00Z'),
  startedMs: Date.parse('2026-06-01T11:58:00Z'),
  endedMs: 0,
  restarts: 0,
  isolation: 'worker or stricter',
  spec: {},
  ...fields,
});

export const stopped = (exitCode: number, reason = ''): Record<string, unknown> =>
  containerJson({ state: 'stopped', exitCode, reason, endedMs: Date.parse('2026-06-01T11:59:00Z') });

export const problem = (code: string, status: number, detail: string, extra: Record<string, unknown> = {}): ApiResponse => ({
  status,
  json: { type: `urn:forge:error:${code}`, title: code, status, detail, code, ...extra },
});

export type LogText = readonly [stream: number, text: string | Uint8Array];

export async function* records(...list: readonly LogText[]): AsyncGenerator<{ stream: number; timeNs: bigint; bytes: Uint8Array }> {
  for (const [stream, text] of list) yield { stream, timeNs: 1_780_315_200_123_456_789n, bytes: typeof text === 'string' ? Buffer.from(text) : text };
}
