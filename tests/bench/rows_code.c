/* SPDX-License-Identifier: BSD-3-Clause */
/* How long a person looks at an empty screen: from pam_authenticate to the conversation with the
 * code, beside the whole life of a curl that makes the same requests of the same sandbox. They take
 * turns, so that whatever else the machine does strikes both. */
#include "pam_idinqr/common/provider_table.h"
#include "tests/bench/bench_login.h"
#include "tests/bench/figures.h"
#include "tests/bench/providers.h"
#include "tests/bench/rows.h"

#include <check.h>
#include <security/pam_appl.h>
#include <stdio.h>

#define N_WARM_UP 3
#define N_TIMES   40

static void
measure(const struct bench_provider *provider, struct figures *ours, struct figures *curls)
{
    struct bench_desk desk;

    bench_desk_open(&desk, provider->name, NULL);
    struct curl_script *script = curl_script_new(qr_backend_ca_file(desk.desk.backend));
    provider->write_requests(&desk.desk, script);
    for (int i = 0; i < N_WARM_UP + N_TIMES; i++) {
        struct bench_login login;
        int64_t end_ns;

        bench_login_begin(&desk, "leave", &login);
        bench_login_read_code(&login);
        ck_assert_int_eq(bench_login_end(&login, &end_ns), PAM_CONV_ERR);
        double curl_ms = curl_script_run_ms(script);
        if (i < N_WARM_UP)
            continue;
        figures_add(ours, login.code_ms);
        figures_add(curls, curl_ms);
    }
    curl_script_free(&script);
    bench_desk_close(&desk);
}

void
rows_code(void)
{
    const struct bench_provider *provider;

    for (size_t i = 0; (provider = bench_provider_at(i)); i++) {
        struct figures ours = {.count = 0}, curls = {.count = 0};
        char what[80], left[FIGURES_TEXT], right[FIGURES_TEXT + 10], ratio[20], goal[40];

        measure(provider, &ours, &curls);
        double times = figures_median(&ours) / figures_median(&curls);
        double most = provider_table_find(provider->name)->has_pictures ? 1.5 : 1.3;
        snprintf(what, sizeof what, "code on screen, %s, ms", provider->name);
        figures_text(&ours, left);
        snprintf(right, sizeof right, "curl: ");
        figures_text(&curls, right + 6);
        snprintf(ratio, sizeof ratio, "%.2f", times);
        snprintf(goal, sizeof goal, "≤ %.1f × curl", most);
        table_row(what, left, right, ratio, goal, times <= most);
    }
}
