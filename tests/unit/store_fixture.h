/* SPDX-License-Identifier: BSD-3-Clause */
/* Stores of logins in each state, and what is in their database as SQLite or PostgreSQL itself
 * reads it. Test code: runs as the user who runs the tests. An error fails the running test. */
#ifndef IDQ_TESTS_STORE_FIXTURE_H
#define IDQ_TESTS_STORE_FIXTURE_H

#include "pam_idinqr/relay/store.h"

#include <stdbool.h>
#include <stdint.h>

#define STORE_DESK  "balie-3"
#define STORE_OTHER "balie-4"
#define STORE_TOKEN "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define STORE_HASH  "idin1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define STORE_LOA   "nl:bvn:bankid:1.0:loa3"

/* The times of each login and transaction. */
#define STORE_BEGIN_MS INT64_C(1000000)
#define STORE_NOW_MS   INT64_C(1100000)
#define STORE_LEASE_MS INT64_C(1110000)
#define STORE_TRX_MS   INT64_C(1200000) /* the end of each transaction */
#define STORE_LOGIN_MS INT64_C(1300000) /* and login */
#define STORE_LATER_MS                                                                             \
    INT64_C(1400000) /* the end of a login's time, if a bank's answer was late                     \
                      */

/* A test case with these options is there for both databases. */
#define STORE_KINDS .variant = store_kind, .before = store_before, .after = store_after
const char *store_kind(int i, const char **ret_why_not);
void store_before(void);
void store_after(void);

/* "<a new directory>/relay.db", of which nothing is there; or in a case of PostgreSQL the URI of a
 * database without a row. Kept (scratch.h). */
char *store_path(void);

struct store *store_must_open(const char *path);

/* Fails the test unless the call worked, and says why. */
#define STORE_CK(store, call) store_ck(store, call, #call)
void store_ck(struct store *store, int result, const char *call);

/* The same, of a step: whether it was done. */
#define STORE_DOES(store, function, ...)                                                           \
    ({                                                                                             \
        bool does_it;                                                                              \
        store_ck(store, function(store, __VA_ARGS__, &does_it), #function);                        \
        does_it;                                                                                   \
    })

/* Adds the two desks, the second with STORE_TOKEN reversed. */
void store_add_desks(struct store *store);

/* A login that nothing has, of STORE_DESK: the id is "login-<n>", the path "<n>". */
struct store_login store_login(int n);

/* A transaction of it: the id is "<n>-<i>". */
struct store_trx store_trx(int n, int i);

/* Adds a login and brings it to a state. Its transaction 2 is in STORE_TRX_FETCHING; in STORE_OPEN
 * it has ended. Transaction 1 brought the identity, where there is or was one. */
void store_add_login(struct store *store, int n, enum store_state state);

/* Counts and begins a transaction of this login. */
bool store_begin_trx(struct store *store, const struct store_trx *trx, int64_t now_ms);

/* Reads one. */
struct store_login store_get(struct store *store, int n);
enum store_trx_state store_trx_get(struct store *store, int n, int i);

/* Runs SQL on the database by another connection. Returns the values, each with a '|' behind it
 * and each row with a '\n'. Kept. */
char *store_sql(const char *path, const char *sql);

/* All rows of all tables. Kept. */
char *store_dump(const char *path);

/* Fails unless the file is sound: SQLite's check, no identity in any state but two, no live login
 * of a revoked desk, no transaction under way in an open login, one in each pending login, and no
 * more than the login counts. */
void store_ck_sound(const char *path);

#endif
