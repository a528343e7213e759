/* SPDX-License-Identifier: BSD-3-Clause */
/* Text as a form, a query and an Authorization header have it: application/x-www-form-urlencoded
 * (RFC 6749 appendix B) and HTTP Basic. Used by the agent's providers on its own settings, and
 * pure. All of it may be secret, so all of it comes back in wiped memory. */
#ifndef IDQ_AGENT_HTTP_FORM_H
#define IDQ_AGENT_HTTP_FORM_H

#include "pam_idinqr/common/secret.h"

struct http_form_field {
    const char *name;
    const char *value; /* NULL: the field is left out; "" is sent */
};

/* "name=value&name=value", each part encoded: the body of a form, or a URL's query behind the "?".
 * NULL when memory is short. */
struct secret *http_form_write(const struct http_form_field *fields, size_t n_fields);

/* The value of an Authorization header for a client with a secret (RFC 6749 2.3.1: both are encoded
 * as in a form first, so that an id may have a colon in it). NULL when memory is short. */
struct secret *http_form_basic(const char *client_id, const char *client_secret);

#endif
