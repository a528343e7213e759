/* SPDX-License-Identifier: BSD-3-Clause */
/* A socket like that of systemd's journal, which takes a record as strictly as the protocol is
 * written down. Test code.
 *
 * Trouble fails the running test; so does a record that breaks the protocol. */
#ifndef IDQ_TESTS_JOURNAL_SOCKET_H
#define IDQ_TESTS_JOURNAL_SOCKET_H

#include <stddef.h>
#include <sys/types.h>

#define JOURNAL_FIELDS_MAX 32

struct journal_record {
    char *text; /* the names and values point into it */
    size_t n_fields;
    const char *names[JOURNAL_FIELDS_MAX], *values[JOURNAL_FIELDS_MAX];
    uid_t uid; /* as the kernel vouches for it, and journald keeps as _UID */
    pid_t pid;
};

/* Listens at a path, for everybody to send to. The descriptor. */
int journal_socket_listen(const char *path);

/* Fills it, as when the journal hangs: who sends more, waits, or is told that it is full. Returns
 * the number of datagrams that it holds. */
unsigned journal_socket_fill(const char *path);

/* The next record. 1, or 0 when none came in this time. */
int journal_socket_take(int fd, int timeout_ms, struct journal_record *ret_record);

/* The value of a field; NULL when the record has none. */
const char *journal_record_value(const struct journal_record *record, const char *name);

void journal_record_free(struct journal_record *record);

#define JOURNAL_RECORD_AUTO __attribute__((cleanup(journal_record_free))) struct journal_record

#endif
