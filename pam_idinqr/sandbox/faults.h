/* The named ways in which the sandbox can be made to break its protocol, for tests of whoever
 * relies on it. To add one: a name here, a line in the table of faults.c, and a fault_on where it
 * strikes. */
#ifndef IDQ_SANDBOX_FAULTS_H
#define IDQ_SANDBOX_FAULTS_H

#include <stddef.h>

enum fault {
    FAULT_GENERATE_SIGNATURE_WRONG,
    FAULT_GENERATE_SIGNATURE_MISSING,
    FAULT_PICTURE_OTHER_HOST,
    FAULT_PICTURE_GARBAGE,
    FAULT_STATUS_SIGNATURE_WRONG,
    FAULT_STATUS_SIGNATURE_MISSING,
    FAULT_STATUS_OTHER_QR_ID,
    FAULT_STATUS_NO_BIN,
    FAULT_STATUS_EXPIRED,
    FAULT_STATUS_FAILURE,
    FAULT_STATUS_CANCELLED,
    FAULT_NO_LONG_POLL,
    FAULT_BUSY_ONCE,
    FAULT_EXPIRED_ONCE,
    FAULT_CANCEL_STALLS,
    FAULT_CLOCK_AHEAD,
    FAULT_CLOCK_BEHIND,
    FAULT_COUNT,
};

/* The faults of one sandbox; they strike every code alike. Zeroed, it has none. */
struct faults {
    unsigned char on[FAULT_COUNT];
};

/* 0, or IDQ_CONFIG when there is no fault of that name. */
int faults_enable(struct faults *faults, const char *name);

int fault_on(const struct faults *faults, enum fault fault);

/* Its name on the command line, and what it does in one line. Static; NULL past the last. */
const char *fault_name(size_t i);
const char *fault_description(size_t i);

#endif
