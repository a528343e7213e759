/* SPDX-License-Identifier: BSD-3-Clause */
/* Which files and ports of the kernel's are in reach, by Landlock: rules that any process can lay
 * on itself, and that it cannot take off. Layers add up: each can only take away more.
 *
 * What Landlock knows depends on the kernel, which says so by a version ("ABI"). Every function
 * takes that version, as landlock_abi told it or a lower one, and asks no more of the kernel than
 * it knows; 0 asks nothing, and does nothing. */
#ifndef IDQ_JAIL_LANDLOCK_H
#define IDQ_JAIL_LANDLOCK_H

#include <stddef.h>

#define LANDLOCK_ABI_BEST 6 /* nothing that came later is asked for */

/* The version of the kernel's Landlock; 0 where it has none, or where it was switched off. */
int landlock_abi(void);

/* What a kernel of this version cannot do of what is asked of it here, as a sentence for the
 * administrator; "" when it can do everything. */
void landlock_lacks(int abi, char *ret_text, size_t size);

/* Lays on the first layer: no file is written, made, changed, removed, listed or executed, no TCP
 * port is offered, no device is told anything, and no signal and no abstract socket reaches a
 * process outside. 0 or IDQ_SYSTEM. */
int landlock_forbid(int abi);

/* The second layer while it is being written: which files may be read, which TCP ports connected
 * to. */
struct landlock_list {
    int abi;
    int ruleset; /* a descriptor, -1 where there is no Landlock */
};

/* 0, or IDQ_SYSTEM with nothing to close. */
int landlock_list_begin(int abi, struct landlock_list *ret_list);

/* A file, or a directory and all that is in it, may be read. The file that `path` leads to now is
 * what is meant, not the name: a file that takes its place later is another one. One that is not
 * there, or not for us, needs no rule. 0 or IDQ_SYSTEM. */
int landlock_list_file(const struct landlock_list *list, const char *path);

/* This TCP port, of any address, may be connected to. 0 or IDQ_SYSTEM. */
int landlock_list_port(const struct landlock_list *list, unsigned port);

/* Lays it on: nothing else is read, or connected to by TCP. 0 or IDQ_SYSTEM. */
int landlock_list_enter(const struct landlock_list *list);

void landlock_list_close(struct landlock_list *list);

#endif
