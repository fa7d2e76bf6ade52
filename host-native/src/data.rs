//! The data plane: numbers in, a number out. Each function is the one of the same name in `kernel/src/host/host.ts`.

use crate::MACHINE;
use crate::raw::{Args, Reply, callback, negative};
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

/// Adds the data plane to what the module exports.
#[napi(module_exports)]
pub fn init(mut exports: Object) -> napi::Result<()> {
    exports.create_named_method(
        "pread",
        callback!(6, |args| {
            let [owner, file, ptr, len, at] = [0, 1, 3, 4, 5].map(|index| args.number(index));
            MACHINE.pread(owner, file, args.bytes(2), ptr, len, at).into()
        }),
    )?;
    exports.create_named_method(
        "pwrite",
        callback!(6, |args| {
            let [owner, file, ptr, len, at] = [0, 1, 3, 4, 5].map(|index| args.number(index));
            MACHINE.pwrite(owner, file, args.bytes(2), ptr, len, at).into()
        }),
    )?;
    exports.create_named_method(
        "append",
        callback!(5, |args| {
            let [owner, file, ptr, len] = [0, 1, 3, 4].map(|index| args.number(index));
            MACHINE.append(owner, file, args.bytes(2), ptr, len).into()
        }),
    )?;
    exports.create_named_method(
        "openAt",
        callback!(4, |args| {
            let [owner, dir, flags] = [0, 1, 3].map(|index| args.number(index));
            args.text(2).get().and_then(|path| MACHINE.open_at(owner, dir, path, flags)).into()
        }),
    )?;
    exports.create_named_method("close", callback!(2, |args| MACHINE.close(args.number(0), args.number(1)).into()))?;
    exports.create_named_method(
        "fstat",
        callback!(3, |args| {
            let [owner, handle] = [0, 1].map(|index| args.number(index));
            MACHINE.fstat(owner, handle, args.longs(2)).into()
        }),
    )?;
    exports.create_named_method(
        "statAt",
        callback!(5, |args| {
            let (owner, dir, path, follow) = (args.number(0), args.number(1), args.text(2), args.flag(3));
            path.get().and_then(|path| MACHINE.stat_at(owner, dir, path, follow, args.longs(4))).into()
        }),
    )?;
    exports.create_named_method(
        "setSize",
        callback!(3, |args| MACHINE.set_size(args.number(0), args.number(1), args.number(2)).into()),
    )?;
    exports.create_named_method(
        "setTimes",
        callback!(8, |args| {
            let (owner, handle) = (args.number(0), args.number(1));
            times(args, 2).and_then(|(access, modify)| MACHINE.set_times(owner, handle, access, modify)).into()
        }),
    )?;
    exports.create_named_method(
        "setTimesAt",
        callback!(10, |args| {
            let (owner, dir, path, follow) = (args.number(0), args.number(1), args.text(2), args.flag(3));
            times(args, 4)
                .and_then(|(access, modify)| MACHINE.set_times_at(owner, dir, path.get()?, follow, access, modify))
                .into()
        }),
    )?;
    exports.create_named_method(
        "sync",
        callback!(3, |args| MACHINE.sync(args.number(0), args.number(1), args.flag(2)).into()),
    )?;
    exports.create_named_method(
        "advise",
        callback!(5, |args| {
            let [owner, file, at, len, advice] = [0, 1, 2, 3, 4].map(|index| args.number(index));
            MACHINE.advise(owner, file, at, len, advice).into()
        }),
    )?;
    exports.create_named_method(
        "createDirectoryAt",
        callback!(3, |args| {
            let (owner, dir) = (args.number(0), args.number(1));
            args.text(2).get().and_then(|path| MACHINE.create_directory_at(owner, dir, path)).into()
        }),
    )?;
    exports.create_named_method(
        "removeDirectoryAt",
        callback!(3, |args| {
            let (owner, dir) = (args.number(0), args.number(1));
            args.text(2).get().and_then(|path| MACHINE.remove_directory_at(owner, dir, path)).into()
        }),
    )?;
    exports.create_named_method(
        "unlinkFileAt",
        callback!(3, |args| {
            let (owner, dir) = (args.number(0), args.number(1));
            args.text(2).get().and_then(|path| MACHINE.unlink_file_at(owner, dir, path)).into()
        }),
    )?;
    exports.create_named_method(
        "renameAt",
        callback!(5, |args| {
            let [owner, from_dir, to_dir] = [0, 1, 3].map(|index| args.number(index));
            let (from, to) = (args.text(2), args.text(4));
            from.get().and_then(|from| MACHINE.rename_at(owner, from_dir, from, to_dir, to.get()?)).into()
        }),
    )?;
    exports.create_named_method(
        "linkAt",
        callback!(6, |args| {
            let [owner, from_dir, to_dir] = [0, 1, 4].map(|index| args.number(index));
            let (from, follow, to) = (args.text(2), args.flag(3), args.text(5));
            from.get().and_then(|from| MACHINE.link_at(owner, from_dir, from, follow, to_dir, to.get()?)).into()
        }),
    )?;
    exports.create_named_method(
        "symlinkAt",
        callback!(4, |args| {
            let (owner, dir, target, path) = (args.number(0), args.number(1), args.text(2), args.text(3));
            target.get().and_then(|target| MACHINE.symlink_at(owner, dir, target, path.get()?)).into()
        }),
    )?;
    exports.create_named_method(
        "readlinkAt",
        callback!(3, |args| {
            let (owner, dir) = (args.number(0), args.number(1));
            match args.text(2).get().and_then(|path| MACHINE.readlink_at(owner, dir, path)) {
                Ok(target) => Reply::Text(target),
                Err(errno) => Reply::Number(negative(errno)),
            }
        }),
    )?;
    exports
        .create_named_method("readDir", callback!(2, |args| MACHINE.read_dir(args.number(0), args.number(1)).into()))?;
    exports.create_named_method(
        "readDirNext",
        callback!(2, |args| entry(MACHINE.read_dir_next(args.number(0), args.number(1)))),
    )?;
    exports.create_named_method(
        "streamRead",
        callback!(5, |args| {
            let [owner, stream, ptr, len] = [0, 1, 3, 4].map(|index| args.number(index));
            MACHINE.stream_read(owner, stream, args.bytes(2), ptr, len).into()
        }),
    )?;
    exports.create_named_method(
        "streamWrite",
        callback!(5, |args| {
            let [owner, stream, ptr, len] = [0, 1, 3, 4].map(|index| args.number(index));
            MACHINE.stream_write(owner, stream, args.bytes(2), ptr, len).into()
        }),
    )?;
    exports.create_named_method(
        "isTerminal",
        callback!(2, |args| MACHINE.is_terminal(args.number(0), args.number(1)).into()),
    )?;
    exports.create_named_method(
        "poll",
        callback!(4, |args| {
            let (owner, streams, timeout) = (args.number(0), args.numbers(1), args.number(3));
            MACHINE.poll(owner, &streams, args.bytes(2), timeout).into()
        }),
    )?;
    exports.create_named_method(
        "outboundCheck",
        callback!(6, |args| {
            let [owner, outbound, port] = [0, 1, 4].map(|index| args.number(index));
            let (name, address, protocol) = (args.text(2), args.text(3), args.text(5));
            let check = || MACHINE.outbound_check(owner, outbound, name.get()?, address.get()?, port, protocol.get()?);
            check().map(|()| true).into()
        }),
    )?;
    exports.create_named_method(
        "clockNow",
        callback!(1, |args| {
            Reply::Nanos(clock::now(args.number(0)).map_or_else(|errno| -i128::from(errno.raw_os_error()), i128::from))
        }),
    )?;
    exports.create_named_method(
        "randomFill",
        callback!(3, |args| {
            let (ptr, len) = (args.number(1), args.number(2));
            random_fill(args.bytes(0), ptr, len).into()
        }),
    )?;
    Ok(())
}
