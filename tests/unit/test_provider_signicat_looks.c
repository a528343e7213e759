/* SPDX-License-Identifier: BSD-3-Clause */
/* The looks of the provider signicat at its session: what each answer makes of the login, and how
 * far apart the looks are; against a transport that answers from a script. */
#include "pam_idinqr/common/clock.h"
#include "pam_idinqr/common/error.h"
#include "tests/harness/runner.h"
#include "tests/unit/signicat_fixture.h"

#include <limits.h>
#include <string.h>

START_TEST(every_status)
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
}
END_TEST

/* A session that is refused here may be open there. */
START_TEST(refusals_are_errors_so_that_they_are_cancelled)
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
END_TEST

START_TEST(an_answer_about_another_login)
{
    ck_assert_int_eq(provider_fixture_start(), 0);
    script_unsigned(
        200, "{\"id\":\"" SIGNICAT_ID
             "\",\"externalReference\":\"0123456789abcdef0123456789abcdef\"" SIGNICAT_SUCCESS "}");
    ck_assert_int_eq(provider_fixture_poll(), IDQ_OTHER_CODE);
    ck_assert_str_eq(provider_fixture.status.result.subject, "");
}
END_TEST

START_TEST(success_under_another_http_status_is_none)
{
    ck_assert_int_eq(provider_fixture_start(), 0);
    signicat_fixture_answer(SIGNICAT_SUCCESS)->status = 202;
    ck_assert_int_eq(provider_fixture_poll(), IDQ_REPLY);
    ck_assert_str_eq(provider_fixture.status.result.subject, "");
    signicat_fixture_answer(SIGNICAT_SUCCESS)->content_type = "text/plain";
    ck_assert_int_eq(provider_fixture_poll(), IDQ_REPLY);
    ck_assert_str_eq(provider_fixture.status.result.subject, "");
}
END_TEST

START_TEST(an_error_of_the_bank_is_logged)
{
    ck_assert_int_eq(provider_fixture_start(), 0);
    signicat_fixture_answer(
        ",\"status\":\"ERROR\",\"error\":{\"title\":\"IdP error\",\"code\":\"idin-7\","
        "\"detail\":\"J. Jansen\"}");
    ck_assert_int_eq(provider_fixture_poll(), 0);
    ck_assert_str_eq(provider_fixture_logged(), "session: IdP error (idin-7)\n");
}
END_TEST

/* Nobody scans in a millisecond. */
START_TEST(the_first_look_waits_an_interval)
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
END_TEST

START_TEST(looks_are_nearer_after_the_scan)
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
END_TEST

START_TEST(looks_are_rarer_when_it_was_too_much)
{
    static const int most_ms[] = {6000, 12000, 24000, 48000, 48000};

    ck_assert_int_eq(provider_fixture_start(), 0);
    signicat_fixture_answer(SIGNICAT_WAITING);
    ck_assert_int_eq(provider_fixture_poll(), 0);
    for (size_t i = 0; i < sizeof most_ms / sizeof most_ms[0]; i++) {
        script_unsigned(429, "{}");
        ck_assert_int_eq(provider_fixture_poll(), IDQ_BUSY);
        ck_assert_int_le(provider_fixture.status.next_ms, most_ms[i]);
        ck_assert_int_gt(provider_fixture.status.next_ms, most_ms[i] / 2);
    }
    signicat_fixture_answer(SIGNICAT_WAITING);
    ck_assert_int_eq(provider_fixture_poll(), 0);
    ck_assert_int_gt(provider_fixture.status.next_ms, 24000);
}
END_TEST

START_TEST(signicat_may_ask_for_patience)
{
    static const long statuses[] = {429, 503, 200};
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
END_TEST

START_TEST(trouble_on_the_way_is_paced)
{
    struct scripted_answer *answer;

    ck_assert_int_eq(provider_fixture_start(), 0);
    answer = script_unsigned(0, "");
    answer->error = IDQ_UNREACHABLE;
    answer->retry_after_s = 40; /* of no answer at all */
    ck_assert_int_eq(provider_fixture_poll(), IDQ_UNREACHABLE);
    ck_assert_int_le(provider_fixture.status.next_ms, 3000);
    ck_assert_int_gt(provider_fixture.status.next_ms, 0);
    script_unsigned(500, "<html>");
    ck_assert_int_eq(provider_fixture_poll(), IDQ_UNREACHABLE);
    signicat_fixture_answer(SIGNICAT_SUCCESS);
    ck_assert_int_eq(provider_fixture_poll(), 0);
    ck_assert_int_eq(provider_fixture.status.result.outcome, 0);
    ck_assert_str_eq(provider_fixture.status.result.transaction, SIGNICAT_ID);
}
END_TEST

START_TEST(waiting_ends_with_the_login)
{
    ck_assert_int_eq(provider_fixture_start(), 0);
    provider_fixture.context.deadline_ms = clock_ms() + 900;
    signicat_fixture_answer(SIGNICAT_CREATED);
    ck_assert_int_eq(provider_fixture_poll(), 0);
    ck_assert_int_le(script.asked[2].timeout_ms, 900);
    ck_assert_int_le(provider_fixture.status.next_ms, 900);
}
END_TEST

static Suite *
provider_signicat_looks_suite(void)
{
    Suite *suite = suite_create("provider_signicat_looks");
    TCase *looks = tcase_create("looks");

    tcase_add_checked_fixture(looks, signicat_fixture_begin, provider_fixture_end);
    tcase_add_loop_test(looks, every_status, 0, 8);
    tcase_add_loop_test(looks, refusals_are_errors_so_that_they_are_cancelled, 0, 4);
    tcase_add_test(looks, an_answer_about_another_login);
    tcase_add_test(looks, success_under_another_http_status_is_none);
    tcase_add_test(looks, an_error_of_the_bank_is_logged);
    tcase_add_test(looks, the_first_look_waits_an_interval);
    tcase_add_test(looks, looks_are_nearer_after_the_scan);
    tcase_add_test(looks, looks_are_rarer_when_it_was_too_much);
    tcase_add_loop_test(looks, signicat_may_ask_for_patience, 0, 3);
    tcase_add_test(looks, trouble_on_the_way_is_paced);
    tcase_add_test(looks, waiting_ends_with_the_login);
    suite_add_tcase(suite, looks);
    return suite;
}

int
main(int argc, char **argv)
{
    return runner_main(argc, argv, "provider_signicat_looks", provider_signicat_looks_suite, NULL);
}
