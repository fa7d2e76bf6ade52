/** A build that failed because of what the author wrote: each problem with its place. */

export interface Problem {
  readonly message: string;
  /** Path as the author knows it; none when the problem has no place in a source file. */
  readonly file?: string | undefined;
  /** From 1. */
  readonly line?: number | undefined;
  /** From 1. */
  readonly column?: number | undefined;
  /** What would mend it. */
  readonly hint?: string | undefined;
}

const place = ({ file, line, column }: Problem): string =>
  file === undefined ? '' : `${file}${line === undefined ? '' : `:${line}${column === undefined ? '' : `:${column}`}`}: `;

export class BuildError extends Error {
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[], options?: ErrorOptions) {
    super(problems.map((problem) => `${place(problem)}${problem.message}${problem.hint ? `\n  ${problem.hint}` : ''}`).join('\n'), options);
    this.name = 'BuildError';
    this.problems = problems;
  }
}
