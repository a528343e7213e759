/* SPDX-License-Identifier: BSD-3-Clause */
/* A recorded login, played back by an attacker who has no signing key. Every signature in it is
 * right, so only the nonce can refuse it: without one, the same recording opens the account. */
#include "tests/harness/agent_user.h"
#include "tests/harness/desk.h"
#include "tests/harness/login_stack.h"
#include "tests/harness/phone.h"
#include "tests/harness/runner.h"
#include "tests/harness/scratch.h"
#include "tests/harness/syslog_capture.h"
#include "tests/stack/front.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int
approve(const struct login_message *message, void *user)
{
    const struct desk *desk = user;
    PHONE_AUTO *phone = NULL;
    char *link;

    if (!strstr(message->text, "Scan this code"))
        return PAM_SUCCESS;
    link = desk_scan(message->text);
    phone = phone_new(qr_backend_ca_file(desk->backend), "en");
    ck_assert_msg(phone_approve(phone, link, "anna") == 200, "%s", phone_problem(phone));
    return PAM_SUCCESS;
}

/* With a person before the screen as long as there is a backend to approve at. */
static int
log_in(struct desk *desk, char **ret_shown)
{
    LOGIN_STACK_AUTO *stack = login_stack_new();
    char *service;
    int result;

    service = scratch_text("auth required %s\n", desk->module_line);
    login_stack_service(stack, "desk", service);
    if (desk->backend)
        login_stack_on_message(stack, approve, desk);
    pam_handle_t *pamh = login_stack_start(stack, "desk", "alice");
    ck_assert_int_eq(pam_set_item(pamh, PAM_TTY, "none"), PAM_SUCCESS);
    syslog_capture_clear();
    result = login_stack_authenticate(stack, PAM_SILENT);
    *ret_shown = login_stack_text(stack);
    return result;
}

static void
lead_through(const struct desk *desk, const struct front *front, const char *status_nonce)
{
    char *path = scratch_path(qr_backend_dir(desk->backend), "idinqr.conf.d/front.conf"), *text;

    text = scratch_text("proxy = http://127.0.0.1:%u\nca_file = %s\n"
                        "[idin-qr]\nstatus_nonce = %s\n",
                        front->port, front->ca_file, status_nonce);
    scratch_write(path, 0644, text);
}

TEST_CASE("replays", .timeout_s = 60);

LOOP_TEST(a_recorded_login, 3)
{
    static const struct {
        const char *status_nonce, *signed_by, *sentence, *outcome;
        int pam_code;
    } cases[] = {
        {"required", NULL, "The answer was not about this login", "other-code", PAM_AUTH_ERR},
        {"off", NULL, "Welcome, alice.", "verified", PAM_SUCCESS},
        {"required", "--public-key", "The answer was not about this login", "other-code",
         PAM_AUTH_ERR},
    };
    const char *arguments[] = {"--enroll", "alice=anna", cases[_i].signed_by, NULL};
    char *dir = scratch_dir("front"), *shown, *log, outcome[80];
    FRONT_AUTO front = {0};
    DESK_AUTO desk;
    int result;

    desk_open(&desk, arguments);
    front_start(&front, dir);
    lead_through(&desk, &front, cases[_i].status_nonce);
    result = log_in(&desk, &shown);
    ck_assert_msg(result == PAM_SUCCESS, "PAM returned %d\n%s", result, shown);
    free(shown);
    qr_backend_stop(&desk.backend);
    result = log_in(&desk, &shown);
    log = syslog_capture_text();
    ck_assert_msg(result == cases[_i].pam_code, "PAM returned %d\n%s\n%s", result, shown, log);
    ck_assert_msg(strstr(shown, cases[_i].sentence) != NULL, "%s\n%s", shown, log);
    snprintf(outcome, sizeof outcome, "outcome=%s session=", cases[_i].outcome);
    ck_assert_msg(strstr(log, outcome) != NULL, "%s", log);
    free(shown);
}

RUN_TESTS("replay", agent_user_why_not());
