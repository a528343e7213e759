/* SPDX-License-Identifier: BSD-3-Clause */
/* What `idinqr check` finds: how bad it is, where it stands, and what to do about it. */
#ifndef IDQ_TOOL_FINDING_H
#define IDQ_TOOL_FINDING_H

#include "pam_idinqr/common/diag.h"
#include "pam_idinqr/tool/finding_kinds.h"

#include <stddef.h>
#include <stdio.h>

struct finding {
    enum finding_kind kind;
    char *file;     /* "" when it is about no file */
    unsigned line;  /* 0 when it is about the file as a whole */
    char *subjects; /* the PAM services that it is about, "sudo, su"; "" for none */
    char *text;     /* one loggable line; never a secret */
};

/* Zeroed to begin with. */
struct findings {
    struct finding *list;
    size_t n, capacity;
    int is_short; /* of memory or room: something was not looked at, or is not in the list */
};

const char *finding_severity_word(enum finding_severity severity);

/* Adds one. The same kind at the same place, with the same text, is told once, for all its
 * subjects. */
void finding_add(struct findings *findings, enum finding_kind kind, const char *file, unsigned line,
                 const char *subject, const char *format, ...)
    __attribute__((format(printf, 6, 7)));

/* Adds what a reader of files said: "FILE:LINE: what" or "FILE: what". */
void finding_add_diag(struct findings *findings, enum finding_kind kind, const struct diag *diag);

/* Sorts by file and line, those without a file first. */
void finding_sort(struct findings *findings);

size_t finding_count(const struct findings *findings, enum finding_severity severity);

/* As text for people, or as JSON. 0, or -1 when it could not be written. */
int finding_print(const struct findings *findings, FILE *stream);
int finding_print_json(const struct findings *findings, FILE *stream);

void findings_free(struct findings *findings);

#define FINDINGS_AUTO __attribute__((cleanup(findings_free))) struct findings

#endif
