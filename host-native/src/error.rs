//! Errors on their way to JavaScript: the case of the error table becomes `error.code`.
//!
//! The table itself is `crates/forge-host/src/error.rs`.

use forge_host::{Code, HostError};

/// Result of a control-plane function. The name must be `Result` for `#[napi]` to see it.
pub type Result<T> = std::result::Result<T, napi::Error<Code>>;

/// What JavaScript gets to see of a refusal.
pub fn thrown(error: HostError) -> napi::Error<Code> {
    napi::Error::new(error.code, error.message)
}
