/** The official engine, as the peer that every answer is held against. */
import { createRequire } from 'node:module';
import { authorize, CedarInputError, compile, type EntityJson, type PolicySetJson, type RequestJson } from '../../../../plugins/security/src/cedar/index.ts';

// Its `./nodejs` entry is CommonJS only.
export const official = createRequire(import.meta.url)('@cedar-policy/cedar-wasm/nodejs') as typeof import('@cedar-policy/cedar-wasm/nodejs');

/** What both engines must agree on; `refused` where the input as a whole is not Cedar. */
export type Answer = { decision: 'allow' | 'deny'; reasons: string[]; failed: string[] } | 'refused';

export function askOfficial(policies: PolicySetJson, entities: readonly EntityJson[], request: RequestJson): Answer {
  let answer: ReturnType<typeof official.isAuthorized>;
  try {
    answer = official.isAuthorized({ ...request, policies, entities } as never);
  } catch {
    return 'refused'; // it throws where its JSON reader fails
  }
  if (answer.type === 'failure') return 'refused';
  const { decision, diagnostics } = answer.response;
  return { decision, reasons: [...diagnostics.reason].sort(), failed: diagnostics.errors.map(({ policyId }) => policyId).sort() };
}

export function askOurs(policies: PolicySetJson, entities: readonly EntityJson[], request: RequestJson): Answer {
  try {
    const { decision, reasons, errors } = authorize(compile(policies), entities, request);
    return { decision, reasons: [...reasons].sort(), failed: errors.map(({ policyId }) => policyId).sort() };
  } catch (error) {
    if (error instanceof CedarInputError) return 'refused';
    throw error;
  }
}

/** The JSON form of one policy in Cedar text. */
export function parseOne(text: string): NonNullable<PolicySetJson['staticPolicies']>[string] {
  const answer = official.policyToJson(text);
  if (answer.type === 'failure') throw new Error(`${answer.errors.map(({ message }) => message).join('; ')}: ${text}`);
  return answer.json as never;
}

/** A policy set from Cedar text, one policy an entry. */
export function parseAll(texts: Readonly<Record<string, string>>): PolicySetJson {
  return { staticPolicies: Object.fromEntries(Object.entries(texts).map(([id, text]) => [id, parseOne(text)])) };
}
