/* SPDX-License-Identifier: BSD-3-Clause */
/* Limits which files and ports a process can reach. Landlock is a kernel feature: a process adds
 * layers of rules to itself and can never remove them. Each layer can only reduce the rights.
 *
 * The features of Landlock depend on the kernel, which reports them as a version ("ABI"). Every
 * function takes that version, as landlock_abi returned it, or a lower one. It uses only features
 * of that version. With 0 it does nothing. */
#ifndef IDQ_JAIL_LANDLOCK_H
#define IDQ_JAIL_LANDLOCK_H

#include <stddef.h>

#define LANDLOCK_ABI_BEST 6 /* the newest version that this code uses */

/* Returns the version of the kernel's Landlock, or 0 if the kernel has none or has it disabled. */
int landlock_abi(void);

/* Returns a sentence for the administrator on the rights that a kernel of this version cannot
 * restrict. Returns "" if it can restrict all. */
void landlock_lacks(int abi, char *ret_text, size_t size);

/* Applies the first layer. The process can no longer write, create, change, remove, list or execute
 * files, listen on TCP ports, or use ioctl() on devices. It cannot send signals, or connect to
 * abstract sockets, outside of the layer. Returns 0 or IDQ_SYSTEM. */
int landlock_forbid(int abi);

/* The same, but files in this directory can be written, made and removed, and it can be listed. */
int landlock_forbid_outside(int abi, const char *directory);

/* The second layer while it is built: the files that the process may read, and the TCP ports that
 * it may connect to. */
struct landlock_list {
    int abi;
    int ruleset; /* a descriptor, or -1 without Landlock */
};

/* Returns 0, or IDQ_SYSTEM with nothing to close. */
int landlock_list_begin(int abi, struct landlock_list *ret_list);

/* Allows reading a file, or a directory and everything in it. The rule is for the file that `path`
 * names now: a file that replaces it later is not readable. A missing or unreachable file needs no
 * rule. Returns 0 or IDQ_SYSTEM. */
int landlock_list_file(const struct landlock_list *list, const char *path);

/* Allows connecting to this TCP port on any address. Returns 0 or IDQ_SYSTEM. */
int landlock_list_port(const struct landlock_list *list, unsigned port);

/* Applies the layer. All other reads and TCP connects fail from now on. Returns 0 or IDQ_SYSTEM. */
int landlock_list_enter(const struct landlock_list *list);

void landlock_list_close(struct landlock_list *list);

#endif
