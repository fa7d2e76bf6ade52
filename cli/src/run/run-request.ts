/** What `forge run` was asked for, checked: every option read, every directory found (call path step 1). */
import { resolve } from 'node:path';
import { Refusal } from '@forgeone/kernel/errors';
import { parseTimeLimit } from '../words/duration.ts';
import { readEnvironment, type Variables } from '../words/environment.ts';
import { readFormat } from '../words/format.ts';
import { type LogLevel, readLogLevel } from '../words/log-level.ts';
import { type Mount, parseTmpfs, parseVolume } from '../words/mount.ts';
import type { RunFlagName, RunWords } from '../words/run-words.ts';
import { parseSize } from '../words/size.ts';

export const RESTART_POLICIES = ['no', 'on-failure', 'always'] as const;
export type RestartPolicy = (typeof RESTART_POLICIES)[number];

export interface RunRequest {
  /** Absolute. */
  readonly file: string;
  readonly args: readonly string[];
  readonly env: Variables;
  readonly mounts: readonly Mount[];
  /** 0: the manifest's or the platform's. */
  readonly memoryBytes: number;
  /** 0: the manifest's or none. */
  readonly wallMs: number;
  readonly detach: boolean;
  readonly interactive: boolean;
  readonly autoRemove: boolean;
  readonly name: string | undefined;
  readonly restart: RestartPolicy | undefined;
  readonly container: string | undefined;
  readonly labels: Variables;
  readonly json: boolean;
  /** `--home`. */
  readonly home: string | undefined;
  readonly logLevel: LogLevel | undefined;
}

export function readRunRequest(words: RunWords, env: NodeJS.ProcessEnv, cwd: string): RunRequest {
  const one = (name: RunFlagName): string | undefined => words.given.get(name)?.[0];
  const all = (name: RunFlagName): readonly string[] => words.given.get(name) ?? [];
  const memory = one('--memory');
  const timeout = one('--timeout');
  const request: RunRequest = {
    file: resolve(cwd, words.file),
    args: words.args,
    env: readEnvironment({ env: all('--env'), envFile: all('--env-file') }, env),
    mounts: [...all('--volume').map((word) => parseVolume(word, cwd)), ...all('--tmpfs').map(parseTmpfs)],
    memoryBytes: memory === undefined ? 0 : parseSize(memory, '--memory'),
    wallMs: timeout === undefined ? 0 : parseTimeLimit(timeout, '--timeout'),
    detach: words.given.has('--detach'),
    interactive: words.given.has('--interactive'),
    autoRemove: words.given.has('--rm'),
    name: one('--name'),
    restart: readPolicy(one('--restart')),
    container: one('--container'),
    labels: all('--label').map(readLabel),
    json: readFormat(one('--format')) === 'json',
    home: one('--home'),
    logLevel: readLogLevel(one('--log-level')),
  };
  refuseTwoAt(request.mounts);
  if (request.autoRemove && request.restart !== undefined && request.restart !== 'no') {
    throw new Refusal('invalid', 'what is removed when it ends cannot be started again', { where: '--restart', hint: 'leave out --rm or --restart' });
  }
  return request;
}

function readPolicy(word: string | undefined): RestartPolicy | undefined {
  if (word === undefined) return undefined;
  const found = RESTART_POLICIES.find((policy) => policy === word);
  if (found) return found;
  throw new Refusal('invalid', `${JSON.stringify(word)} is no restart policy`, { where: '--restart', hint: `one of ${RESTART_POLICIES.join(', ')}` });
}

/** `NAME=VALUE`; a name alone has an empty value, as in podman. */
function readLabel(word: string): readonly [string, string] {
  const [name = '', ...rest] = word.split('=');
  if (name === '') throw new Refusal('invalid', `${JSON.stringify(word)} is no label`, { where: '--label', hint: 'NAME=VALUE' });
  return [name, rest.join('=')];
}

function refuseTwoAt(mounts: readonly Mount[]): void {
  const seen = new Set<string>();
  for (const { target } of mounts) {
    if (seen.has(target)) throw new Refusal('invalid', `two mounts at ${target}`, { where: '--volume', hint: 'give each a directory of its own' });
    seen.add(target);
  }
}
