// The canonical ABI by hand, for guests without bindings: results come back in one static area, memory from one arena
// that each call empties.
#pragma once
typedef unsigned char byte;
typedef unsigned int size;

enum { ARENA = 1 << 20 };
static byte arena[ARENA] __attribute__((aligned(16)));
static size used;
// result<T, error>: the case, then from byte 4 on a list (8) or an error (36).
static int result[16];

__attribute__((export_name("cabi_realloc"))) void *cabi_realloc(void *old, size old_length, size alignment, size length) {
  (void)old;
  (void)old_length;
  used = (used + alignment - 1) & ~(alignment - 1);
  if (used + length > ARENA) __builtin_trap();
  void *at = arena + used;
  used += length;
  return at;
}

static int *ok(void) {
  result[0] = 0;
  return result;
}

#define EXPORT(name) __attribute__((export_name(name)))
#define IMPORT(module, name) __attribute__((import_module(module), import_name(name)))

EXPORT("forge:plugin/lifecycle@0.1.0#start") int *lifecycle_start(void) { return ok(); }
EXPORT("forge:plugin/lifecycle@0.1.0#health") int *lifecycle_health(void) { return ok(); }
EXPORT("forge:plugin/lifecycle@0.1.0#stop") int *lifecycle_stop(void) { return ok(); }
