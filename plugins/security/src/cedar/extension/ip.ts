/** Cedar's `ipaddr`: an IPv4 or IPv6 address with a prefix length, so one value is an address or a range. */
import { EvaluationError } from '../errors.ts';
import type { ExtensionValue, Value } from '../value.ts';

export class IpAddress implements ExtensionValue {
  readonly typeName = 'ipaddr';
  readonly canonical: string;
  readonly bits: 32 | 128;
  readonly address: bigint;
  readonly prefix: number;

  constructor(bits: 32 | 128, address: bigint, prefix: number) {
    this.bits = bits;
    this.address = address;
    this.prefix = prefix;
    this.canonical = `${textOf(bits, address)}/${prefix}`;
  }

  isLoopback(): boolean {
    if (this.bits === 32) return this.address >> 24n === 127n && this.prefix >= 8;
    return this.address === 1n && this.prefix === 128;
  }

  isMulticast(): boolean {
    if (this.bits === 32) return this.address >> 28n === 0xen && this.prefix >= 4;
    return this.address >> 120n === 0xffn && this.prefix >= 8;
  }

  isInRange(other: IpAddress): boolean {
    if (this.bits !== other.bits || this.prefix < other.prefix) return false;
    const hostBits = BigInt(other.bits - other.prefix);
    return this.address >> hostBits === other.address >> hostBits;
  }
}

/** The longest text: eight groups of four and `/128`. */
const TEXT_MAX = 43;

export function parseIp(text: string): IpAddress {
  const slash = text.indexOf('/');
  const host = slash < 0 ? text : text.slice(0, slash);
  const v4 = text.length > TEXT_MAX ? undefined : parseV4(host);
  const v6 = text.length > TEXT_MAX || v4 !== undefined ? undefined : parseV6(host);
  if (v4 === undefined && v6 === undefined) throw new EvaluationError(`invalid IP address: ${text.slice(0, TEXT_MAX)}`);
  const bits = v4 === undefined ? 128 : 32;
  const prefix = slash < 0 ? bits : parsePrefix(text.slice(slash + 1), bits);
  return new IpAddress(bits, v4 ?? v6 ?? 0n, prefix);
}

const OCTET = /^(?:0|[1-9][0-9]{0,2})$/;

function parseV4(text: string): bigint | undefined {
  const octets = text.split('.');
  if (octets.length !== 4 || !octets.every((octet) => OCTET.test(octet) && Number(octet) < 256)) return undefined;
  return octets.reduce((address, octet) => (address << 8n) | BigInt(octet), 0n);
}

const GROUP = /^[0-9a-fA-F]{1,4}$/;

/** Without the form that ends in dotted IPv4: Cedar refuses it, lest `::ffff:127.0.0.1` be taken for a loopback. */
function parseV6(text: string): bigint | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const [head = [], tail = []] = halves.map((half) => (half === '' ? [] : half.split(':')));
  const zeros = 8 - head.length - tail.length;
  // `::` stands for at least one group.
  if (halves.length === 2 ? zeros < 1 : zeros !== 0) return undefined;
  const groups = [...head, ...new Array<string>(zeros).fill('0'), ...tail];
  if (!groups.every((group) => GROUP.test(group))) return undefined;
  return groups.reduce((address, group) => (address << 16n) | BigInt(`0x${group}`), 0n);
}

const PREFIX = /^(?:0|[1-9][0-9]{0,2})$/;

function parsePrefix(text: string, bits: number): number {
  if (!PREFIX.test(text) || Number(text) > bits) throw new EvaluationError('invalid prefix length of an IP address');
  return Number(text);
}

/** Any valid spelling will do: it is read back by `parseIp` and compared as text. */
function textOf(bits: 32 | 128, address: bigint): string {
  if (bits === 32) return [24n, 16n, 8n, 0n].map((shift) => (address >> shift) & 0xffn).join('.');
  const hex = address.toString(16).padStart(32, '0');
  return (hex.match(/.{4}/g) ?? []).map((group) => group.replace(/^0{1,3}/, '')).join(':');
}

export function ipOf(value: Value | undefined): IpAddress {
  if (value instanceof IpAddress) return value;
  throw new EvaluationError('type error: expected ipaddr');
}
