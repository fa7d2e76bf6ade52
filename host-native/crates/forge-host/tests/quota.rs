//! A tree never holds more than its quota, and gives back what it no longer holds (attack 36).
#![allow(missing_docs)]

mod support;

use forge_host::Errno;
use std::os::unix::fs::MetadataExt;
use std::sync::atomic::{AtomicU64, Ordering};
use support::{ALL, Temp, World, open};

const NEW: u64 = open::CREATE | open::READ | open::WRITE;

fn place(bytes: u64, entries: u64) -> (Temp, World, f64) {
    let temp = Temp::new();
    let world = World::new();
    let dir = world.dir_with(&temp.0, ALL, Some((bytes as f64, entries as f64)));
    (temp, world, dir)
}

#[test]
fn what_is_there_already_counts() {
    let temp = Temp::new();
    std::fs::create_dir_all(temp.path("a/b")).unwrap();
    std::fs::write(temp.path("a/b/f"), [0; 1000]).unwrap();
    std::fs::hard_link(temp.path("a/b/f"), temp.path("a/g")).unwrap();
    std::os::unix::fs::symlink("/etc", temp.path("l")).unwrap();
    let world = World::new();
    let dir = world.dir_with(&temp.0, ALL, Some((1500.0, 6.0)));
    assert_eq!(world.used(dir), (1000, 5), "a file with two names is two entries and one size");
    let file = world.open(dir, "h", NEW).unwrap();
    assert_eq!(world.write(file, &[1; 600], 0), Ok(500), "the part that fits");
    assert_eq!(world.write(file, &[1; 1], 500), Err(Errno::DQUOT));
    assert_eq!(world.open(dir, "i", NEW), Err(Errno::DQUOT));
    assert_eq!(world.used(dir), (1500, 6));
    let other = world.dir_with(&temp.0, ALL, None);
    assert_eq!(world.used(other), (1500, 6), "two opens share one count");
}

#[test]
fn overwriting_is_free_and_sparse_extension_is_not() {
    let (_temp, world, dir) = place(10_000, 0);
    let (m, o) = (&world.machine, world.owner);
    let file = world.open(dir, "f", NEW).unwrap();
    world.write(file, &[1; 4000], 0).unwrap();
    world.write(file, &[2; 4000], 0).unwrap();
    assert_eq!(world.used(dir).0, 4000);
    assert_eq!(world.write(file, &[1; 1000], 9500), Ok(500), "a hole counts");
    assert_eq!(world.used(dir).0, 10_000);
    assert_eq!(world.write(file, &[1], 1 << 40), Err(Errno::DQUOT));
    assert_eq!(m.set_size(o, file, (1u64 << 50) as f64), Err(Errno::DQUOT));
    m.set_size(o, file, 100.0).unwrap();
    assert_eq!(world.used(dir).0, 100);
    m.set_size(o, file, 10_000.0).unwrap();
    assert_eq!(m.append(o, file, &[1], 0.0, 1.0), Err(Errno::DQUOT));
    m.set_size(o, file, 9_999.0).unwrap();
    assert_eq!(m.append(o, file, &[1, 2], 0.0, 2.0), Ok(1));
    let again = world.open(dir, "f", open::WRITE | open::TRUNCATE).unwrap();
    assert_eq!(world.used(dir).0, 0);
    assert_eq!(world.write(again, &[1; 20_000], 0), Ok(10_000));
}

#[test]
fn entries_count_by_name() {
    let (_temp, world, dir) = place(0, 4);
    let (m, o) = (&world.machine, world.owner);
    m.create_directory_at(o, dir, "d").unwrap();
    assert_eq!(m.create_directory_at(o, dir, "d"), Err(Errno::EXIST));
    world.close(world.open(dir, "f", NEW).unwrap());
    world.close(world.open(dir, "f", NEW).unwrap());
    m.symlink_at(o, dir, "f", "l").unwrap();
    m.link_at(o, dir, "f", false, dir, "g").unwrap();
    assert_eq!(world.used(dir).1, 4);
    for outcome in [
        m.create_directory_at(o, dir, "x"),
        m.symlink_at(o, dir, "f", "x"),
        m.link_at(o, dir, "f", false, dir, "x"),
        world.open(dir, "x", NEW).map(drop),
    ] {
        assert_eq!(outcome, Err(Errno::DQUOT));
    }
    m.rename_at(o, dir, "f", dir, "g").unwrap();
    assert_eq!(world.used(dir).1, 4, "two links of one file: rename did nothing");
    m.rename_at(o, dir, "l", dir, "f").unwrap();
    assert_eq!(world.used(dir).1, 3);
    m.remove_directory_at(o, dir, "d").unwrap();
    m.unlink_file_at(o, dir, "f").unwrap();
    m.unlink_file_at(o, dir, "g").unwrap();
    assert_eq!(world.used(dir).1, 0);
}

#[test]
fn a_removed_file_that_is_open_is_still_held() {
    let (_temp, world, dir) = place(1000, 0);
    let (m, o) = (&world.machine, world.owner);
    let file = world.open(dir, "f", NEW).unwrap();
    world.write(file, &[1; 800], 0).unwrap();
    m.unlink_file_at(o, dir, "f").unwrap();
    assert_eq!(world.used(dir), (800, 0), "the entry is gone, the bytes are not");
    let other = world.open(dir, "g", NEW).unwrap();
    assert_eq!(world.write(other, &[1; 800], 0), Ok(200));
    assert_eq!(world.write(file, &[1; 1], 800), Err(Errno::DQUOT));
    world.close(file);
    assert_eq!(world.used(dir), (200, 1));
    // Read-only descriptors hold as well, and rename over a file removes it.
    let held = world.open(dir, "g", open::READ).unwrap();
    world.close(other);
    world.close(world.open(dir, "h", NEW).unwrap());
    m.rename_at(o, dir, "h", dir, "g").unwrap();
    assert_eq!(world.used(dir), (200, 1));
    world.close(held);
    assert_eq!(world.used(dir), (0, 1));
}

#[test]
fn the_last_link_gives_back() {
    let (_temp, world, dir) = place(1000, 0);
    let (m, o) = (&world.machine, world.owner);
    let file = world.open(dir, "f", NEW).unwrap();
    world.write(file, &[1; 800], 0).unwrap();
    world.close(file);
    m.link_at(o, dir, "f", false, dir, "g").unwrap();
    m.unlink_file_at(o, dir, "f").unwrap();
    assert_eq!(world.used(dir).0, 800);
    m.unlink_file_at(o, dir, "g").unwrap();
    assert_eq!(world.used(dir).0, 0);
}

#[test]
fn writers_in_parallel_cannot_overshoot_together() {
    let (temp, world, dir) = place(1_000_000, 0);
    let refused = AtomicU64::new(0);
    std::thread::scope(|scope| {
        for thread in 0..4u64 {
            let (world, refused) = (&world, &refused);
            scope.spawn(move || {
                let shared = world.open(dir, "shared", NEW).unwrap();
                let own = world.open(dir, &format!("own{thread}"), NEW).unwrap();
                for round in 0..400u64 {
                    let block = [thread as u8; 997];
                    for outcome in [
                        world.write(own, &block, round * 997),
                        world.machine.append(world.owner, shared, &block, 0.0, 997.0),
                    ] {
                        if outcome.is_err() {
                            refused.fetch_add(1, Ordering::Relaxed);
                        }
                    }
                    if round % 50 == 0 {
                        let _ = world.machine.set_size(world.owner, own, (round * 900) as f64);
                    }
                }
            });
        }
    });
    let held: u64 = std::fs::read_dir(&temp.0).unwrap().map(|entry| entry.unwrap().metadata().unwrap().size()).sum();
    assert_eq!(held, world.used(dir).0, "the count is exact");
    assert!(held <= 1_000_000);
    assert!(refused.load(Ordering::Relaxed) > 0);
}

#[test]
fn create_and_remove_in_parallel_keep_the_count_exact() {
    let (temp, world, dir) = place(100_000, 50);
    std::thread::scope(|scope| {
        for thread in 0..4u64 {
            let world = &world;
            scope.spawn(move || {
                let (m, o) = (&world.machine, world.owner);
                for round in 0..2000u64 {
                    let name = format!("n{}", (round * 7 + thread) % 20);
                    match (round + thread) % 6 {
                        0 | 1 => {
                            if let Ok(file) = world.open(dir, &name, NEW) {
                                let _ = world.write(file, &[1; 5000], round % 9000);
                                world.close(file);
                            }
                        }
                        2 => drop(m.unlink_file_at(o, dir, &name)),
                        3 => drop(m.rename_at(o, dir, &name, dir, &format!("n{}", round % 20))),
                        4 => drop(m.link_at(o, dir, &name, false, dir, &format!("n{}", round % 17))),
                        _ => {
                            if let Ok(file) = world.open(dir, &name, open::WRITE | open::TRUNCATE) {
                                let _ = m.set_size(o, file, 777.0);
                                world.close(file);
                            }
                        }
                    }
                }
            });
        }
    });
    let mut seen = std::collections::HashMap::new();
    let mut entries = 0;
    for entry in std::fs::read_dir(&temp.0).unwrap() {
        let meta = entry.unwrap().metadata().unwrap();
        seen.insert(meta.ino(), meta.size());
        entries += 1;
    }
    assert_eq!(world.used(dir), (seen.values().sum(), entries));
}

#[test]
fn a_quota_may_come_later_and_counts_what_is_open() {
    let temp = Temp::new();
    let world = World::new();
    let free = world.dir(&temp.0);
    let file = world.open(free, "f", NEW).unwrap();
    world.write(file, &[1; 5000], 0).unwrap();
    assert_eq!(world.used(free), (5000, 1));
    let counted = world.dir_with(&temp.0, ALL, Some((6000.0, 0.0)));
    assert_eq!(world.write(file, &[1; 5000], 5000), Ok(1000), "also for who had it open before");
    assert_eq!(world.used(counted), (6000, 1));
    drop(temp);
}

#[test]
fn absurd_limits_are_refused() {
    for (bytes, entries) in [(-1.0, 0.0), (0.0, -1.0), (f64::NAN, 0.0), (0.5, 0.0), (1e300, 0.0)] {
        assert!(forge_host::quota::Quota::from_f64(bytes, entries).is_err());
    }
}
