/* sql DATABASE [VFS] runs the SQL on standard input. */
#include <stdio.h>
#include <stdlib.h>
#include "sqlite3.h"

static int print(void *unused, int count, char **values, char **names) {
  for (int i = 0; i < count; i++) printf("%s%s", i ? "|" : "", values[i] ? values[i] : "NULL");
  putchar('\n');
  return 0;
}

/* SQL function crash(): the process ends where it stands, as in a power cut. */
static void crash(sqlite3_context *context, int count, sqlite3_value **values) { abort(); }

int main(int argc, char **argv) {
  size_t size = 0, room = 1 << 16, got;
  char *sql = malloc(room), *error = 0;
  while ((got = fread(sql + size, 1, room - size - 1, stdin)) > 0)
    if ((size += got) + 1 == room) sql = realloc(sql, room *= 2);
  sql[size] = 0;
  sqlite3 *db;
  int code = sqlite3_open_v2(argv[1], &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, argc > 2 ? argv[2] : 0);
  if (!code) code = sqlite3_create_function(db, "crash", 0, SQLITE_UTF8, 0, crash, 0, 0);
  if (!code) code = sqlite3_exec(db, sql, print, 0, &error);
  if (code) fprintf(stderr, "sqlite: %s (%d)\n", error ? error : sqlite3_errmsg(db), sqlite3_extended_errcode(db));
  sqlite3_close(db);
  return code;
}
