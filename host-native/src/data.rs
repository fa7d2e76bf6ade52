//! The data plane: numbers in, a number out. Each function is the one of the same name in `kernel/src/host/host.ts`.

use crate::MACHINE;
use crate::raw::{Args, Reply, Room, callback, negative};
use forge_host::meta::NewTime;
use forge_host::{Errno, clock, numbers, random};
use napi::bindgen_prelude::{JsObjectValue, Object};
use napi_derive::napi;

fn entry(outcome: Result<Option<(u32, String)>, Errno>) -> Reply {
    match outcome {
        Ok(Some((kind, name))) => Reply::Entry(kind, name),
        Ok(None) => Reply::Nothing,
        Err(errno) => Reply::Number(negative(errno)),
    }
}

/// Two times of three numbers each, from argument `at` on.
fn times<const N: usize>(args: &Args<N>, at: usize) -> Result<(NewTime, NewTime), Errno> {
    let time = |at| NewTime::from_f64(args.number(at), args.number(at + 1), args.number(at + 2));
    Ok((time(at)?, time(at + 3)?))
}

fn random_fill(mem: &mut [u8], ptr: f64, len: f64) -> Result<usize, Errno> {
    let range = numbers::range(mem.len(), ptr, len)?;
    random::fill(&mut mem[range.clone()])?;
    Ok(range.len())
}

/// Owner, directory and path of argument 0, 1 and 2: what most calls on entries begin with.
#[inline]
fn at_path<const N: usize>(args: &Args<N>, call: impl FnOnce(f64, f64, &str) -> Result<(), Errno>) -> Reply {
    let mut room = Room::new();
    args.text(2, &mut room).and_then(|path| call(args.number(0), args.number(1), path)).into()
}

fn open_at(args: &mut Args<4>) -> Reply {
    let mut room = Room::new();
    let [owner, dir, flags] = [0, 1, 3].map(|index| args.number(index));
    args.text(2, &mut room).and_then(|path| MACHINE.open_at(owner, dir, path, flags)).into()
}

fn stat_at(args: &mut Args<5>) -> Reply {
    let mut room = Room::new();
    let (owner, dir, follow) = (args.number(0), args.number(1), args.flag(3));
    args.text(2, &mut room).and_then(|path| MACHINE.stat_at(owner, dir, path, follow, args.longs(4))).into()
}

fn readlink_at(args: &mut Args<3>) -> Reply {
    let mut room = Room::new();
    match args.text(2, &mut room).and_then(|path| MACHINE.readlink_at(args.number(0), args.number(1), path)) {
        Ok(target) => Reply::Text(target),
        Err(errno) => Reply::Number(negative(errno)),
    }
}

fn rename_at(args: &mut Args<5>) -> Result<(), Errno> {
    let (mut from, mut to) = (Room::new(), Room::new());
    let [owner, from_dir, to_dir] = [0, 1, 3].map(|index| args.number(index));
    MACHINE.rename_at(owner, from_dir, args.text(2, &mut from)?, to_dir, args.text(4, &mut to)?)
}

fn link_at(args: &mut Args<6>) -> Result<(), Errno> {
    let (mut from, mut to) = (Room::new(), Room::new());
    let [owner, from_dir, to_dir] = [0, 1, 4].map(|index| args.number(index));
    let (from, to) = (args.text(2, &mut from)?, args.text(5, &mut to)?);
    MACHINE.link_at(owner, from_dir, from, args.flag(3), to_dir, to)
}

fn symlink_at(args: &mut Args<4>) -> Result<(), Errno> {
    let (mut target, mut path) = (Room::new(), Room::new());
    let (target, path) = (args.text(2, &mut target)?, args.text(3, &mut path)?);
    MACHINE.symlink_at(args.number(0), args.number(1), target, path)
}

fn outbound_check(args: &mut Args<6>) -> Result<(), Errno> {
    let (mut name, mut address, mut protocol) = (Room::new(), Room::new(), Room::new());
    let (name, address) = (args.text(2, &mut name)?, args.text(3, &mut address)?);
    let protocol = args.text(5, &mut protocol)?;
    MACHINE.outbound_check(args.number(0), args.number(1), name, address, args.number(4), protocol)
}

/// Adds the data plane to what the module exports.
#[napi(module_exports)]
pub fn init(mut exports: Object) -> napi::Result<()> {
    let mut add = |name: &str, call: napi::Callback| exports.create_named_method(name, call);
    add(
        "pread",
        callback!(6, |args| {
            let [owner, file, ptr, len, at] = [0, 1, 3, 4, 5].map(|index| args.number(index));
            MACHINE.pread(owner, file, args.bytes(2), ptr, len, at).into()
        }),
    )?;
    add(
        "pwrite",
        callback!(6, |args| {
            let [owner, file, ptr, len, at] = [0, 1, 3, 4, 5].map(|index| args.number(index));
            MACHINE.pwrite(owner, file, args.bytes(2), ptr, len, at).into()
        }),
    )?;
    add(
        "append",
        callback!(5, |args| {
            let [owner, file, ptr, len] = [0, 1, 3, 4].map(|index| args.number(index));
            MACHINE.append(owner, file, args.bytes(2), ptr, len).into()
        }),
    )?;
    add("openAt", callback!(4, open_at))?;
    add("close", callback!(2, |args| MACHINE.close(args.number(0), args.number(1)).into()))?;
    add(
        "fstat",
        callback!(3, |args| {
            let [owner, handle] = [0, 1].map(|index| args.number(index));
            MACHINE.fstat(owner, handle, args.longs(2)).into()
        }),
    )?;
    add("statAt", callback!(5, stat_at))?;
    add("setSize", callback!(3, |args| MACHINE.set_size(args.number(0), args.number(1), args.number(2)).into()))?;
    add(
        "setTimes",
        callback!(8, |args| {
            let (owner, handle) = (args.number(0), args.number(1));
            times(args, 2).and_then(|(access, modify)| MACHINE.set_times(owner, handle, access, modify)).into()
        }),
    )?;
    add(
        "setTimesAt",
        callback!(10, |args| at_path(args, |owner, dir, path| {
            let (access, modify) = times(args, 4)?;
            MACHINE.set_times_at(owner, dir, path, args.flag(3), access, modify)
        })),
    )?;
    add("sync", callback!(3, |args| MACHINE.sync(args.number(0), args.number(1), args.flag(2)).into()))?;
    add(
        "advise",
        callback!(5, |args| {
            let [owner, file, at, len, advice] = [0, 1, 2, 3, 4].map(|index| args.number(index));
            MACHINE.advise(owner, file, at, len, advice).into()
        }),
    )?;
    add(
        "createDirectoryAt",
        callback!(3, |args| at_path(args, |owner, dir, path| MACHINE.create_directory_at(owner, dir, path))),
    )?;
    add(
        "removeDirectoryAt",
        callback!(3, |args| at_path(args, |owner, dir, path| MACHINE.remove_directory_at(owner, dir, path))),
    )?;
    add(
        "unlinkFileAt",
        callback!(3, |args| at_path(args, |owner, dir, path| MACHINE.unlink_file_at(owner, dir, path))),
    )?;
    add("renameAt", callback!(5, |args| rename_at(args).into()))?;
    add("linkAt", callback!(6, |args| link_at(args).into()))?;
    add("symlinkAt", callback!(4, |args| symlink_at(args).into()))?;
    add("readlinkAt", callback!(3, readlink_at))?;
    add("readDir", callback!(2, |args| MACHINE.read_dir(args.number(0), args.number(1)).into()))?;
    add("readDirNext", callback!(2, |args| entry(MACHINE.read_dir_next(args.number(0), args.number(1)))))?;
    add(
        "streamRead",
        callback!(5, |args| {
            let [owner, stream, ptr, len] = [0, 1, 3, 4].map(|index| args.number(index));
            MACHINE.stream_read(owner, stream, args.bytes(2), ptr, len).into()
        }),
    )?;
    add(
        "streamWrite",
        callback!(5, |args| {
            let [owner, stream, ptr, len] = [0, 1, 3, 4].map(|index| args.number(index));
            MACHINE.stream_write(owner, stream, args.bytes(2), ptr, len).into()
        }),
    )?;
    add("isTerminal", callback!(2, |args| MACHINE.is_terminal(args.number(0), args.number(1)).into()))?;
    add(
        "poll",
        callback!(4, |args| {
            let (owner, streams, timeout) = (args.number(0), args.numbers(1), args.number(3));
            MACHINE.poll(owner, &streams, args.bytes(2), timeout).into()
        }),
    )?;
    add("outboundCheck", callback!(6, |args| outbound_check(args).map(|()| true).into()))?;
    add(
        "clockNow",
        callback!(1, |args| {
            Reply::Nanos(clock::now(args.number(0)).map_or_else(|errno| -i128::from(errno.raw_os_error()), i128::from))
        }),
    )?;
    add(
        "randomFill",
        callback!(3, |args| {
            let (ptr, len) = (args.number(1), args.number(2));
            random_fill(args.bytes(0), ptr, len).into()
        }),
    )?;
    Ok(())
}
