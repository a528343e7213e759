/* SPDX-License-Identifier: BSD-3-Clause */
/* What a process of ours that reads untrusted bytes gives up for good, in steps: each takes away
 * what the step before still needed. Its main() calls them in this order, and nothing else comes
 * between but what is said here.
 *
 *   jail_begin    before the libraries are set up, which read root's own files (openssl.cnf) and
 *                 load what those name
 *   jail_close    before the first byte is read
 *   jail_narrow   in the fetch process (jail_list.h): when SETUP has said what this login needs,
 *                 and before anything of the network
 *
 * Each returns 0, or IDQ_SYSTEM when something could not be given up; the process must then end.
 * What a kernel does not have is no error where Landlock is concerned: the administrator is told.
 */
#ifndef IDQ_JAIL_JAIL_H
#define IDQ_JAIL_JAIL_H

#include "pam_idinqr/wire/link.h"

/* Which process: each has a list of its own of the system calls that are left to it. */
enum jail_kind {
    JAIL_AGENT,   /* its sockets, memory, and random bytes */
    JAIL_FETCH,   /* files and the network: see jail_list.h */
    JAIL_PICTURE, /* its socket and memory */
    JAIL_KINDS,
};

/* "agent", "fetch process", "picture reader": for messages. */
const char *jail_name(enum jail_kind kind);

/* Refuses root; then no new privileges, no core files, no ptrace by its own user, no file written,
 * few descriptors, bounded memory and processor time, no environment but UTC. IDQ_AGENT when any of
 * its user ids is root's, with nothing given up. */
int jail_begin(void);

/* Landlock's first layer (landlock.h) and the system calls (seccomp_filter.h): from here on nothing
 * is written, executed, listed or loaded, and no process is made. Agent and picture reader then
 * have no call that opens a file or a socket. Refuses a process with more than one thread: the
 * others would stay outside. `link` must live as long as the process. */
int jail_close(enum jail_kind kind, struct link *link);

/* Passes `error` on, with a line for the administrator unless it is 0. */
int jail_tell_refusal(enum jail_kind kind, struct link *link, int error);

#endif
