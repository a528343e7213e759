/* SPDX-License-Identifier: BSD-3-Clause */
/* Describes each provider to the bench. To measure another provider, add a line to the table. Test
 * code: runs as the user who runs the bench. An error fails the running test. */
#ifndef IDQ_BENCH_PROVIDERS_H
#define IDQ_BENCH_PROVIDERS_H

#include "tests/bench/curl_script.h"
#include "tests/harness/desk.h"

#include <stddef.h>

struct bench_provider {
    const char *name;
    const char *look_event; /* what the sandbox calls a look at the status */
    /* Adds the requests that lead to a code. What one of them takes from the answer before it, it
     * has here from a request that was made beforehand. */
    void (*write_requests)(const struct desk *desk, struct curl_script *script);
};

/* Those that this build of the agent has; NULL behind the last. */
const struct bench_provider *bench_provider_at(size_t index);

#endif
