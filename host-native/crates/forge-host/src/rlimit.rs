//! Limits of this process itself, for throw-away children that are about to touch untrusted bytes.

use crate::error::{Code, Context, HostError};
use crate::ids::integer;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// What to limit; `None` leaves it as it is.
#[derive(Clone, Copy, Debug, Default)]
pub struct Limits {
    /// CPU time in seconds.
    pub cpu_seconds: Option<f64>,
    /// Size of any file it writes.
    pub file_size_bytes: Option<f64>,
    /// Open descriptors.
    pub open_files: Option<f64>,
    /// Size of a core dump.
    pub core_bytes: Option<f64>,
}

/// Lowers the limits of this process, soft and hard, for good (setrlimit(2)).
pub fn set(limits: &Limits) -> Result<(), HostError> {
    for (value, resource, what) in [
        (limits.cpu_seconds, Resource::Cpu, "cpuSeconds"),
        (limits.file_size_bytes, Resource::Fsize, "fileSizeBytes"),
        (limits.open_files, Resource::Nofile, "openFiles"),
        (limits.core_bytes, Resource::Core, "coreBytes"),
    ] {
        let Some(value) = value else { continue };
        let value =
            integer(value).ok_or_else(|| HostError::new(Code::Invalid, format!("{what} is not a whole number")))?;
        // Only ever down: a child that was limited stays limited, even if it is root.
        let value = getrlimit(resource).maximum.map_or(value, |maximum| value.min(maximum));
        setrlimit(resource, Rlimit { current: Some(value), maximum: Some(value) }).about(what)?;
    }
    Ok(())
}
