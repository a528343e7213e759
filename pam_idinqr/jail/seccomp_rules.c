/* SPDX-License-Identifier: BSD-3-Clause */
/* Lists the allowed system calls, as rules of libseccomp. Each jailed process runs this with the
 * rights of the agent's user, before it reads untrusted bytes, on no input.
 *
 * The lists come from traces of logins on Debian 12 and 13 (glibc 2.36 and 2.41, libcurl 7.88 and
 * 8.14). Calls that a login does not need are omitted. If a call is missing, the log names it. */
#include "pam_idinqr/jail/seccomp.h"

#include "pam_idinqr/common/array.h"
#include "pam_idinqr/common/error.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* Calls of every jailed process, with any arguments: its socket, memory, and exit. A call that a
 * machine does not have gets a number that no call has. Names with 32 or 64 are mostly of 32-bit
 * machines, and recv and send are arm's. */
static const int allowed[] = {SCMP_SYS(recvfrom), SCMP_SYS(recv), SCMP_SYS(poll), SCMP_SYS(ppoll),
                              SCMP_SYS(ppoll_time64),
                              /* memory that is not executable: see mmap below */
                              SCMP_SYS(brk), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise),
                              SCMP_SYS(futex), SCMP_SYS(futex_time64),
                              /* signals to the process itself, and its exit */
                              SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn), SCMP_SYS(sigreturn),
                              SCMP_SYS(restart_syscall), SCMP_SYS(getpid), SCMP_SYS(gettid),
                              SCMP_SYS(exit), SCMP_SYS(exit_group),
                              /* time, on machines where it needs a system call */
                              SCMP_SYS(clock_gettime), SCMP_SYS(clock_gettime64)};

/* The agent's calls: nonces, and pages for its secrets. The picture reader has no further call. */
static const int allowed_in_agent[] = {SCMP_SYS(getrandom), SCMP_SYS(mlock)};

/* The calls of the fetch process, which uses the network. */
static const int allowed_in_fetch[] = {
    /* open descriptors */
    SCMP_SYS(read), SCMP_SYS(readv), SCMP_SYS(pread64), SCMP_SYS(write), SCMP_SYS(writev),
    SCMP_SYS(lseek), SCMP_SYS(_llseek), SCMP_SYS(close), SCMP_SYS(pipe2), SCMP_SYS(eventfd2),
    /* Presence and age of files: the resolver checks whether its files have changed. */
    SCMP_SYS(fstat), SCMP_SYS(fstat64), SCMP_SYS(newfstatat), SCMP_SYS(fstatat64), SCMP_SYS(statx),
    /* sockets; Landlock limits the addresses */
    SCMP_SYS(connect), SCMP_SYS(recvmsg), SCMP_SYS(getsockname), SCMP_SYS(getpeername),
    SCMP_SYS(getsockopt), SCMP_SYS(shutdown), SCMP_SYS(mlock), SCMP_SYS(mlock2), SCMP_SYS(munlock),
    /* threads: libcurl creates one for each name that it resolves, see clone below */
    SCMP_SYS(set_robust_list), SCMP_SYS(rseq), SCMP_SYS(sched_yield), SCMP_SYS(sched_getaffinity),
    /* time */
    SCMP_SYS(clock_getres), SCMP_SYS(clock_getres_time64), SCMP_SYS(gettimeofday), SCMP_SYS(time),
    SCMP_SYS(nanosleep), SCMP_SYS(clock_nanosleep), SCMP_SYS(clock_nanosleep_time64),
    SCMP_SYS(sigaltstack),
    /* identity of the process and the machine */
    SCMP_SYS(getuid), SCMP_SYS(geteuid), SCMP_SYS(getgid), SCMP_SYS(getegid), SCMP_SYS(getuid32),
    SCMP_SYS(geteuid32), SCMP_SYS(getgid32), SCMP_SYS(getegid32), SCMP_SYS(uname),
    SCMP_SYS(sysinfo), SCMP_SYS(getrandom),
    /* The rest of the jail, after SETUP. These calls can only remove rights. */
    SCMP_SYS(landlock_create_ruleset), SCMP_SYS(landlock_add_rule),
    SCMP_SYS(landlock_restrict_self)};

/* The relay's calls, beside those of the fetch process: its server, and its database in a directory
 * that Landlock names. SQLite believes the answer of access(). */
static const int allowed_in_relay[] = {
    SCMP_SYS(accept4),     SCMP_SYS(epoll_ctl), SCMP_SYS(epoll_wait), SCMP_SYS(epoll_pwait),
    SCMP_SYS(pwrite64),    SCMP_SYS(fsync),     SCMP_SYS(fdatasync),  SCMP_SYS(ftruncate),
    SCMP_SYS(ftruncate64), SCMP_SYS(unlink),    SCMP_SYS(unlinkat),   SCMP_SYS(access),
    SCMP_SYS(faccessat),   SCMP_SYS(faccessat2)};

/* Refused in both with EPERM, after which the caller continues: reading about the system. */
static const int probes[] = {SCMP_SYS(readlink), SCMP_SYS(readlinkat), SCMP_SYS(getdents64),
                             SCMP_SYS(getcwd)};
static const int probes_of_fetch[] = {SCMP_SYS(access), SCMP_SYS(faccessat), SCMP_SYS(faccessat2)};

/* glibc's internal signals, which no header defines. Its first thread installs a handler for the
 * second. */
#define SIGCANCEL 32
#define SIGSETXID 33

/* The calls of the fetch process that are allowed with some values of an argument. All 64 bits are
 * compared, although the kernel ignores the upper 32 of some: any other value is refused. */
static const struct {
    uint32_t action;
    int call;
    unsigned argument;
    uint64_t value;
} choices[] = {
    {SCMP_ACT_ALLOW, SCMP_SYS(fcntl), 1, F_GETFD},
    {SCMP_ACT_ALLOW, SCMP_SYS(fcntl), 1, F_SETFD},
    {SCMP_ACT_ALLOW, SCMP_SYS(fcntl), 1, F_GETFL},
    {SCMP_ACT_ALLOW, SCMP_SYS(fcntl), 1, F_SETFL},
    {SCMP_ACT_ALLOW, SCMP_SYS(fcntl), 1, F_DUPFD_CLOEXEC},
    {SCMP_ACT_ALLOW, SCMP_SYS(fcntl64), 1, F_GETFD}, /* the same on 32 bits */
    {SCMP_ACT_ALLOW, SCMP_SYS(fcntl64), 1, F_SETFD},
    {SCMP_ACT_ALLOW, SCMP_SYS(fcntl64), 1, F_GETFL},
    {SCMP_ACT_ALLOW, SCMP_SYS(fcntl64), 1, F_SETFL},
    {SCMP_ACT_ALLOW, SCMP_SYS(fcntl64), 1, F_DUPFD_CLOEXEC},
    /* the resolver asks for the size of the answer */
    {SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1, FIONREAD},
    {SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1, FIONBIO},       /* libcurl */
    {SCMP_ACT_ERRNO(EPERM), SCMP_SYS(ioctl), 1, TCGETS}, /* stdio asks whether it is a terminal */
    {SCMP_ACT_ALLOW, SCMP_SYS(prctl), 0, PR_SET_NAME},
    /* Not SIGSYS: an attacker in this process must not be able to disable its handler. */
    {SCMP_ACT_ALLOW, SCMP_SYS(rt_sigaction), 0, SIGABRT}, /* abort() */
    {SCMP_ACT_ALLOW, SCMP_SYS(rt_sigaction), 0, SIGPIPE}, /* libcurl, OpenSSL */
    {SCMP_ACT_ALLOW, SCMP_SYS(rt_sigaction), 0, SIGCANCEL},
    {SCMP_ACT_ALLOW, SCMP_SYS(rt_sigaction), 0, SIGSETXID},
    /* The resolver tries nscd and systemd-resolved through the first of these, and can do without.
     * Through the second it asks the kernel for this machine's addresses, and otherwise guesses. */
    {SCMP_ACT_ERRNO(EPERM), SCMP_SYS(socket), 0, AF_UNIX},
    {SCMP_ACT_ERRNO(EPERM), SCMP_SYS(socket), 0, AF_NETLINK},
};

/* TCP and UDP only. SCTP and DCCP would load kernel modules on demand. MPTCP would bypass
 * Landlock's rules for TCP. */
static const struct {
    int type, protocol;
} sockets[] = {
    {SOCK_STREAM, 0}, {SOCK_STREAM, IPPROTO_TCP}, {SOCK_DGRAM, 0}, {SOCK_DGRAM, IPPROTO_UDP}};

static const struct {
    int level, option;
} socket_options[] = {
    {SOL_SOCKET, SO_KEEPALIVE},
    {IPPROTO_TCP, TCP_NODELAY},
    {IPPROTO_IP, IP_RECVERR}, /* the resolver, to learn at once that a name server is unreachable */
    {IPPROTO_IPV6, IPV6_RECVERR},
};

/* The flags that glibc passes to clone(2) for a thread, bit for bit. A new process would lack them.
 */
#define THREAD_FLAGS                                                                               \
    (CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SYSVSEM | CLONE_SIGHAND | CLONE_THREAD |            \
     CLONE_SETTLS | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID)
#ifdef __s390__ /* machines where clone(2) takes the stack first */
#define CLONE_FLAGS_ARGUMENT 1
#else
#define CLONE_FLAGS_ARGUMENT 0
#endif

#define TYPE_MASK 0xF /* of a socket: the other bits are SOCK_CLOEXEC and SOCK_NONBLOCK */
#define OPEN_MASK (O_ACCMODE | O_CREAT | O_TRUNC)

/* The value that an argument must have, in all 64 bits or in the bits of a mask. */
#define IS(argument, value)                                                                        \
    {                                                                                              \
        .arg = (argument), .op = SCMP_CMP_EQ, .datum_a = (value)                                   \
    }
#define MASKED_IS(argument, mask, value)                                                           \
    {                                                                                              \
        .arg = (argument), .op = SCMP_CMP_MASKED_EQ, .datum_a = (mask), .datum_b = (value)         \
    }

/* Adds a rule. `error` is set if libseccomp refuses it. */
#define ADD(action, call, ...)                                                                     \
    (error |= seccomp_rule_add_array(filter, action, call,                                         \
                                     ARRAY_LENGTH(((const struct scmp_arg_cmp[]){__VA_ARGS__})),   \
                                     (const struct scmp_arg_cmp[]){__VA_ARGS__}))

static int
add_each(scmp_filter_ctx filter, uint32_t action, const int *calls, size_t n)
{
    int error = 0;

    for (size_t i = 0; i < n; i++)
        error |= seccomp_rule_add_array(filter, action, calls[i], 0, NULL);
    return error;
}

static int
add_agents(scmp_filter_ctx filter)
{
    return add_each(filter, SCMP_ACT_ALLOW, allowed_in_agent, ARRAY_LENGTH(allowed_in_agent));
}

/* Also of the relay. */
static int
add_fetches(scmp_filter_ctx filter, enum jail_kind kind)
{
    static const int absent[] = {SCMP_SYS(clone3)};
    int error = add_each(filter, SCMP_ACT_ALLOW, allowed_in_fetch, ARRAY_LENGTH(allowed_in_fetch));

    error |= add_each(filter, SCMP_ACT_ERRNO(EPERM), probes, ARRAY_LENGTH(probes));
    if (kind == JAIL_FETCH)
        error |=
            add_each(filter, SCMP_ACT_ERRNO(EPERM), probes_of_fetch, ARRAY_LENGTH(probes_of_fetch));
    for (size_t i = 0; i < ARRAY_LENGTH(choices); i++)
        if (kind != JAIL_RELAY_SOCKET || choices[i].call != SCMP_SYS(socket) ||
            choices[i].value != AF_UNIX)
            ADD(choices[i].action, choices[i].call, IS(choices[i].argument, choices[i].value));
    for (size_t i = 0; i < ARRAY_LENGTH(sockets); i++)
        for (uint64_t v6 = 0; v6 <= 1; v6++)
            ADD(SCMP_ACT_ALLOW, SCMP_SYS(socket), IS(0, v6 ? AF_INET6 : AF_INET),
                MASKED_IS(1, TYPE_MASK, (uint64_t)sockets[i].type),
                IS(2, (uint64_t)sockets[i].protocol));
    /* libcurl wakes itself through a pair of stream sockets. A pair of datagram sockets is refused:
     * each end could send data and descriptors to any socket with a path, and Landlock has no rule
     * for that. */
    ADD(SCMP_ACT_ALLOW, SCMP_SYS(socketpair), IS(0, AF_UNIX), MASKED_IS(1, TYPE_MASK, SOCK_STREAM));
    for (size_t i = 0; i < ARRAY_LENGTH(socket_options); i++)
        ADD(SCMP_ACT_ALLOW, SCMP_SYS(setsockopt), IS(1, (uint64_t)socket_options[i].level),
            IS(2, (uint64_t)socket_options[i].option));
    /* Landlock limits the files. This rule refuses every write, also without Landlock. */
    ADD(SCMP_ACT_ALLOW, SCMP_SYS(openat), MASKED_IS(2, OPEN_MASK, O_RDONLY));
    /* The flags of clone3 are in memory, which no filter can read. If it fails, glibc uses clone.
     */
    ADD(SCMP_ACT_ALLOW, SCMP_SYS(clone), IS(CLONE_FLAGS_ARGUMENT, THREAD_FLAGS));
    error |= add_each(filter, SCMP_ACT_ERRNO(ENOSYS), absent, ARRAY_LENGTH(absent));
    /* Reading limits is allowed, setting them is not. */
    ADD(SCMP_ACT_ALLOW, SCMP_SYS(prlimit64), IS(0, 0), IS(2, 0));
    return error;
}

static int
add_relays(scmp_filter_ctx filter, enum jail_kind kind)
{
    /* SQLite's locks. */
    static const int locks[] = {F_GETLK,   F_SETLK,   F_SETLKW,
                                F_GETLK64, F_SETLK64, F_SETLKW64}; /* the same on 64 bits */
    static const int fcntls[] = {SCMP_SYS(fcntl), SCMP_SYS(fcntl64)};
    static const int options[] = {TCP_CORK, TCP_USER_TIMEOUT, TCP_KEEPIDLE, TCP_KEEPINTVL,
                                  TCP_KEEPCNT};
    int error = add_each(filter, SCMP_ACT_ALLOW, allowed_in_relay, ARRAY_LENGTH(allowed_in_relay));

    for (size_t i = 0; i < ARRAY_LENGTH(fcntls); i++)
        for (size_t j = 0; j < ARRAY_LENGTH(locks); j++)
            ADD(SCMP_ACT_ALLOW, fcntls[i], IS(1, (uint64_t)locks[j]));
    ADD(SCMP_ACT_ALLOW, SCMP_SYS(openat), MASKED_IS(2, OPEN_MASK, O_RDWR));
    ADD(SCMP_ACT_ALLOW, SCMP_SYS(openat), MASKED_IS(2, OPEN_MASK, O_RDWR | O_CREAT));
    /* TCP_CORK: microhttpd, around each answer. The others: libpq, to learn that its server is
     * gone. */
    for (size_t i = 0; i < ARRAY_LENGTH(options); i++)
        ADD(SCMP_ACT_ALLOW, SCMP_SYS(setsockopt), IS(1, IPPROTO_TCP), IS(2, (uint64_t)options[i]));
    if (kind == JAIL_RELAY_SOCKET)
        ADD(SCMP_ACT_ALLOW, SCMP_SYS(socket), IS(0, AF_UNIX), MASKED_IS(1, TYPE_MASK, SOCK_STREAM),
            IS(2, 0));
    return error;
}

/* Every jailed process. */
static int
add_common(scmp_filter_ctx filter)
{
    static const int maps[] = {SCMP_SYS(mmap), SCMP_SYS(mmap2), SCMP_SYS(mprotect)};
    /* Calls with flags, each with the index of that argument. */
    static const struct {
        int call;
        unsigned flags;
    } sends[] = {{SCMP_SYS(send), 3},
                 {SCMP_SYS(sendto), 3},
                 {SCMP_SYS(sendmsg), 2},
                 {SCMP_SYS(sendmmsg), 3}};

    int error = add_each(filter, SCMP_ACT_ALLOW, allowed, ARRAY_LENGTH(allowed));

    /* No new code may be loaded. dlopen() fails as if the library were missing: converters of
     * character sets, and modules of nsswitch. */
    for (size_t i = 0; i < ARRAY_LENGTH(maps); i++) {
        ADD(SCMP_ACT_ALLOW, maps[i], MASKED_IS(2, PROT_EXEC, 0));
        ADD(SCMP_ACT_ERRNO(EPERM), maps[i], MASKED_IS(2, PROT_EXEC, PROT_EXEC));
    }
    /* TCP Fast Open connects without connect(2), which bypasses Landlock's rule. */
    for (size_t i = 0; i < ARRAY_LENGTH(sends); i++)
        ADD(SCMP_ACT_ALLOW, sends[i].call, MASKED_IS(sends[i].flags, MSG_FASTOPEN, 0));
    /* malloc() names its memory. */
    ADD(SCMP_ACT_ERRNO(EPERM), SCMP_SYS(prctl), IS(0, PR_SET_VMA));
    /* abort(), and the handler of SIGSYS. */
    ADD(SCMP_ACT_ALLOW, SCMP_SYS(tgkill), IS(0, (uint64_t)getpid()));
    return error;
}

static void
filter_free(scmp_filter_ctx *filter)
{
    if (*filter)
        seccomp_release(*filter);
}

int
seccomp_rules_load(enum jail_kind kind)
{
    __attribute__((cleanup(filter_free))) scmp_filter_ctx filter = seccomp_init(SCMP_ACT_TRAP);

    /* The caller has set no_new_privs, which the kernel requires. A call of another architecture
     * (32 bits on 64) has other numbers, and kills the process without the handler. */
    if (!filter || seccomp_attr_set(filter, SCMP_FLTATR_CTL_NNP, 0) != 0 ||
        seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS) != 0 ||
        add_common(filter) != 0 || (kind == JAIL_AGENT && add_agents(filter) != 0) ||
        ((kind == JAIL_FETCH || kind >= JAIL_RELAY) && add_fetches(filter, kind) != 0) ||
        (kind >= JAIL_RELAY && add_relays(filter, kind) != 0) || seccomp_load(filter) != 0)
        return IDQ_SYSTEM;
    return 0;
}
