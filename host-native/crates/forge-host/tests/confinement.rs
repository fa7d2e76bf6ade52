//! Nothing leaves the directory that was granted (attacks 29 to 34).
#![allow(missing_docs)]

mod support;

use forge_host::{Code, Errno};
use rustix::fs::{CWD, FileType, Mode, RenameFlags, mknodat, renameat_with};
use std::os::unix::fs::{MetadataExt, symlink};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use support::{Temp, World, open};

/// `in/` is granted, `out/secret` is not.
fn place() -> (Temp, World, f64) {
    let temp = Temp::new();
    std::fs::create_dir_all(temp.path("in/sub/deep")).unwrap();
    std::fs::create_dir(temp.path("out")).unwrap();
    std::fs::write(temp.path("out/secret"), "secret").unwrap();
    std::fs::write(temp.path("in/file"), "public").unwrap();
    let world = World::new();
    let dir = world.dir(&temp.path("in"));
    (temp, world, dir)
}

#[test]
fn dots_and_absolute_paths_do_not_escape() {
    let (temp, world, dir) = place();
    let absolute = temp.text("out/secret");
    for path in ["..", "../out/secret", "sub/../../out/secret", "./../in/file", "/", "/etc/passwd", &absolute] {
        for flags in [open::READ, open::READ | open::FOLLOW, open::DIRECTORY, open::READ | open::WRITE | open::CREATE] {
            assert_eq!(world.open(dir, path, flags), Err(Errno::PERM), "{path}");
        }
        assert_eq!(world.stat(dir, path, true), Err(Errno::PERM), "{path}");
        assert_eq!(world.machine.readlink_at(world.owner, dir, path), Err(Errno::PERM), "{path}");
    }
    world.open(dir, "sub/../file", open::READ).unwrap();
    let sub = world.open(dir, "sub", open::DIRECTORY).unwrap();
    assert_eq!(world.open(sub, "../file", open::READ), Err(Errno::PERM), "not even into its own parent");
}

#[test]
fn no_operation_on_entries_escapes() {
    let (temp, world, dir) = place();
    let (m, o) = (&world.machine, world.owner);
    symlink("../out", temp.path("in/link")).unwrap();
    for parent in ["..", "../out", "link", "sub/../../out"] {
        let inside = format!("{parent}/new");
        let secret = format!("{parent}/secret");
        assert_eq!(m.create_directory_at(o, dir, &inside), Err(Errno::PERM), "{inside}");
        assert_eq!(m.remove_directory_at(o, dir, &inside), Err(Errno::PERM));
        assert_eq!(m.unlink_file_at(o, dir, &secret), Err(Errno::PERM));
        assert_eq!(m.rename_at(o, dir, &secret, dir, "mine"), Err(Errno::PERM));
        assert_eq!(m.rename_at(o, dir, "file", dir, &inside), Err(Errno::PERM));
        assert_eq!(m.link_at(o, dir, &secret, false, dir, "mine"), Err(Errno::PERM));
        assert_eq!(m.link_at(o, dir, "file", false, dir, &inside), Err(Errno::PERM));
        assert_eq!(m.symlink_at(o, dir, "x", &inside), Err(Errno::PERM));
        let keep = forge_host::meta::NewTime::Now;
        assert_eq!(m.set_times_at(o, dir, &secret, true, keep, keep), Err(Errno::PERM));
    }
    assert_eq!(std::fs::read_dir(temp.path("out")).unwrap().count(), 1);
}

#[test]
fn links_that_lead_out_are_refused_in_chains_and_loops_too() {
    let (temp, world, dir) = place();
    symlink("../out/secret", temp.path("in/out")).unwrap();
    symlink(temp.path("out/secret"), temp.path("in/absolute")).unwrap();
    symlink("out", temp.path("in/chain1")).unwrap();
    symlink("sub/chain3", temp.path("in/chain2")).unwrap();
    symlink("../chain1", temp.path("in/sub/chain3")).unwrap();
    symlink("../../../out", temp.path("in/sub/deep/up")).unwrap();
    for path in ["out", "absolute", "chain1", "chain2", "sub/deep/up/secret", "sub/deep/up"] {
        assert_eq!(world.open(dir, path, open::READ | open::FOLLOW), Err(Errno::PERM), "{path}");
        assert_eq!(world.stat(dir, path, true), Err(Errno::PERM), "{path}");
    }
    assert_eq!(world.open(dir, "out", open::READ), Err(Errno::LOOP), "a link itself is never opened");
    assert_eq!(
        world.open(dir, "out", open::READ | open::WRITE | open::CREATE | open::FOLLOW),
        Err(Errno::PERM),
        "nor created through"
    );
    symlink("loop2", temp.path("in/loop1")).unwrap();
    symlink("loop1", temp.path("in/loop2")).unwrap();
    symlink("self/self", temp.path("in/self")).unwrap();
    for path in ["loop1", "self", "self/x"] {
        assert_eq!(world.open(dir, path, open::READ | open::FOLLOW), Err(Errno::LOOP), "{path}");
    }
    symlink("../file", temp.path("in/sub/good")).unwrap();
    let file = world.open(dir, "sub/good", open::READ | open::FOLLOW).unwrap();
    assert_eq!(world.read(file, 10, 0).unwrap(), b"public");
    assert_eq!(world.machine.readlink_at(world.owner, dir, "sub/good").unwrap(), "../file");
    assert_eq!(world.machine.readlink_at(world.owner, dir, "absolute"), Err(Errno::PERM));
    assert_eq!(world.machine.readlink_at(world.owner, dir, "file"), Err(Errno::INVAL));
    assert_eq!(world.machine.symlink_at(world.owner, dir, "/etc", "abs"), Err(Errno::PERM));
}

#[test]
fn a_dangling_link_is_created_through_only_inside() {
    let (temp, world, dir) = place();
    symlink("../out/new", temp.path("in/dangling-out")).unwrap();
    symlink("sub/new", temp.path("in/dangling-in")).unwrap();
    let create = open::READ | open::WRITE | open::CREATE;
    assert_eq!(world.open(dir, "dangling-out", create | open::FOLLOW), Err(Errno::PERM));
    assert!(!temp.path("out/new").exists());
    world.open(dir, "dangling-in", create | open::FOLLOW).unwrap();
    assert!(temp.path("in/sub/new").exists());
    symlink("sub/other", temp.path("in/dangling2")).unwrap();
    assert_eq!(world.open(dir, "dangling2", create), Err(Errno::LOOP));
    assert_eq!(world.open(dir, "dangling2", create | open::FOLLOW | open::EXCLUSIVE), Err(Errno::EXIST));
}

#[test]
fn magic_links_are_not_followed() {
    let world = World::new();
    let dir = world.dir(std::path::Path::new("/proc/self"));
    for path in ["root/etc/passwd", "cwd", "exe", "fd/0"] {
        let got = world.open(dir, path, open::READ | open::FOLLOW);
        assert!(matches!(got, Err(Errno::LOOP | Errno::NOENT)), "{path}: {got:?}");
    }
}

#[test]
fn a_directory_that_is_renamed_away_takes_its_handle_along_and_nothing_else() {
    let (temp, world, dir) = place();
    let sub = world.open(dir, "sub", open::DIRECTORY).unwrap();
    std::fs::rename(temp.path("in/sub"), temp.path("moved")).unwrap();
    symlink("../out", temp.path("in/sub")).unwrap();
    assert_eq!(world.open(sub, "../out/secret", open::READ), Err(Errno::PERM));
    assert_eq!(world.open(dir, "sub/secret", open::READ), Err(Errno::PERM));
    world.open(sub, "deep", open::DIRECTORY).unwrap();
}

#[test]
fn devices_fifos_and_sockets_are_refused_without_touching_them() {
    let (temp, world, dir) = place();
    mknodat(CWD, temp.path("in/fifo"), FileType::Fifo, Mode::RWXU, 0).unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(temp.path("in/socket")).unwrap();
    let mut names = vec!["fifo", "socket"];
    let null = rustix::fs::makedev(1, 3);
    if mknodat(CWD, temp.path("in/null"), FileType::CharacterDevice, Mode::RWXU, null).is_ok() {
        names.push("null");
    }
    let begin = Instant::now();
    for name in names {
        for flags in [open::READ, open::WRITE, open::READ | open::WRITE | open::TRUNCATE, open::CREATE | open::WRITE, 0]
        {
            assert_eq!(world.open(dir, name, flags), Err(Errno::PERM), "{name}");
        }
        assert_eq!(world.open(dir, name, open::DIRECTORY), Err(Errno::NOTDIR));
        assert!(world.stat(dir, name, true).is_ok(), "its state may be asked");
    }
    assert!(begin.elapsed() < Duration::from_secs(1), "a FIFO must not block");
}

#[test]
fn hostile_names_get_their_errno() {
    let (_temp, world, dir) = place();
    let (m, o) = (&world.machine, world.owner);
    let long = "a/".repeat(2048);
    for (path, errno) in [
        ("", Errno::NOENT),
        ("a\0b", Errno::INVAL),
        ("file\0", Errno::INVAL),
        (long.as_str(), Errno::NAMETOOLONG),
        ("file/", Errno::NOTDIR),
        ("file/x", Errno::NOTDIR),
        ("nothing", Errno::NOENT),
    ] {
        assert_eq!(world.open(dir, path, open::READ), Err(errno), "{path:.20}");
        assert_eq!(world.stat(dir, path, true), Err(errno), "{path:.20}");
        assert_eq!(m.unlink_file_at(o, dir, path), Err(errno), "{path:.20}");
    }
    let name = "n".repeat(256);
    assert_eq!(world.open(dir, &name, open::READ), Err(Errno::NAMETOOLONG));
    assert_eq!(m.create_directory_at(o, dir, &name), Err(Errno::NAMETOOLONG));
    assert_eq!(m.symlink_at(o, dir, "x\0", "l"), Err(Errno::INVAL));
    assert_eq!(m.symlink_at(o, dir, "", "l"), Err(Errno::NOENT));
    for flags in [f64::NAN, -1.0, 128.0, 3.0, 1e9] {
        assert_eq!(m.open_at(o, dir, "file", flags), Err(Errno::INVAL), "flags {flags}");
    }
}

#[test]
fn trailing_slashes_and_dots_mean_what_posix_says() {
    let (temp, world, dir) = place();
    let (m, o) = (&world.machine, world.owner);
    m.create_directory_at(o, dir, "d/").unwrap();
    assert_eq!(m.create_directory_at(o, dir, "d"), Err(Errno::EXIST));
    assert_eq!(m.create_directory_at(o, dir, "."), Err(Errno::EXIST));
    assert_eq!(m.unlink_file_at(o, dir, "file/"), Err(Errno::NOTDIR));
    assert_eq!(m.unlink_file_at(o, dir, "d"), Err(Errno::ISDIR));
    assert_eq!(m.unlink_file_at(o, dir, "d/"), Err(Errno::ISDIR));
    assert_eq!(m.unlink_file_at(o, dir, "."), Err(Errno::ISDIR));
    assert_eq!(m.remove_directory_at(o, dir, "file"), Err(Errno::NOTDIR));
    assert_eq!(m.remove_directory_at(o, dir, "."), Err(Errno::INVAL));
    assert_eq!(m.remove_directory_at(o, dir, "sub"), Err(Errno::NOTEMPTY));
    assert_eq!(m.rename_at(o, dir, "file", dir, "g/"), Err(Errno::NOTDIR));
    assert_eq!(m.rename_at(o, dir, "file/", dir, "g"), Err(Errno::NOTDIR));
    assert_eq!(m.rename_at(o, dir, ".", dir, "g"), Err(Errno::BUSY));
    m.rename_at(o, dir, "d", dir, "e/").unwrap();
    m.remove_directory_at(o, dir, "e/").unwrap();
    assert_eq!(m.link_at(o, dir, "file/", false, dir, "g"), Err(Errno::NOTDIR));
    assert_eq!(m.link_at(o, dir, "file", false, dir, "g/"), Err(Errno::NOENT));
    assert_eq!(m.link_at(o, dir, "sub", false, dir, "g"), Err(Errno::PERM));
    assert_eq!(m.symlink_at(o, dir, "file", "g/"), Err(Errno::NOENT));
    m.symlink_at(o, dir, "file", "l").unwrap();
    m.link_at(o, dir, "l", false, dir, "l2").unwrap();
    assert!(temp.path("in/l2").is_symlink(), "a link to the link itself");
    m.link_at(o, dir, "l", true, dir, "hard").unwrap();
    assert_eq!(std::fs::metadata(temp.path("in/hard")).unwrap().nlink(), 2);
    assert_eq!(world.open(dir, "new/", open::WRITE | open::CREATE), Err(Errno::ISDIR));
    assert_eq!(world.open(dir, "sub", open::WRITE), Err(Errno::ISDIR));
    assert_eq!(world.open(dir, "file", open::DIRECTORY), Err(Errno::NOTDIR));
    assert_eq!(world.open(dir, "file", open::CREATE | open::EXCLUSIVE | open::WRITE), Err(Errno::EXIST));
}

#[test]
fn names_do_not_cross_grants() {
    let (temp, world, dir) = place();
    let (m, o) = (&world.machine, world.owner);
    let out = world.dir(&temp.path("out"));
    assert_eq!(m.rename_at(o, dir, "file", out, "file"), Err(Errno::XDEV));
    assert_eq!(m.link_at(o, dir, "file", false, out, "file"), Err(Errno::XDEV));
    let again = world.dir(&temp.path("in"));
    assert_eq!(m.rename_at(o, dir, "file", again, "file2"), Err(Errno::XDEV), "nor two grants for one place");
    let weak = m.derive(o, dir, o, support::READ + support::MUTATE).unwrap();
    assert_eq!(m.link_at(o, weak, "file", false, dir, "writable"), Err(Errno::XDEV), "no way to more rights");
    m.link_at(o, dir, "file", false, weak, "weaker").unwrap();
}

#[test]
fn a_race_of_renames_does_not_open_a_way_out() {
    let (temp, world, dir) = place();
    std::fs::create_dir(temp.path("in/a")).unwrap();
    std::fs::write(temp.path("in/a/secret"), "decoy").unwrap();
    symlink("../out", temp.path("in/b")).unwrap();
    let secret = std::fs::metadata(temp.path("out/secret")).unwrap().ino();
    let decoy = std::fs::metadata(temp.path("in/a/secret")).unwrap().ino();
    let stop = AtomicBool::new(false);
    let (mut opened, mut refused) = (0, 0);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !stop.load(Ordering::Relaxed) {
                renameat_with(CWD, temp.path("in/a"), CWD, temp.path("in/b"), RenameFlags::EXCHANGE).unwrap();
            }
        });
        for round in 0..100_000 {
            let path = ["a/secret", "a/../b/secret", "sub/../a/secret", "b/secret"][round % 4];
            match world.open(dir, path, open::READ | open::FOLLOW) {
                Ok(file) => {
                    let mut stat = [0; 11];
                    world.machine.fstat(world.owner, file, &mut stat).unwrap();
                    assert_ne!(stat[10] as u64, secret, "escaped");
                    assert_eq!(stat[10] as u64, decoy);
                    world.close(file);
                    opened += 1;
                }
                Err(errno) => {
                    assert!(matches!(errno, Errno::PERM | Errno::AGAIN | Errno::NOENT), "{errno:?}");
                    refused += 1;
                }
            }
            if round % 10 == 0 {
                let _ = world.machine.unlink_file_at(world.owner, dir, "b/secret2");
                let _ = world.machine.create_directory_at(world.owner, dir, "a/made");
            }
        }
        stop.store(true, Ordering::Relaxed);
    });
    assert!(opened > 0 && refused > 0, "both sides of the race were seen: {opened} {refused}");
    let names: Vec<_> = std::fs::read_dir(temp.path("out")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["secret"], "nothing was made outside");
}

#[test]
fn platform_directories_are_made_and_removed_by_grant_only() {
    let (temp, world, _) = place();
    let (m, o) = (&world.machine, world.owner);
    let grant = world.grant("dir.open", &temp.text("vol"), support::ALL);
    m.dir_create(o, grant).unwrap();
    assert_eq!(std::fs::metadata(temp.path("vol")).unwrap().mode() & 0o777, 0o700);
    assert_eq!(m.dir_create(o, grant).unwrap_err().code, Code::Conflict);
    // What a guest may leave behind: links out, a deep tree, names that are no text.
    symlink("../out", temp.path("vol/link")).unwrap();
    symlink("/", temp.path("vol/root")).unwrap();
    let mut deep = temp.path("vol/deep");
    for _ in 0..200 {
        std::fs::create_dir(&deep).unwrap();
        std::fs::write(deep.join("f"), "x").unwrap();
        deep = deep.join("d");
    }
    use std::os::unix::ffi::OsStrExt;
    std::fs::create_dir(temp.path("vol").join(std::ffi::OsStr::from_bytes(b"\xff\xfe"))).unwrap();
    std::fs::write(temp.path("vol").join(std::ffi::OsStr::from_bytes(b"\xff\xfe/x")), "x").unwrap();
    let weak = world.grant("dir.open", &temp.text("vol"), support::READ + support::WRITE);
    assert_eq!(m.dir_remove(o, weak).unwrap_err().code, Code::Denied);
    m.dir_remove(o, grant).unwrap();
    assert!(!temp.path("vol").exists());
    assert!(temp.path("out/secret").exists());
    assert_eq!(m.dir_remove(o, grant).unwrap_err().code, Code::NotFound);
    let link = world.grant("dir.open", &temp.text("in/link-to-out"), support::ALL);
    symlink("../out", temp.path("in/link-to-out")).unwrap();
    assert!(m.dir_remove(o, link).is_err(), "a link is not a directory");
    assert!(temp.path("out/secret").exists());
    assert_eq!(
        m.dir_open(o, world.grant("dir.open", &temp.text("in/file"), 7.0), None).unwrap_err().code,
        Code::Invalid
    );
    assert_eq!(m.dir_open(o, world.grant("dir.open", &temp.text("none"), 7.0), None).unwrap_err().code, Code::NotFound);
}

#[test]
fn a_mount_is_not_crossed_by_removal() {
    let (temp, world, _) = place();
    std::fs::create_dir_all(temp.path("vol/mnt")).unwrap();
    let status = std::process::Command::new("mount")
        .args(["--bind", &temp.text("out"), &temp.text("vol/mnt")])
        .stderr(std::process::Stdio::null())
        .status();
    if !status.is_ok_and(|status| status.success()) {
        eprintln!("skipped: mounting needs root");
        return;
    }
    let grant = world.grant("dir.open", &temp.text("vol"), support::ALL);
    let refused = world.machine.dir_remove(world.owner, grant);
    let untouched = temp.path("out/secret").exists();
    std::process::Command::new("umount").arg(temp.path("vol/mnt")).status().unwrap();
    assert_eq!(refused.unwrap_err().code, Code::Conflict);
    assert!(untouched);
    world.machine.dir_remove(world.owner, grant).unwrap();
}

#[test]
fn a_very_deep_tree_is_removed_and_counted_with_few_descriptors() {
    let (temp, world, dir) = place();
    let (m, o) = (&world.machine, world.owner);
    m.create_directory_at(o, dir, "abyss").unwrap();
    let mut at = world.open(dir, "abyss", open::DIRECTORY).unwrap();
    for _ in 0..5000 {
        m.create_directory_at(o, at, "d").unwrap();
        let next = world.open(at, "d", open::DIRECTORY).unwrap();
        world.close(at);
        at = next;
    }
    world.close(at);
    let counted = world.dir_with(&temp.path("in"), support::ALL, Some((0.0, 0.0)));
    assert!(world.used(counted).1 > 5000);
    let grant = world.grant("dir.open", &temp.text("in/abyss"), support::ALL);
    m.dir_remove(o, grant).unwrap();
    assert!(!temp.path("in/abyss").exists());
}
