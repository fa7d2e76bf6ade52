//! Workload logs: framed records in a file that rotates once (call path step 9).
//!
//! ```text
//! record: stream u8 | time u64 LE, ns since 1970 | length u32 LE | bytes
//! ```
//!
//! A record is written with one writev(2). If it comes out short (disk full) it is cut off again, and whoever opens a
//! log for writing cuts off what a crash left half written; so a file is whole records and at most one torn tail.
//!
//! Readers go on where they stopped, also across a rotation: an offset counts all bytes ever logged, not those that
//! happen to be in the two files now. For that a rotated file begins with a record of stream 0 whose 8 bytes say how
//! many came before it. Offsets that do not fall on a record are moved to the next one by reading frames from the
//! beginning of the file: what a guest logged can look like a frame, and an offset into it must not make it one.

use crate::clock;
use crate::dir::open_parent;
use crate::error::{Code, Context, HostError};
use crate::grant::Action;
use crate::ids::integer;
use crate::limits::{LOG_READ_BYTES_MAX, LOG_RECORD_BYTES_MAX};
use crate::machine::Machine;
use crate::quota::{InodeKey, key_of};
use crate::rights::Rights;
use crate::sync::lock;
use crate::table::Object;
use rustix::fd::{AsFd, OwnedFd};
use rustix::fs::{FileType, Mode, OFlags, fstat, ftruncate, openat, renameat, unlinkat};
use rustix::io::Errno;
use std::collections::HashMap;
use std::io::IoSlice;
use std::sync::{Arc, Mutex, Weak};

const HEADER: usize = 13;
/// Stream number of the record that says how many bytes came before the file.
const BASE_STREAM: u8 = 0;
const BASE_RECORD: u64 = HEADER as u64 + 8;
/// stdout, stderr, system.
const STREAMS: std::ops::RangeInclusive<u64> = 1..=3;

/// What a log is, however its path is spelled: the directory it lies in, and its name there.
type LogKey = (InodeKey, String);

/// All logs that are open for writing.
#[derive(Default)]
pub struct Logs {
    map: Mutex<HashMap<LogKey, Weak<LogFile>>>,
}

/// One log, shared by its writers.
pub struct LogFile {
    dir: OwnedFd,
    name: String,
    state: Mutex<State>,
}

struct State {
    file: OwnedFd,
    /// Bytes in the file: whole records.
    size: u64,
    /// Bytes logged before it.
    base: u64,
    bytes_max: u64,
}

/// One stream of a log.
pub struct LogWriter {
    log: Arc<LogFile>,
    stream: u8,
}

/// One record, read back.
pub struct Record {
    /// Which stream.
    pub stream: u8,
    /// ns since 1970.
    pub time_ns: u64,
    /// What was written.
    pub bytes: Vec<u8>,
}

/// What a read gives.
pub struct Records {
    /// The records.
    pub records: Vec<Record>,
    /// Where to go on.
    pub next: u64,
}

/// A frame found in a file.
struct Frame {
    at: u64,
    stream: u8,
    time_ns: u64,
    len: u64,
}

impl Frame {
    fn end(&self) -> u64 {
        self.at + HEADER as u64 + self.len
    }
}

/// Reads frames from the beginning of a file.
struct Frames<'a> {
    file: &'a OwnedFd,
    next: u64,
    size: u64,
    window: Vec<u8>,
    window_at: u64,
}

impl<'a> Frames<'a> {
    /// Of the first `size` bytes.
    fn of(file: &'a OwnedFd, size: u64) -> Self {
        Frames { file, next: 0, size, window: Vec::new(), window_at: 0 }
    }

    /// `len` bytes at `at`, through a buffer.
    fn bytes(&mut self, at: u64, len: usize) -> Result<Option<&[u8]>, Errno> {
        let inside =
            |window: &[u8], window_at: u64| at >= window_at && at + len as u64 <= window_at + window.len() as u64;
        if !inside(&self.window, self.window_at) {
            self.window.resize(len.max(LOG_RECORD_BYTES_MAX), 0);
            self.window_at = at;
            let mut filled = 0;
            while filled < len {
                match rustix::io::pread(self.file, &mut self.window[filled..], at + filled as u64) {
                    Ok(0) => break,
                    Ok(read) => filled += read,
                    Err(Errno::INTR) => {}
                    Err(errno) => return Err(errno),
                }
            }
            self.window.truncate(filled);
        }
        if !inside(&self.window, self.window_at) {
            return Ok(None);
        }
        let start = (at - self.window_at) as usize;
        Ok(Some(&self.window[start..start + len]))
    }

    /// The next whole record; `None` at the end or at what is torn.
    fn next(&mut self) -> Result<Option<Frame>, Errno> {
        let at = self.next;
        if at + HEADER as u64 > self.size {
            return Ok(None);
        }
        let Some(header) = self.bytes(at, HEADER)? else { return Ok(None) };
        let mut time = [0; 8];
        let mut length = [0; 4];
        time.copy_from_slice(&header[1..9]);
        length.copy_from_slice(&header[9..13]);
        let frame = Frame {
            at,
            stream: header[0],
            time_ns: u64::from_le_bytes(time),
            len: u64::from(u32::from_le_bytes(length)),
        };
        let plausible = u64::from(frame.stream) <= *STREAMS.end() && frame.len <= LOG_RECORD_BYTES_MAX as u64;
        if !plausible || frame.end() > self.size {
            return Ok(None);
        }
        self.next = frame.end();
        Ok(Some(frame))
    }

    fn payload(&mut self, frame: &Frame) -> Result<Vec<u8>, Errno> {
        Ok(self.bytes(frame.at + HEADER as u64, frame.len as usize)?.ok_or(Errno::IO)?.to_vec())
    }

    /// How many bytes came before the file.
    fn base(&mut self) -> Result<u64, Errno> {
        let base = match self.next()? {
            Some(frame) if frame.stream == BASE_STREAM && frame.len == 8 => {
                let bytes = self.payload(&frame)?;
                bytes.try_into().map_or(0, u64::from_le_bytes)
            }
            _ => 0,
        };
        self.next = 0;
        // An absurd base must not overflow what is added to it.
        Ok(base.min(crate::ids::SAFE_MAX / 2))
    }

    /// Where the last whole record ends.
    fn whole_end(&mut self) -> Result<u64, Errno> {
        while self.next()?.is_some() {}
        Ok(self.next)
    }
}

fn open_file(dir: impl AsFd, name: &str, flags: OFlags) -> Result<OwnedFd, Errno> {
    let flags = flags | OFlags::CLOEXEC | OFlags::NOFOLLOW | OFlags::NOCTTY | OFlags::NONBLOCK;
    let file = openat(dir, name, flags, Mode::RUSR | Mode::WUSR)?;
    if FileType::from_raw_mode(fstat(&file)?.st_mode) == FileType::RegularFile { Ok(file) } else { Err(Errno::INVAL) }
}

fn size_of(file: &OwnedFd) -> Result<u64, Errno> {
    Ok(fstat(file)?.st_size.max(0) as u64)
}

/// Writes one record with one system call, or nothing.
fn write_record(file: &OwnedFd, at: u64, stream: u8, bytes: &[u8]) -> Result<u64, Errno> {
    let mut header = [0; HEADER];
    header[0] = stream;
    header[1..9].copy_from_slice(&clock::realtime().to_le_bytes());
    header[9..13].copy_from_slice(&(bytes.len() as u32).to_le_bytes());
    let whole = HEADER + bytes.len();
    let outcome = loop {
        match rustix::io::pwritev(file, &[IoSlice::new(&header), IoSlice::new(bytes)], at) {
            Err(Errno::INTR) => {}
            outcome => break outcome,
        }
    };
    match outcome {
        Ok(written) if written == whole => Ok(whole as u64),
        Ok(_) => {
            ftruncate(file, at)?;
            Err(Errno::NOSPC)
        }
        Err(errno) => Err(errno),
    }
}

impl LogFile {
    fn open(dir: OwnedFd, name: &str, bytes_max: u64) -> Result<LogFile, Errno> {
        // A rotation that a crash interrupted.
        let _ = unlinkat(&dir, spare_name(name), rustix::fs::AtFlags::empty());
        let file = open_file(&dir, name, OFlags::RDWR | OFlags::CREATE)?;
        let found = size_of(&file)?;
        let size = Frames::of(&file, found).whole_end()?;
        if size < found {
            ftruncate(&file, size)?;
        }
        let mut state = State { base: Frames::of(&file, size).base()?, file, size, bytes_max };
        if size == 0 {
            state.begin_after(previous_end(&dir, name)?)?;
        }
        Ok(LogFile { dir, name: name.to_owned(), state: Mutex::new(state) })
    }

    /// The full file becomes `<name>.1`, and a new one begins.
    fn rotate(&self, state: &mut State) -> Result<(), Errno> {
        let spare = spare_name(&self.name);
        let file = open_file(&self.dir, &spare, OFlags::RDWR | OFlags::CREATE | OFlags::TRUNC)?;
        let mut fresh = State { file, size: 0, base: 0, bytes_max: state.bytes_max };
        fresh.begin_after(state.base + state.size)?;
        renameat(&self.dir, self.name.as_str(), &self.dir, previous_name(&self.name))?;
        renameat(&self.dir, spare, &self.dir, self.name.as_str())?;
        *state = fresh;
        Ok(())
    }

    fn write(&self, stream: u8, bytes: &[u8]) -> Result<(), Errno> {
        let mut state = lock(&self.state);
        let holds_records = state.size > if state.base == 0 { 0 } else { BASE_RECORD };
        if holds_records && state.size + (HEADER + bytes.len()) as u64 > state.bytes_max {
            self.rotate(&mut state)?;
        }
        state.size += write_record(&state.file, state.size, stream, bytes)?;
        Ok(())
    }
}

impl State {
    /// Begins an empty file that follows on `base` bytes.
    fn begin_after(&mut self, base: u64) -> Result<(), Errno> {
        self.base = base;
        if base != 0 {
            self.size = write_record(&self.file, 0, BASE_STREAM, &base.to_le_bytes())?;
        }
        Ok(())
    }
}

fn previous_name(name: &str) -> String {
    format!("{name}.1")
}

fn spare_name(name: &str) -> String {
    format!("{name}.new")
}

/// Where the rotated file ends, in bytes ever logged; 0 when there is none.
fn previous_end(dir: &OwnedFd, name: &str) -> Result<u64, Errno> {
    let file = match open_file(dir, &previous_name(name), OFlags::RDONLY) {
        Err(Errno::NOENT) => return Ok(0),
        file => file?,
    };
    let size = size_of(&file)?;
    let base = Frames::of(&file, size).base()?;
    Ok(base + Frames::of(&file, size).whole_end()?)
}

impl LogWriter {
    /// Writes all of it: one record, or several when it is long.
    pub fn write(&self, bytes: &[u8]) -> Result<usize, Errno> {
        for piece in bytes.chunks(LOG_RECORD_BYTES_MAX) {
            self.log.write(self.stream, piece)?;
        }
        Ok(bytes.len())
    }
}

fn key_of_log(dir: &OwnedFd, name: &str) -> Result<LogKey, Errno> {
    Ok((key_of(&fstat(dir)?), name.to_owned()))
}

impl Logs {
    fn open(&self, resource: &str, bytes_max: u64) -> Result<Arc<LogFile>, HostError> {
        let (dir, name) = open_parent(resource)?;
        let key = key_of_log(&dir, name).about(resource)?;
        let mut map = lock(&self.map);
        if let Some(log) = map.get(&key).and_then(Weak::upgrade) {
            lock(&log.state).bytes_max = bytes_max;
            return Ok(log);
        }
        map.retain(|_, log| log.strong_count() > 0);
        let log = Arc::new(LogFile::open(dir, name, bytes_max).about(resource)?);
        map.insert(key, Arc::downgrade(&log));
        Ok(log)
    }

    /// Both files and how much of them to read, older first. Taken together under the lock of the writers, if there
    /// are any, so that no rotation comes in between.
    fn files(&self, resource: &str) -> Result<Vec<(OwnedFd, u64)>, HostError> {
        let (parent, name) = open_parent(resource)?;
        let key = key_of_log(&parent, name).about(resource)?;
        let writer = lock(&self.map).get(&key).and_then(Weak::upgrade);
        let _state = writer.as_ref().map(|log| lock(&log.state));
        let mut files = Vec::with_capacity(2);
        for name in [previous_name(name), name.to_owned()] {
            match open_file(&parent, &name, OFlags::RDONLY) {
                Ok(file) => {
                    let size = size_of(&file).about(resource)?;
                    files.push((file, size));
                }
                Err(Errno::NOENT) => {}
                Err(errno) => return Err(HostError::os(resource, errno)),
            }
        }
        Ok(files)
    }
}

impl Machine {
    /// `logWriter`.
    pub fn log_writer(&self, owner: f64, grant: f64, stream: f64, bytes_max: f64) -> Result<f64, HostError> {
        let (grant, held) = self.grant(owner, grant, Action::LogOpen)?;
        if !held.rights.contains(Rights::WRITE) {
            return Err(HostError::new(Code::Denied, "the grant does not allow to write the log"));
        }
        let invalid = |what: &str| HostError::new(Code::Invalid, what);
        let stream = integer(stream).filter(|stream| STREAMS.contains(stream));
        let stream = stream.ok_or_else(|| invalid("the stream of a log is 1, 2 or 3"))? as u8;
        let bytes_max = integer(bytes_max).filter(|&max| max > 0);
        let bytes_max = bytes_max.ok_or_else(|| invalid("bytesMax of a log is a whole number above 0"))?;
        let log = self.logs.open(&grant.resource, bytes_max)?;
        let writer = Object::Log(Arc::new(LogWriter { log, stream }));
        self.adopt("logWriter", &held, &held.owner, Rights::WRITE, writer)
    }

    /// `logRead`.
    pub fn log_read(&self, owner: f64, grant: f64, offset: f64, bytes_max: f64) -> Result<Records, HostError> {
        let (grant, held) = self.grant(owner, grant, Action::LogOpen)?;
        if !held.rights.contains(Rights::READ) {
            return Err(HostError::new(Code::Denied, "the grant does not allow to read the log"));
        }
        let number = |value: f64, what: &str| {
            integer(value).ok_or_else(|| HostError::new(Code::Invalid, format!("{what} is not a whole number")))
        };
        let offset = number(offset, "offset")?;
        let bytes_max = number(bytes_max, "bytesMax")?.min(LOG_READ_BYTES_MAX);
        let files = self.logs.files(&grant.resource)?;
        if files.is_empty() {
            return Err(HostError::new(Code::NotFound, format!("no such log: {}", grant.resource)));
        }
        collect(&files, offset, bytes_max).about(&grant.resource)
    }
}

fn collect(files: &[(OwnedFd, u64)], offset: u64, bytes_max: u64) -> Result<Records, Errno> {
    let mut out = Records { records: Vec::new(), next: offset };
    let mut payload = 0;
    let mut end = 0;
    for (file, size) in files {
        let mut frames = Frames::of(file, *size);
        let base = frames.base()?;
        end = base + size;
        if end <= offset {
            // A follower that is up to date does not make us read the file.
            continue;
        }
        while let Some(frame) = frames.next()? {
            let at = base + frame.at;
            if at < offset {
                continue;
            }
            if frame.stream != BASE_STREAM {
                // The first record goes out even when it is too long, or a small buffer would never get past it.
                if !out.records.is_empty() && payload + frame.len > bytes_max {
                    return Ok(out);
                }
                payload += frame.len;
                let bytes = frames.payload(&frame)?;
                out.records.push(Record { stream: frame.stream, time_ns: frame.time_ns, bytes });
            }
            out.next = base + frame.end();
        }
    }
    if offset > end {
        // The log was removed and began anew.
        out.next = end;
    }
    Ok(out)
}
