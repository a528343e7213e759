/* SPDX-License-Identifier: BSD-3-Clause */
/* Calls Landlock by its system calls, because glibc has no functions for them. The agent, the fetch
 * process and the picture reader run this, with the rights of the agent's user. The paths and ports
 * come from tables of the program and from the module. */
#include "pam_idinqr/jail/landlock.h"

#include "pam_idinqr/common/error.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The kernel's constants, as in <linux/landlock.h>. That header is as old as the machine that
 * builds, and the kernel may be newer: the header of Debian 12 ends at version 2. */
#define CREATE_RULESET_VERSION 1U
#define RULE_PATH_BENEATH      1
#define RULE_NET_PORT          2

enum {
    /* version 1, Linux 5.13 */
    FS_EXECUTE = 1 << 0,
    FS_WRITE_FILE = 1 << 1,
    FS_READ_FILE = 1 << 2,
    FS_READ_DIR = 1 << 3,
    FS_REMOVE_DIR = 1 << 4,
    FS_REMOVE_FILE = 1 << 5,
    FS_MAKE_CHAR = 1 << 6,
    FS_MAKE_DIR = 1 << 7,
    FS_MAKE_REG = 1 << 8,
    FS_MAKE_SOCK = 1 << 9,
    FS_MAKE_FIFO = 1 << 10,
    FS_MAKE_BLOCK = 1 << 11,
    FS_MAKE_SYM = 1 << 12,
    /* version 2, Linux 5.19: links and renames between directories. A kernel of version 1 forbids
     * them to each process with a Landlock layer. */
    FS_REFER = 1 << 13,
    /* version 3, Linux 6.2 */
    FS_TRUNCATE = 1 << 14,
    /* version 5, Linux 6.10: ioctl() on devices opened from then on */
    FS_IOCTL_DEV = 1 << 15,
};

enum { /* version 4, Linux 6.7 */
       NET_BIND_TCP = 1 << 0,
       NET_CONNECT_TCP = 1 << 1,
};

enum { /* version 6, Linux 6.12 */
       SCOPE_ABSTRACT_UNIX_SOCKET = 1 << 0,
       SCOPE_SIGNAL = 1 << 1,
};

/* A kernel that knows fewer fields accepts the whole struct if the unknown fields are 0. */
struct ruleset {
    uint64_t handled_fs;
    uint64_t handled_net;
    uint64_t scoped;
};

struct path_rule {
    uint64_t allowed;
    int32_t parent;
} __attribute__((packed));

struct port_rule {
    uint64_t allowed;
    uint64_t port;
};

int
landlock_abi(void)
{
    long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, CREATE_RULESET_VERSION);

    /* ENOSYS: not built in. EOPNOTSUPP: switched off at boot. EPERM: a container's own filter. */
    if (abi < 0)
        return 0;
    return abi < LANDLOCK_ABI_BEST ? (int)abi : LANDLOCK_ABI_BEST;
}

/* Reports only rights that nothing else covers. The filter on system calls also refuses the
 * operations that versions 3, 5 and 6 added. */
void
landlock_lacks(int abi, char *ret_text, size_t size)
{
    ret_text[0] = '\0';
    if (abi == 0)
        snprintf(ret_text, size,
                 "the kernel has no Landlock: the agent may read what its user may read, and "
                 "connect to any TCP port");
    else if (abi < 4)
        snprintf(ret_text, size,
                 "the kernel's Landlock (version %d) has no rules for ports: the agent may connect "
                 "to any TCP port",
                 abi);
}

static long
create(const struct ruleset *ruleset)
{
    return syscall(SYS_landlock_create_ruleset, ruleset, sizeof *ruleset, 0U);
}

static int
enter(int ruleset)
{
    return syscall(SYS_landlock_restrict_self, ruleset, 0U) != 0 ? IDQ_SYSTEM : 0;
}

static int
add_path(int ruleset, const char *path, uint64_t allowed)
{
    struct path_rule rule = {.allowed = allowed, .parent = open(path, O_PATH | O_CLOEXEC)};
    int error;

    /* an unreachable path needs no rule; a full table of descriptors is an error */
    if (rule.parent < 0)
        return errno == EMFILE || errno == ENFILE || errno == ENOMEM ? IDQ_SYSTEM : 0;
    error =
        syscall(SYS_landlock_add_rule, ruleset, RULE_PATH_BENEATH, &rule, 0U) != 0 ? IDQ_SYSTEM : 0;
    close(rule.parent);
    return error;
}

int
landlock_forbid(int abi)
{
    return landlock_forbid_outside(abi, NULL);
}

int
landlock_forbid_outside(int abi, const char *directory)
{
    struct ruleset rules = {.handled_fs = FS_EXECUTE | FS_WRITE_FILE | FS_READ_DIR | FS_REMOVE_DIR |
                                          FS_REMOVE_FILE | FS_MAKE_CHAR | FS_MAKE_DIR |
                                          FS_MAKE_REG | FS_MAKE_SOCK | FS_MAKE_FIFO |
                                          FS_MAKE_BLOCK | FS_MAKE_SYM};
    long ruleset;
    int error;

    if (abi == 0)
        return 0;
    if (abi >= 2)
        rules.handled_fs |= FS_REFER;
    if (abi >= 3)
        rules.handled_fs |= FS_TRUNCATE;
    if (abi >= 4)
        rules.handled_net = NET_BIND_TCP;
    if (abi >= 5)
        rules.handled_fs |= FS_IOCTL_DEV;
    if (abi >= 6)
        rules.scoped = SCOPE_ABSTRACT_UNIX_SOCKET | SCOPE_SIGNAL;
    ruleset = create(&rules);
    if (ruleset < 0)
        return IDQ_SYSTEM;
    /* A layer without rules refuses every operation that it handles. */
    error = directory ? add_path((int)ruleset, directory,
                                 rules.handled_fs & (FS_WRITE_FILE | FS_READ_DIR | FS_REMOVE_FILE |
                                                     FS_MAKE_REG | FS_TRUNCATE))
                      : 0;
    if (!error)
        error = enter((int)ruleset);
    close((int)ruleset);
    return error;
}

int
landlock_list_begin(int abi, struct landlock_list *ret_list)
{
    const struct ruleset rules = {.handled_fs = FS_READ_FILE,
                                  .handled_net = abi >= 4 ? NET_CONNECT_TCP : 0};

    *ret_list = (struct landlock_list){.abi = abi, .ruleset = -1};
    if (abi == 0)
        return 0;
    ret_list->ruleset = (int)create(&rules);
    return ret_list->ruleset < 0 ? IDQ_SYSTEM : 0;
}

int
landlock_list_file(const struct landlock_list *list, const char *path)
{
    return list->abi == 0 ? 0 : add_path(list->ruleset, path, FS_READ_FILE);
}

int
landlock_list_port(const struct landlock_list *list, unsigned port)
{
    const struct port_rule rule = {.allowed = NET_CONNECT_TCP, .port = port};

    if (list->abi < 4)
        return 0;
    return syscall(SYS_landlock_add_rule, list->ruleset, RULE_NET_PORT, &rule, 0U) != 0 ? IDQ_SYSTEM
                                                                                        : 0;
}

int
landlock_list_enter(const struct landlock_list *list)
{
    return list->abi == 0 ? 0 : enter(list->ruleset);
}

void
landlock_list_close(struct landlock_list *list)
{
    if (list->ruleset >= 0)
        close(list->ruleset);
    list->ruleset = -1;
}
