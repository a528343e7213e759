/* See agent_watcher.h. From the fork to the exec this is a copy of one thread of the host, whose
 * locks may be held by threads that are not here: nothing but system calls. glibc's setuid() is not
 * one; it talks to those threads. */
#include <config.h>

#include "pam_idinqr/module/agent_watcher.h"

#include "pam_idinqr/module/agent_process.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define PROGRAM_DESCRIPTOR 3

#ifdef SYS_setresuid32
#define CALL_SETGROUPS SYS_setgroups32
#define CALL_SETRESGID SYS_setresgid32
#define CALL_SETRESUID SYS_setresuid32
#else
#define CALL_SETGROUPS SYS_setgroups
#define CALL_SETRESGID SYS_setresgid
#define CALL_SETRESUID SYS_setresuid
#endif

/* A user that is no root may have some all the same, and an exec keeps the ambient ones
 * (capabilities(7)): to give those up takes no permission. The others end with the exec; they end
 * before it so that there is no way back. SELinux lets few programs call capset, sshd not, even to
 * give up nothing, so that it has to work without. */
static int
drop_capabilities(void)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    const struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {{0}};

    (void)syscall(SYS_capset, &header, none);
    return prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0L, 0L, 0L);
}

static int
change_user(struct agent_user user)
{
    return syscall(CALL_SETRESGID, user.gid, user.gid, user.gid) != 0 ||
                   syscall(CALL_SETRESUID, user.uid, user.uid, user.uid) != 0
               ? -1
               : 0;
}

/* The host's limit may be that of a caller of su. Here it would count the agents of all logins, in
 * the exec and wherever the agent makes a thread, so that some users' logins could stop another's.
 * Only a capability can raise the hard limit. */
static void
raise_process_limit(void)
{
    struct rlimit limit = {RLIM_INFINITY, RLIM_INFINITY};

    if (setrlimit(RLIMIT_NPROC, &limit) == 0 || getrlimit(RLIMIT_NPROC, &limit) != 0)
        return;
    limit.rlim_cur = limit.rlim_max;
    (void)setrlimit(RLIMIT_NPROC, &limit);
}

static int
drop_rights(struct agent_user user)
{
    int is_root = geteuid() == 0, can_be_root = is_root;

    if (!is_root) {
        /* A host that has put root's rights aside for a while: these do not come along. They are
         * taken up once more, as only they can give up root's groups. */
        user = (struct agent_user){geteuid(), getegid()};
        can_be_root = syscall(CALL_SETRESUID, -1, 0, -1) == 0;
    }
    if (can_be_root) {
        raise_process_limit();
        if (syscall(CALL_SETGROUPS, 0, NULL) != 0 || getgroups(0, NULL) != 0)
            return -1;
    }
    if (change_user(user) != 0 || (!is_root && drop_capabilities() != 0))
        return -1;
    /* Believe it when there is no way back. */
    return syscall(CALL_SETRESUID, 0, 0, 0) == 0 ||
                   (is_root && syscall(CALL_SETRESGID, 0, 0, 0) == 0) || getuid() != user.uid ||
                   geteuid() != user.uid || getegid() != user.gid
               ? -1
               : 0;
}

/* -1 for what is no number. */
static int
read_number(const char *text)
{
    int number = 0;

    for (const char *p = text; *p != '\0'; p++) {
        if (*p < '0' || *p > '9')
            return -1;
        number = number * 10 + (*p - '0');
    }
    return number;
}

/* Before Linux 5.9, one by one. No limit says where they end: that of open files is the choice of
 * su's caller, and may be lower than what was open before it. */
static int
close_each_from(int first)
{
    _Alignas(struct dirent64) char entries[1024];
    int directory = open("/proc/self/fd", O_RDONLY | O_DIRECTORY);
    long size;

    while ((size = syscall(SYS_getdents64, directory, entries, sizeof entries)) > 0)
        for (long at = 0; at < size;) {
            const struct dirent64 *entry = (const void *)(entries + at);
            int fd = read_number(entry->d_name);
            if (fd >= first && fd != directory)
                close(fd);
            at += entry->d_reclen;
        }
    if (directory >= 0)
        close(directory);
    return size == 0 ? 0 : -1;
}

static int
close_from(int first)
{
#ifdef SYS_close_range
    if (syscall(SYS_close_range, first, ~0U, 0) == 0)
        return 0;
#endif
    return close_each_from(first);
}

/* Wire at 0, nothing at 1 and 2, then the program, and no more. The host may have closed any of 0
 * to 2, so first everything moves out of the way. */
static int
arrange_descriptors(int wire, int program)
{
    int high_wire = fcntl(wire, F_DUPFD, 10), high_program = fcntl(program, F_DUPFD, 10);
    int nothing = open("/dev/null", O_RDWR);
    int high_nothing = fcntl(nothing, F_DUPFD, 10);

    if (high_wire < 0 || high_program < 0 || high_nothing < 0 || dup2(high_wire, 0) < 0 ||
        dup2(high_nothing, 1) < 0 || dup2(high_nothing, 2) < 0 ||
        dup2(high_program, PROGRAM_DESCRIPTOR) < 0 ||
        fcntl(PROGRAM_DESCRIPTOR, F_SETFD, FD_CLOEXEC) != 0)
        return -1;
    return close_from(PROGRAM_DESCRIPTOR + 1);
}

static void
default_signals(void)
{
    /* The kernel's struct, whose members lie in another order on some machines: with zeros alone it
     * says "the default, no flags, no mask" on each. */
    static const unsigned long action[8];
    sigset_t none;

    /* An ignored signal stays ignored over an exec; two cannot be changed, and are at their
     * default. By number: glibc's sigaction() takes a lock for SIGABRT (since 2.41), which a
     * posix_spawn() of another thread holds. */
    for (int number = 1; number < NSIG; number++)
        (void)syscall(SYS_rt_sigaction, number, action, NULL, NSIG / 8);
    sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
}

static void
become_agent(int program, struct agent_user user, pid_t watcher)
{
    static char name[] = "idinqr-agent";
    char *const arguments[] = {name, NULL}, *const environment[] = {NULL};
    sigset_t none;

    sigemptyset(&none); /* the watcher's mask would be kept by an exec; its handler is not */
    if (sigprocmask(SIG_SETMASK, &none, NULL) != 0)
        _exit(AGENT_EXIT_PROCESS);
    if (drop_rights(user) != 0)
        _exit(AGENT_EXIT_IDENTITY);
    /* After the change of user, which would take it back: whoever ends the watcher ends the agent;
     * also when that was just now. */
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != watcher)
        _exit(AGENT_EXIT_PROCESS);
    /* By descriptor: what was checked is what runs, and it may lie where its user cannot look. */
    syscall(SYS_execveat, program, "", arguments, environment, AT_EMPTY_PATH);
    _exit(AGENT_EXIT_EXEC + (errno < AGENT_EXIT_ERRNO_MAX ? errno : AGENT_EXIT_ERRNO_MAX));
}

static void
note_child(int number)
{
    (void)number; /* that it interrupts a poll is all */
}

/* Waits until the agent has ended, or until the host has died and the agent, which sees that too,
 * had the time to end. 0 with its status, or -1. */
static int
wait_for_agent(pid_t agent, int *ret_status)
{
    /* The host's own end of the wire closes when the host has died: before that it is shut down in
     * one direction only, which is no POLLHUP. */
    struct pollfd wire = {.fd = 0, .events = 0};
    struct timespec grace = {AGENT_GRACE_MS / 1000, AGENT_GRACE_MS % 1000 * 1000000L};
    sigset_t none;
    pid_t ended;
    int n;

    sigemptyset(&none);
    do {
        /* SIGCHLD is blocked but in here: none can come between the look and the wait. */
        n = ppoll(&wire, 1, wire.fd < 0 ? &grace : NULL, &none);
        if (n > 0)
            wire.fd = -1; /* has been heard */
        ended = (pid_t)syscall(SYS_wait4, agent, ret_status, WNOHANG, NULL);
    } while (ended == 0 && n != 0);
    return ended == agent ? 0 : -1;
}

/* Ends as the agent does; or before it, and then the agent is killed by that (see become_agent). */
void
agent_watcher_run(int wire, int program, struct agent_user user)
{
    const struct sigaction action = {.sa_handler = note_child, .sa_flags = SA_NOCLDSTOP};
    int status = 0;
    pid_t self = getpid(), agent;
    sigset_t child;

    /* kill(2) and ptrace(2) ask for the real user id. Under su and sudo it is still the caller's,
     * who could stop this process, and with it all that it watches, for ever. */
    if (geteuid() == 0 && syscall(CALL_SETRESUID, 0, 0, 0) != 0)
        _exit(AGENT_EXIT_PROCESS);
    (void)setsid(); /* the terminal's signals are for the host */
    default_signals();
    if (chdir("/") != 0 || arrange_descriptors(wire, program) != 0)
        _exit(AGENT_EXIT_DESCRIPTORS);
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    if (sigprocmask(SIG_BLOCK, &child, NULL) != 0 || sigaction(SIGCHLD, &action, NULL) != 0)
        _exit(AGENT_EXIT_PROCESS);
    /* The watcher stands still until the exec: this child runs on its memory, and changes nothing
     * there. A copy would be made to be thrown away. */
    agent = vfork();
    if (agent == 0)
        become_agent(PROGRAM_DESCRIPTOR, user, self);
    /* All but the wire: its end tells the host that both are gone. */
    if (agent < 0 || close_from(1) != 0 || wait_for_agent(agent, &status) != 0)
        _exit(AGENT_EXIT_PROCESS);
    _exit(WIFEXITED(status) ? WEXITSTATUS(status) : AGENT_EXIT_SIGNAL + WTERMSIG(status));
}
