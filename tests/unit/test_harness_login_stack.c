/* SPDX-License-Identifier: BSD-3-Clause */
/* The harness's private PAM stack, with modules of Linux-PAM, and its capture of what they log.
 * Runs as whoever runs the tests, root or not. */
#include "tests/harness/login_stack.h"
#include "tests/harness/runner.h"
#include "tests/harness/scratch.h"
#include "tests/harness/screen.h"
#include "tests/harness/syslog_capture.h"

#include <security/pam_ext.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

static const char *const opened = "auth required pam_permit.so\n";
static const char *const closed = "auth required pam_deny.so\n";

/* pam_ftp asks, says nothing else, and accepts an e-mail address; pam_echo shows a file's text. */
static const char *const asks = "auth required pam_ftp.so ignore\n";

TEST_CASE("stack");

TEST(permit_opens_and_deny_refuses)
{
    LOGIN_STACK_AUTO *open_stack = login_stack_new();
    LOGIN_STACK_AUTO *closed_stack = login_stack_new();

    login_stack_service(open_stack, "idq-test", opened);
    login_stack_start(open_stack, "idq-test", "nobody");
    ck_assert_int_eq(login_stack_authenticate(open_stack, 0), PAM_SUCCESS);
    ck_assert_str_eq(login_stack_user(open_stack), "nobody");

    login_stack_service(closed_stack, "idq-test", closed);
    login_stack_start(closed_stack, "idq-test", "nobody");
    ck_assert_int_eq(login_stack_authenticate(closed_stack, 0), PAM_AUTH_ERR);
}

TEST(a_service_that_is_not_there_is_refused)
{
    LOGIN_STACK_AUTO *stack = login_stack_new();

    /* There is a service of this name on every machine; ours is not that one. */
    login_stack_start(stack, "login", "nobody");
    ck_assert_int_eq(login_stack_authenticate(stack, 0), PAM_AUTH_ERR);
}

TEST(prompts_are_answered_in_turn_and_every_message_is_kept)
{
    LOGIN_STACK_AUTO *stack = login_stack_new();
    size_t n;

    login_stack_service(stack, "idq-test", asks);
    login_stack_answer(stack, "ftp");
    login_stack_answer(stack, "a@b.example");
    login_stack_start(stack, "idq-test", NULL);
    ck_assert_ptr_null(login_stack_user(stack));
    ck_assert_int_eq(login_stack_authenticate(stack, 0), PAM_SUCCESS);
    ck_assert_str_eq(login_stack_user(stack), "ftp");
    const struct login_message *messages = login_stack_messages(stack, &n);
    ck_assert_uint_eq(n, 2);
    ck_assert_int_eq(messages[0].style, PAM_PROMPT_ECHO_ON);
    ck_assert_str_eq(messages[0].text, "login:");
    ck_assert_int_eq(messages[1].style, PAM_PROMPT_ECHO_OFF);
    ck_assert_uint_eq(messages[1].number, 1);
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

/* A message of many KB, such as a code: pam_echo reads its text from a file and shows it whole. */
#define LONG_LINES 200
#define LONG_LINE  "0123456789012345678901234567890123456789012345678█\n"

static int
draw_on_screen(const struct login_message *message, void *screen)
{
    screen_print(screen, message->text);
    return PAM_SUCCESS;
}

TEST(a_long_message_arrives_whole_and_can_be_drawn)
{
    LOGIN_STACK_AUTO *stack = login_stack_new();
    SCREEN_AUTO *screen = screen_new(25, 80, 1, SCREEN_LIGHT_ON_DARK);
    const size_t size = LONG_LINES * strlen(LONG_LINE);
    char *path = scratch_path(login_stack_dir(stack), "long.txt"), *text = calloc(1, size + 1);
    char service[4400];
    size_t n;

    for (int i = 0; i < LONG_LINES; i++)
        memcpy(text + (size_t)i * strlen(LONG_LINE), LONG_LINE, strlen(LONG_LINE));
    scratch_write(path, 0644, text);
    snprintf(service, sizeof service, "auth optional pam_echo.so file=%s\n%s", path, opened);
    login_stack_service(stack, "idq-test", service);
    login_stack_on_message(stack, draw_on_screen, screen);
    login_stack_start(stack, "idq-test", "nobody");
    ck_assert_int_eq(login_stack_authenticate(stack, 0), PAM_SUCCESS);

    const struct login_message *messages = login_stack_messages(stack, &n);
    ck_assert_uint_eq(n, 1);
    ck_assert_int_eq(messages[0].style, PAM_TEXT_INFO);
    /* pam_echo itself leaves the last "\n" out. */
    ck_assert_uint_eq(strlen(messages[0].text), size - 1);
    ck_assert_mem_eq(messages[0].text, text, size - 1);
    ck_assert_int_eq(screen_shows(screen, "45678█\n0123"), 1);
    free(text);
    free(path);
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
    free(text);
    const struct syslog_line *lines = syslog_capture_lines(&n);
    ck_assert_uint_ge(n, 2);
    ck_assert_int_eq(lines[0].priority, LOG_ERR);
    ck_assert_int_eq(lines[0].facility, LOG_AUTHPRIV);
    syslog_capture_clear();
    ck_assert_uint_eq(syslog_capture_count(""), 0);
}

TEST(the_program_s_own_lines_are_captured)
{
    size_t n;

    openlog("test", 0, LOG_DAEMON);
    syslog(LOG_WARNING, "number %d", 7);
    const struct syslog_line *lines = syslog_capture_lines(&n);
    ck_assert_uint_eq(n, 1);
    ck_assert_str_eq(lines[0].text, "number 7");
    ck_assert_int_eq(lines[0].priority, LOG_WARNING);
    ck_assert_int_eq(lines[0].facility, LOG_DAEMON);
    syslog_capture_clear();
}

RUN_TESTS("harness_login_stack", NULL);
