/* SPDX-License-Identifier: BSD-3-Clause */
/* HTTPS by libcurl: one request, one answer with caps on its size and time. */
#ifndef IDQ_FETCH_TRANSPORT_H
#define IDQ_FETCH_TRANSPORT_H

#include "pam_idinqr/wire/fetch_messages.h"
#include "pam_idinqr/wire/link.h"

struct transport;

/* TLS 1.2 or better, peer and host verified, no redirects, no cookies, no environment. `setup` must
 * outlive the transport. `link` is watched during every request: a cancel or a closed socket ends
 * it with IDQ_CANCELLED. NULL when memory is short. */
struct transport *transport_new(const struct fetch_setup *setup, struct link *link);

/* 0 with an answer, whatever its HTTP status; or IDQ_UNREACHABLE, IDQ_TLS, IDQ_CLOCK (a certificate
 * that is not valid yet: certificates are made before they are used), IDQ_REPLY (too large or not
 * HTTP), IDQ_CANCELLED, IDQ_CONFIG, IDQ_SYSTEM, with ret_response left zeroed. Each failure is
 * one line in the log, unless the request before failed in the same way; it names no secret, no
 * path and no query: only the host. */
int transport_request(struct transport *transport, const struct request *request,
                      struct response *ret_response);

void transport_free(struct transport **transport);

#endif
