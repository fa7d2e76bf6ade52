/** Errors of the operating system as refusals: a full disk or a missing permission is no bug of ours. */
import { type ErrorCode, Refusal } from '@forgeone/kernel/errors';

const CODES: Readonly<Record<string, ErrorCode>> = {
  ENOENT: 'not-found',
  ENOTDIR: 'not-found',
  EACCES: 'denied',
  EPERM: 'denied',
  EROFS: 'denied',
  EEXIST: 'conflict',
  EISDIR: 'invalid',
  ELOOP: 'invalid',
  ENAMETOOLONG: 'invalid',
  ENOSPC: 'limit',
  EDQUOT: 'limit',
  EMFILE: 'limit',
  ENFILE: 'limit',
  ENOMEM: 'limit',
  ECONNREFUSED: 'unavailable',
  ECONNRESET: 'unavailable',
  EPIPE: 'unavailable',
  ETIMEDOUT: 'timeout',
};

/** The refusal in an error of Node's own modules (`code` is an errno name), or undefined. */
export function systemRefusal(thrown: unknown): Refusal | undefined {
  if (!(thrown instanceof Error)) return undefined;
  const { code: name, path, syscall } = thrown as NodeJS.ErrnoException;
  const code = name === undefined || syscall === undefined ? undefined : CODES[name];
  if (!code) return undefined;
  return new Refusal(code, thrown.message.replace(/^[A-Z]+: /, ''), { where: path });
}
