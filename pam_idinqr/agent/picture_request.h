/* SPDX-License-Identifier: BSD-3-Clause */
/* The agent's end of the socket to the picture reader (picture/main.c). What comes from there is as
 * untrusted as the picture. */
#ifndef IDQ_AGENT_PICTURE_REQUEST_H
#define IDQ_AGENT_PICTURE_REQUEST_H

#include "pam_idinqr/wire/link.h"

#include <stddef.h>

/* The descriptor of that socket in an agent whose login needs one. It does not block. */
#define PICTURE_SOCKET 4

/* Has a PNG of at most PICTURE_MAX bytes read. 0 with what its one code says, closed by a zero
 * byte; IDQ_PICTURE; IDQ_CANCELLED when the module has left; IDQ_AGENT, with a line in the log,
 * when the reader has ended, breaks the protocol, or takes longer than timeout_ms; IDQ_SYSTEM when
 * it is short of memory. What the reader has for the log goes there. */
int picture_request(struct link *link, int socket, const void *png, size_t size, int timeout_ms,
                    char ret_payload[PAYLOAD_MAX + 1]);

#endif
