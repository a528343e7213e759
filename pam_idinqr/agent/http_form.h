/* SPDX-License-Identifier: BSD-3-Clause */
/* Encodes text for a form, a query and an Authorization header: application/x-www-form-urlencoded
 * (RFC 6749 appendix B) and HTTP Basic. The agent's providers use it on their settings. Pure. The
 * text may be secret, so results are in memory that is wiped. */
#ifndef IDQ_AGENT_HTTP_FORM_H
#define IDQ_AGENT_HTTP_FORM_H

#include "pam_idinqr/common/secret.h"

struct http_form_field {
    const char *name;
    const char *value; /* NULL: the field is omitted; "" is sent */
};

/* Returns "name=value&name=value", with each part encoded: the body of a form, or a URL's query
 * after the "?". Returns NULL if memory is short. */
struct secret *http_form_write(const struct http_form_field *fields, size_t n_fields);

/* Returns the value of an Authorization header for a client with a secret. RFC 6749 2.3.1: both
 * parts are encoded as in a form first, so an id may contain a colon. Returns NULL if memory is
 * short. */
struct secret *http_form_basic(const char *client_id, const char *client_secret);

#endif
