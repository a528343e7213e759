/* SPDX-License-Identifier: BSD-3-Clause */
/* Writes entries to systemd's journal, in its native protocol: one datagram of NAME=value lines.
 * Runs in the application, with any rights. A few lines of code replace a library of systemd, which
 * every sudo would load. Never waits, and leaves nothing open. */
#ifndef IDQ_AUDIT_JOURNAL_H
#define IDQ_AUDIT_JOURNAL_H

#include <stddef.h>

#define JOURNAL_SOCKET "/run/systemd/journal/socket"

struct journal_field {
    const char *name;  /* capitals, digits and underscores; begins with a capital */
    const char *value; /* without a newline: the protocol's form for those is not implemented */
};

#define JOURNAL_RECORD_SIZE 8192 /* bytes; a longer entry is refused */

/* Returns 0 if the journal's socket has accepted the entry, which counts as written. Returns
 * IDQ_SYSTEM if there is no journal, no process reads the socket, it is full, or a field is
 * invalid. */
int journal_send(const char *socket_path, const struct journal_field *fields, size_t n_fields);

#endif
