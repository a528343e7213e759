/* SPDX-License-Identifier: BSD-3-Clause */
/* Parses the command line of idinqr-sandbox(1). */
#ifndef IDQ_SANDBOX_OPTIONS_H
#define IDQ_SANDBOX_OPTIONS_H

#include "pam_idinqr/sandbox/persons.h"
#include "pam_idinqr/sandbox/faults.h"

#include <stdbool.h>

#define OPTIONS_ENROLLMENTS_MAX 32

/* Texts point into argv, which options_parse cuts up, or are static. */
struct options {
    const char *dir;                  /* NULL: a temporary one */
    const char *provider;             /* of settings_file_provider */
    const char *listen;               /* a numeric address */
    const char *public_url;           /* NULL: the address and port that are listened on */
    const char *agent;                /* NULL: not named in idinqr.conf */
    unsigned port;                    /* 0: any */
    const struct person *auto_person; /* NULL: none */
    const struct bank *auto_bank;
    size_t n_enrollments;
    struct enrollment enrollments[OPTIONS_ENROLLMENTS_MAX];
    struct faults faults;
    int public_key;       /* the idin-qr protocol is signed by Ed25519 */
    const char *acquirer; /* the URL of a relay to play the acquirer for, or NULL */
    bool is_relay, asks_number;
    bool is_qr_backend; /* of the relay at `acquirer` */
    bool is_cm;         /* the same: which asks CM.com */
    int quiet;
    int exit_with_parent;
};

enum options_result {
    OPTIONS_RUN,   /* go on */
    OPTIONS_DONE,  /* what was asked for has been printed: exit 0 */
    OPTIONS_WRONG, /* what is wrong has been printed on stderr: exit 2 */
};

enum options_result options_parse(int argc, char **argv, struct options *ret_options);

#endif
