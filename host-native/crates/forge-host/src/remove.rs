//! Removing a directory with all it holds, which may be hostile: links to elsewhere, mounts, 10^6 levels.
//!
//! The walk goes from descriptor to descriptor and never names more than one component (CVE-2022-21658 was the other
//! way). It is flat: a directory that is not empty is first moved up into the root, under a name of ours, and emptied
//! there, so that depth costs neither stack nor descriptors and names that are no text cost nothing extra. Mounts are refused by RESOLVE_NO_XDEV, which sees bind mounts too.

use crate::beneath;
use crate::limits::REMOVE_PASSES_MAX;
use crate::random;
use rustix::fd::{AsFd, OwnedFd};
use rustix::fs::{AtFlags, Mode, OFlags, RenameFlags, ResolveFlags, renameat_with, unlinkat};
use rustix::io::Errno;
use std::ffi::CString;

/// Removes `parent/name`, a directory, with all it holds. A mount below it is `-EXDEV` or `-EBUSY`.
pub fn tree(parent: impl AsFd, name: &str) -> Result<(), Errno> {
    let root = enter(&parent, name)?;
    contents(&root)?;
    drop(root);
    unlinkat(&parent, name, AtFlags::REMOVEDIR)
}

fn enter(parent: impl AsFd, name: &str) -> Result<OwnedFd, Errno> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW;
    beneath::open_with(parent, name, flags, Mode::empty(), ResolveFlags::NO_XDEV | ResolveFlags::NO_SYMLINKS)
}

/// Removes all that is in `root`.
pub fn contents(root: &OwnedFd) -> Result<(), Errno> {
    let mut aside = Aside { prefix: format!(".forge-gone-{}-", random::hex_name()?), count: 0, todo: Vec::new() };
    for _ in 0..REMOVE_PASSES_MAX {
        let names = names(root)?;
        if names.is_empty() {
            return Ok(());
        }
        for name in names {
            entry(root, name, root, &mut aside)?;
            while let Some(name) = aside.todo.pop() {
                directory(root, &name, &mut aside)?;
            }
        }
    }
    // Somebody keeps filling it.
    Err(Errno::BUSY)
}

/// Directories waiting in the root for their turn.
struct Aside {
    prefix: String,
    count: u64,
    todo: Vec<String>,
}

/// Removes `from/name`; a directory that is not empty moves up into `root`.
fn entry(from: &OwnedFd, name: CString, root: &OwnedFd, aside: &mut Aside) -> Result<(), Errno> {
    match unlinkat(from, &*name, AtFlags::empty()) {
        Ok(()) | Err(Errno::NOENT) => return Ok(()),
        // A directory: Linux says EISDIR, POSIX says EPERM.
        Err(Errno::ISDIR | Errno::PERM) => {}
        Err(errno) => return Err(errno),
    }
    match unlinkat(from, &*name, AtFlags::REMOVEDIR) {
        Ok(()) | Err(Errno::NOENT) => return Ok(()),
        Err(Errno::NOTEMPTY | Errno::EXIST) => {}
        Err(errno) => return Err(errno),
    }
    aside.count += 1;
    let place = format!("{}{}", aside.prefix, aside.count);
    match renameat_with(from, &*name, root, place.as_str(), RenameFlags::NOREPLACE) {
        Ok(()) => aside.todo.push(place),
        Err(Errno::NOENT) => {}
        Err(errno) => return Err(errno),
    }
    Ok(())
}

/// Empties and removes the directory `root/name`.
fn directory(root: &OwnedFd, name: &str, aside: &mut Aside) -> Result<(), Errno> {
    let dir = match enter(root, name) {
        // It became something else meanwhile; the next pass sees to it.
        Err(Errno::NOENT | Errno::LOOP | Errno::NOTDIR) => return Ok(()),
        dir => dir?,
    };
    for inner in names(&dir)? {
        entry(&dir, inner, root, aside)?;
    }
    drop(dir);
    match unlinkat(root, name, AtFlags::REMOVEDIR) {
        // Filled again meanwhile: the next pass.
        Ok(()) | Err(Errno::NOENT | Errno::NOTEMPTY | Errno::EXIST | Errno::NOTDIR) => Ok(()),
        Err(errno) => Err(errno),
    }
}

fn names(dir: &OwnedFd) -> Result<Vec<CString>, Errno> {
    let mut entries = rustix::fs::Dir::read_from(dir)?;
    let mut names = Vec::new();
    while let Some(entry) = entries.read() {
        let entry = entry?;
        if !matches!(entry.file_name().to_bytes(), b"." | b"..") {
            names.push(entry.file_name().to_owned());
        }
    }
    Ok(names)
}
