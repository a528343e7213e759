/* SPDX-License-Identifier: BSD-3-Clause */
/* The lines of one service and type, with what they include, in the order in which PAM runs them.
 */
#ifndef IDQ_PAMCONF_PAM_STACK_H
#define IDQ_PAMCONF_PAM_STACK_H

#include "pam_idinqr/pamconf/pam_control.h"

#include <limits.h>
#include <stddef.h>

#define PAM_STACK_ARGUMENTS_MAX 30
#define PAM_STACK_LINES_MAX     512 /* files that include each other could make any number */
#define PAM_STACK_MISTAKES_MAX  64  /* those that come after them are not told */

enum pam_line_kind {
    PAM_LINE_MODULE,
    PAM_LINE_SUBSTACK, /* where one begins: its lines follow, a level deeper */
    PAM_LINE_BROKEN,   /* PAM cannot read it: it refuses whoever comes here */
};

struct pam_line {
    char file[PATH_MAX];
    unsigned number;
    enum pam_line_kind kind;
    unsigned level; /* of substacks, 0 outermost */
    struct pam_control control;
    char module[256]; /* as it stands there; of a substack, its file's name */
    char text[1024];  /* what the arguments point into */
    const char *arguments[PAM_STACK_ARGUMENTS_MAX];
    int n_arguments;
};

/* What is wrong with a line, or with a file that is included. */
struct pam_mistake {
    char file[PATH_MAX];
    unsigned number;
    char text[200];
    int is_access; /* the file is there, and not for us to read */
};

struct pam_stack {
    struct pam_line *lines;
    size_t n;
    struct pam_mistake *mistakes;
    size_t n_mistakes;
};

/* Reads the lines of `type` ("auth") that PAM would run for a service, below `root`. A service
 * without a file or without lines has an empty stack (PAM then takes those of "other"). 0, or -1
 * with errno when memory is short or there are too many lines. Freed with pam_stack_free, also
 * after an error. */
int pam_stack_read(const char *root, const char *service, const char *type,
                   struct pam_stack *ret_stack);

/* 1 when the line runs this module ("pam_unix"), in whatever directory. */
int pam_line_runs(const struct pam_line *line, const char *module);

/* Where the line after `i` is, when `i` jumps over `jump` lines; the number of lines in the stack
 * when that is behind the last; -1 when it is further. */
long pam_stack_jump(const struct pam_stack *stack, size_t i, int jump);

void pam_stack_free(struct pam_stack *stack);

#define PAM_STACK_AUTO __attribute__((cleanup(pam_stack_free))) struct pam_stack

#endif
