/* SPDX-License-Identifier: BSD-3-Clause */
/* What a relay costs: the time to a code, beside curl; 2,000 logins whose desks wait for them; and
 * the time from the phone's last click to the desk. The relay, its acquirer, all desks and the
 * phone are on this machine. The desks are connections of one process (waiting_desks.h). */
#include "pam_idinqr/agent/idin_qr_messages.h"
#include "pam_idinqr/common/secret.h"
#include "pam_idinqr/qr/qr_encode.h"
#include "tests/bench/bench_login.h"
#include "tests/bench/curl_script.h"
#include "tests/bench/figures.h"
#include "tests/bench/moment.h"
#include "tests/bench/rows.h"
#include "tests/bench/waiting_desks.h"
#include "tests/harness/processes.h"
#include "tests/harness/relay_login.h"

#include <check.h>
#include <poll.h>
#include <security/pam_appl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define N_WARM_UP   3
#define N_CODES     40
#define N_CLICKS    100
#define LIFETIME_S  850
#define MINUTE_MS   60000
#define GOAL_P99_MS 50
#define GOAL_RATIO  1.5

static const struct relay_options without_limits = {.general =
                                                        "codes_per_desk = 0\ncodes_in_all = 0\n"
                                                        "connections_per_address = 0"};

/* --- a code --------------------------------------------------------------------------------------
 */

static struct curl_script *
write_request(const struct desk *desk)
{
    struct curl_script *script = curl_script_new(desk_setting(desk, "ca_file"));
    char *token = desk_setting(desk, "merchant_token"), *url = desk_setting(desk, "qr_backend_url");
    const struct generate_request generate = {.merchant_token = token,
                                              .expiration = time(NULL) + LIFETIME_S,
                                              .nonce = RELAY_NONCE,
                                              .station = "balie-1",
                                              .service = "bench",
                                              .account = "alice"};
    SECRET_AUTO *body = idin_qr_write_generate(&generate);

    curl_script_add(script, &(struct curl_request){.url = url,
                                                   .body = secret_bytes(body),
                                                   .content_type = "application/json"});
    return script;
}

static void
print_code(const char *link)
{
    struct qr_code code;
    char text[120];

    ck_assert_int_eq(qr_encode(link, &code), 0);
    snprintf(text, sizeof text, "version %d, %d modules a side, a link of %zu characters",
             (code.size - 17) / 4, code.size, strlen(link));
    table_row("code drawn, relay", text, NULL, NULL, "version ≤ 3", code.size <= 29);
}

static void
row_code(void)
{
    struct figures ours = {.count = 0}, curls = {.count = 0};
    char left[FIGURES_TEXT], right[FIGURES_TEXT + 10] = "curl: ", ratio[20];
    struct bench_login login;
    struct bench_desk desk;

    bench_desk_open(&desk, "idin-qr", NULL);
    relay_here = relay_server_new(&without_limits);
    relay_login_configure(&desk.desk);
    struct curl_script *script = write_request(&desk.desk);
    for (int i = 0; i < N_WARM_UP + N_CODES; i++) {
        int64_t end_ns;

        bench_login_begin(&desk, "leave", &login);
        bench_login_read_code(&login);
        ck_assert_int_eq(bench_login_end(&login, &end_ns), PAM_CONV_ERR);
        double curl_ms = curl_script_run_ms(script);
        if (i < N_WARM_UP)
            continue;
        figures_add(&ours, login.code_ms);
        figures_add(&curls, curl_ms);
    }
    curl_script_free(&script);
    relay_login_end();
    bench_desk_close(&desk);
    double times = figures_median(&ours) / figures_median(&curls);
    figures_text(&ours, left);
    figures_text(&curls, right + strlen(right));
    snprintf(ratio, sizeof ratio, "%.2f", times);
    table_row("code on screen, relay, ms", left, right, ratio, "≤ 1.5 × curl", times <= GOAL_RATIO);
    print_code(login.link);
}

/* --- desks that wait -----------------------------------------------------------------------------
 */

static struct relay_code codes[WAITING_DESKS];

/* The processor time of the relay, in ms. */
static double
cpu_ms(void)
{
    char path[40], line[400] = "";
    unsigned long user, system;
    const char *rest;

    snprintf(path, sizeof path, "/proc/%d/stat", (int)processes_find(0, "idinqr-relay"));
    FILE *file = fopen(path, "re");
    ck_assert_ptr_nonnull(file);
    ck_assert_ptr_nonnull(fgets(line, sizeof line, file));
    fclose(file);
    rest = strrchr(line, ')');
    ck_assert(rest && sscanf(rest + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user,
                             &system) == 2);
    return (double)(user + system) * 1000 / (double)sysconf(_SC_CLK_TCK);
}

static long
memory_kib(void)
{
    struct processes_usage usage;

    processes_usage("idinqr-relay", &usage);
    ck_assert_int_eq(usage.count, 1);
    return usage.memory_kib;
}

static void
row_waiting(long before_kib)
{
    long kib = memory_kib() - before_kib;
    double before_ms = cpu_ms();
    char text[120];

    poll(NULL, 0, MINUTE_MS); /* what it measures */
    snprintf(text, sizeof text, "%.1f KiB a desk, %.1f MiB in all; %.0f ms CPU in a minute",
             (double)kib / WAITING_DESKS, (double)(kib + before_kib) / 1024, cpu_ms() - before_ms);
    table_row("2000 desks waiting, relay", text, NULL, NULL, NULL, -1);
}

static void
print_clicks(const char *what, struct figures *ms)
{
    char text[80], goal[40];
    double p99_ms = figures_quantile(ms, 0.99);

    snprintf(text, sizeof text, "%.1f (p50), %.1f (p99)", figures_median(ms), p99_ms);
    snprintf(goal, sizeof goal, "p99 ≤ %d", GOAL_P99_MS);
    table_row(what, text, NULL, NULL, goal, p99_ms <= GOAL_P99_MS);
}

/* The person comes back from the bank, and the relay asks the acquirer. Then the person says that
 * it was someone else, which the relay alone decides. */
static void
rows_clicks(struct waiting_desks *desks)
{
    struct figures returned = {.count = 0}, denied = {.count = 0};

    for (int i = 0; i < N_CLICKS; i++) {
        int at = i * (WAITING_DESKS / N_CLICKS);
        PHONE_AUTO *phone = relay_server_phone(relay_here);
        int64_t click_ns;

        relay_phone_to_bank(phone, &codes[at]);
        waiting_desks_await(desks, at, "pending");
        relay_phone_at_bank(phone, "anna", "approve");
        click_ns = moment_ns();
        ck_assert_int_eq(relay_phone_return(phone), 200);
        figures_add(&returned, moment_ms(waiting_desks_await(desks, at, "number") - click_ns));
        click_ns = moment_ns();
        ck_assert_int_eq(phone_press(phone, "This was not me"), 410);
        figures_add(&denied, moment_ms(waiting_desks_await(desks, at, "cancelled") - click_ns));
    }
    print_clicks("back from the bank → desk, 2000 waiting, ms", &returned);
    print_clicks("\"This was not me\" → desk, 2000 waiting, ms", &denied);
}

void
rows_relay(void)
{
    struct waiting_desks desks;

    row_code();
    relay_here = relay_server_new(&without_limits);
    long before_kib = memory_kib();
    for (int i = 0; i < WAITING_DESKS; i++)
        relay_code_generate(relay_here, i % RELAY_DESKS, LIFETIME_S, &codes[i]);
    waiting_desks_begin(relay_here, codes, &desks);
    row_waiting(before_kib);
    rows_clicks(&desks);
    waiting_desks_end(&desks);
    relay_login_end();
}
