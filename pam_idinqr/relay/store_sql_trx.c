/* SPDX-License-Identifier: BSD-3-Clause */
/* The relay runs this, on texts from phones and the acquirer. The statements of a store for
 * transactions, contacts and outcomes, the directory, and the end of old rows. */
#include "pam_idinqr/relay/store_sql.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define TRX_COLUMNS                                                                                \
    "id, login, issuer, reference, entrance_hash, expires_ms, returned_ms, state FROM trx "

static int
read_trx(const char *const *values, void *ret_trx)
{
    struct columns columns = {.values = values};
    struct store_trx trx = {0};

    columns_take_text(&columns, trx.id, sizeof trx.id);
    columns_take_text(&columns, trx.login, sizeof trx.login);
    columns_take_text(&columns, trx.issuer, sizeof trx.issuer);
    columns_take_text(&columns, trx.reference, sizeof trx.reference);
    columns_take_text(&columns, trx.entrance_hash, sizeof trx.entrance_hash);
    trx.expires_ms = columns_take_number(&columns, INT64_MAX);
    trx.returned_ms = columns_take_number(&columns, INT64_MAX);
    trx.state = (enum store_trx_state)columns_take_number(&columns, STORE_TRX_ENDED);
    if (columns.is_bad)
        return IDQ_REPLY;
    *(struct store_trx *)ret_trx = trx;
    return 0;
}

/* Another transaction may be changing the login of this one: what it does then comes before. */
static const struct database_statement lock_login_of_trx = {
    NULL, "SELECT 1 FROM login WHERE id = (SELECT login FROM trx WHERE id = ?1)" DATABASE_POSTGRES(
              "FOR UPDATE")};

/* --- transactions ----------------------------------------------------------------------------- */

int
store_trx_count(struct store *store, const char *login, int64_t now_ms, bool *ret_done)
{
    static const struct database_statement count = {
        "counting a transaction", "UPDATE login SET n_trx = n_trx + 1 WHERE id = ?1 AND " IS_BEFORE
                                  " AND expires_ms > ?2 AND n_trx < ?3 RETURNING 1"};

    return store_change(store, &count, VALUES(TEXT(login), NUMBER(now_ms), NUMBER(STORE_TRX_MAX)),
                        ret_done);
}

int
store_trx_begin(struct store *store, const struct store_trx *trx, bool *ret_done)
{
    static const struct database_statement add = {
        "adding a transaction",
        "INSERT INTO trx SELECT ?1, id, ?3, ?4, ?5, ?6, 0, ?6, 0 FROM login WHERE id = ?2"
        " ON CONFLICT DO NOTHING RETURNING 1"};
    static const struct database_statement lock = {
        NULL, "SELECT 1 FROM login WHERE id = ?1" DATABASE_POSTGRES("FOR UPDATE")};
    static const struct database_statement pend = {
        NULL, "UPDATE login SET state = ?2 WHERE id = ?1 AND " IS_BEFORE " RETURNING 1"};
    bool is_added = false, is_pending = false;
    int result = store_begin(store, add.what, &lock, VALUES(TEXT(trx->login)));

    if (result != 0)
        return result;
    result = store_change(store, &add,
                          VALUES(TEXT(trx->id), TEXT(trx->login), TEXT(trx->issuer),
                                 TEXT(trx->reference), TEXT(trx->entrance_hash),
                                 NUMBER(trx->expires_ms)),
                          &is_added);
    if (result == 0 && is_added)
        result = store_change(store, &pend, VALUES(TEXT(trx->login), NUMBER(STORE_PENDING)),
                              &is_pending);
    result = database_end(store->database, result);
    if (result == 0)
        *ret_done = is_pending;
    return result;
}

int
store_trx_find(struct store *store, const char *id, struct store_trx *ret_trx, bool *ret_found)
{
    static const struct database_statement find = {"looking for a transaction",
                                                   "SELECT " TRX_COLUMNS "WHERE id = ?1"};

    return database_run(store->database, &find, VALUES(TEXT(id)), read_trx, ret_trx, ret_found);
}

int
store_trx_take(struct store *store, const char *id, int64_t now_ms, int64_t until_ms,
               bool is_return, bool *ret_done)
{
    static const struct database_statement take = {
        "taking a transaction",
        "UPDATE trx SET state = ?2, due_ms = ?4,"
        " returned_ms = CASE WHEN ?5 AND returned_ms = 0 THEN ?3 ELSE returned_ms END"
        " WHERE id = ?1 AND (" IS_STARTED " OR (" IS_FETCHING " AND due_ms <= ?3)) RETURNING 1"};

    return store_change(store, &take,
                        VALUES(TEXT(id), NUMBER(STORE_TRX_FETCHING), NUMBER(now_ms),
                               NUMBER(until_ms), NUMBER(is_return)),
                        ret_done);
}

int
store_trx_due(struct store *store, int64_t now_ms, struct store_trx *ret_trx, bool *ret_found)
{
    static const struct database_statement find = {"looking for a transaction that is due",
                                                   "SELECT " TRX_COLUMNS "WHERE " IS_TO_ASK
                                                   " AND due_ms <= ?1 ORDER BY due_ms LIMIT 1"};

    return database_run(store->database, &find, VALUES(NUMBER(now_ms)), read_trx, ret_trx,
                        ret_found);
}

/* In a transaction. Ends one that is in the state `least` or after it. */
static int
end_trx(struct store *store, const char *id, enum store_trx_state least, bool *ret_done)
{
    static const struct database_statement end = {
        NULL,
        "UPDATE trx SET state = ?2 WHERE id = ?1 AND state >= ?3 AND " IS_TO_ASK " RETURNING 1"};

    return store_change(store, &end, VALUES(TEXT(id), NUMBER(STORE_TRX_ENDED), NUMBER(least)),
                        ret_done);
}

int
store_trx_end(struct store *store, const char *id, enum store_state login_state, bool *ret_done)
{
    static const struct database_statement end_login = {
        NULL, "UPDATE login SET " ENDS_AS(
                  "?2") ", trx = one.id, issuer = one.issuer"
                        " FROM (SELECT id, login, issuer FROM trx WHERE id = ?1) AS one"
                        " WHERE login.id = one.login AND " IS_PENDING " AND NOT " HAS_TRX_TO_ASK};
    static const struct database_statement reopen = {
        NULL, "UPDATE login SET state = 0 WHERE id = (SELECT login FROM trx WHERE id = ?1)"
              " AND " IS_PENDING " AND NOT " HAS_TRX_TO_ASK};
    bool is_ended = false;
    int result = store_begin(store, "ending a transaction", &lock_login_of_trx, VALUES(TEXT(id)));

    if (result != 0)
        return result;
    result = end_trx(store, id, STORE_TRX_STARTED, &is_ended);
    if (result == 0 && is_ended)
        result = login_state == STORE_OPEN
                     ? store_change(store, &reopen, VALUES(TEXT(id)), NULL)
                     : store_change(store, &end_login, VALUES(TEXT(id), NUMBER(login_state)), NULL);
    result = database_end(store->database, result);
    if (result == 0)
        *ret_done = is_ended;
    return result;
}

int
store_trx_verified(struct store *store, const char *id, const char *hash, const char *loa,
                   bool needs_number, int64_t until_ms, bool *ret_done)
{
    static const struct database_statement verify = {
        NULL, "UPDATE login SET state = ?2, hash = ?3, loa = ?4, trx = one.id,"
              " issuer = one.issuer,"
              " expires_ms = CASE WHEN expires_ms < ?5 THEN ?5 ELSE expires_ms END"
              " FROM (SELECT id, login, issuer FROM trx WHERE id = ?1) AS one"
              " WHERE login.id = one.login AND " IS_PENDING " RETURNING 1"};
    bool is_ended = false, is_verified = false;
    int result = store_begin(store, "keeping an identity", &lock_login_of_trx, VALUES(TEXT(id)));

    if (result != 0)
        return result;
    result = end_trx(store, id, STORE_TRX_FETCHING, &is_ended);
    if (result == 0 && is_ended)
        result = store_change(store, &verify,
                              VALUES(TEXT(id), NUMBER(needs_number ? STORE_NUMBER : STORE_SUCCESS),
                                     SHORT(hash, IDENTITY_HASH_SIZE), SHORT(loa, STORE_WORD_SIZE),
                                     NUMBER(until_ms)),
                              &is_verified);
    result = database_end(store->database, result);
    if (result == 0)
        *ret_done = is_verified;
    return result;
}

int
store_assertion_add(struct store *store, const char *id, int64_t until_ms, bool is_again,
                    bool *ret_done)
{
    static const struct database_statement add = {
        "remembering an assertion",
        "INSERT INTO assertion VALUES (?1, ?2) ON CONFLICT (id) DO UPDATE SET until_ms = ?2"
        " WHERE assertion.until_ms = ?2 AND CASE WHEN ?3 THEN 1 ELSE 0 END = 1 RETURNING 1"};

    return store_change(store, &add, VALUES(TEXT(id), NUMBER(until_ms), NUMBER(is_again)),
                        ret_done);
}

/* --- contacts of desks, and outcomes ------------------------------------------------------------
 */

#define MINUTE_MS 60000

int
store_desk_seen(struct store *store, const char *name, const char *version, int64_t now_ms,
                bool *ret_done)
{
    static const struct database_statement note = {
        "noting a contact",
        "UPDATE desk SET seen_ms = ?2, version = ?3 WHERE name = ?1 RETURNING 1"};

    return store_change(store, &note,
                        VALUES(TEXT(name), NUMBER(now_ms), SHORT(version, STORE_VERSION_SIZE)),
                        ret_done);
}

int
store_outcome_add(struct store *store, enum store_state state, int64_t at_ms)
{
    static const struct database_statement add = {
        "counting an outcome", "INSERT INTO outcome VALUES (?1, ?2, 1)"
                               " ON CONFLICT (minute, state) DO UPDATE SET n = outcome.n + 1"};

    return store_change(store, &add, VALUES(NUMBER(at_ms / MINUTE_MS), NUMBER(state)), NULL);
}

static int
read_outcome(const char *const *values, void *ret_n)
{
    struct columns columns = {.values = values};
    int64_t state = columns_take_number(&columns, STORE_STATES - 1);
    int64_t n = columns_take_number(&columns, INT64_MAX);

    if (columns.is_bad)
        return IDQ_REPLY;
    ((uint64_t *)ret_n)[state] += (uint64_t)n;
    return 0;
}

int
store_outcome_count(struct store *store, int64_t now_ms, uint64_t ret_n[STORE_STATES])
{
    static const struct database_statement count = {
        "reading the outcomes", "SELECT state, n FROM outcome WHERE minute > ?1 AND minute <= ?2"};
    uint64_t n[STORE_STATES] = {0};
    int result = database_run(
        store->database, &count,
        VALUES(NUMBER((now_ms - STORE_OUTCOMES_MS) / MINUTE_MS), NUMBER(now_ms / MINUTE_MS)),
        read_outcome, n, NULL);

    if (result == 0)
        memcpy(ret_n, n, sizeof n);
    return result;
}

/* --- the acquirer's directory, and the end of old rows ------------------------------------------
 */

int
store_directory_set(struct store *store, const char *text, int64_t now_ms)
{
    static const struct database_statement set = {
        "keeping the directory", "INSERT INTO directory VALUES (1, ?1, ?2) ON CONFLICT (one)"
                                 " DO UPDATE SET text = excluded.text, then_ms = excluded.then_ms"};

    return store_change(store, &set, VALUES(TEXT(text), NUMBER(now_ms)), NULL);
}

struct directory {
    char *text;
    int64_t then_ms;
};

static int
read_directory(const char *const *values, void *ret_directory)
{
    struct directory *directory = ret_directory;
    struct columns columns = {.values = values, .next = 1};

    directory->text = values[0] ? strdup(values[0]) : NULL;
    directory->then_ms = columns_take_number(&columns, INT64_MAX);
    return !directory->text ? IDQ_SYSTEM : columns.is_bad ? IDQ_REPLY : 0;
}

int
store_directory_get(struct store *store, char **ret_text, int64_t *ret_then_ms)
{
    static const struct database_statement get = {"reading the directory",
                                                  "SELECT text, then_ms FROM directory"};
    struct directory directory = {NULL, 0};

    if (database_run(store->database, &get, NULL, read_directory, &directory, NULL) != 0) {
        free(directory.text);
        return IDQ_SYSTEM;
    }
    *ret_text = directory.text;
    *ret_then_ms = directory.then_ms;
    return 0;
}

/* In a transaction. */
static int
tick(struct store *store, int64_t now_ms, int64_t keep_ms, bool *ret_removed, int64_t *ret_next_ms)
{
    static const struct database_statement expire = {
        NULL, "UPDATE login SET " ENDS_AS("?2") " WHERE " IS_LIVE " AND expires_ms <= ?1"
                                                " AND NOT (" IS_BEFORE " AND " HAS_TRX_TO_ASK ")"};
    static const struct database_statement remove = {
        NULL, "DELETE FROM login WHERE " HAS_ENDED " AND expires_ms <= ?1 AND is_given = 1"
              " AND NOT " HAS_TRX_TO_ASK " RETURNING 1"};
    static const struct database_statement forget = {
        NULL, "DELETE FROM assertion WHERE id IN (SELECT id FROM assertion WHERE until_ms <= "
              "?1" DATABASE_POSTGRES("ORDER BY id FOR UPDATE") ")"};
    static const struct database_statement discount = {
        NULL, "DELETE FROM outcome WHERE (minute, state) IN (SELECT minute, state FROM outcome"
              " WHERE minute <= ?1" DATABASE_POSTGRES("ORDER BY minute, state FOR UPDATE") ")"};
    static const struct database_statement next = {
        NULL,
        "SELECT min(at_ms) FROM ("
        "SELECT min(expires_ms) AS at_ms FROM login WHERE " IS_LIVE " AND expires_ms > ?1"
        " UNION ALL SELECT min(due_ms) FROM trx WHERE " IS_TO_ASK
        " UNION ALL SELECT min(expires_ms) + ?2 FROM login"
        " WHERE " HAS_ENDED " AND expires_ms > ?1 - ?2"
        " UNION ALL SELECT ?1 WHERE EXISTS (SELECT 1 FROM login WHERE " IS_NEWS ")) AS times"};
    int result = store_change(store, &expire, VALUES(NUMBER(now_ms), NUMBER(STORE_EXPIRED)), NULL);

    if (result == 0)
        result = store_change(store, &remove, VALUES(NUMBER(now_ms - keep_ms)), ret_removed);
    if (result == 0)
        result = store_change(store, &forget, VALUES(NUMBER(now_ms)), NULL);
    if (result == 0)
        result = store_change(store, &discount,
                              VALUES(NUMBER((now_ms - STORE_OUTCOMES_MS) / MINUTE_MS)), NULL);
    if (result == 0)
        result = database_run(store->database, &next, VALUES(NUMBER(now_ms), NUMBER(keep_ms)),
                              columns_read_number, ret_next_ms, NULL);
    return result;
}

int
store_tick(struct store *store, int64_t now_ms, int64_t keep_ms, int64_t *ret_next_ms)
{
    static const struct database_statement lock = {
        NULL,
        "SELECT 1 FROM login WHERE (" IS_LIVE " AND expires_ms <= ?1)"
        " OR (" HAS_ENDED " AND expires_ms <= ?2)" DATABASE_POSTGRES("ORDER BY id FOR UPDATE")};
    bool is_removed = false;
    int64_t next_ms = -1;
    int result = store_begin(store, "ending old logins", &lock,
                             VALUES(NUMBER(now_ms), NUMBER(now_ms - keep_ms)));

    if (result != 0)
        return result;
    result = database_end(store->database, tick(store, now_ms, keep_ms, &is_removed, &next_ms));
    /* The log still has the hashes of the removed logins. */
    if (result == 0 && is_removed)
        result = database_empty_log(store->database);
    if (result == 0)
        *ret_next_ms = next_ms;
    return result;
}
