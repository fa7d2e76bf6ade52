/** What would turn a deny into an allow: a policy line to add, or the forbid policies that stand in the way. */
import type { Decision } from './authorize.ts';
import { textOfEntity, textOfString, textOfValue } from './cedar-text.ts';
import type { RequestJson } from './json.ts';
import type { PolicySet } from './policy-set.ts';
import { readRequest } from './request.ts';

/**
 * The policy that allows this principal this action on this resource. `pinned` names context attributes whose
 * values it also fixes, so that what is pasted for one user's call does not serve everyone's.
 */
export function permitLine(request: RequestJson, pinned: readonly string[] = []): string {
  const { principal, action, resource, context } = readRequest(request);
  const scope = [`principal == ${textOfEntity(principal)}`, `action == ${textOfEntity(action)}`, `resource == ${textOfEntity(resource)}`];
  const fixed = pinned.flatMap((name) => {
    const value = context.fields.get(name);
    return value === undefined ? [] : [`context[${textOfString(name)}] == ${textOfValue(value)}`];
  });
  return `permit(${scope.join(', ')})${fixed.length === 0 ? '' : ` when { ${fixed.join(' && ')} }`};`;
}

export interface DenyHint {
  /** The line to add, or, where forbids decided, a Cedar comment: no permit overrides a forbid. */
  readonly line: string;
  /** The forbids that decided. */
  readonly forbiddenBy: readonly { readonly policyId: string; readonly reason: string | undefined }[];
}

/** For a deny of `authorize`, with the same policies and request. */
export function denyHint(policySet: PolicySet, request: RequestJson, { reasons }: Decision, pinned: readonly string[] = []): DenyHint {
  const forbiddenBy = reasons.map((policyId) => ({ policyId, reason: policySet.get(policyId)?.annotations.get('reason') }));
  if (forbiddenBy.length === 0) return { line: permitLine(request, pinned), forbiddenBy };
  const named = forbiddenBy.map(({ policyId, reason }) => textOfString(policyId) + (reason === undefined ? '' : ` (${textOfString(reason)})`));
  return { line: `// no permit helps: forbidden by ${named.join(', ')}`, forbiddenBy };
}
