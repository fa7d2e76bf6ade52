//! Logs: whole records, across rotation, crashes and full disks.
#![allow(missing_docs)]

mod support;

use forge_host::Code;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use support::{READ, Temp, WRITE, World};

fn writer(world: &World, path: &str, stream: f64, bytes_max: f64) -> f64 {
    let grant = world.grant("log.open", path, WRITE);
    world.machine.log_writer(world.owner, grant, stream, bytes_max).unwrap()
}

fn log(world: &World, writer: f64, text: &str) {
    let written = world.machine.stream_write(world.owner, writer, text.as_bytes(), 0.0, text.len() as f64).unwrap();
    assert_eq!(written, text.len());
}

fn read_some(world: &World, path: &str, offset: u64, bytes_max: u64) -> (Vec<(u8, String)>, u64) {
    let grant = world.grant("log.open", path, READ);
    let read = world.machine.log_read(world.owner, grant, offset as f64, bytes_max as f64).unwrap();
    world.close(grant);
    let records = read.records.into_iter().map(|r| (r.stream, String::from_utf8(r.bytes).unwrap())).collect();
    (records, read.next)
}

fn read_all(world: &World, path: &str) -> Vec<(u8, String)> {
    read_some(world, path, 0, 1 << 20).0
}

fn texts(records: Vec<(u8, String)>) -> Vec<String> {
    records.into_iter().map(|(_, text)| text).collect()
}

#[test]
fn two_streams_share_one_file_in_the_order_written() {
    let (temp, world) = (Temp::new(), World::new());
    let path = temp.text("app.log");
    let out = writer(&world, &path, 1.0, 1e6);
    let err = writer(&world, &path.replace("/app.log", "//app.log"), 2.0, 1e6);
    log(&world, out, "one");
    log(&world, err, "two");
    log(&world, out, "");
    log(&world, out, "three");
    assert_eq!(read_all(&world, &path), [(1, "one".into()), (2, "two".into()), (1, "three".into())]);
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(std::fs::read(&path).unwrap()[9..16], *b"\x03\0\0\0one", "the documented frame");
    let (first, next) = read_some(&world, &path, 0, 4);
    assert_eq!(texts(first), ["one"], "at most four bytes of payload");
    let (rest, end) = read_some(&world, &path, next, 1000);
    assert_eq!(texts(rest), ["two", "three"]);
    assert_eq!(read_some(&world, &path, end, 1000), (vec![], end));
    assert_eq!(texts(read_some(&world, &path, 0, 1).0), ["one"], "a long record is not a dead end");
}

#[test]
fn reading_goes_on_across_rotations() {
    let (temp, world) = (Temp::new(), World::new());
    let path = temp.text("app.log");
    let out = writer(&world, &path, 1.0, 1000.0);
    let (mut seen, mut next) = (Vec::new(), 0);
    for n in 0..500 {
        log(&world, out, &format!("line {n}"));
        if n % 7 == 0 {
            let (records, on) = read_some(&world, &path, next, 1 << 20);
            seen.extend(texts(records));
            next = on;
        }
    }
    seen.extend(texts(read_some(&world, &path, next, 1 << 20).0));
    let expected: Vec<_> = (0..500).map(|n| format!("line {n}")).collect();
    assert_eq!(seen, expected, "each record once");
    assert!(std::fs::metadata(&path).unwrap().len() <= 1000);
    assert!(std::fs::metadata(format!("{path}.1")).unwrap().len() <= 1000);
    let oldest = texts(read_all(&world, &path));
    assert!(oldest.len() > 20 && oldest.last().unwrap() == "line 499", "both files, oldest first");
    // A restarted process goes on counting where the last one was.
    world.machine.shutdown();
    let world = World::new();
    let out = writer(&world, &path, 1.0, 1000.0);
    log(&world, out, "after the restart");
    let (_, end) = read_some(&world, &path, next, 1 << 20);
    assert!(end > next && texts(read_some(&world, &path, next, 1 << 20).0).last().unwrap() == "after the restart");
}

#[test]
fn a_torn_tail_ends_reading_and_is_cut_off_by_the_next_writer() {
    let (temp, world) = (Temp::new(), World::new());
    let path = temp.text("app.log");
    let out = writer(&world, &path, 1.0, 1e6);
    log(&world, out, "whole");
    world.machine.shutdown();
    let whole = std::fs::read(&path).unwrap();
    for torn in [
        &whole[..1],
        &whole[..12],
        &whole[..13],
        &whole[..17],
        &[0xff; 100],
        &[1, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 255, 255, 1],
    ] {
        let mut file = std::fs::OpenOptions::new().append(true).open(&path).unwrap();
        file.write_all(torn).unwrap();
        let world = World::new();
        assert_eq!(texts(read_all(&world, &path)), ["whole"]);
        let out = writer(&world, &path, 1.0, 1e6);
        assert_eq!(std::fs::read(&path).unwrap(), whole);
        log(&world, out, "next");
        assert_eq!(texts(read_all(&world, &path)), ["whole", "next"]);
        std::fs::write(&path, &whole).unwrap();
    }
}

#[test]
fn what_a_guest_logs_is_never_taken_for_a_frame() {
    let (temp, world) = (Temp::new(), World::new());
    let path = temp.text("app.log");
    let out = writer(&world, &path, 1.0, 1e6);
    let mut forged = vec![3];
    forged.extend_from_slice(&[0; 8]);
    forged.extend_from_slice(&6u32.to_le_bytes());
    forged.extend_from_slice(b"system");
    let text = String::from_utf8(forged).unwrap();
    log(&world, out, &text);
    log(&world, out, "end");
    for offset in 1..60 {
        let records = read_some(&world, &path, offset, 1000).0;
        assert!(records.iter().all(|(stream, _)| *stream == 1), "offset {offset}");
    }
}

#[test]
fn a_long_write_becomes_several_records() {
    let (temp, world) = (Temp::new(), World::new());
    let path = temp.text("app.log");
    let out = writer(&world, &path, 1.0, 1e7);
    let long = "x".repeat(200_000);
    log(&world, out, &long);
    let records = read_all(&world, &path);
    assert_eq!(records.len(), 4);
    assert_eq!(texts(records).concat(), long);
}

#[test]
fn parallel_writers_keep_records_whole() {
    let (temp, world) = (Temp::new(), World::new());
    let path = temp.text("app.log");
    std::thread::scope(|scope| {
        for stream in 1..=3 {
            let (world, path) = (&world, &path);
            scope.spawn(move || {
                let out = writer(world, path, f64::from(stream), 1e9);
                for n in 0..1000 {
                    log(world, out, &format!("{stream}:{n}:{}", "y".repeat(n % 50)));
                }
            });
        }
    });
    let records = read_all(&world, &path);
    assert_eq!(records.len(), 3000);
    assert!(records.iter().all(|(stream, text)| text.starts_with(&format!("{stream}:"))));
}

#[test]
fn logs_need_the_right_grant_and_a_sane_request() {
    let (temp, world) = (Temp::new(), World::new());
    let (m, o) = (&world.machine, world.owner);
    let path = temp.text("app.log");
    let (read, write) = (world.grant("log.open", &path, READ), world.grant("log.open", &path, WRITE));
    assert_eq!(m.log_read(o, read, 0.0, 10.0).err().unwrap().code, Code::NotFound);
    assert_eq!(m.log_writer(o, read, 1.0, 1e6).unwrap_err().code, Code::Denied);
    assert_eq!(m.log_read(o, write, 0.0, 10.0).err().unwrap().code, Code::Denied);
    for (stream, max) in [(0.0, 1e6), (4.0, 1e6), (1.0, 0.0), (1.0, -1.0), (1.0, f64::NAN)] {
        assert_eq!(m.log_writer(o, write, stream, max).unwrap_err().code, Code::Invalid);
    }
    assert_eq!(m.log_read(o, read, -1.0, 10.0).err().unwrap().code, Code::Invalid);
    std::os::unix::fs::symlink("/etc/passwd", &path).unwrap();
    assert_eq!(m.log_writer(o, write, 1.0, 1e6).unwrap_err().code, Code::Invalid, "a link is not a log");
    let missing = world.grant("log.open", &temp.text("no/such.log"), WRITE);
    assert_eq!(m.log_writer(o, missing, 1.0, 1e6).unwrap_err().code, Code::NotFound);
}
