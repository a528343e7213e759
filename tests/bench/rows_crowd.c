/* SPDX-License-Identifier: BSD-3-Clause */
/* Measures many logins at once, on one machine and against one backend. All of them start together,
 * each in a separate application. The phone approves none of them before the last code is shown. */
#include "pam_idinqr/common/array.h"
#include "tests/bench/bench_login.h"
#include "tests/bench/figures.h"
#include "tests/bench/rows.h"
#include "tests/harness/phone.h"
#include "tests/harness/processes.h"

#include <check.h>
#include <sched.h>
#include <security/pam_appl.h>
#include <stdbool.h>
#include <stdio.h>

#define LOGINS_MAX  500
#define GOAL_P99_MS 3000
#define GOAL_KIB    4096 /* a login, with its host; pages that are shared count once */

static const int sizes[] = {1, 10, 100, LOGINS_MAX};

/* A real backend is another machine. The one here shares the processors with all logins. If it does
 * not go first, each of 500 logins waits 6 s for it, and some give up after 10 s. Returns whether
 * this user has the right. */
static bool
let_backend_go_first(const struct bench_desk *desk)
{
    const struct sched_param first = {.sched_priority = sched_get_priority_max(SCHED_RR)};

    return sched_setscheduler(qr_backend_pid(desk->desk.backend), SCHED_RR, &first) == 0;
}

static void
row(int n)
{
    static struct bench_login logins[LOGINS_MAX];
    struct figures ms = {.count = 0};
    struct processes_usage agents, fetches, hosts;
    struct bench_desk desk;
    int n_failed = 0;
    char what[80], left[240], goal[80];
    bool goes_first;

    bench_desk_open(&desk, "idin-qr", NULL);
    goes_first = let_backend_go_first(&desk);
    for (int i = 0; i < n; i++)
        bench_login_begin(&desk, "stay", &logins[i]);
    for (int i = 0; i < n; i++) {
        bench_login_read_code(&logins[i]);
        figures_add(&ms, logins[i].code_ms);
    }
    processes_usage("idinqr-agent", &agents);
    processes_usage("idinqr-fetch", &fetches);
    processes_usage(BENCH_HOST, &hosts);
    PHONE_AUTO *phone = phone_new(qr_backend_ca_file(desk.desk.backend), "en");
    for (int i = 0; i < n; i++)
        ck_assert_msg(phone_approve(phone, logins[i].link, "anna") == 200, "%s",
                      phone_problem(phone));
    for (int i = 0; i < n; i++) {
        int64_t end_ns;
        n_failed += bench_login_end(&logins[i], &end_ns) != PAM_SUCCESS;
    }
    bench_desk_close(&desk);
    double p99_ms = figures_quantile(&ms, 0.99);
    long kib = (agents.memory_kib + fetches.memory_kib + hosts.memory_kib) / n;
    snprintf(what, sizeof what, "%d at once, idin-qr%s", n,
             goes_first ? "" : ", at the backend's priority");
    snprintf(left, sizeof left,
             "code after %.0f ms (p50), %.0f ms (p99); %ld KiB a login, %ld of it the agent's, %ld "
             "the fetch process's; %d failed",
             figures_median(&ms), p99_ms, kib, agents.memory_kib / n, fetches.memory_kib / n,
             n_failed);
    snprintf(goal, sizeof goal,
             n == LOGINS_MAX ? "none failed, p99 ≤ %d ms, ≤ %d KiB a login"
                             : "none failed, p99 ≤ %d ms",
             GOAL_P99_MS, GOAL_KIB);
    table_row(what, left, NULL, NULL, goal,
              n_failed == 0 && p99_ms <= GOAL_P99_MS && (n < LOGINS_MAX || kib <= GOAL_KIB));
}

void
rows_crowd(void)
{
    /* A turn at a real-time priority lasts 100 ms, and 500 logins have 2,000 processes. So these
     * rows run at the usual one, even if the bench does not. */
    const struct sched_param usual = {.sched_priority = 0};
    struct sched_param before;
    int policy = sched_getscheduler(0);

    ck_assert_int_eq(sched_getparam(0, &before), 0);
    ck_assert_int_eq(sched_setscheduler(0, SCHED_OTHER, &usual), 0);
    for (size_t i = 0; i < ARRAY_LENGTH(sizes); i++)
        row(sizes[i]);
    ck_assert_int_eq(sched_setscheduler(0, policy, &before), 0);
}
