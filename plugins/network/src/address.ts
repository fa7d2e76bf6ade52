/**
 * IP addresses and blocks in canonical form, and what they reach (call path step 6).
 *
 * One address has one spelling here. Octal, hexadecimal, decimal and short forms, mapped IPv6 and zone ids are not
 * addresses: resolvers disagree about them, and each disagreement is a way around an allow-list (CVE-2021-28918).
 */

/** 4 or 16 bytes. */
export type AddressBytes = readonly number[];

/** Addresses that share a prefix (RFC 4632). A single address is a block of full length. */
export interface Block {
  readonly bytes: AddressBytes;
  readonly prefixBits: number;
}

/** `inside` is reached only by who names it literally; `never` by nobody. */
export interface SpecialRange {
  readonly block: Block;
  readonly text: string;
  readonly reach: 'inside' | 'never';
  readonly what: string;
}

const IPV4_PART = /^(?:0|[1-9][0-9]{0,2})$/;
const IPV6_GROUP = /^[0-9a-f]{1,4}$/;

/** Dotted decimal without leading zeros, or undefined. */
export function parseIpv4(text: string): AddressBytes | undefined {
  const parts = text.split('.');
  if (parts.length !== 4 || !parts.every((part) => IPV4_PART.test(part))) return undefined;
  const bytes = parts.map(Number);
  return bytes.every((byte) => byte <= 255) ? bytes : undefined;
}

/** RFC 5952 text, or undefined. */
export function parseIpv6(text: string): AddressBytes | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const [head = [], tail = []] = halves.map((half) => (half === '' ? [] : half.split(':')));
  const missing = 8 - head.length - tail.length;
  if (halves.length === 1 ? missing !== 0 : missing < 1) return undefined;
  const groups = [...head, ...new Array<string>(halves.length === 1 ? 0 : missing).fill('0'), ...tail];
  if (!groups.every((group) => IPV6_GROUP.test(group))) return undefined;
  const bytes = groups.flatMap((group) => {
    const value = Number.parseInt(group, 16);
    return [value >> 8, value & 0xff];
  });
  return formatAddress(bytes) === text ? bytes : undefined;
}

/** The one spelling of an address: dotted decimal, or RFC 5952. */
export function formatAddress(bytes: AddressBytes): string {
  if (bytes.length === 4) return bytes.join('.');
  const groups = Array.from({ length: 8 }, (_, index) => (((bytes[index * 2] ?? 0) << 8) | (bytes[index * 2 + 1] ?? 0)).toString(16));
  const run = longestZeroRun(groups);
  if (run.length < 2) return groups.join(':');
  return `${groups.slice(0, run.start).join(':')}::${groups.slice(run.start + run.length).join(':')}`;
}

/** The run that `::` stands for: the longest, of equals the first (RFC 5952 section 4.2.3). */
function longestZeroRun(groups: readonly string[]): { readonly start: number; readonly length: number } {
  let best = { start: 0, length: 0 };
  let start = 0;
  for (const [index, group] of groups.entries()) {
    if (group !== '0') start = index + 1;
    else if (index + 1 - start > best.length) best = { start, length: index + 1 - start };
  }
  return best;
}

export const formatBlock = ({ bytes, prefixBits }: Block): string => (prefixBits === bytes.length * 8 ? formatAddress(bytes) : `${formatAddress(bytes)}/${prefixBits}`);

/** Whether bits behind the prefix are set: `10.1.2.3/8` says two things at once. */
export const hasHostBits = ({ bytes, prefixBits }: Block): boolean => bytes.some((byte, index) => (byte & (0xff >> Math.min(8, Math.max(0, prefixBits - index * 8)))) !== 0);

/** Whether all of `inner` is in `outer`. */
export function contains(outer: Block, inner: Block): boolean {
  if (outer.bytes.length !== inner.bytes.length || outer.prefixBits > inner.prefixBits) return false;
  return outer.bytes.every((byte, index) => {
    const bits = Math.min(8, Math.max(0, outer.prefixBits - index * 8));
    const mask = (0xff << (8 - bits)) & 0xff;
    return (byte & mask) === ((inner.bytes[index] ?? 0) & mask);
  });
}

/** Two blocks are disjoint or one contains the other. */
export const overlaps = (a: Block, b: Block): boolean => contains(a, b) || contains(b, a);

const range = (text: string, reach: SpecialRange['reach'], what: string): SpecialRange => {
  const [address = '', prefix = ''] = text.split('/');
  const bytes = parseIpv4(address) ?? parseIpv6(address) ?? [];
  return { block: { bytes, prefixBits: Number(prefix) }, text, reach, what };
};

/** The IANA special-purpose registries (RFC 6890), as far as a connection can go there; narrower ranges first. */
export const SPECIAL_RANGES: readonly SpecialRange[] = [
  range('0.0.0.0/8', 'never', 'this host (RFC 1122): Linux connects 0.0.0.0 to itself'),
  range('10.0.0.0/8', 'inside', 'private (RFC 1918)'),
  range('100.64.0.0/10', 'inside', 'shared by a carrier (RFC 6598)'),
  range('127.0.0.0/8', 'inside', 'loopback (RFC 1122)'),
  range('169.254.0.0/16', 'inside', 'link-local (RFC 3927), where clouds keep their metadata'),
  range('172.16.0.0/12', 'inside', 'private (RFC 1918)'),
  range('192.0.0.0/24', 'inside', 'for protocols (RFC 6890)'),
  range('192.168.0.0/16', 'inside', 'private (RFC 1918)'),
  range('198.18.0.0/15', 'inside', 'for benchmarks (RFC 2544)'),
  range('224.0.0.0/4', 'never', 'multicast (RFC 5771)'),
  range('240.0.0.0/4', 'never', 'reserved (RFC 1112)'),
  range('::1/128', 'inside', 'loopback (RFC 4291)'),
  range('::/96', 'never', 'unspecified, or an IPv4 address in disguise (RFC 4291)'),
  range('::ffff:0:0/96', 'never', 'an IPv4 address in disguise (RFC 4291): write the IPv4 address'),
  range('64:ff9b::/96', 'never', 'an IPv4 address in disguise (RFC 6052): write the IPv4 address'),
  range('64:ff9b:1::/48', 'never', 'an IPv4 address in disguise (RFC 8215): write the IPv4 address'),
  range('2001::/32', 'never', 'an IPv4 address in disguise (RFC 4380): write the IPv4 address'),
  range('2002::/16', 'never', 'an IPv4 address in disguise (RFC 3056): write the IPv4 address'),
  range('fc00::/7', 'inside', 'private (RFC 4193)'),
  range('fe80::/10', 'inside', 'link-local (RFC 4291)'),
  range('fec0::/10', 'inside', 'site-local (RFC 3879)'),
  range('ff00::/8', 'never', 'multicast (RFC 4291)'),
];

/** Why a block may not stand in an allow-list, or undefined. A block inside a special range names it literally; one around it hides it. */
export function objectionTo(block: Block): string | undefined {
  const touched = SPECIAL_RANGES.filter((special) => overlaps(special.block, block));
  // The first that contains the block is the narrowest: ::1 is loopback, not an address in disguise.
  const around = touched.find((special) => contains(special.block, block));
  if (around) return around.reach === 'never' ? `${formatBlock(block)} is ${around.what}` : undefined;
  const [hidden] = touched;
  return hidden && `${formatBlock(block)} takes in ${hidden.text}, which is ${hidden.what}`;
}
