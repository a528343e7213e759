/* SPDX-License-Identifier: BSD-3-Clause */
/* What a login costs while a person looks for the phone: a minute of nothing, for each provider.
 * Processor time, wake-ups and memory of the processes that the module has started, together, and
 * of the host; what the backend was asked; and the memory of a curl that has asked for the same
 * code and waits as well. All providers wait in the same minute. */
#include "pam_idinqr/common/array.h"
#include "tests/bench/bench_login.h"
#include "tests/bench/curl_script.h"
#include "tests/bench/figures.h"
#include "tests/bench/providers.h"
#include "tests/bench/rows.h"
#include "tests/harness/processes.h"
#include "tests/harness/scratch.h"

#include <check.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WAIT_S        60
#define CURL_RATE     "6/h" /* its next request would come when all is over */
#define END_MS        5000
#define PROVIDERS_MAX 8
#define GOAL_KIB      (22 * 1024)
/* In agent and fetch process together: each is woken for the question and for its answer. */
#define GOAL_WAKE_UPS 4

struct usage {
    double cpu_ms;
    long wake_ups;              /* voluntary context switches */
    long resident_kib, own_kib; /* the files of libraries counted, and not */
};

struct wait {
    struct bench_desk desk;
    struct bench_login login;
    struct curl_script *script;
    struct child *curl;
    pid_t started[3]; /* watcher, agent, fetch process */
    struct usage started_before, host_before;
    int polls_before;
};

static long
number_behind(const char *text, const char *name)
{
    const char *at = strstr(text, name);

    ck_assert_msg(at != NULL, "no %s in %s", name, text);
    return atol(at + strlen(name));
}

static struct usage
look_at(pid_t pid)
{
    char path[64];
    struct usage usage;

    snprintf(path, sizeof path, "/proc/%d/schedstat", (int)pid);
    char *times = scratch_read(path);
    snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    char *status = scratch_read(path);
    usage = (struct usage){
        .cpu_ms = (double)atoll(times) / 1e6,
        .wake_ups = number_behind(status, "\nvoluntary_ctxt_switches:"),
        .resident_kib = number_behind(status, "\nVmRSS:"),
        .own_kib = number_behind(status, "\nRssAnon:"),
    };
    return usage;
}

static struct usage
look_at_started(const struct wait *wait)
{
    struct usage all = {0};

    for (size_t i = 0; i < ARRAY_LENGTH(wait->started); i++) {
        struct usage one = look_at(wait->started[i]);
        all.cpu_ms += one.cpu_ms;
        all.wake_ups += one.wake_ups;
        all.resident_kib += one.resident_kib;
        all.own_kib += one.own_kib;
    }
    return all;
}

static void
begin(const struct bench_provider *provider, struct wait *wait)
{
    bench_desk_open(&wait->desk, provider->name, NULL);
    bench_login_begin(&wait->desk, "stay", &wait->login);
    bench_login_read_code(&wait->login);
    static const char *const names[] = {BENCH_HOST, "idinqr-agent", "idinqr-fetch"};
    for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
        wait->started[i] = processes_find_below(child_pid(wait->login.host), names[i]);
        ck_assert_msg(wait->started[i] > 0, "no %s", names[i]);
    }
    wait->script = curl_script_new(qr_backend_ca_file(wait->desk.desk.backend));
    provider->write_requests(&wait->desk.desk, wait->script);
    wait->curl = curl_script_start(wait->script, CURL_RATE);
}

/* Describes the usage between two samples, for a cell of the table. */
static void
describe(const struct usage *before, const struct usage *after, char ret_text[FIGURES_TEXT])
{
    ck_assert_int_lt(snprintf(ret_text, FIGURES_TEXT,
                              "%.1f ms CPU, %ld wake-ups, %ld KiB RSS, %ld of it its own",
                              after->cpu_ms - before->cpu_ms, after->wake_ups - before->wake_ups,
                              after->resident_kib, after->own_kib),
                     FIGURES_TEXT);
}

static void
started_row(const struct bench_provider *provider, const struct wait *wait)
{
    struct usage started = look_at_started(wait), curl = look_at(child_pid(wait->curl));
    int n_polls =
        qr_backend_count(wait->desk.desk.backend, provider->look_event) - wait->polls_before;
    long n_wake_ups = started.wake_ups - wait->started_before.wake_ups;
    char what[100], usage[FIGURES_TEXT], left[FIGURES_TEXT + 40], right[100], ratio[20], goal[60];

    describe(&wait->started_before, &started, usage);
    snprintf(what, sizeof what, "waiting %d s, %s, its processes", WAIT_S, provider->name);
    snprintf(left, sizeof left, "%d requests, %s", n_polls, usage);
    snprintf(right, sizeof right, "curl, waiting: %ld KiB RSS, %ld of it its own",
             curl.resident_kib, curl.own_kib);
    snprintf(ratio, sizeof ratio, "%.2f", (double)started.resident_kib / (double)curl.resident_kib);
    snprintf(goal, sizeof goal, "≤ %d wake-ups a request, ≤ %d MiB", GOAL_WAKE_UPS,
             GOAL_KIB / 1024);
    table_row(what, left, right, ratio, goal,
              started.resident_kib <= GOAL_KIB && n_wake_ups <= GOAL_WAKE_UPS * n_polls);
}

static void
host_row(const struct bench_provider *provider, const struct wait *wait)
{
    struct usage host = look_at(child_pid(wait->login.host));
    char what[100], left[FIGURES_TEXT];

    describe(&wait->host_before, &host, left);
    snprintf(what, sizeof what, "waiting %d s, %s, host", WAIT_S, provider->name);
    table_row(what, left, NULL, NULL, NULL, -1);
}

static void
end(const struct bench_provider *provider, struct wait *wait)
{
    started_row(provider, wait);
    host_row(provider, wait);
    (void)child_stop(&wait->curl, END_MS);
    curl_script_free(&wait->script);
    (void)child_stop(&wait->login.host, END_MS);
    bench_desk_close(&wait->desk);
}

void
rows_waiting(void)
{
    static struct wait waits[PROVIDERS_MAX];
    size_t n = 0;

    for (; bench_provider_at(n); n++) {
        ck_assert_uint_lt(n, PROVIDERS_MAX);
        begin(bench_provider_at(n), &waits[n]);
    }
    for (size_t i = 0; i < n; i++) {
        waits[i].polls_before =
            qr_backend_count(waits[i].desk.desk.backend, bench_provider_at(i)->look_event);
        waits[i].started_before = look_at_started(&waits[i]);
        waits[i].host_before = look_at(child_pid(waits[i].login.host));
    }
    poll(NULL, 0, WAIT_S * 1000);
    for (size_t i = 0; i < n; i++)
        end(bench_provider_at(i), &waits[i]);
}
