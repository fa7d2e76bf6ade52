import { describe, expect, test } from 'vitest';
import { buildComponent, loadComponent, type RunOptions, run } from './guests.ts';

/** What of WASI the guests below use; the glue sees names and shapes only. */
const WIT = `
  package test:guest;
  world guest {
    import wasi:io/streams@0.2.0;
    import wasi:cli/stdin@0.2.0;
    import wasi:cli/stdout@0.2.0;
    import wasi:filesystem/types@0.2.0;
    import wasi:filesystem/preopens@0.2.0;
    import wasi:sockets/tcp-create-socket@0.2.0;
    export wasi:cli/run@0.2.0;
  }
  package wasi:io@0.2.0 {
    interface error { resource error { to-debug-string: func() -> string; } }
    interface streams {
      use error.{error};
      variant stream-error { last-operation-failed(error), closed }
      resource input-stream { blocking-read: func(len: u64) -> result<list<u8>, stream-error>; }
      resource output-stream { blocking-write-and-flush: func(contents: list<u8>) -> result<_, stream-error>; }
    }
  }
  package wasi:cli@0.2.0 {
    interface run { run: func() -> result; }
    interface stdin { use wasi:io/streams@0.2.0.{input-stream}; get-stdin: func() -> input-stream; }
    interface stdout { use wasi:io/streams@0.2.0.{output-stream}; get-stdout: func() -> output-stream; }
  }
  package wasi:filesystem@0.2.0 {
    interface types {
      use wasi:io/streams@0.2.0.{input-stream};
      enum error-code { access }
      flags path-flags { symlink-follow }
      flags open-flags { create, directory, exclusive, truncate }
      flags descriptor-flags { read, write, file-integrity-sync, data-integrity-sync, requested-write-sync, mutate-directory }
      resource descriptor {
        open-at: func(path-flags: path-flags, path: string, open-flags: open-flags, %flags: descriptor-flags) -> result<descriptor, error-code>;
        read-via-stream: func(offset: u64) -> result<input-stream, error-code>;
      }
    }
    interface preopens { use types.{descriptor}; get-directories: func() -> list<tuple<descriptor, string>>; }
  }
  package wasi:sockets@0.2.0 {
    interface network { enum error-code { unknown, access-denied } enum ip-address-family { ipv4, ipv6 } }
    interface tcp { resource tcp-socket { is-listening: func() -> bool; } }
    interface tcp-create-socket {
      use network.{error-code, ip-address-family};
      use tcp.{tcp-socket};
      create-tcp-socket: func(address-family: ip-address-family) -> result<tcp-socket, error-code>;
    }
  }`;

/** A guest whose `run` is `body`; it may use $a to $d. `hi` stands at 0, `file` at 16, results go to 64. */
const guest = (body: string, realloc = ''): string => `(module
  (import "wasi:io/streams@0.2.0" "[method]output-stream.blocking-write-and-flush" (func $write (param i32 i32 i32 i32)))
  (import "wasi:io/streams@0.2.0" "[method]input-stream.blocking-read" (func $read (param i32 i64 i32)))
  (import "wasi:io/streams@0.2.0" "[resource-drop]output-stream" (func $drop-output (param i32)))
  (import "wasi:io/streams@0.2.0" "[resource-drop]input-stream" (func $drop-input (param i32)))
  (import "wasi:io/error@0.2.0" "[method]error.to-debug-string" (func $describe (param i32 i32)))
  (import "wasi:cli/stdin@0.2.0" "get-stdin" (func $stdin (result i32)))
  (import "wasi:cli/stdout@0.2.0" "get-stdout" (func $stdout (result i32)))
  (import "wasi:filesystem/preopens@0.2.0" "get-directories" (func $preopens (param i32)))
  (import "wasi:filesystem/types@0.2.0" "[method]descriptor.open-at" (func $open (param i32 i32 i32 i32 i32 i32 i32)))
  (import "wasi:filesystem/types@0.2.0" "[method]descriptor.read-via-stream" (func $via (param i32 i64 i32)))
  (import "wasi:filesystem/types@0.2.0" "[resource-drop]descriptor" (func $drop-descriptor (param i32)))
  (import "wasi:sockets/tcp-create-socket@0.2.0" "create-tcp-socket" (func $socket (param i32 i32)))
  (memory (export "memory") 2)
  (data (i32.const 0) "hi")
  (data (i32.const 16) "file")
  (global $next (mut i32) (i32.const 65536))
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (local $at i32)
    ${realloc}
    (local.set $at (i32.and (i32.add (global.get $next) (i32.const 7)) (i32.const -8)))
    (global.set $next (i32.add (local.get $at) (local.get 3)))
    (local.get $at))
  (func $say (param $stream i32) (call $write (local.get $stream) (i32.const 0) (i32.const 2) (i32.const 64)))
  (func $error (result i32) (i32.load8_u (i32.const 64)))
  (func (export "wasi:cli/run@0.2.0#run") (result i32) (local $a i32) (local $b i32) (local $c i32) (local $d i32)
    ${body}
    (i32.const 0)))`;

const play = async (body: string, options: RunOptions & { realloc?: string } = {}) => run(await loadComponent(await buildComponent(guest(body, options.realloc), WIT)), options);

describe('lowered functions in real glue', () => {
  test('handles are given out, dropped and reused, and each stands for its own object', async () => {
    const { out } = await play(`
      (local.set $a (call $stdout)) (local.set $b (call $stdout))
      (call $say (local.get $a)) (call $drop-output (local.get $a)) (call $say (local.get $b))
      (local.set $c (call $stdout))
      (if (i32.ne (local.get $c) (local.get $a)) (then unreachable))
      (call $say (local.get $c)) (call $drop-output (local.get $c)) (call $drop-output (local.get $b))`);
    expect(out).toBe('hihihi');
  });

  for (const [what, body] of [
    ['a dropped handle', '(local.set $a (call $stdout)) (call $drop-output (local.get $a)) (call $say (local.get $a))'],
    ['a forged handle', '(drop (call $stdout)) (call $say (i32.const 17))'],
    ['handle 0', '(drop (call $stdout)) (call $say (i32.const 0))'],
    ['a handle of another kind', '(drop (call $stdin)) (local.set $a (call $stdin)) (call $say (local.get $a))'],
    ['a handle dropped twice', '(local.set $a (call $stdout)) (call $drop-output (local.get $a)) (call $drop-output (local.get $a))'],
    ['a range out of memory', '(call $write (call $stdout) (i32.const 131071) (i32.const 2) (i32.const 64))'],
    ['a result pointer out of memory', '(call $write (call $stdout) (i32.const 0) (i32.const 2) (i32.const 131068))'],
    ['a misaligned result pointer', '(call $write (call $stdout) (i32.const 0) (i32.const 2) (i32.const 66))'],
  ] as const) {
    test(`${what} traps`, async () => {
      await expect(play(body)).rejects.toThrow(WebAssembly.RuntimeError);
    });
  }

  test('dropping a forged handle harms the guest alone', async () => {
    // The glue takes it for a borrow and puts it on its free list; what is given out later still works.
    const { out } = await play(`
      (local.set $a (call $stdout)) (call $drop-output (i32.const 1000))
      (call $say (local.get $a)) (local.set $b (call $stdout)) (call $say (local.get $b)) (call $say (local.get $a))`);
    expect(out).toBe('hihihi');
  });

  const OPEN = `
    (call $preopens (i32.const 64)) (local.set $a (i32.load (i32.load (i32.const 64))))
    (call $open (local.get $a) (i32.const 0) (i32.const 16) (i32.const 4) (i32.const 0) (i32.const 1) (i32.const 64))
    (if (call $error) (then unreachable)) (local.set $b (i32.load (i32.const 68)))`;
  const seed: RunOptions['seed'] = (host) => host.seedFile('/data/file', 'content of the file');

  test('a stream outlives the descriptor that it came from, and reads straight into the guest', async () => {
    const { out, host } = await play(
      `${OPEN}
      (call $via (local.get $b) (i64.const 11) (i32.const 64)) (local.set $c (i32.load (i32.const 68)))
      (call $drop-descriptor (local.get $b)) (call $drop-descriptor (local.get $a))
      (call $read (local.get $c) (i64.const 100) (i32.const 64)) (if (call $error) (then unreachable))
      (call $write (call $stdout) (i32.load (i32.const 68)) (i32.load (i32.const 72)) (i32.const 96))
      (call $read (local.get $c) (i64.const 100) (i32.const 64))
      (if (i32.ne (i32.const 1) (i32.load8_u (i32.const 68))) (then unreachable))
      (call $drop-input (local.get $c))`,
      { seed },
    );
    expect(out).toBe('the file');
    expect(host.listDirectory('/data')).toEqual(['file']);
  });

  test('an error made by a lowered call can be asked by a lifted one', async () => {
    // The stream is of a file whose machine handle is gone: the read fails with EBADF.
    const { out } = await play(
      `(call $preopens (i32.const 64)) (local.set $a (i32.load (i32.load (i32.const 64))))
      (call $open (local.get $a) (i32.const 0) (i32.const 16) (i32.const 4) (i32.const 1) (i32.const 2) (i32.const 64))
      (local.set $b (i32.load (i32.const 68)))
      (call $via (local.get $b) (i64.const 0) (i32.const 64))
      (if (i32.ne (i32.load8_u (i32.const 68)) (i32.const 3)) (then unreachable))
      (call $read (call $stdin) (i64.const 10) (i32.const 64)) (if (i32.ne (i32.const 1) (call $error)) (then unreachable))
      (if (i32.ne (i32.load8_u (i32.const 68)) (i32.const 0)) (then unreachable))
      (call $describe (i32.load (i32.const 72)) (i32.const 64))
      (call $write (call $stdout) (i32.load (i32.const 64)) (i32.load (i32.const 68)) (i32.const 96))`,
      { seed, openStdin: true },
    );
    expect(out).toBe('read: EDEADLK');
  });

  test('sockets answer access-denied in their own error type', async () => {
    const { code } = await play(
      '(call $socket (i32.const 0) (i32.const 64)) (if (i32.ne (call $error) (i32.const 1)) (then unreachable)) (if (i32.ne (i32.load8_u (i32.const 68)) (i32.const 1)) (then unreachable))',
    );
    expect(code).toBe(0);
  });

  const READ = `${OPEN} (call $via (local.get $b) (i64.const 0) (i32.const 64)) (local.set $c (i32.load (i32.const 68)))
    (call $read (local.get $c) (i64.const 7) (i32.const 64)) (if (call $error) (then unreachable))
    (call $write (call $stdout) (i32.load (i32.const 68)) (i32.load (i32.const 72)) (i32.const 96))`;
  const whenOf = (bytes: number, act: string): string => `(if (i32.eq (local.get 3) (i32.const ${bytes})) (then ${act}))`;

  test('an allocator that grows the memory gets its bytes', async () => {
    const realloc = whenOf(7, '(drop (memory.grow (i32.const 3))) (return (i32.const 327000))');
    expect((await play(READ, { seed, realloc })).out).toBe('content');
  });

  for (const [what, act] of [
    ['points out of memory', '(return (i32.const 131070))'],
    ['answers -1', '(return (i32.const -1))'],
    ['traps', 'unreachable'],
    ['calls the host', '(call $say (call $stdout))'],
    ['calls the host with a lowered function', '(call $say (i32.const 1))'],
    ['recurs without end', '(drop (call 12 (i32.const 0) (i32.const 0) (i32.const 1) (local.get 3)))'],
  ] as const) {
    test(`an allocator that ${what} ends its guest`, async () => {
      await expect(play(READ, { seed, realloc: whenOf(7, act) })).rejects.toThrow(/./);
    });
  }
});
