/* SPDX-License-Identifier: BSD-3-Clause */
/* Opening a file on which a login rests: only when nobody else can have written it.
 * Runs in the host (often root) and in idinqr(1), on paths from /etc/pam.d or the build. */
#ifndef IDQ_COMMON_TRUSTED_FILE_H
#define IDQ_COMMON_TRUSTED_FILE_H

#include "pam_idinqr/common/diag.h"
#include "pam_idinqr/common/secret.h"

#include <sys/stat.h>

enum trusted_file_use {
    TRUSTED_FILE_OPEN_TEXT, /* others may read it */
    TRUSTED_FILE_SECRET,    /* others must not be able to read it */
    TRUSTED_FILE_PROGRAM,   /* to be executed: this process need not be able to read it */
};

/* Opens an absolute path for reading; a program by O_PATH, for an exec or fstat. The last component
 * is not followed when it is a link; file and every directory and link on the way, those included
 * that a link leads through, must belong to root or to the effective user, and be writable by no
 * one else (a sticky directory, like /tmp, is good enough on the way). All checks on the file are
 * made on the descriptor. Returns it, or -1 with errno (ENOENT: there is none) and ret_diag
 * filled in. */
int trusted_file_open(const char *path, enum trusted_file_use use, struct diag *ret_diag);

/* Reads all of an open file of at most `most` bytes. NULL, with errno and ret_diag, when it
 * cannot be read, is larger (EFBIG), grows meanwhile (EAGAIN), or memory is short. */
struct secret *trusted_file_read(int fd, const char *path, size_t most, struct diag *ret_diag);

/* Flushes the directory of this absolute path, so that a file that was renamed to it survives a
 * power cut. 0, or -1 with errno. */
int trusted_file_flush_directory(const char *path);

#endif
