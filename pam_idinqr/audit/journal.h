/* SPDX-License-Identifier: BSD-3-Clause */
/* Records for systemd's journal, in its native protocol: one datagram of NAME=value lines. Called
 * in the host, whatever its rights; a few lines of our own, so that no library of systemd's is
 * loaded into every sudo. Never waits, and leaves nothing open. */
#ifndef IDQ_AUDIT_JOURNAL_H
#define IDQ_AUDIT_JOURNAL_H

#include <stddef.h>

#define JOURNAL_SOCKET "/run/systemd/journal/socket"

struct journal_field {
    const char *name;  /* capitals, digits and underscores; begins with a capital */
    const char *value; /* without a newline: the protocol's form for those is not spoken here */
};

#define JOURNAL_RECORD_SIZE 8192 /* bytes; more is refused */

/* 0 when the journal's socket has taken the record, which counts as written; IDQ_SYSTEM when not,
 * be it that there is none, that nobody reads it, that it is full, or that a field is not as
 * above. */
int journal_send(const char *socket_path, const struct journal_field *fields, size_t n_fields);

#endif
