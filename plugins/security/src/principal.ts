/** Principals by their SPIFFE ID (SPIFFE-ID 1.0): what kind, which name, of which trust domain (call path step 7). */

export type PrincipalKind = 'user' | 'plugin' | 'workload';

export interface Principal {
  readonly kind: PrincipalKind;
  /** Of a user, a plugin, or the id of a workload. */
  readonly name: string;
  readonly trustDomain: string;
}

const ID_LENGTH_MAX = 2048;
/** Trust domain: section 2.1; path: section 2.2, here always kind and name. */
const ID = /^spiffe:\/\/([a-z0-9._-]{1,255})\/(user|plugin|workload)\/([A-Za-z0-9._-]+)$/;

/** Undefined for whatever is not in a form that the kernel stamps. */
export function parsePrincipal(id: string): Principal | undefined {
  const match = id.length <= ID_LENGTH_MAX ? ID.exec(id) : null;
  const [, trustDomain, kind, name] = match ?? [];
  // Dot segments are no names (section 2.2), and a reader that resolves them would read another id.
  if (trustDomain === undefined || name === undefined || name === '.' || name === '..') return undefined;
  return { kind: kind as PrincipalKind, name, trustDomain };
}
