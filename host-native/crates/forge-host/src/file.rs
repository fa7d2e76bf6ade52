//! Regular files: open, read, write, size (call path step 9, the hot part).

use crate::beneath;
use crate::dir::{Dir, Tree};
use crate::ids::Handle;
use crate::limits::CREATE_ATTEMPTS;
use crate::machine::Machine;
use crate::quota::Opened;
use crate::rights::Rights;
use crate::table::Object;
use crate::{numbers, path};
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::{Advice, FileType, Mode, OFlags, Stat, fadvise, fstat, ftruncate};
use rustix::io::{Errno, ReadWriteFlags};
use std::io::IoSlice;
use std::num::NonZeroU64;
use std::sync::Arc;

/// `OPEN` of `host.ts`.
pub mod open_flag {
    #![allow(missing_docs)]
    pub const CREATE: u64 = 1;
    pub const DIRECTORY: u64 = 2;
    pub const EXCLUSIVE: u64 = 4;
    pub const TRUNCATE: u64 = 8;
    pub const FOLLOW: u64 = 16;
    pub const READ: u64 = 32;
    pub const WRITE: u64 = 64;
    pub const ALL: u64 = 127;
}

/// An open regular file. The order of the fields is the order in which they go: descriptor, charge, tree.
pub struct File {
    fd: OwnedFd,
    readable: bool,
    writable: bool,
    counted: Opened,
    /// Keeps a scratch directory while a file of it is open.
    _tree: Arc<Tree>,
}

impl AsFd for File {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

/// Tries again when a signal came first.
#[inline]
fn retry<T>(mut call: impl FnMut() -> Result<T, Errno>) -> Result<T, Errno> {
    loop {
        match call() {
            Err(Errno::INTR) => {}
            outcome => return outcome,
        }
    }
}

impl File {
    #[inline]
    fn for_read(&self, rights: Rights) -> Result<(), Errno> {
        rights.read()?;
        if self.readable { Ok(()) } else { Err(Errno::BADF) }
    }

    #[inline]
    fn for_write(&self, rights: Rights) -> Result<(), Errno> {
        rights.write()?;
        if self.writable { Ok(()) } else { Err(Errno::BADF) }
    }

    fn set_size(&self, size: u64) -> Result<(), Errno> {
        self.counted.resize(&self.fd, size, || retry(|| ftruncate(&self.fd, size)))
    }
}

/// What was asked of an open, decoded.
#[derive(Clone, Copy)]
struct Wish {
    flags: u64,
}

impl Wish {
    fn has(self, flag: u64) -> bool {
        self.flags & flag != 0
    }

    /// Access mode for open(2). A truncation needs a descriptor that can write, whatever the guest may do with it.
    fn access(self) -> OFlags {
        match (self.has(open_flag::READ), self.has(open_flag::WRITE) || self.has(open_flag::TRUNCATE)) {
            (true, true) => OFlags::RDWR,
            (false, true) => OFlags::WRONLY,
            (_, false) => OFlags::RDONLY,
        }
    }
}

impl Dir {
    fn open_file(&self, located: OwnedFd, stat: &Stat, wish: Wish) -> Result<Object, Errno> {
        // With neither mode the place itself is enough: it can be asked for its state and times.
        let fd = if wish.has(open_flag::READ | open_flag::WRITE | open_flag::TRUNCATE) {
            beneath::reopen(&located, wish.access())?
        } else {
            located
        };
        let file = self.file(fd, stat, wish);
        if wish.has(open_flag::TRUNCATE) && stat.st_size != 0 {
            file.set_size(0)?;
        }
        Ok(Object::File(Arc::new(file)))
    }

    fn file(&self, fd: OwnedFd, stat: &Stat, wish: Wish) -> File {
        File {
            fd,
            readable: wish.has(open_flag::READ),
            writable: wish.has(open_flag::WRITE),
            counted: self.ledger().opened(stat),
            _tree: Arc::clone(&self.tree),
        }
    }

    /// Opens what is there.
    fn open_existing(&self, located: OwnedFd, wish: Wish) -> Result<Object, Errno> {
        let stat = fstat(&located)?;
        match FileType::from_raw_mode(stat.st_mode) {
            FileType::Directory if wish.has(open_flag::WRITE | open_flag::TRUNCATE | open_flag::CREATE) => {
                Err(Errno::ISDIR)
            }
            FileType::Directory => Ok(Object::Dir(Arc::new(Dir::new(located, Arc::clone(&self.tree))))),
            _ if wish.has(open_flag::DIRECTORY) => Err(Errno::NOTDIR),
            FileType::RegularFile => self.open_file(located, &stat, wish),
            FileType::Symlink => Err(Errno::LOOP),
            // Devices, FIFOs, sockets (attack 33).
            _ => Err(Errno::PERM),
        }
    }

    /// Opens what is not there yet. `-EEXIST` when it is after all.
    fn open_new(&self, path: &str, wish: Wish, exclusive: bool) -> Result<Object, Errno> {
        self.ledger().take_entry()?;
        let made = (|| {
            let mut flags = wish.access() | OFlags::CREATE | OFlags::NOCTTY | OFlags::NONBLOCK;
            if exclusive {
                flags |= OFlags::EXCL | OFlags::NOFOLLOW;
            }
            let fd = beneath::open(self, path, flags, Mode::from_raw_mode(0o666))?;
            let stat = fstat(&fd)?;
            if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
                return Err(Errno::PERM);
            }
            Ok(Object::File(Arc::new(self.file(fd, &stat, wish))))
        })();
        if made.is_err() {
            self.ledger().give_entry();
        }
        made
    }

    fn open(&self, rights: Rights, path: &str, wish: Wish) -> Result<Object, Errno> {
        // From here to the note that the file is open, nobody may take its last name away uncounted.
        let _adding = self.ledger().adding();
        let follow = wish.has(open_flag::FOLLOW);
        if wish.has(open_flag::CREATE) && wish.has(open_flag::EXCLUSIVE) {
            rights.mutate()?;
            return self.open_new(path, wish, true);
        }
        for attempt in 0.. {
            match beneath::locate(self, path, follow) {
                Ok(located) => return self.open_existing(located, wish),
                Err(Errno::NOENT) if wish.has(open_flag::CREATE) => {}
                Err(errno) => return Err(errno),
            }
            rights.mutate()?;
            // O_EXCL tells us for certain whether we made it and owe an entry. It does not create through a dangling
            // link, so the last attempt goes without; should somebody make the file in that instant, the quota has one
            // entry too many, never one too few.
            let last = attempt + 1 >= CREATE_ATTEMPTS;
            match self.open_new(path, wish, !last || !follow) {
                Err(Errno::EXIST) if !last => {}
                outcome => return outcome,
            }
        }
        Err(Errno::EXIST)
    }
}

impl Machine {
    /// `openAt`. Data plane.
    pub fn open_at(&self, owner: f64, dir: f64, path: &str, flags: f64) -> Result<f64, Errno> {
        let held = self.table.held(owner, dir)?;
        let Object::Dir(dir) = &held.object else {
            return Err(if matches!(held.object, Object::File(_)) { Errno::NOTDIR } else { Errno::BADF });
        };
        path::check(path)?;
        let flags = numbers::offset(flags)?;
        let wish = Wish { flags };
        if flags & !open_flag::ALL != 0 || (wish.has(open_flag::CREATE) && wish.has(open_flag::DIRECTORY)) {
            return Err(Errno::INVAL);
        }
        if wish.has(open_flag::WRITE | open_flag::TRUNCATE) {
            held.rights.write()?;
        }
        if wish.has(open_flag::READ) || !wish.has(open_flag::WRITE) {
            held.rights.read()?;
        }
        let object = dir.open(held.rights, path, wish)?;
        self.table.insert_child(&held, &held.owner, held.rights, object).map(Handle::as_f64)
    }

    /// `pread`. Data plane, hot.
    #[inline]
    pub fn pread(
        &self,
        owner: f64,
        file: f64,
        mem: &mut [u8],
        ptr: f64,
        len: f64,
        offset: f64,
    ) -> Result<usize, Errno> {
        let (file, rights) = self.table.file(owner, file)?;
        file.for_read(rights)?;
        let range = numbers::io_range(mem.len(), ptr, len)?;
        let offset = numbers::offset(offset)?;
        retry(|| rustix::io::pread(&file.fd, &mut mem[range.clone()], offset))
    }

    /// `pwrite`. Data plane, hot.
    #[inline]
    pub fn pwrite(&self, owner: f64, file: f64, mem: &[u8], ptr: f64, len: f64, offset: f64) -> Result<usize, Errno> {
        let (file, rights) = self.table.file(owner, file)?;
        file.for_write(rights)?;
        let bytes = &mem[numbers::io_range(mem.len(), ptr, len)?];
        let offset = numbers::offset(offset)?;
        file.counted.write(&file.fd, Some(offset), bytes.len(), |fits| {
            retry(|| rustix::io::pwrite(&file.fd, &bytes[..fits], offset))
        })
    }

    /// `append`. Data plane.
    #[inline]
    pub fn append(&self, owner: f64, file: f64, mem: &[u8], ptr: f64, len: f64) -> Result<usize, Errno> {
        let (file, rights) = self.table.file(owner, file)?;
        file.for_write(rights)?;
        let bytes = &mem[numbers::io_range(mem.len(), ptr, len)?];
        file.counted.write(&file.fd, None, bytes.len(), |fits| {
            // RWF_APPEND finds the end and writes there in one step, whoever else appends (pwritev2(2)).
            retry(|| rustix::io::pwritev2(&file.fd, &[IoSlice::new(&bytes[..fits])], 0, ReadWriteFlags::APPEND))
        })
    }

    /// `setSize`. Data plane.
    pub fn set_size(&self, owner: f64, file: f64, size: f64) -> Result<(), Errno> {
        let (file, rights) = self.table.file(owner, file)?;
        file.for_write(rights)?;
        file.set_size(numbers::offset(size)?)
    }

    /// `sync`. Data plane.
    pub fn sync(&self, owner: f64, handle: f64, data_only: bool) -> Result<(), Errno> {
        let flush =
            |fd: BorrowedFd<'_>| retry(|| if data_only { rustix::fs::fdatasync(fd) } else { rustix::fs::fsync(fd) });
        match self.table.object(owner, handle)?.0 {
            Object::File(file) if file.readable || file.writable => flush(file.as_fd()),
            // Opened with no mode: it wrote nothing.
            Object::File(_) => Ok(()),
            Object::Dir(dir) => flush(beneath::open_list(&*dir)?.as_fd()),
            _ => Err(Errno::BADF),
        }
    }

    /// `advise`. Data plane.
    pub fn advise(&self, owner: f64, file: f64, offset: f64, length: f64, advice: f64) -> Result<(), Errno> {
        let (file, _) = self.table.file(owner, file)?;
        let (offset, length) = (numbers::offset(offset)?, numbers::offset(length)?);
        let advice = match numbers::offset(advice)? {
            0 => Advice::Normal,
            1 => Advice::Sequential,
            2 => Advice::Random,
            3 => Advice::WillNeed,
            4 => Advice::DontNeed,
            5 => Advice::NoReuse,
            _ => return Err(Errno::INVAL),
        };
        if !file.readable && !file.writable {
            return Err(Errno::BADF);
        }
        fadvise(&file.fd, offset, NonZeroU64::new(length), advice)
    }
}
