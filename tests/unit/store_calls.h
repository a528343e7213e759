/* SPDX-License-Identifier: BSD-3-Clause */
/* Calls every function of a store, for tests of faults that all of them may meet. Test code: runs
 * as the user who runs the tests. An error fails the running test. */
#ifndef IDQ_TESTS_STORE_CALLS_H
#define IDQ_TESTS_STORE_CALLS_H

#include "pam_idinqr/relay/store.h"

#include <stdbool.h>
#include <stddef.h>

/* Every function of a store. Each step applies to a store that store_fill has filled, whether or
 * not the steps before it were done. `step` returns the function's result. */
struct store_call {
    const char *name;
    bool is_change;
    int (*step)(struct store *store, bool *ret_done);
};

extern const struct store_call store_calls[];
extern const size_t n_store_calls;

/* Fills a new store. */
void store_fill(struct store *store);

/* Fails unless each function, or each that changes something, fails with "<what>: <cause>", and
 * leaves the file as it is in `before`, a dump; NULL: it cannot be read. */
void store_ck_all_fail(struct store *store, const char *path, const char *cause, bool only_changes,
                       const char *before);

/* Fails unless each function works, and each step is done, as if nothing had been wrong. */
void store_ck_all_work(struct store *store, const char *path);

/* Fails unless store_open says "<path>: opening the database: <cause>". */
void store_ck_does_not_open(const char *path, const char *cause);

#endif
