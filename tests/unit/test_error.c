/* SPDX-License-Identifier: BSD-3-Clause */
/* The list of errors: its numbers travel on the wire and its words stand in logs, so neither may
 * change. Pure; runs as whoever runs the tests. */
#include "pam_idinqr/common/error.h"
#include "tests/harness/runner.h"

#include <limits.h>
#include <string.h>

/* Written out once more on purpose: this table and the code's must be changed together. */
static const struct {
    int number;
    enum idq_error error;
    const char *word;
} rows[] = {
    {0, IDQ_OK, "verified"},
    {-1, IDQ_REFUSED, "refused"},
    {-2, IDQ_EXPIRED, "expired"},
    {-3, IDQ_BANK_FAILED, "bank-failed"},
    {-4, IDQ_NO_SUBJECT, "no-identity"},
    {-5, IDQ_TRANSIENT, "transient-identity"},
    {-6, IDQ_WRONG_PERSON, "wrong-person"},
    {-7, IDQ_UNKNOWN_IDENTITY, "unknown-identity"},
    {-8, IDQ_NOT_ENROLLED, "not-enrolled"},
    {-9, IDQ_LOW_ASSURANCE, "low-assurance"},
    {-20, IDQ_UNREACHABLE, "unreachable"},
    {-21, IDQ_TLS, "tls"},
    {-22, IDQ_SIGNATURE, "bad-signature"},
    {-23, IDQ_REPLY, "bad-reply"},
    {-24, IDQ_OTHER_CODE, "other-code"},
    {-25, IDQ_PICTURE, "bad-picture"},
    {-26, IDQ_HOST, "host-not-allowed"},
    {-27, IDQ_MERCHANT, "merchant-rejected"},
    {-28, IDQ_BUSY, "backend-busy"},
    {-29, IDQ_CLOCK, "wrong-clock"},
    {-40, IDQ_CONFIG, "configuration"},
    {-41, IDQ_MAP, "map"},
    {-42, IDQ_AGENT, "agent"},
    {-43, IDQ_SYSTEM, "system"},
    {-44, IDQ_NO_DISPLAY, "no-display"},
    {-45, IDQ_CONV, "conversation"},
    {-46, IDQ_LOCKED, "locked"},
    {-47, IDQ_NOT_LOCAL, "not-local"},
    {-48, IDQ_TRIES, "too-many-tries"},
    {-60, IDQ_CANCELLED, "cancelled"},
    {-61, IDQ_HANGUP, "hangup"},
    {-62, IDQ_TIMEOUT, "timeout"},
};

static const int n_rows = sizeof rows / sizeof rows[0];

START_TEST(each_keeps_its_number_and_word)
{
    ck_assert_int_eq(rows[_i].number, rows[_i].error);
    ck_assert_str_eq(error_word(rows[_i].error), rows[_i].word);
    ck_assert_str_ne(error_text(rows[_i].error), "unknown error");
    ck_assert_int_eq(error_is_known(rows[_i].number), 1);
    /* A word is lower case with hyphens: it stands in key=value logs and in JSON. */
    ck_assert_uint_eq(strspn(rows[_i].word, "abcdefghijklmnopqrstuvwxyz-"), strlen(rows[_i].word));
}
END_TEST

/* Every number an octet can carry, its negative, and the ends: what is not in the table is unknown.
 */
START_TEST(no_other_number_is_known)
{
    int n_known = 0;

    for (int number = -256; number <= 256; number++) {
        n_known += error_is_known(number);
        if (!error_is_known(number)) {
            ck_assert_str_eq(error_word((enum idq_error)number), "unknown");
            ck_assert_str_eq(error_text((enum idq_error)number), "unknown error");
        }
    }
    ck_assert_int_eq(n_known, n_rows);
    ck_assert_int_eq(error_is_known(INT_MIN), 0);
    ck_assert_int_eq(error_is_known(INT_MAX), 0);
}
END_TEST

START_TEST(no_two_share_a_word_or_a_text)
{
    for (int i = 0; i < n_rows; i++)
        for (int j = 0; j < i; j++) {
            ck_assert_str_ne(error_word(rows[i].error), error_word(rows[j].error));
            ck_assert_str_ne(error_text(rows[i].error), error_text(rows[j].error));
        }
}
END_TEST

static Suite *
error_suite(void)
{
    Suite *suite = suite_create("error");
    TCase *table = tcase_create("table");

    tcase_add_loop_test(table, each_keeps_its_number_and_word, 0, n_rows);
    tcase_add_test(table, no_other_number_is_known);
    tcase_add_test(table, no_two_share_a_word_or_a_text);
    suite_add_tcase(suite, table);
    return suite;
}

int
main(int argc, char **argv)
{
    return runner_main(argc, argv, "error", error_suite, NULL);
}
