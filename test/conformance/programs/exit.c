/* Ends as its first argument says: with a number, by abort(), or in a stack overflow. */
#include <stdio.h>
#include <stdlib.h>

static volatile int bottom;
static int recurse(int depth) { return bottom ? 0 : depth ^ (recurse(depth + 1) * 3); }

int main(int argc, char **argv) {
  fputs("about to end\n", stderr);
  if (argv[1][0] == 'a') abort();
  if (argv[1][0] == 'r') return recurse(0);
  exit(atoi(argv[1]));
}
