/* SPDX-License-Identifier: BSD-3-Clause */
/* A login in a host that shows messages only together with a prompt: the code rides in one. */
#include "pam_idinqr/common/array.h"
#include "pam_idinqr/common/error.h"
#include "tests/harness/agent_user.h"
#include "tests/harness/runner.h"
#include "tests/harness/screen.h"
#include "tests/unit/fake_agents.h"
#include "tests/unit/host_state.h"
#include "tests/unit/login_fixture.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

static struct login_fixture fixture;

static void
set_up(void)
{
    login_fixture_begin(&fixture);
}

static int
run(const char *words)
{
    return login_fixture_run(&fixture, words, "station = desk 3\ndisplay = half");
}

static void
go_on_at_third(void *user, unsigned number)
{
    (void)user;
    if (number == 3)
        fake_agents_let_through(fixture.agent);
}

TEST_CASE("asked", .setup = set_up);

TEST(a_code_may_ride_in_a_prompt)
{
    SCREEN_AUTO *screen = screen_new(50, 100, 1, SCREEN_LIGHT_ON_DARK);
    char *code, *first, *second;

    fixture.kind = APPLICATION_PROMPT;
    fixture.tick_ms = 50;
    fixture.script.answer = "";
    fixture.script.on_ask = go_on_at_third;
    ck_assert_int_eq(login_fixture_run(&fixture, "start+qr+state+gate+result", "station = desk 3"),
                     0);
    ck_assert_str_eq(fixture.result.subject, "NLTEST0123456789");
    /* Nothing is shown without a prompt: it would not be seen in time. */
    ck_assert_uint_eq(fixture.script.n_shown, 0);
    ck_assert_uint_ge(fixture.script.n_asked, 3); /* more, when the agent takes its time */
    ck_assert_int_eq(strncmp(fixture.script.text, "\n  Log in to desk 3 as alice (sudo)\n", 35), 0);
    ck_assert_ptr_null(strchr(fixture.script.text, '\033'));
    first = strstr(fixture.script.text, "\n  Approve at your bank, then press Enter (");
    ck_assert_ptr_nonnull(first);
    second = strstr(first, "\nNot approved yet, ");
    ck_assert_ptr_nonnull(second);
    ck_assert_ptr_nonnull(strstr(second + 1, "\nNot approved yet, "));
    screen_print(screen, fixture.script.text);
    code = screen_qr(screen);
    ck_assert_ptr_nonnull(code);
    ck_assert_str_eq(code, "https://qr.example/abc");
}

TEST(a_prompt_may_be_inverted)
{
    SCREEN_AUTO *screen = screen_new(50, 100, 1, SCREEN_DARK_ON_LIGHT);
    char *code;

    fixture.kind = APPLICATION_PROMPT;
    fixture.tick_ms = 50;
    fixture.script.answer = "a password, out of habit";
    fixture.script.on_ask = go_on_at_third;
    ck_assert_int_eq(login_fixture_run(&fixture, "start+qr+gate+result", "invert = yes"), 0);
    screen_print(screen, fixture.script.text);
    code = screen_qr(screen);
    ck_assert_ptr_nonnull(code);
}

/* sshd allows 120 seconds for the whole login, so a prompt has only 100 by default. A configured
 * timeout is used unchanged. */
static const struct {
    enum application_kind kind;
    const char *lines;
    unsigned most_ms;
} times[] = {
    {APPLICATION_TERMINAL, "", 120000},
    {APPLICATION_PROMPT, "", 100000},
    {APPLICATION_PROMPT, "timeout = 120", 120000},
    {APPLICATION_PROMPT, "timeout = 30", 30000},
};

LOOP_TEST(a_prompts_time_is_less, ARRAY_LENGTH(times))
{
    unsigned timeout_ms = 0;

    fixture.kind = times[_i].kind;
    fixture.script.answer = "";
    ck_assert_int_eq(login_fixture_run(&fixture, "start+echo+qr+result", times[_i].lines), 0);
    ck_assert_int_eq(sscanf(strstr(fixture.log_lines, "timeout="), "timeout=%u", &timeout_ms), 1);
    ck_assert_uint_le(timeout_ms, times[_i].most_ms);
    ck_assert_uint_gt(timeout_ms, times[_i].most_ms - 10000);
}

TEST(a_host_that_cannot_ask_ends_it)
{
    fixture.kind = APPLICATION_PROMPT;
    ck_assert_int_eq(run("start+qr+wait"), IDQ_CONV);
    ck_assert_uint_eq(fixture.script.n_asked, 1);
    ck_assert_uint_eq(fixture.script.n_shown, 0);
}

/* Lets the second code come after the second question, and the result after that code. */
static void
go_on_with_fresh_code(void *user, unsigned number)
{
    int *is_fresh = user;

    if (number == 2)
        fake_agents_let_through(fixture.agent);
    if (!*is_fresh && strstr(fixture.script.text, "qr.example/0123456789")) {
        *is_fresh = 1;
        fake_agents_let_through(fixture.agent);
    }
}

/* One that replaces an expired code, with all of its words. */
TEST(a_fresh_code_is_asked_with)
{
    int is_fresh = 0;
    const char *link;

    fixture.kind = APPLICATION_PROMPT;
    fixture.tick_ms = 1000; /* what is asked until the code comes is remembered, and has to fit */
    fixture.script.answer = "";
    fixture.script.on_ask = go_on_with_fresh_code;
    fixture.script.user = &is_fresh;
    ck_assert_int_eq(run("start+qr+gate+qr-long+gate+result"), 0);
    link = strstr(fixture.script.text, "\n  https://qr.example/0123456789");
    ck_assert_msg(link != NULL, "%s", fixture.script.text);
    ck_assert_ptr_nonnull(strstr(link, "\n  Approve at your bank, then press Enter ("));
}

static struct host_state before_prompt;

static void
send_signal_in_prompt(void *user, unsigned number)
{
    struct host_state now;

    host_state_take(&now);
    ck_assert_int_eq(memcmp(&now.mask, &before_prompt.mask, sizeof now.mask), 0);
    ck_assert_int_eq(raise(*(const int *)user), 0);
    ck_assert_uint_eq(login_fixture_handled(), number);
    if (number == 2)
        fake_agents_let_through(fixture.agent);
}

TEST_CASE("signals", .setup = set_up);

/* A host knows what a signal in its own prompt means. */
LOOP_TEST(a_signal_in_a_prompt_is_the_hosts, LOGIN_FIXTURE_SIGNALS)
{
    int number = login_fixture_signals[_i].number;

    fixture.kind = APPLICATION_PROMPT;
    fixture.tick_ms = 50;
    fixture.script.answer = "";
    fixture.script.on_ask = send_signal_in_prompt;
    fixture.script.user = &number;
    login_fixture_handle(number);
    host_state_take(&before_prompt);
    ck_assert_int_eq(run("start+qr+gate+result"), 0);
    ck_assert_uint_ge(fixture.script.n_asked, 2);
    ck_assert_uint_eq(login_fixture_handled(), fixture.script.n_asked);
}

static void
go_on_at_once(void *user, unsigned number)
{
    (void)user;
    if (number == 1)
        fake_agents_let_through(fixture.agent);
}

LOOP_TEST(a_signal_after_a_prompt_ends_it, LOGIN_FIXTURE_SIGNALS)
{
    fixture.kind = APPLICATION_PROMPT;
    fixture.tick_ms = 50;
    fixture.script.answer = "";
    fixture.script.on_ask = go_on_at_once;
    fixture.signal_with_log = login_fixture_signals[_i].number;
    login_fixture_handle(fixture.signal_with_log);
    ck_assert_int_eq(run("start+qr+gate+note+wait"), login_fixture_signals[_i].outcome);
    ck_assert_uint_eq(login_fixture_handled(), (unsigned)login_fixture_signals[_i].is_handed_back);
}

RUN_TESTS("login_prompt", agent_user_why_not());
