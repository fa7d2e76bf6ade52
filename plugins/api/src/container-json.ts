/**
 * Containers as JSON (call path step 4). Keys are those of `forge:container/runtime` in camelCase; `env` and `labels` are
 * objects, and a mount's source is an object of one key: `{ "volume": "data" }`, `{ "path": "/srv" }`,
 * `{ "memory": 65536 }`, `{ "disk": 0 }`.
 */
import type { Container, Spec } from 'forge:container/runtime@0.1.0';
import { boolean, type Check, integer, list, object, oneKey, oneOf, optional, pairs, string } from './check.ts';

/** Bounds of a request; container-runtime has its own, which may be lower. */
const ENTRIES_MAX = 1024;
const MOUNTS_MAX = 64;
const WORD_MAX = 128 * 1024;
const PATH_MAX = 4096;
const KEY_MAX = 256;
const NAME_MAX = 63;
/** Milliseconds in u32, of which QuickJS guests can say one half (componentize-qjs 0.4.5): 24 days. */
const WALL_MS_MAX = 2 ** 31 - 1;

export const DIGEST: Check<string> = string(71, /^sha256:[0-9a-f]{64}$/, 'sha256: and 64 hexadecimal digits');

const word = string(WORD_MAX);
const bytes = integer(0, Number.MAX_SAFE_INTEGER);

const mount = object({
  source: oneKey({ volume: string(NAME_MAX), path: string(PATH_MAX), memory: optional(bytes, 0), disk: optional(bytes, 0) }),
  target: string(PATH_MAX),
  readOnly: optional(boolean, false),
});

/** What `POST /v1/containers` and `POST /v1/run` take. Only `package` is required. */
export const specJson: Check<Spec> = object({
  package: DIGEST,
  container: optional(string(NAME_MAX), null),
  name: optional(string(NAME_MAX), null),
  args: optional(list(ENTRIES_MAX, word), []),
  env: optional(pairs(ENTRIES_MAX, string(KEY_MAX), word), []),
  mounts: optional(list(MOUNTS_MAX, mount), []),
  memoryBytes: optional(bytes, 0),
  wallMs: optional(integer(0, WALL_MS_MAX), 0),
  stdio: optional(oneOf('detached', 'interactive', 'inherited'), 'detached'),
  restart: optional(oneOf('no', 'on-failure', 'always'), null),
  autoRemove: optional(boolean, false),
  labels: optional(pairs(ENTRIES_MAX, string(KEY_MAX), word), []),
});

/** A container as every route answers it. */
export const toJson = ({ spec, exitCode, reason, ...container }: Container): unknown => ({
  ...container,
  exitCode: exitCode ?? null,
  reason: reason ?? null,
  spec: JSON.parse(spec) as unknown,
});
