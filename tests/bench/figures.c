/* SPDX-License-Identifier: BSD-3-Clause */
/* See figures.h. */
#include "tests/bench/figures.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

void
figures_add(struct figures *figures, double value)
{
    ck_assert_uint_lt(figures->count, FIGURES_MAX);
    figures->values[figures->count++] = value;
}

static int
compare(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;

    return (left > right) - (left < right);
}

double
figures_quantile(struct figures *figures, double part)
{
    ck_assert_uint_gt(figures->count, 0);
    qsort(figures->values, figures->count, sizeof figures->values[0], compare);
    return figures->values[(size_t)(part * (double)(figures->count - 1) + 0.5)];
}

double
figures_median(struct figures *figures)
{
    return figures_quantile(figures, 0.5);
}

void
figures_text(struct figures *figures, char ret_text[FIGURES_TEXT])
{
    double median = figures_median(figures), most = figures->values[figures->count - 1];
    int decimals = most < 10 ? 2 : most < 100 ? 1 : 0;

    snprintf(ret_text, FIGURES_TEXT, "%.*f (%.*f … %.*f)", decimals, median, decimals,
             figures->values[0], decimals, most);
}

void
table_begin(void)
{
    printf("| what | pam_idinqr | beside it | ratio | goal | met |\n|---|---|---|---|---|---|\n");
    fflush(stdout);
}

void
table_row(const char *what, const char *ours, const char *beside, const char *ratio,
          const char *goal, int met)
{
    printf("| %s | %s | %s | %s | %s | %s |\n", what, ours ? ours : "", beside ? beside : "",
           ratio ? ratio : "", goal ? goal : "",
           met < 0 ? ""
           : met   ? "yes"
                   : "**no**");
    fflush(stdout); /* the next rows take minutes; and no child is to write this again */
}
