/* SPDX-License-Identifier: BSD-3-Clause */
/* Measures the cost of the module in an application's stack: every sudo loads it, for every kind of
 * login. The objects take turns, each time in a fresh process that has loaded only libpam. */
#include "pam_idinqr/common/array.h"
#include "tests/bench/bench_login.h"
#include "tests/bench/figures.h"
#include "tests/bench/rows.h"

#include <check.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define N_TIMES      50
#define LINE_MS      10000
#define GOAL_KIB     250
#define N_OBJECTS    ARRAY_LENGTH(objects)
#define MODULE(name) PAM_MODULE_DIR "/pam_" name ".so"

/* The first does nothing: each other's ratio is to it. Most stacks load the second anyway, so ours
 * is to take less time. */
enum { NOTHING, USUAL, OURS };
static const struct {
    const char *name, *path;
} objects[] = {
    [NOTHING] = {"pam_permit", MODULE("permit")},
    [USUAL] = {"pam_unix", MODULE("unix")},
    [OURS] = {"pam_idinqr", BUILD_DIR "/pam_idinqr.so"},
    {"pam_google_authenticator", MODULE("google_authenticator")},
    {"pam_u2f", MODULE("u2f")},
    {"pam_duo", MODULE("duo")},
    {"pam_sss", MODULE("sss")},
    {"libcurl", "libcurl.so.4"},
};

struct cost {
    struct figures us, kib;
    int n_libraries;
};

static int
is_here(size_t i)
{
    return objects[i].path[0] != '/' || access(objects[i].path, R_OK) == 0;
}

static void
load(const char *path, struct cost *cost)
{
    struct child *host = bench_host_load(path);
    char line[80] = "";
    long long ns;
    long bytes;

    ck_assert(child_read_line(host, line, sizeof line, LINE_MS));
    ck_assert_msg(sscanf(line, "loaded %lld %d %ld", &ns, &cost->n_libraries, &bytes) == 3, "%s",
                  line);
    (void)child_stop(&host, LINE_MS);
    figures_add(&cost->us, (double)ns / 1e3);
    figures_add(&cost->kib, (double)bytes / 1024);
}

static void
row(size_t i, struct cost *costs)
{
    double us = figures_median(&costs[i].us), usual_us = figures_median(&costs[USUAL].us);
    double more_kib = figures_median(&costs[i].kib) - figures_median(&costs[NOTHING].kib);
    char what[80], left[2 * FIGURES_TEXT], text[FIGURES_TEXT], right[60], ratio[40], goal[60];
    int is_ours = i == OURS;

    figures_text(&costs[i].us, text);
    snprintf(left, sizeof left, "%s µs, %d new objects, %.0f KiB", text, costs[i].n_libraries,
             figures_median(&costs[i].kib));
    snprintf(what, sizeof what, "dlopen, %s", objects[i].name);
    snprintf(right, sizeof right, "pam_permit: %.0f µs", figures_median(&costs[NOTHING].us));
    snprintf(ratio, sizeof ratio, "%.2f, %+.0f KiB", us / figures_median(&costs[NOTHING].us),
             more_kib);
    snprintf(goal, sizeof goal, "< pam_unix, ≤ +%d KiB", GOAL_KIB);
    table_row(what, is_ours ? left : NULL, is_ours ? right : left, ratio, is_ours ? goal : NULL,
              is_ours ? us < usual_us && more_kib <= GOAL_KIB : -1);
}

void
rows_loading(void)
{
    static struct cost costs[N_OBJECTS];
    char what[80];

    for (int turn = 0; turn < N_TIMES; turn++)
        for (size_t i = 0; i < N_OBJECTS; i++)
            if (is_here(i))
                load(objects[i].path, &costs[i]);
    for (size_t i = 1; i < N_OBJECTS; i++) {
        snprintf(what, sizeof what, "dlopen, %s", objects[i].name);
        if (is_here(i))
            row(i, costs);
        else
            table_row(what, NULL, "is not installed", NULL, NULL, -1);
    }
}
