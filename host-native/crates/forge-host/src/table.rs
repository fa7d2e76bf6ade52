//! The capability table: one for the process, used by all its threads (call path step 9).
//!
//! A slot holds what a handle names, who owns it, its rights and the end of its lease. The way of a read or write
//! through it is one shared lock on that slot, four comparisons and one reference count; it allocates nothing. The
//! object is counted, so a call in flight finishes on a live descriptor while another thread revokes it.
//!
//! Lock order: lineage, then allocator, then slot. Objects are dropped with no lock held, as closing may block.

use crate::clock;
use crate::grant::Grant;
use crate::ids::{Handle, OwnerId, SLOTS_MAX};
use crate::lineage::Lineage;
use crate::log::LogWriter;
use crate::outbound::Allowed;
use crate::owner::Owner;
use crate::random::Pool;
use crate::readdir::Entries;
use crate::rights::Rights;
use crate::stream::Stream;
use crate::sync::{lock, read, write};
use crate::{dir::Dir, file::File};
use rustix::io::Errno;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, RwLock};

/// What a handle can name.
#[derive(Clone)]
pub enum Object {
    /// A decision of the security plugin.
    Grant(Arc<Grant>),
    /// A directory.
    Dir(Arc<Dir>),
    /// A regular file.
    File(Arc<File>),
    /// A directory being listed.
    Entries(Arc<Entries>),
    /// A pipe end or standard stream.
    Stream(Arc<Stream>),
    /// A log being written.
    Log(Arc<LogWriter>),
    /// An allow-list.
    Outbound(Arc<Allowed>),
}

struct Entry {
    owner_id: OwnerId,
    rights: Rights,
    /// Lease clock, ns; 0 for no end.
    deadline: u64,
    object: Object,
    owner: Arc<Owner>,
    lineage: Arc<Lineage>,
}

/// Aligned to a cache line, so that threads working on neighbouring handles do not slow each other down.
#[derive(Default)]
#[repr(align(64))]
struct Slot(RwLock<Place>);

#[derive(Default)]
struct Place {
    generation: u32,
    entry: Option<Entry>,
}

const CHUNK: usize = 1024;
const CHUNKS: usize = SLOTS_MAX as usize / CHUNK;

#[derive(Default)]
struct Allocator {
    free: Vec<u32>,
    used: u32,
    pool: Pool,
    /// Handles with an end, to be looked at when the table is next changed by the control plane.
    leases: std::collections::BinaryHeap<std::cmp::Reverse<(u64, u64)>>,
}

/// The table.
pub struct Table {
    chunks: Box<[OnceLock<Box<[Slot]>>]>,
    allocator: Mutex<Allocator>,
    live: AtomicUsize,
}

/// All that is known about a handle, counted.
pub struct Held {
    /// The handle itself.
    pub handle: Handle,
    /// What it names.
    pub object: Object,
    /// What may be done with it.
    pub rights: Rights,
    /// Whose it is.
    pub owner: Arc<Owner>,
    /// End of its lease, lease clock ns; 0 for no end.
    pub deadline: u64,
    lineage: Arc<Lineage>,
}

impl Default for Table {
    fn default() -> Self {
        Table {
            chunks: (0..CHUNKS).map(|_| OnceLock::new()).collect(),
            allocator: Mutex::default(),
            live: AtomicUsize::new(0),
        }
    }
}

impl Table {
    #[inline]
    fn slot(&self, slot: u32) -> Option<&Slot> {
        self.chunks.get(slot as usize / CHUNK)?.get()?.get(slot as usize % CHUNK)
    }

    /// Looks at the entry that `handle` names, if `owner` may use it. This is the one way in.
    #[inline]
    fn with<T>(&self, owner: f64, handle: f64, look: impl FnOnce(&Entry) -> Result<T, Errno>) -> Result<T, Errno> {
        let handle = Handle::from_f64(handle).ok_or(Errno::BADF)?;
        let slot = self.slot(handle.slot()).ok_or(Errno::BADF)?;
        {
            let place = read(&slot.0);
            let entry = match &place.entry {
                Some(entry) if place.generation == handle.generation() => entry,
                _ => return Err(Errno::BADF),
            };
            if entry.owner_id.as_f64() != owner {
                return Err(Errno::BADF);
            }
            if entry.deadline == 0 || clock::lease() < entry.deadline {
                return look(entry);
            }
        }
        self.kill(handle);
        Err(Errno::BADF)
    }

    /// The file a handle names, and its rights.
    #[inline]
    pub fn file(&self, owner: f64, handle: f64) -> Result<(Arc<File>, Rights), Errno> {
        self.with(owner, handle, |entry| match &entry.object {
            Object::File(file) => Ok((Arc::clone(file), entry.rights)),
            Object::Dir(_) => Err(Errno::ISDIR),
            _ => Err(Errno::BADF),
        })
    }

    /// The directory a handle names, and its rights.
    #[inline]
    pub fn dir(&self, owner: f64, handle: f64) -> Result<(Arc<Dir>, Rights), Errno> {
        self.with(owner, handle, |entry| match &entry.object {
            Object::Dir(dir) => Ok((Arc::clone(dir), entry.rights)),
            Object::File(_) => Err(Errno::NOTDIR),
            _ => Err(Errno::BADF),
        })
    }

    /// The object a handle names, and its rights.
    #[inline]
    pub fn object(&self, owner: f64, handle: f64) -> Result<(Object, Rights), Errno> {
        self.with(owner, handle, |entry| Ok((entry.object.clone(), entry.rights)))
    }

    /// All about a handle.
    pub fn held(&self, owner: f64, handle: f64) -> Result<Held, Errno> {
        let named = Handle::from_f64(handle).ok_or(Errno::BADF)?;
        self.with(owner, handle, |entry| {
            Ok(Held {
                handle: named,
                object: entry.object.clone(),
                rights: entry.rights,
                owner: Arc::clone(&entry.owner),
                deadline: entry.deadline,
                lineage: Arc::clone(&entry.lineage),
            })
        })
    }

    /// Whether the handle still names something of this owner.
    pub fn lives(&self, owner: f64, handle: f64) -> bool {
        self.with(owner, handle, |_| Ok(())).is_ok()
    }

    /// Adds an object that stands on its own: a grant.
    pub fn insert_root(
        &self,
        owner: &Arc<Owner>,
        rights: Rights,
        deadline: u64,
        object: Object,
    ) -> Result<Handle, Errno> {
        self.sweep();
        let handle = self.insert(owner, rights, deadline, object, Arc::default(), None)?;
        if deadline != 0 {
            lock(&self.allocator).leases.push(std::cmp::Reverse((deadline, handle.as_f64() as u64)));
        }
        Ok(handle)
    }

    /// Adds an object made from another; it dies with it and its lease ends with it.
    pub fn insert_child(
        &self,
        parent: &Held,
        owner: &Arc<Owner>,
        rights: Rights,
        object: Object,
    ) -> Result<Handle, Errno> {
        self.insert(owner, rights, parent.deadline, object, Arc::clone(&parent.lineage), Some(parent.handle))
    }

    fn insert(
        &self,
        owner: &Arc<Owner>,
        rights: Rights,
        deadline: u64,
        object: Object,
        lineage: Arc<Lineage>,
        parent: Option<Handle>,
    ) -> Result<Handle, Errno> {
        owner.take_place()?;
        let entry = Entry {
            owner_id: owner.id(),
            rights,
            deadline,
            object,
            owner: Arc::clone(owner),
            lineage: Arc::clone(&lineage),
        };
        let outcome = {
            let mut nodes = lineage.lock();
            if parent.is_some_and(|parent| !nodes.contains(parent)) {
                // Revoked between the look-up and here.
                Err((Errno::BADF, entry))
            } else {
                self.place(entry).inspect(|&handle| nodes.insert(handle, parent))
            }
        };
        match outcome {
            Ok(handle) => {
                // ownerDrop marks the owner first and then sweeps; whoever comes second sees the other.
                if owner.is_dropped() {
                    self.kill(handle);
                    return Err(Errno::BADF);
                }
                Ok(handle)
            }
            Err((errno, entry)) => {
                owner.give_place();
                drop(entry);
                Err(errno)
            }
        }
    }

    /// Puts an entry into a free slot. It comes back when there is none.
    #[allow(clippy::result_large_err)]
    fn place(&self, entry: Entry) -> Result<Handle, (Errno, Entry)> {
        let mut allocator = lock(&self.allocator);
        let mut generation = match allocator.pool.word() {
            Ok(word) => word,
            Err(errno) => return Err((errno, entry)),
        };
        let index = match allocator.free.pop() {
            Some(index) => index,
            None if allocator.used < SLOTS_MAX => {
                allocator.used += 1;
                allocator.used - 1
            }
            None => return Err((Errno::NFILE, entry)),
        };
        drop(allocator);
        let slots = self.chunks[index as usize / CHUNK].get_or_init(|| (0..CHUNK).map(|_| Slot::default()).collect());
        let mut place = write(&slots[index as usize % CHUNK].0);
        // The handle before this one in the slot must miss, and no handle is 0.
        while generation == 0 || generation == place.generation {
            generation = generation.wrapping_add(0x9E37_79B9);
        }
        place.generation = generation;
        place.entry = Some(entry);
        self.live.fetch_add(1, Ordering::Relaxed);
        Ok(Handle::pack(index, generation))
    }

    /// Takes an entry out. The caller holds the lineage and drops the entry after letting go of it.
    fn displace(&self, handle: Handle) -> Option<Entry> {
        let slot = self.slot(handle.slot())?;
        let entry = {
            let mut place = write(&slot.0);
            if place.generation != handle.generation() {
                return None;
            }
            place.entry.take()?
        };
        lock(&self.allocator).free.push(handle.slot());
        self.live.fetch_sub(1, Ordering::Relaxed);
        entry.owner.give_place();
        Some(entry)
    }

    fn lineage(&self, handle: Handle) -> Option<Arc<Lineage>> {
        let place = read(&self.slot(handle.slot())?.0);
        let entry = place.entry.as_ref()?;
        (place.generation == handle.generation()).then(|| Arc::clone(&entry.lineage))
    }

    /// Closes one handle; what was made from it lives on.
    pub fn close(&self, owner: f64, handle: f64) -> Result<(), Errno> {
        let held = Handle::from_f64(handle).ok_or(Errno::BADF)?;
        let lineage = self.with(owner, handle, |entry| Ok(Arc::clone(&entry.lineage)))?;
        let entry = {
            let mut nodes = lineage.lock();
            if !nodes.remove(held) {
                return Err(Errno::BADF);
            }
            self.displace(held)
        };
        if let Some(entry) = &entry {
            Self::wake(entry);
        }
        drop(entry);
        Ok(())
    }

    /// Kills a handle and all that was made from it. Returns how many died.
    pub fn kill(&self, handle: Handle) -> usize {
        let Some(lineage) = self.lineage(handle) else { return 0 };
        let dead: Vec<Entry> = {
            let mut nodes = lineage.lock();
            nodes.remove_subtree(handle).into_iter().filter_map(|handle| self.displace(handle)).collect()
        };
        dead.iter().for_each(Self::wake);
        dead.len()
    }

    /// Whoever blocks in this object must look again.
    fn wake(entry: &Entry) {
        if matches!(entry.object, Object::Stream(_)) {
            entry.owner.wake();
        }
    }

    /// Kills all that an owner holds.
    pub fn kill_owner(&self, owner: &Arc<Owner>) -> usize {
        self.owned_by(owner).into_iter().map(|handle| self.kill(handle)).sum()
    }

    /// Closes all that an owner holds; what others made from it moves up, as with `close`.
    pub fn release_owner(&self, owner: &Arc<Owner>) {
        for handle in self.owned_by(owner) {
            let Some(lineage) = self.lineage(handle) else { continue };
            let entry = {
                let mut nodes = lineage.lock();
                if !nodes.remove(handle) {
                    continue;
                }
                self.displace(handle)
            };
            if let Some(entry) = &entry {
                Self::wake(entry);
            }
        }
    }

    fn owned_by(&self, owner: &Arc<Owner>) -> Vec<Handle> {
        let mut held = Vec::new();
        for (chunk, slots) in self.chunks.iter().enumerate() {
            let Some(slots) = slots.get() else { continue };
            for (index, slot) in slots.iter().enumerate() {
                let place = read(&slot.0);
                if place.entry.as_ref().is_some_and(|entry| entry.owner_id == owner.id()) {
                    held.push(Handle::pack((chunk * CHUNK + index) as u32, place.generation));
                }
            }
        }
        held
    }

    /// Kills what has outlived its lease. Uses see the end of a lease by themselves; this frees what nobody uses.
    pub fn sweep(&self) {
        let mut over = Vec::new();
        {
            let mut allocator = lock(&self.allocator);
            if allocator.leases.is_empty() {
                return;
            }
            let now = clock::lease();
            while let Some(std::cmp::Reverse((deadline, _))) = allocator.leases.peek()
                && *deadline <= now
            {
                over.extend(allocator.leases.pop());
            }
        }
        for std::cmp::Reverse((_, handle)) in over {
            if let Some(handle) = Handle::from_f64(handle as f64) {
                self.kill(handle);
            }
        }
    }

    /// How many handles are alive.
    pub fn live(&self) -> usize {
        self.sweep();
        self.live.load(Ordering::Relaxed)
    }
}
