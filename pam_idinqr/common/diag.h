/* SPDX-License-Identifier: BSD-3-Clause */
/* Describes an error in a file or a setting for the administrator. Used in the application and in
 * idinqr(1). The texts may contain input from files and users. */
#ifndef IDQ_COMMON_DIAG_H
#define IDQ_COMMON_DIAG_H

#include <limits.h>
#include <stdarg.h>

#define DIAG_LINE_SIZE 512

struct diag {
    char file[PATH_MAX];       /* "" if the error has no file */
    unsigned line;             /* from 1; 0 for the whole file */
    int error;                 /* an errno value, as ENOENT; 0 for none */
    char text[DIAG_LINE_SIZE]; /* one loggable line without the file; "" for no error */
};

/* These functions set every field. A byte that is not printable ASCII becomes '?'. diag_set is for
 * errors without a file. */
void diag_set(struct diag *diag, const char *format, ...) __attribute__((format(printf, 2, 3)));

void diag_set_file(struct diag *diag, const char *file, unsigned line, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Takes the text from strerror(3). */
void diag_set_error(struct diag *diag, const char *file, int error);

void diag_vset(struct diag *diag, const char *file, unsigned line, int error, const char *format,
               va_list arguments) __attribute__((format(printf, 5, 0)));

/* Writes "FILE:LINE: text", "FILE: text" or "text", truncated to the size; "" for no error. Returns
 * ret_line. */
const char *diag_format(const struct diag *diag, char ret_line[DIAG_LINE_SIZE]);

#endif
