/* SPDX-License-Identifier: BSD-3-Clause */
/* The code on the screen and the link in words are one: in each drawing, through the real libpam,
 * module and agent. A decoder that is not ours reads the screen, and the person opens what it read.
 */
#include "pam_idinqr/qr/drawing.h"
#include "tests/harness/agent_user.h"
#include "tests/harness/desk.h"
#include "tests/harness/login_stack.h"
#include "tests/harness/phone.h"
#include "tests/harness/runner.h"
#include "tests/harness/scratch.h"

#include <stdio.h>
#include <string.h>

struct visit {
    const struct desk *desk;
    enum drawing_mode mode;
    unsigned n_codes;
};

static int
scan_and_approve(const struct login_message *message, void *user)
{
    struct visit *visit = user;
    const char *at = strstr(message->text, "\n  https://");
    PHONE_AUTO *phone = NULL;
    char in_words[400] = "";

    if (!at)
        return PAM_SUCCESS;
    visit->n_codes++;
    ck_assert_int_eq(sscanf(at, " %399s", in_words), 1);
    if (visit->mode != DRAWING_URL) {
        char *scanned = desk_scan(message->text);
        ck_assert_str_eq(scanned, in_words);
    }
    phone = phone_new(qr_backend_ca_file(visit->desk->backend), "en");
    ck_assert_msg(phone_approve(phone, in_words, "anna") == 200, "%s", phone_problem(phone));
    return PAM_SUCCESS;
}

TEST_CASE("code", .timeout_s = 60);

LOOP_TEST(test_the_code_is_the_link_in_words, DRAWING_MODES)
{
    const char *arguments[] = {"--enroll", "alice=anna", NULL};
    DESK_AUTO desk;
    struct visit visit = {.desk = &desk, .mode = (enum drawing_mode)_i};
    LOGIN_STACK_AUTO *stack = login_stack_new();
    char *service, *display;

    desk_open(&desk, arguments);
    display = strstr(desk.module_line, " display=");
    ck_assert_ptr_nonnull(display);
    service =
        scratch_text("auth required %.*s language=en display=%s\n",
                     (int)(display - desk.module_line), desk.module_line, drawing_name(visit.mode));
    login_stack_service(stack, "desk", service);
    login_stack_on_message(stack, scan_and_approve, &visit);
    pam_handle_t *pamh = login_stack_start(stack, "desk", "alice");
    ck_assert_int_eq(pam_set_item(pamh, PAM_TTY, "none"), PAM_SUCCESS);
    ck_assert_int_eq(login_stack_authenticate(stack, 0), PAM_SUCCESS);
    ck_assert_uint_eq(visit.n_codes, 1);
}

RUN_TESTS("code", agent_user_why_not());
