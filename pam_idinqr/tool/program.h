/* SPDX-License-Identifier: BSD-3-Clause */
/* Runs a program of this machine that prints its settings, for `idinqr check`, usually as root. The
 * environment is not passed on. */
#ifndef IDQ_TOOL_PROGRAM_H
#define IDQ_TOOL_PROGRAM_H

#include <stdint.h>
#include <stdio.h>

/* Returns a file without a name, or NULL with errno. */
FILE *program_open_output(void);

void program_close_output(FILE **stream);

#define STREAM_AUTO __attribute__((cleanup(program_close_output))) FILE

/* Runs it, and kills it at the deadline (clock.h). Returns its wait status, or -1 with errno, which
 * is ETIMEDOUT then. Both streams are left at the end of the output: rewind them. */
int program_run(const char *program, char *const argv[], int64_t deadline_ms, FILE *output,
                FILE *errors);

#endif
