/* SPDX-License-Identifier: BSD-3-Clause */
/* Tests two relays that take the same step at the same time, many times: one of them does it. Runs
 * as the user who runs the tests. */
#include "pam_idinqr/common/array.h"
#include "tests/harness/runner.h"
#include "tests/harness/scratch.h"
#include "tests/unit/store_fixture.h"

#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define ROUNDS 200

static char *path;

static bool
take(struct store *store, int n, int who)
{
    struct store_login login = store_login(n);
    bool is_done = STORE_DOES(store, store_login_take, login.id, STORE_DESK, &login);

    (void)who;
    ck_assert(!is_done || strcmp(login.hash, STORE_HASH) == 0);
    return is_done;
}

static bool
take_or_cancel(struct store *store, int n, int who)
{
    const struct store_login login = store_login(n);

    return who == 0 ? take(store, n, who)
                    : STORE_DOES(store, store_login_end, login.id, STORE_CANCELLED);
}

static bool
number(struct store *store, int n, int who)
{
    const struct store_login login = store_login(n);

    (void)who;
    return STORE_DOES(store, store_login_number, login.id, true);
}

/* Both count. */
static bool
wrong_number(struct store *store, int n, int who)
{
    const struct store_login login = store_login(n);

    ck_assert(STORE_DOES(store, store_login_number, login.id, false));
    return who == 0;
}

static bool
trx_take(struct store *store, int n, int who)
{
    const struct store_trx trx = store_trx(n, 2);

    (void)who;
    return STORE_DOES(store, store_trx_take, trx.id, STORE_LEASE_MS, STORE_LATER_MS, true);
}

static bool
verified(struct store *store, int n, int who)
{
    const struct store_trx trx = store_trx(n, 2);

    (void)who;
    return STORE_DOES(store, store_trx_verified, trx.id, STORE_HASH, STORE_LOA, true, 0);
}

/* Two banks of a login. */
static bool
verified_twice(struct store *store, int n, int who)
{
    const struct store_trx trx = store_trx(n, 2 + who);

    return STORE_DOES(store, store_trx_verified, trx.id, STORE_HASH, STORE_LOA, true, 0);
}

static bool
verified_or_ended(struct store *store, int n, int who)
{
    const struct store_trx trx = store_trx(n, 2);

    return who == 0 ? verified(store, n, who)
                    : STORE_DOES(store, store_trx_end, trx.id, STORE_FAILED);
}

/* Both are done: no transaction is left, and the login is open again. */
static bool
both_end(struct store *store, int n, int who)
{
    const struct store_trx trx = store_trx(n, 2 + who);

    ck_assert(STORE_DOES(store, store_trx_end, trx.id, STORE_OPEN));
    return who == 0;
}

/* Both are done: the last one ends the login. */
static bool
both_refuse(struct store *store, int n, int who)
{
    const struct store_trx trx = store_trx(n, 2 + who);

    ck_assert(STORE_DOES(store, store_trx_end, trx.id, STORE_REFUSED));
    return who == 0;
}

/* Either of them may have ended the login, and one gets the end for its log. */
static bool
end_for_the_log(struct store *store, int n, int who)
{
    const struct store_login login = store_login(n);
    struct store_login ended[4];
    size_t n_ended = 0;

    (void)who;
    (void)STORE_DOES(store, store_login_end, login.id, STORE_CANCELLED);
    STORE_CK(store, store_login_ended(store, ARRAY_LENGTH(ended), ended, &n_ended));
    ck_assert(n_ended == 0 || (n_ended == 1 && strcmp(ended[0].id, login.id) == 0));
    return n_ended == 1;
}

/* Both are done: the new one is under way. */
static bool
end_and_begin(struct store *store, int n, int who)
{
    const struct store_trx trx = store_trx(n, 2 + who);

    ck_assert(who == 0 ? STORE_DOES(store, store_trx_end, trx.id, STORE_OPEN)
                       : store_begin_trx(store, &trx, STORE_NOW_MS));
    return who == 0;
}

/* Of a desk that is revoked, no login is live, see store_ck_sound. */
static bool
revoke_and_add(struct store *store, int n, int who)
{
    struct store_login login = store_login(n);

    snprintf(login.id, sizeof login.id, "of desk %d", n);
    snprintf(login.path, sizeof login.path, "D%d", n);
    snprintf(login.desk, sizeof login.desk, "desk-%d", n);
    if (who == 0)
        ck_assert(STORE_DOES(store, store_desk_revoke, login.desk, STORE_NOW_MS));
    else
        (void)STORE_DOES(store, store_login_add, &login);
    return who == 0;
}

/* Both end the same logins, which were added in an order that is not that of their ids. */
static bool
revoke_and_tick(struct store *store, int n, int who)
{
    int64_t next_ms;

    if (who == 0)
        ck_assert(STORE_DOES(store, store_desk_revoke, scratch_text("desk-%d", n), STORE_NOW_MS));
    else
        STORE_CK(store, store_tick(store, STORE_BEGIN_MS + n, STORE_LATER_MS, &next_ms));
    return who == 0;
}

static void
add_logins_of_desk(int n)
{
    store_sql(path, scratch_text("INSERT INTO login (id, path, desk, station, service, account,"
                                 " created_ms, expires_ms, state, n_trx, tries_left, hash, issuer,"
                                 " loa, trx, is_given)"
                                 " WITH RECURSIVE i (k) AS (SELECT 100 UNION ALL"
                                 " SELECT k - 1 FROM i WHERE k > 1)"
                                 " SELECT k || ' of desk %d', k || '-%d', 'desk-%d', '', '', '', 0,"
                                 " %lld, 0, 0, 3, '', '', '', '', 0 FROM i",
                                 n, n, n, (long long)STORE_BEGIN_MS + n));
}

static bool
same_path(struct store *store, int n, int who)
{
    struct store_login login = store_login(n);

    snprintf(login.id, sizeof login.id, "%d of %d", n, who);
    snprintf(login.path, sizeof login.path, "P%d", n);
    return STORE_DOES(store, store_login_add, &login);
}

/* The fourth transaction of a login. */
static bool
last_trx(struct store *store, int n, int who)
{
    const struct store_trx trx = store_trx(n, 5 + who);

    return store_begin_trx(store, &trx, STORE_NOW_MS);
}

static bool
assertion(struct store *store, int n, int who)
{
    (void)who;
    return STORE_DOES(store, store_assertion_add, scratch_text("%d", n), STORE_LATER_MS, false);
}

static const struct {
    const char *name;
    enum store_state before, after;
    bool (*step)(struct store *store, int n, int who);
    int n_trx; /* that are started besides */
} races[] = {
    {"take", STORE_SUCCESS, STORE_TAKEN, take, 0},
    {"take or cancel", STORE_SUCCESS, STORE_STATES, take_or_cancel, 0},
    {"number", STORE_NUMBER, STORE_SUCCESS, number, 0},
    {"wrong number", STORE_NUMBER, STORE_NUMBER, wrong_number, 0},
    {"take a transaction", STORE_PENDING, STORE_PENDING, trx_take, 0},
    {"verified", STORE_PENDING, STORE_NUMBER, verified, 0},
    {"verified by two banks", STORE_PENDING, STORE_NUMBER, verified_twice, 1},
    {"verified or ended", STORE_PENDING, STORE_STATES, verified_or_ended, 0},
    {"both end", STORE_PENDING, STORE_OPEN, both_end, 1},
    {"both refuse", STORE_PENDING, STORE_REFUSED, both_refuse, 1},
    {"an end for the log", STORE_SUCCESS, STORE_CANCELLED, end_for_the_log, 0},
    {"end and begin", STORE_PENDING, STORE_PENDING, end_and_begin, 0},
    {"revoke and add", STORE_OPEN, STORE_OPEN, revoke_and_add, 0},
    {"revoke and tick", STORE_OPEN, STORE_OPEN, revoke_and_tick, 0},
    {"the same path", STORE_OPEN, STORE_OPEN, same_path, 0},
    {"the last transaction", STORE_PENDING, STORE_PENDING, last_trx, 2},
    {"the same assertion", STORE_OPEN, STORE_OPEN, assertion, 0},
};

static struct race {
    sem_t go;
    int round;
    bool has_won;
} * relays; /* two, shared with them */

/* In a fork of the test. */
static void
run_relay(int who, int race, int end)
{
    struct store *store = store_must_open(path);

    for (;;) {
        while (sem_wait(&relays[who].go) != 0)
            continue;
        if (relays[who].round < 0)
            break;
        relays[who].has_won = races[race].step(store, relays[who].round, who);
        if (write(end, "e", 1) != 1)
            _exit(1);
    }
    store_close(&store);
    _exit(0);
}

static void
let_go(int round)
{
    for (int who = 0; who < 2; who++)
        relays[who].round = round;
    for (int who = 0; who < 2; who++)
        ck_assert_int_eq(sem_post(&relays[who].go), 0);
}

TEST_CASE(NULL, STORE_KINDS);

LOOP_TEST(of_two_relays, ARRAY_LENGTH(races))
{
    struct store *store;
    pid_t pids[2];
    int status, end[2], ends[2], n_won[2] = {0};
    char byte;

    path = store_path();
    store = store_must_open(path);
    store_add_desks(store);
    for (int n = 0; n < ROUNDS; n++) {
        struct store_desk desk = {.added_ms = 5};
        snprintf(desk.name, sizeof desk.name, "desk-%d", n);
        snprintf(desk.token_hash, sizeof desk.token_hash, "%d", n);
        ck_assert(STORE_DOES(store, store_desk_add, &desk));
        store_add_login(store, n, races[_i].before);
        if (races[_i].step == revoke_and_tick)
            add_logins_of_desk(n);
        for (int i = 3; i < 3 + races[_i].n_trx; i++) {
            const struct store_trx trx = store_trx(n, i);
            ck_assert(store_begin_trx(store, &trx, STORE_NOW_MS));
            ck_assert(
                STORE_DOES(store, store_trx_take, trx.id, STORE_NOW_MS, STORE_LEASE_MS, true));
        }
    }
    store_close(&store);
    relays =
        mmap(NULL, 2 * sizeof *relays, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ck_assert_ptr_ne(relays, MAP_FAILED);
    for (int who = 0; who < 2; who++) {
        ck_assert_int_eq(sem_init(&relays[who].go, 1, 0), 0);
        ck_assert_int_eq(pipe(end), 0);
        pids[who] = fork();
        ck_assert_int_ge(pids[who], 0);
        if (pids[who] == 0)
            run_relay(who, _i, end[1]);
        close(end[1]);
        ends[who] = end[0];
    }
    for (int n = 0; n < ROUNDS; n++) {
        let_go(n);
        for (int who = 0; who < 2; who++)
            ck_assert_int_eq(read(ends[who], &byte, 1), 1);
        ck_assert_msg(relays[0].has_won != relays[1].has_won, "%s: round %d: %d, %d",
                      races[_i].name, n, relays[0].has_won, relays[1].has_won);
        n_won[relays[1].has_won]++;
    }
    let_go(-1);
    for (int who = 0; who < 2; who++) {
        ck_assert_int_eq(waitpid(pids[who], &status, 0), pids[who]);
        ck_assert_int_eq(status, 0);
    }
    fprintf(stderr, "%s: %d and %d\n", races[_i].name, n_won[0], n_won[1]);
    store = store_must_open(path);
    for (int n = 0; n < ROUNDS; n++) {
        struct store_login login = store_get(store, n);
        if (races[_i].after != STORE_STATES)
            ck_assert_int_eq(login.state, races[_i].after);
        if (races[_i].step == wrong_number)
            ck_assert_uint_eq(login.tries_left, STORE_TRIES - 2);
    }
    store_close(&store);
    store_ck_sound(path);
}

RUN_TESTS("store_races", NULL);
