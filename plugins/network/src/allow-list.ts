/**
 * `allowed_outbound_hosts` as rules for the machine (call path step 6): `scheme://host[:port]`, as Spin and wasmCloud
 * write it. A port is a number, `*`, `8000-8100`, or Spin's `8000..8100`, which leaves out its end.
 */

import type { Rule } from 'forge:host/outbound@0.1.0';
import { refuse } from '@forgeone/sdk';
import { parseHostPattern } from './host-pattern.ts';

/** As `forge:host/outbound.define` documents it. */
export const RULES_MAX = 256;
/** A host name has at most 253 characters; the rest is room for scheme and port. */
const ENTRY_LENGTH_MAX = 512;
const PORT_MAX = 65_535;

interface Scheme {
  readonly protocol: Rule['protocol'];
  /** None: the entry must name one. */
  readonly port?: number;
}

/** Default ports are IANA's, for the schemes that Spin knows. */
const SCHEMES: Readonly<Record<string, Scheme>> = {
  http: { protocol: 'tcp', port: 80 },
  https: { protocol: 'tcp', port: 443 },
  mqtt: { protocol: 'tcp', port: 1883 },
  mysql: { protocol: 'tcp', port: 3306 },
  postgres: { protocol: 'tcp', port: 5432 },
  redis: { protocol: 'tcp', port: 6379 },
  tcp: { protocol: 'tcp' },
  udp: { protocol: 'udp' },
};

/** All entries as rules, each once. Throws `invalid` with the entry at fault, `limit` for too many. */
export function parseAllowList(entries: readonly string[]): Rule[] {
  if (entries.length > RULES_MAX) throw refuse.limit(`an allow-list has at most ${RULES_MAX} entries, this one ${entries.length}`, { where: 'allowed_outbound_hosts' });
  const rules = new Map<string, Rule>();
  for (const entry of entries) {
    const rule = parseEntry(entry);
    rules.set(`${rule.protocol} ${rule.host} ${rule.portFirst} ${rule.portLast}`, rule);
  }
  return [...rules.values()];
}

/** One entry. */
export function parseEntry(entry: string): Rule {
  // Cut before it is quoted: the entry may be hostile, and errors reach terminals.
  if (entry.length > ENTRY_LENGTH_MAX || !/^[!-~]+$/.test(entry)) {
    throw refuse.invalid(`an entry is at most ${ENTRY_LENGTH_MAX} printable ASCII characters without spaces`, {
      where: JSON.stringify(entry.slice(0, 80)),
      hint: 'write an international name in its ASCII form (xn--...)',
    });
  }
  const where = entry;
  const split = entry.indexOf('://');
  const name = entry.slice(0, Math.max(0, split)).toLowerCase();
  const scheme = Object.hasOwn(SCHEMES, name) ? SCHEMES[name] : undefined;
  if (!scheme) {
    const hint = `scheme://host[:port], where scheme is one of ${Object.keys(SCHEMES).join(', ')}`;
    throw refuse.invalid(split < 0 ? `"${entry}" has no scheme` : `"${name}" is no scheme that is known here`, { where, hint });
  }
  const rest = entry.slice(split + 3).replace(/\/$/, '');
  const odd = /[@?#\\]/.exec(rest)?.[0];
  if (odd) throw refuse.invalid(`"${entry}" holds "${odd}", which is no part of an address`, { where, hint: 'scheme://host[:port]' });
  const { host, port } = splitPort(rest, where);
  return { host: parseHostPattern(host, where), ...parsePorts(port, scheme, where), protocol: scheme.protocol };
}

function splitPort(rest: string, where: string): { readonly host: string; readonly port: string | undefined } {
  const colon = rest.indexOf(':', rest.startsWith('[') ? rest.indexOf(']') + 1 : 0);
  if (colon < 0) return { host: rest, port: undefined };
  const port = rest.slice(colon + 1);
  if (port.includes(':')) throw refuse.invalid(`"${where}" holds more than one port`, { where, hint: 'an IPv6 address stands in brackets, as in tcp://[2001:db8::1]:443' });
  return { host: rest.slice(0, colon), port };
}

function parsePorts(text: string | undefined, scheme: Scheme, where: string): Pick<Rule, 'portFirst' | 'portLast'> {
  if (text === undefined) {
    if (scheme.port === undefined) throw refuse.invalid(`"${where}" needs a port`, { where, hint: `${where}:8080, or ${where}:* for all` });
    return { portFirst: scheme.port, portLast: scheme.port };
  }
  if (text === '*') return { portFirst: 1, portLast: PORT_MAX };
  const match = /^([0-9]{1,5})(?:(-|\.\.)([0-9]{1,5}))?$/.exec(text);
  const portFirst = Number(match?.[1]);
  const portLast = match?.[3] === undefined ? portFirst : Number(match[3]) - (match[2] === '..' ? 1 : 0);
  if (!(portFirst >= 1 && portFirst <= portLast && portLast <= PORT_MAX)) {
    throw refuse.invalid(`":${text}" is no port or range of ports`, { where, hint: 'a number from 1 to 65535, a range such as 8000-8100, or *' });
  }
  return { portFirst, portLast };
}
