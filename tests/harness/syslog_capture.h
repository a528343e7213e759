/* SPDX-License-Identifier: BSD-3-Clause */
/* What this test program, and every library in it (libpam and the modules it loads), would have
 * written to the system's log. A program that calls anything here has its own syslog(3): the file
 * defines it in libc's place, and the dynamic linker prefers a program's symbols to a library's. So
 * it does with sendmsg(2), for which the system's journal is not there: its records would be lines.
 * Other processes, such as a real sudo, are not reached: namespace.h has those. Test code, in one
 * thread. */
#ifndef IDQ_TESTS_SYSLOG_CAPTURE_H
#define IDQ_TESTS_SYSLOG_CAPTURE_H

#include <stddef.h>

struct syslog_line {
    int priority; /* LOG_ERR … alone */
    int facility; /* LOG_AUTHPRIV … */
    char *text;
};

/* Every line since the start, or the last clear. Valid until the next line. */
const struct syslog_line *syslog_capture_lines(size_t *ret_count);

/* How many lines hold `text`. */
size_t syslog_capture_count(const char *text);

/* All lines, each with "\n", for a failing test's message and for "this is nowhere in the log".
 * Kept (scratch.h). */
char *syslog_capture_text(void);

void syslog_capture_clear(void);

#endif
