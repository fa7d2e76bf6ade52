/**
 * What the globals need of the host of a plugin. `buildApp` puts ../app/platform.ts in the place of this module; each
 * function is taken only when used, so that a plugin without randomness does not import forge:kernel/random.
 */
import { nowMs as hostNowMs, monotonicNs } from 'forge:kernel/clock@0.1.0';
import { type Level, write } from 'forge:kernel/log@0.1.0';
import { bytes } from 'forge:kernel/random@0.1.0';

export const nowMs = (): number => hostNowMs();

export const monotonicMs = (): number => monotonicNs() / 1e6;

/** At most 4096 bytes. */
export const randomBytes = (length: number): Uint8Array => bytes(length);

export const logLine = (level: Level, text: string): void => write(level, text, []);

/** A plugin's call cannot wait: its caller does. */
export const sleepMs: ((ms: number) => void) | undefined = undefined;
