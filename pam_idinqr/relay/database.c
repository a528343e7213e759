/* SPDX-License-Identifier: BSD-3-Clause */
/* The relay and its commands run this. */
#include "pam_idinqr/relay/database_kind.h"

#include <stdio.h>
#include <string.h>

int
database_fail(struct database *database, const char *cause)
{
    (void)snprintf(database->error, sizeof database->error, "%s: %s", database->what, cause);
    database->n_errors++;
    return IDQ_SYSTEM;
}

int
database_fail_to_read(struct database *database, int error)
{
    return database_fail(database,
                         error == IDQ_REPLY ? "the database is damaged" : "out of memory");
}

const char *
database_error(const struct database *database)
{
    return database->error;
}

uint64_t
database_errors(const struct database *database)
{
    return database->n_errors;
}

int
database_run(struct database *database, const struct database_statement *statement,
             const struct database_value *values, database_read *read, void *ret, bool *ret_done)
{
    bool is_done = false;
    int n_values = 0, result;

    if (statement->what)
        database->what = statement->what;
    for (; values && values[n_values].size_max != SIZE_MAX; n_values++)
        if (n_values == DATABASE_VALUES_MAX ||
            (values[n_values].text && values[n_values].size_max > 0 &&
             strlen(values[n_values].text) >= values[n_values].size_max))
            return database_fail(database, "a text is too long");
    result = database->kind->run(database, statement, values, n_values, read, ret, &is_done);
    if (result == 0 && ret_done)
        *ret_done = is_done;
    return result;
}

int
database_begin(struct database *database, const char *what)
{
    database->what = what;
    return database->kind->begin(database);
}

int
database_end(struct database *database, int result)
{
    return database->kind->end(database, result);
}

int
database_empty_log(struct database *database)
{
    return database->kind->empty_log ? database->kind->empty_log(database) : 0;
}

void
database_poll(const struct database *database, struct pollfd *ret_poll)
{
    *ret_poll = (struct pollfd){.fd = -1};
    if (database->kind->poll)
        database->kind->poll(database, ret_poll);
}

void
database_listen(struct database *database, void (*take)(void *context, const char *text),
                void *context)
{
    if (database->kind->listen)
        database->kind->listen(database, take, context);
}

void
database_close(struct database **database)
{
    if (!database || !*database)
        return;
    (*database)->kind->close(*database);
    *database = NULL;
}
