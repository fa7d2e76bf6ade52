/** Sizes as people write them: an integer of bytes, or a string with a unit. */

const UNIT_BYTES: Readonly<Record<string, number>> = {
  B: 1,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
};

/** Bytes, rounded down; undefined if it is no size, is less than one byte, or is past what a number holds exactly. */
export function parseByteSize(size: number | string): number | undefined {
  const bytes = typeof size === 'number' ? size : parseText(size);
  return bytes !== undefined && Number.isSafeInteger(bytes) && bytes >= 1 ? bytes : undefined;
}

function parseText(text: string): number | undefined {
  const match = /^([0-9]+(?:\.[0-9]+)?) ?([KMGT]i?B|B)$/.exec(text);
  const unit = UNIT_BYTES[match?.[2] ?? ''];
  return match?.[1] === undefined || unit === undefined ? undefined : Math.floor(Number(match[1]) * unit);
}
