/* SPDX-License-Identifier: BSD-3-Clause */
/* Two real relays that share a database of PostgreSQL: a desk at one and a phone at the other,
 * relays that are killed, and the records of both. Each login is opened once, and has one record.
 */
#include "pam_idinqr/common/array.h"
#include "tests/harness/deadline.h"
#include "tests/harness/postgres.h"
#include "tests/harness/relay_login.h"
#include "tests/harness/runner.h"
#include "tests/harness/scratch.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>

#define SOON_MS 20000 /* far below WAIT_S: the relay has woken the desk */
#define WAIT_S  60

static struct postgres_server *database;
static struct relay_server *other; /* the second relay */
static struct phone *other_phone;

static void
set_up(void)
{
    database = postgres_server_new();
}

static void
tear_down(void)
{
    phone_free(&other_phone);
    relay_server_free(&other);
    relay_login_end();
    postgres_server_free(&database);
}

/* The same code at another relay. */
static struct relay_code
code_at(const struct relay_server *server, const struct relay_code *code)
{
    struct relay_code there = *code;

    snprintf(there.link, sizeof there.link, "https://127.0.0.1:%u%s", relay_server_port(server),
             strstr(code->link, "/L/"));
    return there;
}

/* Returns the code at the second one. */
static struct relay_code
begin_two(void)
{
    relay_login_begin(
        &(struct relay_options){.database = postgres_tcp_uri(database, POSTGRES_RELAY)});
    other = relay_server_new_beside(relay_here);
    other_phone = relay_server_phone(other);
    return code_at(other, &relay_code);
}

static char *
sql(const char *text)
{
    return postgres_sql(postgres_uri(database, POSTGRES_RELAY), text);
}

TEST_CASE("relays", .setup = set_up, .teardown = tear_down, .timeout_s = 180);

static void
approve_there(const struct relay_code *there, char number[7])
{
    relay_phone_to_bank(other_phone, there);
    relay_phone_at_bank(other_phone, "anna", "approve");
    ck_assert_msg(relay_phone_return(other_phone) == 200, "%s", phone_text(other_phone));
    ck_assert_msg(phone_number(other_phone, number) == 0, "%s", phone_problem(other_phone));
}

/* A desk here, the phone there. The desk is woken at each step, and the login is opened once. */
TEST(a_desk_here_and_a_phone_there)
{
    struct relay_code there = begin_two();
    struct relay_wait wait;
    char number[7], *status;

    relay_status_must_be("open");
    relay_code_status_begin(relay_here, &relay_code, WAIT_S, &wait);
    relay_phone_to_bank(other_phone, &there);
    ck_assert_str_eq(relay_wait_end(&wait, SOON_MS), "pending");
    relay_code_status_begin(relay_here, &relay_code, WAIT_S, &wait);
    relay_phone_at_bank(other_phone, "anna", "approve");
    ck_assert_int_eq(relay_phone_return(other_phone), 200);
    ck_assert_int_eq(phone_number(other_phone, number), 0);
    ck_assert_str_eq(relay_wait_end(&wait, SOON_MS), "number 3");
    relay_must_succeed(number);
    status = relay_code_status(other, &there, 0, NULL);
    ck_assert_str_eq(status, "expired");
    relay_status_must_be("expired");
    ck_assert_int_eq(relay_server_count(relay_here, "transaction-status"), 1);
}

/* Both ask at once, many times: one of them gets the identity. */
TEST(two_desks_ask_at_once)
{
    struct relay_code there = begin_two();
    char number[7];

    approve_there(&there, number);
    sql("UPDATE login SET state = 3"); /* the number was right */
    for (int round = 0; round < 20; round++) {
        struct relay_wait waits[2];
        char *answers[2];
        int n_success = 0;

        for (int i = 0; i < 2; i++)
            relay_code_status_begin(i ? other : relay_here, &relay_code, 0, &waits[i]);
        for (int i = 0; i < 2; i++) {
            answers[i] = relay_wait_end(&waits[i], SOON_MS);
            n_success += strncmp(answers[i], "success", 7) == 0;
        }
        ck_assert_msg(n_success == 1, "round %d: %s, %s", round, answers[0], answers[1]);
        sql("UPDATE login SET state = 3, hash = 'idin1:"
            "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
            "AAA'");
    }
}

/* No notification comes: the desk is woken by the read of what was changed. */
TEST(a_notification_that_is_lost)
{
    struct relay_code there = begin_two();
    struct relay_wait wait;

    relay_status_must_be("open");
    sql("ALTER TABLE login DISABLE TRIGGER tell");
    relay_code_status_begin(relay_here, &relay_code, WAIT_S, &wait);
    relay_phone_to_bank(other_phone, &there);
    ck_assert_str_eq(relay_wait_end(&wait, SOON_MS), "pending");
}

/* The relay of the desk is killed: the desk asks the other one. */
TEST(a_relay_is_killed)
{
    struct relay_code there = begin_two();
    struct relay_wait wait;
    char number[7], *status;

    relay_status_must_be("open");
    relay_code_status_begin(relay_here, &relay_code, WAIT_S, &wait);
    relay_phone_to_bank(other_phone, &there);
    (void)relay_wait_end(&wait, SOON_MS);
    relay_server_kill(relay_here);
    relay_phone_at_bank(other_phone, "anna", "approve");
    ck_assert_int_eq(relay_phone_return(other_phone), 200);
    ck_assert_int_eq(phone_number(other_phone, number), 0);
    status = relay_code_status(other, &there, 0, number);
    ck_assert_msg(strncmp(status, "success idin1:", 14) == 0, "%s", status);
    relay_server_start(relay_here);
    relay_status_must_be("expired");
}

/* The relay of the desk is stopped, as for an update: the desk is answered at once, and goes on at
 * the other one. */
TEST(a_relay_is_stopped)
{
    struct relay_code there = begin_two();
    struct relay_wait wait;
    char number[7], *status;

    relay_status_must_be("open");
    relay_phone_to_bank(other_phone, &there);
    relay_status_must_be("pending");
    relay_code_status_begin(relay_here, &relay_code, WAIT_S, &wait);
    relay_server_stop(relay_here);
    ck_assert_str_eq(relay_wait_end(&wait, SOON_MS), "pending");
    status = relay_code_status(other, &there, 0, NULL);
    ck_assert_str_eq(status, "pending");
    relay_code_status_begin(other, &there, WAIT_S, &wait);
    relay_phone_at_bank(other_phone, "anna", "approve");
    ck_assert_int_eq(relay_phone_return(other_phone), 200);
    ck_assert_str_eq(relay_wait_end(&wait, SOON_MS), "number 3");
    ck_assert_int_eq(phone_number(other_phone, number), 0);
    status = relay_code_status(other, &there, 0, number);
    ck_assert_msg(strncmp(status, "success idin1:", 14) == 0, "%s", status);
    relay_server_start(relay_here);
    relay_status_must_be("expired");
    ck_assert_int_eq(relay_server_count(relay_here, "transaction-status"), 1);
}

/* It is killed while it asks the acquirer: the other one does, when the lease is over. */
TEST(a_relay_is_killed_while_it_asks)
{
    struct relay_wait phone;
    struct deadline deadline = deadline_in(SOON_MS);
    char *status;

    relay_login_begin(&(struct relay_options){
        .database = postgres_tcp_uri(database, POSTGRES_RELAY),
        .sandbox = (const char *const[]){"--fault", "acquirer-status-slow", NULL}});
    other = relay_server_new_beside(relay_here);
    relay_phone_to_bank(relay_phone, &relay_code);
    relay_phone_at_bank(relay_phone, "anna", "approve");
    relay_phone_return_begin(relay_phone, &phone);
    while (sql("SELECT 1 FROM trx WHERE state = 1")[0] == '\0') {
        ck_assert_int_gt(deadline_left(deadline, 1), 0);
        poll(NULL, 0, 20);
    }
    relay_server_kill(relay_here);
    ck_assert_str_eq(relay_wait_end(&phone, SOON_MS), "0");
    relay_must_become(other, "number 3");
    status = relay_code_status(other, &relay_code, 0, "000000");
    ck_assert_msg(strcmp(status, "number 2") == 0 || strncmp(status, "success", 7) == 0, "%s",
                  status);
    relay_server_start(relay_here);
}

/* The connection is lost, and with it the notification of a change: the desk is woken when the
 * relay has another connection. No trigger notes the change for the read of what was changed. */
TEST(a_change_while_the_connection_is_lost)
{
    struct relay_wait wait;

    (void)begin_two();
    relay_status_must_be("open");
    relay_code_status_begin(relay_here, &relay_code, WAIT_S, &wait);
    sql("ALTER TABLE login DISABLE TRIGGER USER;"
        "UPDATE login SET state = 1, changed = changed - interval '1 hour'");
    sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE usename = '" POSTGRES_RELAY "'");
    ck_assert_str_eq(relay_wait_end(&wait, SOON_MS), "pending");
}

/* --- records --------------------------------------------------------------------------------- */

static void
cancel(struct relay_server *server, const struct relay_code *code)
{
    json_t *answer = NULL;

    ck_assert_int_eq(relay_server_ask(server, NULL, code->desk, "/desk/v1/cancel",
                                      json_pack("{s:s}", "qr_id", code->id), &answer),
                     200);
    json_decref(answer);
}

/* How many records of a login both relays have written. All must have this outcome. */
static int
count_records(const struct relay_code *code, const char *outcome)
{
    int n = 0;

    for (int i = 0; i < 2; i++) {
        const char *login = scratch_text(" login=%s ", code->id);
        const char *record = scratch_text("outcome=%s%s", outcome, login);
        const char *log = relay_server_log(i ? other : relay_here);

        for (const char *at = log; (at = strstr(at, login)); at++, n++)
            ck_assert_msg(at - log >= (int)strlen(outcome) + 8 &&
                              strncmp(at - strlen(outcome) - 8, record, strlen(record)) == 0,
                          "%s is not in:\n%s", record, log);
    }
    return n;
}

static void
must_be_recorded(const struct relay_code *code, const char *outcome)
{
    struct deadline deadline = deadline_in(SOON_MS);

    while (count_records(code, outcome) == 0) {
        ck_assert_msg(deadline_left(deadline, 1) > 0, "no record of %s:\n%s\n%s", outcome,
                      relay_server_log(relay_here), relay_server_log(other));
        poll(NULL, 0, 20);
    }
}

/* After this, each relay has looked once more for ends that have no record. */
static void
let_both_look(void)
{
    for (int i = 0; i < 2; i++) {
        struct relay_code code;
        relay_code_generate(i ? other : relay_here, 0, RELAY_LIFETIME_S, &code);
        cancel(i ? other : relay_here, &code);
        ck_assert_int_eq(count_records(&code, "cancelled"), 1);
    }
}

static const char *const outcomes[] = {"verified", "cancelled", "refused", "expired",
                                       "merchant-rejected"};
#define N_ENDS ((int)ARRAY_LENGTH(outcomes))

/* Of logins that begin at one relay and end at the other, or without any. */
TEST(one_record_of_each_end)
{
    const char *const revoke[] = {"desk", "revoke", "balie-2", NULL};
    struct relay_code codes[ARRAY_LENGTH(outcomes)], there = begin_two();
    struct relay_wait wait;
    char number[7], *output;

    codes[0] = relay_code;
    for (int i = 1; i < N_ENDS; i++)
        relay_code_generate(i % 2 ? relay_here : other, i == 4 ? 1 : 0,
                            i == 3 ? 3 : RELAY_LIFETIME_S, &codes[i]);
    approve_there(&there, number);
    relay_must_succeed(number);
    (void)relay_code_status(relay_here, &codes[1], 0, NULL);
    relay_code_status_begin(relay_here, &codes[1], WAIT_S, &wait);
    cancel(other, &codes[1]);
    ck_assert_str_eq(relay_wait_end(&wait, SOON_MS), "cancelled");
    there = code_at(relay_here, &codes[2]);
    relay_phone_to_bank(relay_phone, &there);
    relay_phone_at_bank(relay_phone, "anna", "refuse");
    ck_assert_int_eq(relay_phone_return(relay_phone), 410);
    ck_assert_int_eq(relay_server_command(relay_here, revoke, &output), 0);
    for (int i = 0; i < N_ENDS; i++)
        must_be_recorded(&codes[i], outcomes[i]);
    let_both_look();
    for (int i = 0; i < N_ENDS; i++)
        ck_assert_msg(count_records(&codes[i], outcomes[i]) == 1, "%s:\n%s\n%s", outcomes[i],
                      relay_server_log(relay_here), relay_server_log(other));
    ck_assert_str_eq(sql("SELECT count(*) FROM login WHERE state > 3 AND is_given = 0"), "0|\n");
}

/* The relay of a login is killed, and does not come back before the login's time is over. */
TEST(a_record_of_a_login_whose_relay_was_killed)
{
    struct relay_code code;

    (void)begin_two();
    relay_code_generate(other, 0, 3, &code);
    relay_server_kill(other);
    must_be_recorded(&code, "expired");
    relay_server_start(other);
    let_both_look();
    ck_assert_int_eq(count_records(&code, "expired"), 1);
}

RUN_TESTS("relay_several", postgres_why_not());
