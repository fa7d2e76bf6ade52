/** The host part of an entry of `allowed_outbound_hosts`: a name, `*.suffix`, an address or a block (call path step 6). */
import { refuse } from '@forgeone/sdk';
import { type AddressBytes, type Block, formatBlock, hasHostBits, objectionTo, parseIpv4, parseIpv6 } from './address.ts';

/** RFC 1123 section 2.1, lower case. Underscores are for services, not hosts. */
const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
const NAME_LENGTH_MAX = 253;
/** What a resolver may take for an address: decimal, octal, hexadecimal (WHATWG URL, "ends in a number"). */
const NUMBER_LIKE = /^(?:[0-9]+|0x[0-9a-f]*)$/;

/** Names that lead inside, whatever they resolve to today (RFC 6761, 6762, 8375, ICANN SAC113; cloud vendors' manuals). */
const INSIDE_SUFFIXES = ['localhost', 'local', 'internal', 'home.arpa', 'intranet', 'lan', 'corp', 'home', 'localdomain'] as const;
const METADATA_NAMES = ['metadata.tencentyun.com', 'metadata.packet.net', 'metadata.platformequinix.com'] as const;

const endsIn = (name: string, suffix: string): boolean => name === suffix || name.endsWith(`.${suffix}`);

/** The host as `forge:host/outbound.rule` wants it. `where` is the whole entry, for the error. */
export function parseHostPattern(text: string, where: string): string {
  if (text.startsWith('[')) return parseBracketed(text, where);
  const [host = '', prefix, ...more] = text.split('/');
  if (more.length > 0) throw refuse.invalid(`"${where}" has a path, and a connection has none`, { where });
  const ipv4 = parseIpv4(host);
  if (ipv4) return checkBlock(toBlock(ipv4, prefix, where), where);
  if (prefix !== undefined) throw refuse.invalid(`"${where}" has a path, and a connection has none`, { where, hint: 'a block is written as 10.0.0.0/8 or [fd00::]/8' });
  return parseName(host.toLowerCase(), where);
}

function parseBracketed(text: string, where: string): string {
  const match = /^\[([^\]]*)\](?:\/(.*))?$/.exec(text);
  const address = match?.[1] ?? '';
  if (address.includes('%')) throw refuse.invalid(`"${where}" has a zone id, which means something else on each machine`, { where, hint: 'leave out % and what follows' });
  const bytes = parseIpv6(address);
  if (!bytes)
    throw refuse.invalid(`"${where}" holds no IPv6 address in its canonical form`, {
      where,
      hint: 'write it as RFC 5952 says: lower case, no leading zeros, the longest run of zeros as ::',
    });
  return checkBlock(toBlock(bytes, match?.[2], where), where);
}

function toBlock(bytes: AddressBytes, prefix: string | undefined, where: string): Block {
  const bitsMax = bytes.length * 8;
  if (prefix === undefined) return { bytes, prefixBits: bitsMax };
  const prefixBits = /^(?:0|[1-9][0-9]{0,2})$/.test(prefix) ? Number(prefix) : Number.NaN;
  if (!(prefixBits <= bitsMax)) throw refuse.invalid(`"/${prefix}" is no prefix length`, { where, hint: `a whole number from 0 to ${bitsMax}` });
  return { bytes, prefixBits };
}

function checkBlock(block: Block, where: string): string {
  if (hasHostBits(block)) throw refuse.invalid(`"${where}" sets bits behind its prefix length`, { where, hint: 'write the first address of the block' });
  const objection = objectionTo(block);
  if (objection) throw refuse.invalid(objection, { where, hint: 'name a block that is wholly outside, or wholly inside one private range' });
  return formatBlock(block);
}

function parseName(name: string, where: string): string {
  if (name === '*') throw refuse.invalid(`"${where}" would allow every host`, { where, hint: 'name the hosts, for example https://*.example.org' });
  const wildcard = name.startsWith('*.');
  const labels = (wildcard ? name.slice(2) : name).split('.');
  const bad = labels.find((label) => !LABEL.test(label));
  if (bad !== undefined || name.length > NAME_LENGTH_MAX) throw refuse.invalid(`"${where}" holds no host name`, { where, hint: hintForLabel(name, bad ?? '') });
  const last = labels.at(-1) ?? '';
  if (NUMBER_LIKE.test(last)) {
    throw refuse.invalid(`"${where}" is an address in a form that resolvers read differently`, { where, hint: 'write four decimal numbers from 0 to 255 without leading zeros' });
  }
  const plain = labels.join('.');
  const inside = INSIDE_SUFFIXES.find((suffix) => endsIn(plain, suffix)) ?? METADATA_NAMES.find((metadata) => endsIn(plain, metadata));
  if (inside)
    throw refuse.invalid(`"${where}" names something inside (${inside})`, { where, hint: 'if that is meant, give its address or block, for example tcp://127.0.0.1:5432' });
  if (labels.length < 2) {
    throw refuse.invalid(`"${where}" has a host name of one label, which each machine completes differently`, { where, hint: 'write the full name, for example db.example.org' });
  }
  return wildcard ? `*.${plain}` : plain;
}

function hintForLabel(name: string, label: string): string {
  if (label.includes('*')) return '* stands only at the beginning, as in *.example.org';
  if (name.endsWith('.')) return 'leave out the last dot';
  if (/[^ -~]/.test(name)) return 'write an international name in its ASCII form (xn--...)';
  return 'labels of 1 to 63 of a-z 0-9 -, joined by dots, at most 253 in all';
}
