#ifndef DRYDOCK_CSQLite_H
#define DRYDOCK_CSQLite_H

#include <sqlite3.h>

// SQLite's settings are variadic, and its word for "copy the bytes" is a cast to a function: Swift sees neither.

/// Distrusts a file: its schema runs nothing, and its pages are checked as they are read.
static inline int csqlite_distrust(sqlite3 *database) {
  int status = sqlite3_db_config(database, SQLITE_DBCONFIG_DEFENSIVE, 1, (int *)0);
  if (status == SQLITE_OK) status = sqlite3_db_config(database, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, (int *)0);
  if (status == SQLITE_OK) status = sqlite3_db_config(database, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, (int *)0);
  if (status == SQLITE_OK) status = sqlite3_db_config(database, SQLITE_DBCONFIG_ENABLE_VIEW, 0, (int *)0);
  return status;
}

static inline int csqlite_bind_text(sqlite3_stmt *statement, int number, const char *text, int count) {
  return sqlite3_bind_text(statement, number, text, count, SQLITE_TRANSIENT);
}

static inline int csqlite_bind_blob(sqlite3_stmt *statement, int number, const void *bytes, int count) {
  return sqlite3_bind_blob(statement, number, bytes, count, SQLITE_TRANSIENT);
}

#endif
