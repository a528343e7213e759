/* SPDX-License-Identifier: BSD-3-Clause */
/* Makes a directory for `idinqr check --root` with every file that the program inspects. The
 * program finds no mistake in it until a test plants one. Test code: runs as the user who runs the
 * tests. */
#ifndef IDQ_TESTS_CHECK_FIXTURE_H
#define IDQ_TESTS_CHECK_FIXTURE_H

#include "tests/unit/tool_run.h"

#include <jansson.h>
#include <sys/types.h>

/* Why this build has no such machine, for runner_main's skip; NULL when it has. */
const char *check_fixture_why_not(void);

/* Makes it, and returns its directory; kept (scratch.h). */
char *check_fixture(void);

/* A file of it, made or replaced, with the directories on the way. */
void check_fixture_write(const char *root, const char *name, mode_t mode, const char *text);

/* Replaces one text in a file, which must have it, by another. */
void check_fixture_change(const char *root, const char *name, const char *from, const char *to);

/* The array of findings in the output of `idinqr check --json`. Freed by the caller with
 * json_decref. The counts, the state and the exit code must be those of the findings. */
json_t *check_fixture_read(const struct output *output);

/* The same, of `idinqr check` there. */
json_t *check_fixture_findings(const char *root);

#endif
