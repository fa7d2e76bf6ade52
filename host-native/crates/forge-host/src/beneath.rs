//! Resolution that cannot leave a directory, and re-opening of what was resolved (call path step 9).
//!
//! Every path of a guest goes through openat2(2) with RESOLVE_BENEATH and RESOLVE_NO_MAGICLINKS: the kernel refuses
//! `..` above the root, absolute links and `/proc/self/root`-like links in one atomic walk. Checking a path first and
//! opening it later cannot be made safe (CVE-2019-10152, CVE-2021-30465, CVE-2024-21626 are all that race).

use crate::limits::RESOLVE_ATTEMPTS;
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::{Mode, OFlags, ResolveFlags, fstatfs, openat, openat2};
use rustix::io::Errno;
use rustix::path::DecInt;
use std::sync::LazyLock;

/// `PROC_SUPER_MAGIC` of statfs(2).
const PROC_MAGIC: u64 = 0x9fa0;

/// Opens `path` beneath `dir`. An escape is `-EPERM`.
#[inline]
pub fn open(dir: impl AsFd, path: &str, flags: OFlags, mode: Mode) -> Result<OwnedFd, Errno> {
    open_with(dir, path, flags, mode, ResolveFlags::empty())
}

/// As [`open`], with more restrictions on the walk.
pub fn open_with(
    dir: impl AsFd,
    path: &str,
    flags: OFlags,
    mode: Mode,
    restrict: ResolveFlags,
) -> Result<OwnedFd, Errno> {
    let dir = dir.as_fd();
    let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_MAGICLINKS | restrict;
    let mut outcome = Err(Errno::AGAIN);
    for _ in 0..RESOLVE_ATTEMPTS {
        outcome = openat2(dir, path, flags | OFlags::CLOEXEC, mode, resolve);
        match outcome {
            // A rename elsewhere in the system made `..` unprovable (openat2(2)), or a signal came.
            Err(Errno::AGAIN | Errno::INTR) => {}
            Err(Errno::XDEV) if restrict.is_empty() => return Err(Errno::PERM),
            _ => break,
        }
    }
    outcome
}

/// Opens the object only as a place (O_PATH): nothing happens to it, whatever it is. Links in the last component are
/// followed when `follow`.
#[inline]
pub fn locate(dir: impl AsFd, path: &str, follow: bool) -> Result<OwnedFd, Errno> {
    let flags = if follow { OFlags::PATH } else { OFlags::PATH | OFlags::NOFOLLOW };
    open(dir, path, flags, Mode::empty())
}

/// Opens a directory only as a place.
#[inline]
pub fn locate_dir(dir: impl AsFd, path: &str) -> Result<OwnedFd, Errno> {
    open(dir, path, OFlags::PATH | OFlags::DIRECTORY, Mode::empty())
}

/// Opens the directory itself for listing.
pub fn open_list(dir: impl AsFd) -> Result<OwnedFd, Errno> {
    open(dir, ".", OFlags::RDONLY | OFlags::DIRECTORY, Mode::empty())
}

/// Opens for use what was located before. It is the same object for certain, so a device that took its place in the
/// directory meanwhile is never opened: opening one can rewind a tape or start a watchdog.
pub fn reopen(located: impl AsFd, flags: OFlags) -> Result<OwnedFd, Errno> {
    openat(proc_fds()?, DecInt::from_fd(located.as_fd()), flags | OFlags::CLOEXEC | OFlags::NOCTTY, Mode::empty())
}

/// `/proc/self/fd`, checked to be procfs: on a fake one, re-opening could name anything.
pub fn proc_fds() -> Result<BorrowedFd<'static>, Errno> {
    static PROC: LazyLock<Result<OwnedFd, Errno>> = LazyLock::new(|| {
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let dir = rustix::fs::open("/proc/self/fd", flags, Mode::empty())?;
        if fstatfs(&dir)?.f_type as u64 == PROC_MAGIC { Ok(dir) } else { Err(Errno::NOSYS) }
    });
    match &*PROC {
        Ok(dir) => Ok(dir.as_fd()),
        Err(errno) => Err(*errno),
    }
}
