/* SPDX-License-Identifier: BSD-3-Clause */
/* The relay and its commands run this, on texts from desks, phones and the acquirer. PostgreSQL:
 * statements, transactions, notifications and migrations. */
#include <build.h>

#include "pam_idinqr/relay/database.h"

#ifdef HAVE_LIBPQ
#include "pam_idinqr/relay/postgres.h"

#include "pam_idinqr/common/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SQL_MAX 2048
#define LOCK    "1768190322" /* "idqr": of a migration */

static struct postgres *
postgres_of(struct database *database)
{
    return (struct postgres *)database; /* its first member */
}

static const struct postgres *
postgres_of_const(const struct database *database)
{
    return (const struct postgres *)database;
}

/* The same SQL as PostgreSQL writes it. */
static int
translate(const char *sql, char ret_sql[SQL_MAX])
{
    size_t n = 0;

    for (; *sql; sql++) {
        if (n == SQL_MAX - 1)
            return IDQ_SYSTEM;
        if (strncmp(sql, "/*+", 3) == 0 || strncmp(sql, "+*/", 3) == 0)
            sql += 2;
        else
            ret_sql[n++] = *sql == '?' ? '$' : *sql;
    }
    ret_sql[n] = '\0';
    return 0;
}

static int
read_rows(struct postgres *postgres, const PGresult *answer, database_read *read, void *ret)
{
    const char *row[DATABASE_COLUMNS_MAX];
    int n = PQnfields(answer), error = n > DATABASE_COLUMNS_MAX ? IDQ_REPLY : 0;

    for (int i = 0; read && error == 0 && i < PQntuples(answer); i++) {
        for (int k = 0; k < n; k++)
            row[k] = PQgetisnull(answer, i, k) ? NULL : PQgetvalue(answer, i, k);
        error = read(row, ret);
    }
    return error ? database_fail_to_read(&postgres->database, error) : 0;
}

static int
run(struct database *database, const struct database_statement *statement,
    const struct database_value *values, int n_values, database_read *read, void *ret,
    bool *ret_done)
{
    struct postgres *postgres = postgres_of(database);
    const char *texts[DATABASE_VALUES_MAX];
    char numbers[DATABASE_VALUES_MAX][24], sql[SQL_MAX];
    PGresult *answer;
    int result;

    if (postgres_connect(postgres) != 0)
        return IDQ_SYSTEM;
    if (translate(statement->sql, sql) != 0)
        return database_fail(database, "a statement is too long");
    for (int i = 0; i < n_values; i++) {
        snprintf(numbers[i], sizeof numbers[i], "%lld", (long long)values[i].number);
        texts[i] = values[i].text ? values[i].text : numbers[i];
    }
    if (!postgres->is_in_transaction)
        postgres->until_ms = clock_ms() + POSTGRES_ANSWER_MS;
    answer = postgres_answer(postgres, PQsendQueryParams(postgres->connection, sql, n_values, NULL,
                                                         texts, NULL, NULL, 0));
    if (!answer) /* a text that is not UTF-8 is in no row */
        return strcmp(postgres->sqlstate, "22021") == 0 && !postgres->is_in_transaction
                   ? 0
                   : IDQ_SYSTEM;
    *ret_done = PQntuples(answer) > 0;
    result = read_rows(postgres, answer, read, ret);
    PQclear(answer);
    return result;
}

static int
begin(struct database *database)
{
    struct postgres *postgres = postgres_of(database);

    if (postgres_connect(postgres) != 0)
        return IDQ_SYSTEM;
    postgres->until_ms = clock_ms() + POSTGRES_ANSWER_MS;
    if (postgres_ask(postgres, "BEGIN", NULL, 0) != 0)
        return IDQ_SYSTEM;
    postgres->is_in_transaction = true;
    return 0;
}

static int
end(struct database *database, int result)
{
    struct postgres *postgres = postgres_of(database);
    PGresult *answer;

    if (result == 0 && postgres->state == POSTGRES_READY) {
        answer = postgres_answer(postgres, PQsendQuery(postgres->connection, "COMMIT"));
        if (!answer)
            result = IDQ_SYSTEM;
        else if (strcmp(PQcmdStatus(answer), "COMMIT") != 0)
            result = database_fail(database, "the transaction had failed");
        PQclear(answer);
    } else if (postgres->state == POSTGRES_READY) {
        char reason[sizeof database->error];
        memcpy(reason, database->error, sizeof reason);
        postgres->until_ms = clock_ms() + POSTGRES_ANSWER_MS;
        if (postgres_ask(postgres, "ROLLBACK", NULL, 0) != 0 && postgres->state == POSTGRES_READY)
            postgres_disconnect(postgres, "a transaction could not be ended");
        memcpy(database->error, reason, sizeof reason);
    }
    postgres->is_in_transaction = false;
    return result;
}

static void
poll_of(const struct database *database, struct pollfd *ret_poll)
{
    const struct postgres *postgres = postgres_of_const(database);

    if (postgres->state == POSTGRES_AWAY)
        return;
    ret_poll->fd = PQsocket(postgres->connection);
    ret_poll->events =
        postgres->state == POSTGRES_CONNECTING && postgres->next == PGRES_POLLING_WRITING ? POLLOUT
                                                                                          : POLLIN;
}

static void
listen_now(struct database *database, void (*take)(void *context, const char *text), void *context)
{
    struct postgres *postgres = postgres_of(database);
    PGnotify *told;

    postgres_go_on(postgres);
    if (postgres->state != POSTGRES_READY)
        return;
    while ((told = PQnotifies(postgres->connection))) {
        if (told->be_pid != PQbackendPID(postgres->connection))
            take(context, told->extra);
        PQfreemem(told);
    }
    if (postgres->is_new)
        take(context, NULL);
    postgres->is_new = false;
}

static void
close_postgres(struct database *database)
{
    struct postgres *postgres = postgres_of(database);

    PQfinish(postgres->connection);
    free(postgres);
}

static const struct database_kind kind = {.close = close_postgres,
                                          .run = run,
                                          .begin = begin,
                                          .end = end,
                                          .poll = poll_of,
                                          .listen = listen_now};

/* --- opening ---------------------------------------------------------------------------------- */

/* In a transaction. One process migrates at a time. */
static int
migrate_tables(struct postgres *postgres, const char *const *migrations, int version)
{
    char found[16], set[60];
    int at;

    if (postgres_ask(postgres,
                     "SELECT pg_advisory_xact_lock(" LOCK ");"
                     "CREATE TABLE IF NOT EXISTS version (version integer NOT NULL);"
                     "SELECT coalesce(max(version), 0) FROM version",
                     found, sizeof found) != 0)
        return IDQ_SYSTEM;
    at = atoi(found);
    if (at > version)
        return database_fail(&postgres->database,
                             "a newer version of this program has made the tables");
    for (; at < version; at++) {
        postgres->until_ms = clock_ms() + POSTGRES_ANSWER_MS;
        if (postgres_ask(postgres, migrations[at], NULL, 0) != 0)
            return IDQ_SYSTEM;
    }
    snprintf(set, sizeof set, "DELETE FROM version; INSERT INTO version VALUES (%d)", version);
    return postgres_ask(postgres, set, NULL, 0);
}

int
database_open_postgres(const char *uri, const char *const *migrations, int version,
                       struct database **ret_database, struct diag *ret_diag)
{
    struct postgres *postgres = calloc(1, sizeof *postgres + strlen(uri) + 1);
    int result = IDQ_SYSTEM;

    if (!postgres) {
        diag_set(ret_diag, "out of memory");
        return IDQ_SYSTEM;
    }
    DATABASE_AUTO *database = &postgres->database;
    database->kind = &kind;
    database->what = migrations ? "migrating the tables" : "opening the database";
    memcpy(postgres->uri, uri, strlen(uri) + 1);
    postgres->version = migrations ? 0 : version;
    result = postgres_connect_first(postgres);
    if (result == 0 && migrations && (result = begin(database)) == 0)
        result = end(database, migrate_tables(postgres, migrations, version));
    if (result != 0) {
        diag_set(ret_diag, "%s", database->error);
        return IDQ_SYSTEM;
    }
    *ret_database = database;
    database = NULL; /* moved */
    return 0;
}

#else

int
database_open_postgres(const char *uri, const char *const *migrations, int version,
                       struct database **ret_database, struct diag *ret_diag)
{
    (void)uri;
    (void)migrations;
    (void)version;
    (void)ret_database;
    diag_set(ret_diag, "this program was built without PostgreSQL (libpq)");
    return IDQ_SYSTEM;
}

#endif
