/* SPDX-License-Identifier: BSD-3-Clause */
/* The mistakes that test_check.c plants, in six tables: those in idinqr.conf, those in the rest
 * that this project has on a machine and in the hosts' own settings, those in PAM's files, of the
 * last those that let in or lock out, those in conditions, and those that depend on this machine's
 * people. */
#ifndef IDQ_TESTS_CHECK_MISTAKES_H
#define IDQ_TESTS_CHECK_MISTAKES_H

#include <sys/types.h>

/* A text in a file of the fixture and what takes its place. Without `from` it is the whole file,
 * and with neither the file is taken away, or only gets the mode if there is one. */
struct edit {
    const char *file, *from, *to;
};

struct mistake {
    const char *name;
    struct edit edits[3];
    mode_t mode; /* of the first edit's file, when it is not 0 */
    const char *kind, *severity;
    const char *where; /* "file:line", below the root; line 0 for all of it; "" for no file */
    const char *word;  /* in the text or the advice */
    int more;          /* how many findings come with it, of whatever kind */
    const char *typed; /* in the command */
};

/* Each ends with one that has no name. */
extern const struct mistake check_mistakes_conf[];
extern const struct mistake check_mistakes_machine[];
extern const struct mistake check_mistakes_pam[];
extern const struct mistake check_mistakes_access[];
extern const struct mistake check_mistakes_conditions[];
extern const struct mistake check_mistakes_people[];

#endif
