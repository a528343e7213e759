/* SPDX-License-Identifier: BSD-3-Clause */
/* Lists the lines of one service and type with all included ones, in the order in which PAM runs
 * them. */
#ifndef IDQ_PAMCONF_PAM_STACK_H
#define IDQ_PAMCONF_PAM_STACK_H

#include "pam_idinqr/pamconf/pam_control.h"

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#define PAM_STACK_ARGUMENTS_MAX 30
#define PAM_STACK_LINES_MAX     512 /* limits files that include each other */
#define PAM_STACK_MISTAKES_MAX  64  /* further ones are not reported */

enum pam_line_kind {
    PAM_LINE_MODULE,
    PAM_LINE_SUBSTACK, /* the start of a substack: its lines follow, a level deeper */
    PAM_LINE_BROKEN,   /* PAM cannot read it, and refuses each login that reaches it */
};

struct pam_line {
    char file[PATH_MAX];
    unsigned number;
    enum pam_line_kind kind;
    unsigned level; /* of substacks, 0 outermost */
    struct pam_control control;
    bool may_be_missing; /* its type begins with "-": PAM passes over a missing module */
    bool is_missing;     /* it is missing; the reader of the stack sets it */
    char module[256];    /* as in the file; of a substack, its file's name */
    char text[1024];     /* the memory of the arguments */
    const char *arguments[PAM_STACK_ARGUMENTS_MAX];
    int n_arguments;
};

enum pam_mistake_kind {
    PAM_MISTAKE_LINE,
    PAM_MISTAKE_RETURN, /* a line ends in a carriage return; once for a file */
    PAM_MISTAKE_ACCESS, /* the file exists, but cannot be read */
};

/* An error in a line, or in an included file. */
struct pam_mistake {
    enum pam_mistake_kind kind;
    char file[PATH_MAX];
    unsigned number;
    char text[200];
};

struct pam_stack {
    struct pam_line *lines;
    size_t n;
    struct pam_mistake *mistakes;
    size_t n_mistakes;
};

/* Reads the lines of `type` ("auth") that PAM would run for a service, below `root`. A service
 * without a file or without lines has an empty stack: PAM then uses "other". Returns 0, or -1 with
 * errno if memory is short or there are too many lines. Freed with pam_stack_free, also after an
 * error. */
int pam_stack_read(const char *root, const char *service, const char *type,
                   struct pam_stack *ret_stack);

/* Returns true if the line runs this module ("pam_unix"), from any directory. */
bool pam_line_runs(const struct pam_line *line, const char *module);

/* Returns true if the module has this argument ("nullok"). */
bool pam_line_has(const struct pam_line *line, const char *argument);

/* Returns the index of the next line if line `i` jumps over `jump` lines. That is the number of
 * lines if the jump ends just behind the last one, and -1 if it goes further. */
long pam_stack_jump(const struct pam_stack *stack, size_t i, int jump);

void pam_stack_free(struct pam_stack *stack);

#define PAM_STACK_AUTO __attribute__((cleanup(pam_stack_free))) struct pam_stack

#endif
