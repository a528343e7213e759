/* SPDX-License-Identifier: BSD-3-Clause */
/* From the fork to the exec this is a copy of one thread of the application. Threads that are not
 * here may hold its locks, so only system calls are safe. glibc's setuid() is not one, because it
 * signals those threads. */
#include <build.h>

#include "pam_idinqr/login/agent_watcher.h"

#include "pam_idinqr/login/agent_process.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* The watcher's descriptors, after the wire at 0 and /dev/null at 1 and 2. The agent has the other
 * end of each socket, at these numbers. */
enum {
    AGENTS_END_OF_FETCH = 3,
    AGENTS_END_OF_PICTURE,
    FETCHS_END,
    PICTURES_END,
    AGENT_PROGRAM,
    FETCH_PROGRAM,
    PICTURE_PROGRAM,
    FIRST_UNUSED,
};

#ifdef SYS_setresuid32
#define CALL_SETGROUPS SYS_setgroups32
#define CALL_SETRESGID SYS_setresgid32
#define CALL_SETRESUID SYS_setresuid32
#else
#define CALL_SETGROUPS SYS_setgroups
#define CALL_SETRESGID SYS_setresgid
#define CALL_SETRESUID SYS_setresuid
#endif

/* A user other than root may have capabilities too, and an exec keeps the ambient ones
 * (capabilities(7)). Dropping those needs no permission. The exec drops the others. They are
 * dropped before it so that there is no way back. SELinux denies capset to sshd and most programs,
 * so a failure is accepted. */
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

/* The application's limit may be that of a user who called su. Here it would count the agents of
 * all logins, at the exec and when the agent creates a thread: some users' logins could block
 * another's. Only a capability can raise the hard limit. */
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
    bool is_root = geteuid() == 0, can_be_root = is_root;

    if (!is_root) {
        /* If the application has dropped root's rights temporarily, they are taken back once: only
         * root can drop root's groups. */
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
    /* Make sure that there is no way back. */
    return syscall(CALL_SETRESUID, 0, 0, 0) == 0 ||
                   (is_root && syscall(CALL_SETRESGID, 0, 0, 0) == 0) || getuid() != user.uid ||
                   geteuid() != user.uid || getegid() != user.gid
               ? -1
               : 0;
}

/* Returns -1 if it is not a number. */
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

/* Before Linux 5.9, closes them one by one. No limit gives the highest one: the caller of su
 * chooses the limit of open files, which may be lower than descriptors that are already open. */
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

/* Makes a socket pair with one nonblocking end, because a stopped process must not stop the agent.
 */
static int
make_socket(int agents_end, int other_end)
{
    int ends[2];

    return socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends) != 0 ||
                   fcntl(ends[0], F_SETFL, O_RDWR | O_NONBLOCK) != 0 ||
                   dup3(ends[0], agents_end, O_CLOEXEC) < 0 ||
                   dup3(ends[1], other_end, O_CLOEXEC) < 0 || close(ends[0]) != 0 ||
                   close(ends[1]) != 0
               ? -1
               : 0;
}

/* Moves a program's descriptor, or /dev/null, to its number. */
static int
place(int program, int nothing, int number)
{
    return dup3(program >= 0 ? program : nothing, number, O_CLOEXEC) < 0 ? -1 : 0;
}

#define HIGH 16 /* above all numbers of the list */

/* Sets the descriptors to the numbers above, and closes all others. The application may have closed
 * any of 0 to 2, so all of them move out of the way first. */
static int
arrange_descriptors(int wire, struct agent_programs programs)
{
    int nothing = open("/dev/null", O_RDWR), high_nothing = fcntl(nothing, F_DUPFD, HIGH);
    int high_wire = fcntl(wire, F_DUPFD, HIGH), high_agent = fcntl(programs.agent, F_DUPFD, HIGH);
    int high_fetch = programs.fetch < 0 ? -1 : fcntl(programs.fetch, F_DUPFD, HIGH);
    int high_picture = programs.picture < 0 ? -1 : fcntl(programs.picture, F_DUPFD, HIGH);

    if (high_wire < 0 || high_agent < 0 || high_nothing < 0 ||
        (programs.fetch >= 0 && high_fetch < 0) || (programs.picture >= 0 && high_picture < 0) ||
        dup2(high_wire, 0) < 0 || place(high_agent, high_nothing, AGENT_PROGRAM) != 0 ||
        place(high_fetch, high_nothing, FETCH_PROGRAM) != 0 ||
        place(high_picture, high_nothing, PICTURE_PROGRAM) != 0)
        return -1;
    for (int fd = 1; fd < AGENT_PROGRAM; fd++)
        if (fd <= 2 ? dup2(high_nothing, fd) < 0 : place(high_nothing, -1, fd) != 0)
            return -1;
    if (close_from(FIRST_UNUSED) != 0 ||
        (programs.fetch >= 0 && make_socket(AGENTS_END_OF_FETCH, FETCHS_END) != 0) ||
        (programs.picture >= 0 && make_socket(AGENTS_END_OF_PICTURE, PICTURES_END) != 0))
        return -1;
    return 0;
}

static void
default_signals(void)
{
    /* The kernel's struct, whose members have another order on some machines. All zeros mean the
     * default action, no flags and no mask on each. */
    static const unsigned long action[8];
    sigset_t none;

    /* An exec keeps ignored signals ignored. Two signals cannot be changed, and have the default
     * action. By number: since 2.41, glibc's sigaction() takes a lock for SIGABRT, which a
     * posix_spawn() of another thread may hold. */
    for (int number = 1; number < NSIG; number++)
        (void)syscall(SYS_rt_sigaction, number, action, NULL, NSIG / 8);
    sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Sets up the descriptors of the program: for the agent its ends of the sockets, for the others
 * theirs as descriptor 0. All but 0 to 2 close at the exec. */
static int
hand_descriptors(int program, struct agent_programs programs)
{
    if (program == FETCH_PROGRAM)
        return dup2(FETCHS_END, 0) < 0 ? -1 : 0;
    if (program == PICTURE_PROGRAM)
        return dup2(PICTURES_END, 0) < 0 ? -1 : 0;
    return (programs.fetch >= 0 && fcntl(AGENTS_END_OF_FETCH, F_SETFD, 0) != 0) ||
                   (programs.picture >= 0 && fcntl(AGENTS_END_OF_PICTURE, F_SETFD, 0) != 0)
               ? -1
               : 0;
}

/* Executes one of the programs. */
static void
become(int program, struct agent_programs programs, struct agent_user user, pid_t watcher)
{
    static char names[][16] = {"idinqr-agent", "idinqr-fetch", "idinqr-picture"};
    char *const arguments[] = {names[program - AGENT_PROGRAM], NULL};
    char *const environment[] = {NULL};
    sigset_t none;

    sigemptyset(&none); /* an exec would keep the watcher's mask, but not its handler */
    if (sigprocmask(SIG_SETMASK, &none, NULL) != 0)
        _exit(AGENT_EXIT_PROCESS);
    if (hand_descriptors(program, programs) != 0)
        _exit(AGENT_EXIT_DESCRIPTORS);
    if (drop_rights(user) != 0)
        _exit(AGENT_EXIT_IDENTITY);
    /* After the change of user, which would reset it: the death of the watcher kills the agent. The
     * watcher may have died just before. */
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != watcher)
        _exit(AGENT_EXIT_PROCESS);
    /* By descriptor: the checked file is the one that runs. Its user may not be able to reach its
     * path. */
    syscall(SYS_execveat, program, "", arguments, environment, AT_EMPTY_PATH);
    _exit(AGENT_EXIT_EXEC + (errno < AGENT_EXIT_ERRNO_MAX ? errno : AGENT_EXIT_ERRNO_MAX));
}

/* A vfork(): the watcher is suspended until the exec, and the child runs in its memory without
 * changing it. A copied memory would be discarded at once. */
static pid_t
start(int program, struct agent_programs programs, struct agent_user user, pid_t watcher)
{
    pid_t child = vfork();

    if (child == 0)
        become(program, programs, user, watcher);
    return child;
}

static void
note_child(int number)
{
    (void)number; /* its only effect is to interrupt a poll */
}

/* The agent, and the helpers that run at the moment. */
struct watched {
    struct agent_programs programs;
    struct agent_user user;
    pid_t self;
    pid_t agent;
    pid_t fetch;         /* 0: not running */
    pid_t picture;       /* 0: not running */
    unsigned n_pictures; /* the number of started ones */
};

static void
start_picture(struct watched *watched)
{
    watched->picture = start(PICTURE_PROGRAM, watched->programs, watched->user, watched->self);
    watched->n_pictures++;
    if (watched->picture < 0) {
        watched->picture = 0;
        close(PICTURES_END);
    }
}

/* Reaps the processes that have exited. Returns 1 with the agent's status if it has, and -1 if
 * there are no children. */
static int
reap(struct watched *watched, int *ret_status)
{
    pid_t ended;
    int status;

    while ((ended = (pid_t)syscall(SYS_wait4, -1, &status, WNOHANG, NULL)) > 0) {
        if (ended == watched->agent) {
            *ret_status = status;
            return 1;
        }
        if (ended == watched->fetch)
            watched->fetch = 0; /* the agent sees that its socket is closed */
        if (ended != watched->picture)
            continue;
        watched->picture = 0;
        /* The last copy of this end: the agent sees at once that no answer will come. */
        if (status != 0 || watched->n_pictures == AGENT_PICTURES_MAX)
            close(PICTURES_END);
    }
    return ended == 0 ? 0 : -1;
}

/* Waits until the agent has exited. If the application dies, the agent gets the time to exit by
 * itself. Returns 0 with its status, or -1. */
static int
wait_for_agent(struct watched *watched, int *ret_status)
{
    /* When the application dies, its end of the wire closes, which is POLLHUP. Before that it is
     * shut down in one direction only, which is not. */
    struct pollfd ready[] = {{.fd = 0, .events = 0}, {.events = POLLIN}};
    struct timespec grace = {AGENT_GRACE_MS / 1000, AGENT_GRACE_MS % 1000 * 1000000L};
    bool has_pictures = watched->picture > 0;
    int n, ended;
    sigset_t none;

    sigemptyset(&none);
    do {
        ready[1].fd = has_pictures && watched->picture == 0 ? PICTURES_END : -1;
        ready[1].revents = 0;
        /* SIGCHLD is blocked except inside ppoll(), so none is lost between the check and the wait.
         */
        n = ppoll(ready, 2, ready[0].fd < 0 ? &grace : NULL, &none);
        if (n > 0 && ready[0].revents != 0)
            ready[0].fd = -1; /* handled */
        if (n > 0 && ready[1].revents == POLLIN && ready[0].fd == 0)
            start_picture(watched);
        else if (n > 0 && ready[1].revents != 0)
            has_pictures = false; /* closed, by the agent or above */
        ended = reap(watched, ret_status);
    } while (ended == 0 && n != 0);
    return ended == 1 ? 0 : -1;
}

/* Also if the agent is stopped. */
static void
end_child(pid_t child)
{
    if (child > 0 && kill(child, SIGKILL) == 0)
        (void)syscall(SYS_wait4, child, NULL, 0, NULL);
}

/* Exits as the agent does. If the watcher dies first, the kernel kills the others (see become). */
void
agent_watcher_run(int wire, struct agent_programs programs, struct agent_user user)
{
    const struct sigaction action = {.sa_handler = note_child, .sa_flags = SA_NOCLDSTOP};
    struct watched watched = {.programs = programs, .user = user, .self = getpid()};
    int status = 0, result;
    sigset_t child;

    /* kill(2) and ptrace(2) check the real user id. Under su and sudo it is still the caller's, who
     * could stop this process, and so all that it watches, forever. */
    if (geteuid() == 0 && syscall(CALL_SETRESUID, 0, 0, 0) != 0)
        _exit(AGENT_EXIT_PROCESS);
    (void)setsid(); /* the terminal's signals are for the application */
    default_signals();
    if (chdir("/") != 0 || arrange_descriptors(wire, programs) != 0)
        _exit(AGENT_EXIT_DESCRIPTORS);
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    if (sigprocmask(SIG_BLOCK, &child, NULL) != 0 || sigaction(SIGCHLD, &action, NULL) != 0)
        _exit(AGENT_EXIT_PROCESS);
    /* The program that loads the most starts first. */
    if (programs.fetch >= 0)
        watched.fetch = start(FETCH_PROGRAM, programs, user, watched.self);
    watched.agent = start(AGENT_PROGRAM, programs, user, watched.self);
    if (programs.picture >= 0)
        start_picture(&watched);
    /* The wire stays open: its end tells the application that all processes are gone. The socket of
     * the next picture reader stays open too. No other process has an end of the fetch process's
     * socket, so the agent sees when that process exits. */
    for (int fd = 1; fd < FIRST_UNUSED; fd++)
        if (programs.picture < 0 || (fd > 2 && fd != PICTURES_END && fd != PICTURE_PROGRAM))
            close(fd);
    if (watched.agent < 0)
        _exit(AGENT_EXIT_PROCESS);
    result = wait_for_agent(&watched, &status);
    end_child(watched.picture);
    end_child(watched.fetch);
    if (result != 0)
        _exit(AGENT_EXIT_PROCESS);
    _exit(WIFEXITED(status) ? WEXITSTATUS(status) : AGENT_EXIT_SIGNAL + WTERMSIG(status));
}
