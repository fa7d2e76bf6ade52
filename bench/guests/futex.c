// B4: two threads that call each other through shared memory and a futex; what they send is copied there and back.
// Argument: milliseconds for each measurement. `spin`: they look for 20 us before they sleep, as ForgeOne's channel does.
#include "timing.h"
#include <linux/futex.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { LENGTH_MAX = 1 << 16, SPIN_NS = 20000 };
static _Atomic int turn;
static _Atomic int ended;
static int spins;
static size_t length;
static char shared[LENGTH_MAX], mine[LENGTH_MAX], theirs[LENGTH_MAX];

static void await(int wanted) {
  uint64_t until = spins ? now_ns() + SPIN_NS : 0;
  for (int now; (now = atomic_load(&turn)) != wanted;) {
    if (spins && now_ns() < until) continue;
    syscall(SYS_futex, &turn, FUTEX_WAIT_PRIVATE, now, NULL, NULL, 0);
  }
}

static void give(int to) {
  atomic_store(&turn, to);
  syscall(SYS_futex, &turn, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

static void *serve(void *nothing) {
  for (;;) {
    await(1);
    if (atomic_load(&ended)) return nothing;
    memcpy(theirs, shared, length);
    memcpy(shared, theirs, length);
    give(0);
  }
}

static void call(void) {
  memcpy(shared, mine, length);
  give(1);
  await(0);
  memcpy(mine, shared, length);
}

int main(int argc, char **argv) {
  if (argc > 1) budget_ns = (uint64_t)atoi(argv[1]) * 1000000u;
  pthread_t other;
  CHECK(pthread_create(&other, NULL, serve, NULL) == 0, "pthread_create");
  const size_t lengths[] = {0, 32, 4096, 65536};
  const char *names[] = {"nop", "echo32", "echo4096", "echo65536"};
  for (spins = 0; spins < 2; spins++) {
    for (int i = 0; i < 4; i++) {
      char name[32];
      snprintf(name, sizeof name, "%s%s", names[i], spins ? "-spin" : "");
      length = lengths[i];
      MEASURE(name, 16, call());
    }
  }
  atomic_store(&ended, 1);
  give(1);
  pthread_join(other, NULL);
  return 0;
}
