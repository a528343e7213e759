/* SPDX-License-Identifier: BSD-3-Clause */
/* Every verdict through the real libpam, the real module and agent, and a real sandbox over TLS,
 * without any rights: what PAM returns, what the person reads, and the one line in the log. */
#include "pam_idinqr/common/array.h"
#include "tests/harness/agent_user.h"
#include "tests/harness/desk.h"
#include "tests/harness/login_stack.h"
#include "tests/harness/phone.h"
#include "tests/harness/runner.h"
#include "tests/harness/scratch.h"
#include "tests/harness/syslog_capture.h"
#include "tests/harness/verdicts.h"

#include <stdio.h>
#include <string.h>

struct bystander {
    struct desk *desk;
    const struct verdict *verdict;
};

/* The phone acts as soon as the code is shown. */
static int
scan(const struct login_message *message, void *user)
{
    const struct bystander *bystander = user;
    PHONE_AUTO *phone = NULL;
    char *link;

    if (bystander->verdict->phone == PHONE_AWAY || !strstr(message->text, "Scan this code"))
        return PAM_SUCCESS;
    link = desk_scan(message->text);
    ck_assert_msg(strstr(message->text, link) != NULL, "the link under the code is not %s", link);
    phone = phone_new(qr_backend_ca_file(bystander->desk->backend), "en");
    switch (bystander->verdict->phone) {
    case PHONE_APPROVES:
        ck_assert_msg(phone_approve(phone, link, bystander->verdict->person) == 200, "%s",
                      phone_problem(phone));
        break;
    case PHONE_REFUSES:
        ck_assert_msg(phone_refuse(phone, link, bystander->verdict->person) == 200, "%s",
                      phone_problem(phone));
        break;
    default:
        ck_assert_int_gt(phone_open(phone, link), 0);
    }
    return PAM_SUCCESS;
}

static void
log_in(struct desk *desk, const struct verdict *verdict)
{
    LOGIN_STACK_AUTO *stack = login_stack_new();
    struct bystander bystander = {desk, verdict};
    char *service, *shown, *log, outcome[80];
    size_t n_lines;
    int result;

    service = scratch_text("auth required %s\n", desk->module_line);
    login_stack_service(stack, "desk", service);
    login_stack_on_message(stack, scan, &bystander);
    pam_handle_t *pamh = login_stack_start(stack, "desk", "alice");
    ck_assert_int_eq(pam_set_item(pamh, PAM_TTY, "none"), PAM_SUCCESS);
    syslog_capture_clear();
    result = login_stack_authenticate(stack, PAM_SILENT);
    shown = login_stack_text(stack);
    log = syslog_capture_text();
    ck_assert_msg(result == verdict->pam_code, "%s: PAM returned %d, not %d\n%s\n%s", verdict->name,
                  result, verdict->pam_code, shown, log);
    ck_assert_msg(strstr(shown, verdict->sentence) != NULL, "%s: not said:\n%s", verdict->name,
                  shown);
    syslog_capture_lines(&n_lines);
    ck_assert_msg(n_lines == 1, "%s: %zu lines in the log:\n%s", verdict->name, n_lines, log);
    snprintf(outcome, sizeof outcome, "outcome=%s session=", verdict->outcome);
    ck_assert_msg(strstr(log, outcome) &&
                      strstr(log, " service=desk account=alice provider=idin-qr duration="),
                  "%s: %s", verdict->name, log);
    desk_must_not_leak(desk, log);
    desk_must_not_leak(desk, shown);
    ck_assert_msg(!strstr(log, "https://") && !strstr(log, "/q/"), "a URL: %s", log);
    ck_assert_str_eq(login_stack_user(stack), "alice");
}

TEST_CASE("verdicts", .timeout_s = 60);

LOOP_TEST(test_verdict, verdict_count())
{
    const struct verdict *verdict = verdict_at((size_t)_i);
    const char *arguments[] = {
        "--enroll",     "alice=anna", "--enroll", "bob=bram", verdict->fault ? "--fault" : NULL,
        verdict->fault, NULL};
    DESK_AUTO desk;

    desk_open(&desk, arguments);
    log_in(&desk, verdict);
}

/* Of the merchant's server a desk has the public key alone. */
static const struct {
    const char *desk_key; /* NULL: the right one, which the sandbox wrote */
    struct verdict verdict;
} public_keys[] = {
    {NULL,
     {"public-key", NULL, PHONE_APPROVES, "anna", PAM_SUCCESS, "Welcome, alice.", "verified"}},
    {NULL,
     {"public-key-wrong-signature", "status-signature-wrong", PHONE_OPENS, NULL, PAM_AUTH_ERR,
      "An answer was not signed by the iDIN service", "bad-signature"}},
    {"11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=",
     {"another-public-key", NULL, PHONE_AWAY, NULL, PAM_AUTH_ERR,
      "An answer was not signed by the iDIN service", "bad-signature"}},
};

static void
set_signing_key(const struct desk *desk, const char *key)
{
    char *path = scratch_path(qr_backend_dir(desk->backend), "idinqr.conf.d/key.conf"), *text;

    text = scratch_text("[idin-qr]\nsigning_key = %s\n", key);
    scratch_write(path, 0600, text);
}

LOOP_TEST(public_key, ARRAY_LENGTH(public_keys))
{
    const struct verdict *verdict = &public_keys[_i].verdict;
    const char *arguments[] = {"--public-key", "--enroll",
                               "alice=anna",   verdict->fault ? "--fault" : NULL,
                               verdict->fault, NULL};
    DESK_AUTO desk;

    desk_open(&desk, arguments);
    if (public_keys[_i].desk_key)
        set_signing_key(&desk, public_keys[_i].desk_key);
    log_in(&desk, verdict);
}

RUN_TESTS("verdicts", agent_user_why_not());
