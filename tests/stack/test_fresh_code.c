/* SPDX-License-Identifier: BSD-3-Clause */
/* A code that expires before anybody has scanned it: a fresh one takes its place, in the same
 * login. */
#include "tests/harness/agent_user.h"
#include "tests/harness/desk.h"
#include "tests/harness/login_stack.h"
#include "tests/harness/phone.h"
#include "tests/harness/runner.h"
#include "tests/harness/scratch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct visitor {
    struct desk *desk;
    char *links[2];
    int n_codes;
};

/* Too late for the first code, in time for the second. */
static int
approve_second(const struct login_message *message, void *user)
{
    struct visitor *visitor = user;
    PHONE_AUTO *phone = NULL;

    if (!strstr(message->text, "Scan this code"))
        return PAM_SUCCESS;
    ck_assert_int_lt(visitor->n_codes, 2);
    visitor->links[visitor->n_codes++] = desk_scan(message->text);
    if (visitor->n_codes < 2)
        return PAM_SUCCESS;
    phone = phone_new(qr_backend_ca_file(visitor->desk->backend), "en");
    ck_assert_msg(phone_approve(phone, visitor->links[1], "anna") == 200, "%s",
                  phone_problem(phone));
    return PAM_SUCCESS;
}

/* A desk whose first code expires at once, and a login there that has not yet begun. */
static void
open_desk(struct desk *desk, struct visitor *visitor, struct login_stack *stack)
{
    const char *arguments[] = {"--enroll", "alice=anna", "--fault", "expired-once", NULL};
    pam_handle_t *pamh;

    desk_open(desk, arguments);
    login_stack_service(stack, "desk", scratch_text("auth required %s\n", desk->module_line));
    login_stack_on_message(stack, approve_second, visitor);
    pamh = login_stack_start(stack, "desk", "alice");
    ck_assert_int_eq(pam_set_item(pamh, PAM_TTY, "none"), PAM_SUCCESS);
}

TEST_CASE("login");

TEST(test_fresh_code)
{
    DESK_AUTO desk;
    struct visitor visitor = {.desk = &desk};
    LOGIN_STACK_AUTO *stack = login_stack_new();

    open_desk(&desk, &visitor, stack);
    ck_assert_int_eq(login_stack_authenticate(stack, 0), PAM_SUCCESS);
    ck_assert_int_eq(visitor.n_codes, 2);
    ck_assert_str_ne(visitor.links[0], visitor.links[1]);
    ck_assert_int_eq(qr_backend_count(desk.backend, "generate"), 2);
    free(visitor.links[0]);
    free(visitor.links[1]);
}

/* The application's alarm leaves the login nine seconds, too few to scan and approve. */
TEST(test_no_code_for_the_last_seconds)
{
    DESK_AUTO desk;
    struct visitor visitor = {.desk = &desk};
    LOGIN_STACK_AUTO *stack = login_stack_new();

    open_desk(&desk, &visitor, stack);
    (void)alarm(14);
    ck_assert_int_ne(login_stack_authenticate(stack, 0), PAM_SUCCESS);
    (void)alarm(0);
    ck_assert_int_eq(visitor.n_codes, 1);
    ck_assert_int_eq(qr_backend_count(desk.backend, "generate"), 1);
    free(visitor.links[0]);
}

RUN_TESTS("fresh_code", agent_user_why_not());
