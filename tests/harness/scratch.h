/* SPDX-License-Identifier: BSD-3-Clause */
/* Where a test program writes: one directory, made by the runner and removed with all that is in it
 * when the program ends, however its tests ended. Test code: runs as the tests' user. */
#ifndef IDQ_TESTS_SCRATCH_H
#define IDQ_TESTS_SCRATCH_H

#include <sys/types.h>

/* For the runner. scratch_begin makes the directory under the first of $TMPDIR, /tmp and /var/tmp
 * in which programs may be run, and which the agent's user can reach; and says so in TMPDIR and
 * HOME, for programs that are started. 0, or -1 with errno. scratch_end removes it, and follows
 * neither symbolic links nor mounts. */
int scratch_begin(void);
void scratch_end(void);

/* Strings from these functions, and from others of the harness that say "kept", are valid until the
 * process ends, and are not freed. scratch_keep makes such a string of one from malloc, or NULL. */
char *scratch_keep(char *text);

/* For a test that measures its own memory: frees what was kept since the mark. */
const void *scratch_mark(void);
void scratch_release(const void *mark);

/* As printf. */
char *scratch_text(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* A new directory of this test program: absolute, named after `name`, and 0711, because the agent
 * runs as another user and must be able to reach a file whose name it was given. Trouble fails the
 * running test. */
char *scratch_dir(const char *name);

/* "<dir>/<name>". */
char *scratch_path(const char *dir, const char *name);

/* Writes a text to a file, whose old content is gone, with exactly this mode. Trouble fails the
 * running test. */
void scratch_write(const char *path, mode_t mode, const char *text);

/* Reads a whole file as a string. Trouble fails the running test. */
char *scratch_read(const char *path);

#endif
