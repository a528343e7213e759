/* SPDX-License-Identifier: BSD-3-Clause */
/* What is wrong with a file or a setting, in words for the administrator. In the host and in
 * idinqr(1); what is put into it may come from files and people. */
#ifndef IDQ_COMMON_PROBLEM_H
#define IDQ_COMMON_PROBLEM_H

struct problem {
    char text[512]; /* one loggable line that names the file, and the line where there is one */
};

/* Fills in the text; what is not printable ASCII becomes '?'. Leaves errno alone. */
void problem_set(struct problem *problem, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
