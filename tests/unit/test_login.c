/* SPDX-License-Identifier: BSD-3-Clause */
/* A login against agents that do right and wrong: what is shown, and how it ends. */
#include "pam_idinqr/common/array.h"
#include "pam_idinqr/common/error.h"
#include "tests/harness/agent_user.h"
#include "tests/harness/runner.h"
#include "tests/harness/screen.h"
#include "tests/harness/stack_residue.h"
#include "tests/harness/scratch.h"
#include "tests/unit/fake_agents.h"
#include "tests/unit/login_fixture.h"
#include "tests/unit/memory_search.h"
#include "tests/unit/diag_line.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#define RELAY "[idin-qr]\nrelay = yes" /* a drop-in */

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

TEST_CASE("good", .setup = set_up);

TEST(a_person_is_verified)
{
    char *code;
    SCREEN_AUTO *screen = screen_new(50, 100, 1, SCREEN_DARK_ON_LIGHT);

    ck_assert_int_eq(run("start+qr+state+result"), 0);
    ck_assert_str_eq(diag_line(&fixture.diag), "");
    ck_assert_int_eq(fixture.result.outcome, 0);
    ck_assert_str_eq(fixture.result.subject, "NLTEST0123456789");
    ck_assert_str_eq(fixture.result.issuer, "TESTNL2A");
    ck_assert_str_eq(fixture.result.transaction, "1234567890123456");
    ck_assert_uint_eq(fixture.script.n_shown, 2);
    ck_assert_int_eq(fixture.script.text[0], '\n');
    screen_print(screen, fixture.script.text);
    ck_assert(screen_shows(screen, "  Log in to desk 3 as alice (sudo)\n"));
    ck_assert(screen_shows(screen, "  Scan this code with your phone's camera"));
    ck_assert(screen_shows(screen, "  https://qr.example/abc\n"));
    ck_assert(screen_shows(screen, "  Check on your phone that the link begins with "
                                   "https://qr.example/\n  Waiting for your bank, "));
    ck_assert(screen_shows(screen, "  Scanned. Choose your bank and approve there, "));
    code = screen_qr(screen);
    ck_assert_ptr_nonnull(code);
    ck_assert_str_eq(code, "https://qr.example/abc");
}

TEST(the_identity_may_choose_the_account)
{
    fixture.account = NULL;
    ck_assert_int_eq(run("start+qr+result"), 0);
    ck_assert_ptr_nonnull(strstr(fixture.script.text, "  Log in to desk 3 (sudo)\n"));
}

TEST(the_agent_is_told_what_it_needs)
{
    unsigned timeout_ms = 0;

    ck_assert_int_eq(login_fixture_run(&fixture, "start+echo+qr+result",
                                       "station = desk 3\n"
                                       "timeout = 45\n"
                                       "ca_file = /etc/ca.pem"),
                     0);
    /* The whole line, with what is left of the time in it. */
    ck_assert_int_eq(sscanf(strstr(fixture.log_lines, "timeout="), "timeout=%u", &timeout_ms), 1);
    ck_assert_uint_le(timeout_ms, 45000);
    ck_assert_uint_gt(timeout_ms, 30000);
    ck_assert_ptr_nonnull(
        strstr(fixture.log_lines, "5 provider=idin-qr language=en station=desk 3 timeout="));
    ck_assert_ptr_nonnull(strstr(
        fixture.log_lines, " ca_file=/etc/ca.pem n=14 token=2c3a2f3e-token last=poll_interval\n"));
}

static const struct {
    unsigned rows, columns;
    const char *words, *lines;
    int is_drawn;
} displays[] = {
    {50, 100, "start+qr+result", "display = auto", 1},
    {50, 100, "start+qr+result", "display = url", 0},
    {10, 20, "start+qr+result", "display = auto", 0},
    {10, 20, "start+qr+result", "display = half", 0},
    /* 15 rows with a quiet zone of 2, four of text and the cursor's. A link that is longer than a
     * row takes another. */
    {20, 80, "start+qr+result", "display = auto", 1},
    {19, 80, "start+qr+result", "display = auto", 0},
    {28, 160, "start+qr-long+result", "display = auto", 1},
    {28, 80, "start+qr-long+result", "display = auto", 0},
    {29, 80, "start+qr-long+result", "display = auto", 1},
};

LOOP_TEST(a_drawing_is_shown_where_it_fits, ARRAY_LENGTH(displays))
{
    login_fixture_set_terminal(&fixture, displays[_i].rows, displays[_i].columns);
    ck_assert_int_eq(login_fixture_run(&fixture, displays[_i].words, displays[_i].lines), 0);
    ck_assert_int_eq(strstr(fixture.script.text, "\033[37;97;40m") != NULL, displays[_i].is_drawn);
    ck_assert_int_eq(strstr(fixture.script.text, "your phone:") != NULL, !displays[_i].is_drawn);
    ck_assert_ptr_nonnull(strstr(fixture.script.text, "\n  https://qr.example/"));
}

TEST(a_user_code_is_shown)
{
    ck_assert_int_eq(run("start+qr-user-code+result"), 0);
    ck_assert_ptr_nonnull(strstr(fixture.script.text, "type there: ABCD-EFGH\n"));
}

#define MANY 40

static void
go_on_after_many(void *user, unsigned number)
{
    (void)user;
    if (number == MANY)
        fake_agents_let_through(fixture.agent);
}

static unsigned
count_on(struct screen *screen, const char *words)
{
    unsigned n = 0;

    for (const char *p = screen_text(screen); (p = strstr(p, words)); p++)
        n++;
    return n;
}

static const struct {
    unsigned rows, columns;
    const char *words, *status;
} updates[] = {
    {24, 80, "start+qr+gate+result", "  Waiting for your bank, "},
    {20, 80, "start+qr+gate+result", "  Waiting for your bank, "},
    {24, 80, "start+qr+state+gate+result", "  Scanned. Choose your bank"},
    {24, 80, "start+qr+state+state+state+state+gate+result", "  Scanned. Choose your bank"},
    /* Where the status takes two rows, or changes from one row to two and back. */
    {40, 40, "start+qr+gate+result", "  Waiting for your bank, "},
    {40, 60, "start+qr+state+gate+result", "  Scanned. Choose your bank"},
    /* Where whole words take three rows, and broken ones would take two. */
    {40, 36, "start+qr+state+gate+result", "(Ctrl-C\nstops)"},
};

LOOP_TEST(the_status_stays_in_its_place, ARRAY_LENGTH(updates))
{
    SCREEN_AUTO *screen =
        screen_new((int)updates[_i].rows, (int)updates[_i].columns, 1, SCREEN_DARK_ON_LIGHT);
    char *code;

    login_fixture_set_terminal(&fixture, updates[_i].rows, updates[_i].columns);
    fixture.tick_ms = 10;
    fixture.script.on_show = go_on_after_many;
    ck_assert_int_eq(login_fixture_run(&fixture, updates[_i].words, "station = desk 3"), 0);
    ck_assert_uint_ge(fixture.script.n_shown, MANY);
    ck_assert_ptr_nonnull(strstr(fixture.script.text, "A\r\033[J  "));
    screen_print(screen, fixture.script.text);
    /* Nothing has scrolled away, and nothing is there twice. */
    ck_assert_uint_eq(count_on(screen, "Log in to desk 3 as alice (sudo)"), 1);
    ck_assert_uint_eq(count_on(screen, updates[_i].status), 1);
    ck_assert_uint_eq(count_on(screen, "Waiting") + count_on(screen, "Scanned"), 1);
    code = screen_qr(screen);
    ck_assert_ptr_nonnull(code);
    ck_assert_str_eq(code, "https://qr.example/abc");
}

static void
go_on_after_one(void *user, unsigned number)
{
    (void)user;
    if (number == 1)
        fake_agents_let_through(fixture.agent);
}

/* The agent sends the code only when the person has been told. */
LOOP_TEST(a_code_replaces_the_line_that_says_who_is_contacted, 2)
{
    unsigned columns = _i == 0 ? 80 : 20; /* where the line takes two rows */
    SCREEN_AUTO *screen = screen_new(24, (int)columns, 1, SCREEN_DARK_ON_LIGHT);
    char *code;

    login_fixture_set_terminal(&fixture, 24, columns);
    fixture.contact_ms = 1;
    fixture.script.on_show = go_on_after_one;
    ck_assert_int_eq(run("start+gate+qr+result"), 0);
    ck_assert_uint_eq(fixture.script.n_shown, 2);
    ck_assert_int_eq(
        strncmp(fixture.script.text,
                _i == 0 ? "  Contacting the iDIN service…\n" : "  Contacting the\niDIN service…\n",
                33),
        0);
    screen_print(screen, fixture.script.text);
    ck_assert_uint_eq(count_on(screen, "Contacting"), 0);
    ck_assert_uint_eq(count_on(screen, "service"), 0);
    ck_assert_uint_eq(count_on(screen, "Log in to desk 3"), 1);
    code = screen_qr(screen);
    ck_assert_int_eq(code != NULL, _i == 0);
}

TEST(a_fresh_code_has_not_been_scanned)
{
    login_fixture_set_terminal(&fixture, 50, 100);
    fixture.tick_ms = 10;
    fixture.script.on_show = go_on_after_many;
    ck_assert_int_eq(run("start+qr+state+qr+gate+result"), 0);
    ck_assert_ptr_nonnull(strstr(fixture.script.text, "Scanned."));
    ck_assert_ptr_null(strstr(strrchr(fixture.script.text, '\033'), "Scanned."));
}

TEST(other_terminals_are_told_little)
{
    ck_assert_int_eq(login_fixture_run(&fixture, "start+qr+state+result", "display = url"), 0);
    ck_assert_uint_eq(fixture.script.n_shown, 2);
    ck_assert_ptr_null(strchr(fixture.script.text, '\033'));
}

TEST(a_tick_shows_nothing_where_it_would_scroll)
{
    /* The host's alarm, less what is kept for a goodbye, leaves 2 s: time for the code on a busy
     * machine, and then for many ticks. */
    const struct itimerval alarm = {.it_value.tv_sec = 7};

    fixture.tick_ms = 1;
    ck_assert(signal(SIGALRM, SIG_IGN) != SIG_ERR);
    ck_assert_int_eq(setitimer(ITIMER_REAL, &alarm, NULL), 0);
    ck_assert_int_eq(login_fixture_run(&fixture, "start+qr+wait", "display = url"), IDQ_TIMEOUT);
    ck_assert_uint_eq(fixture.script.n_shown, 1);
}

static const struct {
    const char *words;
    enum application_kind kind;
    int outcome;
    unsigned n_asked;
} questions[] = {
    {"start+qr+ask-3+number+identity", APPLICATION_TERMINAL, 0, 1},
    {"start+qr+state+ask-3+number+ask-2+number+ask-1+number+identity", APPLICATION_TERMINAL, 0, 3},
    {"start+qr+ask-1+number+identity", APPLICATION_TERMINAL, 0, 1},
    {"start+qr+gate+ask-3+number+identity", APPLICATION_PROMPT, 0, 2},
    {"start+qr+ask-3+number+wrong-number", APPLICATION_TERMINAL, IDQ_WRONG_NUMBER, 1},
    /* The protocol, broken: */
    {"start+ask-3+number+identity", APPLICATION_TERMINAL, IDQ_AGENT, 0},
    {"start+qr+ask-0+number+identity", APPLICATION_TERMINAL, IDQ_AGENT, 0},
    {"start+qr+ask-4+number+identity", APPLICATION_TERMINAL, IDQ_AGENT, 0},
    {"start+qr+ask-2+number+ask-2+number+identity", APPLICATION_TERMINAL, IDQ_AGENT, 1},
    {"start+qr+ask-2+number+ask-3+number+identity", APPLICATION_TERMINAL, IDQ_AGENT, 1},
    {"start+qr+ask-1+number+unknown", APPLICATION_TERMINAL, IDQ_AGENT, 1},
    {"start+qr+ask-3+exit7", APPLICATION_TERMINAL, IDQ_AGENT, 1},
};

LOOP_TEST(a_number_is_asked_for, ARRAY_LENGTH(questions))
{
    fixture.script.answer = "123 456";
    fixture.drop_in = RELAY;
    fixture.kind = questions[_i].kind;
    if (fixture.kind == APPLICATION_PROMPT)
        fixture.script.on_ask = go_on_after_one; /* the first prompt is the code */
    ck_assert_int_eq(run(questions[_i].words), questions[_i].outcome);
    ck_assert_uint_eq(fixture.script.n_asked, questions[_i].n_asked);
    ck_assert_int_eq(strstr(fixture.script.text, "Number on your phone: ") != NULL,
                     questions[_i].n_asked > 0);
    ck_assert_int_eq(strstr(fixture.script.text, "  Approved. Type the number") != NULL,
                     questions[_i].n_asked > 0 && questions[_i].kind == APPLICATION_TERMINAL);
}

/* A line that counts the time under the number would say nothing true. */
TEST(no_time_is_counted_below_the_number)
{
    const struct itimerval alarm = {.it_value.tv_sec = 7};
    const char *number;

    login_fixture_set_terminal(&fixture, 24, 80);
    fixture.drop_in = RELAY;
    fixture.script.answer = "123456";
    fixture.tick_ms = 1;
    ck_assert(signal(SIGALRM, SIG_IGN) != SIG_ERR);
    ck_assert_int_eq(setitimer(ITIMER_REAL, &alarm, NULL), 0);
    ck_assert_int_eq(run("start+qr+state+ask-3+number+wait"), IDQ_TIMEOUT);
    number = strstr(fixture.script.text, "Number on your phone: ");
    ck_assert_ptr_nonnull(number);
    ck_assert_str_eq(number, "Number on your phone: \n");
}

TEST(a_window_is_not_asked)
{
    fixture.is_window = true;
    fixture.drop_in = RELAY;
    fixture.script.answer = "123456";
    ck_assert_int_eq(login_fixture_run(&fixture, "start+qr+ask-3+number+result", "display = url"),
                     IDQ_NO_PROMPT);
    ck_assert_uint_eq(fixture.script.n_asked, 0);
}

/* On a terminal that is still there, a prompt without an answer is Ctrl-C. */
LOOP_TEST(a_prompt_without_an_answer, 2)
{
    fixture.drop_in = RELAY;
    if (_i == 1)
        login_fixture_set_terminal(&fixture, 24, 80);
    ck_assert_int_eq(run("start+qr+ask-3+wait"), _i == 1 ? IDQ_CANCELLED : IDQ_CONV);
    ck_assert_uint_eq(fixture.script.n_asked, 1);
}

/* For the record of a login that did not open. */
LOOP_TEST(a_transaction_of_a_failure, 5)
{
    static const struct {
        const char *words, *transaction;
        int outcome;
    } rows[] = {{"start+qr+refused-5678", "5678", IDQ_REFUSED},
                {"start+qr+refused", "", IDQ_REFUSED},
                {"start+qr+ask-3+number+refused-5678", "5678", IDQ_REFUSED},
                {"start+qr+ask-3+number+wrong-number", "1234", IDQ_WRONG_NUMBER},
                {"start+qr+ask-3+number+exit7", "1234", IDQ_AGENT}};

    fixture.script.answer = "123456";
    fixture.drop_in = RELAY;
    ck_assert_int_eq(run(rows[_i].words), rows[_i].outcome);
    ck_assert_str_eq(fixture.result.transaction, rows[_i].transaction);
    ck_assert_str_eq(fixture.result.subject, "");
    ck_assert_str_eq(fixture.result.issuer, "");
}

#define QR5  "qr+qr+qr+qr+qr+"
#define QR20 QR5 QR5 QR5 QR5

/* The configuration says which kind of subject the agent may report. */
LOOP_TEST(a_relay_names_an_identity, 4)
{
    static const struct {
        const char *words, *lines;
        int outcome;
    } rows[] = {{"start+qr+identity", RELAY, 0},
                {"start+qr+result", RELAY, IDQ_NO_SUBJECT},
                {"start+qr+identity-more", RELAY, IDQ_NO_SUBJECT},
                {"start+qr+result", "[idin-qr]\nrelay = no", 0}};

    fixture.drop_in = rows[_i].lines;
    ck_assert_int_eq(run(rows[_i].words), rows[_i].outcome);
}

static const struct {
    const char *words;
    int outcome;
    const char *diag;
    unsigned n_shown;
} ends[] = {
    {"start+qr+refused", IDQ_REFUSED, "", 1},
    {"start+refused", IDQ_REFUSED, "", 0},
    {"start+warn+refused", IDQ_REFUSED, "the backend is slow", 0},
    {"start+qr+warn+note+result", 0, "the backend is slow", 1},
    {"start+qr+transient", IDQ_TRANSIENT, "", 1},
    {"start+qr+bad-subject", IDQ_NO_SUBJECT, "", 1},
    {"start+" QR20 "result", 0, "", 20},
    {"start+qr-1024+result", 0, "", 1}, /* the longest link has a code */
    {"start+qr-1025+result", IDQ_AGENT, "the agent broke the protocol", 0},
    {"start+qr+qr-elsewhere+result", IDQ_HOST, "", 1},
    {"start+qr-elsewhere+result", IDQ_HOST, "", 0},
    /* The protocol, broken: */
    {"start+qr+flood+result", IDQ_AGENT, "the agent broke the protocol", 1},
    {"start+result", IDQ_AGENT, "the agent broke the protocol", 0},
    {"start+state+result", IDQ_AGENT, "the agent broke the protocol", 0},
    {"start+qr+no-subject", IDQ_AGENT, "the agent broke the protocol", 1},
    {"start+qr+result-more", IDQ_AGENT, "the agent broke the protocol", 1},
    {"start+qr+result+result", IDQ_AGENT, "the agent sent more after its result", 1},
    {"start+qr+result+refused", IDQ_AGENT, "the agent sent more after its result", 1},
    {"start+qr+result+note", IDQ_AGENT, "the agent sent more after its result", 1},
    {"start+qr+unknown+result", IDQ_AGENT, "the agent broke the protocol", 1},
    {"start+qr+start-back+result", IDQ_AGENT, "the agent broke the protocol", 1},
    {"start+qr+report", IDQ_AGENT, "the agent broke the protocol", 1}, /* no frame at all */
    {"start+qr-cut+result", IDQ_AGENT, "the agent broke the protocol", 0},
    {"start+" QR20 "qr+result", IDQ_AGENT, "the agent broke the protocol", 20},
    {"start+qr+unknown+hang", IDQ_AGENT, "the agent did not exit by itself", 1},
    {"start+qr+result+hang", 0, "", 1}, /* said all that counts */
    /* Gone before its result: */
    {"start", IDQ_AGENT, "the agent broke the protocol", 0},
    {"start+qr", IDQ_AGENT, "the agent broke the protocol", 1},
    {"start+qr+ask-3+result", IDQ_AGENT, "the agent broke the protocol", 1}, /* without a relay */
    {"start+qr+exit7", IDQ_AGENT, "the agent exited with status 7", 1},
    {"start+qr+warn+exit7", IDQ_AGENT, "the backend is slow", 1},
    {"start+qr+term", IDQ_AGENT, "the agent was killed by signal 15", 1},
    {"exit7", IDQ_AGENT, "the agent exited with status 7", 0},
};

TEST_CASE("bad", .setup = set_up);

LOOP_TEST(every_end_is_told_apart, ARRAY_LENGTH(ends))
{
    ck_assert_int_eq(run(ends[_i].words), ends[_i].outcome);
    ck_assert_str_eq(diag_line(&fixture.diag), ends[_i].diag);
    ck_assert_uint_eq(fixture.script.n_shown, ends[_i].n_shown);
    ck_assert_ptr_null(strstr(fixture.script.text, "qr.example.net"));
}

#define EIGHT_TIMES(text) text text text text text text text text

TEST_CASE("good", .setup = set_up);

/* Out of habit, some type a password at the prompt; it may be in any part of the line. */
TEST(no_answer_stays_on_the_stack, .why_not = stack_residue_why_not())
{
    fixture.kind = APPLICATION_PROMPT;
    fixture.leaves_stack = 1;
    fixture.script.answer = EIGHT_TIMES(EIGHT_TIMES("hunter2"));
    fixture.script.breaks_off = 1;
    ck_assert_int_eq(run("start+qr+wait"), IDQ_CONV);
    ck_assert_uint_eq(stack_residue_count("hunter2", 7), 0);
}

TEST(no_link_stays_on_the_stack, .why_not = stack_residue_why_not())
{
    char link[9] = "";

    fixture.leaves_stack = 1;
    ck_assert_int_eq(run("start+qr-900+result"), 0);
    for (size_t end = 200; end <= 900; end += 50) {
        memcpy(link, strstr(fixture.script.text, "https://") + end - 8, 8);
        ck_assert_uint_eq(stack_residue_count(link, 8), 0);
    }
}

TEST(what_the_agent_notes_goes_to_the_log)
{
    ck_assert_int_eq(run("start+note+qr+warn+result"), 0);
    ck_assert_str_eq(fixture.log_lines, "5 a note\n");
}

TEST_CASE("bad", .setup = set_up);

LOOP_TEST(a_host_that_cannot_show_ends_it, 3, .first = 1)
{
    fixture.script.fail_at = (unsigned)_i;
    ck_assert_int_eq(run("start+qr+state+qr+wait"), IDQ_CONV);
    ck_assert_uint_eq(fixture.script.n_shown, (unsigned)_i);
}

#ifndef SANITIZER /* a sanitizer keeps freed blocks, and maps terabytes of memory */
static void
go_on_at_second(void *user, unsigned number)
{
    (void)user;
    if (number == 2)
        fake_agents_let_through(fixture.agent);
}

TEST_CASE("good", .setup = set_up);

/* A process that finds the link in memory could use the code. */
LOOP_TEST(nothing_of_the_link_stays, 2)
{
    static const char link[] = "https://qr.example/abc";
    /* In a code, after the four bits of a mode and the eight of a length. */
    static const char in_code[] = "\x87\x47\x47\x07\x33\xA2\xF2\xF7\x17\x22\xE6\x57\x86\x16";

    fixture.kind = _i == 0 ? APPLICATION_TERMINAL : APPLICATION_PROMPT;
    fixture.tick_ms = 50;
    fixture.script.answer = "";
    fixture.script.on_ask = go_on_at_second;
    ck_assert_int_eq(run(_i == 0 ? "start+qr+result" : "start+qr+gate+result"), 0);
    ck_assert_ptr_nonnull(strstr(fixture.script.text, link));
    memset(fixture.script.text, 0, sizeof fixture.script.text);
    ck_assert_uint_eq(memory_search(link), 0);
    /* Most is enough: a freed block that was used again has another beginning. */
    ck_assert_uint_eq(memory_search(link + 12), 0);
    ck_assert_uint_eq(memory_search(in_code + 4), 0);
}
#else
TEST(nothing_of_the_link_stays, .why_not = "a sanitizer keeps freed blocks")
{
}
#endif

TEST_CASE("bad", .setup = set_up);

/* The provider with pictures says what is missing; the others do without. */
LOOP_TEST(without_a_picture_reader, 2)
{
    static const char signicat[] =
        "provider = signicat\n[signicat]\nclient_id = desk\nclient_secret = secret\n"
        "callback_url = https://desk.example/\nqr_hosts = qr.example\n";
    char *agent = fake_agents_make("start+qr+result+exit0"), *text, *picture;

    picture = scratch_text("%.*s/idinqr-picture", (int)(strrchr(agent, '/') - agent), agent);
    ck_assert_int_eq(unlink(picture), 0);
    text = scratch_text("agent = %s\n%s", agent, _i == 0 ? "" : signicat);
    fixture.drop_in = text;
    ck_assert_int_eq(run("start+qr+result"), _i == 0 ? IDQ_AGENT : 0);
    if (_i == 0)
        ck_assert_msg(strncmp(diag_line(&fixture.diag), picture, strlen(picture)) == 0 &&
                          strstr(diag_line(&fixture.diag),
                                 " is missing: the provider idin-qr needs it. Install it again"),
                      "%s", diag_line(&fixture.diag));
}

/* Without a list of hosts, a code may lead to the issuer's own host and port alone. */
LOOP_TEST(a_code_of_an_openid_provider_leads_to_its_issuer, 6)
{
    static const struct {
        const char *issuer;
        int outcome;
    } rows[] = {
        {"https://qr.example/realms/desk", 0},    {"https://qr.example:443", 0},
        {"https://qr.example:444/", IDQ_HOST},    {"https://id.qr.example/", IDQ_HOST},
        {"https://qr.example.net/abc", IDQ_HOST}, {"https://id.example/qr.example", IDQ_HOST},
    };
    char *agent = fake_agents_make("start+qr+result+exit0"), *text;

    text = scratch_text("agent = %s\nprovider = oidc-device\n[oidc-device]\n"
                        "issuer = %s\nclient_id = desk\nclient_auth = none\n",
                        agent, rows[_i].issuer);
    fixture.drop_in = text;
    ck_assert_int_eq(run("start+qr+result"), rows[_i].outcome);
    ck_assert_int_eq(strstr(fixture.script.text, "https://qr.example/abc") != NULL,
                     rows[_i].outcome == 0);
}

/* Each is a setting that may be had; together they are more than a frame. */
TEST(settings_that_are_too_long_for_the_wire)
{
    char url[2001], hosts[1001] = "", text[9000];

    memset(url, 'a', sizeof url - 1);
    url[sizeof url - 1] = '\0';
    memcpy(url, "https://h/", 10);
    for (int i = 0; i < 90; i++)
        strcat(hosts, "qr.example ");
    snprintf(text, sizeof text,
             "[idin-qr]\nqr_backend_url = %s\nstatus_url = %s\ncancel_url = %s\n"
             "signing_key = %.1024s\nqr_hosts = %s\n",
             url, url, url, url, hosts);
    fixture.drop_in = text;
    ck_assert_int_eq(run("start+qr+result"), IDQ_CONFIG);
    ck_assert_str_eq(diag_line(&fixture.diag), "the settings are too long for the agent");
    ck_assert_uint_eq(fixture.script.n_shown, 0);
}

RUN_TESTS("login", agent_user_why_not());
