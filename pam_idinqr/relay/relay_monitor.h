/* SPDX-License-Identifier: BSD-3-Clause */
/* What monitoring programs ask a relay: /healthz/live and /healthz/ready, which are public and say
 * nothing but yes or no, and /metrics, on a separate socket. Neither has personal data. The counts
 * are of this process, and begin at 0 when it does. */
#ifndef IDQ_RELAY_RELAY_MONITOR_H
#define IDQ_RELAY_RELAY_MONITOR_H

#include "pam_idinqr/relay/store.h"

struct relay;

#define RELAY_ROUTES_MAX  24
#define RELAY_BUCKETS_MAX 8

/* A request to the upstream. */
enum relay_upstream_request {
    RELAY_ASK_CODE, /* of the QR backend */
    RELAY_ASK_DIRECTORY,
    RELAY_ASK_STATUS,
    RELAY_ASK_TRANSACTION,
    RELAY_ASKS,
};

enum relay_limit { RELAY_CODES_PER_DESK, RELAY_CODES_IN_ALL, RELAY_LIMITS };

enum relay_certificate {
    RELAY_CERTIFICATE_SERVER,
    RELAY_CERTIFICATE_MERCHANT,
    RELAY_CERTIFICATE_ACQUIRER,
    RELAY_CERTIFICATE_ALTERNATIVE,
    RELAY_CERTIFICATES,
};

struct relay_counts {
    uint64_t ends[STORE_STATES];
    uint64_t codes, transactions;
    uint64_t refused[RELAY_LIMITS];
    struct {
        const char *name; /* static; NULL: free */
        uint64_t n[4];    /* of the statuses 2xx, 3xx, 4xx, 5xx */
    } routes[RELAY_ROUTES_MAX];
    struct {
        uint64_t n, n_errors, buckets[RELAY_BUCKETS_MAX];
        int64_t sum_ms;
    } asked[RELAY_ASKS];
    int64_t certificate_ends[RELAY_CERTIFICATES]; /* seconds since 1970; 0: no certificate */
    /* When the store was last asked by /healthz/ready, and whether it answered. */
    int64_t ready_ms;
    bool is_store_there;
};

/* Reads when the certificates of this relay end. */
void relay_monitor_open(struct relay *relay);

/* Counts an answer to a request of a desk or a phone. `route` is static. */
void relay_monitor_answered(struct relay *relay, const char *route, unsigned status);

/* Counts an answer of the upstream, or its silence. error: 0, or an enum idq_error. */
void relay_monitor_asked(struct relay *relay, enum relay_upstream_request what, int error,
                         int64_t duration_ms);

#endif
