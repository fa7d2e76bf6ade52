//! Randomness: getrandom(2) for guests, and a small pool of it for handle generations (call path step 9).

use crate::limits::RANDOM_SLICE_BYTES;
use rustix::io::Errno;
use rustix::rand::{GetRandomFlags, getrandom};

/// Fills all of `out`.
pub fn fill(out: &mut [u8]) -> Result<(), Errno> {
    for slice in out.chunks_mut(RANDOM_SLICE_BYTES) {
        let mut done = 0;
        while done < slice.len() {
            match getrandom(&mut slice[done..], GetRandomFlags::empty()) {
                Ok(n) => done += n,
                Err(Errno::INTR) => {}
                Err(errno) => return Err(errno),
            }
        }
    }
    Ok(())
}

/// Random 64 bits straight from the system.
pub fn bits() -> Result<u64, Errno> {
    let mut bytes = [0; 8];
    fill(&mut bytes)?;
    Ok(u64::from_le_bytes(bytes))
}

/// A random name, 128 bits in hex.
pub fn hex_name() -> Result<String, Errno> {
    let mut bytes = [0; 16];
    fill(&mut bytes)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// 1 KiB of system randomness, handed out in words: one system call for 256 handles.
pub struct Pool {
    bytes: [u8; 1024],
    next: usize,
}

impl Default for Pool {
    fn default() -> Self {
        Pool { bytes: [0; 1024], next: 1024 }
    }
}

impl Pool {
    /// A word that was never handed out before.
    pub fn word(&mut self) -> Result<u32, Errno> {
        if self.next + 4 > self.bytes.len() {
            fill(&mut self.bytes)?;
            self.next = 0;
        }
        let mut word = [0; 4];
        let place = &mut self.bytes[self.next..self.next + 4];
        word.copy_from_slice(place);
        place.fill(0);
        self.next += 4;
        Ok(u32::from_le_bytes(word))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_range_is_filled_to_its_end() {
        let mut out = vec![0; 3 * RANDOM_SLICE_BYTES + 5];
        fill(&mut out).unwrap();
        assert!(out[out.len() - 64..].iter().any(|&byte| byte != 0));
    }

    #[test]
    fn words_of_the_pool_differ() {
        let mut pool = Pool::default();
        let words: std::collections::HashSet<_> = (0..1000).map(|_| pool.word().unwrap()).collect();
        assert!(words.len() > 990);
    }
}
