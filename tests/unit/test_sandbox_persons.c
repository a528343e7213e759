/* SPDX-License-Identifier: BSD-3-Clause */
/* The test persons' BINs: what a login relies on when it tells one person from another. */
#include "pam_idinqr/common/error.h"
#include "pam_idinqr/common/subject.h"
#include "pam_idinqr/sandbox/persons.h"
#include "tests/harness/runner.h"

#include <string.h>

static char bins[64][PERSON_BIN_MAX + 1];

TEST_CASE("persons");

TEST(every_person_and_bank_has_its_own)
{
    size_t n = 0;

    for (size_t p = 0; person_at(p); p++)
        for (size_t b = 0; bank_at(b); b++) {
            char again[PERSON_BIN_MAX + 1];

            if (person_at(p)->kind == PERSON_TRANSIENT || person_at(p)->kind == PERSON_NO_BIN)
                continue;
            ck_assert_int_eq(person_bin(person_at(p), bank_at(b), bins[n]), 0);
            ck_assert_int_eq(person_bin(person_at(p), bank_at(b), again), 0);
            ck_assert_str_eq(bins[n], again);
            ck_assert_int_eq(subject_check_bin(bins[n]), 0);
            ck_assert_int_eq(memcmp(bins[n] + 2, bank_at(b)->letters, 4), 0);
            for (size_t i = 0; i < n; i++)
                ck_assert_str_ne(bins[i], bins[n]);
            n++;
        }
    ck_assert_uint_eq(n, 4 * 5);
}

/* A map that was made with one version of the sandbox has to work with the next. */
TEST(does_not_change_between_versions)
{
    char bin[PERSON_BIN_MAX + 1];

    ck_assert_int_eq(person_bin(person_find("anna"), bank_find("noord"), bin), 0);
    ck_assert_str_eq(bin, "NLTSTN3333fe571d5e53ae9f88");
    ck_assert_int_eq(person_bin(person_find("celik"), bank_find("proef"), bin), 0);
    ck_assert_str_eq(bin, "NLPRFBçşı€d82e2229c843ab49489b");
}

TEST(others_have_none_to_rely_on)
{
    char bin[PERSON_BIN_MAX + 1], again[PERSON_BIN_MAX + 1];

    ck_assert_int_eq(person_bin(person_find("transient"), bank_at(0), bin), 0);
    ck_assert_int_eq(person_bin(person_find("transient"), bank_at(0), again), 0);
    ck_assert_uint_eq(strlen(bin), 5 + 20);
    ck_assert_str_ne(bin, again);
    ck_assert_int_eq(subject_check_bin(bin), IDQ_TRANSIENT);
    ck_assert_int_eq(person_bin(person_find("nobin"), bank_at(0), bin), 0);
    ck_assert_str_eq(bin, "");
    ck_assert_ptr_null(person_find("anyone"));
    ck_assert_ptr_null(bank_find(""));
}

RUN_TESTS("sandbox_persons", NULL);
