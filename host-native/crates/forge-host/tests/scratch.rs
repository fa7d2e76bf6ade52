//! Scratch directories leave nothing behind (attack 69).
#![allow(missing_docs)]

mod support;

use forge_host::quota::Quota;
use forge_host::{Code, Errno, scratch};
use std::path::Path;
use support::{ALL, Temp, World, open};

const NEW: u64 = open::CREATE | open::READ | open::WRITE;

fn no_limit() -> Quota {
    Quota::from_f64(0.0, 0.0).unwrap()
}

fn count(base: &Path) -> usize {
    std::fs::read_dir(base).unwrap().count()
}

#[test]
fn it_vanishes_with_its_last_handle_whatever_is_in_it() {
    let (temp, world) = (Temp::new(), World::new());
    let (m, o) = (&world.machine, world.owner);
    let grant = world.grant("dir.scratch", temp.0.to_str().unwrap(), ALL);
    let dir = m.scratch_open(o, grant, false, no_limit()).unwrap();
    assert_eq!(count(&temp.0), 1);
    m.create_directory_at(o, dir, "a").unwrap();
    m.create_directory_at(o, dir, "a/b").unwrap();
    let file = world.open(dir, "a/b/f", NEW).unwrap();
    m.symlink_at(o, dir, "../../..", "a/up").unwrap();
    world.close(dir);
    world.write(file, b"still there", 0).unwrap();
    assert_eq!(count(&temp.0), 1, "a file of it is open");
    world.close(file);
    assert_eq!(count(&temp.0), 0);
}

#[test]
fn it_vanishes_when_its_grant_is_revoked() {
    let (temp, world) = (Temp::new(), World::new());
    let grant = world.grant("dir.scratch", temp.0.to_str().unwrap(), ALL);
    let dir = world.machine.scratch_open(world.owner, grant, false, no_limit()).unwrap();
    world.open(dir, "f", NEW).unwrap();
    world.machine.revoke(world.owner, grant).unwrap();
    assert_eq!(count(&temp.0), 0);
}

#[test]
fn it_has_a_quota_and_may_live_in_memory() {
    let world = World::new();
    let grant = world.grant("dir.scratch", "", ALL);
    let quota = Quota::from_f64(1000.0, 2.0).unwrap();
    let dir = match world.machine.scratch_open(world.owner, grant, true, quota) {
        Err(error) if error.code == Code::Unsupported => return,
        dir => dir.unwrap(),
    };
    let file = world.open(dir, "f", NEW).unwrap();
    assert_eq!(world.write(file, &[0; 2000], 0), Ok(1000));
    assert_eq!(world.write(file, &[0; 1], 1000), Err(Errno::DQUOT));
    world.open(dir, "g", NEW).unwrap();
    assert_eq!(world.open(dir, "h", NEW), Err(Errno::DQUOT));
}

#[test]
fn two_scratch_directories_are_not_one() {
    let (temp, world) = (Temp::new(), World::new());
    let grant = world.grant("dir.scratch", temp.0.to_str().unwrap(), ALL);
    let one = world.machine.scratch_open(world.owner, grant, false, no_limit()).unwrap();
    let two = world.machine.scratch_open(world.owner, grant, false, no_limit()).unwrap();
    world.open(one, "f", NEW).unwrap();
    assert_eq!(world.open(two, "f", open::READ), Err(Errno::NOENT));
    assert_eq!(world.machine.rename_at(world.owner, one, "f", two, "f"), Err(Errno::XDEV));
}

#[test]
fn what_dead_processes_left_is_reaped_and_nothing_else() {
    let (temp, world) = (Temp::new(), World::new());
    let name = |pid: u32, start: u64| format!("forge-scratch-{pid}-{start}-{}", "0".repeat(32));
    let make = |name: &str| {
        std::fs::create_dir(temp.path(name)).unwrap();
        std::fs::write(temp.path(name).join("f"), "x").unwrap();
    };
    let mut child = std::process::Command::new("true").spawn().unwrap();
    child.wait().unwrap();
    make(&name(child.id(), 1));
    // The id is in use again, by a process that began at another time: us.
    make(&name(std::process::id(), 1));
    make("forge-scratch-1-x");
    make("other");
    std::os::unix::fs::symlink("other", temp.path(&name(4_000_000, 1))).unwrap();
    let grant = world.grant("dir.scratch", temp.0.to_str().unwrap(), ALL);
    let mine = world.machine.scratch_open(world.owner, grant, false, no_limit()).unwrap();
    assert_eq!(scratch::reap(temp.0.to_str().unwrap()).unwrap(), 2);
    assert_eq!(scratch::reap(temp.0.to_str().unwrap()).unwrap(), 0);
    world.open(mine, "f", NEW).unwrap();
    assert!(temp.path("other/f").exists());
    assert_eq!(count(&temp.0), 4);
    assert_eq!(scratch::reap("relative").unwrap_err().code, Code::Invalid);
    assert_eq!(scratch::reap(&temp.text("none")).unwrap_err().code, Code::NotFound);
}
