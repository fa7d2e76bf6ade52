//! Principal instances: who holds handles, and what they block in.

use crate::error::{Code, HostError};
use crate::ids::OwnerId;
use crate::limits::{HANDLES_PER_OWNER_MAX, OWNER_NAME_BYTES_MAX, OWNERS_MAX};
use crate::random;
use crate::sync::{lock, read, write};
use crate::wait::Waiter;
use rustix::io::Errno;
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, RwLock};

/// One principal instance.
pub struct Owner {
    id: OwnerId,
    name: String,
    cancelled: AtomicBool,
    dropped: AtomicBool,
    handles: AtomicUsize,
    waiters: Mutex<Vec<Arc<Waiter>>>,
}

impl Owner {
    /// Its id.
    #[inline]
    pub fn id(&self) -> OwnerId {
        self.id
    }

    /// For diagnostics.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// `-ECANCELED` once it was cancelled or dropped.
    #[inline]
    pub fn alive(&self) -> Result<(), Errno> {
        if self.cancelled.load(Ordering::SeqCst) { Err(Errno::CANCELED) } else { Ok(()) }
    }

    /// Whether it was forgotten: nothing may be made for it any more.
    pub fn is_dropped(&self) -> bool {
        self.dropped.load(Ordering::SeqCst)
    }

    /// Makes all that blocks for it return, now and later.
    pub fn cancel(&self) {
        self.cancelled.store(true, Ordering::SeqCst);
        self.wake();
    }

    /// Makes all that blocks for it look again.
    pub fn wake(&self) {
        for waiter in lock(&self.waiters).iter() {
            waiter.wake();
        }
    }

    /// Puts a thread on the list of those to wake.
    pub fn enlist(&self, waiter: &Arc<Waiter>) {
        lock(&self.waiters).push(Arc::clone(waiter));
    }

    /// Takes it off.
    pub fn delist(&self, waiter: &Arc<Waiter>) {
        let mut waiters = lock(&self.waiters);
        if let Some(at) = waiters.iter().position(|other| Arc::ptr_eq(other, waiter)) {
            waiters.swap_remove(at);
        }
    }

    /// Counts one more handle, or `-EMFILE`.
    pub fn take_place(&self) -> Result<(), Errno> {
        if self.handles.fetch_add(1, Ordering::Relaxed) >= HANDLES_PER_OWNER_MAX {
            self.handles.fetch_sub(1, Ordering::Relaxed);
            return Err(Errno::MFILE);
        }
        Ok(())
    }

    /// Counts one less.
    pub fn give_place(&self) {
        self.handles.fetch_sub(1, Ordering::Relaxed);
    }
}

/// All principal instances.
#[derive(Default)]
pub struct Owners {
    map: RwLock<HashMap<OwnerId, Arc<Owner>>>,
}

impl Owners {
    /// Registers one under a new random id.
    pub fn create(&self, name: &str) -> Result<OwnerId, HostError> {
        if name.len() > OWNER_NAME_BYTES_MAX {
            return Err(HostError::new(Code::Invalid, format!("owner name longer than {OWNER_NAME_BYTES_MAX} bytes")));
        }
        let mut map = write(&self.map);
        if map.len() >= OWNERS_MAX {
            return Err(HostError::new(Code::Limit, format!("{OWNERS_MAX} owners exist already")));
        }
        loop {
            let bits = random::bits().map_err(|errno| HostError::os("getrandom", errno))?;
            let Some(id) = OwnerId::from_random(bits).filter(|id| !map.contains_key(id)) else { continue };
            let owner = Owner {
                id,
                name: name.to_owned(),
                cancelled: AtomicBool::new(false),
                dropped: AtomicBool::new(false),
                handles: AtomicUsize::new(0),
                waiters: Mutex::default(),
            };
            map.insert(id, Arc::new(owner));
            return Ok(id);
        }
    }

    /// The instance that JavaScript names.
    pub fn find(&self, owner: f64) -> Option<Arc<Owner>> {
        OwnerId::from_f64(owner).and_then(|id| read(&self.map).get(&id).cloned())
    }

    /// Forgets it. The caller kills its handles afterwards; none can be born any more.
    pub fn forget(&self, owner: f64) -> Option<Arc<Owner>> {
        let gone = OwnerId::from_f64(owner).and_then(|id| write(&self.map).remove(&id))?;
        gone.dropped.store(true, Ordering::SeqCst);
        gone.cancel();
        Some(gone)
    }

    /// Ids of all.
    pub fn all(&self) -> Vec<f64> {
        read(&self.map).keys().map(|id| id.as_f64()).collect()
    }
}
