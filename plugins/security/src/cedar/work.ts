/** Counts the work of the decision in progress, so that a policy bomb ends in deny instead of in a hang. */
import { overLimit, WorkExceeded } from './errors.ts';
import { LIMITS } from './limits.ts';

// One counter for the module: deciding is synchronous and never nests.
let left: number = LIMITS.workPerDecisionMax;

export function startWork(): void {
  left = LIMITS.workPerDecisionMax;
}

export function spendWork(units: number): void {
  left -= units;
  if (left < 0) throw new WorkExceeded();
}

/** Text is cheap to scan: 64 units of it count as one unit of work. */
export function spendText(length: number): void {
  spendWork(1 + (length >>> 6));
}

/** Runs a loading step under the same bound; there, too much work is a refusal of the input. */
export function boundWork<T>(what: string, load: () => T): T {
  startWork();
  try {
    return load();
  } catch (error) {
    throw error instanceof WorkExceeded ? overLimit(`${what} needs more work than is allowed`) : error;
  }
}
