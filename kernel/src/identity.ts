/** Names of principals as SPIFFE IDs, and the call context that the kernel stamps on every call (call path steps 3 and 5). */
import type { Host } from './host/host.ts';
import { randomHex } from './host/random-hex.ts';
import { LIMITS } from './limits.ts';

/** The trust domain of a node without federation (SPIFFE-ID 1.0, section 2.1). */
export const TRUST_DOMAIN = 'local';

export const userId = (name: string): string => `spiffe://${TRUST_DOMAIN}/user/${encodeURIComponent(name).replaceAll('%', '_')}`;
export const pluginId = (name: string): string => `spiffe://${TRUST_DOMAIN}/plugin/${name}`;
export const workloadId = (id: string): string => `spiffe://${TRUST_DOMAIN}/workload/${id}`;

/** A resource the local user named in the request itself, for example `-v /srv:/data`: that user's consent. */
export interface Consent {
  readonly kind: 'path' | 'stdio';
  /** Canonical path, or empty. */
  readonly name: string;
  readonly write: boolean;
}

/** Everything that travels with a call. Only the kernel makes and extends it. */
export interface CallContext {
  /** W3C Trace Context trace-id: 32 hexadecimal digits, on every log and audit line. */
  readonly callId: string;
  /** Principals, the first first; the last is the direct caller. */
  readonly chain: readonly string[];
  /** `performance.timeOrigin`-free deadline: milliseconds of the system's monotonic clock, comparable across threads. */
  readonly deadlineMs: number;
  /** The chain begins with the user who runs the platform. */
  readonly local: boolean;
  readonly consents: readonly Consent[];
}

/** Monotonic milliseconds, the same in every thread of the process. */
export const monotonicMs = (): number => Number(process.hrtime.bigint()) / 1e6;

/** W3C Trace Context trace-id. */
const CALL_ID_BYTES = 16;

export const newCallId = (host: Pick<Host, 'randomFill'>): string => randomHex(host, CALL_ID_BYTES);

/** The context of a call that `principal` makes in the course of `parent`; its deadline is earlier, so that of a chain that hangs only the last link is ended. */
export function extendContext(parent: CallContext, principal: string, deadlineMs: number): CallContext {
  return {
    callId: parent.callId,
    chain: parent.chain.at(-1) === principal ? parent.chain : [...parent.chain, principal],
    deadlineMs: Math.min(parent.deadlineMs - LIMITS.deadlineHopMs, monotonicMs() + deadlineMs),
    local: parent.local,
    consents: parent.consents,
  };
}
