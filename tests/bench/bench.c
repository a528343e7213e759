/* SPDX-License-Identifier: BSD-3-Clause */
/* `make bench`: one run, one table in Markdown on stdout. A row's name, or several, runs only
 * those. It measures and judges nothing: a goal that is missed is a word in the table.
 *     ./tests/bench/bench            all rows
 *     ./tests/bench/bench code       those of rows_code.c */
#include "pam_idinqr/common/array.h"
#include "tests/bench/figures.h"
#include "tests/bench/rows.h"
#include "tests/harness/agent_user.h"
#include "tests/harness/processes.h"
#include "tests/harness/runner.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name;
    void (*run)(void);
} rows[] = {
    {"loading", rows_loading}, {"code", rows_code},   {"verified", rows_verified},
    {"waiting", rows_waiting}, {"crowd", rows_crowd}, {"drawing", rows_drawing},
    {"relay", rows_relay},
};

#define N_ROWS ARRAY_LENGTH(rows)

static char **wanted; /* ends with NULL; empty for all */

static int
is_wanted(const char *name)
{
    for (size_t i = 0; wanted[i]; i++)
        if (strcmp(wanted[i], name) == 0)
            return 1;
    return !wanted[0];
}

/* The harness speaks only to Check. */
START_TEST(table)
{
    processes_begin();
    table_begin();
    for (size_t i = 0; i < N_ROWS; i++)
        if (is_wanted(rows[i].name))
            rows[i].run();
}

static int
is_row(const char *name)
{
    for (size_t i = 0; i < N_ROWS; i++)
        if (strcmp(rows[i].name, name) == 0)
            return 1;
    return 0;
}

int
main(int argc, char **argv)
{
    const char *why_not = agent_user_why_not();

    wanted = argv + 1;
    for (int i = 1; i < argc; i++)
        if (!is_row(argv[i])) {
            fprintf(stderr, "bench: no rows are called %s\n", argv[i]);
            return 2;
        }
    if (why_not) {
        fprintf(stderr, "bench: %s\n", why_not);
        return 1;
    }
    return runner_print(table, NULL);
}
