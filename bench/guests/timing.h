// A program that measures itself: nanoseconds of one operation, printed as `name ns`.
#pragma once
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static inline uint64_t now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static uint64_t budget_ns = 200000000u;

// Runs `operation` in batches: first a quarter of the budget unmeasured, so that engines have compiled it, then measured.
#define MEASURE(name, batch, operation)                                       \
  do {                                                                        \
    uint64_t count = 0, begun = now_ns(), measured = 0, ends = begun + budget_ns / 4; \
    for (int phase = 0; phase < 2; phase++) {                                 \
      count = 0;                                                              \
      begun = now_ns();                                                       \
      ends = begun + (phase == 0 ? budget_ns / 4 : budget_ns);                \
      do {                                                                    \
        for (int i = 0; i < (batch); i++) { operation; }                      \
        count += (batch);                                                     \
        measured = now_ns();                                                  \
      } while (measured < ends);                                              \
    }                                                                         \
    printf("%s %.2f\n", name, (double)(measured - begun) / (double)count);    \
    fflush(stdout);                                                           \
  } while (0)

#define CHECK(condition, what)                    \
  do {                                            \
    if (!(condition)) { perror(what); exit(1); }  \
  } while (0)
