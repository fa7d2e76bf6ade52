/** `wasi:clocks`: monotonic-clock and wall-clock (data plane beside step 8). The unstable timezone is not offered. */
import { CLOCK } from '../host/host.ts';
import type { Guest } from './guest.ts';
import { withLowering } from './guest-memory.ts';
import type { Io } from './io.ts';
import { Pollable } from './pollable.ts';

/** clock_getres(2) of CLOCK_MONOTONIC and CLOCK_REALTIME on Linux with high-resolution timers: one nanosecond. */
const RESOLUTION_NS = 1;
const NANOS_PER_SECOND = 1_000_000_000n;
const U64_BITS = 64;
const U64_MAX = 2n ** 64n - 1n;

export function createClocks(guest: Guest, io: Io) {
  const { host } = guest;

  // --- wasi:clocks/monotonic-clock ----------------------------------------------------------------------------------

  const monotonicNow = (): bigint => {
    guest.enter();
    return host.clockNow(CLOCK.monotonic);
  };
  withLowering(guest, monotonicNow, () => monotonicNow);

  const monotonicResolution = (): bigint => BigInt(RESOLUTION_NS);
  withLowering(guest, monotonicResolution, () => monotonicResolution);

  const at = (deadlineNs: bigint): Pollable => new Pollable({ deadlineNs });
  /** Durations run to 584 years; past the clock's range means never. */
  const after = (durationNs: bigint): Pollable => {
    const deadlineNs = host.clockNow(CLOCK.monotonic) + durationNs;
    return at(deadlineNs > U64_MAX ? U64_MAX : deadlineNs);
  };

  const subscribeInstant = (when: bigint): object => {
    guest.enter();
    return io.wrapPollable(at(when));
  };
  withLowering(guest, subscribeInstant, ({ tables }) => (when: bigint) => {
    guest.enter();
    return tables.own(at(BigInt.asUintN(U64_BITS, when)));
  });

  const subscribeDuration = (duration: bigint): object => {
    guest.enter();
    return io.wrapPollable(after(duration));
  };
  withLowering(guest, subscribeDuration, ({ tables }) => (duration: bigint) => {
    guest.enter();
    return tables.own(after(BigInt.asUintN(U64_BITS, duration)));
  });

  // --- wasi:clocks/wall-clock -----------------------------------------------------------------------------------------

  const wallNow = (): { seconds: bigint; nanoseconds: number } => {
    guest.enter();
    const now = host.clockNow(CLOCK.realtime);
    return { seconds: now / NANOS_PER_SECOND, nanoseconds: Number(now % NANOS_PER_SECOND) };
  };
  /** datetime: seconds @0, nanoseconds @8. */
  withLowering(guest, wallNow, ({ memory }) => (result: number) => {
    guest.enter();
    const to = memory.checkResult(result, 16, 8);
    const now = host.clockNow(CLOCK.realtime);
    memory.view.setBigUint64(to, now / NANOS_PER_SECOND, true);
    memory.view.setUint32(to + 8, Number(now % NANOS_PER_SECOND), true);
  });

  const wallResolution = (): { seconds: bigint; nanoseconds: number } => ({ seconds: 0n, nanoseconds: RESOLUTION_NS });
  withLowering(guest, wallResolution, ({ memory }) => (result: number) => {
    guest.enter();
    const to = memory.checkResult(result, 16, 8);
    memory.view.setBigUint64(to, 0n, true);
    memory.view.setUint32(to + 8, RESOLUTION_NS, true);
  });

  return {
    imports: {
      'wasi:clocks/monotonic-clock': { now: monotonicNow, resolution: monotonicResolution, subscribeInstant, subscribeDuration },
      'wasi:clocks/wall-clock': { now: wallNow, resolution: wallResolution },
    },
  };
}
