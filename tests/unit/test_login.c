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
static char log_lines[4096];

static void
set_up(void)
{
    memset(&script, 0, sizeof script);
    /* Large enough for any drawing; no descriptor of it is needed. */
    terminal = (struct terminal){-1, 50, 100, 1};
    account = "alice";
}

static void
note_log(void *context, int priority, const char *line)
{
    size_t used = strlen(log_lines);

    (void)context;
    snprintf(log_lines + used, sizeof log_lines - used, "%d %s\n", priority, line);
}

/* Runs a login with the agent of these words. */
static int
run_with(const char *words, const char *lines)
{
    char *dir = scratch_dir("login"), *agent = fake_agents_make(words), *all;
    const struct conversation conversation = scripted_conversation(&script);
    CONFIG_AUTO *config;
    struct host_state before;
    int outcome;

    if (asprintf(&all, "agent = %s\n%s", agent, lines) < 0)
        ck_abort_msg("no memory");
    config = sample_config(dir, all);
    const struct login login = {.config = config,
                                .conversation = &conversation,
                                .terminal = &terminal,
                                .language = LANGUAGE_EN,
                                .service = "sudo",
                                .account = account,
                                .log = note_log};
    memset(&result, 0xAA, sizeof result);
    memset(&problem, 0xAA, sizeof problem);
    log_lines[0] = '\0';
    host_state_take(&before);
    outcome = login_run(&login, &result, &problem);
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
    ck_assert(screen_shows(screen, "  Scanned. Choose your bank and approve there."));
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
    {10, 20, "start+qr+result", "display = half", 1},
    /* 22 rows with a quiet zone of 2 and the text. A link that is longer than a row takes another.
     */
    {22, 80, "start+qr+result", "display = auto", 1},
    {26, 160, "start+qr-long+result", "display = auto", 1},
    {26, 80, "start+qr-long+result", "display = auto", 0},
    {27, 80, "start+qr-long+result", "display = auto", 1},
};

START_TEST(a_drawing_is_shown_where_it_fits)
{
    terminal.fd = open("/dev/null", O_RDWR | O_CLOEXEC); /* anything that does not hang up */
    terminal.rows = displays[_i].rows;
    terminal.columns = displays[_i].columns;
    ck_assert_int_eq(run_with(displays[_i].words, displays[_i].lines), 0);
    ck_assert_int_eq(strstr(script.text, "\033[") != NULL, displays[_i].is_drawn);
    ck_assert_int_eq(strstr(script.text, "Open this link on your phone:") != NULL,
                     !displays[_i].is_drawn);
    ck_assert_ptr_nonnull(strstr(script.text, "\n  https://qr.example/"));
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

static volatile sig_atomic_t n_handled;

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
    tcase_add_test(good, what_the_agent_notes_goes_to_the_log);
    tcase_add_test(good, a_station_has_a_name);
    tcase_add_checked_fixture(bad, set_up, NULL);
    tcase_add_loop_test(bad, every_end_is_told_apart, 0, (int)(sizeof ends / sizeof ends[0]));
    tcase_add_loop_test(bad, a_host_that_cannot_show_ends_it, 1, 4);
    tcase_add_checked_fixture(left, set_up, NULL);
    tcase_add_loop_test(left, a_signal_while_the_code_is_shown, 0,
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
