/* SPDX-License-Identifier: BSD-3-Clause */
/* Runs statements on an SQLite database, for store_sqlite.c alone. One process may have several
 * open, and several processes the same one. A database is used by one thread, and not after a fork.
 * Values are from desks, phones and the acquirer: they are bound, and never part of a statement.
 *
 * Functions return 0, or IDQ_SYSTEM with a reason in database_error. */
#ifndef IDQ_RELAY_DATABASE_H
#define IDQ_RELAY_DATABASE_H

#include "pam_idinqr/common/error.h"

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct database;

/* What it does, for the reason ("adding a desk"); and its SQL, which is prepared at its first use.
 * Static. */
struct database_statement {
    const char *what, *sql;
};

/* A parameter of a statement. */
struct database_value {
    const char *text; /* NULL: a number */
    size_t size_max;  /* a text that needs more bytes, with its zero byte, is an error; 0: none */
    int64_t number;
};

#define DATABASE_TEXT(value)        ((struct database_value){.text = (value)})
#define DATABASE_SHORT(value, most) ((struct database_value){.text = (value), .size_max = (most)})
#define DATABASE_NUMBER(value)      ((struct database_value){.number = (value)})
#define DATABASE_VALUES(...)        ((const struct database_value[]){__VA_ARGS__})

/* Opens the file, which is made with mode 0600 if it is missing. Refuses a file that another user
 * can read or write, as the files that SQLite keeps beside it. `migrations` has a text of SQL for
 * each version of the tables up to `version`, which makes them from the version before. Refuses
 * tables of a newer version, of another program, and damaged ones. An error is in ret_diag. */
int database_open(const char *path, const char *const *migrations, int version,
                  struct database **ret_database, struct diag *ret_diag);
void database_close(struct database **database);

#define DATABASE_AUTO __attribute__((cleanup(database_close))) struct database

const char *database_error(const struct database *database);

/* Runs a statement to its end, where it is committed unless a transaction is open. `values` has one
 * for each parameter. `read`, or NULL, gets each row; it returns SQLITE_OK, or the code of an
 * error, which ends it. *ret_done, unless that is NULL, is whether there was a row. */
int database_run(struct database *database, const struct database_statement *statement,
                 const struct database_value *values, int (*read)(sqlite3_stmt *row, void *ret),
                 void *ret, bool *ret_done);

/* Begins a transaction that writes: no other process writes until its end. database_end commits it,
 * or rolls it back if `result` or the commit is an error, which it returns. */
int database_begin(struct database *database, const char *what);
int database_end(struct database *database, int result);

/* Moves what was written from the log to the database, and empties the log, in which old values
 * are; unless another process is using it, which is no error. */
int database_empty_log(struct database *database);

#endif
