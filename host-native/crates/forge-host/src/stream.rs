//! Byte streams: standard streams and pipes, and waiting for them (call path step 9).
//!
//! No call here sleeps where another thread cannot wake it ([`crate::wait`]). For that our own descriptors never
//! block: pipes are made so, and standard streams that are pipes or terminals are opened once more through
//! `/proc/self/fd`, which gives them flags of their own (with dup(2) the flag would change for all who share them).
//! Where that is not possible, a call asks poll(2) first and moves only what will not block.

use crate::beneath;
use crate::clock;
use crate::error::{Context, HostError};
use crate::grant::Action;
use crate::ids::integer;
use crate::limits::{BLOCKING_WRITE_BYTES, HANDLES_PER_OWNER_MAX};
use crate::machine::Machine;
use crate::numbers;
use crate::owner::Owner;
use crate::rights::Rights;
use crate::table::Object;
use crate::wait::{Wait, Woken};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::{FileType, OFlags, fcntl_getfl, fstat};
use rustix::io::Errno;
use rustix::net::{RecvFlags, SendFlags};
use rustix::pipe::{PipeFlags, pipe_with};
use std::sync::Arc;

/// How a descriptor behaves when it has nothing to give or take.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Manner {
    /// Says -EAGAIN.
    NonBlocking,
    /// A socket, which can be asked call by call not to block.
    Socket,
    /// Never waits: a regular file, `/dev/null`.
    Immediate,
    /// Would block.
    Blocking,
}

/// One direction of a stream.
pub struct Stream {
    fd: OwnedFd,
    manner: Manner,
    writer: bool,
}

impl AsFd for Stream {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

impl Stream {
    fn interest(&self) -> PollFlags {
        if self.writer { PollFlags::OUT } else { PollFlags::IN }
    }

    fn is_ready(&self) -> Result<bool, Errno> {
        let mut fds = [PollFd::new(&self.fd, self.interest())];
        Ok(poll(&mut fds, Some(&Timespec { tv_sec: 0, tv_nsec: 0 }))? != 0)
    }

    fn try_read(&self, out: &mut [u8]) -> Result<usize, Errno> {
        match self.manner {
            Manner::Socket => rustix::net::recv(&self.fd, out, RecvFlags::DONTWAIT).map(|(len, _)| len),
            Manner::Blocking if !self.is_ready()? => Err(Errno::AGAIN),
            _ => rustix::io::read(&self.fd, out),
        }
    }

    fn try_write(&self, bytes: &[u8]) -> Result<usize, Errno> {
        match self.manner {
            Manner::Socket => rustix::net::send(&self.fd, bytes, SendFlags::DONTWAIT | SendFlags::NOSIGNAL),
            Manner::Blocking if !self.is_ready()? => Err(Errno::AGAIN),
            Manner::Blocking => rustix::io::write(&self.fd, &bytes[..bytes.len().min(BLOCKING_WRITE_BYTES)]),
            _ => rustix::io::write(&self.fd, bytes),
        }
    }

    /// Opens a standard stream of this process for our own use.
    fn standard(number: &str) -> Result<Stream, Errno> {
        let writer = number != "0";
        let std = match number {
            "0" => rustix::stdio::stdin(),
            "1" => rustix::stdio::stdout(),
            "2" => rustix::stdio::stderr(),
            _ => return Err(Errno::BADF),
        };
        let kind = FileType::from_raw_mode(fstat(std)?.st_mode);
        let tty = kind == FileType::CharacterDevice && rustix::termios::isatty(std);
        let manner = match kind {
            FileType::Socket => Manner::Socket,
            FileType::Fifo => Manner::Blocking,
            FileType::CharacterDevice if tty => Manner::Blocking,
            FileType::CharacterDevice | FileType::RegularFile => Manner::Immediate,
            _ => return Err(Errno::INVAL),
        };
        if manner == Manner::Blocking {
            let mode = if writer { OFlags::WRONLY } else { OFlags::RDONLY };
            // May fail: a terminal of another user after su(1).
            if let Ok(fd) = beneath::reopen(std, mode | OFlags::NONBLOCK) {
                return Ok(Stream { fd, manner: Manner::NonBlocking, writer });
            }
        }
        let fd = rustix::io::fcntl_dupfd_cloexec(std, 3)?;
        let manner = if manner == Manner::Blocking && fcntl_getfl(&fd)?.contains(OFlags::NONBLOCK) {
            Manner::NonBlocking
        } else {
            manner
        };
        Ok(Stream { fd, manner, writer })
    }
}

/// Waits until the stream is worth another try, its handle is dead, or the owner is cancelled.
fn wait_for(machine: &Machine, call: &Call<'_>, stream: &Stream) -> Result<(), Errno> {
    let wait = Wait::start(call.owner)?;
    loop {
        call.owner.alive()?;
        if !machine.table.lives(call.owner_id, call.handle) {
            return Err(Errno::BADF);
        }
        let lease = (call.deadline != 0)
            .then(|| clock::monotonic().saturating_add(call.deadline.saturating_sub(clock::lease()) + 1));
        let mut fds = [PollFd::new(&stream.fd, stream.interest()), wait.slot()];
        if wait.until(&mut fds, lease)? == Woken::Ready {
            return Ok(());
        }
    }
}

struct Call<'a> {
    owner_id: f64,
    handle: f64,
    owner: &'a Owner,
    deadline: u64,
}

impl Machine {
    /// `stdioOpen`.
    pub fn stdio_open(&self, owner: f64, grant: f64) -> Result<f64, HostError> {
        let (grant, held) = self.grant(owner, grant, Action::StdioInherit)?;
        let stream = Stream::standard(&grant.resource).about("standard stream")?;
        let rights = if stream.writer { Rights::WRITE } else { Rights::READ };
        self.adopt("stdioOpen", &held, &held.owner, rights, Object::Stream(Arc::new(stream)))
    }

    /// `pipeCreate`: reader and writer.
    pub fn pipe_create(&self, owner: f64, grant: f64) -> Result<(f64, f64), HostError> {
        let (_, held) = self.grant(owner, grant, Action::PipeCreate)?;
        let (reader, writer) = pipe_with(PipeFlags::CLOEXEC | PipeFlags::NONBLOCK).about("pipe")?;
        let end = |fd, writer| Object::Stream(Arc::new(Stream { fd, manner: Manner::NonBlocking, writer }));
        let reader = self.adopt("pipeCreate", &held, &held.owner, Rights::READ, end(reader, false))?;
        match self.adopt("pipeCreate", &held, &held.owner, Rights::WRITE, end(writer, true)) {
            Ok(writer) => Ok((reader, writer)),
            Err(error) => {
                let _ = self.table.close(owner, reader);
                Err(error)
            }
        }
    }

    /// `streamRead`. Data plane.
    pub fn stream_read(&self, owner: f64, stream: f64, mem: &mut [u8], ptr: f64, len: f64) -> Result<usize, Errno> {
        let held = self.table.held(owner, stream)?;
        let Object::Stream(source) = &held.object else { return Err(Errno::BADF) };
        let range = numbers::io_range(mem.len(), ptr, len)?;
        held.owner.alive()?;
        if source.writer || !held.rights.contains(Rights::READ) {
            return Err(Errno::BADF);
        }
        if range.is_empty() {
            return Ok(0);
        }
        let call = Call { owner_id: owner, handle: stream, owner: &held.owner, deadline: held.deadline };
        loop {
            match source.try_read(&mut mem[range.clone()]) {
                Err(Errno::AGAIN) => wait_for(self, &call, source)?,
                Err(Errno::INTR) => {}
                outcome => return outcome,
            }
        }
    }

    /// `streamWrite`. Data plane.
    pub fn stream_write(&self, owner: f64, stream: f64, mem: &[u8], ptr: f64, len: f64) -> Result<usize, Errno> {
        let held = self.table.held(owner, stream)?;
        let bytes = &mem[numbers::range(mem.len(), ptr, len)?];
        held.owner.alive()?;
        if !held.rights.contains(Rights::WRITE) {
            return Err(Errno::BADF);
        }
        let sink = match &held.object {
            Object::Log(log) => return log.write(bytes),
            Object::Stream(sink) if sink.writer => sink,
            _ => return Err(Errno::BADF),
        };
        let call = Call { owner_id: owner, handle: stream, owner: &held.owner, deadline: held.deadline };
        let mut done = 0;
        while done < bytes.len() {
            match sink.try_write(&bytes[done..]) {
                Ok(written) => {
                    done += written;
                    // A long write is many short ones: each finds out anew whether it may still write.
                    if done < bytes.len() {
                        held.owner.alive()?;
                        if !self.table.lives(owner, stream) {
                            return Err(Errno::BADF);
                        }
                    }
                }
                Err(Errno::AGAIN) => wait_for(self, &call, sink)?,
                Err(Errno::INTR) => {}
                Err(errno) => return Err(errno),
            }
        }
        Ok(done)
    }

    /// `isTerminal`. Data plane.
    pub fn is_terminal(&self, owner: f64, stream: f64) -> Result<bool, Errno> {
        match self.table.object(owner, stream)?.0 {
            Object::Stream(stream) => Ok(rustix::termios::isatty(&*stream)),
            Object::Log(_) => Ok(false),
            _ => Err(Errno::BADF),
        }
    }

    /// `poll`. Data plane.
    pub fn poll(&self, owner: f64, streams: &[f64], ready: &mut [u8], timeout_ns: f64) -> Result<usize, Errno> {
        if streams.len() > HANDLES_PER_OWNER_MAX {
            return Err(Errno::INVAL);
        }
        let ready = ready.get_mut(..streams.len()).ok_or(Errno::FAULT)?;
        let deadline = if timeout_ns.is_nan() {
            return Err(Errno::INVAL);
        } else if timeout_ns < 0.0 {
            None
        } else {
            // Beyond 2^53 ns (104 days) there is no exact number; waking once in that time is harmless.
            let timeout = integer(timeout_ns.min(crate::ids::SAFE_MAX as f64).floor()).ok_or(Errno::INVAL)?;
            Some(clock::monotonic().saturating_add(timeout))
        };
        let principal = self.owner(owner)?;
        let wait = Wait::start(&principal)?;
        loop {
            principal.alive()?;
            // Looked up anew each round: a stream revoked meanwhile has failed, which is a way of being ready.
            let held: Vec<_> = streams.iter().map(|&handle| self.table.held(owner, handle).ok()).collect();
            let mut count = 0;
            let mut fds = Vec::with_capacity(streams.len() + 1);
            let mut places = Vec::with_capacity(streams.len());
            let mut lease = 0;
            for (index, held) in held.iter().enumerate() {
                ready[index] = 0;
                match held.as_ref().map(|held| (&held.object, held.deadline)) {
                    Some((Object::Stream(stream), end)) if stream.manner != Manner::Immediate => {
                        fds.push(PollFd::new(&stream.fd, stream.interest()));
                        places.push(index);
                        if end != 0 && (lease == 0 || end < lease) {
                            lease = end;
                        }
                    }
                    _ => {
                        ready[index] = 1;
                        count += 1;
                    }
                }
            }
            fds.push(wait.slot());
            let now = clock::monotonic();
            let until = if count > 0 {
                Some(now)
            } else if lease != 0 {
                let lease = now.saturating_add(lease.saturating_sub(clock::lease()) + 1);
                Some(deadline.map_or(lease, |deadline| deadline.min(lease)))
            } else {
                deadline
            };
            let woken = wait.until(&mut fds, until)?;
            for (fd, &index) in fds.iter().zip(&places) {
                if !fd.revents().is_empty() {
                    ready[index] = 1;
                    count += 1;
                }
            }
            if woken == Woken::Look {
                principal.alive()?;
            }
            if count > 0 {
                return Ok(count);
            }
            if deadline.is_some_and(|deadline| clock::monotonic() >= deadline) {
                return Ok(0);
            }
        }
    }
}
