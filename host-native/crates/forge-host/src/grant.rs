//! Grants: what a decision of the security plugin allows, and how handles are derived and revoked.

use crate::clock;
use crate::error::{Code, HostError};
use crate::ids::{Handle, integer};
use crate::machine::Machine;
use crate::owner::Owner;
use crate::path;
use crate::rights::Rights;
use crate::table::{Held, Object};
use rustix::io::Errno;
use std::sync::Arc;

/// `GrantAction` of `host.ts`: a closed set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Open, create or remove one directory.
    DirOpen,
    /// A fresh directory.
    DirScratch,
    /// Write or read one log.
    LogOpen,
    /// One standard stream of this process.
    StdioInherit,
    /// A pipe.
    PipeCreate,
    /// An allow-list.
    OutboundDefine,
}

impl Action {
    /// By its name in TypeScript.
    pub fn parse(name: &str) -> Option<Action> {
        Some(match name {
            "dir.open" => Action::DirOpen,
            "dir.scratch" => Action::DirScratch,
            "log.open" => Action::LogOpen,
            "stdio.inherit" => Action::StdioInherit,
            "pipe.create" => Action::PipeCreate,
            "outbound.define" => Action::OutboundDefine,
            _ => return None,
        })
    }
}

/// What the gate presents.
pub struct Request<'a> {
    /// For the audit line.
    pub call_id: &'a str,
    /// Name of the action.
    pub action: &'a str,
    /// Canonical name of the resource.
    pub resource: &'a str,
    /// `RIGHT` bits.
    pub rights: f64,
    /// Unix time in ms, 0 for no end.
    pub expires_ms: f64,
}

/// A minted decision.
pub struct Grant {
    /// For the audit line.
    pub call_id: String,
    /// What may be done.
    pub action: Action,
    /// To what.
    pub resource: String,
}

fn invalid(message: impl Into<String>) -> HostError {
    HostError::new(Code::Invalid, message)
}

fn check_resource(action: Action, resource: &str) -> Result<(), HostError> {
    match action {
        Action::DirOpen | Action::LogOpen => path::check_resource(resource),
        // The base directory, or empty for the machine's own place.
        Action::DirScratch if resource.is_empty() => Ok(()),
        Action::DirScratch => path::check_resource(resource),
        Action::StdioInherit if matches!(resource, "0" | "1" | "2") => Ok(()),
        Action::StdioInherit => Err(invalid("the resource of stdio.inherit is 0, 1 or 2")),
        Action::PipeCreate | Action::OutboundDefine => Ok(()),
    }
}

/// The lease clock at the wall-clock time `expires_ms`, 0 for no end.
///
/// The wall clock is read once, here: a clock that is set back later must not lengthen the lease (attack 72).
fn deadline(expires_ms: f64) -> Result<u64, HostError> {
    let expires_ms = integer(expires_ms).ok_or_else(|| invalid("expiresMs is not a time"))?;
    if expires_ms == 0 {
        return Ok(0);
    }
    let left = expires_ms.saturating_mul(1_000_000).saturating_sub(clock::realtime());
    Ok(clock::lease().saturating_add(left))
}

impl Machine {
    /// `takeMintKey`.
    pub fn take_mint_key(&self) -> Result<String, HostError> {
        self.mint.take()
    }

    /// `grantMint`.
    pub fn grant_mint(&self, key: &str, owner: f64, request: &Request<'_>) -> Result<f64, HostError> {
        self.mint.check(key)?;
        let action = Action::parse(request.action)
            .ok_or_else(|| invalid(format!("unknown action '{}'", request.action.escape_debug())))?;
        check_resource(action, request.resource)?;
        let rights = Rights::from_f64(request.rights).ok_or_else(|| invalid("unknown bits in rights"))?;
        let deadline = deadline(request.expires_ms)?;
        let owner = self.owners.find(owner).ok_or_else(|| HostError::new(Code::NotFound, "unknown owner"))?;
        let grant = Grant { call_id: request.call_id.to_owned(), action, resource: request.resource.to_owned() };
        self.table
            .insert_root(&owner, rights, deadline, Object::Grant(Arc::new(grant)))
            .map(Handle::as_f64)
            .map_err(|errno| HostError::os("grantMint", errno))
    }

    /// The grant that `handle` names, if it is for `action`.
    pub(crate) fn grant(&self, owner: f64, handle: f64, action: Action) -> Result<(Arc<Grant>, Held), HostError> {
        let held = self.held(owner, handle)?;
        match &held.object {
            Object::Grant(grant) if grant.action == action => Ok((Arc::clone(grant), held)),
            Object::Grant(grant) => Err(HostError::new(
                Code::Denied,
                format!("the grant of call {} is for {:?}, not {action:?}", grant.call_id, grant.action),
            )),
            _ => Err(HostError::new(Code::Denied, "the handle is not a grant")),
        }
    }

    /// A handle for the control plane: dead and foreign ones are `denied`.
    pub(crate) fn held(&self, owner: f64, handle: f64) -> Result<Held, HostError> {
        self.table
            .held(owner, handle)
            .map_err(|_| HostError::new(Code::Denied, "the handle is unknown, revoked, expired or of another owner"))
    }

    /// Puts what a control-plane operation made below the handle it was made from.
    pub(crate) fn adopt(
        &self,
        what: &str,
        parent: &Held,
        owner: &Arc<Owner>,
        rights: Rights,
        object: Object,
    ) -> Result<f64, HostError> {
        self.table.insert_child(parent, owner, rights, object).map(Handle::as_f64).map_err(|errno| match errno {
            Errno::MFILE => HostError::new(Code::Limit, format!("{what}: the owner holds too many handles")),
            errno => HostError::os(what, errno),
        })
    }

    /// `derive`.
    pub fn derive(&self, owner: f64, parent: f64, new_owner: f64, rights: f64) -> Result<f64, HostError> {
        let held = self.held(owner, parent)?;
        let rights = Rights::from_f64(rights).ok_or_else(|| invalid("unknown bits in rights"))?;
        if !held.rights.contains(rights) {
            return Err(HostError::new(Code::Denied, "a derived handle has at most the rights of its parent"));
        }
        let heir = self.owners.find(new_owner).ok_or_else(|| HostError::new(Code::NotFound, "unknown new owner"))?;
        self.adopt("derive", &held, &heir, rights, held.object.clone())
    }

    /// `rightsOf`: 0 for what is not there, or another's.
    pub fn rights_of(&self, owner: f64, handle: f64) -> f64 {
        self.table.held(owner, handle).map_or(0.0, |held| held.rights.as_f64())
    }

    /// `revoke`.
    pub fn revoke(&self, owner: f64, handle: f64) -> Result<usize, HostError> {
        let held = self.held(owner, handle)?;
        Ok(self.table.kill(held.handle))
    }
}
