/* SPDX-License-Identifier: BSD-3-Clause */
/* idinqr-sandbox(1) names every test person and every fault, and none that there is not. */
#include "pam_idinqr/sandbox/faults.h"
#include "pam_idinqr/sandbox/persons.h"
#include "tests/harness/runner.h"
#include "tests/unit/manual_text.h"

#include <stdio.h>
#include <string.h>

/* Counts the items of a section. */
static size_t
count_items(const char *section)
{
    size_t n = 0;

    for (const char *item = section; (item = strstr(item, ".It Cm ")); item++)
        n++;
    return n;
}

static void
check_item(const char *section, const char *name)
{
    char item[64];

    ck_assert_int_lt(snprintf(item, sizeof item, ".It Cm %s\n", name), (int)sizeof item);
    ck_assert_msg(strstr(section, item) != NULL, "the manual does not tell of %s", name);
}

TEST_CASE("names");

TEST(faults)
{
    char *section = manual_section("man/idinqr-sandbox.1", "FAULTS");
    size_t n = 0;

    for (; fault_name(n); n++)
        check_item(section, fault_name(n));
    ck_assert_uint_eq(n, FAULT_COUNT);
    ck_assert_uint_eq(count_items(section), n);
}

TEST(persons_and_banks)
{
    char *section = manual_section("man/idinqr-sandbox.1", "PERSONS AND BANKS");
    size_t n = 0;

    for (; person_at(n); n++)
        check_item(section, person_at(n)->id);
    ck_assert_uint_eq(count_items(section), n);
    for (size_t i = 0; bank_at(i); i++)
        ck_assert_msg(strstr(section, bank_at(i)->id) != NULL, "the manual does not tell of %s",
                      bank_at(i)->id);
}

RUN_TESTS("sandbox_manual", NULL);
