/* SPDX-License-Identifier: BSD-3-Clause */
/* The agent as a child: what it is given and what not, how it ends, and that the host notices
 * nothing. */
#include <build.h>

#include "pam_idinqr/common/array.h"
#include "pam_idinqr/common/error.h"
#include "pam_idinqr/login/agent_process.h"
#include "tests/harness/agent_user.h"
#include "tests/harness/runner.h"
#include "tests/harness/scratch.h"
#include "tests/unit/fake_agents.h"
#include "tests/unit/host_state.h"
#include "tests/unit/diag_line.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pwd.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* What an agent that is started now reports of itself. */
static const char *
report_of(const char *path, char *ret_report, size_t size)
{
    struct agent_process agent;
    ssize_t got;

    fake_agents_start(path, &agent);
    fake_agents_await(&agent);
    got = recv(agent.socket, ret_report, size - 1, 0);
    ck_assert_int_ge(got, 0);
    ret_report[got] = '\0';
    fake_agents_end(&agent);
    ck_assert_int_gt(got, 0);
    return ret_report;
}

/* The whole report of a well started agent, as the user and group. */
static void
must_report(const char *report, uid_t uid, gid_t gid, int groups)
{
    char *expected;

    expected =
        scratch_text("argv=1:idinqr-agent\nenvironment=\nuid=%u,%u,%u\ngid=%u,%u,%u\ngroups=%d\n"
                     "root-again=0\ncapabilities=0\nsession=own\ndirectory=/\nblocked=0 "
                     "ignored=0\ndescriptors=0,1,2,\n"
                     "1=/dev/null\n2=/dev/null\n",
                     uid, uid, uid, gid, gid, gid, groups);
    ck_assert_str_eq(report, expected);
}

static void
must_report_the_usual(const char *report)
{
    const struct passwd *user = getpwnam(AGENT_USER);

    if (geteuid() == 0)
        must_report(report, user->pw_uid, user->pw_gid, 0);
    else
        must_report(report, geteuid(), getegid(), getgroups(0, NULL));
}

TEST_CASE("start");

TEST(it_gets_the_wire_and_nothing_else_of_the_host)
{
    char *path = fake_agents_make("report+wait"), *dir = scratch_dir("cwd"), report[4096];
    struct host_state before;
    sigset_t all;
    int extra[5];

    /* A host that has everything that must not come along. */
    if (geteuid() == 0)
        ck_assert_int_eq(setgroups(2, (const gid_t[]){61002, 61003}), 0);
    for (int number = 1; number < NSIG; number++)
        (void)signal(number, SIG_IGN);
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, NULL);
    for (size_t i = 0; i < 5; i++)
        ck_assert_int_ge(extra[i] = open("/", O_RDONLY), 0);
    ck_assert_int_ge(dup2(extra[0], 200), 0);
    ck_assert_int_eq(setenv("LD_PRELOAD", "", 1), 0);
    ck_assert_int_eq(chdir(dir), 0);
    host_state_take(&before);
    must_report_the_usual(report_of(path, report, sizeof report));
    host_state_must_be(&before);
}

TEST(a_host_with_standard_descriptors_closed)
{
    char *path = fake_agents_make("report+wait"), report[4096];

    /* Each of the eight combinations, so that the wire and the program get the numbers 0, 1 and 2.
     */
    for (int closed = 0; closed < 8; closed++) {
        int saved[3];
        for (int fd = 0; fd < 3; fd++) {
            saved[fd] = fcntl(fd, F_DUPFD_CLOEXEC, 20);
            if (closed & 1 << fd)
                close(fd);
        }
        report_of(path, report, sizeof report);
        for (int fd = 0; fd < 3; fd++) {
            ck_assert_int_eq(fcntl(fd, F_GETFD) < 0, (closed & 1 << fd) != 0);
            dup2(saved[fd], fd);
            close(saved[fd]);
        }
        must_report_the_usual(report);
    }
}

/* From now on the kernel answers this call with an error, or with 0, and does nothing. */
static void
answer_call(unsigned number, unsigned error)
{
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const struct sock_fprog program = {ARRAY_LENGTH(filter), filter};

    ck_assert_int_eq(prctl(PR_SET_NO_NEW_PRIVS, 1L, 0L, 0L, 0L), 0);
    ck_assert_int_eq(prctl(PR_SET_SECCOMP, (long)SECCOMP_MODE_FILTER, &program), 0);
}

/* A kernel before 5.9, and a host whose limit of open files was lowered when it had more. */
TEST(a_kernel_that_cannot_close_a_range)
{
    const struct rlimit limit = {100, 100};
    char *path = fake_agents_make("report+wait"), report[4096];

    ck_assert_int_eq(dup2(0, 200), 200);
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
    answer_call(SYS_close_range, ENOSYS);
    must_report_the_usual(report_of(path, report, sizeof report));
}

LOOP_TEST(rights_that_were_put_aside_do_not_come_along, 2,
          .why_not = geteuid() == 0 ? NULL : "only root has any")
{
    char *path = fake_agents_make("report+wait"), report[4096];
    const gid_t others[] = {61002, 61003};

    /* Root as a host is for the time in which it acts as a user: the way back is open, for the real
     * user id or for the saved one. */
    ck_assert_int_eq(setgroups(2, others), 0);
    ck_assert_int_eq(setegid(61001), 0);
    ck_assert_int_eq(setresuid(_i == 0 ? 0 : 61001, 61001, 0), 0);
    report_of(path, report, sizeof report);
    ck_assert_int_eq(seteuid(0), 0);
    must_report(report, 61001, 61001, 0);
    ck_assert_int_eq(getgroups(0, NULL), 2);
}

/* A service that is no root may have been given a part of root's rights, in a form that an exec
 * keeps (capabilities(7), the ambient set). With the second row there is a way to be root again. */
static const struct {
    unsigned capabilities;
} privileged[] = {{1U << CAP_NET_RAW}, {1U << CAP_SETUID | 1U << CAP_SETGID}};

static void
become_user_with(unsigned capabilities)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    const struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {
        {capabilities, capabilities, capabilities}};

    ck_assert_int_eq(setgroups(0, NULL), 0);
    ck_assert_int_eq(prctl(PR_SET_KEEPCAPS, 1L), 0);
    ck_assert_int_eq(setresgid(61001, 61001, 61001), 0);
    ck_assert_int_eq(setresuid(61001, 61001, 61001), 0);
    ck_assert_int_eq(syscall(SYS_capset, &header, data), 0);
    for (unsigned long i = 0; i < 32; i++)
        if (capabilities & 1U << i)
            ck_assert_int_eq(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, i, 0L, 0L), 0);
}

LOOP_TEST(a_part_of_roots_rights_does_not_come_along, ARRAY_LENGTH(privileged),
          .why_not = geteuid() == 0 ? NULL : "only root can give them")
{
    char *path = fake_agents_make("report+wait"), report[4096];

    become_user_with(privileged[_i].capabilities);
    must_report(report_of(path, report, sizeof report), 61001, 61001, 0);
}

/* As SELinux does to sshd and su: capset is not theirs to call, whatever for. */
static void
forbid_capset(void)
{
    answer_call(SYS_capset, EACCES);
}

TEST(a_root_that_may_not_call_capset, .why_not = geteuid() == 0 ? NULL : "only root is one")
{
    char *path = fake_agents_make("report+wait"), report[4096];

    ck_assert_int_eq(prctl(PR_SET_KEEPCAPS, 1L), 0); /* the exec ends these all the same */
    forbid_capset();
    must_report_the_usual(report_of(path, report, sizeof report));
}

TEST(a_user_that_may_not_call_capset, .why_not = geteuid() == 0 ? NULL : "only root can become one")
{
    char *path = fake_agents_make("report+wait"), report[4096];

    become_user_with(1U << CAP_NET_RAW);
    forbid_capset();
    must_report(report_of(path, report, sizeof report), 61001, 61001, 0);
}

/* A container in which nothing but the answer looks as if rights were given up. */
static const unsigned pretended[] = {SYS_setresuid, SYS_setresgid, SYS_setgroups};

LOOP_TEST(rights_that_only_seem_to_be_given_up, ARRAY_LENGTH(pretended),
          .why_not = geteuid() == 0 ? NULL : "only root has any")
{
    char *path = fake_agents_make("report+wait");
    const gid_t others[] = {61002, 61003};
    struct agent_process agent;
    struct diag diag = {.text = ""};

    ck_assert_int_eq(setgroups(2, others), 0);
    answer_call(pretended[_i], 0);
    fake_agents_start(path, &agent);
    ck_assert_int_eq(agent_process_end(&agent, FAKE_AGENTS_LONG_MS, &diag), IDQ_AGENT);
    ck_assert_str_eq(diag_line(&diag),
                     "the agent did not start: it could not become the agent's user");
}

/* A caller's `ulimit -u`, soft and hard, is the host's too, and counts the agents of other logins.
 * Which of them root may raise is up to a capability. */
static const struct {
    rlim_t soft, hard;
} process_limits[] = {{0, RLIM_INFINITY}, {0, 0}};

static int
has_capability(unsigned capability)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

    ck_assert_int_eq(syscall(SYS_capget, &header, data), 0);
    return (data[0].effective & 1U << capability) != 0;
}

LOOP_TEST(a_limit_of_processes_does_not_come_along, ARRAY_LENGTH(process_limits),
          .why_not = geteuid() == 0 ? NULL : "it does where the user stays")
{
    char *waiting_path = fake_agents_make("state+wait"), *path = fake_agents_make("report+wait");
    char report[4096];
    struct agent_process other, agent;
    struct diag diag = {.text = ""}, expected;
    struct rlimit limit, now;

    fake_agents_start(waiting_path, &other);
    fake_agents_await(&other);
    ck_assert_int_eq(getrlimit(RLIMIT_NPROC, &limit), 0);
    limit.rlim_cur = process_limits[_i].soft;
    if (process_limits[_i].hard < limit.rlim_max)
        limit.rlim_max = process_limits[_i].hard;
    ck_assert_int_eq(setrlimit(RLIMIT_NPROC, &limit), 0);
    if (limit.rlim_max > 0 || has_capability(CAP_SYS_RESOURCE)) {
        must_report_the_usual(report_of(path, report, sizeof report));
    } else {
        fake_agents_start(path, &agent);
        ck_assert_int_eq(agent_process_end(&agent, FAKE_AGENTS_LONG_MS, &diag), IDQ_AGENT);
        diag_set(&expected,
                 "the agent did not start: its user has more processes than the limit (nproc) "
                 "allows: %s",
                 strerror(EAGAIN));
        ck_assert_str_eq(diag_line(&diag), expected.text);
    }
    ck_assert_int_eq(getrlimit(RLIMIT_NPROC, &now), 0);
    ck_assert_uint_eq(now.rlim_cur, limit.rlim_cur);
    ck_assert_uint_eq(now.rlim_max, limit.rlim_max);
    fake_agents_end(&other);
}

TEST(it_runs_from_where_its_user_cannot_look)
{
    char *path = fake_agents_make("report+wait"), report[4096];
    char *dir = strndup(path, (size_t)(strrchr(path, '/') - path));

    ck_assert_int_eq(chmod(dir, 0700), 0);
    must_report_the_usual(report_of(path, report, sizeof report));
    free(dir);
}

static const struct {
    const char *words;
    int grace_ms;
    const char *diag; /* NULL: a good end */
    unsigned n_unread;
} ends[] = {
    {"exit0", FAKE_AGENTS_LONG_MS, NULL, 0},
    {"wait", FAKE_AGENTS_LONG_MS, NULL, 0},
    {"state+state+wait", FAKE_AGENTS_LONG_MS, NULL, 2},
    {"exit7", FAKE_AGENTS_LONG_MS, "the agent exited with status 7", 0},
    {"wait+term", FAKE_AGENTS_LONG_MS, "the agent was killed by signal 15", 0},
    {"hang", 1, "the agent did not exit by itself", 0},
    {"stop", 1, "the agent did not exit by itself", 0},
    {"hang", 0, "the agent did not exit by itself", 0},
    {"close+hang", 1, "the agent did not exit by itself", 0},
};

TEST_CASE("end");

LOOP_TEST(every_end_is_told_apart, ARRAY_LENGTH(ends))
{
    char *path = fake_agents_make(ends[_i].words);
    struct agent_process agent;
    struct diag diag = {.text = ""};
    struct host_state before;
    int result;

    host_state_take(&before);
    fake_agents_start(path, &agent);
    /* As a host's earlier call may have left it: an end must not be taken for an interruption. */
    errno = EINTR;
    result = agent_process_end(&agent, ends[_i].grace_ms, &diag);
    ck_assert_int_eq(result, ends[_i].diag ? IDQ_AGENT : 0);
    ck_assert_str_eq(diag_line(&diag), ends[_i].diag ? ends[_i].diag : "");
    ck_assert_uint_eq(agent.n_unread, ends[_i].n_unread);
    ck_assert_int_eq(agent.pid, 0);
    ck_assert_int_eq(agent.socket, -1);
    ck_assert_int_eq(agent_process_end(&agent, FAKE_AGENTS_LONG_MS, &diag), 0);
    host_state_must_be(&before);
}

static void
make_world_writable(const char *path)
{
    ck_assert_int_eq(chmod(path, 0757), 0);
}

static void
make_group_writable(const char *path)
{
    ck_assert_int_eq(chmod(path, 0775), 0);
}

static void
loosen_directory(const char *path)
{
    char *dir = strndup(path, (size_t)(strrchr(path, '/') - path));

    ck_assert_int_eq(chmod(dir, 0777), 0);
    free(dir);
}

static void
give_away(const char *path)
{
    ck_assert_int_eq(chown(path, 61001, 0), 0);
}

static void
link_to_another(const char *path)
{
    ck_assert_int_eq(unlink(path), 0);
    ck_assert_int_eq(symlink("/bin/true", path), 0);
}

static void
replace_by_directory(const char *path)
{
    ck_assert_int_eq(unlink(path), 0);
    ck_assert_int_eq(mkdir(path, 0755), 0);
}

static void
take_away(const char *path)
{
    ck_assert_int_eq(unlink(path), 0);
}

/* The last one needs root. */
static const struct {
    void (*spoil)(const char *path);
    const char *diag; /* its end, before the command that mends it */
} untrusted[] = {
    {make_world_writable, ": can be written by others (mode 757)"},
    {make_group_writable, ": can be written by others (mode 775)"},
    {loosen_directory, ": the directory can be written by others (mode 777)"},
    {link_to_another, ": is a symbolic link: copy the file itself there"},
    {replace_by_directory, ": is not a regular file"},
    {take_away, ": No such file or directory"},
    {give_away, ": belongs to uid 61001, not to root"},
};
#define N_UNTRUSTED ((int)ARRAY_LENGTH(untrusted))

TEST_CASE("start");

static int
can_be_spoiled(int i)
{
    if (i < N_UNTRUSTED - 1 || geteuid() == 0)
        return 1;
    runner_skip("start:a_program_that_others_could_have_made_is_not_run, given away",
                "only root can give a file away");
    return 0;
}

LOOP_TEST(a_program_that_others_could_have_made_is_not_run, N_UNTRUSTED, .has_row = can_be_spoiled)
{
    char *path = fake_agents_make("exit0");
    struct agent_process agent;
    struct diag diag = {.text = ""};
    struct host_state before;
    const char *cure;
    size_t size = strlen(untrusted[_i].diag);

    host_state_take(&before);
    untrusted[_i].spoil(path);
    ck_assert_int_eq(agent_process_start(&(struct agent_paths){.agent = path}, &agent, &diag),
                     IDQ_AGENT);
    cure = strstr(diag_line(&diag), "; to mend it: chmod ");
    cure = cure ? cure : strstr(diag_line(&diag), "; to mend it: chown root: ");
    cure = cure ? cure : strchr(diag_line(&diag), '\0');
    ck_assert_int_gt(cure - diag_line(&diag), (int)size);
    ck_assert_int_eq(strncmp(cure - size, untrusted[_i].diag, size), 0);
    host_state_must_be(&before);
}

TEST(a_relative_path_is_not_run)
{
    struct agent_process agent;
    struct diag diag = {.text = ""};

    ck_assert_int_eq(chdir("/bin"), 0);
    ck_assert_int_eq(agent_process_start(&(struct agent_paths){.agent = "true"}, &agent, &diag),
                     IDQ_AGENT);
    ck_assert_str_eq(diag_line(&diag), "true: is not an absolute path");
}

TEST_CASE("end");

TEST(what_is_no_program_says_so_at_its_end)
{
    static const struct {
        mode_t mode;
        const char *content;
        int error;
    } files[] = {{0755, "no program", ENOEXEC}, {0755, "#!/bin/sh\nexit 0\n", ENOENT}};
    char *dir = scratch_dir("files"), *path = scratch_path(dir, "file");

    for (size_t i = 0; i < ARRAY_LENGTH(files); i++) {
        struct agent_process agent;
        struct diag diag = {.text = ""}, expected;
        scratch_write(path, files[i].mode, files[i].content);
        fake_agents_start(path, &agent);
        ck_assert_int_eq(agent_process_end(&agent, FAKE_AGENTS_LONG_MS, &diag), IDQ_AGENT);
        diag_set(&expected, "the agent did not start: the program could not be run: %s",
                 strerror(files[i].error));
        ck_assert_str_eq(diag_line(&diag), expected.text);
    }
}

RUN_TESTS("agent_process", agent_user_why_not());
