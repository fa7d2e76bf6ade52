//! What the tests share: a machine, a principal, and a directory that goes away.
#![allow(dead_code, missing_docs)]

use forge_host::grant::Request;
use forge_host::quota::Quota;
use forge_host::{Errno, Machine};
use std::path::{Path, PathBuf};

pub const READ: f64 = 1.0;
pub const WRITE: f64 = 2.0;
pub const MUTATE: f64 = 4.0;
pub const ALL: f64 = 7.0;

pub mod open {
    pub const CREATE: u64 = 1;
    pub const DIRECTORY: u64 = 2;
    pub const EXCLUSIVE: u64 = 4;
    pub const TRUNCATE: u64 = 8;
    pub const FOLLOW: u64 = 16;
    pub const READ: u64 = 32;
    pub const WRITE: u64 = 64;
}

/// A directory for one test.
pub struct Temp(pub PathBuf);

impl Temp {
    pub fn new() -> Temp {
        let name = format!("forge-test-{}", forge_host::random::hex_name().unwrap());
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir(&path).unwrap();
        Temp(path.canonicalize().unwrap())
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    pub fn text(&self, name: &str) -> String {
        self.path(name).to_str().unwrap().to_owned()
    }
}

impl Drop for Temp {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A machine with one principal that may mint.
pub struct World {
    pub machine: Machine,
    pub key: String,
    pub owner: f64,
}

impl World {
    pub fn new() -> World {
        let machine = Machine::new();
        let key = machine.take_mint_key().unwrap();
        let owner = machine.owner_create("test").unwrap();
        World { machine, key, owner }
    }

    pub fn grant_until(&self, action: &str, resource: &str, rights: f64, expires_ms: f64) -> f64 {
        let request = Request { call_id: "call", action, resource, rights, expires_ms };
        self.machine.grant_mint(&self.key, self.owner, &request).unwrap()
    }

    pub fn grant(&self, action: &str, resource: &str, rights: f64) -> f64 {
        self.grant_until(action, resource, rights, 0.0)
    }

    pub fn dir_with(&self, path: &Path, rights: f64, quota: Option<(f64, f64)>) -> f64 {
        let grant = self.grant("dir.open", path.to_str().unwrap(), rights);
        let quota = quota.map(|(bytes, entries)| Quota::from_f64(bytes, entries).unwrap());
        self.machine.dir_open(self.owner, grant, quota).unwrap()
    }

    pub fn dir(&self, path: &Path) -> f64 {
        self.dir_with(path, ALL, None)
    }

    pub fn open(&self, dir: f64, path: &str, flags: u64) -> Result<f64, Errno> {
        self.machine.open_at(self.owner, dir, path, flags as f64)
    }

    pub fn write(&self, file: f64, bytes: &[u8], offset: u64) -> Result<usize, Errno> {
        self.machine.pwrite(self.owner, file, bytes, 0.0, bytes.len() as f64, offset as f64)
    }

    pub fn read(&self, file: f64, len: usize, offset: u64) -> Result<Vec<u8>, Errno> {
        let mut bytes = vec![0; len];
        let read = self.machine.pread(self.owner, file, &mut bytes, 0.0, len as f64, offset as f64)?;
        bytes.truncate(read);
        Ok(bytes)
    }

    pub fn close(&self, handle: f64) {
        self.machine.close(self.owner, handle).unwrap();
    }

    pub fn used(&self, dir: f64) -> (u64, u64) {
        let usage = self.machine.usage(self.owner, dir).unwrap();
        (usage.bytes, usage.entries)
    }

    pub fn stat(&self, dir: f64, path: &str, follow: bool) -> Result<[i64; 11], Errno> {
        let mut out = [0; 11];
        self.machine.stat_at(self.owner, dir, path, follow, &mut out)?;
        Ok(out)
    }

    pub fn names(&self, dir: f64) -> Vec<String> {
        let stream = self.machine.read_dir(self.owner, dir).unwrap();
        let mut names = Vec::new();
        while let Some((_, name)) = self.machine.read_dir_next(self.owner, stream).unwrap() {
            names.push(name);
        }
        self.close(stream);
        names.sort();
        names
    }
}
