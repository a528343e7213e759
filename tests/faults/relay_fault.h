/* SPDX-License-Identifier: BSD-3-Clause */
/* The fault matrix of idinqr-relay: everything that can go wrong between a running relay and its
 * acquirer, its QR backend, a phone or its database, as one table in layers. Each row says what is
 * wrong, and what must come of it. The rows of a layer have one relay, one after the other, so that
 * each row also shows that the relay has survived the one before. */
#ifndef IDQ_TESTS_RELAY_FAULT_H
#define IDQ_TESTS_RELAY_FAULT_H

#include "tests/faults/peer.h"
#include "tests/harness/relay_login.h"

struct relay_fault {
    const char *name;   /* of the row */
    const char *broken; /* in words */
    struct {
        const char *desk; /* is told in the end: as relay_code_status says it, or "HTTP 502" */
        long status;      /* of the answer to the phone, or to the QR backend; 0: none */
        const char *page; /* words of that answer */
        const char *log;  /* words of the relay's log; or NULL */
    } expected;

    /* Between the relay and a server. An answer that is edited is signed by a key that the relay
     * trusts. */
    struct peer_script peer;
    int is_refused;          /* nothing listens there */
    const char *cut, *put;   /* this text of the answer is replaced by that one */
    const char *error;       /* an AcquirerErrorRes with this code is the answer */
    int is_unsigned;         /* an edited answer is not signed, */
    int is_signed_otherwise; /* or by a key that the relay does not know */

    const char *text;   /* the layer's: a request; SQL that breaks the database */
    const char *mend;   /* SQL */
    int step;           /* the layer's: of a login */
    const char *hashes; /* of a call: see relay_faults_qr_backend.c */
    void (*run)(const struct relay_fault *fault); /* in place of the layer's */
};

struct relay_fault_layer {
    const char *name;
    const struct relay_fault *faults;
    size_t n_faults;
    void (*run)(const struct relay_fault *fault);
    struct relay_options options; /* of its relay */
    const char *peer;             /* the dialect of its peer; or NULL */
    int is_alone;                 /* each row takes its time, and has its own relay */
    void (*end)(void);            /* after the last row; or NULL */
    const char *(*why_not)(void); /* a reason to skip it; or NULL */
};

extern const struct relay_fault_layer relay_layer_transaction, relay_layer_transaction_slow,
    relay_layer_tls, relay_layer_answer, relay_layer_status, relay_layer_status_lost,
    relay_layer_status_slow, relay_layer_generate, relay_layer_generate_slow, relay_layer_call,
    relay_layer_phone, relay_layer_start, relay_layer_store, relay_layer_disk,
    relay_layer_cm_transaction, relay_layer_cm_tls, relay_layer_cm_status,
    relay_layer_cm_status_lost, relay_layer_cm_status_slow;

/* The runs of the acquirer's layers, which CM.com's have too. A transaction is started; and once
 * more if that failed. The phone comes back, the acquirer's answer is the last one or is waited
 * for; and after all rows, a login. */
void relay_fault_start(const struct relay_fault *fault);
void relay_fault_start_unasked(const struct relay_fault *fault); /* not even a connection */
void relay_fault_return(const struct relay_fault *fault);
void relay_fault_return_slow(const struct relay_fault *fault); /* the relay asks again */
void relay_fault_return_end(void);

/* --- the peer between the relay and the sandbox -------------------------------------------------
 */

/* Gives the relay a peer, which passes everything on. Called once, after relay_here is there. */
void between_open(const char *dialect);
/* Replaces the peer by one with this row's fault. */
void between_begin(const struct relay_fault *fault);
void between_end(void);

#endif
