//! Directories: the roots of what a guest can reach (call path step 9).

use crate::beneath;
use crate::error::{Code, Context, HostError};
use crate::grant::Action;
use crate::machine::Machine;
use crate::path::Split;
use crate::quota::{Ledger, Quota, Usage, key_of};
use crate::remove;
use crate::rights::Rights;
use crate::scratch::Scratch;
use crate::table::Object;
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::{Mode, OFlags, fstat};
use rustix::io::Errno;
use std::sync::Arc;

/// What all handles below one opened root share.
pub struct Tree {
    /// The count, shared with other openings of the same root.
    pub ledger: Arc<Ledger>,
    /// Removes the directory when the last object of the tree is gone. Last field: it drops last.
    pub scratch: Option<Scratch>,
}

/// A directory, held only as a place (O_PATH): it can be walked from and nothing else.
pub struct Dir {
    fd: OwnedFd,
    /// What it belongs to. After the descriptor, so that the tree outlives it.
    pub tree: Arc<Tree>,
}

/// The directory in which a path's last component lies.
pub enum Parent<'a> {
    /// The handle's own directory.
    Here(BorrowedFd<'a>),
    /// One below it.
    Below(OwnedFd),
}

impl AsFd for Parent<'_> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            Parent::Here(fd) => *fd,
            Parent::Below(fd) => fd.as_fd(),
        }
    }
}

impl AsFd for Dir {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

impl Dir {
    /// A directory below `tree`'s root.
    pub fn new(fd: OwnedFd, tree: Arc<Tree>) -> Dir {
        Dir { fd, tree }
    }

    /// The count of its tree.
    pub fn ledger(&self) -> &Arc<Ledger> {
        &self.tree.ledger
    }

    /// Opens the directory part of a path beneath this one.
    pub fn parent(&self, path: &Split<'_>) -> Result<Parent<'_>, Errno> {
        if path.parent == "." {
            return Ok(Parent::Here(self.fd.as_fd()));
        }
        beneath::locate_dir(&self.fd, path.parent).map(Parent::Below)
    }
}

/// Opens an absolute path of the platform itself. Links in it are the operator's and are followed.
pub fn open_resource(resource: &str) -> Result<OwnedFd, HostError> {
    rustix::fs::open(resource, OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty()).about(resource)
}

/// The directory that holds `resource`, and its name in it.
pub fn open_parent(resource: &str) -> Result<(OwnedFd, &str), HostError> {
    let resource = resource.trim_end_matches('/');
    match resource.rsplit_once('/') {
        Some((parent, name)) if !name.is_empty() => {
            Ok((open_resource(if parent.is_empty() { "/" } else { parent })?, name))
        }
        _ => Err(HostError::new(Code::Invalid, "the root directory has no parent")),
    }
}

/// Refuses machines whose kernel cannot confine a path: there is no safe way to do it by hand.
pub fn check_confinement(dir: impl AsFd) -> Result<(), HostError> {
    match beneath::locate_dir(dir, ".") {
        Ok(_) => {}
        Err(Errno::NOSYS) => {
            return Err(HostError::new(Code::Unsupported, "openat2(2) is missing: Linux 5.6 or later is needed"));
        }
        Err(errno) => return Err(HostError::os("openat2", errno)),
    }
    beneath::proc_fds().map(drop).map_err(|errno| {
        HostError::new(Code::Unsupported, format!("/proc is not there: {}", std::io::Error::from(errno)))
    })
}

impl Machine {
    /// `dirOpen`.
    pub fn dir_open(&self, owner: f64, grant: f64, quota: Option<Quota>) -> Result<f64, HostError> {
        let (grant, held) = self.grant(owner, grant, Action::DirOpen)?;
        let fd = open_resource(&grant.resource)?;
        check_confinement(&fd)?;
        let ledger = self.ledgers.of(key_of(&fstat(&fd).about(&grant.resource)?));
        if let Some(quota) = quota {
            ledger.limit(&fd, quota)?;
        }
        let dir = Dir::new(fd, Arc::new(Tree { ledger, scratch: None }));
        self.adopt("dirOpen", &held, &held.owner, held.rights, Object::Dir(Arc::new(dir)))
    }

    /// `dirCreate`.
    pub fn dir_create(&self, owner: f64, grant: f64) -> Result<(), HostError> {
        let (grant, held) = self.grant(owner, grant, Action::DirOpen)?;
        may_mutate(held.rights)?;
        let (parent, name) = open_parent(&grant.resource)?;
        rustix::fs::mkdirat(&parent, name, Mode::RWXU).about(&grant.resource)
    }

    /// `dirRemove`.
    pub fn dir_remove(&self, owner: f64, grant: f64) -> Result<(), HostError> {
        let (grant, held) = self.grant(owner, grant, Action::DirOpen)?;
        may_mutate(held.rights)?;
        let (parent, name) = open_parent(&grant.resource)?;
        remove::tree(&parent, name).about(&grant.resource)
    }

    /// `usage`.
    pub fn usage(&self, owner: f64, dir: f64) -> Result<Usage, HostError> {
        let held = self.held(owner, dir)?;
        match &held.object {
            Object::Dir(dir) => dir.ledger().usage(&**dir),
            _ => Err(HostError::new(Code::Invalid, "the handle is not a directory")),
        }
    }
}

fn may_mutate(rights: Rights) -> Result<(), HostError> {
    rights.mutate().map_err(|_| HostError::new(Code::Denied, "the grant has no right to change entries"))
}
