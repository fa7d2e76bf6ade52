//! Handles: who may use them, and how they die (attacks 19, 27, 28, 35).
#![allow(missing_docs)]

mod support;

use forge_host::grant::Request;
use forge_host::{Code, Errno};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use support::{ALL, MUTATE, READ, Temp, WRITE, World, open};

const NEW: u64 = open::CREATE | open::READ | open::WRITE;

#[test]
fn a_handle_is_worth_nothing_to_another_owner() {
    let (temp, world) = (Temp::new(), World::new());
    let m = &world.machine;
    let dir = world.dir(&temp.0);
    let file = world.open(dir, "f", NEW).unwrap();
    let thief = m.owner_create("thief").unwrap();
    assert_eq!(m.pread(thief, file, &mut [0; 8], 0.0, 8.0, 0.0), Err(Errno::BADF));
    assert_eq!(m.open_at(thief, dir, "f", open::READ as f64), Err(Errno::BADF));
    assert_eq!(m.close(thief, file), Err(Errno::BADF));
    assert_eq!(m.revoke(thief, file).unwrap_err().code, Code::Denied);
    assert_eq!(m.derive(thief, file, thief, READ).unwrap_err().code, Code::Denied);
    assert_eq!(m.usage(thief, dir).unwrap_err().code, Code::Denied);
    for forged in [0.0, 1.0, -1.0, f64::NAN, file + 1.0, file - 1.0, file + 2097152.0, 9e15, 1e300, 0.5] {
        assert_eq!(m.pread(world.owner, forged, &mut [0; 8], 0.0, 8.0, 0.0), Err(Errno::BADF), "{forged}");
    }
    for owner in [0.0, -1.0, f64::NAN, world.owner + 1.0] {
        assert_eq!(m.pread(owner, file, &mut [0; 8], 0.0, 8.0, 0.0), Err(Errno::BADF), "{owner}");
    }
    world.read(file, 1, 0).unwrap();
}

#[test]
fn a_stale_handle_misses_the_next_object_in_its_slot() {
    let (temp, world) = (Temp::new(), World::new());
    let dir = world.dir(&temp.0);
    let old = world.open(dir, "f", NEW).unwrap();
    world.close(old);
    let mut seen = std::collections::HashSet::new();
    for _ in 0..1000 {
        let file = world.open(dir, "f", NEW).unwrap();
        assert!(seen.insert(file as u64), "no handle comes twice");
        assert_eq!(world.read(old, 1, 0), Err(Errno::BADF));
        world.close(file);
        assert_eq!(world.machine.close(world.owner, file), Err(Errno::BADF));
    }
}

#[test]
fn minting_needs_the_key_and_makes_sense() {
    let world = World::new();
    let mint = |key: &str, owner: f64, action: &str, resource: &str, rights: f64, expires_ms: f64| {
        let request = Request { call_id: "c", action, resource, rights, expires_ms };
        world.machine.grant_mint(key, owner, &request).map_err(|error| error.code)
    };
    let (key, owner) = (world.key.as_str(), world.owner);
    assert_eq!(mint("guess", owner, "dir.open", "/", ALL, 0.0), Err(Code::Denied));
    assert_eq!(mint(key, owner, "dir.delete", "/", ALL, 0.0), Err(Code::Invalid));
    assert_eq!(mint(key, owner, "dir.open", "tmp", ALL, 0.0), Err(Code::Invalid));
    assert_eq!(mint(key, owner, "log.open", "", ALL, 0.0), Err(Code::Invalid));
    assert_eq!(mint(key, owner, "stdio.inherit", "3", READ, 0.0), Err(Code::Invalid));
    assert_eq!(mint(key, owner, "dir.open", "/", 8.0, 0.0), Err(Code::Invalid));
    assert_eq!(mint(key, owner, "dir.open", "/", ALL, -1.0), Err(Code::Invalid));
    assert_eq!(mint(key, 12345.0, "dir.open", "/", ALL, 0.0), Err(Code::NotFound));
    let grant = mint(key, owner, "dir.open", "/tmp", ALL, 0.0).unwrap();
    assert_eq!(world.machine.stdio_open(owner, grant).unwrap_err().code, Code::Denied, "a grant is for one action");
    assert_eq!(world.machine.open_at(owner, grant, "x", 32.0), Err(Errno::BADF), "a grant is not a directory");
}

#[test]
fn revoking_kills_the_subtree_and_nothing_else() {
    let (temp, world) = (Temp::new(), World::new());
    let m = &world.machine;
    let other = m.owner_create("workload").unwrap();
    std::fs::write(temp.path("f"), "x").unwrap();
    let grant = world.grant("dir.open", temp.0.to_str().unwrap(), ALL);
    let h1 = m.dir_open(world.owner, grant, None).unwrap();
    let h2 = m.derive(world.owner, h1, other, READ + WRITE).unwrap();
    let file = m.open_at(other, h2, "f", open::READ as f64).unwrap();
    let sibling = world.open(h1, "f", open::READ).unwrap();
    assert_eq!(m.handle_count(), 5);
    assert_eq!(m.revoke(other, h2).unwrap(), 2);
    assert_eq!(m.pread(other, file, &mut [0; 1], 0.0, 1.0, 0.0), Err(Errno::BADF));
    world.read(sibling, 1, 0).unwrap();
    assert_eq!(m.revoke(world.owner, grant).unwrap(), 3);
    assert_eq!(world.read(sibling, 1, 0), Err(Errno::BADF));
    assert_eq!(m.handle_count(), 0);
}

#[test]
fn closing_a_directory_keeps_its_files_and_revoking_the_grant_still_reaches_them() {
    let (temp, world) = (Temp::new(), World::new());
    std::fs::write(temp.path("f"), "x").unwrap();
    let grant = world.grant("dir.open", temp.0.to_str().unwrap(), ALL);
    let dir = world.machine.dir_open(world.owner, grant, None).unwrap();
    let file = world.open(dir, "f", open::READ).unwrap();
    world.close(dir);
    world.read(file, 1, 0).unwrap();
    assert_eq!(world.machine.revoke(world.owner, grant).unwrap(), 2);
    assert_eq!(world.read(file, 1, 0), Err(Errno::BADF));
}

#[test]
fn revoking_while_another_thread_reads_is_safe_and_takes_effect() {
    let temp = Temp::new();
    std::fs::write(temp.path("f"), vec![7; 1 << 20]).unwrap();
    for _ in 0..50 {
        let world = World::new();
        let grant = world.grant("dir.open", temp.0.to_str().unwrap(), ALL);
        let dir = world.machine.dir_open(world.owner, grant, None).unwrap();
        let file = world.open(dir, "f", open::READ).unwrap();
        let revoked = AtomicBool::new(false);
        std::thread::scope(|scope| {
            let readers: Vec<_> = (0..2)
                .map(|_| {
                    scope.spawn(|| {
                        let mut reads = 0;
                        loop {
                            let over = revoked.load(Ordering::SeqCst);
                            match world.read(file, 65536, 4096) {
                                Ok(bytes) => {
                                    assert!(!over, "read after the revocation returned");
                                    assert!(bytes.iter().all(|&byte| byte == 7), "bytes of another descriptor");
                                    reads += 1;
                                }
                                Err(errno) => {
                                    assert_eq!(errno, Errno::BADF);
                                    return reads;
                                }
                            }
                        }
                    })
                })
                .collect();
            // Descriptors that would take the number of a closed one.
            for _ in 0..20 {
                drop(std::fs::File::open("/proc/self/status").unwrap());
            }
            assert_eq!(world.machine.revoke(world.owner, grant).unwrap(), 3);
            revoked.store(true, Ordering::SeqCst);
            for reader in readers {
                reader.join().unwrap();
            }
        });
    }
}

#[test]
fn opening_while_the_parent_is_revoked_leaks_nothing() {
    let temp = Temp::new();
    std::fs::write(temp.path("f"), "x").unwrap();
    let world = World::new();
    for _ in 0..200 {
        let grant = world.grant("dir.open", temp.0.to_str().unwrap(), ALL);
        let dir = world.machine.dir_open(world.owner, grant, None).unwrap();
        std::thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| while world.open(dir, "f", open::READ).is_ok() {});
            }
            world.machine.revoke(world.owner, grant).unwrap();
        });
        assert_eq!(world.machine.handle_count(), 0);
    }
}

#[test]
fn dropping_an_owner_while_it_opens_leaks_nothing() {
    let temp = Temp::new();
    std::fs::write(temp.path("f"), "x").unwrap();
    let world = World::new();
    let grant = world.grant("dir.open", temp.0.to_str().unwrap(), ALL);
    let dir = world.machine.dir_open(world.owner, grant, None).unwrap();
    for _ in 0..200 {
        let guest = world.machine.owner_create("guest").unwrap();
        let mine = world.machine.derive(world.owner, dir, guest, READ).unwrap();
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let mut closed = 0;
                while let Ok(file) = world.machine.open_at(guest, mine, "f", open::READ as f64) {
                    closed += usize::from(world.machine.close(guest, file).is_ok());
                }
                closed
            });
            world.machine.owner_drop(guest);
        });
        assert_eq!(world.machine.handle_count(), 2);
    }
    assert_eq!(world.machine.derive(world.owner, dir, 99.0, READ).unwrap_err().code, Code::NotFound);
    world.machine.owner_drop(world.owner);
    world.machine.owner_drop(world.owner);
    assert_eq!(world.machine.handle_count(), 0);
}

#[test]
fn rights_only_narrow() {
    let (temp, world) = (Temp::new(), World::new());
    let (m, o) = (&world.machine, world.owner);
    std::fs::write(temp.path("f"), "text").unwrap();
    let dir = world.dir(&temp.0);
    let read = m.derive(o, dir, o, READ).unwrap();
    assert_eq!(
        (m.rights_of(o, dir), m.rights_of(o, read), m.rights_of(o, 5.0), m.rights_of(1.0, dir)),
        (7.0, 1.0, 0.0, 0.0)
    );
    assert_eq!(m.derive(o, read, o, ALL).unwrap_err().code, Code::Denied);
    assert_eq!(m.derive(o, read, o, READ + WRITE).unwrap_err().code, Code::Denied);
    assert_eq!(m.derive(o, read, o, 9.0).unwrap_err().code, Code::Invalid);
    for flags in [open::WRITE, open::READ | open::WRITE, open::READ | open::TRUNCATE] {
        assert_eq!(world.open(read, "f", flags), Err(Errno::ROFS));
    }
    assert_eq!(world.open(read, "g", open::READ | open::CREATE), Err(Errno::ROFS));
    world.open(read, "f", open::READ | open::CREATE).unwrap();
    assert_eq!(m.create_directory_at(o, read, "d"), Err(Errno::ROFS));
    assert_eq!(m.unlink_file_at(o, read, "f"), Err(Errno::ROFS));
    assert_eq!(m.rename_at(o, read, "f", dir, "g"), Err(Errno::ROFS));
    assert_eq!(m.rename_at(o, dir, "f", read, "g"), Err(Errno::ROFS));
    assert_eq!(m.symlink_at(o, read, "f", "l"), Err(Errno::ROFS));
    let now = forge_host::meta::NewTime::Now;
    assert_eq!(m.set_times_at(o, read, "f", true, now, now), Err(Errno::ROFS));
    let file = world.open(read, "f", open::READ).unwrap();
    assert_eq!(m.set_size(o, file, 0.0), Err(Errno::ROFS), "attack 35");
    assert_eq!(world.write(file, b"x", 0), Err(Errno::ROFS));
    assert_eq!(m.set_times(o, file, now, now), Err(Errno::ROFS));
    let sub = world.open(read, ".", open::DIRECTORY).unwrap();
    assert_eq!(world.open(sub, "f", open::WRITE), Err(Errno::ROFS), "a directory opened through it is no stronger");
    let write = m.derive(o, dir, o, WRITE).unwrap();
    assert_eq!(world.open(write, "f", open::READ), Err(Errno::PERM));
    assert_eq!(world.stat(write, "f", true), Err(Errno::PERM));
    assert_eq!(m.read_dir(o, write), Err(Errno::PERM));
    let only_write = world.open(write, "f", open::WRITE).unwrap();
    assert_eq!(world.read(only_write, 1, 0), Err(Errno::PERM));
    let mode = world.open(dir, "f", open::READ).unwrap();
    assert_eq!(world.write(mode, b"x", 0), Err(Errno::BADF), "the right is there, the mode is not");
    assert_eq!(m.set_size(o, mode, 0.0), Err(Errno::BADF));
    let both = world.open(dir, "f", open::READ | open::WRITE).unwrap();
    let weak = m.derive(o, both, o, READ).unwrap();
    assert_eq!(world.write(weak, b"x", 0), Err(Errno::ROFS));
    world.read(weak, 1, 0).unwrap();
    let _ = MUTATE;
    assert_eq!(std::fs::read(temp.path("f")).unwrap(), b"text");
}

#[test]
fn an_owner_cannot_hold_handles_without_end() {
    let (temp, world) = (Temp::new(), World::new());
    std::fs::create_dir(temp.path("d")).unwrap();
    let dir = world.dir(&temp.0);
    let mut held = Vec::new();
    let errno = loop {
        match world.open(dir, "d", open::DIRECTORY) {
            Ok(handle) => held.push(handle),
            Err(errno) => break errno,
        }
    };
    assert_eq!(errno, Errno::MFILE);
    assert_eq!(held.len() + 2, forge_host::limits::HANDLES_PER_OWNER_MAX);
    let other = world.machine.owner_create("other").unwrap();
    world.machine.derive(world.owner, dir, other, READ).unwrap();
    world.close(held[0]);
    world.open(dir, "d", open::DIRECTORY).unwrap();
    assert_eq!(world.open(dir, "d", open::DIRECTORY), Err(Errno::MFILE));
}

#[test]
fn a_lease_ends_for_all_that_was_made_from_it() {
    let (temp, world) = (Temp::new(), World::new());
    std::fs::write(temp.path("f"), "x").unwrap();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() as f64;
    let grant = world.grant_until("dir.open", temp.0.to_str().unwrap(), ALL, now + 300.0);
    let dir = world.machine.dir_open(world.owner, grant, None).unwrap();
    let file = world.open(dir, "f", open::READ).unwrap();
    let derived = world.machine.derive(world.owner, file, world.owner, READ).unwrap();
    world.read(derived, 1, 0).unwrap();
    std::thread::sleep(Duration::from_millis(400));
    assert_eq!(world.read(derived, 1, 0), Err(Errno::BADF));
    assert_eq!(world.read(file, 1, 0), Err(Errno::BADF));
    assert_eq!(world.open(dir, "f", open::READ), Err(Errno::BADF));
    assert_eq!(world.machine.handle_count(), 0, "even those that nobody used again");
    let over = world.grant_until("dir.open", temp.0.to_str().unwrap(), ALL, now - 1000.0);
    assert_eq!(world.machine.dir_open(world.owner, over, None).unwrap_err().code, Code::Denied);
}

#[test]
fn numbers_of_a_guest_are_judged() {
    let (temp, world) = (Temp::new(), World::new());
    let (m, o) = (&world.machine, world.owner);
    let dir = world.dir(&temp.0);
    let file = world.open(dir, "f", NEW).unwrap();
    let mut mem = [0; 16];
    for (ptr, len) in [(0.0, 17.0), (17.0, 0.0), (-1.0, 1.0), (f64::NAN, 1.0), (0.0, f64::NAN), (0.0, 4294967296.0)] {
        assert_eq!(m.pread(o, file, &mut mem, ptr, len, 0.0), Err(Errno::FAULT));
        assert_eq!(m.pwrite(o, file, &mem, ptr, len, 0.0), Err(Errno::FAULT));
        assert_eq!(m.append(o, file, &mem, ptr, len), Err(Errno::FAULT));
    }
    for offset in [-1.0, 0.5, f64::NAN, f64::INFINITY, 9007199254740992.0] {
        assert_eq!(m.pread(o, file, &mut mem, 0.0, 1.0, offset), Err(Errno::INVAL));
        assert_eq!(m.pwrite(o, file, &mem, 0.0, 1.0, offset), Err(Errno::INVAL));
        assert_eq!(m.set_size(o, file, offset), Err(Errno::INVAL));
        assert_eq!(m.advise(o, file, offset, 0.0, 0.0), Err(Errno::INVAL));
    }
    assert_eq!(m.advise(o, file, 0.0, 0.0, 6.0), Err(Errno::INVAL));
    m.advise(o, file, 0.0, 0.0, 5.0).unwrap();
    assert_eq!(m.fstat(o, file, &mut [0; 10]), Err(Errno::FAULT));
    m.sync(o, file, true).unwrap();
    m.sync(o, dir, false).unwrap();
    use forge_host::meta::NewTime;
    m.set_times(o, file, NewTime::At { seconds: -1.0, nanos: 5.0 }, NewTime::At { seconds: 10.0, nanos: 7.0 }).unwrap();
    let stat = world.stat(dir, "f", true).unwrap();
    assert_eq!(&stat[3..7], [-1, 5, 10, 7]);
    m.set_times_at(o, dir, "f", true, NewTime::Keep, NewTime::At { seconds: 11.0, nanos: 0.0 }).unwrap();
    assert_eq!(&world.stat(dir, "f", true).unwrap()[3..7], [-1, 5, 11, 0]);
    for nanos in [1e9, 1073741822.0, 1073741823.0, -1.0, f64::NAN] {
        let time = NewTime::At { seconds: 0.0, nanos };
        assert_eq!(m.set_times(o, file, time, NewTime::Keep), Err(Errno::INVAL));
    }
    m.set_times(o, dir, NewTime::Now, NewTime::Now).unwrap();
}

#[test]
fn listing_shows_each_entry_once() {
    let (temp, world) = (Temp::new(), World::new());
    let dir = world.dir(&temp.0);
    let mut expected: Vec<_> = (0..1000).map(|n| format!("file-{n}-{}", "x".repeat(n % 100))).collect();
    for name in &expected {
        std::fs::write(temp.path(name), "").unwrap();
    }
    use std::os::unix::ffi::OsStrExt;
    std::fs::write(temp.0.join(std::ffi::OsStr::from_bytes(b"\xff")), "").unwrap();
    expected.sort();
    assert_eq!(world.names(dir), expected);
    assert_eq!(world.names(dir), expected, "a second listing starts anew");
    let file = world.open(dir, &expected[0], open::READ).unwrap();
    assert_eq!(world.machine.read_dir(world.owner, file), Err(Errno::NOTDIR));
    assert_eq!(world.machine.read_dir_next(world.owner, dir), Err(Errno::BADF));
}
