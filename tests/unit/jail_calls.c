/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/unit/jail_calls.h"

#include "pam_idinqr/common/array.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#define TYPE_BITS 0xFUL /* of a socket's type: the others are flags */

/* What glibc's pthread_create passes to clone(2). */
#define THREAD 0x3D0F00UL
#ifdef __s390__
#define CLONE_FLAGS 1
#else
#define CLONE_FLAGS 0
#endif

/* The rule of a call, and its bases below. */
#define RULE(call)  static enum jail_outcome by_##call(const unsigned long *arguments, pid_t self)
#define BASES(call) static const unsigned long bases_##call[][JAIL_CALL_ARGUMENTS]
#define END                                                                                        \
    {                                                                                              \
        NO_BASE                                                                                    \
    }

RULE(clone)
{
    (void)self;
    return arguments[CLONE_FLAGS] == THREAD ? JAIL_ALLOWS : JAIL_ENDS;
}
/* The second is a vfork. */
BASES(clone) = {{[CLONE_FLAGS] = THREAD}, {[CLONE_FLAGS] = CLONE_VM | CLONE_VFORK | SIGCHLD}, END};

RULE(fcntl)
{
    (void)self;
    switch (arguments[1]) {
    case F_GETFD:
    case F_SETFD:
    case F_GETFL:
    case F_SETFL:
    case F_DUPFD_CLOEXEC:
        return JAIL_ALLOWS;
    }
    return JAIL_ENDS;
}
BASES(fcntl) = {{3, F_SETFD}, {3, F_DUPFD_CLOEXEC}, {3, F_ADD_SEALS}, END};

RULE(ioctl)
{
    (void)self;
    switch (arguments[1]) {
    case FIONREAD:
    case FIONBIO:
        return JAIL_ALLOWS;
    case TCGETS:
        return JAIL_EPERM;
    }
    return JAIL_ENDS;
}
BASES(ioctl) = {{3, FIONREAD}, {3, FIONBIO}, {3, TCGETS}, {3, TIOCSTI}, END};

RULE(map)
{
    (void)self;
    return arguments[2] & PROT_EXEC ? JAIL_EPERM : JAIL_ALLOWS;
}
BASES(map) = {{0, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS},
              {0, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE},
              END};

RULE(openat)
{
    (void)self;
    return arguments[2] & (O_WRONLY | O_RDWR | O_CREAT | O_TRUNC) ? JAIL_ENDS : JAIL_ALLOWS;
}
BASES(openat) = {{0, 0, O_RDONLY | O_CLOEXEC}, {0, 0, O_WRONLY | O_TRUNC}, END};

RULE(prctl)
{
    (void)self;
    return arguments[0] == PR_SET_NAME  ? JAIL_ALLOWS
           : arguments[0] == PR_SET_VMA ? JAIL_EPERM
                                        : JAIL_ENDS;
}
BASES(prctl) = {{PR_SET_NAME}, {PR_SET_VMA}, {PR_SET_PTRACER}, END};

/* A limit is read, of this process alone. */
RULE(prlimit64)
{
    (void)self;
    return arguments[0] == 0 && arguments[2] == 0 ? JAIL_ALLOWS : JAIL_ENDS;
}
BASES(prlimit64) = {{0, 7, 0, 4096}, {1, 7, 0, 4096}, {0, 7, 4096, 0}, {SELF, 7, 0, 4096}, END};

/* 32 and 33 are glibc's own. */
RULE(rt_sigaction)
{
    (void)self;
    return arguments[0] == SIGABRT || arguments[0] == SIGPIPE || arguments[0] == 32 ||
                   arguments[0] == 33
               ? JAIL_ALLOWS
               : JAIL_ENDS;
}
BASES(rt_sigaction) = {{SIGABRT, 4096, 0, 8}, {33, 4096, 0, 8}, {SIGSYS, 4096, 0, 8}, END};

RULE(send)
{
    (void)self;
    return arguments[3] & MSG_FASTOPEN ? JAIL_ENDS : JAIL_ALLOWS;
}
BASES(send) = {{3, 4096, 1, MSG_NOSIGNAL}, {3, 4096, 1, MSG_FASTOPEN}, END};

RULE(sendmsg)
{
    (void)self;
    return arguments[2] & MSG_FASTOPEN ? JAIL_ENDS : JAIL_ALLOWS;
}
BASES(sendmsg) = {{3, 4096, MSG_NOSIGNAL}, {3, 4096, MSG_FASTOPEN}, END};

RULE(setsockopt)
{
    static const struct {
        unsigned long level, option;
    } allowed[] = {{SOL_SOCKET, SO_KEEPALIVE},
                   {IPPROTO_TCP, TCP_NODELAY},
                   {IPPROTO_IP, IP_RECVERR},
                   {IPPROTO_IPV6, IPV6_RECVERR}};

    (void)self;
    for (size_t i = 0; i < ARRAY_LENGTH(allowed); i++)
        if (arguments[1] == allowed[i].level && arguments[2] == allowed[i].option)
            return JAIL_ALLOWS;
    return JAIL_ENDS;
}
BASES(setsockopt) = {
    {3, SOL_SOCKET, SO_KEEPALIVE, 4096, 4},    {3, IPPROTO_TCP, TCP_NODELAY, 4096, 4},
    {3, IPPROTO_IP, IP_RECVERR, 4096, 4},      {3, IPPROTO_IPV6, IPV6_RECVERR, 4096, 4},
    {3, SOL_SOCKET, SO_BINDTODEVICE, 4096, 4}, END};

RULE(socket)
{
    unsigned long type = arguments[1] & TYPE_BITS;

    (void)self;
    if (arguments[0] == AF_UNIX || arguments[0] == AF_NETLINK)
        return JAIL_EPERM;
    return (arguments[0] == AF_INET || arguments[0] == AF_INET6) &&
                   ((type == SOCK_STREAM && (arguments[2] == 0 || arguments[2] == IPPROTO_TCP)) ||
                    (type == SOCK_DGRAM && (arguments[2] == 0 || arguments[2] == IPPROTO_UDP)))
               ? JAIL_ALLOWS
               : JAIL_ENDS;
}
BASES(socket) = {{AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0},
                 {AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_TCP},
                 {AF_INET6, SOCK_DGRAM | SOCK_NONBLOCK, 0},
                 {AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, IPPROTO_UDP},
                 {AF_INET, SOCK_STREAM, IPPROTO_MPTCP},
                 {AF_INET, SOCK_RAW, IPPROTO_RAW},
                 {AF_UNIX, SOCK_STREAM, 0},
                 {AF_UNIX, SOCK_DGRAM, 0},
                 {AF_NETLINK, SOCK_RAW, 0},
                 END};

RULE(socketpair)
{
    (void)self;
    return arguments[0] == AF_UNIX && (arguments[1] & TYPE_BITS) == SOCK_STREAM ? JAIL_ALLOWS
                                                                                : JAIL_ENDS;
}
BASES(socketpair) = {
    {AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, 4096}, {AF_UNIX, SOCK_DGRAM, 0, 4096}, END};

RULE(tgkill)
{
    return arguments[0] == (unsigned long)self ? JAIL_ALLOWS : JAIL_ENDS;
}
BASES(tgkill) = {{SELF, SELF, SIGABRT}, {1, 1, SIGABRT}, END};

/* The processes that a row is of. A call that one of them lacks ends that one. */
#define AGENT   (1 << JAIL_AGENT)
#define FETCH   (1 << JAIL_FETCH)
#define RELAY   (1 << JAIL_RELAY | 1 << JAIL_RELAY_SOCKET)
#define NETWORK (FETCH | RELAY)
#define EACH    (AGENT | NETWORK | 1 << JAIL_PICTURE)

#define ALLOWED(call, in)                                                                          \
    {                                                                                              \
        call, in, JAIL_ALLOWS, NULL, NULL                                                          \
    }
#define EPERM_OF(call, in)                                                                         \
    {                                                                                              \
        call, in, JAIL_EPERM, NULL, NULL                                                           \
    }
#define ENOSYS_OF(call, in)                                                                        \
    {                                                                                              \
        call, in, JAIL_ENOSYS, NULL, NULL                                                          \
    }
#define DEPENDS(call, as, in)                                                                      \
    {                                                                                              \
        call, in, JAIL_ENDS, by_##as, bases_##as                                                   \
    }

static const struct jail_call calls[] = {
    ALLOWED("accept4", RELAY),
    EPERM_OF("access", FETCH), /* see jail_call_of */
    ALLOWED("brk", EACH),
    ALLOWED("clock_getres", NETWORK),
    ALLOWED("clock_getres_time64", NETWORK),
    ALLOWED("clock_gettime", EACH),
    ALLOWED("clock_gettime64", EACH),
    ALLOWED("clock_nanosleep", NETWORK),
    ALLOWED("clock_nanosleep_time64", NETWORK),
    DEPENDS("clone", clone, NETWORK),
    ENOSYS_OF("clone3", NETWORK),
    ALLOWED("close", NETWORK),
    ALLOWED("connect", NETWORK),
    ALLOWED("epoll_ctl", RELAY),
    ALLOWED("epoll_pwait", RELAY),
    ALLOWED("epoll_wait", RELAY),
    ALLOWED("eventfd2", NETWORK),
    ALLOWED("exit", EACH),
    ALLOWED("exit_group", EACH),
    EPERM_OF("faccessat", FETCH),  /* see jail_call_of */
    EPERM_OF("faccessat2", FETCH), /* see jail_call_of */
    DEPENDS("fcntl", fcntl, NETWORK),
    DEPENDS("fcntl64", fcntl, NETWORK),
    ALLOWED("fdatasync", RELAY),
    ALLOWED("fstat", NETWORK),
    ALLOWED("fstat64", NETWORK),
    ALLOWED("fstatat64", NETWORK),
    ALLOWED("fsync", RELAY),
    ALLOWED("ftruncate", RELAY),
    ALLOWED("ftruncate64", RELAY),
    ALLOWED("futex", EACH),
    ALLOWED("futex_time64", EACH),
    EPERM_OF("getcwd", NETWORK),
    EPERM_OF("getdents64", NETWORK),
    ALLOWED("getegid", NETWORK),
    ALLOWED("getegid32", NETWORK),
    ALLOWED("geteuid", NETWORK),
    ALLOWED("geteuid32", NETWORK),
    ALLOWED("getgid", NETWORK),
    ALLOWED("getgid32", NETWORK),
    ALLOWED("getpeername", NETWORK),
    ALLOWED("getpid", EACH),
    ALLOWED("getrandom", AGENT | NETWORK),
    ALLOWED("getsockname", NETWORK),
    ALLOWED("getsockopt", NETWORK),
    ALLOWED("gettid", EACH),
    ALLOWED("gettimeofday", NETWORK),
    ALLOWED("getuid", NETWORK),
    ALLOWED("getuid32", NETWORK),
    DEPENDS("ioctl", ioctl, NETWORK),
    ALLOWED("landlock_add_rule", NETWORK),
    ALLOWED("landlock_create_ruleset", NETWORK),
    ALLOWED("landlock_restrict_self", NETWORK),
    ALLOWED("_llseek", NETWORK),
    ALLOWED("lseek", NETWORK),
    ALLOWED("madvise", EACH),
    ALLOWED("mlock", AGENT | NETWORK),
    ALLOWED("mlock2", NETWORK),
    DEPENDS("mmap", map, EACH),
    DEPENDS("mmap2", map, EACH),
    DEPENDS("mprotect", map, EACH),
    ALLOWED("mremap", EACH),
    ALLOWED("munlock", NETWORK),
    ALLOWED("munmap", EACH),
    ALLOWED("nanosleep", NETWORK),
    ALLOWED("newfstatat", NETWORK),
    DEPENDS("openat", openat, NETWORK),
    ALLOWED("pipe2", NETWORK),
    ALLOWED("poll", EACH),
    ALLOWED("ppoll", EACH),
    ALLOWED("ppoll_time64", EACH),
    DEPENDS("prctl", prctl, NETWORK), /* see jail_call_of */
    ALLOWED("pread64", NETWORK),
    DEPENDS("prlimit64", prlimit64, NETWORK),
    ALLOWED("pwrite64", RELAY),
    ALLOWED("read", NETWORK),
    EPERM_OF("readlink", NETWORK),
    EPERM_OF("readlinkat", NETWORK),
    ALLOWED("readv", NETWORK),
    ALLOWED("recv", EACH),
    ALLOWED("recvfrom", EACH),
    ALLOWED("recvmsg", NETWORK),
    ALLOWED("restart_syscall", EACH),
    ALLOWED("rseq", NETWORK),
    DEPENDS("rt_sigaction", rt_sigaction, NETWORK),
    ALLOWED("rt_sigprocmask", EACH),
    ALLOWED("rt_sigreturn", EACH),
    ALLOWED("sched_getaffinity", NETWORK),
    ALLOWED("sched_yield", NETWORK),
    DEPENDS("send", send, EACH),
    DEPENDS("sendmmsg", send, EACH),
    DEPENDS("sendmsg", sendmsg, EACH),
    DEPENDS("sendto", send, EACH),
    ALLOWED("set_robust_list", NETWORK),
    DEPENDS("setsockopt", setsockopt, NETWORK),
    ALLOWED("shutdown", NETWORK),
    ALLOWED("sigaltstack", NETWORK),
    ALLOWED("sigreturn", EACH),
    DEPENDS("socket", socket, NETWORK),
    DEPENDS("socketpair", socketpair, NETWORK),
    ALLOWED("statx", NETWORK),
    ALLOWED("sysinfo", NETWORK),
    DEPENDS("tgkill", tgkill, EACH),
    ALLOWED("time", NETWORK),
    ALLOWED("uname", NETWORK),
    ALLOWED("unlink", RELAY),
    ALLOWED("unlinkat", RELAY),
    ALLOWED("write", NETWORK),
    ALLOWED("writev", NETWORK),
};

const struct jail_call *
jail_call_at(size_t i)
{
    return i < ARRAY_LENGTH(calls) ? &calls[i] : NULL;
}

static enum jail_outcome
by_prctl_of_few(const unsigned long *arguments, pid_t self)
{
    (void)self;
    return arguments[0] == PR_SET_VMA ? JAIL_EPERM : JAIL_ENDS;
}

/* Beside the fetch process's: the locks, files and answers of the relay. */
RULE(fcntl_of_relay)
{
    unsigned long lock = arguments[1];

    return lock == F_GETLK || lock == F_SETLK || lock == F_SETLKW || lock == F_GETLK64 ||
                   lock == F_SETLK64 || lock == F_SETLKW64
               ? JAIL_ALLOWS
               : by_fcntl(arguments, self);
}

RULE(openat_of_relay)
{
    unsigned long flags = arguments[2] & (O_ACCMODE | O_CREAT | O_TRUNC);

    return flags == O_RDWR || flags == (O_RDWR | O_CREAT) ? JAIL_ALLOWS
                                                          : by_openat(arguments, self);
}

RULE(setsockopt_of_relay)
{
    unsigned long option = arguments[2];

    return arguments[1] == IPPROTO_TCP &&
                   (option == TCP_CORK || option == TCP_USER_TIMEOUT || option == TCP_KEEPIDLE ||
                    option == TCP_KEEPINTVL || option == TCP_KEEPCNT)
               ? JAIL_ALLOWS
               : by_setsockopt(arguments, self);
}

/* A stream to the database. */
RULE(socket_of_relay)
{
    if (arguments[0] == AF_UNIX)
        return (arguments[1] & TYPE_BITS) == SOCK_STREAM && arguments[2] == 0 ? JAIL_ALLOWS
                                                                              : JAIL_ENDS;
    return by_socket(arguments, self);
}

const struct jail_call *
jail_call_of(enum jail_kind kind, const struct jail_call *call)
{
    static const struct jail_call none = {.outcome = JAIL_ENDS};
    static const struct jail_call prctl = {.by_arguments = by_prctl_of_few};
    static const struct jail_call relay[] = {
        {.name = "access", .outcome = JAIL_ALLOWS},
        {.name = "faccessat", .outcome = JAIL_ALLOWS},
        {.name = "faccessat2", .outcome = JAIL_ALLOWS},
        {.name = "fcntl", .by_arguments = by_fcntl_of_relay},
        {.name = "fcntl64", .by_arguments = by_fcntl_of_relay},
        {.name = "openat", .by_arguments = by_openat_of_relay},
        {.name = "setsockopt", .by_arguments = by_setsockopt_of_relay}};

    static const struct jail_call socket = {.name = "socket", .by_arguments = by_socket_of_relay};

    if (kind == JAIL_RELAY_SOCKET && call->name && strcmp(call->name, "socket") == 0)
        return &socket;
    for (size_t i = 0; kind >= JAIL_RELAY && call->name && i < ARRAY_LENGTH(relay); i++)
        if (strcmp(call->name, relay[i].name) == 0)
            return &relay[i];
    if (call->in >> kind & 1)
        return call;
    return call->name && strcmp(call->name, "prctl") == 0 ? &prctl : &none;
}
