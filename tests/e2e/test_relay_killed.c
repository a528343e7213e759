/* SPDX-License-Identifier: BSD-3-Clause */
/* Kills the real relay in each state of a login, and lets its database fail. The login goes on, or
 * is refused in words. Needs root for one test, with a small disk. */
#include "tests/harness/deadline.h"
#include "tests/harness/relay_login.h"
#include "tests/harness/runner.h"
#include "tests/harness/scratch.h"

#include <poll.h>
#include <sched.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#define SOON_MS 20000 /* far below WAIT_S: the relay has woken the desk */
#define WAIT_S  60

/* --- kill -9 ------------------------------------------------------------------------------------
 */

TEST_CASE("kills", .teardown = relay_login_end, .timeout_s = 180);

static void
kill_and_start(void)
{
    relay_server_kill(relay_here);
    relay_server_start(relay_here);
}

/* After each step of a login. It goes on as if nothing had happened. */
TEST(after_each_step)
{
    char number[7], wrong[7];

    relay_login_begin(NULL);
    kill_and_start();
    relay_status_must_be("open");
    relay_phone_to_bank(relay_phone, &relay_code);
    kill_and_start();
    relay_status_must_be("pending");
    relay_phone_at_bank(relay_phone, "anna", "approve");
    ck_assert_int_eq(relay_phone_return(relay_phone), 200);
    ck_assert_int_eq(phone_number(relay_phone, number), 0);
    kill_and_start();
    snprintf(wrong, sizeof wrong, "%.5s%c", number, number[5] == '0' ? '1' : '0');
    ck_assert_str_eq(relay_code_status(relay_here, &relay_code, 0, wrong), "number 2");
    kill_and_start();
    ck_assert_str_eq(relay_code_status(relay_here, &relay_code, 0, wrong), "number 1");
    relay_must_succeed(number);
    kill_and_start();
    relay_status_must_be("expired"); /* never twice */
    ck_assert_int_eq(relay_server_count(relay_here, "transaction-status"), 1);
}

/* Between the bank's answer and the desk. */
TEST(before_the_desk_takes_it)
{
    relay_login_begin(&(struct relay_options){.general = "confirm = none"});
    relay_phone_approve(relay_phone, &relay_code, NULL);
    kill_and_start();
    relay_must_succeed(NULL);
    kill_and_start();
    relay_status_must_be("expired");
}

/* How many records the relay has written, in all its lives. */
static int
count_records(void)
{
    const char *at = relay_server_log(relay_here);
    int n = 0;

    while ((at = strstr(at, "outcome="))) {
        at++;
        n++;
    }
    return n;
}

/* After an end. */
TEST(after_an_end)
{
    relay_login_begin(NULL);
    relay_phone_to_bank(relay_phone, &relay_code);
    relay_phone_at_bank(relay_phone, "anna", "refuse");
    relay_phone_return(relay_phone);
    kill_and_start();
    relay_status_must_be("cancelled");
    ck_assert_int_eq(phone_open(relay_phone, relay_code.link), 410);
    ck_assert_int_eq(count_records(), 1);
}

/* No relay runs when its time is over, and the first that starts is killed. One that is killed
 * between the end and its record has left it to the next. */
LOOP_TEST(an_end_without_a_relay, 3)
{
    static const char *const ends[] = {
        "UPDATE login SET expires_ms = created_ms + 1000",    /* long ago */
        "UPDATE login SET expires_ms = created_ms - 3600000", /* and to be removed */
        "UPDATE login SET state = 5, hash = ''"};             /* cancelled */
    static const char *const records[] = {"outcome=expired ", "outcome=expired ",
                                          "outcome=cancelled "};

    relay_login_begin(NULL);
    relay_server_kill(relay_here);
    relay_sql(ends[_i]);
    relay_server_start(relay_here);
    relay_wait_sql(_i == 1 ? "SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM login)"
                           : "SELECT 1 FROM login WHERE is_given = 1");
    kill_and_start();
    relay_status_must_be(_i == 0 ? "expired" : _i == 1 ? "HTTP 404" : "cancelled");
    kill_and_start();
    relay_log_must_say(records[_i]);
    if (_i == 0)
        relay_log_must_say("duration=1.0s");
    ck_assert_int_eq(count_records(), 1);
}

/* While the acquirer has not answered: the next relay asks when the lease is over. */
TEST(while_it_asks)
{
    struct relay_wait wait;
    char number[7];

    relay_login_begin(&(struct relay_options){
        .sandbox = (const char *const[]){"--fault", "acquirer-status-slow", NULL}});
    relay_phone_to_bank(relay_phone, &relay_code);
    relay_phone_at_bank(relay_phone, "anna", "approve");
    relay_status_must_be("pending");
    relay_phone_return_begin(relay_phone, &wait);
    relay_wait_sql("SELECT 1 FROM trx WHERE state = 1"); /* its status is asked */
    kill_and_start();
    ck_assert_str_eq(relay_wait_end(&wait, SOON_MS), "0");
    relay_status_must_be("pending");
    ck_assert_msg(relay_phone_return(relay_phone) == 200, "%s\n%s", phone_text(relay_phone),
                  relay_server_log(relay_here));
    ck_assert_int_eq(phone_number(relay_phone, number), 0);
    relay_must_succeed(number);
}

/* A desk that waits gets no answer, asks again, and waits on. */
TEST(while_a_desk_waits)
{
    struct relay_wait wait;

    relay_login_begin(NULL);
    relay_status_must_be("open");
    relay_code_status_begin(relay_here, &relay_code, WAIT_S, &wait);
    kill_and_start();
    (void)relay_wait_end(&wait, SOON_MS);
    relay_status_must_be("open");
    relay_code_status_begin(relay_here, &relay_code, WAIT_S, &wait);
    relay_phone_to_bank(relay_phone, &relay_code);
    ck_assert_str_eq(relay_wait_end(&wait, SOON_MS), "pending");
}

/* An orderly end answers the desks that wait. */
TEST(an_orderly_end)
{
    struct relay_wait wait;

    relay_login_begin(NULL);
    relay_status_must_be("open");
    relay_code_status_begin(relay_here, &relay_code, WAIT_S, &wait);
    relay_server_stop(relay_here);
    ck_assert_str_eq(relay_wait_end(&wait, SOON_MS), "open");
    relay_server_start(relay_here);
    relay_status_must_be("open");
}

/* --- a database that fails ----------------------------------------------------------------------
 */

TEST_CASE("database", .teardown = relay_login_end, .timeout_s = 120);

/* Another program has locked it. */
TEST(locked)
{
    struct relay_code other;
    sqlite3 *database;
    char number[7];

    relay_login_begin(NULL);
    relay_phone_to_bank(relay_phone, &relay_code);
    relay_phone_at_bank(relay_phone, "anna", "approve");
    ck_assert_int_eq(
        sqlite3_open(scratch_path(relay_server_dir(relay_here), "db/relay.db"), &database),
        SQLITE_OK);
    ck_assert_int_eq(sqlite3_exec(database, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    ck_assert_int_eq(relay_code_try(relay_here, 0, RELAY_LIFETIME_S, &other), 503);
    ck_assert_int_eq(relay_phone_return(relay_phone), 503);
    relay_page_must_say("Your bank or this service does not answer.");
    relay_log_must_say("another process keeps the database locked");
    ck_assert_int_eq(sqlite3_exec(database, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
    ck_assert_int_eq(sqlite3_close(database), SQLITE_OK);
    ck_assert_int_eq(phone_follow(relay_phone, "Try again"), 200);
    ck_assert_int_eq(phone_number(relay_phone, number), 0);
    relay_must_succeed(number);
    relay_code_generate(relay_here, 0, RELAY_LIFETIME_S, &other);
}

/* A transaction is due, and no row of it can be changed: the relay tries again, but not all the
 * time. */
TEST(due_and_not_writable)
{
    char *log;
    int n = 0;

    relay_login_begin(NULL);
    relay_phone_to_bank(relay_phone, &relay_code);
    relay_server_stop(relay_here);
    relay_sql("UPDATE trx SET due_ms = 1");
    relay_sql("CREATE TRIGGER broken BEFORE UPDATE ON trx BEGIN SELECT RAISE(ABORT, 'x'); END");
    relay_server_start(relay_here);
    relay_status_must_be("pending");
    ck_assert_str_eq(relay_code_status(relay_here, &relay_code, 3, NULL), "pending");
    log = relay_server_log(relay_here);
    while ((log = strstr(log, "store: "))) {
        log++;
        n++;
    }
    ck_assert_msg(n >= 1 && n < 30, "%d lines", n);
    relay_sql("DROP TRIGGER broken");
    relay_wait_sql("SELECT 1 FROM trx WHERE state > 0");
}

static const char *
why_no_disk(void)
{
    return geteuid() == 0 ? NULL : "needs root, for a small disk";
}

static void
mount_small_disk(const char *dir)
{
    ck_assert_int_eq(unshare(CLONE_NEWNS), 0);
    ck_assert_int_eq(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
    ck_assert_int_eq(mount("disk", dir, "tmpfs", 0, "size=2m,mode=711"), 0);
}

/* The disk is full for a while. */
TEST(full, .why_not = why_no_disk())
{
    static const char byte[4096];
    struct relay_code other;
    char *filler;
    FILE *file;

    relay_login_begin(
        &(struct relay_options){.general = "confirm = none", .prepare = mount_small_disk});
    relay_phone_to_bank(relay_phone, &relay_code);
    relay_phone_at_bank(relay_phone, "anna", "approve");
    filler = scratch_path(relay_server_dir(relay_here), "filler");
    file = fopen(filler, "we");
    ck_assert_ptr_nonnull(file);
    setvbuf(file, NULL, _IONBF, 0);
    while (fwrite(byte, 1, sizeof byte, file) == sizeof byte)
        continue;
    fclose(file);
    /* The log of the database may have room for some more. */
    long status = 200;
    for (int i = 0; i < 1000 && status == 200; i++)
        status = relay_code_try(relay_here, 0, RELAY_LIFETIME_S, &other);
    ck_assert_int_eq(status, 503);
    relay_log_must_say("full");
    ck_assert_int_eq(unlink(filler), 0);
    ck_assert_int_eq(relay_phone_return(relay_phone), 200);
    relay_must_succeed(NULL);
    relay_code_generate(relay_here, 0, RELAY_LIFETIME_S, &other);
}

RUN_TESTS("relay_killed", NULL);
