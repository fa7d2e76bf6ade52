/**
 * The outbound allow-list of the in-memory machine (call path step 9, for tests).
 *
 * A rule that names a host never opens an address inside: a name that resolves to a loopback, private, link-local or
 * metadata address is DNS rebinding until a rule names that address itself.
 */
import { BlockList, isIP, isIPv6 } from 'node:net';
import type { OutboundRule } from '../host.ts';

const PORT_MAX = 65_535;
/** Special-purpose addresses of RFC 6890, RFC 4193, RFC 4291 and RFC 6598, where the inside of a site lives. */
const INSIDE: readonly (readonly [string, number, 'ipv4' | 'ipv6'])[] = [
  ['0.0.0.0', 8, 'ipv4'],
  ['10.0.0.0', 8, 'ipv4'],
  ['100.64.0.0', 10, 'ipv4'],
  ['127.0.0.0', 8, 'ipv4'],
  ['169.254.0.0', 16, 'ipv4'],
  ['172.16.0.0', 12, 'ipv4'],
  ['192.168.0.0', 16, 'ipv4'],
  ['224.0.0.0', 3, 'ipv4'],
  ['::', 127, 'ipv6'],
  ['fc00::', 7, 'ipv6'],
  ['fe80::', 10, 'ipv6'],
  ['ff00::', 8, 'ipv6'],
];

interface CheckedRule extends OutboundRule {
  /** Set when the rule names addresses. */
  readonly addresses: BlockList | undefined;
}

const familyOf = (address: string): 'ipv4' | 'ipv6' => (isIPv6(address) ? 'ipv6' : 'ipv4');

export class OutboundList {
  readonly #rules: readonly CheckedRule[];
  readonly #inside = new BlockList();

  /** Returns why a rule is not one, or undefined. */
  static fault(rule: OutboundRule): string | undefined {
    if (rule.protocol !== 'tcp' && rule.protocol !== 'udp') return `unknown protocol: ${String(rule.protocol)}`;
    for (const port of [rule.portFirst, rule.portLast]) {
      if (!Number.isInteger(port) || port < 0 || port > PORT_MAX) return `port out of range: ${port}`;
    }
    if (rule.portFirst > rule.portLast) return `port range is backwards: ${rule.portFirst}-${rule.portLast}`;
    if (rule.host === '' || rule.host !== rule.host.toLowerCase()) return `host is empty or not in lower case: ${rule.host}`;
    return undefined;
  }

  constructor(rules: readonly OutboundRule[]) {
    this.#rules = rules.map((rule) => ({ ...rule, addresses: addressesOf(rule.host) }));
    for (const [net, prefix, family] of INSIDE) this.#inside.addSubnet(net, prefix, family);
  }

  allows(name: string, address: string, port: number, protocol: 'tcp' | 'udp'): boolean {
    if (isIP(address) === 0) return false;
    const family = familyOf(address);
    const isInside = this.#inside.check(address, family);
    return this.#rules.some((rule) => {
      if (rule.protocol !== protocol || port < rule.portFirst || port > rule.portLast) return false;
      if (rule.addresses) return rule.addresses.check(address, family);
      return !isInside && nameMatches(rule.host, name.toLowerCase());
    });
  }
}

function addressesOf(host: string): BlockList | undefined {
  const [base = '', prefix] = host.split('/');
  if (isIP(base) === 0) return undefined;
  const list = new BlockList();
  if (prefix === undefined) list.addAddress(base, familyOf(base));
  else list.addSubnet(base, Number(prefix), familyOf(base));
  return list;
}

/** `*.example.com` covers what is below example.com and not example.com itself, as in a certificate (RFC 6125). */
function nameMatches(pattern: string, name: string): boolean {
  if (name === '') return false;
  return pattern.startsWith('*.') ? name.endsWith(pattern.slice(1)) && name.length > pattern.length - 1 : name === pattern;
}
