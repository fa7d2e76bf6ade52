//! State and times of files (call path step 9).

use crate::beneath;
use crate::machine::Machine;
use crate::path::{check, is_one_component};
use crate::table::Object;
use rustix::fd::{AsFd, BorrowedFd};
use rustix::fs::{AtFlags, FileType, Stat, Timespec, Timestamps, UTIME_NOW, UTIME_OMIT, fstat, statat, utimensat};
use rustix::io::Errno;

/// Length of the array a stat is written into.
pub const STAT_LENGTH: usize = 11;

/// `FILE_TYPE` of `host.ts`.
pub fn type_number(kind: FileType) -> u32 {
    match kind {
        FileType::BlockDevice => 1,
        FileType::CharacterDevice => 2,
        FileType::Directory => 3,
        FileType::Fifo => 4,
        FileType::Symlink => 5,
        FileType::RegularFile => 6,
        FileType::Socket => 7,
        FileType::Unknown => 0,
    }
}

/// Writes a stat in the order of `STAT` of `host.ts`.
#[allow(clippy::unnecessary_cast)]
fn write_stat(stat: &Stat, out: &mut [i64]) -> Result<(), Errno> {
    let out: &mut [i64; STAT_LENGTH] =
        out.get_mut(..STAT_LENGTH).and_then(|out| out.try_into().ok()).ok_or(Errno::FAULT)?;
    *out = [
        i64::from(type_number(FileType::from_raw_mode(stat.st_mode))),
        stat.st_nlink as i64,
        stat.st_size as i64,
        stat.st_atime as i64,
        stat.st_atime_nsec as i64,
        stat.st_mtime as i64,
        stat.st_mtime_nsec as i64,
        stat.st_ctime as i64,
        stat.st_ctime_nsec as i64,
        stat.st_dev as i64,
        stat.st_ino as i64,
    ];
    Ok(())
}

/// A time to set.
#[derive(Clone, Copy, Debug)]
pub enum NewTime {
    /// As it is.
    Keep,
    /// The system's time.
    Now,
    /// This one.
    At {
        /// Seconds since 1970; may be negative.
        seconds: f64,
        /// Nanoseconds after that.
        nanos: f64,
    },
}

impl NewTime {
    /// How the addon passes it: 0 keep, 1 now, 2 the time that follows.
    pub fn from_f64(kind: f64, seconds: f64, nanos: f64) -> Result<NewTime, Errno> {
        match kind {
            0.0 => Ok(NewTime::Keep),
            1.0 => Ok(NewTime::Now),
            2.0 => Ok(NewTime::At { seconds, nanos }),
            _ => Err(Errno::INVAL),
        }
    }

    fn timespec(self) -> Result<Timespec, Errno> {
        match self {
            NewTime::Keep => Ok(Timespec { tv_sec: 0, tv_nsec: UTIME_OMIT as _ }),
            NewTime::Now => Ok(Timespec { tv_sec: 0, tv_nsec: UTIME_NOW as _ }),
            NewTime::At { seconds, nanos } => {
                let whole = crate::ids::integer(seconds.abs()).ok_or(Errno::INVAL)? as i64;
                // The special values above are beyond a second, so a guest cannot smuggle them in.
                let nanos = crate::ids::integer(nanos).filter(|&nanos| nanos < 1_000_000_000).ok_or(Errno::INVAL)?;
                Ok(Timespec { tv_sec: if seconds < 0.0 { -whole } else { whole }, tv_nsec: nanos as _ })
            }
        }
    }
}

fn set_times(fd: BorrowedFd<'_>, access: NewTime, modify: NewTime) -> Result<(), Errno> {
    let times = Timestamps { last_access: access.timespec()?, last_modification: modify.timespec()? };
    // The form with an empty path also takes places (O_PATH), links among them.
    utimensat(fd, "", &times, AtFlags::EMPTY_PATH)
}

impl Machine {
    /// `fstat`. Data plane, hot.
    #[inline]
    pub fn fstat(&self, owner: f64, handle: f64, out: &mut [i64]) -> Result<(), Errno> {
        let stat = match self.table.object(owner, handle)?.0 {
            Object::File(file) => fstat(&*file)?,
            Object::Dir(dir) => fstat(&*dir)?,
            Object::Stream(stream) => fstat(&*stream)?,
            _ => return Err(Errno::BADF),
        };
        write_stat(&stat, out)
    }

    /// `statAt`. Data plane.
    pub fn stat_at(&self, owner: f64, dir: f64, path: &str, follow: bool, out: &mut [i64]) -> Result<(), Errno> {
        let (dir, rights) = self.table.dir(owner, dir)?;
        check(path)?;
        rights.read()?;
        if is_one_component(path) {
            // An entry of the directory itself: nothing is resolved, so nothing can lead out. A third of the cost.
            let stat = statat(&*dir, path, AtFlags::SYMLINK_NOFOLLOW | AtFlags::NO_AUTOMOUNT)?;
            if !follow || FileType::from_raw_mode(stat.st_mode) != FileType::Symlink {
                return write_stat(&stat, out);
            }
        }
        write_stat(&fstat(beneath::locate(&*dir, path, follow)?)?, out)
    }

    /// `setTimes`. Data plane.
    pub fn set_times(&self, owner: f64, handle: f64, access: NewTime, modify: NewTime) -> Result<(), Errno> {
        let (object, rights) = self.table.object(owner, handle)?;
        rights.write()?;
        match object {
            Object::File(file) => set_times(file.as_fd(), access, modify),
            Object::Dir(dir) => set_times(dir.as_fd(), access, modify),
            _ => Err(Errno::BADF),
        }
    }

    /// `setTimesAt`. Data plane.
    pub fn set_times_at(
        &self,
        owner: f64,
        dir: f64,
        path: &str,
        follow: bool,
        access: NewTime,
        modify: NewTime,
    ) -> Result<(), Errno> {
        let (dir, rights) = self.table.dir(owner, dir)?;
        check(path)?;
        rights.write()?;
        set_times(beneath::locate(&*dir, path, follow)?.as_fd(), access, modify)
    }
}
