/** The body of `POST /v1/run`: a container spec as the api plugin takes it (call path step 1). */

import type { Mount } from '../words/mount.ts';
import type { RunRequest } from './run-request.ts';

/** `inherited`: the guest has this process's own streams; only a kernel in this process can give them. */
export type Stdio = 'detached' | 'interactive' | 'inherited';

export interface RunSpec {
  readonly package: string;
  readonly container: string | null;
  readonly name: string | null;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly mounts: readonly Mount[];
  readonly memoryBytes: number;
  readonly wallMs: number;
  readonly stdio: Stdio;
  readonly restart: RunRequest['restart'] | null;
  readonly autoRemove: boolean;
  readonly labels: Readonly<Record<string, string>>;
}

/** `digest` names the installed package. A run in this process leaves nothing behind to come back to, so it is always removed. */
export function specOf(request: RunRequest, digest: string, stdio: Stdio): RunSpec {
  return {
    package: digest,
    container: request.container ?? null,
    name: request.name ?? null,
    args: request.args,
    env: fromPairs(request.env),
    mounts: request.mounts,
    memoryBytes: request.memoryBytes,
    wallMs: request.wallMs,
    stdio,
    restart: request.restart ?? null,
    autoRemove: request.autoRemove || stdio === 'inherited',
    labels: fromPairs(request.labels),
  };
}

/** Without a prototype, so that `__proto__` is a name like any other. */
function fromPairs(pairs: readonly (readonly [string, string])[]): Record<string, string> {
  const record = Object.create(null) as Record<string, string>;
  for (const [name, value] of pairs) record[name] = value;
  return record;
}
