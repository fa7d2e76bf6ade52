/** Linux errno values as the `error-code` of `wasi:filesystem/types` (data plane beside step 8). */
import { ERRNO } from '../host/errno.ts';

/** In the order of the WIT enum: the index is the discriminant. */
export const ERROR_CODES = [
  'access',
  'would-block',
  'already',
  'bad-descriptor',
  'busy',
  'deadlock',
  'quota',
  'exist',
  'file-too-large',
  'illegal-byte-sequence',
  'in-progress',
  'interrupted',
  'invalid',
  'io',
  'is-directory',
  'loop',
  'too-many-links',
  'message-size',
  'name-too-long',
  'no-device',
  'no-entry',
  'no-lock',
  'insufficient-memory',
  'insufficient-space',
  'not-directory',
  'not-empty',
  'not-recoverable',
  'unsupported',
  'no-tty',
  'no-such-device',
  'overflow',
  'not-permitted',
  'pipe',
  'read-only',
  'invalid-seek',
  'text-file-busy',
  'cross-device',
] as const;
export type FilesystemErrorCode = (typeof ERROR_CODES)[number];

const CODE_OF_ERRNO: Readonly<Record<number, FilesystemErrorCode>> = {
  [ERRNO.EPERM]: 'not-permitted',
  [ERRNO.ENOENT]: 'no-entry',
  [ERRNO.EINTR]: 'interrupted',
  [ERRNO.EIO]: 'io',
  [ERRNO.ENXIO]: 'no-such-device',
  [ERRNO.EBADF]: 'bad-descriptor',
  [ERRNO.EAGAIN]: 'would-block',
  [ERRNO.ENOMEM]: 'insufficient-memory',
  [ERRNO.EACCES]: 'access',
  // The machine was given a range outside the guest's memory: checked before, so never the guest's doing.
  [ERRNO.EFAULT]: 'io',
  [ERRNO.EBUSY]: 'busy',
  [ERRNO.EEXIST]: 'exist',
  [ERRNO.EXDEV]: 'cross-device',
  [ERRNO.ENODEV]: 'no-device',
  [ERRNO.ENOTDIR]: 'not-directory',
  [ERRNO.EISDIR]: 'is-directory',
  [ERRNO.EINVAL]: 'invalid',
  // The enum has no case for too many open files; ENOMEM is the other error that open(2) gives for a lack of kernel resources.
  [ERRNO.ENFILE]: 'insufficient-memory',
  [ERRNO.EMFILE]: 'insufficient-memory',
  [ERRNO.ENOTTY]: 'no-tty',
  [ERRNO.ETXTBSY]: 'text-file-busy',
  [ERRNO.EFBIG]: 'file-too-large',
  [ERRNO.ENOSPC]: 'insufficient-space',
  [ERRNO.ESPIPE]: 'invalid-seek',
  [ERRNO.EROFS]: 'read-only',
  [ERRNO.EMLINK]: 'too-many-links',
  [ERRNO.EPIPE]: 'pipe',
  [ERRNO.EDEADLK]: 'deadlock',
  [ERRNO.ENAMETOOLONG]: 'name-too-long',
  [ERRNO.ENOLCK]: 'no-lock',
  [ERRNO.ENOSYS]: 'unsupported',
  [ERRNO.ENOTEMPTY]: 'not-empty',
  [ERRNO.ELOOP]: 'loop',
  [ERRNO.EOVERFLOW]: 'overflow',
  [ERRNO.EILSEQ]: 'illegal-byte-sequence',
  [ERRNO.EMSGSIZE]: 'message-size',
  [ERRNO.EOPNOTSUPP]: 'unsupported',
  [ERRNO.EALREADY]: 'already',
  [ERRNO.EINPROGRESS]: 'in-progress',
  // The file was removed on another node of a network file system.
  [ERRNO.ESTALE]: 'bad-descriptor',
  [ERRNO.EDQUOT]: 'quota',
  [ERRNO.ENOTRECOVERABLE]: 'not-recoverable',
};

const DISCRIMINANTS = new Map<FilesystemErrorCode, number>(ERROR_CODES.map((code, index) => [code, index]));

/** The case for a result of the machine (negative errno). What Linux adds to its list some day is `io`. */
export const errorCodeOf = (result: number): FilesystemErrorCode => CODE_OF_ERRNO[-result] ?? 'io';

/** Discriminant of {@link errorCodeOf}. */
export const errorDiscriminantOf = (result: number): number => DISCRIMINANTS.get(errorCodeOf(result)) as number;

/** What a lifted function throws: jco's glue takes the error value from `payload`. */
export class WitError {
  readonly payload: unknown;
  constructor(payload: unknown) {
    this.payload = payload;
  }
}

/** Passes a result of the machine on. @throws WitError of the error case, for negative results. */
export function unwrap(result: number): number {
  if (result < 0) throw new WitError(errorCodeOf(result));
  return result;
}
