/* SPDX-License-Identifier: BSD-3-Clause */
/* Tests each step of a transaction of a store in each state, assertions, and the directory. Runs as
 * the user who runs the tests. */
#include "pam_idinqr/common/array.h"
#include "tests/harness/runner.h"
#include "tests/harness/scratch.h"
#include "tests/unit/store_fixture.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static char *path;
static struct store *store;

static void
set_up(void)
{
    path = store_path();
    store = store_must_open(path);
    store_add_desks(store);
}

static void
tear_down(void)
{
    store_ck_sound(path);
    store_close(&store);
    store_close(&store);
}

TEST_CASE(NULL, STORE_KINDS, .setup = set_up, .teardown = tear_down);

/* Steps on a transaction: 's'tarted, 'f'etched under a lease, with the lease 'o'ver, 'e'nded. */
static const struct {
    const char *name;
    char state, result; /* '-': not done */
} trx_steps[] = {
    {"take", 's', 'f'},          {"take", 'f', '-'},          {"take", 'o', 'f'},
    {"take", 'e', '-'},          {"end", 's', 'e'},           {"end", 'f', 'e'},
    {"end", 'o', 'e'},           {"end", 'e', '-'},           {"verified", 's', '-'},
    {"verified", 'f', 'e'},      {"verified", 'o', 'e'},      {"verified", 'e', '-'},
    {"due before", 's', '-'},    {"due before", 'f', '-'},    {"due before", 'o', 'f'},
    {"due before", 'e', '-'},    {"due at expiry", 's', 's'}, {"due at expiry", 'f', 'f'},
    {"due at expiry", 'o', 'f'}, {"due at expiry", 'e', '-'},
};

LOOP_TEST(each_step_of_a_transaction, ARRAY_LENGTH(trx_steps))
{
    struct store_login login = store_login(1);
    struct store_trx trx = store_trx(1, 1), due = {.state = STORE_TRX_ENDED};
    char state = trx_steps[_i].state, result = trx_steps[_i].result;
    const char *name = trx_steps[_i].name;
    int64_t lease_ms = state == 'o' ? STORE_NOW_MS : STORE_LEASE_MS;
    bool is_done = false;

    ck_assert(STORE_DOES(store, store_login_add, &login));
    ck_assert(store_begin_trx(store, &trx, STORE_BEGIN_MS));
    if (state != 's')
        ck_assert(STORE_DOES(store, store_trx_take, trx.id, STORE_BEGIN_MS, lease_ms, false));
    if (state == 'e')
        ck_assert(STORE_DOES(store, store_trx_end, trx.id, STORE_OPEN));
    if (strcmp(name, "take") == 0)
        is_done = STORE_DOES(store, store_trx_take, trx.id, STORE_NOW_MS, STORE_LEASE_MS, true);
    else if (strcmp(name, "end") == 0)
        is_done = STORE_DOES(store, store_trx_end, trx.id, STORE_FAILED);
    else if (strcmp(name, "verified") == 0)
        is_done = STORE_DOES(store, store_trx_verified, trx.id, STORE_HASH, STORE_LOA, true, 0);
    else if (strcmp(name, "due before") == 0)
        is_done = STORE_DOES(store, store_trx_due, STORE_NOW_MS, &due);
    else
        is_done = STORE_DOES(store, store_trx_due, STORE_TRX_MS, &due);
    ck_assert_msg(is_done == (result != '-'), "%s, %c: done %d", name, state, is_done);
    if (strncmp(name, "due", 3) == 0 && is_done)
        ck_assert_str_eq(due.id, trx.id);
    ck_assert(STORE_DOES(store, store_trx_find, trx.id, &due));
    if (result == '-')
        result = state == 'o' ? 'f' : state;
    ck_assert_msg("sfe"[due.state] == result, "%s, %c: %d", name, state, due.state);
    ck_assert_int_eq(due.returned_ms, strcmp(name, "take") == 0 && is_done ? STORE_NOW_MS : 0);
    if (result == 'f')
        ck_assert_str_eq(store_sql(path, "SELECT due_ms FROM trx"),
                         scratch_text("%lld|\n", is_done && name[0] == 't' ? STORE_LEASE_MS
                                                                           : (long long)lease_ms));
}

TEST(the_fields_of_a_transaction)
{
    struct store_login login = store_login(1);
    struct store_trx trx = store_trx(1, 1), found;

    ck_assert(!STORE_DOES(store, store_trx_begin, &trx)); /* no login */
    ck_assert(!STORE_DOES(store, store_trx_find, trx.id, &found));
    ck_assert(!STORE_DOES(store, store_trx_due, STORE_LATER_MS, &found));
    ck_assert(STORE_DOES(store, store_login_add, &login));
    ck_assert(store_begin_trx(store, &trx, STORE_NOW_MS));
    ck_assert(STORE_DOES(store, store_trx_find, trx.id, &found));
    ck_assert_mem_eq(&found, &trx, sizeof trx);
    /* The first return counts. */
    ck_assert(STORE_DOES(store, store_trx_take, trx.id, 50, 60, true));
    ck_assert(STORE_DOES(store, store_trx_take, trx.id, 60, 70, true));
    ck_assert(STORE_DOES(store, store_trx_find, trx.id, &found));
    ck_assert_int_eq(found.returned_ms, 50);
    ck_assert_str_eq(store_sql(path, "SELECT due_ms FROM trx"), "70|\n");
}

TEST(four_transactions_of_a_login)
{
    struct store_login login = store_login(1);
    struct store_trx trx;

    ck_assert(STORE_DOES(store, store_login_add, &login));
    for (int i = 0; i < STORE_TRX_MAX + 1; i++) {
        trx = store_trx(1, i);
        ck_assert(store_begin_trx(store, &trx, STORE_NOW_MS) == (i < STORE_TRX_MAX));
    }
    ck_assert_uint_eq(store_get(store, 1).n_trx, STORE_TRX_MAX);
    /* The login is pending until the last has ended, and that one says how it goes on. */
    for (int i = 0; i < STORE_TRX_MAX; i++) {
        trx = store_trx(1, i);
        ck_assert_int_eq(store_get(store, 1).state, STORE_PENDING);
        ck_assert(STORE_DOES(store, store_trx_end, trx.id, i == 3 ? STORE_FAILED : STORE_OPEN));
    }
    ck_assert_int_eq(store_get(store, 1).state, STORE_FAILED);
}

/* Those that the acquirer did not start count too. */
TEST(four_starts_that_fail)
{
    struct store_login login = store_login(1);

    ck_assert(!STORE_DOES(store, store_trx_count, login.id, STORE_NOW_MS));
    ck_assert(STORE_DOES(store, store_login_add, &login));
    ck_assert(!STORE_DOES(store, store_trx_count, login.id, STORE_LOGIN_MS));
    for (int i = 0; i < STORE_TRX_MAX + 1; i++)
        ck_assert(STORE_DOES(store, store_trx_count, login.id, STORE_NOW_MS) ==
                  (i < STORE_TRX_MAX));
    ck_assert_uint_eq(store_get(store, 1).n_trx, STORE_TRX_MAX);
    ck_assert_int_eq(store_get(store, 1).state, STORE_OPEN);
}

/* It was paid for, and its status is asked. */
TEST(a_transaction_of_a_login_that_has_ended)
{
    struct store_login login = store_login(1);
    struct store_trx trx = store_trx(1, 1), due;

    ck_assert(STORE_DOES(store, store_login_add, &login));
    ck_assert(STORE_DOES(store, store_trx_count, login.id, STORE_NOW_MS));
    ck_assert(STORE_DOES(store, store_login_end, login.id, STORE_CANCELLED));
    ck_assert(!STORE_DOES(store, store_trx_count, login.id, STORE_NOW_MS));
    ck_assert(!STORE_DOES(store, store_trx_begin, &trx));
    ck_assert_int_eq(store_get(store, 1).state, STORE_CANCELLED);
    ck_assert(STORE_DOES(store, store_trx_due, STORE_TRX_MS, &due));
    ck_assert_str_eq(due.id, trx.id);
}

TEST(the_one_that_is_due_for_the_longest_time)
{
    struct store_trx found;

    store_add_login(store, 1, STORE_PENDING); /* its lease ends before the other's expiry */
    struct store_trx trx = store_trx(1, 3);
    ck_assert(store_begin_trx(store, &trx, STORE_NOW_MS));
    ck_assert(STORE_DOES(store, store_trx_due, STORE_LATER_MS, &found));
    ck_assert_str_eq(found.id, "1-2");
    ck_assert(STORE_DOES(store, store_trx_end, "1-2", STORE_OPEN));
    ck_assert(STORE_DOES(store, store_trx_due, STORE_LATER_MS, &found));
    ck_assert_str_eq(found.id, "1-3");
}

TEST(assertions)
{
    int64_t next_ms;

    ck_assert(STORE_DOES(store, store_assertion_add, "a", 50, false));
    ck_assert(STORE_DOES(store, store_assertion_add, "b", 60, false));
    ck_assert(!STORE_DOES(store, store_assertion_add, "a", 70, false));
    ck_assert(!STORE_DOES(store, store_assertion_add, "a", 50, false));
    ck_assert(!STORE_DOES(store, store_assertion_add, "a", 70, true));
    ck_assert(STORE_DOES(store, store_assertion_add, "a", 50, true)); /* was this very call */
    STORE_CK(store, store_tick(store, 50, 0, &next_ms));
    ck_assert(!STORE_DOES(store, store_assertion_add, "b", 60, false));
    ck_assert(STORE_DOES(store, store_assertion_add, "a", 70, false));
}

TEST(the_directory)
{
    char *text = (char *)(uintptr_t) "untouched";
    int64_t then_ms = 5;

    STORE_CK(store, store_directory_get(store, &text, &then_ms));
    ck_assert_ptr_null(text);
    STORE_CK(store, store_directory_set(store, "one", 6));
    STORE_CK(store, store_directory_set(store, "two", 7));
    STORE_CK(store, store_directory_get(store, &text, &then_ms));
    ck_assert_str_eq(text, "two");
    ck_assert_int_eq(then_ms, 7);
    free(text);
}

RUN_TESTS("store_trx", NULL);
