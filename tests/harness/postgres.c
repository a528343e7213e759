/* SPDX-License-Identifier: BSD-3-Clause */
/* See postgres.h. */
#include <build.h>

#include "tests/harness/postgres.h"

#include "tests/harness/scratch.h"

#include <stdlib.h>

#ifdef HAVE_LIBPQ

#include "pam_idinqr/relay/store.h"
#include "tests/harness/child.h"
#include "tests/harness/deadline.h"
#include "tests/harness/relay.h"

#include <check.h>
#include <glob.h>
#include <libpq-fe.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define USER     "postgres" /* of Debian's package; initdb asks for the name of its user */
#define START_MS 60000
#define STOP_MS  60000
#define AGAIN_MS 10

struct postgres_server {
    struct child *child;
    char *dir, *data, *log, *programs;
    unsigned port;
    int port_holder;
};

/* "/usr/lib/postgresql/15/bin", the newest one; NULL: none. Kept. */
static char *
find_programs(void)
{
    glob_t found;
    char *programs = NULL;

    if (glob("/usr/lib/postgresql/[0-9]*/bin/initdb", 0, NULL, &found) != 0)
        return NULL;
    programs = found.gl_pathv[found.gl_pathc - 1];
    programs = scratch_text("%.*s", (int)(strrchr(programs, '/') - programs), programs);
    globfree(&found);
    return programs;
}

const char *
postgres_why_not(void)
{
    if (!find_programs())
        return "PostgreSQL is not installed";
    return geteuid() != 0 || getpwnam(USER) ? NULL : "there is no user " USER;
}

/* Runs a shell command as the server's user. */
static void
shell(const struct postgres_server *server, const char *command)
{
    const char *as =
        geteuid() == 0 ? "setpriv --reuid=" USER " --regid=" USER " --clear-groups -- " : "";
    char *line = scratch_text("cd / && %ssh -c '%s' >>'%s' 2>&1", as, command, server->log);

    ck_assert_msg(system(line) == 0, "%s:\n%s", command, scratch_read(server->log));
}

char *
postgres_uri(const struct postgres_server *server, const char *role)
{
    return scratch_text("postgresql://%s@/idinqr?host=%s&port=%u", role, server->dir, server->port);
}

char *
postgres_tcp_uri(const struct postgres_server *server, const char *role)
{
    return scratch_text("postgresql://%s@127.0.0.1:%u/idinqr", role, server->port);
}

char *
postgres_superuser(const char *uri)
{
    return scratch_text("postgresql://" USER "%s", strchr(uri, '@'));
}

unsigned
postgres_port(const struct postgres_server *server)
{
    return server->port;
}

const char *
postgres_dir(const struct postgres_server *server)
{
    return server->dir;
}

void
postgres_server_start(struct postgres_server *server)
{
    struct deadline deadline = deadline_in(START_MS);
    char *uri =
        scratch_text("postgresql://" USER "@/postgres?host=%s&port=%u", server->dir, server->port);
    const char *const as_user[] = {"setpriv",
                                   "--reuid=" USER,
                                   "--regid=" USER,
                                   "--clear-groups",
                                   "--pdeathsig=KILL",
                                   "--",
                                   scratch_text("%s/postgres", server->programs),
                                   "-D",
                                   server->data,
                                   NULL};

    server->child = child_start(geteuid() == 0 ? as_user : as_user + 6, server->log);
    while (PQping(uri) != PQPING_OK) {
        ck_assert_msg(deadline_left(deadline, 1) > 0, "PostgreSQL did not start:\n%s",
                      scratch_read(server->log));
        poll(NULL, 0, AGAIN_MS);
    }
}

void
postgres_server_stop(struct postgres_server *server)
{
    /* Fast: sessions are ended. SIGTERM would wait for them. */
    ck_assert_int_eq(kill(child_pid(server->child), SIGINT), 0);
    ck_assert_int_eq(child_stop(&server->child, STOP_MS), 0);
}

/* No fsync: the tests end the server, and not the machine. */
#define SETTINGS                                                                                   \
    "listen_addresses = '127.0.0.1'\n"                                                             \
    "port = %u\n"                                                                                  \
    "unix_socket_directories = '%s'\n"                                                             \
    "fsync = off\n"                                                                                \
    "full_page_writes = off\n"                                                                     \
    "shared_buffers = 16MB\n"                                                                      \
    "max_connections = 40\n"                                                                       \
    "logging_collector = off\n"                                                                    \
    "lc_messages = 'C'\n"

/* One without data. */
static struct postgres_server *
new_server(void)
{
    struct postgres_server *server = calloc(1, sizeof *server);

    ck_assert_ptr_nonnull(server);
    server->programs = find_programs();
    server->dir = scratch_dir("postgres");
    server->log = scratch_path(scratch_dir("postgres-log"), "log");
    scratch_write(server->log, 0666, "");
    server->data = scratch_path(server->dir, "data");
    if (geteuid() == 0) {
        const struct passwd *user = getpwnam(USER);
        ck_assert(user && chown(server->dir, user->pw_uid, user->pw_gid) == 0);
    }
    server->port_holder = relay_bind(0, &server->port);
    ck_assert_int_ge(server->port_holder, 0);
    return server;
}

__attribute__((format(printf, 2, 3))) static void
configure(const struct postgres_server *server, const char *format, ...)
{
    FILE *file = fopen(scratch_path(server->data, "postgresql.auto.conf"), "ae");
    va_list values;

    va_start(values, format);
    ck_assert(file && vfprintf(file, format, values) > 0);
    va_end(values);
    ck_assert_int_eq(fclose(file), 0);
}

struct postgres_server *
postgres_server_new(void)
{
    struct postgres_server *server = new_server();
    char line[DIAG_LINE_SIZE], *sql;
    struct diag diag;
    int version;

    shell(server, scratch_text("%s/initdb -D %s -U " USER " -A trust -E UTF8 --locale=C.UTF-8 "
                               "--no-sync --no-instructions",
                               server->programs, server->data));
    configure(server, SETTINGS, server->port, server->dir);
    postgres_server_start(server);
    /* The server's user may be unable to reach the source. */
    sql = scratch_path(server->dir, "idinqr-relay.sql");
    scratch_write(sql, 0644, scratch_read(SOURCE_DIR "/conf/idinqr-relay.sql"));
    shell(server,
          scratch_text("%s/psql -X -v ON_ERROR_STOP=1 -h %s -p %u -U " USER " -f %s postgres",
                       server->programs, server->dir, server->port, sql));
    ck_assert_msg(store_migrate(postgres_uri(server, POSTGRES_OWNER), &version, &diag) == 0, "%s",
                  diag_format(&diag, line));
    return server;
}

struct postgres_server *
postgres_replica_new(struct postgres_server *primary)
{
    struct postgres_server *server = new_server();

    shell(server, scratch_text("%s/pg_basebackup -h %s -p %u -U " USER " -D %s -R -X stream"
                               " --checkpoint=fast --no-sync",
                               server->programs, primary->dir, primary->port, server->data));
    configure(server, SETTINGS, server->port, server->dir);
    postgres_server_start(server);
    configure(primary, "synchronous_standby_names = '*'\n");
    ck_assert_int_eq(kill(child_pid(primary->child), SIGHUP), 0);
    return server;
}

void
postgres_replica_promote(struct postgres_server *replica, struct postgres_server *primary)
{
    ck_assert_int_eq(kill(child_pid(primary->child), SIGQUIT), 0);
    (void)child_stop(&primary->child, STOP_MS);
    shell(replica, scratch_text("%s/pg_ctl promote -w -D %s", replica->programs, replica->data));
}

void
postgres_server_free(struct postgres_server **server)
{
    struct postgres_server *old = *server;

    if (!old)
        return;
    if (old->child)
        postgres_server_stop(old);
    close(old->port_holder);
    free(old);
    *server = NULL;
}

static void
note_answer(FILE *out, const char *sql, const PGresult *answer)
{
    ck_assert_msg(PQresultStatus(answer) == PGRES_TUPLES_OK ||
                      PQresultStatus(answer) == PGRES_COMMAND_OK,
                  "%s: %s", sql, PQresultErrorMessage(answer));
    for (int i = 0; i < PQntuples(answer); i++) {
        for (int k = 0; k < PQnfields(answer); k++)
            fprintf(out, "%s|", PQgetisnull(answer, i, k) ? "NULL" : PQgetvalue(answer, i, k));
        fputc('\n', out);
    }
}

static PGconn *
run(const char *uri, const char *sql, FILE *out)
{
    PGconn *connection = PQconnectdb(postgres_superuser(uri));
    PGresult *answer;

    ck_assert_msg(PQstatus(connection) == CONNECTION_OK, "%s", PQerrorMessage(connection));
    PQclear(PQexec(connection, "SET search_path = idinqr"));
    ck_assert_int_eq(PQsendQuery(connection, sql), 1);
    while ((answer = PQgetResult(connection))) {
        note_answer(out, sql, answer);
        PQclear(answer);
    }
    return connection;
}

char *
postgres_sql(const char *uri, const char *sql)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    PGconn *connection;

    ck_assert_ptr_nonnull(out);
    connection = run(uri, sql, out);
    PQfinish(connection);
    ck_assert_int_eq(fclose(out), 0);
    return scratch_keep(text);
}

struct pg_conn *
postgres_hold(const char *uri, const char *sql)
{
    return run(uri, sql, stderr);
}

void
postgres_release(struct pg_conn **session)
{
    PQfinish(*session);
    *session = NULL;
}

#else

/* A test that is skipped calls none of these. */
const char *
postgres_why_not(void)
{
    return "it was built without PostgreSQL (libpq)";
}

struct postgres_server *
postgres_server_new(void)
{
    abort();
}

void
postgres_server_free(struct postgres_server **server)
{
    (void)server;
}

struct postgres_server *
postgres_replica_new(struct postgres_server *primary)
{
    return primary;
}

void
postgres_replica_promote(struct postgres_server *replica, struct postgres_server *primary)
{
    (void)replica;
    (void)primary;
}

void
postgres_server_stop(struct postgres_server *server)
{
    (void)server;
}

void
postgres_server_start(struct postgres_server *server)
{
    (void)server;
}

char *
postgres_uri(const struct postgres_server *server, const char *role)
{
    (void)server;
    return scratch_text("%s", role);
}

char *
postgres_tcp_uri(const struct postgres_server *server, const char *role)
{
    return postgres_uri(server, role);
}

unsigned
postgres_port(const struct postgres_server *server)
{
    return server ? 1 : 0;
}

const char *
postgres_dir(const struct postgres_server *server)
{
    return server ? "" : NULL;
}

char *
postgres_superuser(const char *uri)
{
    return scratch_text("%s", uri);
}

char *
postgres_sql(const char *uri, const char *sql)
{
    return scratch_text("%s %s", uri, sql);
}

struct pg_conn *
postgres_hold(const char *uri, const char *sql)
{
    (void)uri;
    (void)sql;
    abort();
}

void
postgres_release(struct pg_conn **session)
{
    (void)session;
}

#endif
