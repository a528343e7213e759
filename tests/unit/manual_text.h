/* SPDX-License-Identifier: BSD-3-Clause */
/* The manual as text, and sets of names found in texts: for the tests that hold it against the
 * code. Trouble fails the running test. */
#ifndef IDQ_TESTS_MANUAL_TEXT_H
#define IDQ_TESTS_MANUAL_TEXT_H

#include "pam_idinqr/common/setting.h"

#include <stddef.h>

#define NAMES_MAX 96
#define NAME_SIZE 40

/* A set of names, and where they come from. */
struct names {
    const char *where;
    char names[NAMES_MAX][NAME_SIZE];
    size_t n;
};

/* Adds a name that is not there yet. */
void names_add(struct names *names, const char *name);

/* What the first group of an extended regular expression matches in the text, each time that it
 * does; ^ and $ are the ends of lines. */
struct names names_collect(const char *where, const char *text, const char *pattern);

/* Fails the running test, with the name, when one set has a name that the other has not, or both
 * are empty. */
void names_check_same(const struct names *a, const struct names *b);

/* A file of the source tree. Kept (scratch.h), as are the next two. */
char *manual_read(const char *name);

/* A copy of what stands between two marks; without the second one, of all that is left. */
char *manual_between(const char *text, const char *from, const char *to);

/* A section (.Sh) of a page. */
char *manual_section(const char *page, const char *title);

/* What a command prints, on both streams; it has to end well. Kept. */
char *manual_output_of(const char *command);

/* A value as the manual has it: a path without its directories, which a build may choose. */
const char *manual_value(const struct setting *setting, const char *value);

#endif
