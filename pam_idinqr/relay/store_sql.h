/* SPDX-License-Identifier: BSD-3-Clause */
/* What the files store_*.c share, and no other file has: the words of their SQL, and the reading of
 * a row. In the relay and its commands. */
#ifndef IDQ_RELAY_STORE_SQL_H
#define IDQ_RELAY_STORE_SQL_H

#include "pam_idinqr/relay/database.h"
#include "pam_idinqr/relay/store.h"

struct store {
    struct database *database;
    bool is_shared;   /* other relays may use it */
    int64_t asked_ms; /* when the last read of what they have changed was */
};

/* The tables of PostgreSQL: a text for each version, from 1 on. */
extern const char *const store_postgres_migrations[];
extern const int store_postgres_version, store_sqlite_version;

#define TEXT   DATABASE_TEXT
#define SHORT  DATABASE_SHORT
#define NUMBER DATABASE_NUMBER
#define VALUES DATABASE_VALUES

/* Conditions on a state. SQLite uses a partial index only for a query with its condition, word for
 * word. */
#define IS_PENDING  "state = 1"
#define IS_NUMBER   "state = 2"
#define IS_SUCCESS  "state = 3"
#define IS_BEFORE   "state <= 1" /* there is no identity yet */
#define IS_LIVE     "state <= 3"
#define HAS_ENDED   "state > 3"
#define IS_NEWS     "state > 3 AND is_given = 0" /* for the log */
#define IS_STARTED  "state = 0"
#define IS_FETCHING "state = 1"
#define IS_TO_ASK   "state < 2"
_Static_assert(STORE_OPEN == 0 && STORE_PENDING == 1 && STORE_NUMBER == 2 && STORE_SUCCESS == 3 &&
                   STORE_TAKEN == 4 && STORE_CANCELLED == 5 && STORE_DENIED == 6 &&
                   STORE_WRONG == 7 && STORE_EXPIRED == 8 && STORE_FAILED == 9 &&
                   STORE_REFUSED == 10 && STORE_REVOKED == 11 && STORE_TRX_STARTED == 0 &&
                   STORE_TRX_FETCHING == 1 && STORE_TRX_ENDED == 2,
               "databases have these numbers");

/* What an UPDATE of a login sets at its end. */
#define ENDS_AS(state) "state = " state ", hash = ''"

#define HAS_TRX_TO_ASK "EXISTS (SELECT 1 FROM trx WHERE trx.login = login.id AND trx." IS_TO_ASK ")"

/* Runs a statement that changes rows. */
int store_change(struct store *store, const struct database_statement *statement,
                 const struct database_value *values, bool *ret_done);

/* The columns of a row, from left to right. */
struct columns {
    const char *const *values;
    int next;
    bool is_bad; /* a column had a value that is never written */
};

void columns_take_text(struct columns *columns, char *ret_text, size_t size);
int64_t columns_take_number(struct columns *columns, int64_t most);

/* Returns what a database_read returns. */
int columns_result(const struct columns *columns);

/* Reads an int64_t, and -1 for NULL. */
database_read columns_read_number;

/* Begins a transaction, with what locks the rows that other transactions may be changing. */
int store_begin(struct store *store, const char *what, const struct database_statement *lock,
                const struct database_value *values);

#endif
