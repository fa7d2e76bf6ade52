#!/bin/sh
# Compiles wordcount.c to wordcount.wasm, a WASI preview 1 program. Exit code 69: there is no compiler for it here.
set -eu
cd "$(dirname "$0")"

if [ -n "${WASI_SDK_PATH:-}" ]; then
  set -- "$WASI_SDK_PATH/bin/clang"
elif command -v clang >/dev/null && command -v wasm-ld >/dev/null && [ -d /usr/include/wasm32-wasi ]; then
  set -- clang --target=wasm32-wasi
else
  echo "c-wordcount: clang and a C library for WASI are needed" >&2
  echo " hint:  apt-get install clang lld wasi-libc libclang-rt-dev-wasm32, or WASI_SDK_PATH=DIR" >&2
  exit 69
fi

"$@" -std=c11 -O2 -Wall -Wextra -Werror -o wordcount.wasm src/wordcount.c
