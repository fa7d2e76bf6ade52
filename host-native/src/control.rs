//! The control plane: decisions, not bytes. Each function is the one of the same name in `kernel/src/host/host.ts`.
//!
//! `catch_unwind` on each, as a panic that reached Node's C++ frames would end the process.

use crate::MACHINE;
use crate::error::{Result, thrown};
use forge_host::grant::Request;
use forge_host::outbound::RuleText;
use forge_host::quota::Quota;
use forge_host::rlimit::{self, Limits};
use forge_host::scratch;
use napi::bindgen_prelude::{BigInt, Uint8Array};
use napi_derive::napi;

/// `Grant`.
#[napi(object)]
pub struct GrantRequest {
    /// For the audit line.
    pub call_id: String,
    /// `GrantAction`.
    pub action: String,
    /// Canonical name.
    pub resource: String,
    /// `RIGHT` bits.
    pub rights: f64,
    /// Unix time in ms; 0 for no end.
    pub expires_ms: f64,
}

/// `Quota`.
#[napi(object)]
pub struct QuotaRequest {
    /// 0 for no limit.
    pub bytes_max: f64,
    /// 0 for no limit.
    pub entries_max: f64,
}

impl QuotaRequest {
    fn read(&self) -> Result<Quota> {
        Quota::from_f64(self.bytes_max, self.entries_max).map_err(thrown)
    }
}

/// `Usage`.
#[napi(object)]
pub struct UsageAnswer {
    /// Sum of file sizes.
    pub bytes: f64,
    /// Entries below the root.
    pub entries: f64,
}

/// `OutboundRule`.
#[napi(object)]
pub struct OutboundRule {
    /// Name, suffix, address or block.
    pub host: String,
    /// First port.
    pub port_first: f64,
    /// Last port.
    pub port_last: f64,
    /// `tcp` or `udp`.
    pub protocol: String,
}

/// `LogRecord`.
#[napi(object)]
pub struct LogRecord {
    /// `LOG_STREAM`.
    pub stream: u32,
    /// ns since 1970.
    pub time_ns: BigInt,
    /// What was written.
    pub bytes: Uint8Array,
}

/// Answer of `logRead`.
#[napi(object)]
pub struct LogRecords {
    /// The records.
    pub records: Vec<LogRecord>,
    /// Where to go on.
    pub next: f64,
}

/// Argument of `setRlimits`.
#[napi(object)]
pub struct Rlimits {
    /// CPU time in seconds.
    pub cpu_seconds: Option<f64>,
    /// Size of any file written.
    pub file_size_bytes: Option<f64>,
    /// Open descriptors.
    pub open_files: Option<f64>,
    /// Size of a core dump.
    pub core_bytes: Option<f64>,
}

/// `ownerCreate`.
#[napi(catch_unwind)]
pub fn owner_create(name: String) -> Result<f64> {
    MACHINE.owner_create(&name).map_err(thrown)
}

/// `ownerDrop`.
#[napi(catch_unwind)]
pub fn owner_drop(owner: f64) {
    MACHINE.owner_drop(owner);
}

/// `ownerRelease`.
#[napi(catch_unwind)]
pub fn owner_release(owner: f64) {
    MACHINE.owner_release(owner);
}

/// `ownerCancel`.
#[napi(catch_unwind)]
pub fn owner_cancel(owner: f64) {
    MACHINE.owner_cancel(owner);
}

/// `grantMint`.
#[napi(catch_unwind)]
pub fn grant_mint(mint_key: String, owner: f64, grant: GrantRequest) -> Result<f64> {
    let request = Request {
        call_id: &grant.call_id,
        action: &grant.action,
        resource: &grant.resource,
        rights: grant.rights,
        expires_ms: grant.expires_ms,
    };
    MACHINE.grant_mint(&mint_key, owner, &request).map_err(thrown)
}

/// `takeMintKey`.
#[napi(catch_unwind)]
pub fn take_mint_key() -> Result<String> {
    MACHINE.take_mint_key().map_err(thrown)
}

/// `derive`.
#[napi(catch_unwind)]
pub fn derive(owner: f64, parent: f64, new_owner: f64, rights: f64) -> Result<f64> {
    MACHINE.derive(owner, parent, new_owner, rights).map_err(thrown)
}

/// `rightsOf`.
#[napi(catch_unwind)]
pub fn rights_of(owner: f64, handle: f64) -> f64 {
    MACHINE.rights_of(owner, handle)
}

/// `revoke`.
#[napi(catch_unwind)]
pub fn revoke(owner: f64, handle: f64) -> Result<f64> {
    MACHINE.revoke(owner, handle).map(|count| count as f64).map_err(thrown)
}

/// `handleCount`.
#[napi(catch_unwind)]
pub fn handle_count() -> f64 {
    MACHINE.handle_count() as f64
}

/// `dirOpen`.
#[napi(catch_unwind)]
pub fn dir_open(owner: f64, grant: f64, quota: Option<QuotaRequest>) -> Result<f64> {
    let quota = quota.map(|quota| quota.read()).transpose()?;
    MACHINE.dir_open(owner, grant, quota).map_err(thrown)
}

/// `dirCreate`.
#[napi(catch_unwind)]
pub fn dir_create(owner: f64, grant: f64) -> Result<()> {
    MACHINE.dir_create(owner, grant).map_err(thrown)
}

/// `dirRemove`.
#[napi(catch_unwind)]
pub fn dir_remove(owner: f64, grant: f64) -> Result<()> {
    MACHINE.dir_remove(owner, grant).map_err(thrown)
}

/// `scratchOpen`.
#[napi(catch_unwind)]
pub fn scratch_open(owner: f64, grant: f64, memory: bool, quota: QuotaRequest) -> Result<f64> {
    MACHINE.scratch_open(owner, grant, memory, quota.read()?).map_err(thrown)
}

/// Removes what crashed processes left below `base`; how many directories.
#[napi(catch_unwind)]
pub fn scratch_reap(base: String) -> Result<f64> {
    scratch::reap(&base).map(|count| count as f64).map_err(thrown)
}

/// `usage`.
#[napi(catch_unwind)]
pub fn usage(owner: f64, dir: f64) -> Result<UsageAnswer> {
    let usage = MACHINE.usage(owner, dir).map_err(thrown)?;
    Ok(UsageAnswer { bytes: usage.bytes as f64, entries: usage.entries as f64 })
}

/// `stdioOpen`.
#[napi(catch_unwind)]
pub fn stdio_open(owner: f64, grant: f64) -> Result<f64> {
    MACHINE.stdio_open(owner, grant).map_err(thrown)
}

/// `pipeCreate`.
#[napi(catch_unwind)]
pub fn pipe_create(owner: f64, grant: f64) -> Result<Vec<f64>> {
    MACHINE.pipe_create(owner, grant).map(|(reader, writer)| vec![reader, writer]).map_err(thrown)
}

/// `logWriter`.
#[napi(catch_unwind)]
pub fn log_writer(owner: f64, grant: f64, stream: f64, bytes_max: f64) -> Result<f64> {
    MACHINE.log_writer(owner, grant, stream, bytes_max).map_err(thrown)
}

/// `logRead`.
#[napi(catch_unwind)]
pub fn log_read(owner: f64, grant: f64, offset: f64, bytes_max: f64) -> Result<LogRecords> {
    let read = MACHINE.log_read(owner, grant, offset, bytes_max).map_err(thrown)?;
    let records = read
        .records
        .into_iter()
        .map(|record| LogRecord {
            stream: u32::from(record.stream),
            time_ns: record.time_ns.into(),
            bytes: record.bytes.into(),
        })
        .collect();
    Ok(LogRecords { records, next: read.next as f64 })
}

/// `outboundDefine`.
#[napi(catch_unwind)]
pub fn outbound_define(owner: f64, grant: f64, rules: Vec<OutboundRule>) -> Result<f64> {
    let rules: Vec<_> = rules
        .iter()
        .map(|rule| RuleText {
            host: &rule.host,
            port_first: rule.port_first,
            port_last: rule.port_last,
            protocol: &rule.protocol,
        })
        .collect();
    MACHINE.outbound_define(owner, grant, &rules).map_err(thrown)
}

/// Lowers limits of this process, for throw-away children.
#[napi(catch_unwind)]
pub fn set_rlimits(limits: Rlimits) -> Result<()> {
    rlimit::set(&Limits {
        cpu_seconds: limits.cpu_seconds,
        file_size_bytes: limits.file_size_bytes,
        open_files: limits.open_files,
        core_bytes: limits.core_bytes,
    })
    .map_err(thrown)
}

/// Ends all blocking calls and drops all owners, before the process ends.
#[napi(catch_unwind)]
pub fn shutdown() {
    MACHINE.shutdown();
}

/// Version of the addon.
#[napi(catch_unwind)]
pub fn addon_version() -> &'static str {
    env!("CARGO_PKG_VERSION")
}

/// `sha256`: of a whole buffer, as hexadecimal digits.
#[napi(catch_unwind)]
pub fn sha256(bytes: &[u8]) -> String {
    forge_host::digest::sha256_hex(bytes)
}
