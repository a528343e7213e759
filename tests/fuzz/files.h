/* SPDX-License-Identifier: BSD-3-Clause */
/* Makes files for a fuzz target, in one directory of this process. The parent process owns the
 * directory that TMPDIR names, and removes it, because a target may end at any point. */
#ifndef IDQ_TESTS_FUZZ_FILES_H
#define IDQ_TESTS_FUZZ_FILES_H

#include <stddef.h>
#include <sys/types.h>

/* The path of a file in the directory; freed by the caller. */
char *files_path(const char *name);

/* A directory in the directory; may exist. */
void files_make_directory(const char *name);

/* Writes the bytes in place of what the file held. */
void files_write(const char *name, mode_t mode, const void *bytes, size_t size);

#endif
