//! Names of native objects as they cross to JavaScript: integers of 53 bits, exact in an f64.
//!
//! A handle is a slot index and a random generation. Guessing one is worth nothing, since each use names the owner
//! too, but the generation makes a stale handle to a reused slot miss (attack 19).

/// Greatest integer that an f64 holds exactly together with all smaller ones.
pub const SAFE_MAX: u64 = (1 << 53) - 1;

const SLOT_BITS: u32 = 21;

/// Slots there can be at most: two million.
pub const SLOTS_MAX: u32 = 1 << SLOT_BITS;

/// A slot and its generation (32 random bits, never 0).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Handle(u64);

impl Handle {
    /// Packs the two.
    pub fn pack(slot: u32, generation: u32) -> Self {
        debug_assert!(slot < SLOTS_MAX && generation != 0);
        Handle(u64::from(generation) << SLOT_BITS | u64::from(slot))
    }

    /// What JavaScript holds; `None` for anything that was never a handle.
    #[inline]
    pub fn from_f64(value: f64) -> Option<Self> {
        integer(value).filter(|&bits| bits >> SLOT_BITS != 0).map(Handle)
    }

    /// For JavaScript.
    #[inline]
    pub fn as_f64(self) -> f64 {
        self.0 as f64
    }

    /// Index of the slot.
    #[inline]
    pub fn slot(self) -> u32 {
        (self.0 & u64::from(SLOTS_MAX - 1)) as u32
    }

    /// Generation of the slot when the handle was made.
    #[inline]
    pub fn generation(self) -> u32 {
        (self.0 >> SLOT_BITS) as u32
    }
}

/// A random integer from 1 to 2^53 - 1 that names a principal instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct OwnerId(u64);

impl OwnerId {
    /// From 64 random bits; `None` for the value that would be 0.
    pub fn from_random(bits: u64) -> Option<Self> {
        let id = bits & SAFE_MAX;
        (id != 0).then_some(OwnerId(id))
    }

    /// What JavaScript holds.
    #[inline]
    pub fn from_f64(value: f64) -> Option<Self> {
        integer(value).filter(|&id| id != 0).map(OwnerId)
    }

    /// For JavaScript.
    pub fn as_f64(self) -> f64 {
        self.0 as f64
    }
}

/// A whole number from 0 to 2^53 - 1, or nothing. NaN, infinities, fractions and negative numbers are nothing.
#[inline]
pub fn integer(value: f64) -> Option<u64> {
    // `as` saturates and takes NaN to 0, so the comparison rejects what did not survive the way there and back.
    let whole = value as u64;
    (whole as f64 == value && whole <= SAFE_MAX).then_some(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handle_survives_the_way_through_javascript() {
        for (slot, generation) in [(0, 1), (SLOTS_MAX - 1, u32::MAX), (12345, 0x8000_0001)] {
            let handle = Handle::pack(slot, generation);
            assert!(handle.as_f64() <= SAFE_MAX as f64);
            let back = Handle::from_f64(handle.as_f64()).unwrap();
            assert_eq!((back.slot(), back.generation()), (slot, generation));
        }
    }

    #[test]
    fn numbers_that_were_never_handles_are_refused() {
        for value in [0.0, -1.0, 0.5, f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 9007199254740992.0, 17.0, -9.0] {
            assert!(Handle::from_f64(value).is_none(), "{value}");
        }
    }

    #[test]
    fn integers_are_whole_and_exact() {
        assert_eq!(integer(0.0), Some(0));
        assert_eq!(integer(-0.0), Some(0));
        assert_eq!(integer(SAFE_MAX as f64), Some(SAFE_MAX));
        assert_eq!(integer(1.5), None);
        assert_eq!(integer(1e300), None);
    }
}
