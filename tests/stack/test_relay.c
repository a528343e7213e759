/* SPDX-License-Identifier: BSD-3-Clause */
/* Logs in at a desk of a relay (relay = yes), through the real libpam, module and agent, against
 * the sandbox that plays the relay. Test code: runs as the user who runs the tests. As root, the
 * agent has its own user. */
#include "pam_idinqr/identity/map.h"
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

#define KEY "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\n"

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

/* A desk at which anna is enrolled for alice; the sandbox has one more option, or none. */
static void
begin(struct visitor *visitor, const char *option)
{
    const char *arguments[] = {"--enroll", "alice=anna", option, NULL};

    desk_open(&visitor->desk, arguments);
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

    begin(&visitor, "--relay");
    agent = desk_setting(&visitor.desk, "agent");
    ck_assert_int_eq(
        unlink(scratch_text("%.*s/idinqr-picture", (int)(strrchr(agent, '/') - agent), agent)), 0);
    log = log_in(&visitor, &result);
    ck_assert_msg(result == PAM_SUCCESS, "%s", log);
    ck_assert_int_eq(qr_backend_count(visitor.desk.backend, "picture"), 0);
    end(&visitor);
}

/* The relay's key makes the hashes, and the desk has none. */
TEST(an_identity_needs_no_key)
{
    struct visitor visitor;
    char *log, *map;
    int result;

    begin(&visitor, "--relay");
    ck_assert_int_ne(access(desk_setting(&visitor.desk, "key"), F_OK), 0);
    log = log_in(&visitor, &result);
    ck_assert_msg(result == PAM_SUCCESS, "%s", log);
    map = scratch_read(desk_setting(&visitor.desk, "map"));
    ck_assert_ptr_nonnull(strstr(log, " identity=idin1:"));
    ck_assert_msg(strstr(map, scratch_text("%.50s", strstr(log, "idin1:"))) != NULL, "%s", log);
    end(&visitor);
}

/* The fingerprint is of the relay's key. Another key that is left here makes no difference. */
TEST(a_map_with_the_fingerprint_of_another_key)
{
    struct visitor visitor;
    char *log, *map;
    int result;

    begin(&visitor, "--relay");
    map = desk_setting(&visitor.desk, "map");
    scratch_write(map, 0600,
                  scratch_text("# " MAP_FINGERPRINT " 0123456789abcdef\n%s", scratch_read(map)));
    scratch_write(desk_setting(&visitor.desk, "key"), 0600, "no key\n");
    log = log_in(&visitor, &result);
    ck_assert_msg(result == PAM_SUCCESS, "%s", log);
    end(&visitor);
}

/* What the two ends think of each other must agree. */
LOOP_TEST(the_other_kind_of_backend, 2)
{
    static const struct {
        const char *option, *lines;
    } rows[] = {{"--relay", "relay = no\n"}, {NULL, "relay = yes\n"}};
    struct visitor visitor;
    char *log, *path;
    int result;

    begin(&visitor, rows[_i].option);
    path = scratch_path(qr_backend_dir(visitor.desk.backend), "idinqr.conf.d/relay.conf");
    scratch_write(path, 0644, scratch_text("[idin-qr]\n%s", rows[_i].lines));
    scratch_write(desk_setting(&visitor.desk, "key"), 0600, KEY);
    log = log_in(&visitor, &result);
    ck_assert_int_eq(result, PAM_AUTHINFO_UNAVAIL);
    ck_assert_msg(strstr(log, "outcome=bad-reply") && strstr(log, "generate: HTTP status 400"),
                  "%s", log);
    end(&visitor);
}

RUN_TESTS("relay", agent_user_why_not());
