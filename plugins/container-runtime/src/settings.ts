/** The settings of `[plugin.config]` in the composition file. A wrong one stops the plugin with the line to mend. */
import { refuse } from '@forgeone/sdk';

export interface Settings {
  /** Where a container's log rotates, in bytes; two files are kept. */
  readonly logBytesMax: number;
  /** Containers that may exist, running or not. */
  readonly containersMax: number;
}

const DEFAULTS = { 'log-bytes-max': 16 * 1024 * 1024, 'containers-max': 10_000 } as const;

export function readSettings(get: (key: string) => string | null): Settings {
  const read = (key: keyof typeof DEFAULTS): number => {
    const text = get(key);
    if (text === null) return DEFAULTS[key];
    const value = Number(text);
    if (Number.isSafeInteger(value) && value > 0) return value;
    throw refuse.invalid(`${key} is ${JSON.stringify(text)}`, { where: `container-runtime.config.${key}`, hint: 'a whole number above 0' });
  };
  return { logBytesMax: read('log-bytes-max'), containersMax: read('containers-max') };
}
