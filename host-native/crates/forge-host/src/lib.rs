//! Everything ForgeOne can do to the machine, as a plain Rust library (call path step 9).
//!
//! [`Machine`] is the entry. It owns the capability [`table`]; each module adds the operations of one kind of object
//! to it: [`grant`], [`dir`], [`file`], [`meta`], [`stream`], [`log`], [`scratch`], [`outbound`]. Control-plane
//! operations return [`HostError`] with one of ten codes; data-plane operations return [`Errno`] and never panic for
//! what a guest did. There is no unsafe code: every system call goes through rustix.
#![forbid(unsafe_code)]

pub mod beneath;
pub mod clock;
pub mod digest;
pub mod dir;
pub mod error;
pub mod file;
pub mod grant;
pub mod ids;
pub mod limits;
pub mod lineage;
pub mod log;
pub mod machine;
pub mod meta;
pub mod mint;
pub mod names;
pub mod numbers;
pub mod outbound;
pub mod owner;
pub mod path;
pub mod quota;
pub mod random;
pub mod readdir;
pub mod remove;
pub mod rights;
pub mod rlimit;
pub mod scratch;
pub mod stream;
pub mod sync;
pub mod table;
pub mod wait;

pub use error::{Code, HostError};
pub use machine::Machine;
pub use rustix::io::Errno;
