/* Ends as its first argument says: with a number, by abort(), or in a stack overflow. */
#include <stdio.h>
#include <stdlib.h>

static int recurse(volatile int depth) { return depth + recurse(depth + 1); }

int main(int argc, char **argv) {
  fputs("about to end\n", stderr);
  if (argv[1][0] == 'a') abort();
  if (argv[1][0] == 'r') return recurse(0);
  exit(atoi(argv[1]));
}
