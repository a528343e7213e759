/* A login against agents that do right and wrong: what is shown, how it ends, and what is left of
 * it. */
#include "pam_idinqr/common/error.h"
#include "pam_idinqr/module/login.h"
#include "tests/harness/runner.h"
#include "tests/harness/scratch.h"
#include "tests/harness/screen.h"
#include "tests/unit/fake_agents.h"
#include "tests/unit/host_state.h"
#include "tests/unit/sample_config.h"
#include "tests/unit/scripted_conversation.h"

#include <fcntl.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <syslog.h>
#include <unistd.h>

static struct scripted_conversation script;
static struct terminal terminal;
static struct result_message result;
static struct problem problem;
static const char *account;
static enum host_kind kind;
static int tick_ms;
static struct wait *kept_wait;
static char *agent;         /* its path */
static int signal_with_log; /* sent to the host with each line for its log; 0: none */
static char log_lines[4096];
static volatile sig_atomic_t n_handled; /* signals, by the host */

static void
set_up(void)
{
    memset(&script, 0, sizeof script);
    /* Large enough for any drawing; no descriptor of it is needed. */
    terminal = (struct terminal){.fd = -1, .rows = 50, .columns = 100};
    account = "alice";
    kind = HOST_TERMINAL;
    tick_ms = 0;
    kept_wait = NULL;
    signal_with_log = 0;
}

static void
note_log(void *context, int priority, const char *line)
{
    size_t used = strlen(log_lines);

    (void)context;
    snprintf(log_lines + used, sizeof log_lines - used, "%d %s\n", priority, line);
    if (signal_with_log != 0)
        ck_assert_int_eq(raise(signal_with_log), 0);
}

/* Runs a login with the agent of these words. */
static int
run_with(const char *words, const char *lines)
{
    char *dir = scratch_dir("login"), *all;
    const struct conversation conversation = scripted_conversation(&script);
    CONFIG_AUTO *config;
    struct host_state before;
    int outcome;

    agent = fake_agents_make(words);
    if (asprintf(&all, "agent = %s\n%s", agent, lines) < 0)
        ck_abort_msg("no memory");
    config = sample_config(dir, all);
    const struct login login = {.config = config,
                                .conversation = &conversation,
                                .terminal = &terminal,
                                .host = kind,
                                .language = LANGUAGE_EN,
                                .service = "sudo",
                                .account = account,
                                .tick_ms = tick_ms,
                                .wait = kept_wait,
                                .log = note_log};
    memset(&result, 0xAA, sizeof result);
    memset(&problem, 0xAA, sizeof problem);
    log_lines[0] = '\0';
    host_state_take(&before);
    outcome = login_run(&login, &result, &problem);
    if (kept_wait && outcome != 0) {
        ck_assert_int_eq(n_handled, 0);
        ck_assert_int_eq(kept_wait->is_held, 1);
    }
    if (kept_wait)
        wait_end(kept_wait);
    host_state_must_be(&before);
    if (outcome != 0) {
        static const struct result_message wiped;
        ck_assert_msg(memcmp(&result, &wiped, sizeof wiped) == 0, "%s leaves a result", words);
    }
    free(all);
    free(agent);
    free(dir);
    return outcome;
}

static int
run(const char *words)
{
    return run_with(words, "station = desk 3\ndisplay = half");
}

START_TEST(a_person_is_verified)
{
    char *code;
    SCREEN_AUTO *screen = screen_new(50, 100, 1, SCREEN_DARK_ON_LIGHT);

    ck_assert_int_eq(run("start+qr+state+result"), 0);
    ck_assert_str_eq(problem.text, "");
    ck_assert_int_eq(result.outcome, 0);
    ck_assert_str_eq(result.subject, "NLTEST0123456789");
    ck_assert_str_eq(result.issuer, "TESTNL2A");
    ck_assert_str_eq(result.transaction, "1234567890123456");
    ck_assert_uint_eq(script.n_shown, 2);
    ck_assert_int_eq(script.text[0], '\n');
    screen_print(screen, script.text);
    ck_assert(screen_shows(screen, "  Log in to desk 3 as alice (sudo)\n"));
    ck_assert(screen_shows(screen, "  Scan this code with your phone's camera"));
    ck_assert(screen_shows(screen, "  https://qr.example/abc\n"));
    ck_assert(screen_shows(screen, "  Check on your phone that the link begins with "
                                   "https://qr.example/\n  Waiting for your bank, "));
    ck_assert(screen_shows(screen, "  Scanned. Choose your bank and approve there, "));
    code = screen_qr(screen);
    ck_assert_ptr_nonnull(code);
    ck_assert_str_eq(code, "https://qr.example/abc");
    free(code);
}
END_TEST

START_TEST(the_identity_may_choose_the_account)
{
    account = NULL;
    ck_assert_int_eq(run("start+qr+result"), 0);
    ck_assert_ptr_nonnull(strstr(script.text, "  Log in to desk 3 (sudo)\n"));
}
END_TEST

START_TEST(the_agent_is_told_what_it_needs)
{
    unsigned timeout_ms = 0;

    ck_assert_int_eq(run_with("start+echo+qr+result", "station = desk 3\n"
                                                      "timeout = 45\n"
                                                      "ca_file = /etc/ca.pem"),
                     0);
    /* The whole line, with what is left of the time in it. */
    ck_assert_int_eq(sscanf(strstr(log_lines, "timeout="), "timeout=%u", &timeout_ms), 1);
    ck_assert_uint_le(timeout_ms, 45000);
    ck_assert_uint_gt(timeout_ms, 30000);
    ck_assert_ptr_nonnull(
        strstr(log_lines, "5 provider=idin-qr language=en station=desk 3 timeout="));
    ck_assert_ptr_nonnull(
        strstr(log_lines, " ca_file=/etc/ca.pem n=11 token=2c3a2f3e-token last=poll_interval\n"));
}
END_TEST

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
    {24, 160, "start+qr-long+result", "display = auto", 1},
    {24, 80, "start+qr-long+result", "display = auto", 0},
    {25, 80, "start+qr-long+result", "display = auto", 1},
};

/* A terminal that can do everything, with a descriptor that does not hang up. */
static void
set_terminal(unsigned rows, unsigned columns)
{
    terminal = (struct terminal){.fd = open("/dev/null", O_RDWR | O_CLOEXEC),
                                 .rows = rows,
                                 .columns = columns,
                                 .is_utf8 = 1,
                                 .has_half_blocks = 1,
                                 .has_colours = 1,
                                 .takes_escapes = 1};
}

START_TEST(a_drawing_is_shown_where_it_fits)
{
    set_terminal(displays[_i].rows, displays[_i].columns);
    ck_assert_int_eq(run_with(displays[_i].words, displays[_i].lines), 0);
    ck_assert_int_eq(strstr(script.text, "\033[97;40m") != NULL, displays[_i].is_drawn);
    ck_assert_int_eq(strstr(script.text, "pen this link on your phone:") != NULL,
                     !displays[_i].is_drawn);
    ck_assert_ptr_nonnull(strstr(script.text, "\n  https://qr.example/"));
}
END_TEST

#define MANY 40

static void
go_on_after_many(void *user, unsigned number)
{
    (void)user;
    if (number == MANY)
        fake_agents_let_through(agent);
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
};

START_TEST(the_status_stays_in_its_place)
{
    SCREEN_AUTO *screen =
        screen_new((int)updates[_i].rows, (int)updates[_i].columns, 1, SCREEN_DARK_ON_LIGHT);
    char *code;

    set_terminal(updates[_i].rows, updates[_i].columns);
    tick_ms = 1;
    script.on_show = go_on_after_many;
    ck_assert_int_eq(run_with(updates[_i].words, "station = desk 3"), 0);
    ck_assert_uint_ge(script.n_shown, MANY);
    ck_assert_ptr_nonnull(strstr(script.text, "A\r\033[J  "));
    screen_print(screen, script.text);
    /* Nothing has scrolled away, and nothing is there twice. */
    ck_assert_uint_eq(count_on(screen, "Log in to desk 3 as alice (sudo)"), 1);
    ck_assert_uint_eq(count_on(screen, updates[_i].status), 1);
    ck_assert_uint_eq(count_on(screen, "Waiting") + count_on(screen, "Scanned"), 1);
    code = screen_qr(screen);
    ck_assert_ptr_nonnull(code);
    ck_assert_str_eq(code, "https://qr.example/abc");
    free(code);
}
END_TEST

START_TEST(a_fresh_code_has_not_been_scanned)
{
    set_terminal(50, 100);
    tick_ms = 1;
    script.on_show = go_on_after_many;
    ck_assert_int_eq(run("start+qr+state+qr+gate+result"), 0);
    ck_assert_ptr_nonnull(strstr(script.text, "Scanned."));
    ck_assert_ptr_null(strstr(strrchr(script.text, '\033'), "Scanned."));
}
END_TEST

START_TEST(other_terminals_are_told_little)
{
    ck_assert_int_eq(run_with("start+qr+state+result", "display = url"), 0);
    ck_assert_uint_eq(script.n_shown, 2);
    ck_assert_ptr_null(strchr(script.text, '\033'));
}
END_TEST

START_TEST(a_tick_shows_nothing_where_it_would_scroll)
{
    /* The host's alarm leaves time for many. */
    const struct itimerval alarm = {.it_value = {.tv_sec = 5, .tv_usec = 50000}};

    tick_ms = 1;
    ck_assert(signal(SIGALRM, SIG_IGN) != SIG_ERR);
    ck_assert_int_eq(setitimer(ITIMER_REAL, &alarm, NULL), 0);
    ck_assert_int_eq(run_with("start+qr+wait", "display = url"), IDQ_TIMEOUT);
    ck_assert_uint_eq(script.n_shown, 1);
}
END_TEST

static void
go_on_at_third(void *user, unsigned number)
{
    (void)user;
    if (number == 3)
        fake_agents_let_through(agent);
}

START_TEST(a_code_may_ride_in_a_prompt)
{
    SCREEN_AUTO *screen = screen_new(50, 100, 1, SCREEN_LIGHT_ON_DARK);
    char *code, *first, *second;

    kind = HOST_PROMPT;
    tick_ms = 1;
    script.answer = "";
    script.on_ask = go_on_at_third;
    ck_assert_int_eq(run_with("start+qr+state+gate+result", "station = desk 3"), 0);
    ck_assert_str_eq(result.subject, "NLTEST0123456789");
    /* Nothing is shown without a prompt: it would not be seen in time. */
    ck_assert_uint_eq(script.n_shown, 0);
    ck_assert_uint_ge(script.n_asked, 3); /* more, when the agent takes its time */
    ck_assert_int_eq(strncmp(script.text, "\n  Log in to desk 3 as alice (sudo)\n", 35), 0);
    ck_assert_ptr_null(strchr(script.text, '\033'));
    first = strstr(script.text, "\n  Approve at your bank, then press Enter (");
    ck_assert_ptr_nonnull(first);
    second = strstr(first, "\nNot approved yet, ");
    ck_assert_ptr_nonnull(second);
    ck_assert_ptr_nonnull(strstr(second + 1, "\nNot approved yet, "));
    screen_print(screen, script.text);
    code = screen_qr(screen);
    ck_assert_ptr_nonnull(code);
    ck_assert_str_eq(code, "https://qr.example/abc");
    free(code);
}
END_TEST

START_TEST(a_prompt_may_be_inverted)
{
    SCREEN_AUTO *screen = screen_new(50, 100, 1, SCREEN_DARK_ON_LIGHT);
    char *code;

    kind = HOST_PROMPT;
    tick_ms = 1;
    script.answer = "a password, out of habit";
    script.on_ask = go_on_at_third;
    ck_assert_int_eq(run_with("start+qr+gate+result", "invert = yes"), 0);
    screen_print(screen, script.text);
    code = screen_qr(screen);
    ck_assert_ptr_nonnull(code);
    free(code);
}
END_TEST

/* sshd gives 120 seconds for everything; what somebody has set counts as it is. */
static const struct {
    enum host_kind kind;
    const char *lines;
    unsigned most_ms;
} times[] = {
    {HOST_TERMINAL, "", 120000},
    {HOST_PROMPT, "", 100000},
    {HOST_PROMPT, "timeout = 120", 120000},
    {HOST_PROMPT, "timeout = 30", 30000},
};

START_TEST(a_prompts_time_is_less)
{
    unsigned timeout_ms = 0;

    kind = times[_i].kind;
    script.answer = "";
    ck_assert_int_eq(run_with("start+echo+qr+result", times[_i].lines), 0);
    ck_assert_int_eq(sscanf(strstr(log_lines, "timeout="), "timeout=%u", &timeout_ms), 1);
    ck_assert_uint_le(timeout_ms, times[_i].most_ms);
    ck_assert_uint_gt(timeout_ms, times[_i].most_ms - 10000);
}
END_TEST

#define QR5  "qr+qr+qr+qr+qr+"
#define QR20 QR5 QR5 QR5 QR5

static const struct {
    const char *words;
    int outcome;
    const char *problem;
    unsigned n_shown;
} ends[] = {
    {"start+qr+refused", IDQ_REFUSED, "", 1},
    {"start+refused", IDQ_REFUSED, "", 0},
    {"start+warn+refused", IDQ_REFUSED, "the backend is slow", 0},
    {"start+qr+warn+note+result", 0, "the backend is slow", 1},
    {"start+qr+transient", IDQ_TRANSIENT, "", 1},
    {"start+qr+bad-subject", IDQ_NO_SUBJECT, "", 1},
    {"start+" QR20 "result", 0, "", 20},
    {"start+qr+qr-elsewhere+result", IDQ_HOST, "", 1},
    {"start+qr-elsewhere+result", IDQ_HOST, "", 0},
    /* The protocol, broken: */
    {"start+qr+flood+result", IDQ_AGENT, "the agent broke the protocol", 1},
    {"start+result", IDQ_AGENT, "the agent broke the protocol", 0},
    {"start+state+result", IDQ_AGENT, "the agent broke the protocol", 0},
    {"start+qr+no-subject", IDQ_AGENT, "the agent broke the protocol", 1},
    {"start+qr+result-more", IDQ_AGENT, "the agent broke the protocol", 1},
    {"start+qr+result+result", IDQ_AGENT, "the agent went on after its result", 1},
    {"start+qr+result+refused", IDQ_AGENT, "the agent went on after its result", 1},
    {"start+qr+result+note", IDQ_AGENT, "the agent went on after its result", 1},
    {"start+qr+unknown+result", IDQ_AGENT, "the agent broke the protocol", 1},
    {"start+qr+start-back+result", IDQ_AGENT, "the agent broke the protocol", 1},
    {"start+qr+report", IDQ_AGENT, "the agent broke the protocol", 1}, /* no frame at all */
    {"start+qr-cut+result", IDQ_AGENT, "the agent broke the protocol", 0},
    {"start+" QR20 "qr+result", IDQ_AGENT, "the agent broke the protocol", 20},
    {"start+qr+unknown+hang", IDQ_AGENT, "the agent did not end by itself", 1},
    {"start+qr+result+hang", 0, "", 1}, /* said all that counts */
    /* Gone before its result: */
    {"start", IDQ_AGENT, "the agent broke the protocol", 0},
    {"start+qr", IDQ_AGENT, "the agent broke the protocol", 1},
    {"start+qr+exit7", IDQ_AGENT, "the agent ended with exit code 7", 1},
    {"start+qr+warn+exit7", IDQ_AGENT, "the backend is slow", 1},
    {"start+qr+term", IDQ_AGENT, "the agent was killed by signal 15", 1},
    {"exit7", IDQ_AGENT, "the agent ended with exit code 7", 0},
};

START_TEST(every_end_is_told_apart)
{
    ck_assert_int_eq(run(ends[_i].words), ends[_i].outcome);
    ck_assert_str_eq(problem.text, ends[_i].problem);
    ck_assert_uint_eq(script.n_shown, ends[_i].n_shown);
    ck_assert_ptr_null(strstr(script.text, "qr.example.net"));
}
END_TEST

START_TEST(what_the_agent_notes_goes_to_the_log)
{
    ck_assert_int_eq(run("start+note+qr+warn+result"), 0);
    ck_assert_str_eq(log_lines, "5 a note\n");
}
END_TEST

START_TEST(a_host_that_cannot_show_ends_it)
{
    script.fail_at = (unsigned)_i;
    ck_assert_int_eq(run("start+qr+state+qr+wait"), IDQ_CONV);
    ck_assert_uint_eq(script.n_shown, (unsigned)_i);
}
END_TEST

START_TEST(a_host_that_cannot_ask_ends_it)
{
    kind = HOST_PROMPT;
    ck_assert_int_eq(run("start+qr+wait"), IDQ_CONV);
    ck_assert_uint_eq(script.n_asked, 1);
    ck_assert_uint_eq(script.n_shown, 0);
}
END_TEST

static void
count(int number)
{
    (void)number;
    n_handled++;
}

static void
send_signal(void *user, unsigned number)
{
    ck_assert_uint_eq(number, 1);
    ck_assert_int_eq(kill(getpid(), *(const int *)user), 0);
}

static const struct {
    int number, outcome, is_handed_back;
} signals[] = {
    {SIGINT, IDQ_CANCELLED, 0},
    {SIGQUIT, IDQ_CANCELLED, 0},
    {SIGTERM, IDQ_CANCELLED, 1},
    {SIGHUP, IDQ_HANGUP, 1},
};

START_TEST(a_signal_while_the_code_is_shown)
{
    int number = signals[_i].number;

    script.on_show = send_signal;
    script.user = &number;
    ck_assert(signal(number, count) != SIG_ERR);
    /* Also when everything else has come by then. */
    ck_assert_int_eq(run("start+qr+state+result"), signals[_i].outcome);
    ck_assert_int_eq(n_handled, signals[_i].is_handed_back);
    ck_assert_uint_eq(script.n_shown, 1);
}
END_TEST

static struct host_state before_prompt;

static void
send_signal_in_prompt(void *user, unsigned number)
{
    struct host_state now;

    host_state_take(&now);
    ck_assert_int_eq(memcmp(&now.mask, &before_prompt.mask, sizeof now.mask), 0);
    ck_assert_int_eq(raise(*(const int *)user), 0);
    ck_assert_uint_eq((unsigned)n_handled, number);
    if (number == 2)
        fake_agents_let_through(agent);
}

/* A host knows what a signal in its own prompt means. */
START_TEST(a_signal_in_a_prompt_is_the_hosts)
{
    int number = signals[_i].number;

    kind = HOST_PROMPT;
    tick_ms = 1;
    script.answer = "";
    script.on_ask = send_signal_in_prompt;
    script.user = &number;
    ck_assert(signal(number, count) != SIG_ERR);
    host_state_take(&before_prompt);
    ck_assert_int_eq(run("start+qr+gate+result"), 0);
    ck_assert_uint_ge(script.n_asked, 2);
    ck_assert_uint_eq((unsigned)n_handled, script.n_asked);
}
END_TEST

static void
go_on_at_once(void *user, unsigned number)
{
    (void)user;
    if (number == 1)
        fake_agents_let_through(agent);
}

START_TEST(a_signal_after_a_prompt_ends_it)
{
    kind = HOST_PROMPT;
    tick_ms = 1;
    script.answer = "";
    script.on_ask = go_on_at_once;
    signal_with_log = signals[_i].number;
    ck_assert(signal(signal_with_log, count) != SIG_ERR);
    ck_assert_int_eq(run("start+qr+gate+note+wait"), signals[_i].outcome);
    ck_assert_int_eq(n_handled, signals[_i].is_handed_back);
}
END_TEST

START_TEST(a_signal_may_wait_for_the_log)
{
    int number = signals[_i].number;
    struct wait kept = {0};

    script.on_show = send_signal;
    script.user = &number;
    kept_wait = &kept;
    ck_assert(signal(number, count) != SIG_ERR);
    ck_assert_int_eq(run("start+qr+wait"), signals[_i].outcome);
    ck_assert_int_eq(n_handled, signals[_i].is_handed_back);
}
END_TEST

START_TEST(a_signal_ends_an_agent_that_hangs_too)
{
    int number = SIGINT;

    script.on_show = send_signal;
    script.user = &number;
    ck_assert_int_eq(run("start+qr+hang"), IDQ_CANCELLED);
    ck_assert_str_eq(problem.text, "");
}
END_TEST

static void
hang_up(void *user, unsigned number)
{
    ck_assert_uint_eq(number, 1);
    /* Its number stays taken, so that the descriptors can be counted afterwards. */
    ck_assert_int_ge(dup2(0, *(const int *)user), 0);
}

START_TEST(a_terminal_that_hangs_up)
{
    int master;

    ck_assert_int_eq(openpty(&master, &terminal.fd, NULL, NULL, NULL), 0);
    script.on_show = hang_up;
    script.user = &master;
    ck_assert_int_eq(run("start+qr+wait"), IDQ_HANGUP);
}
END_TEST

START_TEST(the_hosts_time_runs_out)
{
    /* Login's own alarm, less what is kept for a goodbye, leaves 50 ms. */
    const struct itimerval alarm = {.it_value = {.tv_sec = 5, .tv_usec = 50000}};

    ck_assert(signal(SIGALRM, SIG_IGN) != SIG_ERR);
    ck_assert_int_eq(setitimer(ITIMER_REAL, &alarm, NULL), 0);
    ck_assert_int_eq(run("start+qr+wait"), IDQ_TIMEOUT);
}
END_TEST

START_TEST(a_station_has_a_name)
{
    char *dir = scratch_dir("login"), station[64], host[65] = "", *dot;
    CONFIG_AUTO *named = sample_config(dir, "station = Balie 3");
    CONFIG_AUTO *unnamed = sample_config(dir, "");

    login_station(named, station, sizeof station);
    ck_assert_str_eq(station, "Balie 3");
    login_station(named, station, 4);
    ck_assert_str_eq(station, "Bal");
    ck_assert_int_eq(gethostname(host, sizeof host - 1), 0);
    dot = strchr(host, '.');
    if (dot)
        *dot = '\0';
    login_station(unnamed, station, sizeof station);
    ck_assert_str_eq(station, host);
    free(dir);
}
END_TEST

static Suite *
login_suite(void)
{
    Suite *suite = suite_create("login");
    TCase *good = tcase_create("good"), *bad = tcase_create("bad"), *left = tcase_create("left");

    tcase_add_checked_fixture(good, set_up, NULL);
    tcase_add_test(good, a_person_is_verified);
    tcase_add_test(good, the_identity_may_choose_the_account);
    tcase_add_test(good, the_agent_is_told_what_it_needs);
    tcase_add_loop_test(good, a_drawing_is_shown_where_it_fits, 0,
                        (int)(sizeof displays / sizeof displays[0]));
    tcase_add_loop_test(good, the_status_stays_in_its_place, 0,
                        (int)(sizeof updates / sizeof updates[0]));
    tcase_add_test(good, a_fresh_code_has_not_been_scanned);
    tcase_add_test(good, other_terminals_are_told_little);
    tcase_add_test(good, a_tick_shows_nothing_where_it_would_scroll);
    tcase_add_test(good, a_code_may_ride_in_a_prompt);
    tcase_add_test(good, a_prompt_may_be_inverted);
    tcase_add_loop_test(good, a_prompts_time_is_less, 0, (int)(sizeof times / sizeof times[0]));
    tcase_add_test(good, what_the_agent_notes_goes_to_the_log);
    tcase_add_test(good, a_station_has_a_name);
    tcase_add_checked_fixture(bad, set_up, NULL);
    tcase_add_loop_test(bad, every_end_is_told_apart, 0, (int)(sizeof ends / sizeof ends[0]));
    tcase_add_loop_test(bad, a_host_that_cannot_show_ends_it, 1, 4);
    tcase_add_test(bad, a_host_that_cannot_ask_ends_it);
    tcase_add_checked_fixture(left, set_up, NULL);
    tcase_add_loop_test(left, a_signal_while_the_code_is_shown, 0,
                        (int)(sizeof signals / sizeof signals[0]));
    tcase_add_loop_test(left, a_signal_in_a_prompt_is_the_hosts, 0,
                        (int)(sizeof signals / sizeof signals[0]));
    tcase_add_loop_test(left, a_signal_after_a_prompt_ends_it, 0,
                        (int)(sizeof signals / sizeof signals[0]));
    tcase_add_loop_test(left, a_signal_may_wait_for_the_log, 0,
                        (int)(sizeof signals / sizeof signals[0]));
    tcase_add_test(left, a_signal_ends_an_agent_that_hangs_too);
    tcase_add_test(left, a_terminal_that_hangs_up);
    tcase_add_test(left, the_hosts_time_runs_out);
    suite_add_tcase(suite, good);
    suite_add_tcase(suite, bad);
    suite_add_tcase(suite, left);
    return suite;
}

int
main(int argc, char **argv)
{
    return runner_main(argc, argv, "login", login_suite, NULL);
}
