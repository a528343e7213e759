/* What `idinqr check` finds: how bad it is, where it stands, and what to do about it. */
#ifndef IDQ_TOOL_FINDING_H
#define IDQ_TOOL_FINDING_H

#include "pam_idinqr/common/problem.h"

#include <stddef.h>
#include <stdio.h>

enum finding_severity {
    FINDING_NOTE,    /* good to know */
    FINDING_WARNING, /* works today, and will not one day; or is weaker than it looks */
    FINDING_ERROR,   /* logins fail, or let in whom they should not, now */
};

/* A kind of finding. The table of them is in finding_kinds.c; idinqr(1) explains each. */
struct finding_kind {
    const char *name; /* in --json and in the manual */
    enum finding_severity severity;
    const char *advice; /* what to do, in one sentence */
};

struct finding {
    const struct finding_kind *kind;
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

/* The i-th kind; NULL past the last. */
const struct finding_kind *finding_kind_at(size_t i);

const char *finding_severity_word(enum finding_severity severity);

/* Adds one. `kind` is a name in the table. The same kind at the same place, with the same text, is
 * told once, for all its subjects. */
void finding_add(struct findings *findings, const char *kind, const char *file, unsigned line,
                 const char *subject, const char *format, ...)
    __attribute__((format(printf, 6, 7)));

/* Adds what a reader of files said: "FILE:LINE: what" or "FILE: what". */
void finding_add_problem(struct findings *findings, const char *kind,
                         const struct problem *problem);

/* Sorts by file and line, those without a file first. */
void finding_sort(struct findings *findings);

size_t finding_count(const struct findings *findings, enum finding_severity severity);

/* As text for people, or as JSON. 0, or -1 when it could not be written. */
int finding_print(const struct findings *findings, FILE *stream);
int finding_print_json(const struct findings *findings, FILE *stream);

void findings_free(struct findings *findings);

#define FINDINGS_AUTO __attribute__((cleanup(findings_free))) struct findings

#endif
