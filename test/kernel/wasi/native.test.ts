import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { describe, expect, test } from 'vitest';
import type { GrantAction, Handle, Host } from '../../../kernel/src/host/host.ts';
import { openNativeHost } from '../../../kernel/src/host/native.ts';
import { buildC, loadPreview1, run, withoutClang } from './guests.ts';
import { runOn } from './run-on.ts';

let opened: { readonly host: Host; readonly mintKey: string } | undefined;
let missing = withoutClang;
try {
  const host = openNativeHost();
  opened = { host, mintKey: host.takeMintKey() };
} catch (error) {
  missing = error instanceof Error ? error.message : String(error);
}

describe.skipIf(missing)(`guests on the native machine${missing ? ` (${missing})` : ''}`, () => {
  const machine = (): { host: Host; owner: number; grant: (action: GrantAction, resource?: string) => Handle } => {
    if (!opened) throw new Error(missing);
    const { host, mintKey } = opened;
    const owner = host.ownerCreate('guest');
    return { host, owner, grant: (action, resource = '') => host.grantMint(mintKey, owner, { callId: 'c', action, resource, rights: 7, expiresMs: 0 }) };
  };

  test('see the same files as on the in-memory one', async () => {
    const program = await loadPreview1(
      buildC(`#include <dirent.h>
        #include <errno.h>
        #include <fcntl.h>
        #include <stdio.h>
        #include <string.h>
        #include <sys/stat.h>
        #include <unistd.h>
        #define TRY(e) do { errno = 0; long r = (long)(e); if (r < 0) printf("%s: %s\\n", #e, strerror(errno)); else printf("%s: %ld\\n", #e, r); } while (0)
        int main(void) {
          int f; struct stat st; char b[256] = {0};
          TRY(f = open("/a", O_CREAT | O_RDWR | O_EXCL, 0600)); TRY(write(f, "hello world", 11)); TRY(pread(f, b, 200, 6)); printf("%s\\n", b); TRY(lseek(f, -1, SEEK_END)); TRY(ftruncate(f, 3)); TRY(fstat(f, &st)); printf("%lld\\n", (long long)st.st_size); TRY(close(f));
          TRY(mkdir("/d", 0700)); TRY(mkdir("/d", 0700)); TRY(rename("/a", "/d/b")); TRY(rename("/d", "/d/e")); TRY(symlink("b", "/d/l")); TRY(symlink("../../x", "/d/out")); TRY(link("/d/b", "/d/h")); TRY(stat("/d/l", &st)); printf("%d\\n", (int)st.st_nlink); TRY(lstat("/d/l", &st));
          TRY(open("/d/out", O_RDONLY)); TRY(open("/../x", O_RDONLY)); TRY(open("/d/l", O_RDONLY | O_NOFOLLOW)); TRY(open("/d/b/x", O_RDONLY)); TRY(open("/d/b/", O_RDONLY)); TRY(open("/d", O_RDWR)); TRY(open("/none", O_RDONLY)); TRY(readlink("/d/b", b, 10)); TRY(unlink("/d")); TRY(rmdir("/d")); TRY(rmdir("/d/b"));
          char name[400]; memset(name, 'n', 399); name[399] = 0; TRY(mkdir(name, 0700)); TRY(mkdir("", 0700)); TRY(symlink("/abs", "/s"));
          DIR *d = opendir("/d"); struct dirent *e; int n = 0, types = 0; while ((e = readdir(d))) { n++; types += e->d_type; } printf("%d %d\\n", n, types); closedir(d);
          return 5;
        }`),
    );
    const { host, owner, grant } = machine();
    const root = mkdtempSync(join(tmpdir(), 'forge-guest-'));
    const [reader, writer] = host.pipeCreate(owner, grant('pipe.create'));
    const code = runOn(host, owner, program, { preopens: [{ path: '/', dir: host.dirOpen(owner, grant('dir.open', root), undefined), rights: 7 }], stdout: writer });
    host.close(owner, writer);
    let out = '';
    const into = new Uint8Array(65_536);
    for (;;) {
      const count = host.streamRead(owner, reader, into, 0, into.length);
      if (count <= 0) break;
      out += new TextDecoder().decode(into.subarray(0, count));
    }
    host.ownerDrop(owner);
    rmSync(root, { recursive: true });
    const expected = run(program);
    expect(out).toBe(expected.out);
    expect([code, expected.code]).toEqual([5, 5]);
  });

  test('a guest that blocks in a read is unwound by a cancel from another thread', async () => {
    const program = await loadPreview1(buildC('#include <unistd.h>\nint main(void) { char b; write(1, "!", 1); return read(0, &b, 1); }'));
    const { host, owner, grant } = machine();
    const [stdin] = host.pipeCreate(owner, grant('pipe.create'));
    const [told, stdout] = host.pipeCreate(owner, grant('pipe.create'));
    const worker = new Worker(new URL('./native-worker.ts', import.meta.url), { workerData: { component: program, owner, stdin, stdout } });
    const outcome = once(worker, 'message');
    // Wait until the guest runs: it says so before it reads.
    while (host.poll(owner, Float64Array.of(told), new Uint8Array(1), 0) === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    await new Promise((resolve) => setTimeout(resolve, 50));
    const before = performance.now();
    host.ownerCancel(owner);
    expect((await outcome)[0]).toBe('WasiCancelled');
    expect(performance.now() - before).toBeLessThan(2_000);
    host.ownerDrop(owner);
    await worker.terminate();
  });
});
