/* SPDX-License-Identifier: BSD-3-Clause */
/* The directory in which a sandbox leaves what a module needs to reach it: its CA, a configuration,
 * a map. The module's agent runs as another user and reads the CA, so the directory is searchable
 * by all (0711); what is secret in it is not readable by others. */
#ifndef IDQ_SANDBOX_STATE_DIR_H
#define IDQ_SANDBOX_STATE_DIR_H

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

struct state_dir {
    char path[PATH_MAX]; /* absolute; "" before state_dir_open */
    bool is_temporary;   /* made by us, and removed by state_dir_close */
};

/* Opens `path`, making it if it is not there; NULL: a fresh directory under $TMPDIR or /tmp.
 * 0, or IDQ_SYSTEM with errno. */
int state_dir_open(const char *path, struct state_dir *ret_dir);

/* The absolute path of a file in it. 0 or IDQ_SYSTEM. */
int state_dir_path(const struct state_dir *dir, const char *name, char ret_path[PATH_MAX]);

/* Puts a file there, whole or not at all, in place of one that may be there. 0, or IDQ_SYSTEM with
 * errno. */
int state_dir_write(const struct state_dir *dir, const char *name, mode_t mode, const char *text);

/* Removes a temporary directory with the files in it. */
void state_dir_close(struct state_dir *dir);

#define STATE_DIR_AUTO __attribute__((cleanup(state_dir_close))) struct state_dir

/* Makes a CA and a server certificate in memory each time a sandbox starts. Only the CA's
 * certificate leaves the process: certificates_make destroys its key before it returns. */

#define CERTIFICATE_DAYS 60

/* PEM, owned; freed and wiped by certificates_free. */
struct certificates {
    char *ca;
    char *server;
    char *server_key;
};

/* A server certificate for localhost, 127.0.0.1, ::1 and the names and numeric addresses in
 * `hosts`, which ends with NULL. 0 or IDQ_SYSTEM. */
int certificates_make(const char *const *hosts, struct certificates *ret_certificates);

void certificates_free(struct certificates *certificates);

#define CERTIFICATES_AUTO __attribute__((cleanup(certificates_free))) struct certificates

#endif
