/* SPDX-License-Identifier: BSD-3-Clause */
/* `idinqr-relay check`: its findings, and its parts. They run as the relay's user, and change
 * nothing but the database's tables, if an older version has made them. */
#ifndef IDQ_RELAY_RELAY_CHECK_H
#define IDQ_RELAY_RELAY_CHECK_H

#include "pam_idinqr/relay/relay.h"

#include <stdio.h>

#define RELAY_FINDINGS_MAX 64

enum relay_finding_kind {
    /* idinqr-relay.conf */
    RELAY_FINDING_CONFIG,
    RELAY_FINDING_PLAIN_HTTP,
    RELAY_FINDING_PROXY_BYPASS,
    RELAY_FINDING_METRICS_OPEN,
    RELAY_FINDING_CONFIRM_NONE,
    RELAY_FINDING_KEYS_IN_REACH,
    /* files that it names */
    RELAY_FINDING_STATE,
    RELAY_FINDING_KEYS,
    RELAY_FINDING_DATABASE,
    RELAY_FINDING_DESKS,
    RELAY_FINDING_FILE,
    RELAY_FINDING_KEY_WEAK,
    RELAY_FINDING_KEY,
    RELAY_FINDING_CERTIFICATE,
    RELAY_FINDING_CERTIFICATE_HOST,
    RELAY_FINDING_CERTIFICATE_SOON,
    RELAY_FINDING_ACQUIRER_CERTIFICATE,
    /* the network */
    RELAY_FINDING_CLOCK,
    RELAY_FINDING_UPSTREAM,
    RELAY_FINDING_PUBLIC_URL,
    RELAY_FINDING_CERTIFICATE_OLD,
    RELAY_FINDING_PKCE,
    RELAY_FINDING_KINDS,
};

struct relay_finding {
    enum relay_finding_kind kind;
    unsigned line; /* of the configuration; 0: none */
    char text[DIAG_LINE_SIZE];
    char object[PATH_MAX]; /* for %o of the kind's command */
    const char *cure;      /* instead of the kind's command, before the object; or NULL */
};

struct relay_check {
    const char *conf;
    struct relay_config *config; /* NULL if it cannot be read */
    struct relay *relay;
    size_t n_findings; /* more than the array has are dropped */
    struct relay_finding findings[RELAY_FINDINGS_MAX];
};

/* Returns a kind's word, as the manual has it. */
const char *relay_finding_word(enum relay_finding_kind kind);

/* Adds a finding about the setting that is in this field of the config (NULL: none). `object` is
 * the file or the name that its command is about. */
void relay_check_add(struct relay_check *check, enum relay_finding_kind kind, const void *field,
                     const char *object, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

/* Prints the findings, errors first, and a line with the state. Returns the state of a monitoring
 * plugin: 0 OK, 1 WARNING, 2 CRITICAL. */
int relay_check_print(struct relay_check *check, FILE *stream);

/* Adds a finding if the certificate is not valid now, or ends soon. `soon` or `ended`: its kind. */
void relay_check_dates(struct relay_check *check, const void *field, const char *object,
                       const X509 *certificate, enum relay_finding_kind ended,
                       enum relay_finding_kind soon);

/* Asks the upstream and the public URL, and compares their clocks with this machine's. */
void relay_check_network(struct relay_check *check);

#endif
