/** What `forge doctor` looks at; tests pass another machine. */

import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, readFileSync, statfsSync, statSync } from 'node:fs';
import { release } from 'node:os';
import { delimiter, join } from 'node:path';
import type { Session } from '../session.ts';

export interface Machine {
  readonly env: NodeJS.ProcessEnv;
  readonly uid: number;
  readonly nodeVersion: string;
  /** uname -r. */
  readonly kernelRelease: string;
  readonly platform: string;
  readonly arch: string;
  readonly home: string;
  /** Undefined when it is not there or cannot be read. */
  readonly readText: (path: string) => string | undefined;
  readonly exists: (path: string) => boolean;
  readonly isWritable: (path: string) => boolean;
  readonly stat: (path: string) => { readonly isDirectory: boolean; readonly mode: number; readonly uid: number } | undefined;
  /** Bytes that are free for us. */
  readonly freeBytes: (path: string) => number | undefined;
  /** Path of a program. */
  readonly which: (program: string) => string | undefined;
  /** Whether it ends with 0 within a moment, and what it printed. */
  readonly succeeds: (program: string, args: readonly string[]) => { readonly ok: boolean; readonly output: string };
  readonly daemonRuns: () => Promise<boolean>;
}

/** No look at the machine takes longer. */
const PROGRAM_MS_MAX = 10_000;
/** Administration programs are not in every user's PATH. */
const ADMIN_DIRS = ['/usr/local/sbin', '/usr/sbin', '/sbin'];

export function lookAtMachine(session: Session, home: string): Machine {
  const which = (program: string): string | undefined => [...(session.env['PATH'] ?? '').split(delimiter), ...ADMIN_DIRS].map((dir) => join(dir, program)).find(isExecutable);
  return {
    env: session.env,
    uid: process.getuid?.() ?? 0,
    nodeVersion: process.versions.node,
    kernelRelease: release(),
    platform: process.platform,
    arch: process.arch,
    home,
    readText,
    exists: existsSync,
    isWritable,
    stat: (path) => {
      const info = statSync(path, { throwIfNoEntry: false });
      return info && { isDirectory: info.isDirectory(), mode: info.mode & 0o777, uid: info.uid };
    },
    freeBytes,
    which,
    succeeds: (program, args) => {
      const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8', timeout: PROGRAM_MS_MAX, stdio: ['ignore', 'pipe', 'pipe'] });
      return { ok: status === 0, output: `${stdout ?? ''}${stderr ?? ''}`.trim() };
    },
    daemonRuns: async () => {
      const client = await session.connect(home);
      await client?.close();
      return client !== undefined;
    },
  };
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

function freeBytes(path: string): number | undefined {
  try {
    const { bavail, bsize } = statfsSync(path);
    return bavail * bsize;
  } catch {
    return undefined;
  }
}
