/* SPDX-License-Identifier: BSD-3-Clause */
/* Drops for good the rights that a process no longer needs, before it reads untrusted bytes. Each
 * step removes rights that the previous step still needed. main() calls them in this order, with
 * nothing in between but what is listed here.
 *
 *   jail_begin    before it sets up the libraries, which read files of root's (openssl.cnf) and
 *                 load the libraries that those files name
 *   jail_close    before it reads the first byte
 *   jail_narrow   in the fetch process (fetch/jail_rules.h): after SETUP, which lists the files and
 *                 ports that this login needs, and before any use of the network
 *
 * Each returns 0, or IDQ_SYSTEM if a right could not be dropped: the process must then exit. If the
 * kernel lacks Landlock, or part of it, that is no error: the log tells the administrator. */
#ifndef IDQ_JAIL_JAIL_H
#define IDQ_JAIL_JAIL_H

#include "pam_idinqr/wire/wire.h"

#include <stdbool.h>

/* The jailed processes. Each has a list of allowed system calls. */
enum jail_kind {
    JAIL_AGENT,   /* its sockets, memory, and random bytes */
    JAIL_FETCH,   /* files and the network: see fetch/jail_rules.h */
    JAIL_PICTURE, /* its socket and memory */
    JAIL_RELAY,   /* as the fetch process, and a server and a database: see relay/relay_jail.h */
    JAIL_RELAY_SOCKET, /* the same, with a database that it reaches by a Unix socket */
    JAIL_KINDS,
};

/* Returns "agent", "fetch process", "picture reader" or "relay", for messages. */
const char *jail_name(enum jail_kind kind);

/* Refuses root: returns IDQ_AGENT, and changes nothing, if any user id of the process is root's.
 * Then sets no_new_privs, disables core files and ptrace by the same user, and limits written
 * files, descriptors, memory and processor time. Clears the environment but for the time zone UTC.
 */
int jail_begin(void);

/* Applies Landlock's first layer (landlock.h) and the filter on system calls (seccomp.h).
 * The process can then no longer write, execute, list or load files, or create a process. Agent and
 * picture reader can no longer open a file or a socket. Refuses a process with more than one
 * thread, because the jail would not cover the others. `wire` must live as long as the process. */
int jail_close(enum jail_kind kind, struct wire *wire);

/* Returns whether no second thread runs, which the jail would not cover. */
bool jail_has_one_thread(void);

/* Returns `error`. Unless it is 0, sends a log line for the administrator. */
int jail_tell_refusal(enum jail_kind kind, struct wire *wire, int error);

#endif
