/** Reads a size as people type it (`64m`, `1g`, `512MiB`, `2.5GB`) into bytes (call path step 1). */
import { Refusal } from '@forgeone/kernel/errors';

/** `k m g t` are powers of 1024 as in podman; `KB MB GB TB` are powers of 1000 as in forge.toml. */
const UNIT_BYTES: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  k: 2 ** 10,
  kib: 2 ** 10,
  kb: 1e3,
  m: 2 ** 20,
  mib: 2 ** 20,
  mb: 1e6,
  g: 2 ** 30,
  gib: 2 ** 30,
  gb: 1e9,
  t: 2 ** 40,
  tib: 2 ** 40,
  tb: 1e12,
};

const SHAPE = /^([0-9]+(?:\.[0-9]+)?)\s?([a-z]*)$/i;

/** Bytes, rounded down. `where` names the option. Throws `invalid` for what is no size, is under one byte, or past 2^53 - 1. */
export function parseSize(text: string, where: string): number {
  const [, digits, unit = ''] = SHAPE.exec(text.trim()) ?? [];
  const factor = Object.hasOwn(UNIT_BYTES, unit.toLowerCase()) ? UNIT_BYTES[unit.toLowerCase()] : undefined;
  const bytes = digits === undefined || factor === undefined ? Number.NaN : Math.floor(Number(digits) * factor);
  if (Number.isSafeInteger(bytes) && bytes >= 1) return bytes;
  throw new Refusal('invalid', `${JSON.stringify(text)} is no size`, { where, hint: 'a number and a unit: 64m, 1g, 512MiB' });
}

const STEPS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const;

/** Bytes for people: `1.6 MiB`. */
export function printSize(bytes: number): string {
  let value = bytes;
  let step = 0;
  while (value >= 1024 && step < STEPS.length - 1) {
    value /= 1024;
    step += 1;
  }
  return `${step === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${STEPS[step]}`;
}
