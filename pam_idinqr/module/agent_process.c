/* See agent_process.h. */
#include <config.h>

#include "pam_idinqr/module/agent_process.h"

#include "pam_idinqr/common/error.h"
#include "pam_idinqr/common/trusted_file.h"
#include "pam_idinqr/common/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* What a child that never became the agent exits with. */
enum child_exit {
    EXIT_DESCRIPTORS = 120,
    EXIT_PROCESS,
    EXIT_IDENTITY,
    EXIT_EXEC,
    EXIT_SIGNAL = 128
};

#define PROGRAM_DESCRIPTOR 3

static const char *
exit_text(int code)
{
    switch (code) {
    case EXIT_DESCRIPTORS:
        return "its descriptors could not be set up";
    case EXIT_PROCESS:
        return "there was no process for it";
    case EXIT_IDENTITY:
        return "it could not become the agent's user";
    case EXIT_EXEC:
        return "the program could not be run";
    default:
        return NULL;
    }
}

struct owner {
    uid_t uid;
    gid_t gid;
};

static int
find_user(const char *name, struct owner *ret_owner)
{
    char buffer[4096];
    struct passwd entry, *found = NULL;

    if (getpwnam_r(name, &entry, buffer, sizeof buffer, &found) != 0 || !found ||
        found->pw_uid == 0)
        return -1;
    ret_owner->uid = found->pw_uid;
    ret_owner->gid = found->pw_gid;
    return 0;
}

/* Whom a host with root's rights turns the child into. */
static struct owner
agent_user(void)
{
    struct owner owner = {65534, 65534}; /* nobody, where not even that is in the user database */

    if (find_user(AGENT_USER, &owner) != 0)
        (void)find_user("nobody", &owner);
    return owner;
}

/* From here to the exec a child is a copy of one thread of the host, whose locks may be held by
 * threads that are not here: nothing but system calls. glibc's setuid() is not one; it talks to
 * those threads. */

#ifdef SYS_setresuid32
#define CALL_SETGROUPS SYS_setgroups32
#define CALL_SETRESGID SYS_setresgid32
#define CALL_SETRESUID SYS_setresuid32
#else
#define CALL_SETGROUPS SYS_setgroups
#define CALL_SETRESGID SYS_setresgid
#define CALL_SETRESUID SYS_setresuid
#endif

/* fork(), with a child whose end sends no signal. All arguments are 0, so that their order, which
 * is another on some machines, does not matter. */
static pid_t
fork_silently(void)
{
    return (pid_t)syscall(SYS_clone, 0L, 0L, 0L, 0L, 0L);
}

static int
drop_rights(struct owner owner)
{
    int is_root = geteuid() == 0;

    /* A host that is no root now may have put its rights aside for a while: these do not come
     * along. */
    if (!is_root)
        owner = (struct owner){geteuid(), getegid()};
    if ((is_root && syscall(CALL_SETGROUPS, 0, NULL) != 0) ||
        syscall(CALL_SETRESGID, owner.gid, owner.gid, owner.gid) != 0 ||
        syscall(CALL_SETRESUID, owner.uid, owner.uid, owner.uid) != 0)
        return -1;
    /* Believe it when there is no way back. */
    return syscall(CALL_SETRESUID, 0, 0, 0) == 0 ||
                   (is_root && syscall(CALL_SETRESGID, 0, 0, 0) == 0) || getuid() != owner.uid ||
                   geteuid() != owner.uid || getegid() != owner.gid
               ? -1
               : 0;
}

static void
close_from(int first)
{
    struct rlimit limit;

#ifdef SYS_close_range
    if (syscall(SYS_close_range, first, ~0U, 0) == 0)
        return;
#endif
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur > 1 << 20)
        limit.rlim_cur = 1 << 20;
    for (int fd = first; fd < (int)limit.rlim_cur; fd++)
        close(fd);
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
    close_from(PROGRAM_DESCRIPTOR + 1);
    return 0;
}

static void
default_signals(void)
{
    struct sigaction action = {.sa_handler = SIG_DFL};
    sigset_t none;

    /* An ignored signal stays ignored over an exec; two cannot be changed, and are at their
     * default. */
    for (int number = 1; number < NSIG; number++)
        (void)sigaction(number, &action, NULL);
    sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
}

static void
become_agent(int program, struct owner owner, pid_t watcher)
{
    static char name[] = "idinqr-agent";
    char *const arguments[] = {name, NULL}, *const environment[] = {NULL};
    sigset_t none;

    sigemptyset(&none); /* the watcher's mask would be kept by an exec; its handler is not */
    if (sigprocmask(SIG_SETMASK, &none, NULL) != 0)
        _exit(EXIT_PROCESS);
    if (drop_rights(owner) != 0)
        _exit(EXIT_IDENTITY);
    /* After the change of user, which would take it back: whoever ends the watcher ends the agent;
     * also when that was just now. */
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != watcher)
        _exit(EXIT_PROCESS);
    /* By descriptor: what was checked is what runs, and it may lie where its user cannot look. */
    syscall(SYS_execveat, program, "", arguments, environment, AT_EMPTY_PATH);
    _exit(EXIT_EXEC);
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

/* The life of the watcher: starts the agent, and ends as it does; or before it, and then the agent
 * is killed by that (see become_agent). */
static void
watch(int wire, int program, struct owner owner)
{
    const struct sigaction action = {.sa_handler = note_child, .sa_flags = SA_NOCLDSTOP};
    int status = 0;
    pid_t self = getpid(), agent;
    sigset_t child;

    (void)setsid(); /* the terminal's signals are for the host */
    default_signals();
    if (chdir("/") != 0 || arrange_descriptors(wire, program) != 0)
        _exit(EXIT_DESCRIPTORS);
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    if (sigprocmask(SIG_BLOCK, &child, NULL) != 0 || sigaction(SIGCHLD, &action, NULL) != 0)
        _exit(EXIT_PROCESS);
    /* The watcher stands still until the exec: this child runs on its memory, and changes nothing
     * there. A copy would be made to be thrown away. */
    agent = vfork();
    if (agent == 0)
        become_agent(PROGRAM_DESCRIPTOR, owner, self);
    close_from(1); /* but not the wire: its end tells the host that both are gone */
    if (agent < 0 || wait_for_agent(agent, &status) != 0)
        _exit(EXIT_PROCESS);
    _exit(WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_SIGNAL + WTERMSIG(status));
}

/* Between host and agent there is a watcher, a child that never executes anything. That is what
 * makes it invisible: a child made with exit signal 0 sends no SIGCHLD and shows in no wait() that
 * does not ask for it (clone(2), __WALL), so that the host's own handling of its children neither
 * notices it nor takes it; but execve() would give it SIGCHLD back. Nor do handlers of
 * pthread_atfork run. */
static pid_t
spawn(int wire, int program, struct owner owner)
{
    sigset_t all, before;
    pid_t pid;
    int error;

    /* A handler of the host must not run in the child. */
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    pid = fork_silently();
    if (pid == 0)
        watch(wire, program, owner);
    error = errno;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    errno = error;
    return pid;
}

int
agent_process_start(const char *path, struct agent_process *ret_agent, struct problem *ret_problem)
{
    int pair[2], program = trusted_file_open(path, TRUSTED_FILE_OPEN_TEXT, ret_problem);
    struct owner owner;
    pid_t pid;

    if (program < 0)
        return IDQ_AGENT;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) {
        problem_set(ret_problem, "no socket for the agent: %s", strerror(errno));
        close(program);
        return IDQ_SYSTEM;
    }
    owner = agent_user();
    pid = spawn(pair[1], program, owner);
    if (pid < 0)
        problem_set(ret_problem, "no process for the agent: %s", strerror(errno));
    close(program);
    close(pair[1]);
    if (pid < 0) {
        close(pair[0]);
        return IDQ_SYSTEM;
    }
    *ret_agent = (struct agent_process){.socket = pair[0], .pid = pid};
    return 0;
}

void
agent_process_dismiss(struct agent_process *agent)
{
    if (agent->pid > 0)
        shutdown(agent->socket, SHUT_WR); /* to the agent this is the end of the login */
}

/* The agent's end of the wire closes when it ends, and only then. */
static void
wait_for_end(struct agent_process *agent, int grace_ms)
{
    int64_t end_ms = clock_ms() + grace_ms;

    agent_process_dismiss(agent);
    for (;;) {
        struct pollfd wait = {.fd = agent->socket, .events = POLLIN};
        int left_ms = clock_left_ms(end_ms);
        ssize_t size;
        if (left_ms == 0)
            return;
        if (poll(&wait, 1, left_ms) <= 0)
            continue;
        /* The size alone: what is in the frame may be personal, and need not be anywhere. */
        size = recv(agent->socket, NULL, 0, MSG_DONTWAIT | MSG_TRUNC);
        if (size == 0 || (size < 0 && errno != EAGAIN && errno != EINTR && errno != ECONNRESET))
            return;
        agent->n_unread += size > 0;
    }
}

int
agent_process_end(struct agent_process *agent, int grace_ms, struct problem *ret_problem)
{
    int status = 0;
    pid_t reaped;

    if (agent->pid <= 0)
        return 0;
    wait_for_end(agent, grace_ms);
    close(agent->socket);
    agent->socket = -1;
    /* The watcher's end is the agent's, if that still lives. One that has ended already is a zombie
     * until the next line, so this pid is no one else's. */
    (void)kill(agent->pid, SIGKILL);
    do
        reaped = waitpid(agent->pid, &status, __WALL);
    while (reaped < 0 && errno == EINTR);
    agent->pid = 0;
    if (reaped > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return 0;
    if (reaped <= 0 || !WIFEXITED(status))
        problem_set(ret_problem, "the agent did not end by itself");
    else if (exit_text(WEXITSTATUS(status)))
        problem_set(ret_problem, "the agent did not start: %s", exit_text(WEXITSTATUS(status)));
    else if (WEXITSTATUS(status) == EXIT_SIGNAL + SIGSYS)
        problem_set(ret_problem,
                    "the agent was ended by its jail, at a system call that it could "
                    "not name any more (signal %d)",
                    SIGSYS);
    else if (WEXITSTATUS(status) > EXIT_SIGNAL)
        problem_set(ret_problem, "the agent was killed by signal %d",
                    WEXITSTATUS(status) - EXIT_SIGNAL);
    else
        problem_set(ret_problem, "the agent ended with exit code %d", WEXITSTATUS(status));
    return IDQ_AGENT;
}
