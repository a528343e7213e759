/* The agent's user, under an application that is root: no other process of that user can look into
 * the agent, from its first instruction on. Needs root. */
#include "pam_idinqr/module/agent_process.h"
#include "tests/harness/processes.h"
#include "tests/harness/runner.h"
#include "tests/unit/fake_agents.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define UID 61003

/* In libc's place: the agent's user, whatever the machine has. */
int
getpwnam_r(const char *name, struct passwd *entry, char *buffer, size_t size,
           struct passwd **ret_found)
{
    (void)name;
    (void)buffer;
    (void)size;
    *entry = (struct passwd){.pw_uid = UID, .pw_gid = UID};
    *ret_found = entry;
    return 0;
}

/* As another process of the agent's user. 0, or errno. */
static int
trace(pid_t pid)
{
    pid_t tracer = fork();
    int status;

    if (tracer == 0) {
        if (setgroups(0, NULL) != 0 || setresgid(UID, UID, UID) != 0 ||
            setresuid(UID, UID, UID) != 0)
            _exit(255);
        _exit(ptrace(PTRACE_SEIZE, pid, NULL, NULL) == 0 ? 0 : errno);
    }
    ck_assert_int_gt(tracer, 0);
    ck_assert_int_eq(waitpid(tracer, &status, 0), tracer);
    ck_assert(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static const struct {
    mode_t mode;
    uid_t owner; /* of /proc/PID/mem: root, when its own user may not look into it */
} modes[] = {{0711, 0}, {0755, UID}};

/* An agent that does nothing for its own protection, as the real one in its first milliseconds. */
START_TEST(its_user_cannot_trace_it)
{
    char *path = fake_agents_make("state+wait"), memory[32];
    struct agent_process agent;
    struct stat status;
    pid_t pid;

    ck_assert_int_eq(chmod(path, modes[_i].mode), 0);
    fake_agents_start(path, &agent);
    fake_agents_await(&agent); /* it has been executed */
    ck_assert_int_gt(pid = processes_find_below(agent.pid, NULL), 0);
    snprintf(memory, sizeof memory, "/proc/%d/mem", pid);
    ck_assert_int_eq(stat(memory, &status), 0);
    ck_assert_uint_eq(status.st_uid, modes[_i].owner);
    if (modes[_i].owner == 0)
        ck_assert_int_eq(trace(pid), EPERM);
    fake_agents_end(&agent);
    free(path);
}
END_TEST

/* With 1, which is for debugging, the kernel protects no program (proc_sys_fs(5)). */
static int
suid_dumpable(void)
{
    FILE *file = fopen("/proc/sys/fs/suid_dumpable", "re");
    int value = file ? fgetc(file) : EOF;

    if (file)
        fclose(file);
    return value;
}

static const char *
why_skip(void)
{
    return geteuid() == 0 ? NULL : "other users start the agent as themselves";
}

static Suite *
suite(void)
{
    Suite *suite = suite_create("agent_process_user");
    TCase *user = tcase_create("user");

    if (suid_dumpable() != '1')
        tcase_add_loop_test(user, its_user_cannot_trace_it, 0,
                            (int)(sizeof modes / sizeof modes[0]));
    else
        runner_skip("user:its_user_cannot_trace_it",
                    "fs.suid_dumpable lets anybody trace anything");
    suite_add_tcase(suite, user);
    return suite;
}

int
main(int argc, char **argv)
{
    return runner_main(argc, argv, "agent_process_user", suite, why_skip);
}
