// B4: the plugin that is called.
#include "canonical.h"

EXPORT("bench:echo/echo@0.1.0#nop") int *nop(void) { return ok(); }

EXPORT("bench:echo/echo@0.1.0#echo") int *echo(byte *data, size length) {
  result[1] = (int)data;
  result[2] = (int)length;
  return ok();
}

EXPORT("cabi_post_bench:echo/echo@0.1.0#echo") void echo_done(int *ignored) {
  (void)ignored;
  used = 0;
}
