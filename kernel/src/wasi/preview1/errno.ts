/** Linux errno values as the `errno` of WASI preview 1 (data plane beside step 8). */
import { ERRNO, type ErrnoName } from '../../host/errno.ts';

export const SUCCESS = 0;

/** Values of WASI preview 1 `errno`, under the Linux names that the machine answers with. */
const PREVIEW1_ERRNO: Readonly<Record<ErrnoName, number>> = {
  EACCES: 2,
  EAGAIN: 6,
  EALREADY: 7,
  EBADF: 8,
  EBUSY: 10,
  ECANCELED: 11,
  EDEADLK: 16,
  EDQUOT: 19,
  EEXIST: 20,
  EFAULT: 21,
  EFBIG: 22,
  EILSEQ: 25,
  EINPROGRESS: 26,
  EINTR: 27,
  EINVAL: 28,
  EIO: 29,
  EISDIR: 31,
  ELOOP: 32,
  EMFILE: 33,
  EMLINK: 34,
  EMSGSIZE: 35,
  ENAMETOOLONG: 37,
  ENFILE: 41,
  ENODEV: 43,
  ENOENT: 44,
  ENOLCK: 46,
  ENOMEM: 48,
  ENOSPC: 51,
  ENOSYS: 52,
  ENOTDIR: 54,
  ENOTEMPTY: 55,
  ENOTRECOVERABLE: 56,
  EOPNOTSUPP: 58,
  ENOTTY: 59,
  ENXIO: 60,
  EOVERFLOW: 61,
  EPERM: 63,
  EPIPE: 64,
  EROFS: 69,
  ESPIPE: 70,
  ESTALE: 72,
  ETXTBSY: 74,
  EXDEV: 75,
};
/** More rights than the descriptor has; rights are preview 1's own. */
export const NOT_CAPABLE = 76;
/** A socket call on something that is no socket; the machine has no such errno, as it has no such call. */
export const NOT_A_SOCKET = 57;

const BY_VALUE = new Map<number, number>(Object.entries(PREVIEW1_ERRNO).map(([name, value]) => [ERRNO[name as ErrnoName], value]));

/** The preview 1 errno for a result of the machine: success, or the case of its negative errno. */
export const errnoOf = (result: number): number => (result >= 0 ? SUCCESS : (BY_VALUE.get(-result) ?? PREVIEW1_ERRNO.EIO));
