/* SPDX-License-Identifier: BSD-3-Clause */
/* Tests each step of a login of a store in each state, and desks. Runs as the user who runs the
 * tests. */
#include "pam_idinqr/common/array.h"
#include "tests/harness/runner.h"
#include "tests/unit/store_fixture.h"

#include <stdio.h>
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

static bool
step_cancel(const char *id)
{
    return STORE_DOES(store, store_login_end, id, STORE_CANCELLED);
}

static bool
step_right(const char *id)
{
    return STORE_DOES(store, store_login_number, id, true);
}

static bool
step_wrong(const char *id)
{
    return STORE_DOES(store, store_login_number, id, false);
}

static bool
step_three_wrong(const char *id)
{
    bool is_done = step_wrong(id);

    ck_assert(step_wrong(id) == is_done);
    ck_assert(step_wrong(id) == is_done);
    ck_assert(!step_wrong(id));
    return is_done;
}

static bool
step_take(const char *id)
{
    struct store_login before = {.state = STORE_STATES};
    bool is_done = STORE_DOES(store, store_login_take, id, STORE_DESK, &before);

    ck_assert_int_eq(before.state, is_done ? STORE_SUCCESS : STORE_STATES);
    if (is_done) {
        ck_assert_str_eq(before.hash, STORE_HASH);
        ck_assert_str_eq(before.loa, STORE_LOA);
        ck_assert_str_eq(before.issuer, "INGBNL2A");
        ck_assert_uint_eq(strcspn(before.trx, "-"), strlen(before.trx) - 2);
        ck_assert(!STORE_DOES(store, store_login_take, id, STORE_DESK, &before));
    }
    return is_done;
}

static bool
step_take_of_another(const char *id)
{
    struct store_login login;

    return STORE_DOES(store, store_login_take, id, STORE_OTHER, &login);
}

static bool
step_begin(const char *id)
{
    const struct store_trx trx = store_trx(atoi(id + strlen("login-")), 3);

    return store_begin_trx(store, &trx, STORE_LOGIN_MS - 1);
}

static bool
step_begin_late(const char *id)
{
    const struct store_trx trx = store_trx(atoi(id + strlen("login-")), 3);

    return store_begin_trx(store, &trx, STORE_LOGIN_MS);
}

static bool
step_begin_again(const char *id)
{
    const struct store_trx trx = store_trx(atoi(id + strlen("login-")), 2);

    return STORE_DOES(store, store_trx_begin, &trx);
}

static bool
end_second(const char *id, enum store_state state)
{
    const struct store_trx trx = store_trx(atoi(id + strlen("login-")), 2);
    bool is_done = STORE_DOES(store, store_trx_end, trx.id, state);

    ck_assert(!STORE_DOES(store, store_trx_end, trx.id, state));
    ck_assert_int_eq(store_trx_get(store, atoi(id + strlen("login-")), 2), STORE_TRX_ENDED);
    return is_done;
}

static bool
step_bank_cancelled(const char *id)
{
    return end_second(id, STORE_OPEN);
}

static bool
step_bank_failed(const char *id)
{
    return end_second(id, STORE_FAILED);
}

static bool
verify(const char *id, bool needs_number)
{
    int n = atoi(id + strlen("login-"));
    const struct store_trx trx = store_trx(n, 2);
    bool is_done = STORE_DOES(store, store_trx_verified, trx.id, STORE_HASH, STORE_LOA,
                              needs_number, STORE_LATER_MS);

    ck_assert_int_eq(store_trx_get(store, n, 2), STORE_TRX_ENDED);
    ck_assert(!STORE_DOES(store, store_trx_verified, trx.id, STORE_HASH, STORE_LOA, needs_number,
                          STORE_LATER_MS));
    if (is_done) {
        ck_assert_str_eq(store_get(store, n).trx, trx.id);
        ck_assert_int_eq(store_get(store, n).expires_ms, STORE_LATER_MS);
    }
    return is_done;
}

static bool
step_verified(const char *id)
{
    return verify(id, false);
}

static bool
step_verified_number(const char *id)
{
    return verify(id, true);
}

static bool
step_revoke(const char *id)
{
    (void)id;
    return STORE_DOES(store, store_desk_revoke, STORE_DESK, STORE_NOW_MS);
}

static bool
step_tick(const char *id)
{
    int64_t next_ms = 0;

    (void)id;
    STORE_CK(store, store_tick(store, STORE_LOGIN_MS, 1, &next_ms));
    return true;
}

static bool
step_tick_before(const char *id)
{
    int64_t next_ms = 0;

    (void)id;
    STORE_CK(store, store_tick(store, STORE_LOGIN_MS - 1, 1, &next_ms));
    return true;
}

static bool
step_same_path(const char *id)
{
    struct store_login login = store_login(atoi(id + strlen("login-")));

    login.id[0] = 'L';
    return STORE_DOES(store, store_login_add, &login);
}

static bool
step_same_id(const char *id)
{
    struct store_login login = store_login(atoi(id + strlen("login-")));

    login.path[0] = 'L';
    return STORE_DOES(store, store_login_add, &login);
}

/* A column for each state: open, pending, number, success, taken, cancelled, denied, wrong,
 * expired, failed, refused, revoked. In it is the state that the step leads to, or '-' if it does
 * not apply. */
#define STATES "OPNSTCDWEFRV"

static const struct {
    const char *name;
    bool (*step)(const char *id);
    const char *results;
} steps[] = {
    {"the desk cancels", step_cancel, "CCCC--------"},
    {"the right number", step_right, "--S---------"},
    {"a wrong number", step_wrong, "--N---------"},
    {"three wrong numbers", step_three_wrong, "--W---------"},
    {"the desk takes", step_take, "---T--------"},
    {"another desk takes", step_take_of_another, "------------"},
    {"a bank is chosen", step_begin, "PP----------"},
    {"a bank is chosen too late", step_begin_late, "------------"},
    {"a transaction a second time", step_begin_again, "------------"},
    {"cancelled at the bank", step_bank_cancelled, "-ONSTCDWEFRV"},
    {"the bank failed", step_bank_failed, "-FNSTCDWEFRV"},
    {"verified", step_verified, "-S----------"},
    {"verified, and a number", step_verified_number, "-N----------"},
    {"the desk is revoked", step_revoke, "VVVVTCDWEFRV"},
    {"its time is over", step_tick, "EPEETCDWEFRV"},
    {"its time is not over", step_tick_before, "OPNSTCDWEFRV"},
    {"a login of the same path", step_same_path, "------------"},
    {"a login of the same id", step_same_id, "------------"},
};

#define N_STEPS ((int)ARRAY_LENGTH(steps))

TEST_CASE(NULL, STORE_KINDS, .setup = set_up, .teardown = tear_down);

LOOP_TEST(each_step_in_each_state, (N_STEPS * STORE_STATES))
{
    enum store_state state = (enum store_state)(_i % STORE_STATES);
    char expected = steps[_i / STORE_STATES].results[state];
    const char *name = steps[_i / STORE_STATES].name;
    char was = STATES[state];

    store_add_login(store, _i, state);
    struct store_login before = store_get(store, _i);
    bool is_done = steps[_i / STORE_STATES].step(before.id);
    struct store_login after = store_get(store, _i);

    ck_assert_msg(is_done == (expected != '-'), "%c: %s: done %d", was, name, is_done);
    ck_assert_msg(STATES[after.state] == (is_done ? expected : was), "%c: %s: %c", was, name,
                  STATES[after.state]);
    ck_assert_msg((after.hash[0] != '\0') ==
                      (after.state == STORE_NUMBER || after.state == STORE_SUCCESS),
                  "%c: %s: hash %s", was, name, after.hash);
    ck_assert_msg(is_done || memcmp(&before, &after, sizeof before) == 0, "%c: %s", was, name);
}

TEST(a_new_login_and_its_finds)
{
    struct store_login login = store_login(1), found;

    ck_assert(!STORE_DOES(store, store_login_find, login.id, STORE_DESK, &found));
    ck_assert(STORE_DOES(store, store_login_add, &login));
    ck_assert(STORE_DOES(store, store_login_find, login.id, STORE_DESK, &found));
    login.tries_left = STORE_TRIES;
    ck_assert_mem_eq(&found, &login, sizeof found);
    memset(&found, 1, sizeof found);
    ck_assert(STORE_DOES(store, store_login_find_path, "1", &found));
    ck_assert_str_eq(found.id, login.id);
    ck_assert_str_eq(found.station, login.station);
    ck_assert(!STORE_DOES(store, store_login_find, login.id, STORE_OTHER, &found));
    ck_assert(!STORE_DOES(store, store_login_find_path, "2", &found));
    ck_assert(!STORE_DOES(store, store_login_find, "' OR 1 --", STORE_DESK, &found));
    ck_assert(!STORE_DOES(store, store_login_end, "nothing", STORE_CANCELLED));
}

/* Each end is given once, also to a store that was opened later. */
TEST(ended_logins)
{
    struct store_login ended[2];
    size_t n = 9;

    for (int i = 0; i < STORE_STATES; i++)
        store_add_login(store, i, (enum store_state)i);
    for (int i = 0; i < STORE_STATES - 4; i += 2) {
        STORE_CK(store, store_login_ended(store, 2, ended, &n));
        ck_assert_uint_eq(n, 2);
        for (int k = 0; k < 2; k++) {
            ck_assert_str_eq(ended[k].id, store_login(ended[k].state).id);
            ck_assert(!store_state_is_live(ended[k].state));
            ck_assert_str_eq(ended[k].hash, "");
        }
        store_close(&store);
        store = store_must_open(path);
    }
    STORE_CK(store, store_login_ended(store, 2, ended, &n));
    ck_assert_uint_eq(n, 0);
    ck_assert(STORE_DOES(store, store_login_end, "login-0", STORE_CANCELLED));
    STORE_CK(store, store_login_ended(store, 2, ended, &n));
    ck_assert_uint_eq(n, 1);
    ck_assert_str_eq(ended[0].id, "login-0");
}

/* The one that ended the login, for the records of both machines. */
TEST(the_transaction_of_an_end)
{
    store_add_login(store, 1, STORE_PENDING);
    ck_assert_str_eq(store_get(store, 1).trx, "");
    ck_assert(STORE_DOES(store, store_trx_end, "1-2", STORE_REFUSED));
    ck_assert_str_eq(store_get(store, 1).trx, "1-2");
    ck_assert_str_eq(store_get(store, 1).issuer, store_trx(1, 2).issuer);
    store_add_login(store, 2, STORE_PENDING);
    ck_assert(STORE_DOES(store, store_trx_end, "2-2", STORE_OPEN));
    ck_assert_str_eq(store_get(store, 2).trx, "");
}

TEST(a_login_of_a_desk_that_is_not_there)
{
    struct store_login login = store_login(1);

    memcpy(login.desk, "balie-5", sizeof "balie-5");
    ck_assert(!STORE_DOES(store, store_login_add, &login));
    memcpy(login.desk, STORE_OTHER, sizeof STORE_OTHER);
    ck_assert(STORE_DOES(store, store_desk_revoke, STORE_OTHER, STORE_NOW_MS));
    ck_assert(!STORE_DOES(store, store_login_add, &login));
}

TEST(counting)
{
    struct store_count n = {99, 99};

    for (int i = 0; i < 7; i++) {
        struct store_login login = store_login(i);
        login.created_ms += i;
        if (i % 2)
            memcpy(login.desk, STORE_OTHER, sizeof STORE_OTHER);
        ck_assert(STORE_DOES(store, store_login_add, &login));
    }
    STORE_CK(store, store_login_count(store, STORE_DESK, STORE_BEGIN_MS + 2, &n));
    ck_assert_uint_eq(n.logins, 3);
    STORE_CK(store, store_login_count(store, "", STORE_BEGIN_MS + 2, &n));
    ck_assert_uint_eq(n.logins, 5);
    ck_assert_uint_eq(n.trx, 0);
    for (int i = 0; i < 3; i++)
        ck_assert(STORE_DOES(store, store_trx_count, i < 2 ? "login-4" : "login-5", STORE_NOW_MS));
    STORE_CK(store, store_login_count(store, "", STORE_BEGIN_MS + 2, &n));
    ck_assert_uint_eq(n.trx, 3);
    STORE_CK(store, store_login_count(store, STORE_DESK, STORE_BEGIN_MS + 2, &n));
    ck_assert_uint_eq(n.trx, 2);
    STORE_CK(store, store_login_count(store, "", STORE_LATER_MS, &n));
    ck_assert_uint_eq(n.logins, 0);
}

TEST(texts_that_are_too_long)
{
    char text[200];

    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    store_add_login(store, 1, STORE_PENDING);
    char *before = store_dump(path);
    bool is_done = false;
    text[STORE_WORD_SIZE] = '\0';
    ck_assert_int_eq(store_trx_verified(store, "1-2", STORE_HASH, text, true, 0, &is_done),
                     IDQ_SYSTEM);
    ck_assert_str_eq(store_error(store), "keeping an identity: a text is too long");
    text[IDENTITY_HASH_SIZE] = '\0';
    ck_assert_int_eq(store_trx_verified(store, "1-2", text, STORE_LOA, true, 0, &is_done),
                     IDQ_SYSTEM);
    memset(text, 'x', sizeof text - 1);
    text[STORE_HASH_SIZE] = '\0';
    ck_assert_int_eq(store_desk_rotate(store, STORE_DESK, text, &is_done), IDQ_SYSTEM);
    ck_assert_str_eq(store_dump(path), before);
    ck_assert(STORE_DOES(store, store_trx_verified, "1-2", STORE_HASH, STORE_LOA, true, 0));
}

static void
note_desk(void *names, const struct store_desk *desk)
{
    snprintf((char *)names + strlen(names), 200, "%s %d %d;", desk->name, (int)desk->added_ms,
             (int)desk->revoked_ms);
}

TEST(desks)
{
    struct store_desk desk = {.name = "balie-1", .token_hash = "a", .added_ms = 3}, found;
    char names[1000] = "";

    ck_assert(STORE_DOES(store, store_desk_find, STORE_TOKEN, &found));
    ck_assert_str_eq(found.name, STORE_DESK);
    ck_assert_str_eq(found.token_hash, STORE_TOKEN);
    ck_assert_int_eq(found.added_ms, 5);
    ck_assert(STORE_DOES(store, store_desk_add, &desk));
    ck_assert(!STORE_DOES(store, store_desk_add, &desk));
    memcpy(desk.name, "balie-2", sizeof "balie-2");
    ck_assert(!STORE_DOES(store, store_desk_add, &desk)); /* the token is another desk's */

    ck_assert(STORE_DOES(store, store_desk_rotate, "balie-1", "b"));
    ck_assert(!STORE_DOES(store, store_desk_find, "a", &found));
    ck_assert(STORE_DOES(store, store_desk_find, "b", &found));
    ck_assert(!STORE_DOES(store, store_desk_rotate, "balie-1", STORE_TOKEN));
    ck_assert(!STORE_DOES(store, store_desk_rotate, "balie-2", "c"));

    ck_assert(STORE_DOES(store, store_desk_revoke, "balie-1", 9));
    ck_assert(!STORE_DOES(store, store_desk_revoke, "balie-1", 10));
    ck_assert(!STORE_DOES(store, store_desk_revoke, "balie-2", 10));
    ck_assert(!STORE_DOES(store, store_desk_find, "b", &found));
    ck_assert(!STORE_DOES(store, store_desk_rotate, "balie-1", "d"));
    memcpy(desk.name, "balie-1", sizeof "balie-1");
    memcpy(desk.token_hash, "e", sizeof "e");
    ck_assert(!STORE_DOES(store, store_desk_add, &desk)); /* a revoked name is not used again */
    STORE_CK(store, store_desk_each(store, note_desk, names));
    ck_assert_str_eq(names, "balie-1 3 9;balie-3 5 0;balie-4 5 0;");
}

TEST(contacts)
{
    struct store_desk desk;

    ck_assert(STORE_DOES(store, store_desk_find, STORE_TOKEN, &desk));
    ck_assert_int_eq(desk.seen_ms, 0);
    ck_assert_str_eq(desk.version, "");
    ck_assert(STORE_DOES(store, store_desk_seen, STORE_DESK, "0.2.0", STORE_NOW_MS));
    ck_assert(!STORE_DOES(store, store_desk_seen, "balie-1", "0.2.0", STORE_NOW_MS));
    ck_assert(STORE_DOES(store, store_desk_find, STORE_TOKEN, &desk));
    ck_assert_int_eq(desk.seen_ms, STORE_NOW_MS);
    ck_assert_str_eq(desk.version, "0.2.0");
}

TEST(revoking_ends_logins_of_that_desk_alone)
{
    struct store_login login = store_login(2);

    store_add_login(store, 1, STORE_SUCCESS);
    memcpy(login.desk, STORE_OTHER, sizeof STORE_OTHER);
    ck_assert(STORE_DOES(store, store_login_add, &login));
    ck_assert(STORE_DOES(store, store_desk_revoke, STORE_DESK, STORE_NOW_MS));
    ck_assert_int_eq(store_get(store, 1).state, STORE_REVOKED);
    ck_assert(STORE_DOES(store, store_login_find, login.id, STORE_OTHER, &login));
    ck_assert_int_eq(login.state, STORE_OPEN);
}

RUN_TESTS("store", NULL);
