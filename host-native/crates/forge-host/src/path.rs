//! Paths as text: what is refused before the kernel sees it, and where the last component begins.
//!
//! `..` and links are not judged here. Only the kernel can resolve them without a race ([`crate::beneath`]).

use crate::error::{Code, HostError};
use crate::limits::PATH_BYTES_MAX;
use rustix::io::Errno;

/// Refuses what no guest path may be: NUL, empty, too long, absolute (attack 29).
#[inline]
pub fn check(path: &str) -> Result<(), Errno> {
    let bytes = path.as_bytes();
    match bytes.first() {
        None => Err(Errno::NOENT),
        Some(b'/') => Err(Errno::PERM),
        Some(_) if bytes.len() > PATH_BYTES_MAX => Err(Errno::NAMETOOLONG),
        Some(_) if bytes.contains(&0) => Err(Errno::INVAL),
        Some(_) => Ok(()),
    }
}

/// Whether a checked path names an entry of the directory itself.
#[inline]
pub fn is_one_component(path: &str) -> bool {
    !path.as_bytes().contains(&b'/') && !matches!(path, "." | "..")
}

/// Refuses names of the platform itself that are not canonical: they come from decisions, and a decision that names
/// `/a/../b` was made about something else.
pub fn check_resource(path: &str) -> Result<(), HostError> {
    let refuse = |why: &str| Err(HostError::new(Code::Invalid, format!("resource '{}' {why}", path.escape_debug())));
    if !path.starts_with('/') {
        return refuse("is not an absolute path");
    }
    if path.len() > PATH_BYTES_MAX {
        return Err(HostError::new(Code::Invalid, "resource is longer than a path can be"));
    }
    if path.contains('\0') {
        return refuse("holds a NUL");
    }
    if path.split('/').any(|part| matches!(part, "." | "..")) {
        return refuse("is not canonical");
    }
    Ok(())
}

/// A path as its directory and last component, for system calls that have no form beneath a directory.
#[derive(Debug, PartialEq, Eq)]
pub struct Split<'a> {
    /// Directory part, `.` when there is none.
    pub parent: &'a str,
    /// Last component, with one `/` behind it if the path has any: mkdir, unlink, rename and link know what that means.
    pub name: &'a str,
    /// Last component alone.
    pub bare: &'a str,
}

impl Split<'_> {
    /// Whether the path ends in a slash.
    pub fn has_slash(&self) -> bool {
        self.name.len() > self.bare.len()
    }

    /// Whether the last component is `.` or `..`.
    pub fn is_dots(&self) -> bool {
        matches!(self.bare, "." | "..")
    }
}

/// Checks and splits.
pub fn split(path: &str) -> Result<Split<'_>, Errno> {
    check(path)?;
    let bare_path = path.trim_end_matches('/');
    let start = bare_path.rfind('/').map_or(0, |at| at + 1);
    let bare = &bare_path[start..];
    let name = &path[start..(bare_path.len() + 1).min(path.len())];
    // The slash stays on the parent, so that a parent that is not a directory is -ENOTDIR.
    let parent = if start == 0 { "." } else { &path[..start] };
    if bare.len() > 255 {
        return Err(Errno::NAMETOOLONG);
    }
    Ok(Split { parent, name, bare })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_splits_before_its_last_component() {
        let of = |path| split(path).map(|s| (s.parent, s.bare, s.has_slash())).unwrap();
        assert_eq!(of("a"), (".", "a", false));
        assert_eq!(of("a/"), (".", "a", true));
        assert_eq!(of("a//"), (".", "a", true));
        assert_eq!(of("a/b"), ("a/", "b", false));
        assert_eq!(of("a//b///"), ("a//", "b", true));
        assert_eq!(of(".."), (".", "..", false));
        assert_eq!(of("x/../"), ("x/", "..", true));
        assert_eq!(split("a//").unwrap().name, "a/");
        assert!(split("..").unwrap().is_dots());
    }

    #[test]
    fn hostile_paths_are_refused_by_name() {
        assert_eq!(check(""), Err(Errno::NOENT));
        assert_eq!(check("/etc"), Err(Errno::PERM));
        assert_eq!(check("a\0b"), Err(Errno::INVAL));
        assert_eq!(check(&"a".repeat(4096)), Err(Errno::NAMETOOLONG));
        assert_eq!(split(&"a".repeat(256)), Err(Errno::NAMETOOLONG));
    }

    #[test]
    fn resources_are_absolute_and_canonical() {
        for bad in ["", "a", "/a/..", "/./a", "/a\0", "/a/../b"] {
            assert_eq!(check_resource(bad).unwrap_err().code, Code::Invalid, "{bad:?}");
        }
        for good in ["/", "/a", "/a/..b/.c"] {
            check_resource(good).unwrap();
        }
    }
}
