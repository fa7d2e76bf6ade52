//! Blocking that can be ended from another thread.
//!
//! Each thread that ever blocks owns one eventfd. While it waits, the eventfd is on the list of the owner it waits
//! for; cancelling that owner, or revoking one of its streams, writes to all eventfds on the list. The waiter then
//! looks again at what it waits for. One eventfd per thread rather than per owner: a level-triggered one that several
//! waiters share would wake all of them for ever or be drained by the wrong one.

use crate::owner::Owner;
use rustix::event::{EventfdFlags, PollFd, PollFlags, Timespec, eventfd, poll};
use rustix::fd::{AsFd, OwnedFd};
use rustix::io::Errno;
use std::cell::OnceCell;
use std::sync::Arc;

/// The eventfd of one thread.
pub struct Waiter {
    event: OwnedFd,
}

thread_local! {
    static WAITER: OnceCell<Arc<Waiter>> = const { OnceCell::new() };
}

impl Waiter {
    fn of_this_thread() -> Result<Arc<Waiter>, Errno> {
        WAITER.with(|cell| match cell.get() {
            Some(waiter) => Ok(Arc::clone(waiter)),
            None => {
                let event = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?;
                Ok(Arc::clone(cell.get_or_init(|| Arc::new(Waiter { event }))))
            }
        })
    }

    /// Wakes the thread if it waits; otherwise its next wait ends early once, which is harmless.
    pub fn wake(&self) {
        // Fails only when 2^64 - 2 wakes are pending, and then the thread wakes anyway.
        let _ = rustix::io::write(&self.event, &1u64.to_ne_bytes());
    }

    fn drain(&self) {
        let _ = rustix::io::read(&self.event, &mut [0u8; 8]);
    }
}

/// What ended a wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Woken {
    /// A descriptor is ready.
    Ready,
    /// The time is over.
    TimedOut,
    /// Somebody wants the waiter to look again at whether its owner and handles still live.
    Look,
}

/// On the owner's list from [`Wait::start`] until it is dropped.
pub struct Wait<'a> {
    owner: &'a Owner,
    waiter: Arc<Waiter>,
}

impl<'a> Wait<'a> {
    /// Enters the list. Only what is checked *after* this cannot be missed.
    pub fn start(owner: &'a Owner) -> Result<Self, Errno> {
        let waiter = Waiter::of_this_thread()?;
        owner.enlist(&waiter);
        Ok(Wait { owner, waiter })
    }

    /// Waits for `fds` until `deadline` (monotonic ns; `None` for ever). The last element of `fds` is ours: pass one
    /// made by [`Wait::slot`].
    pub fn until(&self, fds: &mut [PollFd<'_>], deadline: Option<u64>) -> Result<Woken, Errno> {
        loop {
            let timeout = deadline.map(|deadline| {
                let left = deadline.saturating_sub(crate::clock::monotonic());
                Timespec { tv_sec: (left / 1_000_000_000) as i64, tv_nsec: (left % 1_000_000_000) as _ }
            });
            let ready = match poll(fds, timeout.as_ref()) {
                Err(Errno::INTR) => continue,
                result => result?,
            };
            if ready == 0 {
                return Ok(Woken::TimedOut);
            }
            if fds.last().is_some_and(|event| !event.revents().is_empty()) {
                self.waiter.drain();
                return Ok(Woken::Look);
            }
            return Ok(Woken::Ready);
        }
    }

    /// The element that lets others wake this wait.
    pub fn slot(&self) -> PollFd<'_> {
        PollFd::from_borrowed_fd(self.waiter.event.as_fd(), PollFlags::IN)
    }
}

impl Drop for Wait<'_> {
    fn drop(&mut self) {
        self.owner.delist(&self.waiter);
    }
}
