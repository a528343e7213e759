/* SPDX-License-Identifier: BSD-3-Clause */
/* Finds in /proc the processes that a program under test starts, even if their parent changes. So a
 * test can make sure that no process is left. Test code: needs no rights, and kills nothing. */
#ifndef IDQ_TESTS_PROCESSES_H
#define IDQ_TESTS_PROCESSES_H

#include <sys/types.h>

/* For processes_must_end after whatever ends a login: 2 s is what a login promises to leave in,
 * the rest is for two cores that others use at the same time. */
#define PROCESSES_LEAVE_MS 3000

/* From now on orphans of this process's children become its own, and what runs below it now (a
 * backend, a shell) does not count. Call it once in a test, before the program is started. */
void processes_begin(void);

/* Waits until nothing runs below this process that did not at processes_begin, and until nothing
 * that has ended waits for its parent to notice. When the time passes first, the running test fails
 * and names what is left. */
void processes_must_end(int timeout_ms);

/* Waits until processes_find(0, name) finds none. 1, or 0 when the time passed. */
int processes_wait_gone(const char *name, int timeout_ms);

/* Returns a process that counts and has not ended. It has this name (comm: at most 15 characters)
 * and is a child of `parent` (0: of any process). Returns 0 if there is no such process. */
pid_t processes_find(pid_t parent, const char *name);

/* The same, anywhere below `ancestor`, for a process that is not above it: whatever began when. Of
 * any name where that is NULL. */
pid_t processes_find_below(pid_t ancestor, const char *name);

/* Waits until it is in this state ('T' stopped, 'S' asleep …). 1, or 0 when the time passed. */
int processes_wait_state(pid_t pid, char state, int timeout_ms);

struct processes_usage {
    int count;
    long memory_kib;  /* what they take together: shared pages count once for all that share them;
                         0 for those into which only root may look */
    long descriptors; /* open, of all; the same */
};

/* Those that count and have this name, the children of this process's own name among them. */
void processes_usage(const char *name, struct processes_usage *ret_usage);

#endif
