/* zst LEVEL IN OUT compresses, zst d IN OUT decompresses; the whole stream passes through buffers of 128 KiB. */
#include <stdio.h>
#include <stdlib.h>
#include "zstd.h"

static char in_bytes[1 << 17], out_bytes[1 << 17];

static int fail(const char *path, size_t code) {
  fprintf(stderr, "%s: %s\n", path, ZSTD_getErrorName(code));
  return 4;
}

int main(int argc, char **argv) {
  FILE *in = fopen(argv[2], "rb");
  if (!in) return perror(argv[2]), 3;
  FILE *out = fopen(argv[3], "wb");
  if (!out) return perror(argv[3]), 3;
  int compress = argv[1][0] != 'd';
  ZSTD_CCtx *c = ZSTD_createCCtx();
  ZSTD_DCtx *d = ZSTD_createDCtx();
  ZSTD_CCtx_setParameter(c, ZSTD_c_compressionLevel, atoi(argv[1]));
  ZSTD_CCtx_setParameter(c, ZSTD_c_checksumFlag, 1);
  size_t got, left = 0;
  do {
    got = fread(in_bytes, 1, sizeof in_bytes, in);
    int last = got < sizeof in_bytes;
    ZSTD_inBuffer from = {in_bytes, got, 0};
    int more;
    do {
      ZSTD_outBuffer to = {out_bytes, sizeof out_bytes, 0};
      if (!compress && from.pos == from.size) break;
      left = compress ? ZSTD_compressStream2(c, &to, &from, last ? ZSTD_e_end : ZSTD_e_continue) : ZSTD_decompressStream(d, &to, &from);
      if (ZSTD_isError(left)) return fail(argv[2], left);
      if (fwrite(out_bytes, 1, to.pos, out) != to.pos) return perror(argv[3]), 6;
      more = compress && last ? left != 0 : from.pos < from.size || to.pos == to.size;
    } while (more);
  } while (got == sizeof in_bytes);
  if (!compress && left) return fprintf(stderr, "%s: cut short\n", argv[2]), 5;
  return fclose(out) ? (perror(argv[3]), 6) : 0;
}
