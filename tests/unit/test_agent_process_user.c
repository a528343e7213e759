/* SPDX-License-Identifier: BSD-3-Clause */
/* The agent's user, under an application that is root: who may be it, and that no other process of
 * that user can look into the agent, from its first instruction on. Needs root. */
#include <build.h>

#include "pam_idinqr/common/array.h"
#include "pam_idinqr/common/error.h"
#include "pam_idinqr/login/agent_process.h"
#include "tests/harness/desk.h"
#include "tests/harness/processes.h"
#include "tests/harness/runner.h"
#include "tests/harness/scratch.h"
#include "tests/unit/fake_agents.h"
#include "tests/unit/host_state.h"
#include "tests/unit/diag_line.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define UID 61003

/* What the user database answers. */
static const struct answer {
    int error, is_found;
    uid_t uid;
    gid_t gid;
    int outcome;
    const char *diag; /* with the user's name in front */
} answers[] = {
    {0, 0, 0, 0, IDQ_AGENT, "is missing: make it with systemd-sysusers idinqr.conf"},
    {ENOENT, 0, 0, 0, IDQ_AGENT, "is missing: "},
    {ESRCH, 0, 0, 0, IDQ_AGENT, "is missing: "},
    {EIO, 0, 0, 0, IDQ_SYSTEM, "cannot be looked up: Input/output error"},
    {EMFILE, 0, 0, 0, IDQ_SYSTEM, "cannot be looked up: Too many open files"},
    {ENOMEM, 0, 0, 0, IDQ_SYSTEM, "cannot be looked up: Cannot allocate memory"},
    {EAGAIN, 0, 0, 0, IDQ_SYSTEM, "cannot be looked up: "},
    {ERANGE, 0, 0, 0, IDQ_SYSTEM, "cannot be looked up: "},
    {0, 1, 0, UID, IDQ_AGENT, "has root's rights: uid 0, gid 61003"},
    {0, 1, UID, 0, IDQ_AGENT, "has root's rights: uid 61003, gid 0"},
    {0, 1, UID, UID, 0, NULL},
};
static const struct answer *current;

/* The module's own call comes here. No other user is anybody's business. */
int
getpwnam_r(const char *name, struct passwd *entry, char *buffer, size_t size,
           struct passwd **ret_found)
{
    (void)buffer;
    (void)size;
    ck_assert_str_eq(name, AGENT_USER);
    *ret_found = NULL;
    if (current->is_found) {
        *entry = (struct passwd){.pw_uid = current->uid, .pw_gid = current->gid};
        *ret_found = entry;
    }
    return current->error;
}

TEST_CASE("user");

LOOP_TEST(who_may_be_it, ARRAY_LENGTH(answers))
{
    char *path = fake_agents_make("exit0");
    struct agent_process agent = {.socket = -1};
    struct diag diag = {.text = ""};
    struct host_state before;

    current = &answers[_i];
    host_state_take(&before);
    ck_assert_int_eq(agent_process_start(&(struct agent_paths){.agent = path}, &agent, &diag),
                     current->outcome);
    if (current->outcome) {
        ck_assert_int_eq(strncmp(diag_line(&diag), "the user " AGENT_USER " ",
                                 strlen("the user " AGENT_USER " ")),
                         0);
        ck_assert_msg(strstr(diag_line(&diag), current->diag) != NULL, "%s", diag_line(&diag));
        ck_assert_int_eq(agent.socket, -1);
    } else {
        fake_agents_end(&agent);
    }
    host_state_must_be(&before);
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

/* An agent that does nothing for its own protection, as the real one in its first milliseconds. */
LOOP_TEST(its_user_cannot_trace_it, ARRAY_LENGTH(modes),
          .why_not = suid_dumpable() != '1' ? NULL : "fs.suid_dumpable lets anybody trace anything")
{
    char *path = fake_agents_make("state+wait"), memory[32];
    struct agent_process agent;
    struct stat status;
    pid_t pid;

    current = &answers[ARRAY_LENGTH(answers) - 1];
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
}

/* The exec of a helper fails where no process can say so. The agent's user owns none of them. */
static const struct {
    const char *name;
    mode_t mode;
} unusable[] = {
    {"idinqr-agent", 0644}, {"idinqr-fetch", 0700},   {"idinqr-picture", 0600},
    {"idinqr-fetch", 0750}, {"idinqr-picture", 0710},
};

LOOP_TEST(a_program_that_its_user_cannot_run_is_named, ARRAY_LENGTH(unusable))
{
    char *agent = desk_copy_agent();
    const char *dir = scratch_text("%.*s", (int)(strrchr(agent, '/') - agent), agent);
    char *fetch = scratch_path(dir, "idinqr-fetch"), *picture = scratch_path(dir, "idinqr-picture");
    const char *program = scratch_path(dir, unusable[_i].name);
    const struct agent_paths paths = {.agent = agent, .fetch = fetch, .picture = picture};
    struct agent_process process;
    struct diag diag = {.text = ""};

    current = &answers[ARRAY_LENGTH(answers) - 1];
    ck_assert_int_eq(chmod(program, unusable[_i].mode), 0);
    ck_assert_int_eq(agent_process_start(&paths, &process, &diag), IDQ_AGENT);
    ck_assert_str_eq(diag_line(&diag),
                     scratch_text("%s: the agent's user cannot run it (mode %03o); to mend it: "
                                  "chmod 0711 %s",
                                  program, (unsigned)unusable[_i].mode, program));
}

RUN_TESTS("agent_process_user",
          geteuid() == 0 ? NULL : "other users start the agent as themselves");
