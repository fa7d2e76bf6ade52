//! Streams: nothing blocks where nobody can wake it (attack 24).
#![allow(missing_docs)]

mod support;

use forge_host::{Code, Errno};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use support::World;

const SOON: Duration = Duration::from_millis(50);

fn pipe(world: &World) -> (f64, f64) {
    let grant = world.grant("pipe.create", "", 3.0);
    world.machine.pipe_create(world.owner, grant).unwrap()
}

fn read(world: &World, stream: f64) -> Result<usize, Errno> {
    world.machine.stream_read(world.owner, stream, &mut [0; 4096], 0.0, 4096.0)
}

fn write(world: &World, stream: f64, bytes: &[u8]) -> Result<usize, Errno> {
    world.machine.stream_write(world.owner, stream, bytes, 0.0, bytes.len() as f64)
}

/// Runs `block` in a thread, does `wake` once it blocks, and gives what `block` came back with.
fn woken<T: Send>(block: impl FnOnce() -> T + Send, wake: impl FnOnce()) -> T {
    std::thread::scope(|scope| {
        let blocked = scope.spawn(block);
        std::thread::sleep(SOON);
        assert!(!blocked.is_finished(), "it blocks");
        let begin = Instant::now();
        wake();
        let outcome = blocked.join().unwrap();
        assert!(begin.elapsed() < Duration::from_secs(2), "it was woken, not left to chance");
        outcome
    })
}

#[test]
fn bytes_go_through_a_pipe_and_end_with_its_writer() {
    let world = World::new();
    let (reader, writer) = pipe(&world);
    assert_eq!(write(&world, writer, b"hello"), Ok(5));
    assert_eq!(read(&world, reader), Ok(5));
    assert_eq!(read(&world, writer), Err(Errno::BADF));
    assert_eq!(write(&world, reader, b"x"), Err(Errno::BADF));
    assert_eq!(world.machine.is_terminal(world.owner, reader), Ok(false));
    assert_eq!(woken(|| read(&world, reader), || assert_eq!(write(&world, writer, b"abc"), Ok(3))), Ok(3));
    assert_eq!(woken(|| read(&world, reader), || world.close(writer)), Ok(0));
}

#[test]
fn a_long_write_waits_for_the_reader_and_arrives_whole() {
    let world = World::new();
    let (reader, writer) = pipe(&world);
    let sent: Vec<u8> = (0..1_000_000u32).map(|n| n as u8).collect();
    let got = std::thread::scope(|scope| {
        scope.spawn(|| {
            assert_eq!(write(&world, writer, &sent), Ok(sent.len()));
            world.close(writer);
        });
        let mut got = Vec::new();
        let mut mem = [0; 7777];
        loop {
            match world.machine.stream_read(world.owner, reader, &mut mem, 0.0, 7777.0).unwrap() {
                0 => return got,
                len => got.extend_from_slice(&mem[..len]),
            }
        }
    });
    assert!(got == sent);
}

#[test]
fn a_writer_without_reader_gets_epipe_and_no_signal() {
    let world = World::new();
    let (reader, writer) = pipe(&world);
    let full = vec![0; 1 << 20];
    assert_eq!(woken(|| write(&world, writer, &full), || world.close(reader)), Err(Errno::PIPE));
    assert_eq!(write(&world, writer, b"x"), Err(Errno::PIPE));
}

#[test]
fn cancel_wakes_a_blocked_read_write_and_poll_and_stays() {
    let full = vec![0; 1 << 20];
    type Block<'a> = &'a (dyn Fn(&World, f64, f64) -> Result<usize, Errno> + Sync);
    let blocks: [Block<'_>; 4] = [
        &|world, reader, _| read(world, reader),
        &|world, _, writer| write(world, writer, &full),
        &|world, reader, _| world.machine.poll(world.owner, &[reader], &mut [0], -1.0),
        &|world, _, _| world.machine.poll(world.owner, &[], &mut [], 1e15),
    ];
    for block in blocks {
        let world = World::new();
        let (reader, writer) = pipe(&world);
        let cancel = || world.machine.owner_cancel(world.owner);
        assert_eq!(woken(|| block(&world, reader, writer), cancel), Err(Errno::CANCELED));
        assert_eq!(block(&world, reader, writer), Err(Errno::CANCELED), "later calls return at once");
        let other = World::new();
        let (reader, writer) = pipe(&other);
        assert_eq!(write(&other, writer, b"x"), Ok(1));
        assert_eq!(read(&other, reader), Ok(1), "other owners are not concerned");
    }
}

#[test]
fn drop_and_revoke_wake_what_blocks_in_the_stream() {
    let world = World::new();
    let (reader, _writer) = pipe(&world);
    let (other, other_writer) = pipe(&world);
    let revoke = || assert_eq!(world.machine.revoke(world.owner, reader).unwrap(), 1);
    assert_eq!(woken(|| read(&world, reader), revoke), Err(Errno::BADF));
    let (reader, _writer) = pipe(&world);
    assert_eq!(woken(|| read(&world, reader), || world.close(reader)), Err(Errno::BADF));
    let (reader, _writer) = pipe(&world);
    let mut ready = [9];
    let polled = woken(|| world.machine.poll(world.owner, &[reader], &mut ready, -1.0), || world.close(reader));
    assert_eq!((polled, ready), (Ok(1), [1]), "a stream that is gone is ready: the next read says so");
    assert_eq!(write(&world, other_writer, b"x"), Ok(1));
    assert_eq!(read(&world, other), Ok(1));
    assert_eq!(woken(|| read(&world, other), || world.machine.owner_drop(world.owner)), Err(Errno::CANCELED));
    assert_eq!(read(&world, other), Err(Errno::BADF));
    assert_eq!(world.machine.poll(world.owner, &[], &mut [], 0.0), Err(Errno::BADF));
}

#[test]
fn a_lease_that_ends_wakes_what_blocks() {
    let world = World::new();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() as f64;
    let grant = world.grant_until("pipe.create", "", 3.0, now + 200.0);
    let (reader, _writer) = world.machine.pipe_create(world.owner, grant).unwrap();
    let begin = Instant::now();
    assert_eq!(read(&world, reader), Err(Errno::BADF));
    assert!(begin.elapsed() < Duration::from_secs(2));
}

#[test]
fn poll_says_which_are_ready_and_keeps_time() {
    let world = World::new();
    let poll = |streams: &[f64], timeout: f64| {
        let mut ready = vec![9; streams.len()];
        world.machine.poll(world.owner, streams, &mut ready, timeout).map(|count| (count, ready))
    };
    let (r1, w1) = pipe(&world);
    let (r2, w2) = pipe(&world);
    assert_eq!(poll(&[r1, r2], 0.0), Ok((0, vec![0, 0])));
    assert_eq!(poll(&[w1, w2], -1.0), Ok((2, vec![1, 1])));
    write(&world, w2, b"x").unwrap();
    assert_eq!(poll(&[r1, r2, w1], -1.0), Ok((2, vec![0, 1, 1])));
    assert_eq!(poll(&[r1, 12345.0], -1.0), Ok((1, vec![0, 1])));
    world.close(w1);
    assert_eq!(poll(&[r1], -1.0), Ok((1, vec![1])));
    let begin = Instant::now();
    assert_eq!(poll(&[], 20e6), Ok((0, vec![])));
    assert!(begin.elapsed() >= Duration::from_millis(20));
    assert_eq!(poll(&[], f64::NAN), Err(Errno::INVAL));
    assert_eq!(poll(&vec![r1; 5000], 0.0), Err(Errno::INVAL));
    assert_eq!(world.machine.poll(world.owner, &[r1], &mut [], 0.0), Err(Errno::FAULT));
}

#[test]
fn many_threads_of_one_owner_are_all_woken() {
    let world = World::new();
    let pipes: Vec<_> = (0..8).map(|_| pipe(&world)).collect();
    std::thread::scope(|scope| {
        let blocked: Vec<_> = pipes.iter().map(|(reader, _)| scope.spawn(|| read(&world, *reader))).collect();
        std::thread::sleep(SOON);
        write(&world, pipes[3].1, b"x").unwrap();
        world.machine.revoke(world.owner, pipes[5].0).unwrap();
        std::thread::sleep(SOON);
        world.machine.owner_cancel(world.owner);
        for (index, thread) in blocked.into_iter().enumerate() {
            let expected = match index {
                3 => Ok(1),
                5 => Err(Errno::BADF),
                _ => Err(Errno::CANCELED),
            };
            assert_eq!(thread.join().unwrap(), expected, "{index}");
        }
    });
}

#[test]
fn standard_streams_are_opened_by_grant() {
    let world = World::new();
    let stdin = world.grant("stdio.inherit", "0", 1.0);
    let stderr = world.grant("stdio.inherit", "2", 2.0);
    let handle = world.machine.stdio_open(world.owner, stderr).unwrap();
    assert_eq!(write(&world, handle, b"(a line on stderr, by a test)\n"), Ok(30));
    assert_eq!(read(&world, handle), Err(Errno::BADF));
    let pipe = world.grant("pipe.create", "", 3.0);
    assert_eq!(world.machine.stdio_open(world.owner, pipe).unwrap_err().code, Code::Denied);
    assert_eq!(world.machine.pipe_create(world.owner, stdin).unwrap_err().code, Code::Denied);
}
