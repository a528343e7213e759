/* SPDX-License-Identifier: BSD-3-Clause */
/* What the two kinds of a database have in common: see database.h. */
#ifndef IDQ_RELAY_DATABASE_KIND_H
#define IDQ_RELAY_DATABASE_KIND_H

#include "pam_idinqr/relay/database.h"

#define DATABASE_COLUMNS_MAX 16
#define DATABASE_VALUES_MAX  10

struct database_kind {
    void (*close)(struct database *database);
    int (*run)(struct database *database, const struct database_statement *statement,
               const struct database_value *values, int n_values, database_read *read, void *ret,
               bool *ret_done);
    int (*begin)(struct database *database);
    int (*end)(struct database *database, int result);
    int (*empty_log)(struct database *database);                            /* or NULL */
    void (*poll)(const struct database *database, struct pollfd *ret_poll); /* or NULL */
    void (*listen)(struct database *database,                               /* or NULL */
                   void (*take)(void *context, const char *text), void *context);
};

/* The first member of the struct of each kind. */
struct database {
    const struct database_kind *kind;
    const char *what; /* is being done */
    char error[256];
    uint64_t n_errors;
};

/* Keeps the reason. Returns IDQ_SYSTEM. */
int database_fail(struct database *database, const char *cause);

/* The same for what a database_read returned. */
int database_fail_to_read(struct database *database, int error);

#endif
