/* SPDX-License-Identifier: BSD-3-Clause */
/* Memory and system calls that fail when an input says so: the linker (--wrap) leads the module's
 * calls through here. Off, but between failing_calls_arm and failing_calls_disarm. */
#ifndef IDQ_TESTS_FUZZ_FAILING_CALLS_H
#define IDQ_TESTS_FUZZ_FAILING_CALLS_H

#include "tests/fuzz/input.h"

enum call {
    CALL_MALLOC,
    CALL_CALLOC,
    CALL_REALLOCARRAY,
    CALL_MMAP,
    CALL_OPEN,
    CALL_FSTAT,
    CALL_STAT,
    CALL_LSTAT,
    CALL_READ,
    CALL_SCANDIR,
    CALL_SOCKETPAIR,
    CALL_SIGNALFD,
    CALL_CLONE,
    CALL_GETPWNAM,
    CALL_SEND,
    CALL_RECV,
    CALL_POLL,
    CALL_WAITPID,
    CALL_FMEMOPEN,
    CALL_OPEN_MEMSTREAM,
    CALL_VASPRINTF,
    CALL_GETRANDOM,
    CALL_PAM_GET_ITEM,
    CALL_PAM_SET_ITEM,
    CALLS
};

/* Reads what is to fail: a number of failures (at most 7), and for each the call, and which one of
 * them: the first is 0. Bit 6 makes it EINTR where a call knows that, bit 7 makes all that follow
 * fail too. */
void failing_calls_arm(struct input *input);
void failing_calls_disarm(void);
int failing_calls_are_armed(void);

/* How many failures the input asked for. */
unsigned failing_calls_count(void);

/* Counts this call; 1, with errno set, when it is one that fails. */
int failing_calls_now(enum call call);

/* While a conversation runs, the host's own calls are not to fail. */
void failing_calls_hold(int is_held);

/* Mappings that the module has made and not taken back. */
int failing_calls_mappings(void);

/* The descriptor of the last terminal that was opened, or -1. */
int failing_calls_terminal(void);

#endif
