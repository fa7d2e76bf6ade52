//! Clocks (call path step 9).

use rustix::io::Errno;
use rustix::time::{ClockId, clock_gettime};

/// Wall clock, ns since 1970.
pub const REALTIME: f64 = 0.0;
/// Monotonic clock, ns.
pub const MONOTONIC: f64 = 1.0;

fn nanos(id: ClockId) -> u64 {
    let now = clock_gettime(id);
    // A wall clock before 1970 reads as 1970: no caller can use a negative time.
    (now.tv_sec.max(0) as u64).saturating_mul(1_000_000_000).saturating_add(now.tv_nsec as u64)
}

/// Nanoseconds of the clock named by `CLOCK` of `host.ts`.
pub fn now(clock: f64) -> Result<u64, Errno> {
    if clock == REALTIME {
        Ok(realtime())
    } else if clock == MONOTONIC {
        Ok(nanos(ClockId::Monotonic))
    } else {
        Err(Errno::INVAL)
    }
}

/// Wall clock, ns since 1970.
pub fn realtime() -> u64 {
    nanos(ClockId::Realtime)
}

/// The clock that leases are kept by: it counts while the machine sleeps and nobody can set it back (attack 72).
pub fn lease() -> u64 {
    nanos(ClockId::Boottime)
}

/// Monotonic clock, ns; what timeouts are kept by.
pub fn monotonic() -> u64 {
    nanos(ClockId::Monotonic)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_advance_and_unknown_ones_are_refused() {
        let first = now(MONOTONIC).unwrap();
        assert!(now(MONOTONIC).unwrap() >= first);
        assert!(now(REALTIME).unwrap() > 1_600_000_000_000_000_000);
        assert_eq!(now(2.0), Err(Errno::INVAL));
        assert_eq!(now(f64::NAN), Err(Errno::INVAL));
    }
}
