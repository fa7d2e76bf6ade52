//! The error table of the control plane: ten codes, the same as in `kernel/src/errors.ts` and `wit/forge-types`.

use rustix::io::Errno;

/// One of the ten cases. The string of a case is the JavaScript `error.code`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    /// The request makes no sense, whoever asks.
    Invalid,
    /// Not allowed: no grant, foreign or dead handle, missing right, permissions of the machine.
    Denied,
    /// What it names does not exist.
    NotFound,
    /// It exists already, or is in use.
    Conflict,
    /// A quota or a limit is reached.
    Limit,
    /// The time was over first.
    Timeout,
    /// The caller was cancelled.
    Cancelled,
    /// This machine cannot do it.
    Unsupported,
    /// It cannot be done now; trying again may help.
    Unavailable,
    /// None of the others.
    Other,
}

impl Code {
    /// All cases, in the order of the table.
    pub const ALL: [Code; 10] = [
        Code::Invalid,
        Code::Denied,
        Code::NotFound,
        Code::Conflict,
        Code::Limit,
        Code::Timeout,
        Code::Cancelled,
        Code::Unsupported,
        Code::Unavailable,
        Code::Other,
    ];

    /// The name of the case in WIT and TypeScript.
    pub const fn as_str(self) -> &'static str {
        match self {
            Code::Invalid => "invalid",
            Code::Denied => "denied",
            Code::NotFound => "not-found",
            Code::Conflict => "conflict",
            Code::Limit => "limit",
            Code::Timeout => "timeout",
            Code::Cancelled => "cancelled",
            Code::Unsupported => "unsupported",
            Code::Unavailable => "unavailable",
            Code::Other => "other",
        }
    }

    /// The case an errno belongs to.
    pub fn of(errno: Errno) -> Code {
        match errno {
            Errno::NOENT => Code::NotFound,
            Errno::EXIST | Errno::NOTEMPTY | Errno::BUSY | Errno::XDEV => Code::Conflict,
            Errno::ACCESS | Errno::PERM | Errno::ROFS | Errno::BADF => Code::Denied,
            Errno::INVAL | Errno::NOTDIR | Errno::ISDIR | Errno::NAMETOOLONG | Errno::LOOP | Errno::FAULT => {
                Code::Invalid
            }
            Errno::MFILE | Errno::NFILE | Errno::NOSPC | Errno::DQUOT | Errno::NOMEM | Errno::FBIG => Code::Limit,
            Errno::TIMEDOUT => Code::Timeout,
            Errno::CANCELED => Code::Cancelled,
            Errno::NOSYS | Errno::OPNOTSUPP => Code::Unsupported,
            Errno::AGAIN | Errno::INTR => Code::Unavailable,
            _ => Code::Other,
        }
    }
}

impl AsRef<str> for Code {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

/// A refusal of the control plane.
#[derive(Debug)]
pub struct HostError {
    /// For programs.
    pub code: Code,
    /// For people.
    pub message: String,
}

impl HostError {
    /// A refusal with its reason.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        HostError { code, message: message.into() }
    }

    /// A refusal of the operating system; `what` names the operation and its object.
    pub fn os(what: &str, errno: Errno) -> Self {
        HostError { code: Code::of(errno), message: format!("{what}: {}", std::io::Error::from(errno)) }
    }
}

impl std::fmt::Display for HostError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.code.as_str(), self.message)
    }
}

impl std::error::Error for HostError {}

/// Names what an errno happened to.
pub trait Context<T> {
    /// Turns an errno into a [`HostError`] about `what`.
    fn about(self, what: &str) -> Result<T, HostError>;
}

impl<T> Context<T> for Result<T, Errno> {
    fn about(self, what: &str) -> Result<T, HostError> {
        self.map_err(|errno| HostError::os(what, errno))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_its_own_name() {
        let mut names: Vec<_> = Code::ALL.iter().map(|code| code.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), 10);
    }

    #[test]
    fn an_errno_maps_to_the_code_a_caller_would_expect() {
        assert_eq!(Code::of(Errno::NOENT), Code::NotFound);
        assert_eq!(Code::of(Errno::DQUOT), Code::Limit);
        assert_eq!(Code::of(Errno::NOSYS), Code::Unsupported);
        assert_eq!(Code::of(Errno::IO), Code::Other);
    }
}
