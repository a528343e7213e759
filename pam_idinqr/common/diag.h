/* SPDX-License-Identifier: BSD-3-Clause */
/* Describes an error in a file or a setting for the administrator. Used in the application and in
 * idinqr(1). The text may contain input from files and users. */
#ifndef IDQ_COMMON_DIAG_H
#define IDQ_COMMON_DIAG_H

struct diag {
    char text[512]; /* one loggable line that names the file, and the line number, if any */
};

/* Fills in the text. A byte that is not printable ASCII becomes '?'. Does not change errno. */
void diag_set(struct diag *diag, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
