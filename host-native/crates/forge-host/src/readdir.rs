//! Listing a directory (call path step 9).

use crate::beneath;
use crate::dir::Tree;
use crate::ids::Handle;
use crate::machine::Machine;
use crate::meta::type_number;
use crate::sync::lock;
use crate::table::Object;
use rustix::fs::{AtFlags, FileType, statat};
use rustix::io::Errno;
use std::sync::{Arc, Mutex};

/// A directory being listed.
pub struct Entries {
    list: Mutex<rustix::fs::Dir>,
    /// Keeps a scratch directory while it is listed.
    _tree: Arc<Tree>,
}

impl Machine {
    /// `readDir`. Data plane.
    pub fn read_dir(&self, owner: f64, dir: f64) -> Result<f64, Errno> {
        let held = self.table.held(owner, dir)?;
        let dir = match &held.object {
            Object::Dir(dir) => dir,
            Object::File(_) => return Err(Errno::NOTDIR),
            _ => return Err(Errno::BADF),
        };
        held.rights.read()?;
        // A new descriptor: two listings of one directory must not share a position.
        let list = Mutex::new(rustix::fs::Dir::new(beneath::open_list(&**dir)?)?);
        let entries = Object::Entries(Arc::new(Entries { list, _tree: Arc::clone(&dir.tree) }));
        self.table.insert_child(&held, &held.owner, held.rights, entries).map(Handle::as_f64)
    }

    /// `readDirNext`: type and name, or `None` at the end. Data plane.
    pub fn read_dir_next(&self, owner: f64, stream: f64) -> Result<Option<(u32, String)>, Errno> {
        let Object::Entries(entries) = self.table.object(owner, stream)?.0 else { return Err(Errno::BADF) };
        let mut list = lock(&entries.list);
        while let Some(entry) = list.read() {
            let entry = entry?;
            let Ok(name) = entry.file_name().to_str() else { continue };
            if matches!(name, "." | "..") {
                continue;
            }
            let kind = match entry.file_type() {
                // Some file systems do not say (readdir(3)).
                FileType::Unknown => statat(list.fd()?, name, AtFlags::SYMLINK_NOFOLLOW)
                    .map_or(FileType::Unknown, |stat| FileType::from_raw_mode(stat.st_mode)),
                kind => kind,
            };
            return Ok(Some((type_number(kind), name.to_owned())));
        }
        Ok(None)
    }
}
