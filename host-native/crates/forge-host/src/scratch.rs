//! Scratch directories: gone with their last handle, and after a crash with the next reaping.
//!
//! The name says whose it is (process id and its start time, as ids are used again: attack 74), and the directory is
//! locked with flock(2) as long as the process lives, which also holds across pid namespaces.

use crate::beneath;
use crate::dir::{Dir, Tree, check_confinement, open_resource};
use crate::error::{Code, Context, HostError};
use crate::grant::Action;
use crate::machine::Machine;
use crate::quota::{Quota, key_of};
use crate::table::Object;
use crate::{random, remove};
use rustix::fd::OwnedFd;
use rustix::fs::{FlockOperation, Mode, OFlags, ResolveFlags, flock, fstat, fstatfs};
use rustix::io::Errno;
use std::sync::Arc;

const PREFIX: &str = "forge-scratch-";

/// `TMPFS_MAGIC` and `RAMFS_MAGIC` of statfs(2).
const RAM_MAGIC: [u64; 2] = [0x0102_1994, 0x8584_58f6];

/// Removes its directory when dropped.
pub struct Scratch {
    base: OwnedFd,
    name: String,
    /// The lock that says that we live.
    lock: OwnedFd,
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What cannot be removed now is found by the next reaping. Nobody is there to hear of it.
        let _ = remove::contents(&self.lock);
        let _ = rustix::fs::unlinkat(&self.base, self.name.as_str(), rustix::fs::AtFlags::REMOVEDIR);
    }
}

/// Field 22 of proc_pid_stat(5): when the process began, in ticks since boot. `None` when there is no such process.
fn start_time(pid: &str) -> Option<u64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // Field 2 is the command in parentheses and may hold anything; the last parenthesis ends it.
    stat.rsplit_once(')')?.1.split_ascii_whitespace().nth(19)?.parse().ok()
}

fn is_ram(base: &OwnedFd) -> bool {
    fstatfs(base).is_ok_and(|stat| RAM_MAGIC.contains(&(stat.f_type as u64)))
}

/// Where to put it.
fn open_base(resource: &str, memory: bool) -> Result<OwnedFd, HostError> {
    if !memory {
        return if resource.is_empty() {
            open_resource(&std::env::temp_dir().to_string_lossy())
        } else {
            open_resource(resource)
        };
    }
    let runtime = std::env::var("XDG_RUNTIME_DIR").unwrap_or_default();
    for place in [resource, "/dev/shm", &runtime, "/tmp"] {
        if place.starts_with('/')
            && let Ok(base) = open_resource(place)
            && is_ram(&base)
        {
            return Ok(base);
        }
    }
    Err(HostError::new(Code::Unsupported, "no RAM file system at /dev/shm, $XDG_RUNTIME_DIR or /tmp"))
}

fn create(base: OwnedFd) -> Result<(Scratch, OwnedFd), Errno> {
    let pid = std::process::id().to_string();
    let start = start_time(&pid).ok_or(Errno::NOSYS)?;
    let name = format!("{PREFIX}{pid}-{start}-{}", random::hex_name()?);
    rustix::fs::mkdirat(&base, name.as_str(), Mode::RWXU)?;
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW;
    let lock = beneath::open(&base, &name, flags, Mode::empty())?;
    let scratch = Scratch { base, name, lock };
    flock(&scratch.lock, FlockOperation::NonBlockingLockExclusive)?;
    let dir = beneath::locate_dir(&scratch.lock, ".")?;
    Ok((scratch, dir))
}

/// Whether the process that made the directory of this name still lives.
fn maker_lives(name: &str) -> Option<bool> {
    let mut parts = name.strip_prefix(PREFIX)?.splitn(3, '-');
    let (pid, start, random) = (parts.next()?, parts.next()?, parts.next()?);
    let digits = |text: &str| !text.is_empty() && text.len() < 20 && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(pid) || !digits(start) || random.len() != 32 || !random.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    Some(start_time(pid) == start.parse().ok())
}

/// Removes the scratch directories of dead processes of this user below `base`. Returns how many.
pub fn reap(base: &str) -> Result<usize, HostError> {
    crate::path::check_resource(base)?;
    let base_fd = open_resource(base)?;
    let list = beneath::open_list(&base_fd).about(base)?;
    let mut entries = rustix::fs::Dir::read_from(&list).about(base)?;
    let mut reaped = 0;
    while let Some(entry) = entries.read() {
        let entry = entry.about(base)?;
        let Ok(name) = entry.file_name().to_str() else { continue };
        if maker_lives(name) != Some(false) {
            continue;
        }
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW;
        let restrict = ResolveFlags::NO_XDEV | ResolveFlags::NO_SYMLINKS;
        // In a shared place others can put directories of such a name; theirs are none of our business.
        let Ok(dir) = beneath::open_with(&base_fd, name, flags, Mode::empty(), restrict) else { continue };
        let ours = fstat(&dir).is_ok_and(|stat| stat.st_uid == rustix::process::geteuid().as_raw());
        if !ours || flock(&dir, FlockOperation::NonBlockingLockExclusive).is_err() {
            continue;
        }
        if remove::contents(&dir).is_ok()
            && rustix::fs::unlinkat(&base_fd, name, rustix::fs::AtFlags::REMOVEDIR).is_ok()
        {
            reaped += 1;
        }
    }
    Ok(reaped)
}

impl Machine {
    /// `scratchOpen`.
    pub fn scratch_open(&self, owner: f64, grant: f64, memory: bool, quota: Quota) -> Result<f64, HostError> {
        let (grant, held) = self.grant(owner, grant, Action::DirScratch)?;
        let base = open_base(&grant.resource, memory)?;
        check_confinement(&base)?;
        let (scratch, fd) = create(base).about("scratch directory")?;
        let ledger = self.ledgers.of(key_of(&fstat(&fd).about("scratch directory")?));
        ledger.limit(&fd, quota)?;
        let dir = Dir::new(fd, Arc::new(Tree { ledger, scratch: Some(scratch) }));
        self.adopt("scratchOpen", &held, &held.owner, held.rights, Object::Dir(Arc::new(dir)))
    }
}
