/* SPDX-License-Identifier: BSD-3-Clause */
/* Runs rows of the fault matrix in parallel. Each row is a process of this program, with the row's
 * name as its argument. Most rows wait, and a crash ends only its own row. Runs outside of Check,
 * as the user who runs the tests. */
#ifndef IDQ_TESTS_FAULT_RUNS_H
#define IDQ_TESTS_FAULT_RUNS_H

struct fault_run {
    int passed;
    long duration_ms;
    char *report; /* what it printed, with its standard error; owned */
};

/* Runs all n_rows and fills in ret_runs. `name` returns the argument of the i-th. 0, or -1 with
 * errno when they cannot be run. */
int fault_runs(unsigned n_rows, const char *(*name)(unsigned i), struct fault_run *ret_runs);

/* Prints a report, so that no line of it can be taken for TAP, or for a row. */
void fault_runs_print(const char *report);

#endif
