// B7: what work on files costs. Arguments: directory, megabytes of a stream, small files.
#include "timing.h"
#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { KIB = 1024, MIB = 1024 * KIB, BLOCK = 4 * KIB, SMALL = KIB };
static char buffer[MIB];
static char path[512];

static uint32_t seed = 12345;
static uint32_t next_random(void) {
  seed = seed * 1664525u + 1013904223u;
  return seed >> 8;
}

static void report(const char *name, double value) {
  printf("%s %.3f\n", name, value);
  fflush(stdout);
}

static void transfer(int fd, size_t length, int writing) {
  for (size_t done = 0; done < length;) {
    ssize_t moved = writing ? write(fd, buffer + done, length - done) : read(fd, buffer + done, length - done);
    CHECK(moved > 0, writing ? "write" : "read");
    done += (size_t)moved;
  }
}

// Megabytes a second.
static void stream(const char *name, size_t chunk, size_t total, int writing) {
  int fd = open(path, writing ? O_WRONLY | O_CREAT | O_TRUNC : O_RDONLY, 0644);
  CHECK(fd >= 0, path);
  uint64_t begun = now_ns();
  for (size_t done = 0; done < total; done += chunk) transfer(fd, chunk, writing);
  CHECK(close(fd) == 0, "close");
  report(name, (double)total / MIB * 1e9 / (double)(now_ns() - begun));
}

int main(int argc, char **argv) {
  const char *dir = argc > 1 ? argv[1] : "/data";
  size_t total = (size_t)(argc > 2 ? atoi(argv[2]) : 100) * MIB;
  int files = argc > 3 ? atoi(argv[3]) : 2000;
  memset(buffer, 7, sizeof buffer);

  snprintf(path, sizeof path, "%s/stream", dir);
  stream("write64k", 64 * KIB, total, 1);
  stream("read64k", 64 * KIB, total, 0);
  CHECK(unlink(path) == 0, "unlink");
  stream("write1m", MIB, total, 1);
  stream("read1m", MIB, total, 0);

  int fd = open(path, O_RDWR);
  CHECK(fd >= 0, path);
  uint32_t blocks = (uint32_t)(total / BLOCK);
  int times = files;
  uint64_t begun = now_ns();
  for (int i = 0; i < times; i++) CHECK(pread(fd, buffer, BLOCK, (off_t)(next_random() % blocks) * BLOCK) == BLOCK, "pread");
  report("randomRead", (double)(now_ns() - begun) / 1e3 / times);
  begun = now_ns();
  for (int i = 0; i < times; i++) CHECK(pwrite(fd, buffer, BLOCK, (off_t)(next_random() % blocks) * BLOCK) == BLOCK, "pwrite");
  report("randomWrite", (double)(now_ns() - begun) / 1e3 / times);
  close(fd);

  char sub[500];
  snprintf(sub, sizeof sub, "%s/small", dir);
  CHECK(mkdir(sub, 0755) == 0, "mkdir");
  begun = now_ns();
  for (int i = 0; i < files; i++) {
    snprintf(path, sizeof path, "%s/%d", sub, i);
    int one = open(path, O_WRONLY | O_CREAT | O_EXCL, 0644);
    CHECK(one >= 0 && write(one, buffer, SMALL) == SMALL && close(one) == 0, path);
  }
  report("create", (double)(now_ns() - begun) / 1e3 / files);

  begun = now_ns();
  struct stat info;
  for (int i = 0; i < files; i++) {
    snprintf(path, sizeof path, "%s/%d", sub, i);
    CHECK(stat(path, &info) == 0 && info.st_size == SMALL, path);
  }
  report("stat", (double)(now_ns() - begun) / 1e3 / files);

  int entries = 0;
  begun = now_ns();
  DIR *open_dir = opendir(sub);
  CHECK(open_dir, sub);
  for (struct dirent *entry; (entry = readdir(open_dir));) entries += entry->d_name[0] != '.';
  closedir(open_dir);
  CHECK(entries == files, "readdir");
  report("readdir", (double)(now_ns() - begun) / 1e3 / files);

  begun = now_ns();
  for (int i = 0; i < files; i++) {
    snprintf(path, sizeof path, "%s/%d", sub, i);
    CHECK(unlink(path) == 0, path);
  }
  report("unlink", (double)(now_ns() - begun) / 1e3 / files);
  return 0;
}
