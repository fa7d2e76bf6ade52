import { beforeAll, describe, expect, test } from 'vitest';
import type { LoadedComponent } from '../../../kernel/src/domain/plugin-unit.ts';
import { Refusal } from '../../../kernel/src/errors.ts';
import { RIGHT } from '../../../kernel/src/host/host.ts';
import { adaptPreview1 } from '../../../kernel/src/wasi/preview1.ts';
import { buildC, buildGo, buildWat, loadPreview1, run, withoutClang, withoutGo } from './guests.ts';

const CODES = [0, 1, 2, 7, 126, 255];

describe('adapting preview 1 modules', () => {
  test('what is no command module is refused as invalid', async () => {
    const codeOf = async (bytes: Uint8Array): Promise<string> => {
      try {
        await adaptPreview1(bytes);
      } catch (thrown) {
        return thrown instanceof Refusal ? thrown.code : String(thrown);
      }
      return 'adapted';
    };
    expect(await codeOf(new Uint8Array(0))).toBe('invalid');
    expect(await codeOf(new TextEncoder().encode('hello'))).toBe('invalid');
    expect(await codeOf(Uint8Array.of(0, 0x61, 0x73, 0x6d, 13, 0, 1, 0))).toBe('invalid');
    expect(await codeOf(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 255))).toBe('invalid');
    expect(await codeOf(await buildWat('(module (memory (export "memory") 1))'))).toBe('invalid');
    expect(await codeOf(await buildWat('(module (import "wasi_snapshot_preview1" "no_such" (func)) (memory (export "memory") 1) (func (export "_start")))'))).toBe('invalid');
    expect(await codeOf(await buildWat('(module (import "env" "other" (func)) (memory (export "memory") 1) (func (export "_start")))'))).toBe('invalid');
  });

  test('a module asks for no more than it uses', async () => {
    const quiet = await loadPreview1(
      await buildWat(`(module
        (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
        (memory (export "memory") 1)
        (func (export "_start") (call $exit (i32.const 9))))`),
    );
    expect(quiet.imports.map((name) => name.replace(/@.*/, ''))).toEqual(['forge:preview1/program']);
    expect(run(quiet).code).toBe(9);
  });

  test('a module that imports nothing runs to its end', async () => {
    expect(run(await loadPreview1(await buildWat('(module (memory (export "memory") 1) (func (export "_start")))'))).code).toBe(0);
  });

  test('exit unwinds a guest that catches everything', async () => {
    const stubborn = await loadPreview1(
      await buildWat(`(module
        (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
        (import "wasi_snapshot_preview1" "args_get" (func $args (param i32 i32) (result i32)))
        (memory (export "memory") 1)
        (func (export "_start")
          (block $caught (try_table (catch_all $caught) (call $exit (i32.const 3))))
          (block $caught (try_table (catch_all $caught) (drop (call $args (i32.const -1) (i32.const -1)))))
          (loop $forever (br $forever))))`),
    );
    expect(run(stubborn).code).toBe(3);
  });

  test('a trap of the host cannot be caught either', async () => {
    const stubborn = await loadPreview1(
      await buildWat(`(module
        (import "wasi_snapshot_preview1" "args_get" (func $args (param i32 i32) (result i32)))
        (memory (export "memory") 1)
        (func (export "_start")
          (block $caught (try_table (catch_all $caught) (drop (call $args (i32.const -1) (i32.const -1)))))
          (loop $forever (br $forever))))`),
    );
    expect(() => run(stubborn)).toThrow(WebAssembly.RuntimeError);
  });
});

describe.skipIf(withoutClang)(`C programs${withoutClang ? ` (${withoutClang})` : ''}`, () => {
  test('exit codes arrive exactly', async () => {
    const exits = await loadPreview1(buildC('#include <stdlib.h>\nint main(int argc, char **argv) { exit(atoi(argv[1])); }'));
    const returns = await loadPreview1(buildC('#include <stdlib.h>\nint main(int argc, char **argv) { return atoi(argv[1]); }'));
    for (const code of CODES) {
      expect(run(exits, { args: [`${code}`] }).code).toBe(code);
      expect(run(returns, { args: [`${code}`] }).code).toBe(code);
    }
    expect(run(exits, { args: ['256'] }).code).toBe(0);
  });

  test('arguments, environment and standard streams', async () => {
    const program = await loadPreview1(
      buildC(`#include <stdio.h>
        #include <stdlib.h>
        int main(int argc, char **argv) {
          for (int i = 0; i < argc; i++) printf("[%s]", argv[i]);
          printf(" %s %s\\n", getenv("NAME"), getenv("NONE") ? "?" : "none");
          char line[100];
          while (fgets(line, sizeof line, stdin)) fprintf(stderr, "> %s", line);
          return 0;
        }`),
    );
    const { out, err } = run(program, { args: ['a b', '', 'ü'], env: [['NAME', 'wert=1']], stdin: 'first\nsecond\n' });
    expect(out).toBe('[program][a b][][ü] wert=1 none\n');
    expect(err).toBe('> first\n> second\n');
  });

  test('50 MB from standard input to standard output', async () => {
    const cat = await loadPreview1(
      buildC(`#include <unistd.h>
        static char b[65536];
        int main(void) {
          ssize_t n;
          while ((n = read(0, b, sizeof b)) > 0) for (ssize_t o = 0; o < n;) { ssize_t w = write(1, b + o, n - o); if (w < 0) return 2; o += w; }
          return n < 0;
        }`),
    );
    const bytes = new Uint8Array(50_000_000);
    for (let i = 0; i < bytes.length; i++) bytes[i] = Math.imul(i, 2_654_435_761) >>> 24;
    const { code, host } = run(cat, { stdin: bytes });
    expect(code).toBe(0);
    expect(Buffer.compare(host.stdout.bytes, bytes)).toBe(0);
  });

  describe('files', () => {
    let program: LoadedComponent;
    beforeAll(async () => {
      program = await loadPreview1(
        buildC(`#include <dirent.h>
          #include <errno.h>
          #include <fcntl.h>
          #include <stdio.h>
          #include <string.h>
          #include <sys/stat.h>
          #include <unistd.h>
          #define TRY(e) do { errno = 0; long r = (long)(e); if (r < 0) printf("%s: %s\\n", #e, strerror(errno)); else printf("%s: %ld\\n", #e, r); } while (0)
          int main(int argc, char **argv) {
            int f; struct stat st; char b[256] = {0};
            if (argc > 1) {
              TRY(open("f", O_RDWR)); TRY(open("new", O_CREAT | O_WRONLY, 0600)); TRY(open("f", O_RDONLY | O_TRUNC)); TRY(unlink("f")); TRY(mkdir("d", 0700)); TRY(rename("f", "g")); TRY(symlink("f", "g"));
              TRY(f = open("f", O_RDONLY)); TRY(ftruncate(f, 0)); TRY(read(f, b, 200)); printf("%s\\n", b);
              return 0;
            }
            TRY(f = open("/a", O_CREAT | O_RDWR | O_EXCL, 0600)); TRY(write(f, "hello world", 11)); TRY(lseek(f, 6, SEEK_SET)); TRY(read(f, b, 200)); printf("%s\\n", b);
            TRY(lseek(f, -1, SEEK_SET)); TRY(lseek(f, -3, SEEK_END)); TRY(lseek(f, 1, SEEK_CUR)); TRY(pwrite(f, "W", 1, 6)); memset(b, 0, 256); TRY(pread(f, b, 200, 0)); printf("%s\\n", b);
            TRY(ftruncate(f, 5)); TRY(fstat(f, &st)); printf("size %lld regular %d\\n", (long long)st.st_size, S_ISREG(st.st_mode)); TRY(fsync(f)); TRY(close(f)); TRY(close(f)); TRY(read(f, b, 1));
            TRY(f = open("/a", O_WRONLY | O_APPEND)); TRY(write(f, "+1", 2)); TRY(write(f, "+2", 2)); TRY(lseek(f, 0, SEEK_CUR)); TRY(read(f, b, 1)); TRY(close(f));
            struct timespec t[2] = {{100, 5}, {200, 7}}; TRY(utimensat(AT_FDCWD, "/a", t, 0)); TRY(stat("/a", &st)); printf("%lld.%ld %lld.%ld %lld\\n", (long long)st.st_atim.tv_sec, st.st_atim.tv_nsec, (long long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec, (long long)st.st_size);
            TRY(mkdir("/d", 0700)); TRY(mkdir("/d", 0700)); TRY(rename("/a", "/d/b")); TRY(stat("/a", &st)); TRY(symlink("b", "/d/l")); TRY(link("/d/b", "/d/h"));
            memset(b, 0, 256); TRY(readlink("/d/l", b, 256)); printf("%s\\n", b); TRY(lstat("/d/l", &st)); printf("link %d\\n", S_ISLNK(st.st_mode)); TRY(stat("/d/l", &st)); printf("links %d\\n", (int)st.st_nlink); TRY(open("/d/l", O_RDONLY | O_NOFOLLOW));
            DIR *d = opendir("/d"); struct dirent *e; int seen = 0; while ((e = readdir(d))) { seen++; struct stat s; fstatat(dirfd(d), e->d_name, &s, AT_SYMLINK_NOFOLLOW); if (e->d_name[0] != '.') printf("%s %d %d\\n", e->d_name, e->d_type, e->d_ino == s.st_ino); } printf("seen %d\\n", seen); closedir(d);
            TRY(rmdir("/d")); TRY(unlink("/d")); TRY(unlink("/d/b")); TRY(unlink("/d/h")); TRY(unlink("/d/l")); TRY(rmdir("/d"));
            TRY(f = open("/", O_RDONLY | O_DIRECTORY)); TRY(read(f, b, 1)); TRY(write(f, b, 1)); TRY(lseek(f, 0, SEEK_SET)); TRY(close(f));
            TRY(open("/../x", O_RDONLY)); TRY(open("/out", O_RDONLY)); TRY(open("/abs/x", O_RDONLY)); TRY(symlink("/etc", "/e"));
            for (int i = 0; i < 300; i++) { char n[32]; snprintf(n, 32, "/many%d", i); close(open(n, O_CREAT | O_WRONLY, 0600)); }
            d = opendir("/"); seen = 0; while ((e = readdir(d))) if (!strncmp(e->d_name, "many", 4)) seen++; rewinddir(d); while ((e = readdir(d))) if (!strncmp(e->d_name, "many", 4)) seen++; closedir(d); printf("seen %d\\n", seen);
            TRY(isatty(1)); TRY(lseek(1, 0, SEEK_SET));
            return 0;
          }`),
      );
    });

    test('behave as POSIX says', () => {
      const { out, code } = run(program, {
        seed: (host) => {
          host.seedSymlink('/data/out', '../secret');
          host.seedSymlink('/data/abs', '/etc');
        },
      });
      expect(code).toBe(0);
      expect(out).toMatchInlineSnapshot(`
        "f = open("/a", O_CREAT | O_RDWR | O_EXCL, 0600): 4
        write(f, "hello world", 11): 11
        lseek(f, 6, SEEK_SET): 6
        read(f, b, 200): 5
        world
        lseek(f, -1, SEEK_SET): Invalid argument
        lseek(f, -3, SEEK_END): 8
        lseek(f, 1, SEEK_CUR): 9
        pwrite(f, "W", 1, 6): 1
        pread(f, b, 200, 0): 11
        hello World
        ftruncate(f, 5): 0
        fstat(f, &st): 0
        size 5 regular 1
        fsync(f): 0
        close(f): 0
        close(f): Bad file descriptor
        read(f, b, 1): Bad file descriptor
        f = open("/a", O_WRONLY | O_APPEND): 4
        write(f, "+1", 2): 2
        write(f, "+2", 2): 2
        lseek(f, 0, SEEK_CUR): 9
        read(f, b, 1): Bad file descriptor
        close(f): 0
        utimensat(AT_FDCWD, "/a", t, 0): 0
        stat("/a", &st): 0
        100.5 200.7 9
        mkdir("/d", 0700): 0
        mkdir("/d", 0700): File exists
        rename("/a", "/d/b"): 0
        stat("/a", &st): No such file or directory
        symlink("b", "/d/l"): 0
        link("/d/b", "/d/h"): 0
        readlink("/d/l", b, 256): 1
        b
        lstat("/d/l", &st): 0
        link 1
        stat("/d/l", &st): 0
        links 2
        open("/d/l", O_RDONLY | O_NOFOLLOW): Symbolic link loop
        b 4 1
        l 7 1
        h 4 1
        seen 5
        rmdir("/d"): Directory not empty
        unlink("/d"): Is a directory
        unlink("/d/b"): 0
        unlink("/d/h"): 0
        unlink("/d/l"): 0
        rmdir("/d"): 0
        f = open("/", O_RDONLY | O_DIRECTORY): 4
        read(f, b, 1): Is a directory
        write(f, b, 1): Bad file descriptor
        lseek(f, 0, SEEK_SET): Bad file descriptor
        close(f): 0
        open("/../x", O_RDONLY): Operation not permitted
        open("/out", O_RDONLY): Operation not permitted
        open("/abs/x", O_RDONLY): Operation not permitted
        symlink("/etc", "/e"): Operation not permitted
        seen 600
        isatty(1): 0
        lseek(1, 0, SEEK_SET): Invalid seek
        "
      `);
    });

    test('of a read-only tree answer EROFS and stay as they are', () => {
      const { out, host } = run(program, { args: ['read-only'], rights: RIGHT.read, seed: (seeded) => seeded.seedFile('/data/f', 'content') });
      expect(out).toMatchInlineSnapshot(`
        "open("f", O_RDWR): Read-only file system
        open("new", O_CREAT | O_WRONLY, 0600): Read-only file system
        open("f", O_RDONLY | O_TRUNC): Read-only file system
        unlink("f"): Read-only file system
        mkdir("d", 0700): Read-only file system
        rename("f", "g"): Read-only file system
        symlink("f", "g"): Read-only file system
        f = open("f", O_RDONLY): 4
        ftruncate(f, 0): Bad file descriptor
        read(f, b, 200): 7
        content
        "
      `);
      expect(new TextDecoder().decode(host.readFile('/data/f'))).toBe('content');
    });
  });

  test('open files are bounded', async () => {
    const greedy = await loadPreview1(
      buildC(`#include <errno.h>
        #include <fcntl.h>
        #include <stdio.h>
        #include <string.h>
        int main(void) { int n = 0; while (open("/f", O_RDONLY) >= 0) n++; printf("%d %s\\n", n, strerror(errno)); return 0; }`),
    );
    const { out } = run(greedy, { limits: { openFilesMax: 20 }, seed: (host) => host.seedFile('/data/f', '') });
    expect(out).toBe('19 No file descriptors available\n');
  });

  test('a program may sleep, and has randomness and clocks', async () => {
    const program = await loadPreview1(
      buildC(`#include <stdio.h>
        #include <string.h>
        #include <time.h>
        #include <unistd.h>
        #include <poll.h>
        int main(void) {
          struct timespec a, b, s = {0, 20000000};
          clock_gettime(CLOCK_MONOTONIC, &a); nanosleep(&s, 0); clock_gettime(CLOCK_MONOTONIC, &b);
          long long ns = (b.tv_sec - a.tv_sec) * 1000000000LL + b.tv_nsec - a.tv_nsec;
          char x[64] = {0}, y[64] = {0}; getentropy(x, 64); getentropy(y, 64);
          struct pollfd p[2] = {{0, POLLIN, 0}, {1, POLLOUT, 0}};
          printf("%d %d %d %d\\n", ns >= 20000000 && ns < 2000000000, memcmp(x, y, 64) != 0, time(0) > 1700000000, poll(p, 2, 1000));
          return 0;
        }`),
    );
    expect(run(program, { stdin: 'x' }).out).toBe('1 1 1 2\n');
  });

  test('memory that the program has not asked for stays its own', async () => {
    // wasi-libc before 2023 takes all memory up to the current end; an adapter that had grown it would be overwritten.
    const program = await loadPreview1(
      buildC(`#include <stdio.h>
        #include <stdlib.h>
        #include <string.h>
        int main(void) {
          for (int round = 0; round < 50; round++) { char *block = malloc(1 << 20); memset(block, 0xff, 1 << 20); FILE *f = fopen("/f", "a"); if (!f) return 1; fprintf(f, "%d\\n", round); fclose(f); }
          return 0;
        }`),
    );
    const { code, host } = run(program);
    expect(code).toBe(0);
    expect(new TextDecoder().decode(host.readFile('/data/f'))).toBe(Array.from({ length: 50 }, (_, i) => `${i}\n`).join(''));
  });
});

describe.skipIf(withoutGo)(`Go programs${withoutGo ? ` (${withoutGo})` : ''}`, () => {
  test('run, keep their heap, and exit with their code', { timeout: 180_000 }, async () => {
    const program = await loadPreview1(
      buildGo(`package main
        import ("bufio"; "fmt"; "io"; "os"; "sort"; "strconv"; "sync"; "time")
        func main() {
          if len(os.Args) > 1 { n, _ := strconv.Atoi(os.Args[1]); os.Exit(n) }
          lines := []string{}
          in := bufio.NewScanner(os.Stdin)
          for in.Scan() { lines = append(lines, in.Text()) }
          sort.Strings(lines)
          var wg sync.WaitGroup
          for i := 0; i < 10; i++ { wg.Add(1); go func() { time.Sleep(5 * time.Millisecond); wg.Done() }() }
          wg.Wait()
          os.MkdirAll("/p/q", 0o755)
          err := os.WriteFile("/p/q/sorted", []byte(fmt.Sprintln(len(lines), lines[0], lines[len(lines)-1])), 0o644)
          f, _ := os.Open("/p/q/sorted")
          back, _ := io.ReadAll(f)
          _, missing := os.Stat("/absent")
          fmt.Print(err, " ", os.IsNotExist(missing), " ", string(back))
        }`),
    );
    const lines = Array.from({ length: 200_000 }, (_, i) => `line ${(i * 7919) % 200_000}`);
    expect(run(program, { stdin: lines.join('\n') }).out).toBe('<nil> true 200000 line 0 line 99999\n');
    for (const code of CODES) expect(run(program, { args: [`${code}`] }).code).toBe(code);
  });
});
