//! Numbers a guest supplied, judged before they mean anything (attack 20).

use crate::ids::integer;
use crate::limits::IO_BYTES_MAX;
use rustix::io::Errno;
use std::ops::Range;

/// A byte offset or a file size: a whole number that fits JavaScript and `off_t`.
#[inline]
pub fn offset(value: f64) -> Result<u64, Errno> {
    integer(value).ok_or(Errno::INVAL)
}

/// The part of a memory of `size` bytes that `ptr` and `len` name; `-EFAULT` when it is not wholly inside.
#[inline]
pub fn range(size: usize, ptr: f64, len: f64) -> Result<Range<usize>, Errno> {
    let start = integer(ptr).ok_or(Errno::FAULT)?;
    let end = integer(len).and_then(|len| start.checked_add(len)).ok_or(Errno::FAULT)?;
    if end > size as u64 {
        return Err(Errno::FAULT);
    }
    Ok(start as usize..end as usize)
}

/// As [`range`], cut to what one call may move.
#[inline]
pub fn io_range(size: usize, ptr: f64, len: f64) -> Result<Range<usize>, Errno> {
    let whole = range(size, ptr, len)?;
    Ok(whole.start..whole.end.min(whole.start + IO_BYTES_MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_must_lie_inside() {
        assert_eq!(range(10, 0.0, 10.0), Ok(0..10));
        assert_eq!(range(10, 10.0, 0.0), Ok(10..10));
        for (ptr, len) in [
            (0.0, 11.0),
            (11.0, 0.0),
            (-1.0, 1.0),
            (0.5, 1.0),
            (f64::NAN, 1.0),
            (1.0, f64::INFINITY),
            (9007199254740991.0, 9007199254740991.0),
        ] {
            assert_eq!(range(10, ptr, len), Err(Errno::FAULT), "{ptr} {len}");
        }
    }
}
