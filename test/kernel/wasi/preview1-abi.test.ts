import { beforeAll, describe, expect, test } from 'vitest';
import type { LoadedComponent } from '../../../kernel/src/domain/plugin-unit.ts';
import { buildC, loadPreview1, run, withoutClang } from './guests.ts';

/**
 * Preview 1 below libc: what its functions answer, as `docs.md` and the public test-suite have it. The guest prints one
 * line a check that fails, so an empty output is success.
 */
const PROGRAM = `#include <stdio.h>
#include <string.h>
#include <wasi/api.h>
#define IS(e, want) do { int got = (e); if (got != (want)) printf("%d: %s = %d, not %d\\n", __LINE__, #e, got, (want)); } while (0)
#define HOLDS(c) do { if (!(c)) printf("%d: %s\\n", __LINE__, #c); } while (0)
#define OPEN(path, oflags, rights, fdflags) __wasi_path_open(3, 0, path, oflags, rights, rights, fdflags, &fd)
typedef __wasi_fd_t Fd;
static __wasi_ciovec_t out(const char *s) { return (__wasi_ciovec_t){(const uint8_t *)s, strlen(s)}; }

static void rights(void) {
  Fd fd; __wasi_fdstat_t st; __wasi_size_t n; uint8_t b[8]; __wasi_iovec_t in = {b, 8}; __wasi_ciovec_t hi = out("hi");
  IS(__wasi_fd_fdstat_get(3, &st), 0); HOLDS(st.fs_filetype == __WASI_FILETYPE_DIRECTORY && st.fs_flags == 0);
  HOLDS(!(st.fs_rights_base & (__WASI_RIGHTS_FD_FILESTAT_SET_SIZE | __WASI_RIGHTS_FD_SEEK))); HOLDS(st.fs_rights_base & __WASI_RIGHTS_PATH_FILESTAT_GET); HOLDS(st.fs_rights_inheriting & __WASI_RIGHTS_FD_WRITE);
  IS(OPEN("r", __WASI_OFLAGS_CREAT, __WASI_RIGHTS_FD_READ | __WASI_RIGHTS_FD_WRITE | __WASI_RIGHTS_FD_SEEK, 0), 0);
  IS(__wasi_fd_write(fd, &hi, 1, &n), 0); IS(n, 2);
  IS(__wasi_fd_fdstat_get(fd, &st), 0); HOLDS(st.fs_rights_base == (__WASI_RIGHTS_FD_READ | __WASI_RIGHTS_FD_WRITE | __WASI_RIGHTS_FD_SEEK));
  IS(__wasi_fd_fdstat_set_rights(fd, __WASI_RIGHTS_FD_SEEK, 0), 0);
  IS(__wasi_fd_read(fd, &in, 1, &n), __WASI_ERRNO_BADF); IS(__wasi_fd_write(fd, &hi, 1, &n), __WASI_ERRNO_BADF);
  IS(__wasi_fd_fdstat_set_rights(fd, __WASI_RIGHTS_FD_SEEK | __WASI_RIGHTS_FD_READ, 0), __WASI_ERRNO_NOTCAPABLE);
  IS(__wasi_fd_close(fd), 0);
  IS(OPEN("r", 0, __WASI_RIGHTS_FD_READ, 0), 0); IS(__wasi_fd_fdstat_get(fd, &st), 0); HOLDS(!(st.fs_rights_base & __WASI_RIGHTS_FD_WRITE)); IS(__wasi_fd_write(fd, &hi, 1, &n), __WASI_ERRNO_BADF); IS(__wasi_fd_close(fd), 0);
  IS(OPEN("r", 0, __WASI_RIGHTS_FD_WRITE, 0), 0); IS(__wasi_fd_read(fd, &in, 1, &n), __WASI_ERRNO_BADF); IS(__wasi_fd_close(fd), 0);
  IS(OPEN("r", __WASI_OFLAGS_TRUNC, 0, 0), 0); IS(__wasi_fd_read(fd, &in, 1, &n), __WASI_ERRNO_BADF); IS(__wasi_fd_close(fd), 0);
  IS(OPEN(".", 0, 0, __WASI_FDFLAGS_NONBLOCK), 0); IS(__wasi_fd_close(fd), 0);
  IS(__wasi_path_unlink_file(3, "r"), 0);
}

static void directories(void) {
  __wasi_size_t n; uint8_t b[300]; __wasi_iovec_t in = {b, 300}; __wasi_ciovec_t hi = out("hi"); __wasi_filesize_t at; __wasi_prestat_t pre;
  IS(__wasi_fd_read(3, &in, 1, &n), __WASI_ERRNO_ISDIR); IS(__wasi_fd_pread(3, &in, 1, 0, &n), __WASI_ERRNO_ISDIR); IS(__wasi_fd_write(3, &hi, 1, &n), __WASI_ERRNO_BADF); IS(__wasi_fd_pwrite(3, &hi, 1, 0, &n), __WASI_ERRNO_BADF);
  IS(__wasi_fd_seek(3, 0, 1, &at), __WASI_ERRNO_BADF); IS(__wasi_fd_tell(3, &at), __WASI_ERRNO_BADF); IS(__wasi_fd_allocate(3, 0, 1), __WASI_ERRNO_BADF); IS(__wasi_fd_filestat_set_size(3, 0), __WASI_ERRNO_BADF);
  IS(__wasi_fd_prestat_get(3, &pre), 0); IS(pre.u.dir.pr_name_len, 1); IS(__wasi_fd_prestat_dir_name(3, b, 0), __WASI_ERRNO_NAMETOOLONG); IS(__wasi_fd_prestat_dir_name(3, b, 5), 0); IS(b[0], '/');
  IS(__wasi_fd_prestat_get(1, &pre), __WASI_ERRNO_BADF); IS(__wasi_fd_prestat_get(4, &pre), __WASI_ERRNO_BADF);
}

static void listing(void) {
  Fd fd; char name[32]; uint8_t b[256]; __wasi_size_t used; int seen = 0; __wasi_filestat_t st; __wasi_dirent_t d;
  IS(__wasi_path_create_directory(3, "l"), 0); IS(OPEN("l", __WASI_OFLAGS_DIRECTORY, __WASI_RIGHTS_FD_READDIR, 0), 0);
  IS(__wasi_fd_filestat_get(fd, &st), 0); IS(__wasi_fd_readdir(fd, b, 256, 0, &used), 0); IS(used, 24 + 1 + 24 + 2); memcpy(&d, b, 24); HOLDS(d.d_ino == st.ino && d.d_type == __WASI_FILETYPE_DIRECTORY && b[24] == '.');
  for (int i = 0; i < 500; i++) { Fd f; snprintf(name, 32, "l/file-%d", i); IS(__wasi_path_open(3, 0, name, __WASI_OFLAGS_CREAT, 0, 0, 0, &f), 0); IS(__wasi_fd_close(f), 0); }
  for (int size = 40; size <= 256; size += 54) {
    seen = 0;
    for (__wasi_dircookie_t cookie = 0;;) {
      IS(__wasi_fd_readdir(fd, b, size, cookie, &used), 0); HOLDS(used <= size);
      int at = 0; while (at + 24 <= used) { memcpy(&d, b + at, 24); if (at + 24 + d.d_namlen > used) break; at += 24 + d.d_namlen; cookie = d.d_next; seen++; }
      if (used < size) break;
      if (at == 0) { printf("an entry does not fit into %d\\n", size); break; }
    }
    IS(seen, 502);
  }
  IS(__wasi_fd_readdir(fd, b, 256, 2, &used), 0); memcpy(&d, b, 24); __wasi_dircookie_t third = d.d_next; char first[32] = {0}; memcpy(first, b + 24, d.d_namlen);
  IS(__wasi_fd_readdir(fd, b, 256, third, &used), 0); IS(__wasi_fd_readdir(fd, b, 256, 2, &used), 0); memcpy(&d, b, 24); HOLDS(!memcmp(first, b + 24, d.d_namlen));
  IS(__wasi_fd_readdir(fd, b, 0, 0, &used), 0); IS(used, 0); IS(__wasi_fd_readdir(fd, b, 256, 100000, &used), 0); IS(used, 0);
  for (int i = 0; i < 500; i++) { snprintf(name, 32, "l/file-%d", i); IS(__wasi_path_unlink_file(3, name), 0); }
  IS(__wasi_fd_close(fd), 0); IS(__wasi_path_remove_directory(3, "l/"), 0);
}

static void offsets(void) {
  Fd fd; __wasi_size_t n; uint8_t b[100]; __wasi_filesize_t at; __wasi_ciovec_t two[2] = {out("abc"), out("defg")}; __wasi_iovec_t in[3] = {{b, 2}, {b + 50, 0}, {b + 10, 4}};
  IS(OPEN("o", __WASI_OFLAGS_CREAT, __WASI_RIGHTS_FD_READ | __WASI_RIGHTS_FD_WRITE, 0), 0);
  IS(__wasi_fd_write(fd, two, 2, &n), 0); IS(n, 7); IS(__wasi_fd_tell(fd, &at), 0); IS(at, 7); IS(__wasi_fd_pwrite(fd, two, 1, 4, &n), 0); IS(__wasi_fd_tell(fd, &at), 0); IS(at, 7);
  IS(__wasi_fd_seek(fd, 1, __WASI_WHENCE_SET, &at), 0); IS(__wasi_fd_read(fd, in, 3, &n), 0); IS(n, 6); HOLDS(!memcmp(b, "bc", 2) && !memcmp(b + 10, "dabc", 4));
  IS(__wasi_fd_pread(fd, in, 3, 5, &n), 0); IS(n, 2); IS(__wasi_fd_read(fd, in, 3, &n), 0); IS(n, 0); IS(__wasi_fd_read(fd, in, 0, &n), 0); IS(n, 0);
  IS(__wasi_fd_seek(fd, -8, __WASI_WHENCE_END, &at), __WASI_ERRNO_INVAL); IS(__wasi_fd_seek(fd, 0, 9, &at), __WASI_ERRNO_INVAL); IS(__wasi_fd_seek(fd, 100, __WASI_WHENCE_END, &at), 0); IS(at, 107); IS(__wasi_fd_read(fd, in, 3, &n), 0); IS(n, 0);
  IS(__wasi_fd_seek(1, 0, 0, &at), __WASI_ERRNO_SPIPE); IS(__wasi_fd_pwrite(1, two, 1, 0, &n), __WASI_ERRNO_SPIPE); IS(__wasi_fd_read(1, in, 1, &n), __WASI_ERRNO_BADF); IS(__wasi_fd_write(0, two, 1, &n), __WASI_ERRNO_BADF);
  IS(__wasi_fd_allocate(fd, 0, 100), __WASI_ERRNO_NOTSUP); IS(__wasi_fd_advise(fd, 0, 10, 6), __WASI_ERRNO_INVAL); IS(__wasi_fd_advise(fd, 0, 10, __WASI_ADVICE_WILLNEED), 0); IS(__wasi_fd_datasync(fd), 0); IS(__wasi_fd_sync(fd), 0);
  IS(__wasi_fd_close(fd), 0);
  IS(OPEN("o", 0, __WASI_RIGHTS_FD_READ | __WASI_RIGHTS_FD_WRITE, __WASI_FDFLAGS_APPEND | __WASI_FDFLAGS_SYNC), 0);
  __wasi_fdstat_t st; IS(__wasi_fd_fdstat_get(fd, &st), 0); IS(st.fs_flags, __WASI_FDFLAGS_APPEND | __WASI_FDFLAGS_SYNC);
  IS(__wasi_fd_write(fd, two, 1, &n), 0); IS(__wasi_fd_tell(fd, &at), 0); IS(at, 10); IS(__wasi_fd_fdstat_set_flags(fd, __WASI_FDFLAGS_SYNC), 0); IS(__wasi_fd_seek(fd, 0, 0, &at), 0); IS(__wasi_fd_write(fd, two, 1, &n), 0); IS(__wasi_fd_tell(fd, &at), 0); IS(at, 3);
  IS(__wasi_fd_fdstat_set_flags(fd, __WASI_FDFLAGS_DSYNC), __WASI_ERRNO_INVAL); IS(__wasi_fd_fdstat_set_flags(77, 0), __WASI_ERRNO_BADF);
  IS(__wasi_fd_close(fd), 0); IS(__wasi_path_unlink_file(3, "o"), 0);
}

static void numbers(void) {
  Fd fd, a, b; __wasi_filestat_t one, other;
  IS(OPEN("n1", __WASI_OFLAGS_CREAT, 0, 0), 0); a = fd; IS(OPEN("n2", __WASI_OFLAGS_CREAT, 0, 0), 0); b = fd; HOLDS(a == 4 && b == 5);
  IS(__wasi_fd_filestat_get(a, &one), 0); IS(__wasi_fd_renumber(a, b), 0); IS(__wasi_fd_filestat_get(b, &other), 0); HOLDS(one.ino == other.ino); IS(__wasi_fd_close(a), __WASI_ERRNO_BADF); IS(__wasi_fd_renumber(b, a), __WASI_ERRNO_BADF); IS(__wasi_fd_renumber(b, b), 0);
  IS(OPEN("n2", 0, 0, 0), 0); HOLDS(fd == a); IS(__wasi_fd_close(fd), 0); IS(__wasi_fd_close(b), 0); IS(__wasi_fd_close(-1), __WASI_ERRNO_BADF); IS(__wasi_fd_close(0x7fffffff), __WASI_ERRNO_BADF);
  IS(__wasi_path_unlink_file(3, "n1"), 0); IS(__wasi_path_unlink_file(3, "n2"), 0);
}

static void paths(void) {
  Fd fd; uint8_t b[10] = {0}; __wasi_size_t n; __wasi_filestat_t st; Fd d;
  IS(__wasi_path_create_directory(3, "d"), 0); IS(__wasi_path_create_directory(3, "d/nested/"), 0); IS(OPEN("d/nested/file", __WASI_OFLAGS_CREAT, 0, 0), 0); IS(__wasi_fd_close(fd), 0);
  IS(OPEN("/d", 0, 0, 0), __WASI_ERRNO_PERM); IS(OPEN("d/.//nested/../../d/nested/../nested///./file", 0, 0, 0), 0); IS(__wasi_path_open(fd, 0, "x", 0, 0, 0, 0, &d), __WASI_ERRNO_NOTDIR); IS(__wasi_fd_close(fd), 0);
  IS(OPEN("d/nested/file/", 0, 0, 0), __WASI_ERRNO_NOTDIR); IS(OPEN("d/nested///", 0, 0, 0), 0); IS(__wasi_fd_close(fd), 0); IS(OPEN("d/nested/../../../d", 0, 0, 0), __WASI_ERRNO_PERM); IS(OPEN("", 0, 0, 0), __WASI_ERRNO_NOENT); IS(__wasi_path_open(1, 0, "d", 0, 0, 0, 0, &fd), __WASI_ERRNO_NOTDIR); IS(__wasi_path_open(9, 0, "d", 0, 0, 0, 0, &fd), __WASI_ERRNO_BADF);
  IS(__wasi_path_symlink("d", 3, "to-d"), 0); IS(OPEN("to-d", 0, 0, 0), __WASI_ERRNO_LOOP); HOLDS(OPEN("to-d", __WASI_OFLAGS_DIRECTORY, 0, 0) != 0); IS(__wasi_path_open(3, 1, "to-d", __WASI_OFLAGS_DIRECTORY, 0, 0, 0, &fd), 0); IS(__wasi_fd_close(fd), 0);
  IS(__wasi_path_filestat_get(3, 0, "to-d", &st), 0); IS(st.filetype, __WASI_FILETYPE_SYMBOLIC_LINK); IS(__wasi_path_filestat_get(3, 1, "to-d", &st), 0); IS(st.filetype, __WASI_FILETYPE_DIRECTORY);
  IS(__wasi_path_symlink("x", 3, "to-x/"), __WASI_ERRNO_NOENT); IS(__wasi_path_symlink("x", 3, "d/"), __WASI_ERRNO_EXIST); IS(__wasi_path_link(3, 0, "d", 3, "e"), __WASI_ERRNO_PERM); IS(__wasi_path_link(3, 0, "d/nested/file", 3, "f/"), __WASI_ERRNO_NOENT); IS(__wasi_path_link(3, 0, "to-d", 3, "to-d2"), 0); IS(__wasi_path_unlink_file(3, "to-d2"), 0);
  IS(__wasi_path_symlink("target", 3, "t"), 0); IS(__wasi_path_readlink(3, "t", b, 4, &n), 0); IS(n, 4); HOLDS(!memcmp(b, "targ\\0\\0", 6)); IS(__wasi_path_readlink(3, "t", b, 10, &n), 0); IS(n, 6); IS(__wasi_path_link(3, 1, "t", 3, "g"), __WASI_ERRNO_NOENT); IS(__wasi_path_unlink_file(3, "t"), 0);
  IS(__wasi_path_rename(3, "d/nested/", 3, "moved"), 0); IS(__wasi_path_rename(3, "moved", 3, "d/nested/"), 0); IS(__wasi_path_unlink_file(3, "d/"), __WASI_ERRNO_ISDIR); IS(__wasi_path_unlink_file(3, "d/nested/file/"), __WASI_ERRNO_NOTDIR); IS(__wasi_path_remove_directory(3, "d/nested"), __WASI_ERRNO_NOTEMPTY); IS(__wasi_path_remove_directory(3, "d/nested/file"), __WASI_ERRNO_NOTDIR);
  IS(__wasi_path_filestat_set_times(3, 0, "d/nested/file", 5, 7, __WASI_FSTFLAGS_MTIM), 0); IS(__wasi_path_filestat_get(3, 0, "d/nested/file", &st), 0); HOLDS(st.mtim == 7 && st.atim != 5); IS(__wasi_path_filestat_set_times(3, 0, "d/nested/file", 5, 7, __WASI_FSTFLAGS_MTIM | __WASI_FSTFLAGS_MTIM_NOW), __WASI_ERRNO_INVAL);
  IS(__wasi_path_unlink_file(3, "d/nested/file"), 0); IS(__wasi_path_remove_directory(3, "d/nested"), 0); IS(__wasi_path_remove_directory(3, "d"), 0); IS(__wasi_path_unlink_file(3, "to-d"), 0);
}

static void waiting(void) {
  __wasi_subscription_t s[3]; __wasi_event_t e[3]; __wasi_size_t n; memset(s, 0, sizeof s);
  s[0].userdata = 1; s[0].u.tag = __WASI_EVENTTYPE_CLOCK; s[0].u.u.clock.id = __WASI_CLOCKID_MONOTONIC; s[0].u.u.clock.timeout = 3000000;
  IS(__wasi_poll_oneoff(s, e, 0, &n), __WASI_ERRNO_INVAL); IS(__wasi_poll_oneoff(s, e, 1, &n), 0); IS(n, 1); HOLDS(e[0].userdata == 1 && e[0].error == 0 && e[0].type == __WASI_EVENTTYPE_CLOCK);
  s[1].userdata = 2; s[1].u.tag = __WASI_EVENTTYPE_FD_WRITE; s[1].u.u.fd_write.file_descriptor = 1; s[2].userdata = 3; s[2].u.tag = __WASI_EVENTTYPE_FD_READ; s[2].u.u.fd_read.file_descriptor = 99;
  IS(__wasi_poll_oneoff(s, e, 3, &n), 0); IS(n, 2); HOLDS(e[0].userdata == 2 && e[0].error == 0); HOLDS(e[1].userdata == 3 && e[1].error == __WASI_ERRNO_BADF);
  s[0].u.u.clock.id = __WASI_CLOCKID_REALTIME; s[0].u.u.clock.flags = 1; s[0].u.u.clock.timeout = 5; IS(__wasi_poll_oneoff(s, e, 1, &n), 0); IS(n, 1);
  s[0].u.u.clock.id = 9; IS(__wasi_poll_oneoff(s, e, 1, &n), 0); IS(n, 1); IS(e[0].error, __WASI_ERRNO_INVAL);
  __wasi_timestamp_t t; IS(__wasi_clock_time_get(__WASI_CLOCKID_MONOTONIC, 1, &t), 0); IS(__wasi_clock_res_get(__WASI_CLOCKID_REALTIME, &t), 0); HOLDS(t >= 1 && t <= 1000000); IS(__wasi_clock_time_get(77, 1, &t), __WASI_ERRNO_INVAL);
  uint8_t big[1024] = {0}; IS(__wasi_random_get(big, 1024), 0); int zeroes = 0; for (int i = 0; i < 1024; i++) zeroes += big[i] == 0; HOLDS(zeroes < 30); IS(__wasi_sched_yield(), 0); IS(__wasi_sock_shutdown(1, 1), __WASI_ERRNO_NOTSOCK); IS(__wasi_sock_shutdown(99, 1), __WASI_ERRNO_BADF);
}

int main(void) { rights(); directories(); listing(); offsets(); numbers(); paths(); waiting(); IS(__wasi_fd_close(3), 0); Fd fd; IS(OPEN("x", 0, 0, 0), __WASI_ERRNO_BADF); return 0; }
`;

describe.skipIf(withoutClang)(`preview 1 below libc${withoutClang ? ` (${withoutClang})` : ''}`, () => {
  let program: LoadedComponent;
  beforeAll(async () => {
    program = await loadPreview1(buildC(PROGRAM));
  });

  test('answers as specified', () => {
    const { out, err, code } = run(program);
    expect(out + err).toBe('');
    expect(code).toBe(0);
  });

  test('a file that a program did not close is closed with it', () => {
    // `run` itself compares the handles before and after.
    expect(run(program).host.listDirectory('/data')).toEqual([]);
  });
});
