/**
 * Tells build time from run time. A plugin's modules are evaluated once, when it is built, and the result is frozen
 * into the component; no host exists then. The host's first call ends that phase.
 */
let serving = false;

export const isBuilding = (): boolean => !serving;

export function enterRunTime(): void {
  serving = true;
}

/** Refuses what makes no sense at build time: its result would be the same in every instance for ever. */
export function requireRunTime(what: string): void {
  if (!serving) throw new Error(`${what} is not there while the component is built: its modules run once, at build time. Call it inside a function, for example lifecycle.start.`);
}
