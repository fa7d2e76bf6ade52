//! The Node-API skin over `forge-host`: no logic, only the way of values between JavaScript and Rust (call path step 9).
//!
//! [`control`] holds the control plane, one `#[napi]` function for each: it throws errors whose `code` is one of the
//! ten of the error table. [`data`] holds the data plane: numbers in, a number out, no allocation. [`raw`] is the one
//! module with unsafe code. The machine is one for the process: every worker thread that loads the addon shares it.

use forge_host::Machine;
use std::sync::LazyLock;

mod control;
mod data;
mod error;
mod raw;

/// The machine of this process.
static MACHINE: LazyLock<Machine> = LazyLock::new(Machine::new);
