/** Reads `-e` and `--env-file` into the guest's environment: files first, then words, later ones win (call path step 1). */
import { readFileSync } from 'node:fs';
import { Refusal } from '@forgeone/kernel/errors';

export type Variables = readonly (readonly [name: string, value: string])[];

/** `K=V`, or `K` alone, which takes the caller's value and is left out when there is none, as in podman. */
export function parseVariable(word: string, env: NodeJS.ProcessEnv, where: string): readonly [string, string] | undefined {
  const at = word.indexOf('=');
  const name = at < 0 ? word : word.slice(0, at);
  if (name === '' || word.includes('\0')) throw new Refusal('invalid', `${JSON.stringify(word)} is no variable`, { where, hint: 'NAME=VALUE, or NAME to pass on your own' });
  const value = at < 0 ? env[name] : word.slice(at + 1);
  return value === undefined ? undefined : [name, value];
}

/** Lines of a file as podman reads them: no quoting, `#` begins a comment line. `file` names it in messages. */
export function parseEnvFile(text: string, file: string, env: NodeJS.ProcessEnv): Variables {
  const variables: (readonly [string, string])[] = [];
  for (const [index, raw] of text
    .replace(/^\uFEFF/, '')
    .split('\n')
    .entries()) {
    const line = raw.replace(/\r$/, '').trimStart();
    if (line === '' || line.startsWith('#')) continue;
    const variable = parseVariable(line, env, `${file}:${index + 1}`);
    if (variable) variables.push(variable);
  }
  return variables;
}

export function readEnvironment(words: { readonly env: readonly string[]; readonly envFile: readonly string[] }, env: NodeJS.ProcessEnv): Variables {
  const merged = new Map<string, string>();
  for (const file of words.envFile) for (const [name, value] of parseEnvFile(readWords(file), file, env)) merged.set(name, value);
  for (const word of words.env) {
    const variable = parseVariable(word, env, '--env');
    if (variable) merged.set(...variable);
  }
  return [...merged];
}

function readWords(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new Refusal('not-found', `the file cannot be read: ${(cause as Error).message}`, { where: file, hint: '--env-file names a file of NAME=VALUE lines' });
  }
}
