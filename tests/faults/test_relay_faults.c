/* SPDX-License-Identifier: BSD-3-Clause */
/* The fault matrix of idinqr-relay: see relay_fault.h.
 *     test_relay_faults          all of it, as tests
 *     test_relay_faults --table  all of it, as a table: make check-faults
 *     test_relay_faults LAYER    one layer, or a row that has its own relay */
#include "pam_idinqr/common/array.h"
#include "pam_idinqr/common/clock.h"
#include "tests/faults/fault_runs.h"
#include "tests/faults/relay_fault.h"
#include "tests/harness/runner.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RUN_TIMEOUT_S 150
#define RUNS_MAX      64
/* What a run prints of each row that is as expected. */
#define PASSED "passed %s in %ld ms\n"

/* The slow ones first, so that the others run beside them. */
static const struct relay_fault_layer *const layers[] = {
    &relay_layer_transaction_slow,
    &relay_layer_status_slow,
    &relay_layer_generate_slow,
    &relay_layer_cm_status_slow,
    &relay_layer_store,
    &relay_layer_disk,
    &relay_layer_transaction,
    &relay_layer_status,
    &relay_layer_status_lost,
    &relay_layer_tls,
    &relay_layer_answer,
    &relay_layer_generate,
    &relay_layer_start,
    &relay_layer_call,
    &relay_layer_phone,
    &relay_layer_cm_transaction,
    &relay_layer_cm_tls,
    &relay_layer_cm_status,
    &relay_layer_cm_status_lost,
};

/* Some rows, with one relay. */
struct run {
    const struct relay_fault_layer *layer;
    size_t first, n_rows;
};

/* Returns false past the last. */
static int
run_at(unsigned i, struct run *ret_run)
{
    for (size_t at = 0; at < ARRAY_LENGTH(layers); at++) {
        size_t n_runs = layers[at]->is_alone ? layers[at]->n_faults : 1;
        *ret_run = (struct run){layers[at], layers[at]->is_alone ? i : 0,
                                layers[at]->is_alone ? 1 : layers[at]->n_faults};
        if (i < n_runs)
            return 1;
        i -= (unsigned)n_runs;
    }
    return 0;
}

static const char *
name_of(unsigned i)
{
    struct run run;

    if (!run_at(i, &run))
        return NULL;
    return run.layer->is_alone ? run.layer->faults[run.first].name : run.layer->name;
}

static const char *
variant(int i, const char **ret_why_not)
{
    struct run run;

    if (run_at((unsigned)i, &run) && run.layer->why_not)
        *ret_why_not = run.layer->why_not();
    return name_of((unsigned)i);
}

TEST_CASE(NULL, .variant = variant, .timeout_s = RUN_TIMEOUT_S);

TEST(rows)
{
    struct run run;

    ck_assert(run_at((unsigned)runner_variant(), &run));
    relay_here = relay_server_new(&run.layer->options);
    relay_phone = relay_server_phone(relay_here);
    if (run.layer->peer)
        between_open(run.layer->peer);
    for (size_t i = run.first; i < run.first + run.n_rows; i++) {
        const struct relay_fault *fault = &run.layer->faults[i];
        int64_t start_ms = clock_ms();

        printf("row %s\n", fault->name);
        fflush(stdout);
        if (run.layer->peer)
            between_begin(fault);
        if (fault->run)
            fault->run(fault);
        else
            run.layer->run(fault);
        if (fault->expected.log)
            relay_log_must_say(fault->expected.log);
        printf(PASSED, fault->name, (long)(clock_ms() - start_ms));
        fflush(stdout);
    }
    if (run.layer->end)
        run.layer->end();
    if (run.layer->peer)
        between_end();
    relay_login_end();
}

/* --- all of them --------------------------------------------------------------------------------
 */

/* Returns whether the row passed. */
static int
print_row(const struct relay_fault_layer *layer, const struct relay_fault *fault,
          const struct fault_run *of, unsigned number, int as_table)
{
    char begin[100];
    const char *line;
    long ms = 0;
    int passed;

    snprintf(begin, sizeof begin, "\npassed %s in ", fault->name);
    line = strstr(of->report, begin);
    passed = line != NULL && (ms = atol(line + strlen(begin)), 1);
    if (as_table)
        printf("| %s | %s | %s | %s | %ld | %s | %ld.%ld s | %s |\n", layer->name, fault->name,
               fault->broken, fault->expected.desk ? fault->expected.desk : "",
               fault->expected.status, fault->expected.page ? fault->expected.page : "", ms / 1000,
               ms % 1000 / 100, passed ? "ok" : "NOT ok");
    else
        printf("%sok %u - %s:%s\n", passed ? "" : "not ", number, layer->name, fault->name);
    return passed;
}

/* Returns the number of rows that failed. */
static unsigned
print_run(const struct run *run, const struct fault_run *of, unsigned *number, int as_table)
{
    const char *why_not = run->layer->why_not ? run->layer->why_not() : NULL;
    unsigned n_failed = 0;

    for (size_t i = run->first; i < run->first + run->n_rows; i++) {
        const struct relay_fault *fault = &run->layer->faults[i];
        ++*number;
        if (why_not && !as_table)
            printf("ok %u - %s:%s # SKIP %s\n", *number, run->layer->name, fault->name, why_not);
        else if (!why_not)
            n_failed += !print_row(run->layer, fault, of, *number, as_table);
    }
    /* The relay has to end well, too. */
    if (!of->passed && n_failed == 0 && !why_not) {
        printf("%s%s: the end of the relay\n", as_table ? "NOT ok: " : "Bail out! ",
               run->layer->name);
        n_failed++;
    }
    if (!of->passed)
        fault_runs_print(of->report);
    return n_failed;
}

static int
run_all(int as_table)
{
    static struct fault_run of[RUNS_MAX];
    struct run run;
    unsigned n_runs = 0, n_rows = 0, n_failed = 0, number = 0;

    while (n_runs < RUNS_MAX && run_at(n_runs, &run)) {
        n_rows += (unsigned)run.n_rows;
        n_runs++;
    }
    if (as_table)
        printf("| layer | name | what is broken | the desk is told | HTTP | the phone or the QR "
               "backend reads | time | |\n|---|---|---|---|---|---|---|---|\n");
    else
        printf("# relay_faults\n1..%u\n", n_rows);
    fflush(stdout); /* else each run's process would hold, and at its end write, a copy */
    if (run_at(n_runs, &run) || fault_runs(n_runs, name_of, of) != 0) {
        perror("test_relay_faults");
        return 1;
    }
    for (unsigned i = 0; i < n_runs && run_at(i, &run); i++) {
        n_failed += print_run(&run, &of[i], &number, as_table);
        free(of[i].report);
    }
    printf(as_table ? "\n%u faults of the relay, %u not as expected\n" : "# %u run, %u failed\n",
           n_rows, n_failed);
    return fflush(stdout) == 0 && (!as_table || n_failed == 0) ? 0 : 1;
}

int
main(int argc, char **argv)
{
    if (argc == 1)
        return run_all(0);
    if (argc == 2 && strcmp(argv[1], "--table") == 0)
        return run_all(1);
    return runner_main(argc, argv, "relay_faults", NULL);
}
