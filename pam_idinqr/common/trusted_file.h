/* SPDX-License-Identifier: BSD-3-Clause */
/* Opens a file that a login relies on, only if no other user can have written it. Runs in the
 * application (often root) and in idinqr(1), on paths from /etc/pam.d or the build. */
#ifndef IDQ_COMMON_TRUSTED_FILE_H
#define IDQ_COMMON_TRUSTED_FILE_H

#include "pam_idinqr/common/error.h"
#include "pam_idinqr/common/secret.h"

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

enum trusted_file_use {
    TRUSTED_FILE_OPEN_TEXT, /* others may read it */
    TRUSTED_FILE_SETTINGS,  /* the same, but it may hold secrets: the cure hides them */
    TRUSTED_FILE_SECRET,    /* others must not be able to read it */
    TRUSTED_FILE_PROGRAM,   /* to be executed: this process may lack permission to read it */
    TRUSTED_FILE_DATABASE,  /* for a library that opens it again: as a secret of one user */
};

/* Opens an absolute path for reading. A program and a database are opened with O_PATH, for an exec
 * or fstat. A link as the last component is not followed. The file, and each directory and link on
 * the path, must belong to root or the effective user. The same is true of directories that a link
 * leads through. Other users must not have write access, except to a sticky directory such as /tmp.
 * All checks on the file use the descriptor. Returns the descriptor, or -1 with ret_diag (error
 * ENOENT: missing). */
int trusted_file_open(const char *path, enum trusted_file_use use, struct diag *ret_diag);

/* Reads all of an open file of at most `most` bytes. Returns NULL with ret_diag if it cannot
 * be read, is larger (error EFBIG), grows meanwhile (EAGAIN), or memory is short. */
struct secret *trusted_file_read(int fd, const char *path, size_t most, struct diag *ret_diag);

/* Opens and reads such a file. Returns NULL with ret_diag as the two above. */
struct secret *trusted_file_load(const char *path, enum trusted_file_use use, size_t most,
                                 struct diag *ret_diag);

/* Returns whether every user can search each directory of an absolute path, from this offset on.
 * Otherwise ret_directory is the first that others cannot search, or that cannot be looked at. */
bool trusted_file_is_within_reach(const char *path, size_t from, char ret_directory[PATH_MAX]);

/* Writes a text, also if signals interrupt it. Returns 0, or -1 with errno. */
int trusted_file_write(int fd, const char *text);

/* Creates a secret file with mode 0600, unless there is one: `write` writes it, and returns 0, or
 * -1 with errno. Completely or not at all, also if two processes do this at once or one is killed:
 * the next one then removes PATH.new. Returns 0, or -1 with ret_diag. */
int trusted_file_create(const char *path, int (*write)(int fd), struct diag *ret_diag);

/* Flushes the directory of this absolute path, so that a renamed file survives a power cut. Returns
 * 0, or -1 with errno. */
int trusted_file_flush_directory(const char *path);

#endif
