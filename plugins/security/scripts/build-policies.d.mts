/** Types of `build-policies.mjs`. */
import type { PolicySetJson } from '../src/cedar/index.ts';

export class PolicyFileError extends Error {
  /** One line each, `file:line:column: what is wrong`. */
  readonly problems: readonly string[];
}

export interface ParsedPolicies {
  /** What `compile` takes; ids are from the `@id` annotations. */
  readonly policies: { readonly staticPolicies: NonNullable<PolicySetJson['staticPolicies']> };
  /** The Cedar text of each policy, for explanations. */
  readonly sources: { readonly [id: string]: string };
  /** What the validator finds odd but not wrong, in the form of `problems`. */
  readonly warnings: readonly string[];
}

/** Throws `PolicyFileError`. */
export function parsePolicies(text: string, schema: string, names?: { readonly file?: string; readonly schemaFile?: string }): ParsedPolicies;

export interface BuiltPolicies extends Omit<ParsedPolicies, 'warnings'> {
  readonly from: string;
  /** Version of the engine that parsed them. */
  readonly cedar: string;
}

export function buildDefaultPolicies(root?: string): Promise<{ readonly built: BuiltPolicies; readonly warnings: readonly string[] }>;
