// B4: the same plugin for Extism: bytes into the plugin's own memory and out again, eight at a time, as Extism's C PDK does it.
typedef unsigned char byte;
typedef unsigned long long u64;
#define EXTISM(name) __attribute__((import_module("extism:host/env"), import_name(name)))
EXTISM("input_length") u64 input_length(void);
EXTISM("input_load_u64") u64 input_load_u64(u64 at);
EXTISM("input_load_u8") byte input_load_u8(u64 at);
EXTISM("alloc") u64 allocate(u64 length);
EXTISM("store_u64") void store_u64(u64 at, u64 value);
EXTISM("store_u8") void store_u8(u64 at, byte value);
EXTISM("output_set") void output_set(u64 at, u64 length);

static u64 words[(1 << 16) / 8];

__attribute__((export_name("nop"))) int nop(void) { return 0; }

__attribute__((export_name("echo"))) int echo(void) {
  u64 length = input_length();
  byte *bytes = (byte *)words;
  u64 at = 0;
  for (; at + 8 <= length; at += 8) words[at / 8] = input_load_u64(at);
  for (; at < length; at++) bytes[at] = input_load_u8(at);
  u64 out = allocate(length);
  for (at = 0; at + 8 <= length; at += 8) store_u64(out + at, words[at / 8]);
  for (; at < length; at++) store_u8(out + at, bytes[at]);
  output_set(out, length);
  return 0;
}
