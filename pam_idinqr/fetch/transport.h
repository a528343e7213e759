/* SPDX-License-Identifier: BSD-3-Clause */
/* Sends one HTTPS request and returns its answer, with limits on size and time. */
#ifndef IDQ_FETCH_TRANSPORT_H
#define IDQ_FETCH_TRANSPORT_H

#include "pam_idinqr/wire/fetch_messages.h"
#include "pam_idinqr/wire/wire.h"

struct transport;

/* Uses TLS 1.2 or newer, and verifies peer and host. Follows no redirects, stores no cookies, and
 * reads no environment. `setup` must outlive the transport. `wire` is polled during every request:
 * a cancel or a closed socket ends it with IDQ_CANCELLED. Returns NULL if memory is short. */
struct transport *transport_new(const struct fetch_setup *setup, struct wire *wire);

/* Returns 0 with an answer of any HTTP status, or an error with ret_response zeroed:
 * IDQ_UNREACHABLE, IDQ_TLS, IDQ_CLOCK, IDQ_REPLY (too large or not HTTP), IDQ_CANCELLED,
 * IDQ_CONFIG, IDQ_SYSTEM. IDQ_CLOCK means that a certificate is not valid yet: this machine's clock
 * is wrong, because a certificate is made before its use. Each failure logs one line, unless the
 * previous request failed in the same way. The line names the host, and no secret, path or query.
 */
int transport_request(struct transport *transport, const struct fetch_request *request,
                      struct fetch_response *ret_response);

void transport_free(struct transport **transport);

#endif
