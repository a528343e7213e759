/* SPDX-License-Identifier: BSD-3-Clause */
/* Names the ways in which the sandbox can break its protocol, for tests of its clients. To add one,
 * add a name here, a line in the table of faults.c, and a fault_on where it takes effect. */
#ifndef IDQ_SANDBOX_FAULTS_H
#define IDQ_SANDBOX_FAULTS_H

#include <stdbool.h>
#include <stddef.h>

enum fault {
    FAULT_GENERATE_SIGNATURE_WRONG,
    FAULT_GENERATE_SIGNATURE_MISSING,
    FAULT_PICTURE_OTHER_HOST,
    FAULT_PICTURE_GARBAGE,
    FAULT_STATUS_SIGNATURE_WRONG,
    FAULT_STATUS_SIGNATURE_MISSING,
    FAULT_STATUS_OTHER_QR_ID,
    FAULT_STATUS_OLD_NONCE,
    FAULT_STATUS_NO_NONCE,
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
    FAULT_SIGNICAT_TOKEN_SHORT,
    FAULT_SIGNICAT_TOKEN_401,
    FAULT_SIGNICAT_TOKEN_401_ONCE,
    FAULT_SIGNICAT_STATUS_401_ONCE,
    FAULT_SIGNICAT_SESSION_LATE,
    FAULT_SIGNICAT_WRONG_ID,
    FAULT_SIGNICAT_WRONG_REFERENCE,
    FAULT_SIGNICAT_WRONG_PROVIDER,
    FAULT_SIGNICAT_NO_IDPID,
    FAULT_SIGNICAT_LOA_LOW,
    FAULT_SIGNICAT_ERROR_OBJECT,
    FAULT_SIGNICAT_STATUS_UNKNOWN,
    FAULT_OIDC_DISCOVERY_OTHER_ISSUER,
    FAULT_OIDC_NO_DEVICE_ENDPOINT,
    FAULT_OIDC_NO_COMPLETE_URI,
    FAULT_OIDC_SLOW_DOWN,
    FAULT_OIDC_UNKNOWN_ERROR,
    FAULT_OIDC_NO_ID_TOKEN,
    FAULT_OIDC_OTHER_ISSUER,
    FAULT_OIDC_AUD_WRONG,
    FAULT_OIDC_ID_TOKEN_EXPIRED,
    FAULT_OIDC_ACR_LOW,
    FAULT_ACQUIRER_ERROR,
    FAULT_ACQUIRER_GARBAGE,
    FAULT_ACQUIRER_SIGNATURE_WRONG,
    FAULT_ACQUIRER_SILENT,
    FAULT_ACQUIRER_SLOW,
    FAULT_ACQUIRER_STATUS_ERROR,
    FAULT_ACQUIRER_STATUS_DOWN,
    FAULT_ACQUIRER_STATUS_GARBAGE,
    FAULT_ACQUIRER_STATUS_SIGNATURE_WRONG,
    FAULT_ACQUIRER_STATUS_SILENT,
    FAULT_ACQUIRER_STATUS_SLOW,
    FAULT_ACQUIRER_LATE,
    FAULT_ACQUIRER_OPEN,
    FAULT_ACQUIRER_PENDING,
    FAULT_ACQUIRER_DIRECTORY_GARBAGE,
    FAULT_COUNT,
};

/* The faults of one sandbox; they strike every code alike. Zeroed, it has none. */
struct faults {
    unsigned char on[FAULT_COUNT];
};

/* 0, or IDQ_CONFIG when there is no fault of that name. */
int faults_enable(struct faults *faults, const char *name);

bool fault_on(const struct faults *faults, enum fault fault);

/* Its name on the command line, and what it does in one line. Static; NULL past the last. */
const char *fault_name(size_t i);
const char *fault_description(size_t i);

#endif
