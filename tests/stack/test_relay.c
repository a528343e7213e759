/* SPDX-License-Identifier: BSD-3-Clause */
/* Logs in at a desk of a relay (relay = yes), through the real libpam, module and agent, against
 * the sandbox that plays the relay. Test code: runs as the user who runs the tests. As root, the
 * agent has its own user. */
#include "pam_idinqr/common/array.h"
#include "tests/harness/agent_user.h"
#include "tests/harness/desk.h"
#include "tests/harness/login_stack.h"
#include "tests/harness/phone.h"
#include "tests/harness/runner.h"
#include "tests/harness/scratch.h"
#include "tests/harness/syslog_capture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct visitor {
    struct desk desk;
    struct phone *phone;
    struct login_stack *stack;
};

static int
on_message(const struct login_message *message, void *user)
{
    struct visitor *visitor = user;
    char *link;

    if (!strstr(message->text, "Scan this code"))
        return PAM_SUCCESS;
    link = desk_scan(message->text);
    ck_assert_msg(phone_approve(visitor->phone, link, "anna") == 200, "%s",
                  phone_problem(visitor->phone));
    free(link);
    return PAM_SUCCESS;
}

static void
begin(struct visitor *visitor, const char *const *arguments)
{
    const char *all[12] = {"--relay", "--enroll", "alice=anna"};

    for (size_t i = 0; arguments && arguments[i]; i++)
        all[3 + i] = arguments[i];
    desk_open(&visitor->desk, all);
    visitor->phone = phone_new(qr_backend_ca_file(visitor->desk.backend), "en");
    visitor->stack = login_stack_new();
    login_stack_service(visitor->stack, "desk",
                        scratch_text("auth required %s\n", visitor->desk.module_line));
    login_stack_on_message(visitor->stack, on_message, visitor);
}

/* One login as alice; its log. */
static char *
log_in(struct visitor *visitor, int *ret_result)
{
    pam_handle_t *pamh = login_stack_start(visitor->stack, "desk", "alice");

    ck_assert_int_eq(pam_set_item(pamh, PAM_TTY, "none"), PAM_SUCCESS);
    syslog_capture_clear();
    *ret_result = login_stack_authenticate(visitor->stack, 0);
    return syslog_capture_text();
}

static void
end(struct visitor *visitor)
{
    login_stack_free(&visitor->stack);
    phone_free(&visitor->phone);
    desk_close(&visitor->desk);
}

TEST_CASE("relay", .timeout_s = 60);

/* The package idinqr-picture need not be there. */
TEST(no_picture_is_read)
{
    struct visitor visitor;
    char *agent, *log;
    int result;

    begin(&visitor, NULL);
    agent = desk_setting(&visitor.desk, "agent");
    ck_assert_int_eq(
        unlink(scratch_text("%.*s/idinqr-picture", (int)(strrchr(agent, '/') - agent), agent)), 0);
    log = log_in(&visitor, &result);
    ck_assert_msg(result == PAM_SUCCESS, "%s", log);
    ck_assert_int_eq(qr_backend_count(visitor.desk.backend, "picture"), 0);
    end(&visitor);
}

RUN_TESTS("relay", agent_user_why_not());
