/**
 * Appraises who asks (call path step 7): claims in the terms of IETF RATS AR4SI (draft-ietf-rats-ar4si, section 2.3.4),
 * and the class of isolation that follows.
 *
 * | who | claims | runs at least in |
 * |---|---|---|
 * | no known form of identity | contraindicated: not recognised | process, and the call ends here |
 * | signed by a trusted key, or built or shipped here | affirming | worker |
 * | anything else | warning: code that nobody vouches for | process |
 */

import type { Evidence, Verdict } from 'forge:security/trust@0.1.0';
import type { TrustVector } from 'forge:types/identity@0.1.0';
import { parsePrincipal } from './principal.ts';

/** Values of AR4SI that are used here; 0 claims nothing. */
const CLAIM = {
  /** instance-identity: recognised, and not known to be compromised. */
  recognised: 2,
  /** instance-identity: not recognised, though it should be. */
  notRecognised: 97,
  /** configuration and executables: known and approved. */
  approved: 2,
  /** executables: some are not recognised. */
  unrecognised: 33,
  /** sourced-data: from where nobody vouches. */
  unattested: 32,
  /** runtime-opaque: no other guest can see its memory, the operator can. */
  isolated: 32,
} as const;

const NO_CLAIM: TrustVector = {
  instanceIdentity: 0,
  configuration: 0,
  executables: 0,
  fileSystem: 0,
  hardware: 0,
  runtimeOpaque: 0,
  storageOpaque: 0,
  sourcedData: 0,
};

/** `dir.open` and the like. */
const SYSCALL = /^[a-z]+(?:-[a-z]+)*\.[a-z]+(?:-[a-z]+)*$/;
const DIGEST = /^sha256:[0-9a-f]{64}$/;

/** Pure: the same question always gets the same answer. */
export function appraise(identity: string, syscall: string, { digest, signed, local }: Evidence): Verdict {
  const principal = parsePrincipal(identity);
  if (!principal) return refuse('this is no identity that the kernel gives');
  if (!SYSCALL.test(syscall)) return refuse('this is no system call');
  const identified = { ...NO_CLAIM, instanceIdentity: CLAIM.recognised };
  if (principal.kind === 'user') return { valid: true, vector: identified, isolation: 'worker', reason: 'a user, whom the kernel authenticated' };
  // Without a digest nothing is known of what would run, whatever the other evidence says.
  if (!DIGEST.test(digest)) return refuse('there is no digest of its code');
  if (signed || local) {
    const vector = { ...identified, configuration: CLAIM.approved, executables: CLAIM.approved, runtimeOpaque: CLAIM.isolated };
    return { valid: true, vector, isolation: 'worker', reason: signed ? 'signed by a key that the operator trusts' : 'built on this machine or shipped with the platform' };
  }
  const vector = { ...identified, executables: CLAIM.unrecognised, runtimeOpaque: CLAIM.isolated, sourcedData: CLAIM.unattested };
  return { valid: true, vector, isolation: 'process', reason: 'neither signed by a key that the operator trusts nor built on this machine' };
}

const refuse = (reason: string): Verdict => ({ valid: false, vector: { ...NO_CLAIM, instanceIdentity: CLAIM.notRecognised }, isolation: 'process', reason });
