/* SPDX-License-Identifier: BSD-3-Clause */
/* Parses the JSON that creates a session at Signicat strictly, and names each missing, unknown or
 * invalid field. The bytes are untrusted. Pure. */
#ifndef IDQ_SANDBOX_SIGNICAT_FIELDS_H
#define IDQ_SANDBOX_SIGNICAT_FIELDS_H

#include "pam_idinqr/sandbox/codes.h"

#define SIGNICAT_LIFETIME_DEFAULT_S 1200
#define SIGNICAT_LIFETIME_MIN_S     300 /* what is less is raised to it, not refused */
#define SIGNICAT_LIFETIME_MAX_S     86400

struct signicat_fields {
    char reference[CODE_REFERENCE_MAX + 1]; /* externalReference, or "" */
    int lifetime_s;
};

/* Takes a body apart. 0, or IDQ_REPLY with what is wrong in *ret_field (a field's name, as
 * "callbackUrls.success", or "body") and *ret_why (a few words); both static. */
int signicat_fields_read(const char *body, size_t size, struct signicat_fields *ret_fields,
                         const char **ret_field, const char **ret_why);

#endif
