/* The jail, entered in a child: as another user where the tests run as root, else as whoever runs
 * them. Each question is asked of the kernel, not of the code. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* setresuid, O_TMPFILE */
#endif
#include "pam_idinqr/agent/jail.h"
#include "pam_idinqr/common/error.h"
#include "tests/harness/runner.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define NOBODY 65534

/* Check runs each test in a child of its own: what is given up here is given up for one test. */
static void
drop_root(void)
{
    if (geteuid() == 0)
        ck_assert_int_eq(setresuid(NOBODY, NOBODY, NOBODY), 0);
}

START_TEST(what_is_given_up)
{
    struct rlimit limit;
    int file;

    drop_root();
    file = open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    ck_assert_int_ge(file, 0);
    ck_assert_int_eq(setenv("https_proxy", "http://evil.example", 1), 0);
    ck_assert_int_eq(jail_enter(), 0);
    ck_assert_int_eq(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), 1);
    ck_assert_int_eq(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0), 0);
    ck_assert_ptr_null(getenv("https_proxy"));
    ck_assert_int_eq(getrlimit(RLIMIT_CORE, &limit), 0);
    ck_assert_uint_eq(limit.rlim_max, 0);
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
    ck_assert_uint_le(limit.rlim_cur, 64);
    /* An error, and the process lives to see it. */
    ck_assert_int_eq(write(file, "x", 1), -1);
    ck_assert_int_eq(errno, EFBIG);
    close(file);
}
END_TEST

START_TEST(a_limit_that_is_lower_already_stays)
{
    struct rlimit limit = {.rlim_cur = 20, .rlim_max = 20};

    drop_root();
    ck_assert_int_eq(setrlimit(RLIMIT_CPU, &limit), 0);
    ck_assert_int_eq(jail_enter(), 0);
    ck_assert_int_eq(getrlimit(RLIMIT_CPU, &limit), 0);
    ck_assert_uint_eq(limit.rlim_max, 20);
}
END_TEST

START_TEST(root_is_refused_in_every_disguise)
{
    static const uid_t ids[][3] = {{0, 0, 0}, {NOBODY, NOBODY, 0}, {0, NOBODY, NOBODY}};
    pid_t child = fork();
    int status;

    ck_assert_int_ge(child, 0);
    /* A child of its own, that leaves without the ends of libraries: a leak checker cannot look
     * into a process that is half root. */
    if (child == 0)
        _exit(setresuid(ids[_i][0], ids[_i][1], ids[_i][2]) == 0 && jail_enter() == IDQ_AGENT &&
                      prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 0
                  ? 0
                  : 1);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
}
END_TEST

static Suite *
jail_suite(void)
{
    Suite *suite = suite_create("jail");
    TCase *all = tcase_create("jail");

    tcase_add_test(all, what_is_given_up);
    tcase_add_test(all, a_limit_that_is_lower_already_stays);
    if (geteuid() == 0)
        tcase_add_loop_test(all, root_is_refused_in_every_disguise, 0, 3);
    suite_add_tcase(suite, all);
    return suite;
}

int
main(int argc, char **argv)
{
    return runner_main(argc, argv, "jail", jail_suite, NULL);
}
