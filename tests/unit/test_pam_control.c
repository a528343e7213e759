/* SPDX-License-Identifier: BSD-3-Clause */
/* Tests the parser of the control field in pam.d lines, which follows Linux-PAM. Pure. Runs as the
 * user who runs the tests. */
#include "pam_idinqr/common/array.h"
#include "pam_idinqr/pamconf/pam_control.h"
#include "tests/harness/runner.h"

#include <security/pam_appl.h>

static const struct {
    const char *text;
    int is_bracketed, result;
    int success, auth_err, user_unknown, ignore;
} controls[] = {
    {"required", 0, 0, PAM_ACTION_OK, PAM_ACTION_BAD, PAM_ACTION_BAD, PAM_ACTION_IGNORE},
    {"REQUISITE", 0, 0, PAM_ACTION_OK, PAM_ACTION_DIE, PAM_ACTION_DIE, PAM_ACTION_IGNORE},
    {"sufficient", 0, 0, PAM_ACTION_DONE, PAM_ACTION_IGNORE, PAM_ACTION_IGNORE, PAM_ACTION_IGNORE},
    {"optional", 0, 0, PAM_ACTION_OK, PAM_ACTION_IGNORE, PAM_ACTION_IGNORE, PAM_ACTION_IGNORE},
    {"success=1 default=ignore", 1, 0, 1, PAM_ACTION_IGNORE, PAM_ACTION_IGNORE, PAM_ACTION_IGNORE},
    {" success = ok\tauth_err=die ", 1, 0, PAM_ACTION_OK, PAM_ACTION_DIE, PAM_ACTION_BAD,
     PAM_ACTION_BAD},
    /* `default` is for those that were not named before it. */
    {"success=ok default=die user_unknown=ignore", 1, 0, PAM_ACTION_OK, PAM_ACTION_DIE,
     PAM_ACTION_IGNORE, PAM_ACTION_DIE},
    {"default=die success=reset", 1, 0, PAM_ACTION_RESET, PAM_ACTION_DIE, PAM_ACTION_DIE,
     PAM_ACTION_DIE},
    {"", 1, 0, PAM_ACTION_BAD, PAM_ACTION_BAD, PAM_ACTION_BAD, PAM_ACTION_BAD},
    /* What is malformed refuses, whatever it began with. */
    {"requires", 0, -1, PAM_ACTION_BAD, PAM_ACTION_BAD, PAM_ACTION_BAD, PAM_ACTION_BAD},
    {"required", 1, -1, PAM_ACTION_BAD, PAM_ACTION_BAD, PAM_ACTION_BAD, PAM_ACTION_BAD},
    {"success=ok default", 1, -1, PAM_ACTION_BAD, PAM_ACTION_BAD, PAM_ACTION_BAD, PAM_ACTION_BAD},
    {"success=okay", 1, -1, PAM_ACTION_BAD, PAM_ACTION_BAD, PAM_ACTION_BAD, PAM_ACTION_BAD},
    {"success=0", 1, -1, PAM_ACTION_BAD, PAM_ACTION_BAD, PAM_ACTION_BAD, PAM_ACTION_BAD},
    {"success=-1", 1, -1, PAM_ACTION_BAD, PAM_ACTION_BAD, PAM_ACTION_BAD, PAM_ACTION_BAD},
    {"succeed=ok", 1, -1, PAM_ACTION_BAD, PAM_ACTION_BAD, PAM_ACTION_BAD, PAM_ACTION_BAD},
};

TEST_CASE("controls");

LOOP_TEST(what_a_control_means, ARRAY_LENGTH(controls))
{
    struct pam_control control;

    ck_assert_int_eq(pam_control_read(controls[_i].text, controls[_i].is_bracketed, &control),
                     controls[_i].result);
    ck_assert_int_eq(control.actions[PAM_SUCCESS], controls[_i].success);
    ck_assert_int_eq(control.actions[PAM_AUTH_ERR], controls[_i].auth_err);
    ck_assert_int_eq(control.actions[PAM_USER_UNKNOWN], controls[_i].user_unknown);
    ck_assert_int_eq(control.actions[PAM_IGNORE], controls[_i].ignore);
}

RUN_TESTS("pam_control", NULL);
