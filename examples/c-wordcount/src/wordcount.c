/* Counts lines, words and bytes of the files that are named, or of standard input. */
#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

struct counts {
  unsigned long long lines, words, bytes;
};

static bool count(FILE *file, struct counts *counts) {
  static unsigned char buffer[65536];
  bool in_word = false;
  size_t length;
  while ((length = fread(buffer, 1, sizeof buffer, file)) > 0) {
    counts->bytes += length;
    for (size_t i = 0; i < length; i++) {
      bool space = isspace(buffer[i]);
      if (buffer[i] == '\n') counts->lines++;
      if (!space && !in_word) counts->words++;
      in_word = !space;
    }
  }
  return !ferror(file);
}

static void print(const struct counts *counts, const char *name) {
  printf("%7llu %7llu %7llu%s%s\n", counts->lines, counts->words, counts->bytes, *name ? " " : "", name);
}

static void complain(const char *name) {
  fprintf(stderr, "wordcount: %s: %s\n", name, strerror(errno));
}

int main(int argc, char **argv) {
  struct counts total = {0};
  int failed = 0;
  if (argc < 2) {
    if (!count(stdin, &total)) {
      complain("standard input");
      return 1;
    }
    print(&total, "");
    return 0;
  }
  for (int i = 1; i < argc; i++) {
    struct counts counts = {0};
    FILE *file = fopen(argv[i], "rb");
    if (!file || !count(file, &counts)) {
      complain(argv[i]);
      failed = 1;
    } else {
      print(&counts, argv[i]);
      total.lines += counts.lines;
      total.words += counts.words;
      total.bytes += counts.bytes;
    }
    if (file) fclose(file);
  }
  if (argc > 2) print(&total, "total");
  return failed;
}
