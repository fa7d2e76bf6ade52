/**
 * For how long the gate may repeat an allow for the very same request (call path step 7). A change of policies voids
 * all leases at once, by the epoch; so a lease only says that asking again would change nothing but the audit.
 */

/** Reading what cannot change under its name, or what makes nothing new. */
const LEASES_MS: Readonly<Record<string, number>> = {
  // A digest names the same package for ever.
  'package.resolve': 5_000,
  // The same log, only longer.
  'log.open': 1_000,
};

/** 0 for what makes, opens, starts, ends or removes something, and for what is not known: each time is a decision, and a line in the audit. */
export const leaseMs = (action: string, allowed: boolean, rights: readonly string[]): number =>
  // Removing a log is also `log.open`, with the right to change.
  allowed && !rights.includes('mutate') && Object.hasOwn(LEASES_MS, action) ? (LEASES_MS[action] ?? 0) : 0;
