/* SPDX-License-Identifier: BSD-3-Clause */
/* The polls of the provider signicat at its session: what each answer makes of the login, and how
 * far apart the polls are; against a transport that answers from a script. */
#include "pam_idinqr/common/array.h"
#include "pam_idinqr/common/clock.h"
#include "pam_idinqr/common/error.h"
#include "tests/harness/runner.h"
#include "tests/unit/signicat_fixture.h"

#include <limits.h>
#include <string.h>

TEST_CASE("polls", .setup = signicat_fixture_begin, .teardown = provider_fixture_end);

LOOP_TEST(every_status, 8)
{
    static const struct {
        const char *members;
        int state, outcome;
    } rows[] = {
        {SIGNICAT_CREATED, PROVIDER_OPEN, 0},
        {SIGNICAT_WAITING, PROVIDER_SCANNED, 0},
        {SIGNICAT_SUCCESS, PROVIDER_DONE, 0},
        {",\"status\":\"ERROR\"", PROVIDER_DONE, IDQ_BANK_FAILED},
        {",\"status\":\"ABORT\"", PROVIDER_DONE, IDQ_REFUSED},
        {",\"status\":\"CANCELLED\"", PROVIDER_DONE, IDQ_REFUSED},
        {",\"status\":\"EXPIRED\"", PROVIDER_DONE, IDQ_EXPIRED},
        {",\"status\":\"INVALID\"", PROVIDER_DONE, IDQ_BANK_FAILED},
    };

    ck_assert_int_eq(provider_fixture_start(), 0);
    signicat_fixture_answer(rows[_i].members);
    ck_assert_int_eq(provider_fixture_poll(), 0);
    ck_assert_int_eq(provider_fixture.status.state, rows[_i].state);
    ck_assert_int_eq(provider_fixture.status.result.outcome, rows[_i].outcome);
    ck_assert_str_eq(provider_fixture.status.result.subject,
                     rows[_i].members == rows[2].members ? "NLTEST1" : "");
    if (rows[_i].members == rows[2].members)
        ck_assert_str_eq(provider_fixture.status.result.transaction, SIGNICAT_ID);
}

/* A session that is refused here may be open there. */
LOOP_TEST(refusals_are_errors_so_that_they_are_cancelled, 4)
{
    static const struct {
        const char *members;
        int error;
        const char *logged;
    } rows[] = {
        {",\"status\":\"PAUSED\"", IDQ_BANK_FAILED, "session: "},
        {",\"status\":\"WAITING_FOR_USER\",\"provider\":\"mitid\"", IDQ_REPLY,
         "session: another provider than idin\n"},
        {",\"status\":\"SUCCESS\",\"provider\":\"mitid\",\"subject\":{\"idpId\":\"NLTEST1\"}",
         IDQ_REPLY, "session: another provider than idin\n"},
        {"", IDQ_REPLY, "session: "},
    };

    ck_assert_int_eq(provider_fixture_start(), 0);
    signicat_fixture_answer(rows[_i].members);
    ck_assert_int_eq(provider_fixture_poll(), rows[_i].error);
    ck_assert_int_ne(provider_fixture.status.state, PROVIDER_DONE);
    ck_assert_str_eq(provider_fixture.status.result.subject, "");
    ck_assert_ptr_nonnull(strstr(provider_fixture_logged(), rows[_i].logged));
}

TEST(an_answer_about_another_login)
{
    ck_assert_int_eq(provider_fixture_start(), 0);
    script_unsigned(
        200, "{\"id\":\"" SIGNICAT_ID
             "\",\"externalReference\":\"0123456789abcdef0123456789abcdef\"" SIGNICAT_SUCCESS "}");
    ck_assert_int_eq(provider_fixture_poll(), IDQ_OTHER_CODE);
    ck_assert_str_eq(provider_fixture.status.result.subject, "");
}

TEST(an_error_of_the_bank_is_logged)
{
    ck_assert_int_eq(provider_fixture_start(), 0);
    signicat_fixture_answer(
        ",\"status\":\"ERROR\",\"error\":{\"title\":\"IdP error\",\"code\":\"idin-7\","
        "\"detail\":\"J. Jansen\"}");
    ck_assert_int_eq(provider_fixture_poll(), 0);
    ck_assert_str_eq(provider_fixture_logged(), "session: IdP error (idin-7)\n");
}

/* A person needs time to scan, so the first poll waits for the interval. */
TEST(the_first_poll_waits_an_interval)
{
    ck_assert_int_eq(provider_fixture_start(), 0);
    ck_assert_int_eq(provider_fixture.first_ms, 3000);
    ck_assert_uint_eq(script.n_asked, 2);
    provider_fixture_end();
    script_rewind();
    provider_fixture.context.deadline_ms = clock_ms() + 2000;
    ck_assert_int_eq(provider_fixture_start(), 0);
    ck_assert_int_le(provider_fixture.first_ms, 2000);
}

TEST(polls_are_nearer_after_the_scan)
{
    ck_assert_int_eq(provider_fixture_start(), 0);
    signicat_fixture_answer(SIGNICAT_CREATED);
    ck_assert_int_eq(provider_fixture_poll(), 0);
    ck_assert_int_gt(provider_fixture.status.next_ms, 1000);
    ck_assert_int_le(provider_fixture.status.next_ms, 3000);
    signicat_fixture_answer(SIGNICAT_WAITING);
    ck_assert_int_eq(provider_fixture_poll(), 0);
    ck_assert_int_gt(provider_fixture.status.next_ms, 0);
    ck_assert_int_le(provider_fixture.status.next_ms, 1000);
    signicat_fixture_answer(SIGNICAT_CREATED); /* a scan stays a scan */
    ck_assert_int_eq(provider_fixture_poll(), 0);
    ck_assert_int_le(provider_fixture.status.next_ms, 1000);
}

TEST(polls_are_rarer_when_it_was_too_much)
{
    static const int most_ms[] = {6000, 12000, 24000, 48000, 48000};

    ck_assert_int_eq(provider_fixture_start(), 0);
    signicat_fixture_answer(SIGNICAT_WAITING);
    ck_assert_int_eq(provider_fixture_poll(), 0);
    for (size_t i = 0; i < ARRAY_LENGTH(most_ms); i++) {
        script_unsigned(429, "{}");
        ck_assert_int_eq(provider_fixture_poll(), IDQ_BUSY);
        ck_assert_int_le(provider_fixture.status.next_ms, most_ms[i]);
        ck_assert_int_gt(provider_fixture.status.next_ms, most_ms[i] / 2);
    }
    signicat_fixture_answer(SIGNICAT_WAITING);
    ck_assert_int_eq(provider_fixture_poll(), 0);
    ck_assert_int_gt(provider_fixture.status.next_ms, 24000);
}

LOOP_TEST(signicat_may_ask_for_patience, 2)
{
    static const long statuses[] = {503, 200};
    struct scripted_answer *answer;

    ck_assert_int_eq(provider_fixture_start(), 0);
    answer = signicat_fixture_answer(SIGNICAT_CREATED);
    answer->status = statuses[_i];
    answer->retry_after_s = 40;
    (void)provider_fixture_poll();
    ck_assert_int_eq(provider_fixture.status.next_ms, 40000);
    answer = signicat_fixture_answer(SIGNICAT_CREATED);
    answer->status = statuses[_i];
    answer->retry_after_s = INT_MAX;
    (void)provider_fixture_poll();
    ck_assert_int_gt(provider_fixture.status.next_ms, 60000);
    ck_assert_int_le(provider_fixture.status.next_ms, 120000); /* the login's end */
}

RUN_TESTS("provider_signicat_poll", NULL);
