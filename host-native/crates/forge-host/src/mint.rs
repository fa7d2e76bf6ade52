//! The secret without which no grant is minted: it goes once, to the gate.

use crate::error::{Code, Context, HostError};
use crate::random;
use crate::sync::lock;
use std::sync::Mutex;
use subtle::ConstantTimeEq;

/// Keeps the key.
#[derive(Default)]
pub struct Mint {
    key: Mutex<Option<String>>,
}

impl Mint {
    /// The key, the first time it is asked for.
    pub fn take(&self) -> Result<String, HostError> {
        let mut key = lock(&self.key);
        if key.is_some() {
            return Err(HostError::new(Code::Denied, "the mint key of this process was taken already"));
        }
        let fresh = random::hex_name().about("getrandom")?;
        *key = Some(fresh.clone());
        Ok(fresh)
    }

    /// Refuses any other key, in the same time for all of the same length.
    pub fn check(&self, offered: &str) -> Result<(), HostError> {
        let right = lock(&self.key).as_ref().is_some_and(|key| key.as_bytes().ct_eq(offered.as_bytes()).into());
        if right { Ok(()) } else { Err(HostError::new(Code::Denied, "wrong mint key")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_is_given_once_and_is_the_only_one_that_fits() {
        let mint = Mint::default();
        assert_eq!(mint.check("").unwrap_err().code, Code::Denied);
        let key = mint.take().unwrap();
        assert_eq!(key.len(), 32);
        assert_eq!(mint.take().unwrap_err().code, Code::Denied);
        mint.check(&key).unwrap();
        assert_eq!(mint.check("").unwrap_err().code, Code::Denied);
        assert_eq!(mint.check(&key[1..]).unwrap_err().code, Code::Denied);
        assert_eq!(mint.check(&"0".repeat(32)).unwrap_err().code, Code::Denied);
    }
}
