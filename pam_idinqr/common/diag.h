/* SPDX-License-Identifier: BSD-3-Clause */
/* What is wrong with a file or a setting, in words for the administrator. In the host and in
 * idinqr(1); what is put into it may come from files and people. */
#ifndef IDQ_COMMON_DIAG_H
#define IDQ_COMMON_DIAG_H

struct diag {
    char text[512]; /* one loggable line that names the file, and the line where there is one */
};

/* Fills in the text; what is not printable ASCII becomes '?'. Leaves errno alone. */
void diag_set(struct diag *diag, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
