/* SPDX-License-Identifier: BSD-3-Clause */
/* Tests the end of old rows in a store; and of a file, that it has no trace of them, and the plans
 * of all queries. Runs as the user who runs the tests. */
#include "pam_idinqr/common/array.h"
#include "tests/harness/runner.h"
#include "tests/harness/scratch.h"
#include "tests/unit/store_calls.h"
#include "tests/unit/store_fixture.h"

#include <dirent.h>
#include <dlfcn.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *path;
static struct store *store;

/* The texts of all statements that were prepared, in the place of SQLite's function. */
static const char *prepared[60];
static size_t n_prepared;

int
sqlite3_prepare_v3(sqlite3 *db, const char *sql, int size, unsigned flags, sqlite3_stmt **ret,
                   const char **ret_tail)
{
    int (*sqlites)(sqlite3 *, const char *, int, unsigned, sqlite3_stmt **, const char **);

    *(void **)&sqlites = dlsym(RTLD_NEXT, "sqlite3_prepare_v3");
    ck_assert_uint_lt(n_prepared, ARRAY_LENGTH(prepared));
    prepared[n_prepared++] = sql;
    return sqlites(db, sql, size, flags, ret, ret_tail);
}

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

/* Once more, if there are ended logins to be given. */
static int64_t
tick(int64_t now_ms, int64_t keep_ms)
{
    struct store_login ended[STORE_STATES];
    int64_t next_ms = -2;
    size_t n;

    STORE_CK(store, store_tick(store, now_ms, keep_ms, &next_ms));
    STORE_CK(store, store_login_ended(store, STORE_STATES, ended, &n));
    ck_assert(n == 0 || next_ms <= now_ms);
    if (n > 0)
        STORE_CK(store, store_tick(store, now_ms, keep_ms, &next_ms));
    return next_ms;
}

TEST(when_to_call_again)
{
    struct store_login login = store_login(1);
    struct store_trx trx = store_trx(1, 1), found;

    ck_assert_int_eq(tick(STORE_BEGIN_MS, 10), -1);
    ck_assert(STORE_DOES(store, store_login_add, &login));
    ck_assert_int_eq(tick(STORE_BEGIN_MS, 10), STORE_LOGIN_MS);
    ck_assert(store_begin_trx(store, &trx, STORE_NOW_MS));
    ck_assert_int_eq(tick(STORE_BEGIN_MS, 10), STORE_TRX_MS);
    ck_assert(STORE_DOES(store, store_trx_take, trx.id, STORE_NOW_MS, STORE_LATER_MS, false));
    /* Its time is over, and its transaction is still to be asked, by another relay if need be. */
    ck_assert_int_eq(tick(STORE_LOGIN_MS + 50, 10), STORE_LATER_MS);
    ck_assert_int_eq(store_get(store, 1).state, STORE_PENDING);
    ck_assert(STORE_DOES(store, store_trx_due, STORE_LATER_MS, &found));
    ck_assert(STORE_DOES(store, store_trx_end, trx.id, STORE_OPEN));
    ck_assert_int_eq(tick(STORE_LOGIN_MS + 5, 10), STORE_LOGIN_MS + 10);
    ck_assert_int_eq(store_get(store, 1).state, STORE_EXPIRED);
    ck_assert_int_eq(tick(STORE_LOGIN_MS + 10, 10), -1);
    ck_assert_str_eq(store_sql(path, "SELECT * FROM login"), "");
    ck_assert_str_eq(store_sql(path, "SELECT * FROM trx"), "");
}

/* The acquirer is asked about each transaction once, so its row stays until then. */
TEST(an_ended_login_whose_transaction_is_still_to_be_asked)
{
    store_add_login(store, 1, STORE_CANCELLED);
    ck_assert_int_eq(tick(STORE_LATER_MS, 10), STORE_LEASE_MS);
    ck_assert_int_eq(store_trx_get(store, 1, 2), STORE_TRX_FETCHING);
    ck_assert(STORE_DOES(store, store_trx_end, "1-2", STORE_FAILED));
    ck_assert_int_eq(store_get(store, 1).state, STORE_CANCELLED);
    ck_assert_int_eq(tick(STORE_LATER_MS, 10), -1);
    ck_assert_str_eq(store_sql(path, "SELECT * FROM trx"), "");
}

static uint64_t
count(int64_t now_ms, enum store_state state)
{
    uint64_t n[STORE_STATES];

    STORE_CK(store, store_outcome_count(store, now_ms, n));
    for (enum store_state other = STORE_OPEN; other < STORE_STATES; other++)
        ck_assert(other == state || n[other] == 0);
    return n[state];
}

/* To the minute. */
TEST(outcomes_of_an_hour)
{
    const int64_t minute_ms = 60000, begin_ms = 1000 * minute_ms;

    for (int i = 0; i < 5; i++)
        STORE_CK(store, store_outcome_add(store, STORE_DENIED, begin_ms + i * minute_ms / 2));
    ck_assert_uint_eq(count(begin_ms - 1, STORE_DENIED), 0); /* they are in the future */
    ck_assert_uint_eq(count(begin_ms, STORE_DENIED), 2);
    ck_assert_uint_eq(count(begin_ms + 59 * minute_ms, STORE_DENIED), 5);
    ck_assert_uint_eq(count(begin_ms + 60 * minute_ms, STORE_DENIED), 3);
    ck_assert_uint_eq(count(begin_ms + 61 * minute_ms, STORE_DENIED), 1);
    ck_assert_uint_eq(count(begin_ms + 62 * minute_ms, STORE_DENIED), 0);
    (void)tick(begin_ms + 60 * minute_ms, 0);
    ck_assert_str_eq(store_sql(path, "SELECT * FROM outcome ORDER BY minute"),
                     "1001|6|2|\n1002|6|1|\n");
    (void)tick(begin_ms + 70 * minute_ms, 0);
    ck_assert_str_eq(store_sql(path, "SELECT * FROM outcome"), "");
}

TEST_CASE("file", .setup = set_up, .teardown = tear_down);

/* Fails if a file of the directory has the text, apart from the desks' own. */
static bool
is_in_a_file(const char *text)
{
    char *directory = scratch_text("%.*s", (int)(strrchr(path, '/') - path), path);
    DIR *listing = opendir(directory);
    bool is_found = false;
    int n_files = 0;

    ck_assert_ptr_nonnull(listing);
    for (const struct dirent *entry; (entry = readdir(listing));) {
        static char bytes[1 << 22];
        if (entry->d_name[0] == '.')
            continue;
        FILE *file = fopen(scratch_path(directory, entry->d_name), "r");
        ck_assert_ptr_nonnull(file);
        size_t size = fread(bytes, 1, sizeof bytes, file);
        ck_assert(feof(file));
        fclose(file);
        is_found = is_found || memmem(bytes, size, text, strlen(text));
        n_files++;
    }
    closedir(listing);
    ck_assert_int_eq(n_files, 3); /* database, log, shared memory */
    return is_found;
}

TEST(no_trace_of_a_removed_login)
{
    for (int i = 0; i < STORE_STATES; i++)
        store_add_login(store, i, (enum store_state)i);
    ck_assert(is_in_a_file(STORE_HASH));
    ck_assert(is_in_a_file("j.jansen"));
    for (int i = 0; i < STORE_STATES; i++) {
        const struct store_trx trx = store_trx(i, 2);
        STORE_DOES(store, store_trx_end, trx.id, STORE_FAILED);
    }
    ck_assert_int_eq(tick(STORE_LATER_MS, 0), -1);
    ck_assert(!is_in_a_file(STORE_HASH));
    ck_assert(!is_in_a_file("j.jansen"));
    ck_assert(is_in_a_file(STORE_DESK));
}

/* A reader elsewhere keeps the log: that costs the tick no time, and the next one empties it. */
TEST(a_log_that_another_process_reads)
{
    sqlite3 *other = NULL;

    store_add_login(store, 1, STORE_TAKEN);
    ck_assert(STORE_DOES(store, store_trx_end, "1-2", STORE_FAILED));
    ck_assert_int_eq(sqlite3_open(path, &other), SQLITE_OK);
    ck_assert_int_eq(sqlite3_exec(other, "BEGIN; SELECT * FROM login", NULL, NULL, NULL),
                     SQLITE_OK);
    ck_assert_int_eq(tick(STORE_LATER_MS, 0), -1);
    ck_assert(is_in_a_file(STORE_HASH));
    ck_assert_int_eq(sqlite3_close(other), SQLITE_OK);
    store_add_login(store, 2, STORE_TAKEN);
    ck_assert(STORE_DOES(store, store_trx_end, "2-2", STORE_FAILED));
    ck_assert_int_eq(tick(STORE_LATER_MS, 0), -1);
    ck_assert(!is_in_a_file(STORE_HASH));
}

/* No statement reads a whole table, but those that are listed. */
TEST(the_plans_of_the_queries)
{
    static const char *const scans[] = {
        "SCAN desk|",
        "SCAN directory|",
        "SCAN CONSTANT ROW|",
        "SCAN (subquery-1)|",                 /* of the minimums */
        "SCAN news|",                         /* ended logins, as many as are asked for */
        "SCAN login USING INDEX login_live|", /* of a desk's live logins, when it is revoked */
    };
    bool is_done;
    int n_searches = 0;

    store_close(&store);
    path = store_path();
    store = store_must_open(path);
    n_prepared = 0;
    store_fill(store);
    for (size_t i = 0; i < n_store_calls; i++)
        ck_assert_msg(store_calls[i].step(store, &is_done) == 0, "%s: %s", store_calls[i].name,
                      store_error(store));
    ck_assert_uint_gt(n_prepared, 25);
    for (size_t i = 0, n = n_prepared; i < n; i++) {
        char *plan = store_sql(path, scratch_text("EXPLAIN QUERY PLAN %s", prepared[i]));
        for (char *line = strtok(plan, "\n"); line; line = strtok(NULL, "\n")) {
            bool is_listed = !strstr(line, "SCAN ") && !strstr(line, "TEMP B-TREE");
            for (size_t k = 0; k < ARRAY_LENGTH(scans); k++)
                is_listed = is_listed || strstr(line, scans[k]);
            ck_assert_msg(is_listed, "%s\n%s", prepared[i], line);
            n_searches += strstr(line, "SEARCH ") != NULL;
        }
    }
    ck_assert_int_gt(n_searches, 25);
}

RUN_TESTS("store_tick", NULL);
