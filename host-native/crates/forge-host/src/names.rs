//! Changing what a directory holds: mkdir, rmdir, unlink, rename, link, symlink, readlink (call path step 9).
//!
//! These system calls have no form beneath a directory. So the directory part of the path is resolved by openat2, and
//! the call gets that descriptor and one component, which it does not follow. A trailing slash stays on the component:
//! the kernel knows what it means for each call (path_resolution(7)).

use crate::beneath;
use crate::dir::Dir;
use crate::machine::Machine;
use crate::path::{Split, check, split};
use crate::rights::Rights;
use rustix::fd::{AsFd, OwnedFd};
use rustix::fs::{AtFlags, FileType, Mode, Stat, fstat, linkat, mkdirat, readlinkat, renameat, symlinkat, unlinkat};
use rustix::io::Errno;
use rustix::path::DecInt;
use std::sync::Arc;

/// Adds a name: room first, then the call, and the room back if it fails.
fn add(dir: &Dir, make: impl FnOnce() -> Result<(), Errno>) -> Result<(), Errno> {
    let ledger = dir.ledger();
    let _adding = ledger.adding();
    ledger.take_entry()?;
    make().inspect_err(|_| ledger.give_entry())
}

/// Holds on to what a name means now, to see afterwards what became of it.
fn pin(parent: impl AsFd, path: &Split<'_>) -> Option<OwnedFd> {
    beneath::locate(parent, path.bare, false).ok()
}

fn is_dir(stat: &Stat) -> bool {
    FileType::from_raw_mode(stat.st_mode) == FileType::Directory
}

/// What two names need to change places: one tree, and no more rights at the new place than at the old one. Otherwise a
/// name would carry a file out of a read-only handle into a writable one (attack 34).
fn check_pair(from: &(Arc<Dir>, Rights), to: &(Arc<Dir>, Rights)) -> Result<(), Errno> {
    from.1.mutate()?;
    to.1.mutate()?;
    if !Arc::ptr_eq(&from.0.tree, &to.0.tree) || !from.1.contains(to.1) {
        return Err(Errno::XDEV);
    }
    Ok(())
}

impl Machine {
    /// `createDirectoryAt`. Data plane.
    pub fn create_directory_at(&self, owner: f64, dir: f64, path: &str) -> Result<(), Errno> {
        let (dir, rights) = self.table.dir(owner, dir)?;
        let path = split(path)?;
        rights.mutate()?;
        let parent = dir.parent(&path)?;
        add(&dir, || mkdirat(&parent, path.name, Mode::from_raw_mode(0o777)))
    }

    /// `removeDirectoryAt`. Data plane.
    pub fn remove_directory_at(&self, owner: f64, dir: f64, path: &str) -> Result<(), Errno> {
        let (dir, rights) = self.table.dir(owner, dir)?;
        let path = split(path)?;
        rights.mutate()?;
        let parent = dir.parent(&path)?;
        let _removing = dir.ledger().removing();
        unlinkat(&parent, path.name, AtFlags::REMOVEDIR)?;
        dir.ledger().give_entry();
        Ok(())
    }

    /// `unlinkFileAt`. Data plane.
    pub fn unlink_file_at(&self, owner: f64, dir: f64, path: &str) -> Result<(), Errno> {
        let (dir, rights) = self.table.dir(owner, dir)?;
        let path = split(path)?;
        rights.mutate()?;
        let parent = dir.parent(&path)?;
        let removing = dir.ledger().removing();
        let pinned = if removing.counts() { pin(&parent, &path) } else { None };
        unlinkat(&parent, path.name, AtFlags::empty())?;
        if removing.counts() {
            dir.ledger().give_entry();
            if let Some(stat) = pinned.and_then(|fd| fstat(fd).ok()) {
                dir.ledger().unnamed(&stat);
            }
        }
        Ok(())
    }

    /// `renameAt`. Data plane.
    pub fn rename_at(&self, owner: f64, from_dir: f64, from: &str, to_dir: f64, to: &str) -> Result<(), Errno> {
        let from_dir = self.table.dir(owner, from_dir)?;
        let to_dir = self.table.dir(owner, to_dir)?;
        let (from, to) = (split(from)?, split(to)?);
        check_pair(&from_dir, &to_dir)?;
        let (from_dir, to_dir) = (from_dir.0, to_dir.0);
        let (from_parent, to_parent) = (from_dir.parent(&from)?, to_dir.parent(&to)?);
        let ledger = to_dir.ledger();
        let removing = ledger.removing();
        let replaced = if removing.counts() { pin(&to_parent, &to) } else { None };
        let moved = replaced.as_ref().and_then(|_| pin(&from_parent, &from));
        renameat(&from_parent, from.name, &to_parent, to.name)?;
        if let Some(replaced) = replaced {
            let replaced = fstat(replaced)?;
            // Two links of one file: rename does nothing (rename(2)).
            let same = moved
                .and_then(|fd| fstat(fd).ok())
                .is_some_and(|moved| (moved.st_dev, moved.st_ino) == (replaced.st_dev, replaced.st_ino));
            if !same {
                ledger.give_entry();
                ledger.unnamed(&replaced);
            }
        }
        Ok(())
    }

    /// `linkAt`. Data plane.
    pub fn link_at(
        &self,
        owner: f64,
        from_dir: f64,
        from: &str,
        follow: bool,
        to_dir: f64,
        to: &str,
    ) -> Result<(), Errno> {
        let from_dir = self.table.dir(owner, from_dir)?;
        let to_dir = self.table.dir(owner, to_dir)?;
        check(from)?;
        let to = split(to)?;
        check_pair(&from_dir, &to_dir)?;
        let (from_dir, to_dir) = (from_dir.0, to_dir.0);
        // Linking the located object itself, not its name once more, leaves no instant in which the name can change.
        let located = beneath::locate(&*from_dir, from, follow)?;
        if is_dir(&fstat(&located)?) {
            return Err(Errno::PERM);
        }
        let to_parent = to_dir.parent(&to)?;
        add(&to_dir, || {
            let proc = beneath::proc_fds()?;
            linkat(proc, DecInt::from_fd(&located), &to_parent, to.name, AtFlags::SYMLINK_FOLLOW)
        })
    }

    /// `symlinkAt`. Data plane.
    pub fn symlink_at(&self, owner: f64, dir: f64, target: &str, path: &str) -> Result<(), Errno> {
        let (dir, rights) = self.table.dir(owner, dir)?;
        // An absolute target is -EPERM here too: nothing beneath the root could follow it, others outside would.
        check(target)?;
        let path = split(path)?;
        rights.mutate()?;
        let parent = dir.parent(&path)?;
        add(&dir, || symlinkat(target, &parent, path.name))
    }

    /// `readlinkAt`. Data plane.
    pub fn readlink_at(&self, owner: f64, dir: f64, path: &str) -> Result<String, Errno> {
        let (dir, rights) = self.table.dir(owner, dir)?;
        check(path)?;
        rights.read()?;
        let link = beneath::locate(&*dir, path, false)?;
        let target = match readlinkat(&link, "", Vec::new()) {
            // That is what an empty path on something that is not a link gives.
            Err(Errno::NOENT) => return Err(Errno::INVAL),
            target => target?,
        };
        if target.to_bytes().starts_with(b"/") {
            // It names a place of the host (wasi:filesystem readlink-at).
            return Err(Errno::PERM);
        }
        target.into_string().map_err(|_| Errno::ILSEQ)
    }
}
