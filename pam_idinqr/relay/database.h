/* SPDX-License-Identifier: BSD-3-Clause */
/* Runs statements on a database, for store_*.c alone: an SQLite file, or PostgreSQL. One process
 * may have several open, and several processes the same one. A database is used by one thread, and
 * not after a fork. Values are from desks, phones and the acquirer: they are bound, and never part
 * of a statement.
 *
 * Functions return 0, or IDQ_SYSTEM with a reason in database_error. */
#ifndef IDQ_RELAY_DATABASE_H
#define IDQ_RELAY_DATABASE_H

#include "pam_idinqr/common/error.h"

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct database;

/* What it does, for the reason ("adding a desk"); and its SQL, with parameters ?1, ?2, which both
 * databases understand. Static. */
struct database_statement {
    const char *what, *sql;
};

/* Part of a statement that SQLite does not need, as a transaction of it locks the whole file. */
#define DATABASE_POSTGRES(sql) " /*+" sql "+*/ "

/* A parameter of a statement. */
struct database_value {
    const char *text; /* NULL: a number */
    size_t size_max;  /* a text that needs more bytes, with its zero byte, is an error; 0: none */
    int64_t number;
};

#define DATABASE_TEXT(value)        ((struct database_value){.text = (value)})
#define DATABASE_SHORT(value, most) ((struct database_value){.text = (value), .size_max = (most)})
#define DATABASE_NUMBER(value)      ((struct database_value){.number = (value)})
#define DATABASE_END                ((struct database_value){.size_max = SIZE_MAX})
#define DATABASE_VALUES(...)        ((const struct database_value[]){__VA_ARGS__, DATABASE_END})

/* Opens the file, which is made with mode 0600 if it is missing. Refuses a file that another user
 * can read or write, as the files that SQLite keeps beside it. `migrations` has a text of SQL for
 * each version of the tables up to `version`, which makes them from the version before. Refuses
 * tables of a newer version, of another program, and damaged ones. An error is in ret_diag. */
int database_open_sqlite(const char *path, const char *const *migrations, int version,
                         struct database **ret_database, struct diag *ret_diag);

/* Connects to PostgreSQL, as the URI says. If it is away later, each call fails and tries to
 * connect again, at most once a second: no call waits longer than 3 s. With migrations, makes the
 * tables of `version`, while others may use them. Without (NULL), refuses tables of any other
 * version, now and at each new connection. */
int database_open_postgres(const char *uri, const char *const *migrations, int version,
                           struct database **ret_database, struct diag *ret_diag);
void database_close(struct database **database);

#define DATABASE_AUTO __attribute__((cleanup(database_close))) struct database

const char *database_error(const struct database *database);
uint64_t database_errors(const struct database *database); /* how many there were */

/* For database_run: takes a row, whose values are texts, or NULL. Returns 0; IDQ_REPLY for values
 * that are never written; or IDQ_SYSTEM if memory is short. An error ends the statement. */
typedef int database_read(const char *const *values, void *ret);

/* Runs a statement to its end, where it is committed unless a transaction is open. `values` has one
 * for each parameter, or is NULL. `read`, or NULL, gets each row. *ret_done, unless that is NULL,
 * is whether there was a row. */
int database_run(struct database *database, const struct database_statement *statement,
                 const struct database_value *values, database_read *read, void *ret,
                 bool *ret_done);

/* Begins a transaction that writes. In SQLite, no other process writes until its end. In
 * PostgreSQL, each statement sees all that was committed before it, and waits for rows that another
 * transaction has locked. database_end commits it, or rolls it back if `result` or the commit is an
 * error, which it returns. */
int database_begin(struct database *database, const char *what);
int database_end(struct database *database, int result);

/* Moves what was written from SQLite's log to the database, and empties the log, in which old
 * values are; unless another process is using it, which is no error. */
int database_empty_log(struct database *database);

/* Sets what to poll for what other processes tell: nothing (fd -1) in SQLite. */
void database_poll(const struct database *database, struct pollfd *ret_poll);

/* Takes what they have told, without waiting: calls `take` with each text, or with NULL if the
 * connection is a new one, so that texts may have been lost. */
void database_listen(struct database *database, void (*take)(void *context, const char *text),
                     void *context);

#endif
