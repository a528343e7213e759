/* SPDX-License-Identifier: BSD-3-Clause */
/* The directory in which a sandbox leaves what a module needs to reach it: its CA, a configuration,
 * a map. The module's agent runs as another user and reads the CA, so the directory is searchable
 * by all (0711); what is secret in it is not readable by others. */
#ifndef IDQ_SANDBOX_STATE_DIR_H
#define IDQ_SANDBOX_STATE_DIR_H

#include <limits.h>
#include <sys/types.h>

struct state_dir {
    char path[PATH_MAX]; /* absolute; "" before state_dir_open */
    int is_temporary;    /* made by us, and removed by state_dir_close */
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

#endif
