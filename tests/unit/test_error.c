/* SPDX-License-Identifier: BSD-3-Clause */
/* Tests the list of errors. Its numbers are sent on the wire and its words appear in logs, so
 * neither may change. Pure. Runs as the user who runs the tests. */
#include "pam_idinqr/common/array.h"
#include "pam_idinqr/common/error.h"
#include "tests/harness/runner.h"

#include <limits.h>
#include <string.h>

/* Written out once more on purpose: this table and the code's must be changed together. */
static const struct {
    int number;
    enum idq_error error;
    enum error_class class;
    const char *word;
} rows[] = {
    {0, IDQ_OK, ERROR_PERSON, "verified"},
    {-1, IDQ_REFUSED, ERROR_PERSON, "refused"},
    {-2, IDQ_EXPIRED, ERROR_PERSON, "expired"},
    {-3, IDQ_BANK_FAILED, ERROR_PERSON, "bank-failed"},
    {-4, IDQ_NO_SUBJECT, ERROR_PERSON, "no-identity"},
    {-5, IDQ_TRANSIENT, ERROR_PERSON, "transient-identity"},
    {-6, IDQ_WRONG_PERSON, ERROR_PERSON, "wrong-person"},
    {-7, IDQ_UNKNOWN_IDENTITY, ERROR_PERSON, "unknown-identity"},
    {-8, IDQ_NOT_ENROLLED, ERROR_PERSON, "not-enrolled"},
    {-10, IDQ_NOT_YET_ENROLLED, ERROR_PERSON, "not-enrolled-yet"},
    {-9, IDQ_LOW_ASSURANCE, ERROR_PERSON, "low-assurance"},
    {-11, IDQ_WRONG_NUMBER, ERROR_PERSON, "wrong-number"},
    {-20, IDQ_UNREACHABLE, ERROR_BACKEND, "unreachable"},
    {-21, IDQ_TLS, ERROR_BACKEND, "tls"},
    {-22, IDQ_SIGNATURE, ERROR_BACKEND, "bad-signature"},
    {-23, IDQ_REPLY, ERROR_BACKEND, "bad-reply"},
    {-24, IDQ_OTHER_CODE, ERROR_BACKEND, "other-code"},
    {-25, IDQ_PICTURE, ERROR_BACKEND, "bad-picture"},
    {-26, IDQ_HOST, ERROR_BACKEND, "host-not-allowed"},
    {-27, IDQ_MERCHANT, ERROR_BACKEND, "merchant-rejected"},
    {-28, IDQ_BUSY, ERROR_BACKEND, "backend-busy"},
    {-29, IDQ_CLOCK, ERROR_BACKEND, "wrong-clock"},
    {-40, IDQ_CONFIG, ERROR_MACHINE, "configuration"},
    {-41, IDQ_MAP, ERROR_MACHINE, "map"},
    {-42, IDQ_AGENT, ERROR_MACHINE, "agent"},
    {-43, IDQ_SYSTEM, ERROR_MACHINE, "system"},
    {-44, IDQ_NO_DISPLAY, ERROR_MACHINE, "no-display"},
    {-45, IDQ_CONV, ERROR_LEFT, "conversation"},
    {-46, IDQ_LOCKED, ERROR_MACHINE, "locked"},
    {-47, IDQ_NOT_LOCAL, ERROR_MACHINE, "not-local"},
    {-48, IDQ_TRIES, ERROR_MACHINE, "too-many-tries"},
    {-49, IDQ_NO_PROMPT, ERROR_MACHINE, "no-prompt"},
    {-60, IDQ_CANCELLED, ERROR_LEFT, "cancelled"},
    {-61, IDQ_HANGUP, ERROR_LEFT, "hangup"},
    {-62, IDQ_TIMEOUT, ERROR_LEFT, "timeout"},
};

static const int n_rows = ARRAY_LENGTH(rows);

TEST_CASE("table");

LOOP_TEST(each_keeps_its_number_and_word, n_rows)
{
    ck_assert_int_eq(rows[_i].number, rows[_i].error);
    ck_assert_str_eq(error_word(rows[_i].error), rows[_i].word);
    ck_assert_int_eq(error_class(rows[_i].error), rows[_i].class);
    ck_assert_str_ne(error_text(rows[_i].error), "unknown error");
    ck_assert_int_eq(error_is_known(rows[_i].number), 1);
    /* A word is lower case with hyphens: it stands in key=value logs and in JSON. */
    ck_assert_uint_eq(strspn(rows[_i].word, "abcdefghijklmnopqrstuvwxyz-"), strlen(rows[_i].word));
}

/* Every number an octet can carry, its negative, and the ends: what is not in the table is unknown.
 */
TEST(no_other_number_is_known)
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

TEST(no_two_share_a_word_or_a_text)
{
    for (int i = 0; i < n_rows; i++)
        for (int j = 0; j < i; j++) {
            ck_assert_str_ne(error_word(rows[i].error), error_word(rows[j].error));
            ck_assert_str_ne(error_text(rows[i].error), error_text(rows[j].error));
        }
}

RUN_TESTS("error", NULL);
