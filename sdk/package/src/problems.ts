/** What is wrong with a package, said so that a person can mend it: Problem, and PackageError which carries all of them. */

import { LIMITS } from './limits.ts';

/** The platform's ten error cases; a test holds this list to `kernel/src/errors.ts`, which this package must not import. */
export const PROBLEM_CODES = ['invalid', 'denied', 'not-found', 'conflict', 'limit', 'timeout', 'cancelled', 'unsupported', 'unavailable', 'other'] as const;

export type ProblemCode = (typeof PROBLEM_CODES)[number];

/** One thing that is wrong. */
export interface Problem {
  readonly code: ProblemCode;
  readonly message: string;
  /** `forge.toml:12:3` where a line is known, else a file, a blob, a JSON pointer or a byte offset. */
  readonly where?: string | undefined;
  /** What to do about it. */
  readonly hint?: string | undefined;
}

export type ProblemPlace = Pick<Problem, 'where' | 'hint'>;

/** A package, manifest or module was refused; `problems` holds every reason, `code` is the first one's. */
export class PackageError extends Error {
  readonly code: ProblemCode;
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[], options?: ErrorOptions) {
    super(printProblems(problems), options);
    this.name = 'PackageError';
    this.problems = problems;
    this.code = problems[0]?.code ?? 'other';
  }

  /** The form the kernel's `asRefusal` reads, so that a refusal here is one there without an import. */
  get payload(): { tag: ProblemCode; val: { message: string; where?: string | undefined; hint?: string | undefined } } {
    const [first] = this.problems;
    const single = this.problems.length === 1;
    return { tag: this.code, val: { message: single && first ? first.message : this.message, where: first?.where, hint: first?.hint } };
  }
}

export function problem(code: ProblemCode, message: string, place: ProblemPlace = {}): Problem {
  return { code, message, where: place.where, hint: place.hint };
}

/** Throws a PackageError with one problem. */
export function refuse(code: ProblemCode, message: string, place: ProblemPlace = {}): never {
  throw new PackageError([problem(code, message, place)]);
}

/** Throws a PackageError if there is any problem. */
export function refuseAny(problems: readonly Problem[]): void {
  if (problems.length > 0) throw new PackageError(problems);
}

/** Runs `step`; a refusal's problems go to `problems` and the result is undefined, so that later steps can report theirs too. */
export function collect<T>(problems: Problem[], step: () => T): T | undefined {
  try {
    return step();
  } catch (error) {
    if (!(error instanceof PackageError)) throw error;
    problems.push(...error.problems);
    return undefined;
  }
}

/** The same for a step that waits. */
export async function collectAsync<T>(problems: Problem[], step: () => Promise<T>): Promise<T | undefined> {
  try {
    return await step();
  } catch (error) {
    if (!(error instanceof PackageError)) throw error;
    problems.push(...error.problems);
    return undefined;
  }
}

export function printProblems(problems: readonly Problem[]): string {
  const lines = problems.slice(0, LIMITS.manifest.problemsMax).map(printProblem);
  const unprinted = problems.length - lines.length;
  if (unprinted > 0) lines.push(`... and ${unprinted} more`);
  return lines.length === 1 ? (lines[0] ?? '') : `${problems.length} problems\n${lines.map((line) => `- ${line}`).join('\n')}`;
}

function printProblem({ message, where, hint }: Problem): string {
  return `${where === undefined ? '' : `${where}: `}${message}${hint === undefined ? '' : ` (${hint})`}`;
}

/** A hostile value made safe to print: cut, quoted, and without control, bidi or zero-width characters. */
export function quote(value: unknown): string {
  const text = typeof value === 'string' ? value : String(value);
  const cut = text.length > LIMITS.manifest.quotedCharsMax ? `${text.slice(0, LIMITS.manifest.quotedCharsMax)}...` : text;
  return `"${printable(cut.replace(/["\\]/g, '\\$&'))}"`;
}

/** The text with each character that could steer a terminal or hide written as `\u{...}`. */
export function printable(text: string): string {
  return text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, (char) => `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`);
}
