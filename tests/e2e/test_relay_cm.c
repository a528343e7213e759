/* SPDX-License-Identifier: BSD-3-Clause */
/* The real relay at an API of CM.com that was written in another language, from CM.com's public
 * documentation; and a client of the same kind at the sandbox's. Neither shares code with ours. */
#include "pam_idinqr/common/array.h"
#include "tests/harness/child.h"
#include "tests/harness/deadline.h"
#include "tests/harness/memory.h"
#include "tests/harness/oidc_provider.h"
#include "tests/harness/relay_caller.h"
#include "tests/harness/relay_login.h"
#include "tests/harness/runner.h"
#include "tests/harness/scratch.h"

#include <poll.h>
#include <stdlib.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define TOKEN    "3c01abeb-b031-4fea-9f2d-c55c283cd78e"
#define ASK_MS   60000
#define AGAIN_MS 20
#define STOP_MS  60000

static struct oidc_provider cm;
static const char *why_not_root; /* set by why_skip */

static void
end(void)
{
    relay_login_end();
    oidc_provider_stop(&cm);
}

TEST_CASE("relay", .teardown = end, .timeout_s = 120);

static void
begin(const char *token)
{
    oidc_provider_start(&cm, "cm");
    relay_login_begin(&(struct relay_options){
        .cm = scratch_text("url = %s/idin/v1.0\nmerchant_token = %s", cm.issuer, token),
        .ca_file = cm.ca_file});
}

/* From the code to the links of the bank. */
static void
go_to_bank(void)
{
    relay_wait_sql("SELECT 1 FROM directory");
    ck_assert_msg(phone_open(relay_phone, relay_code.link) == 200, "%s",
                  phone_problem(relay_phone));
    relay_page_must_say("Rabobank");
    ck_assert_int_eq(phone_choose(relay_phone, "ING Bank"), 0);
    ck_assert_int_eq(phone_press(relay_phone, NULL), 200);
    ck_assert_int_eq(phone_follow(relay_phone, "Continue"), 200);
}

/* The server has refused nothing, and was asked so often for a status. */
static void
server_must_report(int n_wrong, int n_statuses)
{
    PHONE_AUTO *phone = phone_new(cm.ca_file, NULL);

    ck_assert_int_eq(phone_open(phone, scratch_text("%s/test/report", cm.issuer)), 200);
    ck_assert_msg(strstr(phone_text(phone),
                         scratch_text("wrong %d, statuses %d.", n_wrong, n_statuses)) != NULL,
                  "%s\n%s", phone_text(phone), scratch_read(scratch_path(cm.dir, "provider.log")));
}

static void
log_must_not_leak(void)
{
    static const char *const secrets[] = {TOKEN, "NLINGB", "Dijk", "idin1:", "Amsterdam"};
    char *log = relay_server_log(relay_here);

    for (size_t i = 0; i < ARRAY_LENGTH(secrets); i++)
        ck_assert_msg(!strstr(log, secrets[i]), "%s in:\n%s", secrets[i], log);
}

static const struct {
    const char *link;
    long http;
    const char *page, *desk;
} ends[] = {
    {"Simulate success", 200, "Type this number", "number 3"},
    {"Simulate cancelled", 410, "Stopped", "cancelled"},
    {"Simulate failure", 410, "Your bank could not complete this", "failure"},
    {"Simulate expired", 410, "expired", "expired"},
    {"Simulate open", 409, "choose another bank", "open"},
    {"Simulate late", 410, "Your bank could not complete this", "failure"},
};

/* The status is asked once. */
LOOP_TEST(each_status, ARRAY_LENGTH(ends))
{
    char number[7];

    begin(TOKEN);
    go_to_bank();
    relay_status_must_be("pending");
    server_must_report(0, 0);
    ck_assert_msg(phone_follow(relay_phone, ends[_i].link) == ends[_i].http, "%ld %s\n%s",
                  phone_status(relay_phone), phone_text(relay_phone), relay_server_log(relay_here));
    relay_page_must_say(ends[_i].page);
    relay_status_must_be(ends[_i].desk);
    if (ends[_i].http == 200) {
        ck_assert_int_eq(phone_number(relay_phone, number), 0);
        relay_must_succeed(number);
    }
    server_must_report(0, 1);
    log_must_not_leak();
}

/* How often the relay's memory has a text. */
static size_t
count_in_memory(const char *text)
{
    pid_t pid = relay_server_pid(relay_here);
    siginfo_t stopped;
    size_t n;

    ck_assert_int_eq(kill(pid, SIGSTOP), 0);
    ck_assert_int_eq(waitid(P_PID, (id_t)pid, &stopped, WSTOPPED), 0);
    n = memory_count(pid, text, strlen(text));
    ck_assert_int_eq(kill(pid, SIGCONT), 0);
    return n;
}

/* The answer had an identity, and parts of a person that no one had asked for. The token is in the
 * configuration alone. Ends of texts, as the heap writes over the begin of freed memory. */
TEST(memory_after_a_login, .why_not = why_not_root)
{
    char number[7];

    begin(TOKEN);
    go_to_bank();
    ck_assert_int_eq(phone_follow(relay_phone, "Simulate success"), 200);
    ck_assert_int_eq(phone_number(relay_phone, number), 0);
    ck_assert_uint_eq(count_in_memory("e4tqjvdaj0"), 0);
    ck_assert_uint_eq(count_in_memory("Dijklaan"), 0);
    ck_assert_uint_eq(count_in_memory(TOKEN + 24), 1);
    relay_must_succeed(number);
}

/* It is asked again for nothing. */
TEST(a_reload)
{
    char number[7], again[7];

    begin(TOKEN);
    go_to_bank();
    ck_assert_int_eq(phone_follow(relay_phone, "Simulate success"), 200);
    ck_assert_int_eq(phone_number(relay_phone, number), 0);
    ck_assert_int_eq(phone_follow(relay_phone, "Nederlands"), 200);
    ck_assert_int_eq(phone_number(relay_phone, again), 0);
    ck_assert_str_eq(again, number);
    server_must_report(0, 1);
}

/* After `open`, the same code starts another transaction. */
TEST(a_second_bank)
{
    char number[7];

    begin(TOKEN);
    go_to_bank();
    ck_assert_int_eq(phone_follow(relay_phone, "Simulate open"), 409);
    go_to_bank();
    ck_assert_int_eq(phone_follow(relay_phone, "Simulate success"), 200);
    ck_assert_int_eq(phone_number(relay_phone, number), 0);
    relay_must_succeed(number);
    server_must_report(0, 2);
}

static int
check(char **ret_said)
{
    return relay_server_command(relay_here, (const char *const[]){"check", NULL}, ret_said);
}

TEST(the_check)
{
    char *said;

    begin(TOKEN);
    ck_assert_msg(check(&said) == 0, "%s", said);
    server_must_report(0, 0);
}

/* The list of banks needs it, so there is no bank to choose. */
TEST(another_token)
{
    static const char wrong[] = "3c01abeb-b031-4fea-9f2d-000000000000";
    struct deadline deadline = deadline_in(ASK_MS);
    char *said;

    begin(wrong);
    while (!strstr(relay_server_log(relay_here), "directory: ")) {
        ck_assert_int_gt(deadline_left(deadline, 1), 0);
        poll(NULL, 0, AGAIN_MS);
    }
    relay_log_must_say("HTTP status 403");
    ck_assert_int_eq(phone_open(relay_phone, relay_code.link), 503);
    ck_assert_int_eq(check(&said), 2);
    ck_assert_msg(strstr(said, "the answer is HTTP 403, as for a wrong merchant_token") != NULL &&
                      strstr(said, "[upstream]") != NULL && !strstr(said, wrong),
                  "%s", said);
    ck_assert_ptr_null(strstr(relay_server_log(relay_here), wrong));
}

TEST_CASE("client", .teardown = end, .timeout_s = 120);

TEST(of_the_sandbox)
{
    char line[100] = "", *log = scratch_path(scratch_dir("client"), "log");
    struct child *client;

    relay_login_begin(&(struct relay_options){
        .cm = "", .sandbox = (const char *const[]){"--auto", "anna", NULL}});
    const char *const argv[] = {"node",
                                SOURCE_DIR "/tests/e2e/oidc-provider/cm.mjs",
                                "client",
                                relay_server_ca_file(relay_here),
                                relay_caller_setting("[cm] url"),
                                relay_caller_setting("[cm] merchant_token"),
                                NULL};
    client = child_start(argv, log);
    ck_assert_msg(child_read_line(client, line, sizeof line, ASK_MS) && strcmp(line, "ok") == 0,
                  "%s", scratch_read(log));
    (void)child_stop(&client, STOP_MS);
}

static const char *
why_skip(void)
{
    why_not_root = geteuid() == 0 ? NULL : "the relay's memory needs root";
    return system("command -v node >/dev/null") == 0 ? NULL : "there is no node";
}

RUN_TESTS("relay_cm", why_skip());
