/* SPDX-License-Identifier: BSD-3-Clause */
/* The relay and its commands run this, on texts from desks, phones and the acquirer. The statements
 * of each step, for SQLite and PostgreSQL, and the tables of SQLite. */
#include "pam_idinqr/relay/store.h"

#include "pam_idinqr/common/array.h"
#include "pam_idinqr/common/text.h"
#include "pam_idinqr/relay/store_sql.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* due_ms is when to ask for the status: the transaction's expiry, or the end of the lease. */
static const char *const migrations[] = {
    "CREATE TABLE desk (name TEXT PRIMARY KEY, token_hash TEXT NOT NULL UNIQUE,"
    " added_ms INTEGER NOT NULL, revoked_ms INTEGER NOT NULL) STRICT, WITHOUT ROWID;"

    "CREATE TABLE login (id TEXT PRIMARY KEY, path TEXT NOT NULL UNIQUE, desk TEXT NOT NULL,"
    " station TEXT NOT NULL, service TEXT NOT NULL, account TEXT NOT NULL,"
    " created_ms INTEGER NOT NULL, expires_ms INTEGER NOT NULL, state INTEGER NOT NULL,"
    " n_trx INTEGER NOT NULL, tries_left INTEGER NOT NULL,"
    " hash TEXT NOT NULL, issuer TEXT NOT NULL, loa TEXT NOT NULL, trx TEXT NOT NULL,"
    " is_given INTEGER NOT NULL) STRICT;"
    "CREATE INDEX login_live ON login (expires_ms) WHERE " IS_LIVE ";"
    "CREATE INDEX login_ended ON login (expires_ms) WHERE " HAS_ENDED ";"
    "CREATE INDEX login_news ON login (is_given) WHERE " HAS_ENDED ";"
    "CREATE INDEX login_begun ON login (created_ms, desk);"

    "CREATE TABLE trx (id TEXT PRIMARY KEY,"
    " login TEXT NOT NULL REFERENCES login (id) ON DELETE CASCADE, issuer TEXT NOT NULL,"
    " reference TEXT NOT NULL, entrance_hash TEXT NOT NULL,"
    " expires_ms INTEGER NOT NULL, returned_ms INTEGER NOT NULL, due_ms INTEGER NOT NULL,"
    " state INTEGER NOT NULL) STRICT;"
    "CREATE INDEX trx_login ON trx (login);"
    "CREATE INDEX trx_due ON trx (due_ms) WHERE " IS_TO_ASK ";"

    "CREATE TABLE assertion (id TEXT PRIMARY KEY, until_ms INTEGER NOT NULL)"
    " STRICT, WITHOUT ROWID;"
    "CREATE INDEX assertion_until ON assertion (until_ms);"

    "CREATE TABLE directory (one INTEGER PRIMARY KEY, text TEXT NOT NULL,"
    " then_ms INTEGER NOT NULL) STRICT;"
    "PRAGMA user_version = 1",

    "ALTER TABLE login ADD COLUMN nonce TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE desk ADD COLUMN seen_ms INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE desk ADD COLUMN version TEXT NOT NULL DEFAULT '';"
    "CREATE TABLE outcome (minute INTEGER NOT NULL, state INTEGER NOT NULL, n INTEGER NOT NULL,"
    " PRIMARY KEY (minute, state)) STRICT, WITHOUT ROWID;"
    "PRAGMA user_version = 2",
};
const int store_sqlite_version = (int)ARRAY_LENGTH(migrations);

int
store_open(const char *path, struct store **ret_store, struct diag *ret_diag)
{
    STORE_AUTO *store = calloc(1, sizeof *store);

    if (!store) {
        diag_set(ret_diag, "out of memory");
        return IDQ_SYSTEM;
    }
    store->is_shared = store_is_shared(path);
    if ((store->is_shared ? database_open_postgres(path, NULL, store_postgres_version,
                                                   &store->database, ret_diag)
                          : database_open_sqlite(path, migrations, store_sqlite_version,
                                                 &store->database, ret_diag)) != 0)
        return IDQ_SYSTEM;
    *ret_store = store;
    store = NULL; /* moved */
    return 0;
}

void
store_close(struct store **store)
{
    if (!store || !*store)
        return;
    database_close(&(*store)->database);
    free(*store);
    *store = NULL;
}

const char *
store_error(const struct store *store)
{
    return database_error(store->database);
}

uint64_t
store_errors(const struct store *store)
{
    return database_errors(store->database);
}

int
store_change(struct store *store, const struct database_statement *statement,
             const struct database_value *values, bool *ret_done)
{
    return database_run(store->database, statement, values, NULL, NULL, ret_done);
}

int
store_begin(struct store *store, const char *what, const struct database_statement *lock,
            const struct database_value *values)
{
    int result = database_begin(store->database, what);

    if (result == 0 && store_change(store, lock, values, NULL) != 0)
        result = database_end(store->database, IDQ_SYSTEM);
    return result;
}

/* --- rows ------------------------------------------------------------------------------------- */

void
columns_take_text(struct columns *columns, char *ret_text, size_t size)
{
    const char *text = columns->values[columns->next++];

    if (!text || copy_text(ret_text, size, text) != 0)
        columns->is_bad = true;
}

int64_t
columns_take_number(struct columns *columns, int64_t most)
{
    const char *text = columns->values[columns->next++];
    char *end = NULL;
    int64_t number;

    errno = 0;
    number = text ? strtoll(text, &end, 10) : -1;
    if (!text || errno != 0 || *end || number < 0 || number > most)
        columns->is_bad = true;
    return number;
}

int
columns_read_number(const char *const *values, void *ret_number)
{
    struct columns columns = {.values = values};

    *(int64_t *)ret_number = values[0] ? columns_take_number(&columns, INT64_MAX) : -1;
    return columns.is_bad ? IDQ_REPLY : 0;
}

#define DESK_COLUMNS "name, token_hash, added_ms, revoked_ms, seen_ms, version FROM desk "

static int
read_desk(const char *const *values, void *ret_desk)
{
    struct columns columns = {.values = values};
    struct store_desk desk = {0};

    columns_take_text(&columns, desk.name, sizeof desk.name);
    columns_take_text(&columns, desk.token_hash, sizeof desk.token_hash);
    desk.added_ms = columns_take_number(&columns, INT64_MAX);
    desk.revoked_ms = columns_take_number(&columns, INT64_MAX);
    desk.seen_ms = columns_take_number(&columns, INT64_MAX);
    columns_take_text(&columns, desk.version, sizeof desk.version);
    if (columns.is_bad)
        return IDQ_REPLY;
    *(struct store_desk *)ret_desk = desk;
    return 0;
}

#define LOGIN_LIST                                                                                 \
    "id, path, desk, station, service, account, created_ms, expires_ms, state, n_trx,"             \
    " tries_left, hash, issuer, loa, trx, nonce"
#define LOGIN_COLUMNS LOGIN_LIST " FROM login "

static int
read_login(const char *const *values, void *ret_login)
{
    struct columns columns = {.values = values};
    struct store_login login = {0};

    columns_take_text(&columns, login.id, sizeof login.id);
    columns_take_text(&columns, login.path, sizeof login.path);
    columns_take_text(&columns, login.desk, sizeof login.desk);
    columns_take_text(&columns, login.station, sizeof login.station);
    columns_take_text(&columns, login.service, sizeof login.service);
    columns_take_text(&columns, login.account, sizeof login.account);
    login.created_ms = columns_take_number(&columns, INT64_MAX);
    login.expires_ms = columns_take_number(&columns, INT64_MAX);
    login.state = (enum store_state)columns_take_number(&columns, STORE_STATES - 1);
    login.n_trx = (unsigned)columns_take_number(&columns, STORE_TRX_MAX);
    login.tries_left = (unsigned)columns_take_number(&columns, STORE_TRIES);
    columns_take_text(&columns, login.hash, sizeof login.hash);
    columns_take_text(&columns, login.issuer, sizeof login.issuer);
    columns_take_text(&columns, login.loa, sizeof login.loa);
    columns_take_text(&columns, login.trx, sizeof login.trx);
    columns_take_text(&columns, login.nonce, sizeof login.nonce);
    if (columns.is_bad)
        return IDQ_REPLY;
    *(struct store_login *)ret_login = login;
    return 0;
}

/* --- desks ------------------------------------------------------------------------------------ */

int
store_desk_add(struct store *store, const struct store_desk *desk, bool *ret_done)
{
    static const struct database_statement add = {
        "adding a desk",
        "INSERT INTO desk (name, token_hash, added_ms, revoked_ms) VALUES (?1, ?2, ?3, 0)"
        " ON CONFLICT DO NOTHING RETURNING 1"};

    return store_change(store, &add,
                        VALUES(TEXT(desk->name), TEXT(desk->token_hash), NUMBER(desk->added_ms)),
                        ret_done);
}

int
store_desk_rotate(struct store *store, const char *name, const char *token_hash, bool *ret_done)
{
    static const struct database_statement rotate = {
        "changing a desk's token",
        "UPDATE desk SET token_hash = ?2 WHERE name = ?1 AND revoked_ms = 0"
        " AND NOT EXISTS (SELECT 1 FROM desk WHERE token_hash = ?2) RETURNING 1"};

    return store_change(store, &rotate, VALUES(TEXT(name), SHORT(token_hash, STORE_HASH_SIZE)),
                        ret_done);
}

int
store_desk_revoke(struct store *store, const char *name, int64_t now_ms, bool *ret_done)
{
    static const struct database_statement lock = {
        NULL, "SELECT 1 FROM login WHERE desk = ?1 AND " IS_LIVE DATABASE_POSTGRES(
                  "ORDER BY id FOR UPDATE")};
    static const struct database_statement revoke = {
        "revoking a desk",
        "UPDATE desk SET revoked_ms = ?2 WHERE name = ?1 AND revoked_ms = 0 RETURNING 1"};
    static const struct database_statement end_logins = {
        NULL, "UPDATE login SET " ENDS_AS("?2") " WHERE desk = ?1 AND " IS_LIVE};
    bool is_revoked = false;
    int result = store_begin(store, revoke.what, &lock, VALUES(TEXT(name)));

    if (result != 0)
        return result;
    result = store_change(store, &revoke, VALUES(TEXT(name), NUMBER(now_ms)), &is_revoked);
    if (result == 0 && is_revoked)
        result = store_change(store, &end_logins, VALUES(TEXT(name), NUMBER(STORE_REVOKED)), NULL);
    result = database_end(store->database, result);
    if (result == 0)
        *ret_done = is_revoked;
    return result;
}

int
store_desk_find(struct store *store, const char *token_hash, struct store_desk *ret_desk,
                bool *ret_found)
{
    static const struct database_statement find = {
        "looking for a desk", "SELECT " DESK_COLUMNS "WHERE token_hash = ?1 AND revoked_ms = 0"};

    return database_run(store->database, &find, VALUES(TEXT(token_hash)), read_desk, ret_desk,
                        ret_found);
}

struct desk_taker {
    void (*take)(void *context, const struct store_desk *desk);
    void *context;
};

static int
give_desk(const char *const *values, void *taker)
{
    const struct desk_taker *to = taker;
    struct store_desk desk = {0};
    int error = read_desk(values, &desk);

    if (error == 0)
        to->take(to->context, &desk);
    return error;
}

int
store_desk_each(struct store *store, void (*take)(void *context, const struct store_desk *desk),
                void *context)
{
    static const struct database_statement each = {"listing the desks",
                                                   "SELECT " DESK_COLUMNS "ORDER BY name"};
    struct desk_taker taker = {take, context};

    return database_run(store->database, &each, NULL, give_desk, &taker, NULL);
}

/* --- logins ----------------------------------------------------------------------------------- */

int
store_login_add(struct store *store, const struct store_login *login, bool *ret_done)
{
    static const struct database_statement add = {
        "adding a login",
        "INSERT INTO login (" LOGIN_LIST ", is_given)"
        " SELECT ?1, ?2, name, ?4, ?5, ?6, ?7, ?8, 0, 0, ?9, '', '', '', '', ?10, 0"
        " FROM desk WHERE name = ?3 AND revoked_ms = 0" DATABASE_POSTGRES(
            "FOR SHARE") "ON CONFLICT DO NOTHING RETURNING 1"};

    return store_change(store, &add,
                        VALUES(TEXT(login->id), TEXT(login->path), TEXT(login->desk),
                               TEXT(login->station), TEXT(login->service), TEXT(login->account),
                               NUMBER(login->created_ms), NUMBER(login->expires_ms),
                               NUMBER(STORE_TRIES), TEXT(login->nonce)),
                        ret_done);
}

int
store_login_find(struct store *store, const char *id, const char *desk,
                 struct store_login *ret_login, bool *ret_found)
{
    static const struct database_statement find = {
        "looking for a login", "SELECT " LOGIN_COLUMNS "WHERE id = ?1 AND (?2 = '' OR desk = ?2)"};

    return database_run(store->database, &find, VALUES(TEXT(id), TEXT(desk)), read_login, ret_login,
                        ret_found);
}

int
store_login_find_path(struct store *store, const char *path, struct store_login *ret_login,
                      bool *ret_found)
{
    static const struct database_statement find = {"looking for a login",
                                                   "SELECT " LOGIN_COLUMNS "WHERE path = ?1"};

    return database_run(store->database, &find, VALUES(TEXT(path)), read_login, ret_login,
                        ret_found);
}

int
store_login_end(struct store *store, const char *id, enum store_state state, bool *ret_done)
{
    static const struct database_statement end = {
        "ending a login",
        "UPDATE login SET " ENDS_AS("?2") " WHERE id = ?1 AND " IS_LIVE " RETURNING 1"};

    return store_change(store, &end, VALUES(TEXT(id), NUMBER(state)), ret_done);
}

static int
read_count(const char *const *values, void *ret_count)
{
    struct columns columns = {.values = values};
    struct store_count *count = ret_count;

    count->logins = (unsigned)columns_take_number(&columns, UINT_MAX);
    count->trx = (unsigned)columns_take_number(&columns, UINT_MAX);
    return columns.is_bad ? IDQ_REPLY : 0;
}

int
store_login_count(struct store *store, const char *desk, int64_t since_ms,
                  struct store_count *ret_n)
{
    static const struct database_statement count = {
        "counting logins", "SELECT count(*), coalesce(sum(n_trx), 0) FROM login"
                           " WHERE created_ms >= ?2 AND (?1 = '' OR desk = ?1)"};

    return database_run(store->database, &count, VALUES(TEXT(desk), NUMBER(since_ms)), read_count,
                        ret_n, NULL);
}

int
store_login_number(struct store *store, const char *id, bool is_right, bool *ret_done)
{
    static const struct database_statement right = {
        "accepting a number",
        "UPDATE login SET state = ?2 WHERE id = ?1 AND " IS_NUMBER " RETURNING 1"};
    static const struct database_statement wrong = {
        "counting a wrong number", "UPDATE login SET tries_left = tries_left - 1,"
                                   " state = CASE WHEN tries_left > 1 THEN state ELSE ?2 END,"
                                   " hash = CASE WHEN tries_left > 1 THEN hash ELSE '' END"
                                   " WHERE id = ?1 AND " IS_NUMBER " RETURNING 1"};

    return is_right ? store_change(store, &right, VALUES(TEXT(id), NUMBER(STORE_SUCCESS)), ret_done)
                    : store_change(store, &wrong, VALUES(TEXT(id), NUMBER(STORE_WRONG)), ret_done);
}

struct login_list {
    struct store_login *logins;
    size_t most, n;
};

static int
add_login(const char *const *values, void *list)
{
    struct login_list *to = list;

    return to->n < to->most ? read_login(values, &to->logins[to->n++]) : IDQ_REPLY;
}

/* MATERIALIZED: PostgreSQL may otherwise look for news more than once, and take more than asked. */
int
store_login_ended(struct store *store, size_t most, struct store_login *ret_logins, size_t *ret_n)
{
    static const struct database_statement give = {
        "taking ended logins",
        "WITH news AS MATERIALIZED (SELECT id FROM login WHERE " IS_NEWS DATABASE_POSTGRES(
            "ORDER BY id FOR UPDATE") "LIMIT ?1)"
                                      " UPDATE login SET is_given = 1 WHERE id IN (SELECT id FROM "
                                      "news) RETURNING " LOGIN_LIST};
    struct login_list list = {.logins = ret_logins, .most = most};
    int result =
        database_run(store->database, &give, VALUES(NUMBER((int64_t)most)), add_login, &list, NULL);

    if (result == 0)
        *ret_n = list.n;
    return result;
}

int
store_login_take(struct store *store, const char *id, const char *desk,
                 struct store_login *ret_login, bool *ret_done)
{
    static const struct database_statement find = {
        "handing out an identity",
        "SELECT " LOGIN_COLUMNS
        "WHERE id = ?1 AND desk = ?2 AND " IS_SUCCESS DATABASE_POSTGRES("FOR UPDATE")};
    static const struct database_statement take = {
        NULL, "UPDATE login SET " ENDS_AS("?2") " WHERE id = ?1 AND " IS_SUCCESS " RETURNING 1"};
    struct store_login login = {0};
    bool is_found = false, is_taken = false;
    int result = database_begin(store->database, find.what);

    if (result != 0)
        return result;
    result = database_run(store->database, &find, VALUES(TEXT(id), TEXT(desk)), read_login, &login,
                          &is_found);
    if (result == 0 && is_found)
        result = store_change(store, &take, VALUES(TEXT(id), NUMBER(STORE_TAKEN)), &is_taken);
    result = database_end(store->database, result);
    if (result != 0)
        return result;
    if (is_taken)
        *ret_login = login;
    *ret_done = is_taken;
    return 0;
}
