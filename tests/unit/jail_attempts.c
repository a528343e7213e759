/* SPDX-License-Identifier: BSD-3-Clause */
/* See jail_attempts.h. System calls are made by number where the C library has a choice of two. */
#include "tests/unit/jail_attempts.h"

#include "pam_idinqr/common/array.h"
#include "tests/unit/jail_confederate.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* 0 or errno, of what a system call has returned. */
static int
outcome(long result)
{
    return result < 0 ? errno : 0;
}

static int
open_file(const char *path, int flags)
{
    return outcome(open(path, flags | O_CLOEXEC, 0600));
}

/* An attempt that is one expression. */
#define TRY(name, expression)                                                                      \
    static int try_##name(const struct jail_world *world)                                          \
    {                                                                                              \
        (void)world;                                                                               \
        return expression;                                                                         \
    }
#define TRY_CALL(name, ...) TRY(name, outcome(syscall(__VA_ARGS__)))

/* --- files --- */
TRY(read_shadow, open_file("/etc/shadow", O_RDONLY))
TRY(read_passwd, open_file("/etc/passwd", O_RDONLY))
TRY(read_file, open_file(world->file, O_RDONLY))
TRY(read_maps, open_file("/proc/self/maps", O_RDONLY))
TRY(list, open_file("/", O_RDONLY | O_DIRECTORY))
TRY(write_file, open_file(world->file, O_WRONLY))
TRY(create_file, open_file("/tmp/idinqr-jail", O_RDONLY | O_CREAT))
TRY(truncate_file, open_file(world->file, O_RDONLY | O_TRUNC))
TRY(unnamed_file, open_file(world->directory, O_TMPFILE | O_RDWR))
TRY_CALL(truncate, SYS_truncate, world->file, 0L)
TRY_CALL(make_directory, SYS_mkdirat, AT_FDCWD, "/tmp/idinqr-jail", 0700)
TRY_CALL(remove, SYS_unlinkat, AT_FDCWD, world->file, 0)
TRY_CALL(rename, SYS_renameat2, AT_FDCWD, world->file, AT_FDCWD, "/tmp/idinqr-jail", 0)
TRY_CALL(link, SYS_symlinkat, world->file, AT_FDCWD, "/tmp/idinqr-jail")
TRY_CALL(change_mode, SYS_fchmodat, AT_FDCWD, world->file, 0777)

/* --- code --- */
static char *const no_words[] = {NULL};
TRY_CALL(exec, SYS_execve, "/bin/true", no_words, no_words)
TRY_CALL(exec_descriptor, SYS_execveat, AT_FDCWD, "/bin/true", no_words, no_words, 0)
TRY_CALL(memory_file, SYS_memfd_create, "code", 0)

static int
try_map_code(const struct jail_world *world)
{
    (void)world;
    return mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED
               ? errno
               : 0;
}

static int
try_make_code(const struct jail_world *world)
{
    void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    (void)world;
    return page == MAP_FAILED ? errno : outcome(mprotect(page, 4096, PROT_READ | PROT_EXEC));
}

/* --- processes --- */
static int
try_fork(const struct jail_world *world)
{
#ifdef __s390__
    long child = syscall(SYS_clone, 0L, (long)SIGCHLD, 0L, 0L, 0L);
#else
    long child = syscall(SYS_clone, (long)SIGCHLD, 0L, 0L, 0L, 0L);
#endif

    (void)world;
    if (child == 0)
        _exit(0);
    return child < 0 ? errno : outcome(waitpid((pid_t)child, NULL, 0));
}

static int
try_clone3(const struct jail_world *world)
{
    struct {
        uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls;
    } arguments = {.exit_signal = SIGCHLD};
    long child = syscall(SYS_clone3, &arguments, sizeof arguments);

    (void)world;
    if (child == 0)
        _exit(0);
    return child < 0 ? errno : outcome(waitpid((pid_t)child, NULL, 0));
}

TRY_CALL(trace, SYS_ptrace, (long)PTRACE_ATTACH, (long)world->parent, 0L, 0L)
TRY_CALL(read_memory, SYS_process_vm_readv, (long)world->parent, NULL, 0L, NULL, 0L, 0L)
TRY_CALL(open_process, SYS_pidfd_open, (long)world->parent, 0L)
TRY_CALL(kill_parent, SYS_kill, (long)world->parent, 0L)
TRY_CALL(kill_thread, SYS_tgkill, (long)world->parent, (long)world->parent, 0L)
TRY_CALL(signal_own, SYS_rt_sigqueueinfo, (long)world->parent, 0L, NULL)

/* --- rights --- */
TRY_CALL(become_root, SYS_setresuid, 0, 0, 0)
TRY_CALL(groups, SYS_setgroups, 0L, NULL)
TRY_CALL(capabilities, SYS_capset, NULL, NULL)
TRY_CALL(mount, SYS_mount, "none", "/tmp", "tmpfs", 0L, NULL)
TRY_CALL(unshare, SYS_unshare, (long)CLONE_NEWUSER)
TRY_CALL(enter_namespace, SYS_setns, 0, 0)
TRY_CALL(root_directory, SYS_chroot, "/tmp")
TRY_CALL(keyring, SYS_keyctl, 0L, -3L, 0L)
TRY_CALL(new_key, SYS_add_key, "user", "name", "secret", 6L, -3L)
TRY_CALL(raise_limit, SYS_prlimit64, 0L, (long)RLIMIT_CORE, &(struct rlimit){0, 0}, NULL)
TRY_CALL(dumpable, SYS_prctl, (long)PR_SET_DUMPABLE, 1L, 0L, 0L, 0L)
TRY_CALL(other_filter, SYS_seccomp, 0L, 0L, NULL)
TRY_CALL(quiet_handler, SYS_rt_sigaction, (long)SIGSYS, NULL, NULL, 8L)
/* The kernel would cut the number to 32 bits. */
TRY_CALL(quiet_by_high_bits, SYS_rt_sigaction, 0x100000000L + SIGSYS, NULL, NULL, 8L)

/* --- the kernel's large doors --- */
TRY_CALL(bpf, SYS_bpf, 0L, NULL, 0L)
TRY_CALL(io_uring, SYS_io_uring_setup, 1L, NULL)
TRY_CALL(performance, SYS_perf_event_open, NULL, 0L, -1L, -1L, 0L)
TRY_CALL(user_faults, SYS_userfaultfd, 0L)
TRY_CALL(kernel_module, SYS_finit_module, -1L, "", 0L)
TRY(type_at_terminal, outcome(ioctl(0, TIOCSTI, "x")))
#ifdef __x86_64__
TRY_CALL(x32, 0x40000000L + SYS_getpid)
#endif

/* --- the network --- */
static int
make_socket(int family, int type, int protocol)
{
    return outcome(socket(family, type | SOCK_CLOEXEC, protocol));
}

TRY(unix_socket, make_socket(AF_UNIX, SOCK_STREAM, 0))
TRY(netlink_socket, make_socket(AF_NETLINK, SOCK_RAW, 0))
TRY(packet_socket, make_socket(AF_PACKET, SOCK_RAW, 0))
TRY(crypto_socket, make_socket(AF_ALG, SOCK_SEQPACKET, 0))
TRY(vm_socket, make_socket(AF_VSOCK, SOCK_STREAM, 0))
TRY(raw_socket, make_socket(AF_INET, SOCK_RAW, IPPROTO_ICMP))
TRY(ping_socket, make_socket(AF_INET, SOCK_DGRAM, IPPROTO_ICMP))
TRY(sctp_socket, make_socket(AF_INET, SOCK_STREAM, IPPROTO_SCTP))
TRY(mptcp_socket, make_socket(AF_INET6, SOCK_STREAM, IPPROTO_MPTCP))

static int ends[2];
TRY_CALL(pair_of_streams, SYS_socketpair, (long)AF_UNIX, (long)SOCK_STREAM | SOCK_NONBLOCK, 0L,
         ends)
TRY_CALL(pair_of_datagrams, SYS_socketpair, (long)AF_UNIX, (long)SOCK_DGRAM, 0L, ends)
TRY_CALL(raw_pair, SYS_socketpair, (long)AF_UNIX, (long)SOCK_RAW | SOCK_CLOEXEC, 0L, ends)
TRY_CALL(pair_of_packets, SYS_socketpair, (long)AF_UNIX, (long)SOCK_SEQPACKET, 0L, ends)
TRY(pair_to_path, jail_confederate_send(world->confederate))
TRY(pair_to_file, jail_confederate_fetch(world->confederate, "/etc/passwd"))

static struct sockaddr_in
local(unsigned port)
{
    return (struct sockaddr_in){.sin_family = AF_INET,
                                .sin_port = htons((uint16_t)port),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

static int
stream(void)
{
    return socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
}

static int
try_connect(const struct jail_world *world)
{
    struct sockaddr_in to = local(world->port);

    return outcome(connect(stream(), (struct sockaddr *)&to, sizeof to));
}

static int
try_connect_elsewhere(const struct jail_world *world)
{
    struct sockaddr_in to = local(world->other_port);

    return outcome(connect(stream(), (struct sockaddr *)&to, sizeof to));
}

static int
try_fast_open(const struct jail_world *world)
{
    struct sockaddr_in to = local(world->other_port);

    return outcome(sendto(stream(), "x", 1, MSG_FASTOPEN, (struct sockaddr *)&to, sizeof to));
}

static int
try_bind(const struct jail_world *world)
{
    struct sockaddr_in any = local(0);

    (void)world;
    return outcome(bind(stream(), (struct sockaddr *)&any, sizeof any));
}

TRY(listen, outcome(listen(stream(), 1)))

static int
try_socket_program(const struct jail_world *world)
{
    struct sock_filter pass = BPF_STMT(BPF_RET | BPF_K, 0xFFFF);
    struct sock_fprog program = {.len = 1, .filter = &pass};

    (void)world;
    return outcome(setsockopt(stream(), SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program));
}

TRY(kernel_tls, outcome(setsockopt(stream(), IPPROTO_TCP, TCP_ULP, "tls", 3)))

#define ENDED(call_name) .call = call_name
#define REFUSED(number)  .error = number
#define LANDLOCK(abi)    .error = EACCES, .needs_abi = abi
#define OPEN_TO_ALL      .works_outside = 1

static const struct jail_attempt attempts[] = {
    {"read /etc/shadow", try_read_shadow, REFUSED(EACCES)},
    {"read /etc/passwd", try_read_passwd, LANDLOCK(1), OPEN_TO_ALL},
    {"read a file that everybody may read", try_read_file, LANDLOCK(1), OPEN_TO_ALL},
    {"read /proc/self/maps", try_read_maps, LANDLOCK(1), OPEN_TO_ALL},
    {"list the directory /", try_list, LANDLOCK(1), OPEN_TO_ALL},
    {"open a file for writing", try_write_file, ENDED("openat"), OPEN_TO_ALL},
    {"create a file", try_create_file, ENDED("openat")},
    {"cut a file short by open", try_truncate_file, ENDED("openat"), OPEN_TO_ALL},
    {"create a file without a name", try_unnamed_file, ENDED("openat"), OPEN_TO_ALL},
    {"cut a file short", try_truncate, ENDED("truncate"), OPEN_TO_ALL},
    {"make a directory", try_make_directory, ENDED("mkdirat")},
    {"remove a file", try_remove, ENDED("unlinkat")},
    {"rename a file", try_rename, ENDED("renameat2")},
    {"make a symbolic link", try_link, ENDED("symlinkat")},
    {"change a file's mode", try_change_mode, ENDED("fchmodat")},

    {"execute a program", try_exec, ENDED("execve")},
    {"execute a program by descriptor", try_exec_descriptor, ENDED("execveat")},
    {"make a file in memory", try_memory_file, ENDED("memfd_create"), OPEN_TO_ALL},
    {"map executable memory", try_map_code, REFUSED(EPERM), OPEN_TO_ALL},
    {"make memory executable", try_make_code, REFUSED(EPERM), OPEN_TO_ALL},

    {"fork", try_fork, ENDED("clone"), OPEN_TO_ALL},
    {"fork by clone3", try_clone3, REFUSED(ENOSYS), OPEN_TO_ALL},
    {"trace the parent", try_trace, ENDED("ptrace")},
    {"read the parent's memory", try_read_memory, ENDED("process_vm_readv")},
    {"open the parent", try_open_process, ENDED("pidfd_open"), OPEN_TO_ALL},
    {"signal the parent", try_kill_parent, ENDED("kill")},
    {"signal the parent's thread", try_kill_thread, ENDED("tgkill")},
    {"queue a signal", try_signal_own, ENDED("rt_sigqueueinfo")},

    {"become root", try_become_root, ENDED("setresuid")},
    {"change groups", try_groups, ENDED("setgroups")},
    {"set capabilities", try_capabilities, ENDED("capset")},
    {"mount", try_mount, ENDED("mount")},
    {"make a user namespace", try_unshare, ENDED("unshare")},
    {"enter a namespace", try_enter_namespace, ENDED("setns")},
    {"change the root directory", try_root_directory, ENDED("chroot")},
    {"look for a keyring", try_keyring, ENDED("keyctl")},
    {"add a key", try_new_key, ENDED("add_key")},
    {"set a limit", try_raise_limit, ENDED("prlimit64"), OPEN_TO_ALL},
    {"allow core files", try_dumpable, ENDED("prctl"), OPEN_TO_ALL},
    {"lay on another filter", try_other_filter, ENDED("seccomp")},
    {"replace the filter's handler", try_quiet_handler, ENDED("rt_sigaction"), OPEN_TO_ALL},
    {"the same, by a number of 64 bits", try_quiet_by_high_bits, ENDED("rt_sigaction"),
     OPEN_TO_ALL},

    {"bpf", try_bpf, ENDED("bpf")},
    {"io_uring", try_io_uring, ENDED("io_uring_setup")},
    {"perf_event_open", try_performance, ENDED("perf_event_open")},
    {"userfaultfd", try_user_faults, ENDED("userfaultfd")},
    {"load a kernel module", try_kernel_module, ENDED("finit_module")},
    {"type at a terminal", try_type_at_terminal, ENDED("ioctl")},
#ifdef __x86_64__
    {"a call by the numbers of x32", try_x32, ENDED("")},
#endif

    {"socket(AF_UNIX)", try_unix_socket, REFUSED(EPERM), OPEN_TO_ALL},
    {"socket(AF_NETLINK)", try_netlink_socket, REFUSED(EPERM), OPEN_TO_ALL},
    {"socket(AF_PACKET)", try_packet_socket, ENDED("socket")},
    {"socket(AF_ALG)", try_crypto_socket, ENDED("socket")},
    {"socket(AF_VSOCK)", try_vm_socket, ENDED("socket")},
    {"a raw socket", try_raw_socket, ENDED("socket")},
    {"a socket for pings", try_ping_socket, ENDED("socket")},
    {"a socket for SCTP", try_sctp_socket, ENDED("socket")},
    {"a socket for MPTCP", try_mptcp_socket, ENDED("socket")},
    {"a pair of datagram sockets", try_pair_of_datagrams, ENDED("socketpair"), OPEN_TO_ALL},
    {"a pair of raw sockets", try_raw_pair, ENDED("socketpair"), OPEN_TO_ALL},
    {"a pair of packet sockets", try_pair_of_packets, ENDED("socketpair"), OPEN_TO_ALL},
    {"send from a pair to another process", try_pair_to_path, ENDED("socketpair"), OPEN_TO_ALL},
    {"read a file that another process opens", try_pair_to_file, ENDED("socketpair"), OPEN_TO_ALL},
    {"connect to another port", try_connect_elsewhere, LANDLOCK(4), OPEN_TO_ALL},
    {"connect without connect(2): TCP Fast Open", try_fast_open, ENDED("sendto")},
    {"bind a port", try_bind, ENDED("bind"), OPEN_TO_ALL},
    {"listen", try_listen, ENDED("listen"), OPEN_TO_ALL},
    {"put a program on a socket", try_socket_program, ENDED("setsockopt")},
    {"put TLS into the kernel", try_kernel_tls, ENDED("setsockopt")},

    /* What must go on working; else this table would be as good with a jail that kills everything.
     */
    {"connect to the backend's port", try_connect, REFUSED(0), OPEN_TO_ALL},
    {"a pair of streams", try_pair_of_streams, REFUSED(0), OPEN_TO_ALL},
};

const struct jail_attempt *
jail_attempt_at(size_t i)
{
    return i < jail_attempt_count() ? &attempts[i] : NULL;
}

size_t
jail_attempt_count(void)
{
    return ARRAY_LENGTH(attempts);
}
