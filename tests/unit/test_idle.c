/* SPDX-License-Identifier: BSD-3-Clause */
/* The idle screen: what ends it, and as what; that nothing which was typed is left for the host,
 * and the host is as it was. On a pseudo-terminal; needs no rights. */
#include "pam_idinqr/login/conversation.h"
#include "pam_idinqr/common/error.h"
#include "tests/harness/runner.h"
#include "tests/unit/host_state.h"
#include "tests/unit/login_fixture.h"

#include <dlfcn.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static int master;
static struct terminal terminal;
static struct scripted_conversation script;

static void
set_up(void)
{
    terminal_none(&terminal);
    ck_assert_int_eq(openpty(&master, &terminal.fd, NULL, NULL, NULL), 0);
    memset(&script, 0, sizeof script);
}

static int
idle(long limit_ms)
{
    const struct conversation conversation = scripted_conversation(&script);

    return idle_wait(&terminal, &conversation, &text_idin_voices[LANGUAGE_EN], "desk 3", limit_ms);
}

static int
idle_and_look(long limit_ms)
{
    struct host_state before;
    int result;

    host_state_take(&before);
    result = idle(limit_ms);
    host_state_must_be(&before);
    return result;
}

/* For script.on_show: types on the terminal, like a person who has arrived. */
static void
type(void *keys, unsigned number)
{
    const char *text = keys;

    (void)number;
    ck_assert_int_eq(write(master, text, strlen(text)), (ssize_t)strlen(text));
}

TEST_CASE("idle", .setup = set_up);

LOOP_TEST(a_line_of_whatever_says_that_somebody_is_there, 3)
{
    static char enter[] = "\r", command[] = "root `id`\r", end[] = "\004";
    char *const keys[] = {enter, command, end};

    script.on_show = type;
    script.user = keys[_i];
    ck_assert_int_eq(idle_and_look(IDLE_FOR_EVER), 0);
    ck_assert_str_eq(script.text, "\n  Log in to desk 3: press Enter for a code.\n");
    ck_assert_uint_eq(script.n_asked, 0);
}

LOOP_TEST(a_signal_ends_it, LOGIN_FIXTURE_SIGNALS)
{
    const struct login_fixture_signal *sent = &login_fixture_signals[_i];
    int number = sent->number;

    login_fixture_handle(number);
    script.on_show = login_fixture_send_signal;
    script.user = &number;
    ck_assert_int_eq(idle_and_look(IDLE_FOR_EVER), sent->outcome);
    ck_assert_uint_eq(login_fixture_handled(), sent->is_handed_back ? 1 : 0);
}

static void
hang_up(void *user, unsigned number)
{
    (void)user;
    (void)number;
    close(master);
}

TEST(a_terminal_that_hangs_up)
{
    script.on_show = hang_up;
    ck_assert_int_eq(idle(IDLE_FOR_EVER), IDQ_HANGUP);
}

TEST(a_limit_is_one_although_nobody_comes)
{
    ck_assert_int_eq(idle_and_look(1), 0);
    ck_assert_uint_eq(script.n_shown, 1);
}

#define SLICE_MS (60 * 60 * 1000)

static int n_empty_hours; /* that the next polls let pass, all at once */
static long n_hours_ahead;

/* Both in libc's place: an hour in which nothing is typed. Check has a clock of another kind. */
int
clock_gettime(clockid_t clock, struct timespec *ret_now)
{
    int result = (int)syscall(SYS_clock_gettime, clock, ret_now);

    if (clock == CLOCK_BOOTTIME)
        ret_now->tv_sec += n_hours_ahead * 60 * 60;
    return result;
}

int
poll(struct pollfd *fds, nfds_t n, int timeout_ms)
{
    static char enter[] = "\r";
    int (*libcs)(struct pollfd *, nfds_t, int);

    if (n_empty_hours > 0 && timeout_ms > SLICE_MS / 2) {
        n_hours_ahead++;
        if (--n_empty_hours == 0)
            type(enter, 0);
        return 0;
    }
    *(void **)&libcs = dlsym(RTLD_NEXT, "poll");
    return libcs(fds, n, timeout_ms);
}

TEST(a_night_is_no_limit)
{
    n_empty_hours = 12;
    ck_assert_int_eq(idle_and_look(IDLE_FOR_EVER), 0);
    ck_assert_int_eq(n_empty_hours, 0);
}

TEST(what_cannot_be_shown_is_not_waited_for)
{
    script.fail_at = 1;
    ck_assert_int_eq(idle_and_look(IDLE_FOR_EVER), IDQ_CONV);
}

TEST(a_host_out_of_descriptors)
{
    struct rlimit limit, whole;
    int next = dup(0), result;

    ck_assert_int_ge(next, 0);
    close(next);
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &whole), 0);
    limit = whole;
    limit.rlim_cur = (rlim_t)next;
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
    result = idle_and_look(IDLE_FOR_EVER);
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &whole), 0); /* a sanitizer's last look needs some */
    ck_assert_int_eq(result, IDQ_SYSTEM);
    ck_assert_uint_eq(script.n_shown, 0);
}

static volatile sig_atomic_t n_alarms;

static void
come(int number)
{
    (void)number;
    n_alarms++;
    (void)!write(master, "\r", 1);
}

/* login's alarm is near when a desk has been idle for long, and is not what ends the wait. */
TEST(the_hosts_alarm_is_not_looked_at)
{
    const struct itimerval alarm = {.it_value = {.tv_usec = 100000}};

    ck_assert(signal(SIGALRM, come) != SIG_ERR);
    ck_assert_int_eq(setitimer(ITIMER_REAL, &alarm, NULL), 0);
    ck_assert_int_eq(idle(IDLE_FOR_EVER), 0);
    ck_assert_int_eq(n_alarms, 1);
}

static int
n_typed(void)
{
    int n;

    ck_assert_int_eq(ioctl(terminal.fd, FIONREAD, &n), 0);
    return n;
}

/* What came before there was a screen is gone by now; what comes now is dropped in the end. */
static void
type_when_empty(void *keys, unsigned number)
{
    ck_assert_int_eq(n_typed(), 0);
    type(keys, number);
}

TEST(nothing_is_left_for_the_host)
{
    static char command[] = "rm -rf /\r";
    struct pollfd typed = {.fd = terminal.fd, .events = POLLIN};
    pid_t session = check_fork();

    /* Check has made this process the leader of a group, and such a one cannot start a session. */
    if (session != 0)
        check_waitpid_and_exit(session);
    ck_assert_int_eq(prctl(PR_SET_PDEATHSIG, SIGKILL),
                     0); /* Check's own does not reach a session */
    ck_assert_int_gt(setsid(), 0);
    ck_assert_int_eq(ioctl(terminal.fd, TIOCSCTTY, 0), 0);
    type(command, 0);
    ck_assert_int_eq(poll(&typed, 1, -1), 1);
    script.on_show = type_when_empty;
    script.user = command;
    ck_assert_int_eq(idle(IDLE_FOR_EVER), 0);
    ck_assert_int_eq(n_typed(), 0);
}

RUN_TESTS("idle", NULL);
