//! Node-API by hand, for the data plane: the only module with unsafe code.
//!
//! `#[napi]` costs an allocation and several thread-local accesses a call, which is more than the system calls behind
//! some of these functions. Here a call reads its arguments into locals and returns a number.
//!
//! What makes it sound:
//! - Node-API calls get the `env` and the values that Node passed to this very callback, on its thread.
//! - A slice is taken from a typed array after all other arguments were read, and no JavaScript runs until the
//!   callback returns, so nothing can detach or resize the buffer under it. Reading numbers, booleans and strings does
//!   not run JavaScript either (the napi getters do not convert).
//! - One callback takes at most one mutable slice, and copies what other arrays hold, so no two slices alias.
//! - Memory shared between threads must not come here; the platform refuses shared memories before compiling.
//! - No panic leaves a callback: it becomes a JavaScript exception, as it is a bug and not a refusal.

use forge_host::Errno;
use napi::sys;
use std::mem::MaybeUninit;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::{null, null_mut};

/// Longest string read: a path that fills it is too long anyway.
const TEXT: usize = 4100;

/// Room for a string argument, on the caller's stack. Never moved nor cleared: either would cost more than most calls
/// that need it.
pub struct Room([MaybeUninit<u8>; TEXT]);

impl Room {
    /// Room.
    #[inline]
    pub fn new() -> Room {
        Room([MaybeUninit::uninit(); TEXT])
    }
}

/// Arguments of one call.
pub struct Args<const N: usize> {
    env: sys::napi_env,
    values: [sys::napi_value; N],
}

/// What a data-plane function gives back.
pub enum Reply {
    /// A count, 0, a handle, or `-errno`.
    Number(f64),
    /// `undefined`.
    Nothing,
    /// A string.
    Text(String),
    /// A directory entry.
    Entry(u32, String),
    /// A time.
    Nanos(i128),
}

impl From<Result<usize, Errno>> for Reply {
    #[inline]
    fn from(outcome: Result<usize, Errno>) -> Self {
        Reply::Number(outcome.map_or_else(negative, |count| count as f64))
    }
}

impl From<Result<f64, Errno>> for Reply {
    #[inline]
    fn from(outcome: Result<f64, Errno>) -> Self {
        Reply::Number(outcome.unwrap_or_else(negative))
    }
}

impl From<Result<(), Errno>> for Reply {
    #[inline]
    fn from(outcome: Result<(), Errno>) -> Self {
        Reply::Number(outcome.map_or_else(negative, |()| 0.0))
    }
}

impl From<Result<bool, Errno>> for Reply {
    #[inline]
    fn from(outcome: Result<bool, Errno>) -> Self {
        Reply::Number(outcome.map_or_else(negative, f64::from))
    }
}

/// An errno as the contract returns it.
#[inline]
pub fn negative(errno: Errno) -> f64 {
    -f64::from(errno.raw_os_error())
}

impl<const N: usize> Args<N> {
    /// A number; NaN for anything else, which every judge of numbers refuses.
    #[inline]
    pub fn number(&self, index: usize) -> f64 {
        let mut number = f64::NAN;
        // SAFETY: see the module. On failure the number stays NaN.
        unsafe { sys::napi_get_value_double(self.env, self.values[index], &mut number) };
        number
    }

    /// A boolean; false for anything else.
    #[inline]
    pub fn flag(&self, index: usize) -> bool {
        let mut flag = false;
        // SAFETY: see the module.
        unsafe { sys::napi_get_value_bool(self.env, self.values[index], &mut flag) };
        flag
    }

    /// A string; empty for anything else.
    #[inline]
    pub fn text<'r>(&self, index: usize, room: &'r mut Room) -> Result<&'r str, Errno> {
        let mut len = 0;
        // SAFETY: see the module. Writes at most TEXT bytes with the NUL, whole characters only, and says how many
        // without the NUL.
        let bytes = unsafe {
            let text = room.0.as_mut_ptr().cast();
            let status = sys::napi_get_value_string_utf8(self.env, self.values[index], text, TEXT, &mut len);
            if status != sys::Status::napi_ok {
                return Ok("");
            }
            std::slice::from_raw_parts(room.0.as_ptr().cast::<u8>(), len.min(TEXT - 1))
        };
        std::str::from_utf8(bytes).map_err(|_| Errno::ILSEQ)
    }

    /// Where a typed array of the given kind lies; nothing for anything else.
    #[inline]
    fn array(&self, index: usize, kind: sys::napi_typedarray_type) -> Option<(*mut u8, usize)> {
        let (mut found, mut len, mut data) = (-1, 0, null_mut());
        // SAFETY: see the module.
        let status = unsafe {
            sys::napi_get_typedarray_info(
                self.env,
                self.values[index],
                &mut found,
                &mut len,
                &mut data,
                null_mut(),
                null_mut(),
            )
        };
        (status == sys::Status::napi_ok && found == kind && len != 0 && !data.is_null()).then_some((data.cast(), len))
    }

    /// The bytes of a `Uint8Array`; none for anything else. Last of the arguments to be read, and at most one a call.
    #[inline]
    pub fn bytes(&mut self, index: usize) -> &mut [u8] {
        match self.array(index, sys::TypedarrayType::uint8_array) {
            // SAFETY: see the module. The slice borrows the arguments, so it ends with the call.
            Some((data, len)) => unsafe { std::slice::from_raw_parts_mut(data, len) },
            None => &mut [],
        }
    }

    /// The elements of a `BigInt64Array`; none for anything else.
    #[inline]
    pub fn longs(&mut self, index: usize) -> &mut [i64] {
        match self.array(index, sys::TypedarrayType::bigint64_array) {
            // SAFETY: see the module. V8 aligns typed arrays to their elements.
            Some((data, len)) => unsafe { std::slice::from_raw_parts_mut(data.cast(), len) },
            None => &mut [],
        }
    }

    /// A copy of a `Float64Array`; empty for anything else.
    pub fn numbers(&self, index: usize) -> Vec<f64> {
        match self.array(index, sys::TypedarrayType::float64_array) {
            // SAFETY: as above.
            Some((data, len)) => unsafe { std::slice::from_raw_parts(data.cast::<f64>(), len) }.to_vec(),
            None => Vec::new(),
        }
    }
}

/// Runs one data-plane function with the arguments of a callback.
///
/// # Safety
/// `env` and `info` must be those that Node passed to the callback that calls this.
#[inline]
pub unsafe fn run<const N: usize>(
    env: sys::napi_env,
    info: sys::napi_callback_info,
    body: impl FnOnce(&mut Args<N>) -> Reply,
) -> sys::napi_value {
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        let mut args = Args { env, values: [null_mut(); N] };
        let mut count = N;
        // SAFETY: by the contract of this function. Missing arguments come as `undefined`.
        let status =
            unsafe { sys::napi_get_cb_info(env, info, &mut count, args.values.as_mut_ptr(), null_mut(), null_mut()) };
        if status != sys::Status::napi_ok {
            return null_mut();
        }
        let reply = body(&mut args);
        // SAFETY: as above.
        unsafe { value(env, reply) }
    }));
    match outcome {
        Ok(value) => value,
        Err(panic) => {
            let why = panic
                .downcast_ref::<String>()
                .map(String::as_str)
                .or_else(|| panic.downcast_ref::<&str>().copied())
                .unwrap_or("panic");
            // The message may hold a NUL; Node-API wants a C string.
            let message = format!("bug in host-native: {}", why.replace('\0', " "));
            let message = std::ffi::CString::new(message).unwrap_or_default();
            // SAFETY: as above. No code: those of the error table are for refusals.
            unsafe { sys::napi_throw_error(env, null(), message.as_ptr()) };
            null_mut()
        }
    }
}

/// # Safety
/// `env` must be that of the running callback.
#[inline]
unsafe fn value(env: sys::napi_env, reply: Reply) -> sys::napi_value {
    let mut value = null_mut();
    // SAFETY: by the contract of this function. A failed call leaves `value` null, which Node takes as undefined.
    unsafe {
        match reply {
            Reply::Number(number) => {
                // Small integers need no heap number.
                let small = number as i32;
                if f64::from(small) == number {
                    sys::napi_create_int32(env, small, &mut value);
                } else {
                    sys::napi_create_double(env, number, &mut value);
                }
            }
            Reply::Nothing => {
                sys::napi_get_undefined(env, &mut value);
            }
            Reply::Text(text) => {
                sys::napi_create_string_utf8(env, text.as_ptr().cast(), text.len() as isize, &mut value);
            }
            Reply::Entry(kind, name) => {
                let mut part = null_mut();
                sys::napi_create_object(env, &mut value);
                sys::napi_create_uint32(env, kind, &mut part);
                sys::napi_set_named_property(env, value, c"type".as_ptr(), part);
                sys::napi_create_string_utf8(env, name.as_ptr().cast(), name.len() as isize, &mut part);
                sys::napi_set_named_property(env, value, c"name".as_ptr(), part);
            }
            Reply::Nanos(nanos) => {
                if nanos < 0 {
                    sys::napi_create_bigint_int64(env, nanos as i64, &mut value);
                } else {
                    sys::napi_create_bigint_uint64(env, nanos as u64, &mut value);
                }
            }
        }
    }
    value
}

/// Makes a Node-API callback of a function from arguments to a reply.
macro_rules! callback {
    ($count:literal, $body:expr) => {{
        unsafe extern "C" fn call(
            env: napi::sys::napi_env,
            info: napi::sys::napi_callback_info,
        ) -> napi::sys::napi_value {
            // SAFETY: these are what Node passed.
            unsafe { $crate::raw::run::<$count>(env, info, $body) }
        }
        call
    }};
}
pub(crate) use callback;
