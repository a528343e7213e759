/* SPDX-License-Identifier: BSD-3-Clause */
/* Tries each attempt of jail_attempts.c inside the jail of each process. The jail refuses it, and
 * if the filter kills the fetch process, the log names the system call. Only the fetch process may
 * connect to the backend or make a pair of streams. --table prints a line for each attempt. Runs as
 * the user who runs the tests, preferably as root. */
#include "pam_idinqr/jail/landlock.h"
#include "tests/harness/runner.h"
#include "tests/harness/scratch.h"
#include "tests/unit/jail_attempts.h"
#include "tests/unit/jail_confederate.h"
#include "tests/unit/jail_trial.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static struct jail_world world;
static struct fetch_setup setup;

static unsigned
listen_locally(void)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof at;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0); /* open as long as the test */

    ck_assert_int_eq(bind(listener, (struct sockaddr *)&at, size), 0);
    ck_assert_int_eq(listen(listener, 5), 0);
    ck_assert_int_eq(getsockname(listener, (struct sockaddr *)&at, &size), 0);
    return ntohs(at.sin_port);
}

static void
set_up(void)
{
    char *dir = scratch_dir("jail"), *file = scratch_path(dir, "file"),
         *confederate = scratch_path(dir, "confederate");

    scratch_write(file, 0666, "nothing of interest");
    ck_assert_int_eq(chmod(dir, 01777), 0);
    jail_confederate_begin(confederate);
    /* All live as long as the test's process. */
    world = (struct jail_world){.file = file,
                                .directory = dir,
                                .confederate = confederate,
                                .parent = getpid(),
                                .port = listen_locally(),
                                .other_port = listen_locally()};
    setup = (struct fetch_setup){.n_ports = 1, .ports = {world.port}};
}

static int
try(struct wire *wire, const void *argument)
{
    const struct jail_attempt *attempt = argument;

    (void)wire;
    return attempt->try(&world);
}

/* 1 when all is as it must be; what was seen in a few words. */
static int
attempt_inside(enum jail_depth depth, const struct jail_attempt *attempt, char *ret_text,
               size_t size)
{
    struct jail_trial trial;
    char named[100];

    jail_trial_run(depth, &setup, try, attempt, &trial);
    if (trial.result < 0)
        snprintf(ret_text, size, "ended%s", trial.line[0] ? ", named" : "");
    else
        snprintf(ret_text, size, "%s", trial.result == 0 ? "allowed" : strerror(trial.result));
    if (depth != JAIL_NARROW)
        return trial.result > 0 || trial.signal == SIGSYS;
    if (!attempt->call)
        return trial.result == attempt->error && trial.line[0] == '\0';
    snprintf(named, sizeof named, "system call %s (", attempt->call);
    return trial.signal == SIGSYS &&
           (attempt->call[0] ? strstr(trial.line, named) != NULL : trial.line[0] == '\0');
}

/* What it takes for an attempt to mean something; NULL, or why it is not made. */
static const char *
why_not(const struct jail_attempt *attempt)
{
    return attempt->needs_abi > landlock_abi() ? "this kernel's Landlock has no rule for it" : NULL;
}

static int
means_something(int i)
{
    return why_not(jail_attempt_at((size_t)i)) == NULL;
}

static int
is_tried(int i)
{
    const struct jail_attempt *attempt = jail_attempt_at((size_t)i);

    if (why_not(attempt))
        runner_skip(attempt->name, why_not(attempt));
    return why_not(attempt) == NULL;
}

static int
works_outside(int i)
{
    return jail_attempt_at((size_t)i)->works_outside;
}

TEST_CASE("attempts", .setup = set_up);

LOOP_TEST(inside, jail_attempt_count(), .has_row = is_tried)
{
    const struct jail_attempt *attempt = jail_attempt_at((size_t)_i);
    char seen[600];

    ck_assert_msg(attempt_inside(JAIL_NARROW, attempt, seen, sizeof seen), "%s: %s", attempt->name,
                  seen);
}

LOOP_TEST(inside_the_others, jail_attempt_count(), .has_row = means_something)
{
    const struct jail_attempt *attempt = jail_attempt_at((size_t)_i);
    char seen[600];

    ck_assert_msg(attempt_inside(JAIL_IN_AGENT, attempt, seen, sizeof seen), "agent, %s: %s",
                  attempt->name, seen);
    ck_assert_msg(attempt_inside(JAIL_IN_PICTURE, attempt, seen, sizeof seen),
                  "picture reader, %s: %s", attempt->name, seen);
}

TEST_CASE("controls", .setup = set_up);

/* The same without a jail: what works here, the jail alone refuses. */
LOOP_TEST(outside, jail_attempt_count(), .has_row = works_outside)
{
    const struct jail_attempt *attempt = jail_attempt_at((size_t)_i);
    struct jail_trial trial;

    jail_trial_run(JAIL_OUTSIDE, &setup, try, attempt, &trial);
    ck_assert_msg(trial.result == 0, "%s: %s", attempt->name,
                  trial.result > 0 ? strerror(trial.result) : "ended by a signal");
}

/* For --table: the harness speaks only to Check. */
START_TEST(table)
{
    int n_wrong = 0;

    printf("%-44s %-26s %-26s %-26s\n", "attempt", "fetch process", "agent", "picture reader");
    for (size_t i = 0; i < jail_attempt_count(); i++) {
        const struct jail_attempt *attempt = jail_attempt_at(i);
        static const enum jail_depth jails[] = {JAIL_NARROW, JAIL_IN_AGENT, JAIL_IN_PICTURE};
        char seen[3][600] = {"", "", ""};
        int is_right = 1;
        if (why_not(attempt))
            snprintf(seen[0], sizeof seen[0], "not tried, as %s", why_not(attempt));
        for (size_t j = 0; !why_not(attempt) && j < 3; j++)
            is_right &= attempt_inside(jails[j], attempt, seen[j], sizeof seen[j]);
        n_wrong += !is_right;
        printf("%-44s %-26s %-26s %-26s%s\n", attempt->name, seen[0], seen[1], seen[2],
               is_right ? "" : "<- NOT AS IT MUST BE");
    }
    printf("%zu attempts, %d not as they must be\n", jail_attempt_count(), n_wrong);
    ck_assert_int_eq(n_wrong, 0);
}

int
main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "--table") == 0) {
        if (!jail_trial_why_not())
            return runner_print(table, set_up);
        puts(jail_trial_why_not());
        return 0;
    }
    return runner_main(argc, argv, "jail_attempts", jail_trial_why_not);
}
