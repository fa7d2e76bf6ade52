/** Waiting (data plane beside step 8): what a guest can wait for, and the one place where a guest sleeps. */
import { ERRNO } from '../host/errno.ts';
import { CLOCK } from '../host/host.ts';
import { type Guest, KIND, Resource } from './guest.ts';
import type { InputStream, OutputStream } from './streams.ts';
import { trap } from './trap.ts';

/** Ready when the stream is, or when the monotonic clock has reached the deadline; always, when it has neither. */
export class Pollable extends Resource {
  readonly kind = KIND.pollable;
  readonly stream: InputStream | OutputStream | undefined;
  readonly deadlineNs: bigint | undefined;

  constructor(waitsFor: { readonly stream?: InputStream | OutputStream; readonly deadlineNs?: bigint }) {
    super();
    this.stream = waitsFor.stream;
    this.deadlineNs = waitsFor.deadlineNs;
  }
}

/** Longest single wait handed to the machine: its timeout is a double, and beyond 2^53 ns (104 days) one loops. */
const WAIT_NS_MAX = Number.MAX_SAFE_INTEGER;

/** Indexes of the ready ones, in order. With `wait`, there is at least one. */
export function awaitReady(guest: Guest, pollables: readonly Pollable[], wait: boolean): number[] {
  const { host, owner } = guest;
  for (;;) {
    const ready: number[] = [];
    const handles: number[] = [];
    const indexes: number[] = [];
    let earliestNs: bigint | undefined;
    let nowNs: bigint | undefined;
    pollables.forEach(({ stream, deadlineNs }, index) => {
      if (stream !== undefined) {
        // A stream that was dropped or has failed will never be more ready than now.
        if (stream.waitable === 0 || stream.isDropped || stream.isClosed) ready.push(index);
        else {
          handles.push(stream.waitable);
          indexes.push(index);
        }
      } else if (deadlineNs !== undefined) {
        nowNs ??= host.clockNow(CLOCK.monotonic);
        if (deadlineNs <= nowNs) ready.push(index);
        else if (earliestNs === undefined || deadlineNs < earliestNs) earliestNs = deadlineNs;
      } else ready.push(index);
    });
    const mayWait = wait && ready.length === 0;
    if (handles.length > 0 || mayWait) {
      const timeoutNs = !mayWait ? 0 : earliestNs === undefined ? -1 : Math.min(Number(earliestNs - (nowNs ?? 0n)), WAIT_NS_MAX);
      const flags = new Uint8Array(handles.length);
      const result = guest.checkCancelled(host.poll(owner, Float64Array.from(handles), flags, timeoutNs));
      if (result === -ERRNO.EDEADLK) trap('the guest waits for what can never happen');
      if (result === -ERRNO.EINTR) continue;
      if (result < 0) ready.push(...indexes);
      else ready.push(...indexes.filter((_, i) => flags[i] !== 0));
    }
    if (ready.length > 0 || !wait) return ready.sort((a, b) => a - b);
  }
}
