/** The stand-ins for globals that QuickJS lacks, or has in a form that needs WASI. Each is left out when not named. */

/** Need nothing of the host. */
const PURE = ['text-encoder', 'text-decoder', 'url', 'structured-clone'];

const file = (name: string): string => `guest/globals/${name}.ts`;

/** A plugin has no WASI: clock, randomness and log are the kernel's. */
export const PLUGIN_GLOBALS: readonly string[] = [...PURE, 'console', 'date', 'performance', 'math-random', 'crypto', 'promise', 'timers'].map(file);

/** An app has WASI, and with it QuickJS's own Date and performance. */
export const APP_GLOBALS: readonly string[] = [...PURE, 'console', 'math-random', 'crypto', 'promise', 'timers'].map(file);
