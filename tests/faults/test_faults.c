/* SPDX-License-Identifier: BSD-3-Clause */
/* The fault matrix: every way in which the network, the backend or the agent can fail, through a
 * whole login. What each row must come to is in fault.h and the files faults_*.c.
 *     test_faults          all of them, as tests
 *     test_faults --table  all of them, as a table: make check-faults
 *     test_faults ROW      one, in this process */
#include "pam_idinqr/common/array.h"
#include "tests/faults/fault_login.h"
#include "tests/faults/fault_runs.h"
#include "tests/harness/agent_user.h"
#include "tests/harness/runner.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROW_TIMEOUT_S 150

/* The slow ones first, so that the others run beside them. */
static const struct fault_layer *const layers[] = {
    &fault_layer_relay,       &fault_layer_agent,     &fault_layer_network,
    &fault_layer_http,        &fault_layer_status,    &fault_layer_oidc_device,
    &fault_layer_device_poll, &fault_layer_id_token,  &fault_layer_signicat,
    &fault_layer_tls,         &fault_layer_signature, &fault_layer_picture,
    &fault_layer_json,
};

const struct fault *
fault_at(size_t i, const struct fault_layer **ret_layer)
{
    for (size_t layer = 0; layer < ARRAY_LENGTH(layers); layer++) {
        *ret_layer = layers[layer];
        if (i < layers[layer]->n_faults)
            return &layers[layer]->faults[i];
        i -= layers[layer]->n_faults;
    }
    return NULL;
}

static const char *
name_of(unsigned i)
{
    const struct fault_layer *layer;
    const struct fault *fault = fault_at(i, &layer);

    return fault != NULL ? fault->name : NULL;
}

static const char *
fault_name(int i, const char **ret_why_not)
{
    (void)ret_why_not;
    return name_of((unsigned)i);
}

/* A test case for each row, so that one can be run by its name. */
TEST_CASE(NULL, .variant = fault_name, .timeout_s = ROW_TIMEOUT_S);

TEST(a_fault_comes_to_its_verdict)
{
    const struct fault_layer *layer;
    const struct fault *fault = fault_at((size_t)runner_variant(), &layer);

    fault_login_run(fault, layer->provider);
}

static const char *
pam_word(int code)
{
    switch (code) {
    case PAM_SUCCESS:
        return "SUCCESS";
    case PAM_AUTH_ERR:
        return "AUTH_ERR";
    case PAM_AUTHINFO_UNAVAIL:
        return "AUTHINFO_UNAVAIL";
    case PAM_CRED_UNAVAIL:
        return "CRED_UNAVAIL";
    default:
        return "?";
    }
}

static void
print_row(const struct fault *fault, const char *layer, const struct fault_run *run)
{
    printf("| %s | %s | %s | %s | %s | %s | %ld.%ld s | %s |\n", layer, fault->name, fault->broken,
           pam_word(fault->expected.pam_code), fault->expected.sentence, fault->expected.outcome,
           run->duration_ms / 1000, run->duration_ms % 1000 / 100, run->passed ? "ok" : "NOT ok");
}

static int
run_all(int as_table)
{
    struct fault_run *runs;
    const struct fault *fault;
    const struct fault_layer *layer;
    unsigned n_rows = 0, n_failed = 0;

    while (fault_at(n_rows, &layer))
        n_rows++;
    runs = calloc(n_rows, sizeof *runs);
    if (as_table)
        printf("| layer | name | what is broken | PAM | the person reads | outcome | time | |\n"
               "|---|---|---|---|---|---|---|---|\n");
    else
        printf("# faults\n1..%u\n", n_rows);
    fflush(stdout); /* else each row's process would hold, and at its end write, a copy */
    if (!runs || fault_runs(n_rows, name_of, runs) != 0) {
        perror("test_faults");
        return 1;
    }
    for (unsigned i = 0; i < n_rows; i++) {
        fault = fault_at(i, &layer);
        n_failed += !runs[i].passed;
        if (as_table)
            print_row(fault, layer->name, &runs[i]);
        else
            printf("%sok %u - %s:%s\n", runs[i].passed ? "" : "not ", i + 1, layer->name,
                   fault->name);
        if (!runs[i].passed)
            fault_runs_print(runs[i].report);
        free(runs[i].report);
    }
    free(runs);
    printf(as_table ? "\n%u faults, %u not as expected\n" : "# %u run, %u failed\n", n_rows,
           n_failed);
    return fflush(stdout) == 0 && (!as_table || n_failed == 0) ? 0 : 1;
}

int
main(int argc, char **argv)
{
    if (argc == 1)
        return run_all(0);
    if (argc == 2 && strcmp(argv[1], "--table") == 0)
        return run_all(1);
    return runner_main(argc, argv, "faults", agent_user_why_not);
}
