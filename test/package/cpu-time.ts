/** CPU time instead of wall time, so that a bound holds on a busy machine too. */

/** Milliseconds of CPU time since `start`, or, without it, since the process began. */
export function cpuMs(start = 0): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000 - start;
}
