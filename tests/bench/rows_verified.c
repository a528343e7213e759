/* SPDX-License-Identifier: BSD-3-Clause */
/* Measures the wait after the last button: from the press that approves, on the phone, to the
 * return of pam_authenticate. The time includes the phone's request. */
#include "pam_idinqr/common/array.h"
#include "tests/bench/bench_login.h"
#include "tests/bench/figures.h"
#include "tests/bench/moment.h"
#include "tests/bench/providers.h"
#include "tests/bench/rows.h"
#include "tests/harness/phone.h"

#include <check.h>
#include <poll.h>
#include <security/pam_appl.h>
#include <stdio.h>
#include <string.h>

#define N_TIMES  12
#define ROOM_MS  50
#define EVENT_MS 10000

/* The sandbox's idinqr.conf has poll_interval = 1 for those that ask at intervals. */
static const struct way {
    const char *provider, *fault;
    const char *name;
    int interval_ms; /* 0: the answer is held back until there is news */
} ways[] = {
    {"idin-qr", NULL, "long poll", 0},
    {"idin-qr", "no-long-poll", "asks every second", 1000},
    {"signicat", NULL, "asks every second", 1000},
    {"oidc-device", NULL, "asks every second", 1000},
};

static void
must(struct phone *phone, int worked)
{
    ck_assert_msg(worked, "%s", phone_problem(phone));
}

/* Up to the last page. */
static void
scan(struct phone *phone, const char *link)
{
    must(phone, phone_open(phone, link) == 200);
    must(phone, phone_choose(phone, "noord") == 0 && phone_press(phone, NULL) == 200);
    must(phone, phone_choose(phone, "anna") == 0 && phone_press(phone, NULL) == 200);
}

static double
approve_ms(struct bench_desk *desk, const struct way *way, const char *look_event, int turn)
{
    struct qr_backend *backend = desk->desk.backend;
    PHONE_AUTO *phone = phone_new(qr_backend_ca_file(backend), "en");
    struct bench_login login;
    int64_t end_ns;

    bench_login_begin(desk, "stay", &login);
    bench_login_read_code(&login);
    scan(phone, login.link);
    /* One that asks at intervals has heard of the scan when it asks again. */
    if (way->interval_ms > 0)
        ck_assert(qr_backend_wait_event(backend, look_event,
                                        qr_backend_count(backend, look_event) + 1, EVENT_MS));
    /* At another moment between two looks each time: their whole distance is what is measured. */
    poll(NULL, 0, way->interval_ms * turn / N_TIMES);
    int64_t begin_ns = moment_ns();
    must(phone, phone_press(phone, "approve") == 200);
    ck_assert_int_eq(bench_login_end(&login, &end_ns), PAM_SUCCESS);
    return moment_ms(end_ns - begin_ns);
}

static void
row(const struct bench_provider *provider, const struct way *way)
{
    struct figures ours = {.count = 0};
    struct bench_desk desk;
    char what[100], left[FIGURES_TEXT], goal[40];

    bench_desk_open(&desk, way->provider, way->fault);
    for (int i = 0; i < N_TIMES; i++)
        figures_add(&ours, approve_ms(&desk, way, provider->look_event, i));
    bench_desk_close(&desk);
    snprintf(what, sizeof what, "approved → return, %s, %s, ms", way->provider, way->name);
    figures_text(&ours, left);
    snprintf(goal, sizeof goal, "all ≤ %d", way->interval_ms + ROOM_MS);
    table_row(what, left, NULL, NULL, goal,
              figures_quantile(&ours, 1) <= way->interval_ms + ROOM_MS);
}

void
rows_verified(void)
{
    const struct bench_provider *provider;

    for (size_t i = 0; (provider = bench_provider_at(i)); i++)
        for (size_t j = 0; j < ARRAY_LENGTH(ways); j++)
            if (strcmp(ways[j].provider, provider->name) == 0)
                row(provider, &ways[j]);
}
