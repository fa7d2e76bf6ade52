// B4: the plugin that calls.
#include "canonical.h"

IMPORT("bench:echo/echo@0.1.0", "nop") void call_nop(int *into);
IMPORT("bench:echo/echo@0.1.0", "echo") void call_echo(const byte *data, size length, int *into);
IMPORT("forge:kernel/clock@0.1.0", "monotonic-ns") unsigned long long call_clock(void);

static byte message[1 << 16];
static int answer[16];

EXPORT("bench:echo/driver@0.1.0#idle") int *idle(size times) {
  for (size i = 0; i < times; i++) __asm__ volatile("" ::: "memory");
  return ok();
}

EXPORT("bench:echo/driver@0.1.0#nop") int *nop(size times) {
  for (size i = 0; i < times; i++) {
    call_nop(answer);
    if (answer[0]) __builtin_trap();
  }
  return ok();
}

EXPORT("bench:echo/driver@0.1.0#echo") int *echo(size times, size bytes) {
  if (bytes > sizeof message) __builtin_trap();
  for (size i = 0; i < times; i++) {
    used = 0;
    call_echo(message, bytes, answer);
    if ((answer[0] & 255) || (size)answer[2] != bytes) __builtin_trap();
  }
  return ok();
}

EXPORT("bench:echo/driver@0.1.0#clock") int *clock_calls(size times) {
  unsigned long long sum = 0;
  for (size i = 0; i < times; i++) sum += call_clock();
  if (sum == 1) __builtin_trap();
  return ok();
}
