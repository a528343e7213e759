/* SPDX-License-Identifier: BSD-3-Clause */
/* A machine of the test's own: private copies of /etc, /run, /var/log and /dev for this process and
 * what it starts, with two throw-away users and the agent's, so that the real sudo and the real
 * login can be run against any pam.d. Nothing of the real machine's is written; it is all gone with
 * the process. Test code: needs root.
 *
 * Each function but namespace_why_not fails the running test when the system refuses. */
#ifndef IDQ_TESTS_NAMESPACE_H
#define IDQ_TESTS_NAMESPACE_H

/* The users "alice" and "bob" have /bin/sh, a home, may use sudo for anything, and no password. */
#define NAMESPACE_ALICE_UID 61001
#define NAMESPACE_BOB_UID   61002

/* Why this process cannot have one, for RUN_TESTS's skip; NULL when it can. Tries it, in a child.
 */
const char *namespace_why_not(void);

/* Enters one: once in a test, in the process that Check forked for it, before any thread is
 * started. /etc is a copy of the machine's, in which the test can write what it likes. */
void namespace_enter(void);

/* Mounts a disk of two pages on a directory, for this process and what it starts. Needs no
 * namespace_enter. */
void namespace_mount_disk(const char *dir);

/* Enters a network that has a loopback and nothing else. Needs no namespace_enter. */
void namespace_enter_network(void);

/* Replaces /etc/pam.d/<service>. */
void namespace_pam_service(const char *service, const char *text);

/* For terminal_options.prepare in the child: becomes the user named by its argument, with the
 * user's groups and in its home. */
void namespace_become(void *name);

/* All lines that programs have sent to /dev/log before this call, as they came: "<86>Nov 22
 * 16:00:00 sudo: …". Kept (scratch.h). */
char *namespace_log(void);

/* How often a text is in it. */
int namespace_log_count(const char *text);

/* Waits until a line with `text` has been logged. 1, or 0 when the time passed. */
int namespace_wait_log(const char *text, int timeout_ms);

/* The same of so many times. */
int namespace_wait_log_times(const char *text, int times, int timeout_ms);

#endif
