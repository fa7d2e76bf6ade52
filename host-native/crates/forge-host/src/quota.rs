//! How much a directory tree may hold: one count for all handles beneath one root.
//!
//! The count is of what a guest can *hold*, not of what it can name:
//!
//! - A byte is the size of a file, so a sparse extension counts in full.
//! - Room is reserved before a write and what was not used is given back after it, so writers in parallel cannot
//!   overshoot together. Growth of one file goes through one lock, as it does in the kernel.
//! - The bytes of a file that is removed while it is open come back when its last descriptor is closed, not before.
//!   Its entry comes back at once; nameless files are bounded by the handles of the owner.
//! - A file with several links gives its bytes back with the last of them.
//!
//! What others do to the tree behind our back is not seen until it is next opened with no handle left.

use crate::beneath;
use crate::error::{Code, Context, HostError};
use crate::ids::integer;
use crate::sync::{lock, read, write};
use rustix::fd::{AsFd, OwnedFd};
use rustix::fs::{FileType, Mode, OFlags, ResolveFlags, Stat, fstat};
use rustix::io::Errno;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, RwLock, RwLockReadGuard, RwLockWriteGuard, Weak};

/// Device and inode: what a file is, whatever it is called.
pub type InodeKey = (u64, u64);

/// Which inode a stat is about.
#[allow(clippy::unnecessary_cast)]
pub fn key_of(stat: &Stat) -> InodeKey {
    (stat.st_dev as u64, stat.st_ino as u64)
}

/// Most a tree may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    bytes_max: u64,
    entries_max: u64,
}

impl Quota {
    /// From JavaScript; 0 is no limit.
    pub fn from_f64(bytes_max: f64, entries_max: f64) -> Result<Quota, HostError> {
        let limit = |value: f64, what: &str| match integer(value) {
            Some(0) => Ok(u64::MAX),
            Some(limit) => Ok(limit),
            None => Err(HostError::new(Code::Invalid, format!("{what} is not a whole number from 0 to 2^53 - 1"))),
        };
        Ok(Quota { bytes_max: limit(bytes_max, "bytesMax")?, entries_max: limit(entries_max, "entriesMax")? })
    }
}

/// What a tree holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Usage {
    /// Sum of file sizes.
    pub bytes: u64,
    /// Files, directories and links below the root.
    pub entries: u64,
}

/// The counts of all trees in use, by root.
#[derive(Default)]
pub struct Ledgers {
    map: Mutex<HashMap<InodeKey, Weak<Ledger>>>,
}

impl Ledgers {
    /// The count of the tree with this root, shared by all who have it open.
    pub fn of(&self, root: InodeKey) -> Arc<Ledger> {
        let mut map = lock(&self.map);
        if let Some(ledger) = map.get(&root).and_then(Weak::upgrade) {
            return ledger;
        }
        map.retain(|_, ledger| ledger.strong_count() > 0);
        let ledger = Arc::new(Ledger {
            counting: AtomicBool::new(false),
            bytes: AtomicU64::new(0),
            entries: AtomicU64::new(0),
            bytes_max: AtomicU64::new(u64::MAX),
            entries_max: AtomicU64::new(u64::MAX),
            names: RwLock::default(),
            inodes: Mutex::default(),
        });
        map.insert(root, Arc::downgrade(&ledger));
        ledger
    }
}

/// The count of one tree.
pub struct Ledger {
    /// False until somebody opens the tree with a quota: an unlimited tree costs no walk.
    counting: AtomicBool,
    bytes: AtomicU64,
    entries: AtomicU64,
    bytes_max: AtomicU64,
    entries_max: AtomicU64,
    /// Shared by what opens and creates, exclusive for what removes or replaces: between the removal of a name and the
    /// decision who pays for the file, nobody may open it.
    names: RwLock<()>,
    inodes: Mutex<HashMap<InodeKey, Tracked>>,
}

struct Tracked {
    inode: Arc<Inode>,
    opens: usize,
}

/// A file that is open somewhere in the tree.
pub struct Inode {
    key: InodeKey,
    /// What it is charged with. `None` until a change of size first needs it.
    charged: Mutex<Option<u64>>,
    /// Its last name is gone; the charge ends with its last descriptor.
    nameless: AtomicBool,
}

/// Held while names are removed or replaced.
pub enum Removing<'a> {
    /// Nobody counts.
    Free(#[allow(dead_code)] RwLockReadGuard<'a, ()>),
    /// Somebody counts, and nobody else opens or removes meanwhile.
    Counted(#[allow(dead_code)] RwLockWriteGuard<'a, ()>),
}

impl Removing<'_> {
    /// Whether what is removed must be counted.
    pub fn counts(&self) -> bool {
        matches!(self, Removing::Counted(_))
    }
}

fn take_up_to(count: &AtomicU64, max: u64, want: u64) -> u64 {
    let mut current = count.load(Ordering::Relaxed);
    loop {
        let granted = want.min(max.saturating_sub(current));
        match count.compare_exchange_weak(current, current + granted, Ordering::Relaxed, Ordering::Relaxed) {
            Ok(_) => return granted,
            Err(seen) => current = seen,
        }
    }
}

fn give(count: &AtomicU64, amount: u64) {
    // Never below zero, even if others removed files behind our back and the walk counted them again.
    let _ = count.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |current| Some(current.saturating_sub(amount)));
}

impl Ledger {
    /// Whether anybody counts. Stable while a guard of `names` or the charge of an inode is held.
    #[inline]
    pub fn counts(&self) -> bool {
        self.counting.load(Ordering::Acquire)
    }

    /// Sets the limits, for all who have the tree open; the first time, counts what is there.
    pub fn limit(&self, root: impl AsFd, quota: Quota) -> Result<(), HostError> {
        let _names = write(&self.names);
        self.bytes_max.store(quota.bytes_max, Ordering::Relaxed);
        self.entries_max.store(quota.entries_max, Ordering::Relaxed);
        if self.counts() {
            return Ok(());
        }
        // Files opened before the tree was counted must not grow during the walk.
        let open: Vec<Arc<Inode>> = lock(&self.inodes).values().map(|tracked| Arc::clone(&tracked.inode)).collect();
        let still: Vec<_> = open.iter().map(|inode| lock(&inode.charged)).collect();
        let usage = walk(root)?;
        self.bytes.store(usage.bytes, Ordering::Relaxed);
        self.entries.store(usage.entries, Ordering::Relaxed);
        self.counting.store(true, Ordering::Release);
        drop(still);
        Ok(())
    }

    /// What the tree holds. Walks it when nobody counts.
    pub fn usage(&self, root: impl AsFd) -> Result<Usage, HostError> {
        if self.counts() {
            return Ok(Usage {
                bytes: self.bytes.load(Ordering::Relaxed),
                entries: self.entries.load(Ordering::Relaxed),
            });
        }
        walk(root)
    }

    /// Held while a name is created or a file is opened.
    pub fn adding(&self) -> RwLockReadGuard<'_, ()> {
        read(&self.names)
    }

    /// Held while a name is removed or replaced.
    pub fn removing(&self) -> Removing<'_> {
        if !self.counts() {
            let guard = read(&self.names);
            if !self.counts() {
                return Removing::Free(guard);
            }
        }
        Removing::Counted(write(&self.names))
    }

    /// Room for one entry, or `-EDQUOT`.
    pub fn take_entry(&self) -> Result<(), Errno> {
        if !self.counts() || take_up_to(&self.entries, self.entries_max.load(Ordering::Relaxed), 1) == 1 {
            return Ok(());
        }
        Err(Errno::DQUOT)
    }

    /// One entry is gone or was not made after all.
    pub fn give_entry(&self) {
        if self.counts() {
            give(&self.entries, 1);
        }
    }

    fn take_bytes(&self, want: u64) -> u64 {
        take_up_to(&self.bytes, self.bytes_max.load(Ordering::Relaxed), want)
    }

    fn give_bytes(&self, amount: u64) {
        if amount != 0 {
            give(&self.bytes, amount);
        }
    }

    /// A name of a file was removed; `stat` is of after that.
    pub fn unnamed(&self, stat: &Stat) {
        if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile || stat.st_nlink != 0 {
            return;
        }
        let (key, size) = (key_of(stat), stat.st_size.max(0) as u64);
        let open = lock(&self.inodes).get(&key).map(|tracked| Arc::clone(&tracked.inode));
        if let Some(inode) = open {
            let charge = *lock(&inode.charged).get_or_insert(size);
            // The charge is fixed first: whoever closes the last descriptor after the mark gives it back.
            match lock(&self.inodes).get(&key) {
                Some(tracked) => tracked.inode.nameless.store(true, Ordering::Relaxed),
                None => self.give_bytes(charge),
            }
        } else {
            self.give_bytes(size);
        }
    }

    /// Notes that a file is open. The caller holds [`Ledger::adding`].
    pub fn opened(self: &Arc<Self>, stat: &Stat) -> Opened {
        let key = key_of(stat);
        let mut inodes = lock(&self.inodes);
        let tracked = inodes.entry(key).or_insert_with(|| Tracked {
            inode: Arc::new(Inode { key, charged: Mutex::default(), nameless: AtomicBool::new(false) }),
            opens: 0,
        });
        tracked.opens += 1;
        Opened { ledger: Arc::clone(self), inode: Arc::clone(&tracked.inode) }
    }
}

/// One descriptor of a file in a counted tree.
pub struct Opened {
    ledger: Arc<Ledger>,
    inode: Arc<Inode>,
}

impl Opened {
    /// What the file is charged with. A file that lost its last name before anybody counted was not in the walk.
    fn charged(&self, charged: &mut Option<u64>, fd: &OwnedFd) -> Result<u64, Errno> {
        if let Some(size) = *charged {
            return Ok(size);
        }
        let stat = fstat(fd)?;
        let size = if stat.st_nlink == 0 { 0 } else { stat.st_size.max(0) as u64 };
        *charged = Some(size);
        Ok(size)
    }

    /// Writes `len` bytes at `offset` (`None`: at the end) with room reserved; `write` gets how many of them fit and
    /// says how many it wrote.
    pub fn write(
        &self,
        fd: &OwnedFd,
        offset: Option<u64>,
        len: usize,
        write: impl FnOnce(usize) -> Result<usize, Errno>,
    ) -> Result<usize, Errno> {
        let mut charged = lock(&self.inode.charged);
        if !self.ledger.counts() {
            return write(len);
        }
        let size = self.charged(&mut charged, fd)?;
        let offset = offset.unwrap_or(size);
        let need = (offset + len as u64).saturating_sub(size);
        let granted = self.ledger.take_bytes(need);
        let fits = if granted == need { len } else { (size + granted).saturating_sub(offset) as usize };
        if fits == 0 && len != 0 {
            self.ledger.give_bytes(granted);
            return Err(Errno::DQUOT);
        }
        let outcome = write(fits);
        let end = size.max(outcome.as_ref().map_or(0, |&written| offset + written as u64));
        *charged = Some(end);
        self.ledger.give_bytes(granted - (end - size));
        outcome
    }

    /// Sets the size with room reserved for growth.
    pub fn resize(&self, fd: &OwnedFd, new_size: u64, resize: impl FnOnce() -> Result<(), Errno>) -> Result<(), Errno> {
        let mut charged = lock(&self.inode.charged);
        if !self.ledger.counts() {
            return resize();
        }
        let size = self.charged(&mut charged, fd)?;
        let need = new_size.saturating_sub(size);
        let granted = self.ledger.take_bytes(need);
        let outcome = if granted == need { resize() } else { Err(Errno::DQUOT) };
        match outcome {
            Ok(()) => {
                *charged = Some(new_size);
                self.ledger.give_bytes(size.saturating_sub(new_size));
            }
            Err(_) => self.ledger.give_bytes(granted),
        }
        outcome
    }
}

impl Drop for Opened {
    fn drop(&mut self) {
        let mut inodes = lock(&self.ledger.inodes);
        let Some(tracked) = inodes.get_mut(&self.inode.key) else { return };
        tracked.opens -= 1;
        if tracked.opens > 0 {
            return;
        }
        inodes.remove(&self.inode.key);
        drop(inodes);
        if self.inode.nameless.load(Ordering::Relaxed) {
            let charged = lock(&self.inode.charged).unwrap_or(0);
            self.ledger.give_bytes(charged);
        }
    }
}

/// Longest path below one descriptor of the walk; deeper directories get a descriptor of their own, so that neither
/// depth nor path length ends it.
const WALK_PATH_BYTES: usize = 2048;

/// Counts what is below `root` without following links.
fn walk(root: impl AsFd) -> Result<Usage, HostError> {
    let mut usage = Usage { bytes: 0, entries: 0 };
    let mut linked = HashSet::new();
    let start = rustix::io::fcntl_dupfd_cloexec(root.as_fd(), 0).about("counting the directory")?;
    let mut todo: Vec<(Rc<OwnedFd>, String)> = vec![(Rc::new(start), ".".to_owned())];
    while let Some((base, path)) = todo.pop() {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW;
        let dir = match beneath::open_with(&*base, &path, flags, Mode::empty(), ResolveFlags::NO_SYMLINKS) {
            Ok(dir) => dir,
            // It went away or became something else while we walked.
            Err(Errno::NOENT | Errno::NOTDIR | Errno::LOOP) => continue,
            Err(errno) => return Err(HostError::os("counting the directory", errno)),
        };
        let mut entries = rustix::fs::Dir::read_from(&dir).about("counting the directory")?;
        let mut own_base = None;
        while let Some(entry) = entries.read() {
            let entry = entry.about("counting the directory")?;
            let name = entry.file_name();
            if matches!(name.to_bytes(), b"." | b"..") {
                continue;
            }
            usage.entries += 1;
            let stat = match rustix::fs::statat(&dir, name, rustix::fs::AtFlags::SYMLINK_NOFOLLOW) {
                Ok(stat) => stat,
                Err(Errno::NOENT) => continue,
                Err(errno) => return Err(HostError::os("counting the directory", errno)),
            };
            match FileType::from_raw_mode(stat.st_mode) {
                FileType::RegularFile if stat.st_nlink <= 1 || linked.insert(key_of(&stat)) => {
                    usage.bytes = usage.bytes.saturating_add(stat.st_size.max(0) as u64);
                }
                FileType::Directory => {
                    // A name that is not UTF-8 cannot be reached by a guest; nor can what is below it.
                    let Ok(name) = name.to_str() else { continue };
                    if path.len() + name.len() < WALK_PATH_BYTES {
                        todo.push((Rc::clone(&base), format!("{path}/{name}")));
                    } else {
                        if own_base.is_none() {
                            let fd = beneath::locate_dir(&dir, ".").about("counting the directory")?;
                            own_base = Some(Rc::new(fd));
                        }
                        if let Some(own_base) = &own_base {
                            todo.push((Rc::clone(own_base), name.to_owned()));
                        }
                    }
                }
                _ => {}
            }
        }
    }
    Ok(usage)
}
