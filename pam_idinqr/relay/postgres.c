/* SPDX-License-Identifier: BSD-3-Clause */
/* The relay and its commands run this, on answers of the database. libpq without a thread: what was
 * sent has a time limit. No text of an answer is logged but that of a failed connection: others may
 * repeat a value. */
#include <build.h>

#ifdef HAVE_LIBPQ
#include "pam_idinqr/relay/postgres.h"

#include "pam_idinqr/common/array.h"
#include "pam_idinqr/common/clock.h"
#include "pam_idinqr/common/text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define START_MS    5000 /* for the first connection */
#define CONNECT_MS  5000 /* for another one, while the relay goes on */
#define PATIENCE_MS 250  /* of that, in which a call may wait */
#define PAUSE_MS    1000 /* after a connection that failed */
#define AWAY_TEXT   "the database is away: "

/* The server has shorter times than this process, so that it says why. */
#define SESSION                                                                                    \
    "SET search_path = idinqr; SET statement_timeout = 2000; SET lock_timeout = 1500;"             \
    "SET idle_in_transaction_session_timeout = 10000; SET synchronous_commit = on;"                \
    "SET default_transaction_isolation = 'read committed';"
#define LISTEN "LISTEN idinqr_login"

/* --- reasons ---------------------------------------------------------------------------------- */

/* By the SQLSTATE, of which `state` is a prefix. */
static const struct {
    const char *state, *cause;
    bool ends; /* the connection is of no use any more */
} causes[] = {
    {"57014", "the database did not answer in time", false},
    {"57P", "the database is stopping", true},
    {"55P03", "another process keeps the rows locked", false},
    {"40", "another process keeps the rows locked", false},
    {"53100", "the disk is full", false},
    {"53300", "the database has too many connections", true},
    {"53", "the database lacks memory or disk", false},
    {"25006", "the database cannot be written", true},
    {"25P03", "the database did not get the next statement in time", true},
    {"42501", "the role lacks a right, see idinqr-relay.sql", false},
    {"42P01", "the tables are missing: run idinqr-relay migrate", true},
    {"3F000", "the schema is missing, see idinqr-relay.sql", true},
    {"XX00", "the database is damaged", false},
    {"58", "the database cannot read or write a file", false},
    {"08", "the connection was lost", true},
};

void
postgres_disconnect(struct postgres *postgres, const char *why)
{
    PQfinish(postgres->connection); /* accepts NULL */
    postgres->connection = NULL;
    postgres->state = POSTGRES_AWAY;
    postgres->again_ms = clock_ms() + PAUSE_MS;
    if (why != postgres->why)
        snprintf(postgres->why, sizeof postgres->why, "%s", why);
}

/* libpq's first line: hosts, ports, users, and the server's reason. */
static void
disconnect_with_reason(struct postgres *postgres)
{
    char why[sizeof postgres->why];

    snprintf(why, sizeof why, AWAY_TEXT "%s", PQerrorMessage(postgres->connection));
    why[strcspn(why, "\n")] = '\0';
    characters_make_loggable(why);
    postgres_disconnect(postgres, why);
}

static int
fail_away(struct postgres *postgres)
{
    return database_fail(&postgres->database, postgres->why);
}

static int
fail_answer(struct postgres *postgres, const PGresult *answer)
{
    const char *state = PQresultErrorField(answer, PG_DIAG_SQLSTATE);
    char other[40];

    snprintf(postgres->sqlstate, sizeof postgres->sqlstate, "%s", state ? state : "");
    for (size_t i = 0; state && i < ARRAY_LENGTH(causes); i++) {
        if (strncmp(state, causes[i].state, strlen(causes[i].state)) != 0)
            continue;
        if (causes[i].ends)
            postgres_disconnect(postgres, causes[i].cause);
        return database_fail(&postgres->database, causes[i].cause);
    }
    snprintf(other, sizeof other, "SQLSTATE %.5s", state ? state : "is missing");
    return database_fail(&postgres->database, other);
}

/* --- one statement ---------------------------------------------------------------------------- */

static bool
wait_for(struct postgres *postgres, short events)
{
    struct pollfd socket = {.fd = PQsocket(postgres->connection), .events = events};
    int left_ms = clock_left_ms(postgres->until_ms), ready;

    if (left_ms <= 0)
        return false;
    ready = poll(&socket, 1, left_ms);
    return ready > 0 || (ready < 0 && errno == EINTR);
}

/* Sends what is left, and waits for an answer: the last one, of several statements, or the first
 * that is an error. Returns NULL when the time is over or the connection is lost. */
static PGresult *
wait_for_answer(struct postgres *postgres)
{
    PGresult *last = NULL, *answer;
    int unsent;

    while ((unsent = PQflush(postgres->connection)) > 0 && wait_for(postgres, POLLIN | POLLOUT))
        if (!PQconsumeInput(postgres->connection))
            return NULL;
    if (unsent != 0)
        return NULL;
    for (;;) {
        while (PQisBusy(postgres->connection))
            if (!wait_for(postgres, POLLIN) || !PQconsumeInput(postgres->connection)) {
                PQclear(last);
                return NULL;
            }
        answer = PQgetResult(postgres->connection);
        if (!answer)
            return last;
        if (last && PQresultStatus(last) == PGRES_FATAL_ERROR) {
            PQclear(answer);
            continue;
        }
        PQclear(last);
        last = answer;
    }
}

PGresult *
postgres_answer(struct postgres *postgres, int was_sent)
{
    PGresult *answer = was_sent ? wait_for_answer(postgres) : NULL;
    ExecStatusType status = PQresultStatus(answer);

    postgres->sqlstate[0] = '\0';
    if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK)
        return answer;
    if (!answer && PQstatus(postgres->connection) == CONNECTION_OK) {
        postgres_disconnect(postgres, "the database did not answer in time");
        (void)database_fail(&postgres->database, postgres->why);
    } else if (!answer || PQstatus(postgres->connection) != CONNECTION_OK) {
        disconnect_with_reason(postgres);
        (void)fail_away(postgres);
    } else {
        (void)fail_answer(postgres, answer);
    }
    PQclear(answer);
    return NULL;
}

int
postgres_ask(struct postgres *postgres, const char *sql, char *ret_text, size_t size)
{
    PGresult *answer = postgres_answer(postgres, PQsendQuery(postgres->connection, sql));

    if (!answer)
        return IDQ_SYSTEM;
    if (ret_text)
        snprintf(ret_text, size, "%s", PQntuples(answer) > 0 ? PQgetvalue(answer, 0, 0) : "");
    PQclear(answer);
    return 0;
}

/* --- the connection --------------------------------------------------------------------------- */

static int
check_version(struct postgres *postgres)
{
    char version[16], cause[100];

    if (postgres_ask(postgres, "SELECT version FROM version", version, sizeof version) != 0)
        return IDQ_SYSTEM;
    if (atoi(version) == postgres->version)
        return 0;
    snprintf(cause, sizeof cause, "the tables have version %.9s, and this program needs %d%s",
             version, postgres->version,
             atoi(version) < postgres->version ? ": run idinqr-relay migrate" : "");
    postgres_disconnect(postgres, cause);
    return database_fail(&postgres->database, cause);
}

static int
begin_session(struct postgres *postgres)
{
    postgres->until_ms = clock_ms() + POSTGRES_ANSWER_MS;
    if (postgres_ask(postgres, SESSION, NULL, 0) != 0)
        return IDQ_SYSTEM;
    if (postgres->version == 0)
        return 0;
    if (postgres_ask(postgres, LISTEN, NULL, 0) != 0)
        return IDQ_SYSTEM;
    return check_version(postgres);
}

static void
ignore_notice(void *context, const char *text)
{
    (void)context;
    (void)text;
}

/* Defaults stand before the URI, and what it cannot change behind it. GSSAPI would read files, and
 * keys of the kernel, that the jail has not. */
static void
start_connection(struct postgres *postgres, int within_ms)
{
    static const char *const keywords[] = {"application_name",
                                           "tcp_user_timeout",
                                           "target_session_attrs",
                                           "dbname",
                                           "client_encoding",
                                           "gssencmode",
                                           NULL};
    const char *const values[] = {"idinqr-relay", "5000",    "read-write", postgres->uri,
                                  "UTF8",         "disable", NULL};

    postgres->connection = PQconnectStartParams(keywords, values, 1);
    postgres->state = POSTGRES_CONNECTING;
    postgres->next = PGRES_POLLING_WRITING;
    postgres->until_ms = clock_ms() + within_ms;
    postgres->patience_ms = PATIENCE_MS;
    if (!postgres->connection)
        postgres_disconnect(postgres, "out of memory");
    else if (PQstatus(postgres->connection) == CONNECTION_BAD)
        disconnect_with_reason(postgres);
    else
        (void)PQsetNoticeProcessor(postgres->connection, ignore_notice, NULL);
}

/* The server has let it in. */
static void
end_connection(struct postgres *postgres)
{
    if (PQsetnonblocking(postgres->connection, 1) != 0) {
        postgres_disconnect(postgres, "out of memory");
        return;
    }
    postgres->state = POSTGRES_READY;
    if (begin_session(postgres) == 0)
        postgres->is_new = true;
    else if (postgres->state == POSTGRES_READY) /* without its settings it is of no use */
        postgres_disconnect(postgres,
                            postgres->database.error + strlen(postgres->database.what) + 2);
}

/* Goes on with a connection that is made, for so long. */
static void
go_on(struct postgres *postgres, int wait_ms)
{
    while (postgres->state == POSTGRES_CONNECTING) {
        int64_t begun_ms = clock_ms();
        struct pollfd socket = {.fd = PQsocket(postgres->connection),
                                .events =
                                    postgres->next == PGRES_POLLING_READING ? POLLIN : POLLOUT};
        int ready = poll(&socket, 1, wait_ms);

        wait_ms -= (int)(clock_ms() - begun_ms);
        wait_ms = wait_ms > 0 ? wait_ms : 0;
        if (ready > 0) {
            postgres->next = PQconnectPoll(postgres->connection);
            if (postgres->next == PGRES_POLLING_OK)
                end_connection(postgres);
            else if (postgres->next == PGRES_POLLING_FAILED)
                disconnect_with_reason(postgres);
        } else if (clock_left_ms(postgres->until_ms) <= 0) {
            postgres_disconnect(postgres, AWAY_TEXT "no connection in time");
        } else if (wait_ms == 0) {
            break;
        }
    }
}

int
postgres_connect(struct postgres *postgres)
{
    int64_t begun_ms = clock_ms();

    if (postgres->state == POSTGRES_READY)
        return 0;
    if (postgres->is_in_transaction)
        return fail_away(postgres);
    if (postgres->state == POSTGRES_AWAY && begun_ms >= postgres->again_ms)
        start_connection(postgres, CONNECT_MS);
    go_on(postgres, postgres->patience_ms);
    postgres->patience_ms -= (int)(clock_ms() - begun_ms);
    postgres->patience_ms = postgres->patience_ms > 0 ? postgres->patience_ms : 0;
    if (postgres->state == POSTGRES_CONNECTING)
        snprintf(postgres->why, sizeof postgres->why, AWAY_TEXT "the connection is being made");
    return postgres->state == POSTGRES_READY ? 0 : fail_away(postgres);
}

int
postgres_connect_first(struct postgres *postgres)
{
    start_connection(postgres, START_MS);
    go_on(postgres, START_MS);
    return postgres_connect(postgres);
}

void
postgres_go_on(struct postgres *postgres)
{
    if (postgres->state == POSTGRES_READY && !PQconsumeInput(postgres->connection)) {
        disconnect_with_reason(postgres);
        postgres->again_ms = clock_ms(); /* it may have been restarted */
    }
    if (postgres->state == POSTGRES_AWAY && clock_ms() >= postgres->again_ms)
        start_connection(postgres, CONNECT_MS);
    go_on(postgres, 0);
}

#endif
