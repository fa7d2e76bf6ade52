//! Every bare number of the addon, with its reason. Nothing elsewhere is a magic number.

/// Handles (grants, directories, files, streams) one owner may hold. Far above what a workload needs, far below the
/// process's own descriptor limit divided by a few workloads; beyond it `-EMFILE`.
pub const HANDLES_PER_OWNER_MAX: usize = 4096;

/// Longest path a guest may name, in bytes: PATH_MAX of Linux without its NUL.
pub const PATH_BYTES_MAX: usize = 4095;

/// Most bytes one read or write moves. Longer requests come back short, so that a guest asking for 2 GB cannot sit in
/// the kernel where cancel does not reach it.
pub const IO_BYTES_MAX: usize = 16 << 20;

/// Slice of one getrandom(2) call; bounds the time between two looks at the clock of whoever supervises.
pub const RANDOM_SLICE_BYTES: usize = 64 << 10;

/// How often a resolution that lost against a rename elsewhere is tried again (openat2(2): EAGAIN).
pub const RESOLVE_ATTEMPTS: usize = 128;

/// How often create-or-open goes round when the entry appears and vanishes under it.
pub const CREATE_ATTEMPTS: usize = 3;

/// Longest payload of one log record; longer writes become several records. Bounds what a reader must hold at once.
pub const LOG_RECORD_BYTES_MAX: usize = 64 << 10;

/// Most payload one `logRead` returns, whatever was asked.
pub const LOG_READ_BYTES_MAX: u64 = 16 << 20;

/// Rules in one allow-list; each connect looks at all of them.
pub const OUTBOUND_RULES_MAX: usize = 1024;

/// What is written to a pipe or terminal that we may not switch to non-blocking: POSIX lets a write of PIPE_BUF bytes
/// through without blocking once poll(2) says that the pipe is writable.
pub const BLOCKING_WRITE_BYTES: usize = 4096;

/// Principal instances alive at once.
pub const OWNERS_MAX: usize = 1 << 16;

/// Name of an owner in diagnostics.
pub const OWNER_NAME_BYTES_MAX: usize = 256;

/// Passes over a directory that others keep filling while we remove it.
pub const REMOVE_PASSES_MAX: usize = 64;
