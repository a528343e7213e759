/* SPDX-License-Identifier: BSD-3-Clause */
/* Samples, what is said of them, and the table that `make bench` prints. Pure, but for stdout. */
#ifndef IDQ_BENCH_FIGURES_H
#define IDQ_BENCH_FIGURES_H

#include <stddef.h>

#define FIGURES_MAX 1000

struct figures {
    double values[FIGURES_MAX];
    size_t count;
};

void figures_add(struct figures *figures, double value);

/* Returns the value below which `part` (0 to 1) of the samples are. Fails the running test if there
 * are no samples. */
double figures_quantile(struct figures *figures, double part);
double figures_median(struct figures *figures);

#define FIGURES_TEXT 80

/* "12.3 (11.9 … 15.0)": the median, the least and the most. */
void figures_text(struct figures *figures, char ret_text[FIGURES_TEXT]);

/* The head of the table, and one row. A cell that is NULL stays empty. Of `met`, 1 is "yes", 0
 * "**no**", and -1 that there is no goal. */
void table_begin(void);
void table_row(const char *what, const char *ours, const char *beside, const char *ratio,
               const char *goal, int met);

#endif
