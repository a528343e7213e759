/* SPDX-License-Identifier: BSD-3-Clause */
/* Tests a store in PostgreSQL when the database is away, stops, is read-only, locked, full of
 * connections, of another version, or refuses: each function says so, nothing is lost, and it works
 * when the cause is gone. Also migrations, the rights of the two roles, and changes by others. */
#include "pam_idinqr/common/array.h"
#include "pam_idinqr/common/clock.h"
#include "pam_idinqr/common/error.h"
#include "tests/harness/deadline.h"
#include "tests/harness/postgres.h"
#include "tests/harness/relay.h"
#include "tests/harness/runner.h"
#include "tests/harness/scratch.h"
#include "tests/unit/diag_line.h"
#include "tests/unit/store_calls.h"
#include "tests/unit/store_fixture.h"

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define SOON_MS 20000

static struct postgres_server *server;
static char *uri;
static struct store *store;

/* Each test has a server: most of them stop it, or change its settings. */
static void
set_up(void)
{
    server = postgres_server_new();
    uri = postgres_uri(server, POSTGRES_RELAY);
    store = store_must_open(uri);
    store_fill(store);
}

static void
tear_down(void)
{
    store_close(&store);
    postgres_server_free(&server);
}

static void
must_not_open(const char *cause)
{
    struct store *none = NULL;
    struct diag diag = {.text = ""};

    ck_assert_int_eq(store_open(uri, &none, &diag), IDQ_SYSTEM);
    ck_assert_ptr_null(none);
    ck_assert_msg(strstr(diag_line(&diag), cause) != NULL, "%s", diag_line(&diag));
}

/* Waits for the next connection, which a pause may precede. */
static void
must_come_back(void)
{
    struct deadline deadline = deadline_in(SOON_MS);
    struct store_count n;

    while (store_login_count(store, "", 0, &n) != 0) {
        ck_assert_msg(deadline_left(deadline, 1) > 0, "%s", store_error(store));
        poll(NULL, 0, 20);
    }
}

/* Ends the store's session, as an administrator may. */
static void
end_sessions(void)
{
    postgres_sql(uri, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                      " WHERE usename = '" POSTGRES_RELAY "'");
}

static void
must_all_say(const char *text)
{
    for (size_t i = 0; i < n_store_calls; i++) {
        bool is_done = false;
        ck_assert_msg(store_calls[i].step(store, &is_done) == IDQ_SYSTEM, "%s",
                      store_calls[i].name);
        ck_assert(!is_done);
        ck_assert_msg(strstr(store_error(store), text) != NULL, "%s: %s", store_calls[i].name,
                      store_error(store));
    }
}

TEST_CASE("away", .setup = set_up, .teardown = tear_down);

TEST(stopped)
{
    char *before = store_dump(uri);

    postgres_server_stop(server);
    must_all_say("the database is away: ");
    must_not_open("opening the database: the database is away: connection to server on socket");
    postgres_server_start(server);
    must_come_back();
    ck_assert_str_eq(store_dump(uri), before);
    store_ck_all_work(store, uri);
}

/* One call loses its answer, and the next one has a connection. */
TEST(a_session_that_is_ended)
{
    bool is_done = false;

    end_sessions();
    ck_assert_int_eq(store_login_end(store, "login-0", STORE_DENIED, &is_done), IDQ_SYSTEM);
    ck_assert(!is_done);
    must_come_back();
    store_ck_all_work(store, uri);
}

/* The network loses everything, and no one says so. */
TEST(a_network_that_is_lost)
{
    RELAY_AUTO network;
    struct store *far;
    int64_t begun_ms;
    struct store_count n;

    relay_start(&network, RELAY_PORT, postgres_port(server));
    far = store_must_open(
        scratch_text("postgresql://" POSTGRES_RELAY "@127.0.0.1:%u/idinqr", network.port));
    relay_break(&network, RELAY_LOST, 6000);
    begun_ms = clock_ms();
    ck_assert_int_eq(store_login_count(far, "", 0, &n), IDQ_SYSTEM);
    ck_assert_str_eq(store_error(far), "counting logins: the database did not answer in time");
    /* Calls in the pause, and while a connection is made, do not wait as long, all together. */
    for (int i = 0; i < 100; i++)
        ck_assert_int_eq(store_login_count(far, "", 0, &n), IDQ_SYSTEM);
    fprintf(stderr, "101 calls: %d ms\n", (int)(clock_ms() - begun_ms));
    store_close(&store);
    store = far;
    must_come_back();
    store_ck_all_work(store, uri);
}

TEST(read_only)
{
    char *before = store_dump(uri);

    postgres_sql(uri, "ALTER DATABASE idinqr SET default_transaction_read_only = on");
    end_sessions();
    must_all_say("the database is away: ");
    must_not_open("session is read-only");
    postgres_sql(uri, "BEGIN READ WRITE;"
                      "ALTER DATABASE idinqr RESET default_transaction_read_only; COMMIT");
    must_come_back();
    ck_assert_str_eq(store_dump(uri), before);
    store_ck_all_work(store, uri);
}

TEST(too_many_connections)
{
    postgres_sql(uri, "ALTER ROLE " POSTGRES_RELAY " CONNECTION LIMIT 0");
    must_not_open("too many connections for role");
    end_sessions();
    must_all_say("the database is away: ");
    postgres_sql(uri, "ALTER ROLE " POSTGRES_RELAY " CONNECTION LIMIT -1");
    must_come_back();
    store_ck_all_work(store, uri);
}

/* Another program keeps the rows. */
TEST(locked)
{
    struct pg_conn *other = postgres_hold(uri, "BEGIN; SELECT 1 FROM login FOR UPDATE");
    char *before = store_dump(uri);
    struct store_login ended;
    bool is_done = false;
    size_t n = 0;

    ck_assert_int_eq(store_login_end(store, "login-0", STORE_DENIED, &is_done), IDQ_SYSTEM);
    ck_assert_str_eq(store_error(store), "ending a login: another process keeps the rows locked");
    ck_assert_int_eq(store_trx_end(store, "1-2", STORE_OPEN, &is_done), IDQ_SYSTEM);
    ck_assert_str_eq(store_error(store),
                     "ending a transaction: another process keeps the rows locked");
    ck_assert(!is_done);
    ck_assert_int_eq(store_login_ended(store, 1, &ended, &n), IDQ_SYSTEM);
    ck_assert_str_eq(store_error(store),
                     "taking ended logins: another process keeps the rows locked");
    ck_assert_uint_eq(n, 0);
    ck_assert_str_eq(store_dump(uri), before);
    postgres_release(&other);
    store_ck_all_work(store, uri);
}

/* The server works on, longer than it may. */
TEST(slow)
{
    postgres_sql(uri, "CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS"
                      " 'BEGIN PERFORM pg_sleep(60); RETURN NEW; END';"
                      "CREATE TRIGGER wait BEFORE UPDATE ON login EXECUTE FUNCTION wait()");
    bool is_done = false;

    ck_assert_int_eq(store_login_end(store, "login-0", STORE_DENIED, &is_done), IDQ_SYSTEM);
    ck_assert_str_eq(store_error(store), "ending a login: the database did not answer in time");
    ck_assert(!is_done);
    postgres_sql(uri, "DROP TRIGGER wait ON login");
    store_ck_all_work(store, uri);
}

/* --- versions and rights ---------------------------------------------------------------------- */

TEST_CASE("versions", .setup = set_up, .teardown = tear_down);

static const struct {
    const char *sql, *cause;
} versions[] = {
    {"UPDATE version SET version = 3",
     "opening the database: the tables have version 3, and this program needs 2"},
    {"UPDATE version SET version = 0", "the tables have version 0, and this program needs 2: run "
                                       "idinqr-relay migrate"},
    {"DELETE FROM version", "and this program needs 2: run idinqr-relay migrate"},
    {"DROP TABLE version", "the tables are missing: run idinqr-relay migrate"},
    {"REVOKE SELECT ON version FROM " POSTGRES_RELAY, "the role lacks a right"},
    {"REVOKE USAGE ON SCHEMA idinqr FROM " POSTGRES_RELAY, "the tables are missing"},
};

LOOP_TEST(of_the_tables, ARRAY_LENGTH(versions))
{
    postgres_sql(uri, versions[_i].sql);
    must_not_open(versions[_i].cause);
    /* One that is open goes on until it connects anew. */
    if (strstr(versions[_i].sql, "version")) {
        ck_assert(STORE_DOES(store, store_assertion_add, "a", 5, false));
        end_sessions();
        must_all_say(": the ");
    }
}

/* Several administrators may migrate, while relays are at work. */
TEST(migrations_at_once)
{
    enum { N = 8 };
    char *owner = postgres_uri(server, POSTGRES_OWNER), *before = store_dump(uri);
    int status;

    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < N; i++) {
            struct diag diag;
            int version = 0;
            pid_t pid = fork();
            ck_assert_int_ge(pid, 0);
            if (pid != 0)
                continue;
            status = store_migrate(owner, &version, &diag) == 0 && version == 2 ? 0 : 1;
            if (status != 0)
                fprintf(stderr, "%s\n", diag_line(&diag));
            _exit(status);
        }
        for (int i = 0; i < N; i++) {
            ck_assert_int_gt(wait(&status), 0);
            ck_assert_int_eq(status, 0);
        }
        ck_assert_str_eq(postgres_sql(uri, "SELECT * FROM version"), "2|\n");
        if (round == 0) {
            ck_assert_str_eq(store_dump(uri), before);
            store_ck_all_work(store, uri);
            postgres_sql(uri, "DROP TABLE version, desk, login, trx, assertion, directory, outcome;"
                              "DROP FUNCTION login_note, login_tell");
        }
    }
    ck_assert(!STORE_DOES(store, store_login_end, "login-0", STORE_DENIED));
}

/* Relays are updated one after the other: this is the statement of one of version 1. */
TEST(a_relay_of_version_1_goes_on)
{
    char *owner = postgres_uri(server, POSTGRES_OWNER);
    struct store_login login;
    struct diag diag;
    int version;

    postgres_sql(uri, "ALTER TABLE login DROP COLUMN nonce; DROP TABLE outcome;"
                      "ALTER TABLE desk DROP COLUMN seen_ms, DROP COLUMN version;"
                      "UPDATE version SET version = 1");
    ck_assert_int_eq(store_migrate(owner, &version, &diag), 0);
    ck_assert_int_eq(version, 2);
    postgres_sql(uri, "INSERT INTO login SELECT 'login-9', '9', name, 'Balie', 'sudo', 'alice', 1,"
                      " 2, 0, 0, 3, '', '', '', '', 0 FROM desk WHERE name = '" STORE_DESK "'");
    ck_assert(STORE_DOES(store, store_login_find, "login-9", STORE_DESK, &login));
    ck_assert_str_eq(login.nonce, "");
    ck_assert_str_eq(login.account, "alice");
}

TEST(migrations_that_are_refused)
{
    struct diag diag;
    int version;

    ck_assert_int_eq(store_migrate(uri, &version, &diag), IDQ_SYSTEM);
    ck_assert_str_eq(diag_line(&diag),
                     "migrating the tables: the role lacks a right, see idinqr-relay.sql");
    postgres_sql(uri, "UPDATE version SET version = 3");
    ck_assert_int_eq(store_migrate(postgres_uri(server, POSTGRES_OWNER), &version, &diag),
                     IDQ_SYSTEM);
    ck_assert_ptr_nonnull(strstr(diag_line(&diag), "a newer version of this program"));
    ck_assert_str_eq(postgres_sql(uri, "SELECT * FROM version"), "3|\n");
}

/* What the relay's role may not do. */
static const char *const forbidden[] = {
    "DROP TABLE login",
    "ALTER TABLE login DISABLE TRIGGER ALL",
    "TRUNCATE login",
    "CREATE TABLE idinqr.other (a text)",
    "CREATE TABLE public.other (a text)",
    "CREATE TEMPORARY TABLE other (a text)",
    "CREATE SCHEMA other",
    "CREATE ROLE other",
    "COPY login TO '/tmp/idinqr-login'",
    "COPY login TO PROGRAM 'true'",
    "SELECT pg_read_file('/etc/passwd')",
    "SET ROLE " POSTGRES_OWNER,
};

TEST(rights_that_the_relay_lacks)
{
    for (size_t i = 0; i < ARRAY_LENGTH(forbidden); i++)
        postgres_sql(uri, scratch_text("SET SESSION AUTHORIZATION " POSTGRES_RELAY ";"
                                       "DO $do$ BEGIN EXECUTE $$%s$$; RAISE 'done';"
                                       " EXCEPTION WHEN insufficient_privilege THEN NULL; END $do$",
                                       forbidden[i]));
}

TEST(a_right_that_is_lost)
{
    char *before = store_dump(uri);
    int64_t next_ms;

    postgres_sql(uri, "REVOKE DELETE ON assertion FROM " POSTGRES_RELAY); /* its last change */
    ck_assert_int_eq(store_tick(store, STORE_LATER_MS, 0, &next_ms), IDQ_SYSTEM);
    ck_assert_str_eq(store_error(store),
                     "ending old logins: the role lacks a right, see idinqr-relay.sql");
    ck_assert_str_eq(store_dump(uri), before);
    postgres_sql(uri, "GRANT DELETE ON assertion TO " POSTGRES_RELAY);
    store_ck_all_work(store, uri);
}

/* --- other relays ----------------------------------------------------------------------------- */

TEST_CASE("others", .setup = set_up, .teardown = tear_down);

static char told[2000];

static void
note_told(void *context, const char *login)
{
    (void)context;
    snprintf(told + strlen(told), sizeof told - strlen(told), "%s;", login ? login : "all");
}

/* Waits until the store tells the text. */
static void
must_tell(const char *text, int64_t now_ms)
{
    struct deadline deadline = deadline_in(SOON_MS);

    told[0] = '\0';
    while (!strstr(told, text)) {
        struct pollfd socket;
        ck_assert_msg(deadline_left(deadline, 1) > 0, "%s is not told: %s", text, told);
        store_poll(store, &socket);
        (void)poll(&socket, socket.fd >= 0 ? 1 : 0, 100);
        (void)store_listen(store, now_ms, note_told, NULL);
    }
}

TEST(changes_by_others)
{
    struct store *other = store_must_open(uri);
    struct store_login ended[4];
    size_t n = 0;

    must_tell("all;", 1); /* a new connection */
    ck_assert(STORE_DOES(other, store_login_end, "login-0", STORE_DENIED));
    must_tell("login-0;", 1);
    ck_assert(STORE_DOES(other, store_login_number, "login-2", false));
    must_tell("login-2;", 1);
    /* What this one changes it does not tell; nor what changes nothing for a desk. */
    STORE_CK(other, store_login_ended(other, ARRAY_LENGTH(ended), ended, &n));
    ck_assert_uint_eq(n, 2);
    ck_assert(STORE_DOES(store, store_login_end, "login-3", STORE_DENIED));
    ck_assert(STORE_DOES(other, store_login_end, "login-1", STORE_DENIED));
    must_tell("login-1;", 1);
    ck_assert_str_eq(told, "login-1;");
    end_sessions();
    must_tell("all;", 1);
    store_close(&other);
}

/* No notification comes: the read, each 3 s by the caller's clock, finds what was changed. */
TEST(a_notification_that_is_lost)
{
    struct store *other = store_must_open(uri);
    struct store_login ended[4];
    size_t n = 0;

    must_tell("all;", 100000);
    postgres_sql(uri, "ALTER TABLE login DISABLE TRIGGER tell;"
                      "UPDATE login SET changed = changed"); /* none is recent, see below */
    postgres_sql(uri, "ALTER TABLE login DISABLE TRIGGER note;"
                      "UPDATE login SET changed = changed - interval '1 hour';"
                      "ALTER TABLE login ENABLE TRIGGER note");
    ck_assert(STORE_DOES(other, store_login_end, "login-0", STORE_DENIED));
    STORE_CK(other, store_login_ended(other, ARRAY_LENGTH(ended), ended, &n));
    ck_assert_uint_eq(n, 2); /* login-5, too, which changes nothing for a desk */
    told[0] = '\0';
    ck_assert_int_eq(store_listen(store, 102999, note_told, NULL), 103000);
    ck_assert_str_eq(told, "");
    ck_assert_int_eq(store_listen(store, 103000, note_told, NULL), 106000);
    ck_assert_str_eq(told, "login-0;");
    store_close(&other);
}

/* Bytes of a phone's address. */
TEST(a_text_that_is_no_utf8)
{
    struct store_login login;

    ck_assert(!STORE_DOES(store, store_login_find_path, "\xff\xfe", &login));
    ck_assert(!STORE_DOES(store, store_login_find, "\xc3", STORE_DESK, &login));
    store_ck_all_work(store, uri);
}

RUN_TESTS("store_postgres", postgres_why_not());
