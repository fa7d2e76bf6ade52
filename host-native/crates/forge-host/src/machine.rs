//! The machine: everything the library keeps, in one value (call path step 9).
//!
//! The addon has one for its process. Tests make as many as they like.

use crate::log::Logs;
use crate::mint::Mint;
use crate::owner::{Owner, Owners};
use crate::quota::Ledgers;
use crate::table::Table;
use crate::{Errno, HostError};
use std::sync::Arc;

/// See the module.
#[derive(Default)]
pub struct Machine {
    pub(crate) table: Table,
    pub(crate) owners: Owners,
    pub(crate) mint: Mint,
    pub(crate) ledgers: Arc<Ledgers>,
    pub(crate) logs: Logs,
}

impl Machine {
    /// An empty machine.
    pub fn new() -> Self {
        Machine::default()
    }

    /// `ownerCreate`.
    pub fn owner_create(&self, name: &str) -> Result<f64, HostError> {
        self.owners.create(name).map(|id| id.as_f64())
    }

    /// `ownerDrop`.
    pub fn owner_drop(&self, owner: f64) {
        if let Some(owner) = self.owners.forget(owner) {
            self.table.kill_owner(&owner);
        }
    }

    /// `ownerRelease`.
    pub fn owner_release(&self, owner: f64) {
        if let Some(owner) = self.owners.forget(owner) {
            self.table.release_owner(&owner);
        }
    }

    /// `ownerCancel`.
    pub fn owner_cancel(&self, owner: f64) {
        if let Some(owner) = self.owners.find(owner) {
            owner.cancel();
        }
    }

    /// Drops all owners, so that no thread stays blocked here and scratch directories go, before the process ends.
    pub fn shutdown(&self) {
        for owner in self.owners.all() {
            self.owner_drop(owner);
        }
    }

    /// `handleCount`.
    pub fn handle_count(&self) -> usize {
        self.table.live()
    }

    /// `close`. Data plane.
    pub fn close(&self, owner: f64, handle: f64) -> Result<(), Errno> {
        self.table.close(owner, handle)
    }

    /// A live owner, or why not.
    pub(crate) fn owner(&self, owner: f64) -> Result<Arc<Owner>, Errno> {
        self.owners.find(owner).ok_or(Errno::BADF)
    }
}
