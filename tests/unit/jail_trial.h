/* SPDX-License-Identifier: BSD-3-Clause */
/* Something done by a process in its jail, and what came of it. The process enters the jail
 * by the functions that its main() calls; where the tests run as root it is another user
 * first. Test code. */
#ifndef IDQ_TESTS_JAIL_TRIAL_H
#define IDQ_TESTS_JAIL_TRIAL_H

#include "pam_idinqr/wire/fetch_messages.h"
#include "pam_idinqr/wire/wire.h"

enum jail_depth {
    JAIL_OUTSIDE,    /* another user, and nothing else */
    JAIL_CLOSED,     /* jail_begin, jail_close, as the fetch process */
    JAIL_NARROW,     /* and jail_narrow */
    JAIL_IN_AGENT,   /* jail_begin, jail_close, as the agent */
    JAIL_IN_PICTURE, /* the same, as the picture reader */
};

struct jail_trial {
    int result; /* what the function returned, 0 to 255; -1 when the process was ended by a signal
                 */
    int signal; /* which one */
    char line[LOG_LINE_MAX + 1]; /* the last error that it sent over its link; "" for none */
    char note[LOG_LINE_MAX + 1]; /* the same of what is no error */
};

/* Runs `function` in a separate process. `wire` is that process's wire, with the socket that its
 * main() would use. An error fails the running test. */
void jail_trial_run(enum jail_depth depth, const struct fetch_setup *setup,
                    int (*function)(struct wire *wire, const void *argument), const void *argument,
                    struct jail_trial *ret_trial);

/* Switches from root to uid 65534 permanently. Does nothing if the process is not root. */
void jail_trial_drop_root(void);

/* Why there is no jail to be tried in this build; NULL when there is. */
const char *jail_trial_why_not(void);

#endif
