/* SPDX-License-Identifier: BSD-3-Clause */
/* Collects the findings of `idinqr check`: severity, place and advice. */
#ifndef IDQ_TOOL_FINDING_H
#define IDQ_TOOL_FINDING_H

#include "pam_idinqr/common/diag.h"
#include "pam_idinqr/tool/finding_kinds.h"

#include <stddef.h>
#include <stdio.h>

struct finding {
    enum finding_kind kind;
    char *file;     /* "" if it is about no file */
    unsigned line;  /* 0 if it is about the whole file */
    char *subjects; /* its PAM services, "sudo, su", or "" */
    char *text;     /* one loggable line; never a secret */
};

/* Zero it to begin. */
struct findings {
    struct finding *list;
    size_t n, capacity;
    int is_short; /* memory or room was short: a check was skipped, or a finding is missing */
};

const char *finding_severity_word(enum finding_severity severity);

/* Adds one. The same kind at the same place, with the same text, is listed once for all its
 * subjects. */
void finding_add(struct findings *findings, enum finding_kind kind, const char *file, unsigned line,
                 const char *subject, const char *format, ...)
    __attribute__((format(printf, 6, 7)));

/* Adds the error of a file's reader, with its file and line. */
void finding_add_diag(struct findings *findings, enum finding_kind kind, const struct diag *diag);

/* Sorts by file and line. Findings without a file come first. */
void finding_sort(struct findings *findings);

size_t finding_count(const struct findings *findings, enum finding_severity severity);

/* Prints text, or JSON. Returns 0, or -1 if it could not be written. */
int finding_print(const struct findings *findings, FILE *stream);
int finding_print_json(const struct findings *findings, FILE *stream);

void findings_free(struct findings *findings);

#define FINDINGS_AUTO __attribute__((cleanup(findings_free))) struct findings

#endif
