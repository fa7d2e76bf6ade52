//! Rights of a handle: a bit set that only ever shrinks on the way down.

use rustix::io::Errno;

/// `RIGHT` of `host.ts`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rights(u8);

impl Rights {
    /// Nothing.
    pub const NONE: Rights = Rights(0);
    /// Open and read files, list directories, stat.
    pub const READ: Rights = Rights(1);
    /// Write, truncate and append to files, set times on files.
    pub const WRITE: Rights = Rights(2);
    /// Create, remove, rename and link entries.
    pub const MUTATE: Rights = Rights(4);
    /// All of them.
    pub const ALL: Rights = Rights(7);

    /// What JavaScript passed; `None` for unknown bits.
    pub fn from_f64(value: f64) -> Option<Self> {
        crate::ids::integer(value).filter(|&bits| bits <= u64::from(Self::ALL.0)).map(|bits| Rights(bits as u8))
    }

    /// The bits, for JavaScript.
    pub fn as_f64(self) -> f64 {
        f64::from(self.0)
    }

    /// Whether all of `other` are here.
    #[inline]
    pub fn contains(self, other: Rights) -> bool {
        self.0 & other.0 == other.0
    }

    /// Both.
    pub const fn with(self, other: Rights) -> Rights {
        Rights(self.0 | other.0)
    }

    /// Reading, or `-EPERM`.
    #[inline]
    pub fn read(self) -> Result<(), Errno> {
        if self.contains(Self::READ) { Ok(()) } else { Err(Errno::PERM) }
    }

    /// Writing, or `-EROFS`: what a program expects of a read-only mount.
    #[inline]
    pub fn write(self) -> Result<(), Errno> {
        if self.contains(Self::WRITE) { Ok(()) } else { Err(Errno::ROFS) }
    }

    /// Changing entries, or `-EROFS`.
    #[inline]
    pub fn mutate(self) -> Result<(), Errno> {
        if self.contains(Self::MUTATE) { Ok(()) } else { Err(Errno::ROFS) }
    }
}
