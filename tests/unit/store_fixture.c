/* SPDX-License-Identifier: BSD-3-Clause */
/* See store_fixture.h. */
#include "tests/unit/store_fixture.h"

#include "tests/harness/postgres.h"
#include "tests/harness/runner.h"
#include "tests/harness/scratch.h"
#include "tests/unit/diag_line.h"

#include <check.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct postgres_server *server; /* of a case of PostgreSQL */

const char *
store_kind(int i, const char **ret_why_not)
{
    static const char *const kinds[] = {"sqlite", "postgresql", NULL};

    if (i == 1)
        *ret_why_not = postgres_why_not();
    return kinds[i];
}

void
store_before(void)
{
    if (runner_variant() == 1)
        server = postgres_server_new();
}

void
store_after(void)
{
    postgres_server_free(&server);
}

char *
store_path(void)
{
    char *uri;

    if (!server)
        return scratch_path(scratch_dir("store"), "relay.db");
    uri = postgres_uri(server, POSTGRES_RELAY);
    postgres_sql(uri, "TRUNCATE desk, login, trx, assertion, directory, outcome");
    return uri;
}

struct store *
store_must_open(const char *path)
{
    struct store *store = NULL;
    struct diag diag;

    ck_assert_msg(store_open(path, &store, &diag) == 0, "%s", diag_line(&diag));
    return store;
}

void
store_ck(struct store *store, int result, const char *call)
{
    ck_assert_msg(result == 0, "%s: %d, %s", call, result, store_error(store));
}

void
store_add_desks(struct store *store)
{
    struct store_desk desk = {.name = STORE_DESK, .token_hash = STORE_TOKEN, .added_ms = 5};

    ck_assert(STORE_DOES(store, store_desk_add, &desk));
    memcpy(desk.name, STORE_OTHER, sizeof STORE_OTHER);
    for (size_t i = 0; i < sizeof STORE_TOKEN - 1; i++)
        desk.token_hash[i] = STORE_TOKEN[sizeof STORE_TOKEN - 2 - i];
    ck_assert(STORE_DOES(store, store_desk_add, &desk));
}

struct store_login
store_login(int n)
{
    struct store_login login = {
        .desk = STORE_DESK,
        .nonce = "00112233445566778899aabbccddeeff",
        .station = "Gemeente Voorbeeld, b\303\241lie 3",
        .service = "sudo",
        .account = "j.jansen",
        .created_ms = STORE_BEGIN_MS,
        .expires_ms = STORE_LOGIN_MS,
    };

    snprintf(login.id, sizeof login.id, "login-%d", n);
    snprintf(login.path, sizeof login.path, "%d", n);
    return login;
}

struct store_trx
store_trx(int n, int i)
{
    struct store_trx trx = {
        .issuer = "INGBNL2A",
        .reference = "reference",
        .entrance_hash = STORE_TOKEN,
        .expires_ms = STORE_TRX_MS,
    };

    snprintf(trx.id, sizeof trx.id, "%d-%d", n, i);
    snprintf(trx.login, sizeof trx.login, "login-%d", n);
    return trx;
}

bool
store_begin_trx(struct store *store, const struct store_trx *trx, int64_t now_ms)
{
    return STORE_DOES(store, store_trx_count, trx->login, now_ms) &&
           STORE_DOES(store, store_trx_begin, trx);
}

static void
begin_trx(struct store *store, int n, int i)
{
    struct store_trx trx = store_trx(n, i);

    ck_assert(store_begin_trx(store, &trx, STORE_NOW_MS));
    ck_assert(STORE_DOES(store, store_trx_take, trx.id, STORE_NOW_MS, STORE_LEASE_MS, true));
}

void
store_add_login(struct store *store, int n, enum store_state state)
{
    struct store_login login = store_login(n);
    struct store_trx first = store_trx(n, 1), second = store_trx(n, 2);
    bool has_identity = state == STORE_NUMBER || state == STORE_SUCCESS || state == STORE_TAKEN ||
                        state == STORE_WRONG;

    ck_assert(STORE_DOES(store, store_login_add, &login));
    if (has_identity)
        begin_trx(store, n, 1);
    begin_trx(store, n, 2);
    if (has_identity)
        ck_assert(STORE_DOES(store, store_trx_verified, first.id, STORE_HASH, STORE_LOA,
                             state == STORE_NUMBER || state == STORE_WRONG, STORE_NOW_MS));
    switch (state) {
    case STORE_OPEN:
        ck_assert(STORE_DOES(store, store_trx_end, second.id, STORE_OPEN));
        break;
    case STORE_TAKEN:
        ck_assert(STORE_DOES(store, store_login_take, login.id, STORE_DESK, &login));
        break;
    case STORE_WRONG:
        for (int i = 0; i < STORE_TRIES; i++)
            ck_assert(STORE_DOES(store, store_login_number, login.id, false));
        break;
    case STORE_PENDING:
    case STORE_NUMBER:
    case STORE_SUCCESS:
        break;
    case STORE_CANCELLED:
    case STORE_DENIED:
    case STORE_EXPIRED:
    case STORE_FAILED:
    case STORE_REFUSED:
    case STORE_REVOKED:
    case STORE_STATES:
        ck_assert(STORE_DOES(store, store_login_end, login.id, state));
        break;
    }
    ck_assert_int_eq(store_get(store, n).state, state);
}

struct store_login
store_get(struct store *store, int n)
{
    struct store_login login = store_login(n);

    ck_assert(STORE_DOES(store, store_login_find, login.id, STORE_DESK, &login));
    return login;
}

enum store_trx_state
store_trx_get(struct store *store, int n, int i)
{
    struct store_trx trx = store_trx(n, i);

    ck_assert(STORE_DOES(store, store_trx_find, trx.id, &trx));
    return trx.state;
}

/* --- the file -----------------------------------------------------------------------------------
 */

static int
note_row(void *out, int n_columns, char **columns, char **names)
{
    (void)names;
    for (int i = 0; i < n_columns; i++)
        fprintf(out, "%s|", columns[i] ? columns[i] : "NULL");
    fputc('\n', out);
    return 0;
}

char *
store_sql(const char *path, const char *sql)
{
    char *text = NULL, *error = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    sqlite3 *db = NULL;

    ck_assert_ptr_nonnull(out);
    if (store_is_shared(path)) {
        fclose(out);
        free(text);
        return postgres_sql(path, sql);
    }
    ck_assert_int_eq(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
    sqlite3_busy_timeout(db, 10000);
    ck_assert_msg(sqlite3_exec(db, sql, note_row, out, &error) == SQLITE_OK, "%s: %s", sql, error);
    ck_assert_int_eq(sqlite3_close(db), SQLITE_OK);
    ck_assert_int_eq(fclose(out), 0);
    return scratch_keep(text);
}

char *
store_dump(const char *path)
{
    return store_sql(path, "SELECT * FROM desk ORDER BY 1;"
                           "SELECT id, path, desk, station, service, account, created_ms,"
                           " expires_ms, state, n_trx, tries_left, hash, issuer, loa, trx,"
                           " is_given"
                           " FROM login ORDER BY 1;"
                           "SELECT * FROM trx ORDER BY 1; SELECT * FROM assertion ORDER BY 1;"
                           "SELECT * FROM directory; SELECT * FROM outcome ORDER BY 1, 2");
}

void
store_ck_sound(const char *path)
{
    if (!store_is_shared(path)) {
        ck_assert_str_eq(store_sql(path, "PRAGMA integrity_check"), "ok|\n");
        ck_assert_str_eq(store_sql(path, "PRAGMA foreign_key_check"), "");
    }
    ck_assert_str_eq(store_sql(path, "SELECT * FROM login WHERE (hash <> '') <> (state IN (2, 3))"),
                     "");
    ck_assert_str_eq(store_sql(path, "SELECT login.id FROM login JOIN desk ON desk.name = desk"
                                     " WHERE revoked_ms > 0 AND state <= 3"),
                     "");
    ck_assert_str_eq(store_sql(path, "SELECT login.id, login.state, n_trx, count(trx.id)"
                                     " FROM login LEFT JOIN trx ON trx.login = login.id"
                                     " GROUP BY login.id, login.state, n_trx"
                                     " HAVING count(trx.id) > n_trx"
                                     " OR (login.state = 0 AND coalesce(min(trx.state), 2) < 2)"
                                     " OR (login.state = 1 AND coalesce(min(trx.state), 2) = 2)"),
                     "");
}
