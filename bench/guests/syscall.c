// B3: what single calls into the system cost. Arguments: directory, milliseconds for each operation, open handles beside the one that is read.
#include "timing.h"
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#ifdef __wasi__
static int random_bytes(void *to, size_t length) { return getentropy(to, length); }
#else
#include <sys/random.h>
static int random_bytes(void *to, size_t length) { return getrandom(to, length, 0) == (ssize_t)length ? 0 : -1; }
#endif

enum { BLOCK = 4096, BLOCKS = 1024 };
static char block[BLOCK];

int main(int argc, char **argv) {
  const char *dir = argc > 1 ? argv[1] : "/data";
  if (argc > 2) budget_ns = (uint64_t)atoi(argv[2]) * 1000000u;
  int handles = argc > 3 ? atoi(argv[3]) : 0;
  char path[512];
  snprintf(path, sizeof path, "%s/blocks", dir);
  int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0644);
  CHECK(fd >= 0, path);
  memset(block, 7, BLOCK);
  for (int i = 0; i < BLOCKS; i++) CHECK(write(fd, block, BLOCK) == BLOCK, "write");
  for (int i = 0; i < handles; i++) CHECK(open(path, O_RDONLY) >= 0, "open");

  if (handles == 0) {
    struct timespec t;
    uint64_t eight;
    MEASURE("clock", 256, clock_gettime(CLOCK_MONOTONIC, &t));
    MEASURE("random8", 64, CHECK(random_bytes(&eight, 8) == 0, "random"));
    int position = 0;
    MEASURE("read4k", 64, {
      if (position++ % BLOCKS == 0) CHECK(lseek(fd, 0, SEEK_SET) == 0, "lseek");
      CHECK(read(fd, block, BLOCK) == BLOCK, "read");
    });
    struct stat info;
    MEASURE("open", 16, {
      int other = open(path, O_RDONLY);
      CHECK(other >= 0 && fstat(other, &info) == 0 && close(other) == 0, "open");
    });
  }
  int at = 0;
  MEASURE("pread4k", 64, CHECK(pread(fd, block, BLOCK, (off_t)(at++ % BLOCKS) * BLOCK) == BLOCK, "pread"));
  return 0;
}
