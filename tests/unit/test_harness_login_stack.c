/* SPDX-License-Identifier: BSD-3-Clause */
/* Tests the harness's private PAM stack with Linux-PAM's modules, and its capture of their log.
 * Runs as the user who runs the tests, root or not. */
#include "tests/harness/login_stack.h"
#include "tests/harness/runner.h"
#include "tests/harness/syslog_capture.h"

#include <security/pam_ext.h>
#include <stdlib.h>
#include <syslog.h>

TEST_CASE("stack");

TEST(a_service_that_is_not_there_is_refused)
{
    LOGIN_STACK_AUTO *stack = login_stack_new();

    /* There is a service of this name on every machine; ours is not that one. */
    login_stack_start(stack, "login", "nobody");
    ck_assert_int_eq(login_stack_authenticate(stack, 0), PAM_AUTH_ERR);
}

TEST(a_prompt_without_an_answer_fails_the_conversation)
{
    LOGIN_STACK_AUTO *stack = login_stack_new();
    char *reply = NULL;
    pam_handle_t *pam = login_stack_start(stack, "idq-test", NULL);

    login_stack_answer(stack, "one");
    ck_assert_int_eq(pam_prompt(pam, PAM_PROMPT_ECHO_ON, &reply, "first"), PAM_SUCCESS);
    ck_assert_pstr_eq(reply, "one");
    free(reply);
    ck_assert_int_eq(pam_prompt(pam, PAM_PROMPT_ECHO_ON, &reply, "second"), PAM_CONV_ERR);
}

TEST(the_end_of_input_is_a_success_without_answer)
{
    LOGIN_STACK_AUTO *stack = login_stack_new();
    char *reply = NULL;
    pam_handle_t *pam = login_stack_start(stack, "idq-test", NULL);

    login_stack_answer(stack, NULL);
    ck_assert_int_eq(pam_prompt(pam, PAM_PROMPT_ECHO_ON, &reply, "first"), PAM_SUCCESS);
    ck_assert_ptr_null(reply);
}

static int
refuse_to_show(const struct login_message *message, void *user)
{
    (void)message;
    (void)user;
    return PAM_CONV_ERR;
}

TEST(a_conversation_can_be_made_to_fail)
{
    LOGIN_STACK_AUTO *stack = login_stack_new();
    char *reply = NULL;
    pam_handle_t *pam = login_stack_start(stack, "idq-test", NULL);

    login_stack_answer(stack, "one");
    login_stack_on_message(stack, refuse_to_show, NULL);
    ck_assert_int_eq(pam_prompt(pam, PAM_PROMPT_ECHO_ON, &reply, "first"), PAM_CONV_ERR);
}

TEST_CASE("log");

TEST(what_libpam_and_its_modules_log_is_captured)
{
    LOGIN_STACK_AUTO *stack = login_stack_new();
    size_t n;

    login_stack_service(stack, "idq-test",
                        "auth optional pam_warn.so\nauth required /no/such/module.so\n");
    login_stack_start(stack, "idq-test", "nobody");
    ck_assert_int_ne(login_stack_authenticate(stack, 0), PAM_SUCCESS);

    char *text = syslog_capture_text();
    ck_assert_msg(syslog_capture_count("service=[idq-test]") == 1, "%s", text);
    ck_assert_msg(syslog_capture_count("PAM unable to dlopen(/no/such/module.so)") == 1, "%s",
                  text);
    const struct syslog_line *lines = syslog_capture_lines(&n);
    ck_assert_uint_ge(n, 2);
    ck_assert_int_eq(lines[0].priority, LOG_ERR);
    ck_assert_int_eq(lines[0].facility, LOG_AUTHPRIV);
    syslog_capture_clear();
    ck_assert_uint_eq(syslog_capture_count(""), 0);
}

RUN_TESTS("harness_login_stack", NULL);
