/**
 * The functions of `wasi_snapshot_preview1`, their core signatures, and the interface that each is imported through
 * after adaptation (data plane beside step 8). The split says in a component's imports what a program may do.
 *
 * Source: WASI legacy/preview1 `docs.md`; signatures as wasi-libc and Go declare them.
 */

export const PREVIEW1_PACKAGE = 'forge:preview1';
export const PREVIEW1_VERSION = '0.1.0';

export type Preview1Interface = 'program' | 'filesystem' | 'clocks' | 'random' | 'sockets';

/** Core parameter types, `i` for i32 and `I` for i64; all but `proc_exit` return an errno as i32. */
interface CoreSignature {
  readonly of: Preview1Interface;
  readonly params: string;
}

export const PREVIEW1_FUNCTIONS = {
  args_get: { of: 'program', params: 'ii' },
  args_sizes_get: { of: 'program', params: 'ii' },
  environ_get: { of: 'program', params: 'ii' },
  environ_sizes_get: { of: 'program', params: 'ii' },
  fd_close: { of: 'program', params: 'i' },
  fd_fdstat_get: { of: 'program', params: 'ii' },
  fd_fdstat_set_flags: { of: 'program', params: 'ii' },
  fd_fdstat_set_rights: { of: 'program', params: 'iII' },
  fd_prestat_get: { of: 'program', params: 'ii' },
  fd_prestat_dir_name: { of: 'program', params: 'iii' },
  fd_read: { of: 'program', params: 'iiii' },
  fd_renumber: { of: 'program', params: 'ii' },
  fd_seek: { of: 'program', params: 'iIii' },
  fd_tell: { of: 'program', params: 'ii' },
  fd_write: { of: 'program', params: 'iiii' },
  poll_oneoff: { of: 'program', params: 'iiii' },
  proc_exit: { of: 'program', params: 'i' },
  proc_raise: { of: 'program', params: 'i' },
  sched_yield: { of: 'program', params: '' },

  fd_advise: { of: 'filesystem', params: 'iIIi' },
  fd_allocate: { of: 'filesystem', params: 'iII' },
  fd_datasync: { of: 'filesystem', params: 'i' },
  fd_filestat_get: { of: 'filesystem', params: 'ii' },
  fd_filestat_set_size: { of: 'filesystem', params: 'iI' },
  fd_filestat_set_times: { of: 'filesystem', params: 'iIIi' },
  fd_pread: { of: 'filesystem', params: 'iiiIi' },
  fd_pwrite: { of: 'filesystem', params: 'iiiIi' },
  fd_readdir: { of: 'filesystem', params: 'iiiIi' },
  fd_sync: { of: 'filesystem', params: 'i' },
  path_create_directory: { of: 'filesystem', params: 'iii' },
  path_filestat_get: { of: 'filesystem', params: 'iiiii' },
  path_filestat_set_times: { of: 'filesystem', params: 'iiiiIIi' },
  path_link: { of: 'filesystem', params: 'iiiiiii' },
  path_open: { of: 'filesystem', params: 'iiiiiIIii' },
  path_readlink: { of: 'filesystem', params: 'iiiiii' },
  path_remove_directory: { of: 'filesystem', params: 'iii' },
  path_rename: { of: 'filesystem', params: 'iiiiii' },
  path_symlink: { of: 'filesystem', params: 'iiiii' },
  path_unlink_file: { of: 'filesystem', params: 'iii' },

  clock_res_get: { of: 'clocks', params: 'ii' },
  clock_time_get: { of: 'clocks', params: 'iIi' },

  random_get: { of: 'random', params: 'ii' },

  sock_accept: { of: 'sockets', params: 'iii' },
  sock_recv: { of: 'sockets', params: 'iiiiii' },
  sock_send: { of: 'sockets', params: 'iiiii' },
  sock_shutdown: { of: 'sockets', params: 'ii' },
} as const satisfies Record<string, CoreSignature>;

export type Preview1Name = keyof typeof PREVIEW1_FUNCTIONS;
export const PREVIEW1_NAMES = Object.keys(PREVIEW1_FUNCTIONS) as readonly Preview1Name[];

/** Name of a function in WIT: `fd_read` is `fd-read`. */
export const witNameOf = (name: Preview1Name): string => name.replaceAll('_', '-');

/** Name of a function in jco's glue: `fd_read` is `fdRead`. */
export const glueNameOf = (name: Preview1Name): string => name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
