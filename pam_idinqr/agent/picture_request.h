/* SPDX-License-Identifier: BSD-3-Clause */
/* Reads pictures through the picture reader (picture/picture_main.c). This is the agent's end of
 * their socket. All bytes from it are as untrusted as the picture. */
#ifndef IDQ_AGENT_PICTURE_REQUEST_H
#define IDQ_AGENT_PICTURE_REQUEST_H

#include "pam_idinqr/wire/wire.h"

#include <stdbool.h>
#include <stddef.h>

/* The descriptor of that socket in an agent that needs one. It does not block. */
#define PICTURE_SOCKET 4

/* Returns whether that descriptor is open. An agent of a relay may have no reader. */
bool picture_has_reader(int socket);

/* Reads a PNG of at most PICTURE_MAX bytes. Returns 0 with the text of its only code and a zero
 * byte, or IDQ_PICTURE. Returns IDQ_CANCELLED if the module has closed, or IDQ_SYSTEM if the reader
 * is short of memory. Returns IDQ_AGENT with a log line if there is no reader, or it has exited,
 * breaks the protocol, or takes longer than timeout_ms. Forwards the reader's log lines. */
int picture_request(struct wire *wire, int socket, const void *png, size_t size, int timeout_ms,
                    char ret_payload[PAYLOAD_MAX + 1]);

#endif
