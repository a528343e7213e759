/* SPDX-License-Identifier: BSD-3-Clause */
/* See store_calls.h. */
#include "tests/unit/store_calls.h"

#include "pam_idinqr/common/array.h"
#include "pam_idinqr/common/error.h"
#include "tests/harness/scratch.h"
#include "tests/unit/diag_line.h"
#include "tests/unit/store_fixture.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

void
store_fill(struct store *store)
{
    store_add_desks(store);
    store_add_login(store, 0, STORE_OPEN);
    store_add_login(store, 1, STORE_PENDING);
    store_add_login(store, 2, STORE_NUMBER);
    store_add_login(store, 3, STORE_SUCCESS);
    store_add_login(store, 4, STORE_PENDING);
    store_add_login(store, 5, STORE_WRONG);
    store_add_login(store, 6, STORE_PENDING);
}

static void
drop_desk(void *context, const struct store_desk *desk)
{
    (void)context;
    (void)desk;
}

static int
desk_add(struct store *store, bool *ret_done)
{
    const struct store_desk desk = {.name = "balie-9", .token_hash = "abc", .added_ms = 6};

    return store_desk_add(store, &desk, ret_done);
}

static int
desk_rotate(struct store *store, bool *ret_done)
{
    return store_desk_rotate(store, STORE_OTHER, "abd", ret_done);
}

static int
desk_revoke(struct store *store, bool *ret_done)
{
    return store_desk_revoke(store, STORE_DESK, 7, ret_done);
}

static int
desk_find(struct store *store, bool *ret_done)
{
    struct store_desk desk;

    return store_desk_find(store, STORE_TOKEN, &desk, ret_done);
}

static int
desk_each(struct store *store, bool *ret_done)
{
    int result = store_desk_each(store, drop_desk, NULL);

    *ret_done = result == 0;
    return result;
}

static int
desk_seen(struct store *store, bool *ret_done)
{
    return store_desk_seen(store, STORE_OTHER, "0.2.0", 8, ret_done);
}

static int
outcome_add(struct store *store, bool *ret_done)
{
    int result = store_outcome_add(store, STORE_DENIED, STORE_NOW_MS);

    *ret_done = result == 0;
    return result;
}

static int
outcome_count(struct store *store, bool *ret_done)
{
    uint64_t n[STORE_STATES];
    int result = store_outcome_count(store, STORE_NOW_MS, n);

    *ret_done = result == 0;
    return result;
}

static int
login_add(struct store *store, bool *ret_done)
{
    const struct store_login login = store_login(9);

    return store_login_add(store, &login, ret_done);
}

static int
login_find(struct store *store, bool *ret_done)
{
    struct store_login login;

    return store_login_find(store, "login-0", STORE_DESK, &login, ret_done);
}

static int
login_find_path(struct store *store, bool *ret_done)
{
    struct store_login login;

    return store_login_find_path(store, "0", &login, ret_done);
}

static int
login_end(struct store *store, bool *ret_done)
{
    return store_login_end(store, "login-1", STORE_DENIED, ret_done);
}

static int
login_count(struct store *store, bool *ret_done)
{
    struct store_count n;
    int result = store_login_count(store, STORE_DESK, 0, &n);

    *ret_done = result == 0;
    return result;
}

static int
login_number(struct store *store, bool *ret_done)
{
    return store_login_number(store, "login-2", true, ret_done);
}

static int
login_number_wrong(struct store *store, bool *ret_done)
{
    return store_login_number(store, "login-2", false, ret_done);
}

static int
login_ended(struct store *store, bool *ret_done)
{
    struct store_login logins[2];
    size_t n = 0;
    int result = store_login_ended(store, 2, logins, &n);

    *ret_done = n > 0;
    return result;
}

static int
login_take(struct store *store, bool *ret_done)
{
    struct store_login login;

    return store_login_take(store, "login-3", STORE_DESK, &login, ret_done);
}

static int
trx_count(struct store *store, bool *ret_done)
{
    return store_trx_count(store, "login-0", STORE_NOW_MS, ret_done);
}

static int
trx_begin(struct store *store, bool *ret_done)
{
    const struct store_trx trx = store_trx(0, 3);

    return store_trx_begin(store, &trx, ret_done);
}

static int
trx_find(struct store *store, bool *ret_done)
{
    struct store_trx trx;

    return store_trx_find(store, "1-2", &trx, ret_done);
}

static int
trx_take(struct store *store, bool *ret_done)
{
    return store_trx_take(store, "4-2", STORE_LEASE_MS, STORE_TRX_MS, false, ret_done);
}

static int
trx_due(struct store *store, bool *ret_done)
{
    struct store_trx trx;

    return store_trx_due(store, STORE_TRX_MS, &trx, ret_done);
}

static int
trx_end(struct store *store, bool *ret_done)
{
    return store_trx_end(store, "1-2", STORE_OPEN, ret_done);
}

static int
trx_end_last(struct store *store, bool *ret_done)
{
    return store_trx_end(store, "6-2", STORE_REFUSED, ret_done);
}

static int
trx_verified(struct store *store, bool *ret_done)
{
    return store_trx_verified(store, "4-2", STORE_HASH, STORE_LOA, true, STORE_NOW_MS, ret_done);
}

static int
assertion_add(struct store *store, bool *ret_done)
{
    return store_assertion_add(store, "assertion", STORE_LATER_MS, false, ret_done);
}

static int
directory_set(struct store *store, bool *ret_done)
{
    int result = store_directory_set(store, "INGBNL2A ING\n", STORE_NOW_MS);

    *ret_done = result == 0;
    return result;
}

static int
directory_get(struct store *store, bool *ret_done)
{
    char *text = NULL;
    int64_t then_ms;
    int result = store_directory_get(store, &text, &then_ms);

    *ret_done = text != NULL;
    free(text);
    return result;
}

static int
tick(struct store *store, bool *ret_done)
{
    int64_t next_ms;
    int result = store_tick(store, STORE_LATER_MS, 0, &next_ms);

    *ret_done = result == 0;
    return result;
}

const struct store_call store_calls[] = {
    {"desk_add", true, desk_add},
    {"desk_rotate", true, desk_rotate},
    {"desk_find", false, desk_find},
    {"desk_each", false, desk_each},
    {"desk_seen", true, desk_seen},
    {"outcome_add", true, outcome_add},
    {"outcome_count", false, outcome_count},
    {"login_add", true, login_add},
    {"login_find", false, login_find},
    {"login_find_path", false, login_find_path},
    {"login_count", false, login_count},
    {"trx_count", true, trx_count},
    {"trx_begin", true, trx_begin},
    {"trx_find", false, trx_find},
    {"trx_take", true, trx_take},
    {"trx_due", false, trx_due},
    {"trx_end", true, trx_end},
    {"trx_end_last", true, trx_end_last},
    {"trx_verified", true, trx_verified},
    {"login_number_wrong", true, login_number_wrong},
    {"login_number", true, login_number},
    {"login_take", true, login_take},
    {"login_end", true, login_end},
    {"login_ended", true, login_ended},
    {"assertion_add", true, assertion_add},
    {"directory_set", true, directory_set},
    {"directory_get", false, directory_get},
    {"desk_revoke", true, desk_revoke},
    {"tick", true, tick},
};
const size_t n_store_calls = ARRAY_LENGTH(store_calls);

void
store_ck_all_fail(struct store *store, const char *path, const char *cause, bool only_changes,
                  const char *before)
{
    for (size_t i = 0; i < n_store_calls; i++) {
        const struct store_call *call = &store_calls[i];
        bool is_done = false;
        int result = call->step(store, &is_done);
        const char *end = strstr(store_error(store), ": ");

        if (only_changes && !call->is_change) {
            ck_assert_msg(result == 0, "%s: %s", call->name, store_error(store));
            continue;
        }
        ck_assert_msg(result == IDQ_SYSTEM, "%s: %d", call->name, result);
        ck_assert_msg(!is_done, "%s", call->name);
        ck_assert_msg(end && strcmp(end + 2, cause) == 0, "%s: %s", call->name, store_error(store));
        if (before)
            ck_assert_msg(strcmp(store_dump(path), before) == 0, "%s", call->name);
    }
}

void
store_ck_all_work(struct store *store, const char *path)
{
    for (size_t i = 0; i < n_store_calls; i++) {
        bool is_done = false;
        int result = store_calls[i].step(store, &is_done);
        ck_assert_msg(result == 0, "%s: %s", store_calls[i].name, store_error(store));
        ck_assert_msg(is_done, "%s", store_calls[i].name);
    }
    store_ck_sound(path);
}

void
store_ck_does_not_open(const char *path, const char *cause)
{
    struct store *none = NULL;
    struct diag diag = {.text = ""};

    ck_assert_int_eq(store_open(path, &none, &diag), IDQ_SYSTEM);
    ck_assert_ptr_null(none);
    ck_assert_str_eq(diag_line(&diag), scratch_text("%s: opening the database: %s", path, cause));
}
