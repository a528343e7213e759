/* SPDX-License-Identifier: BSD-3-Clause */
/* A real relay on a database of PostgreSQL that is away, refuses, or is another one; its rights,
 * passwords and TLS. Each login is opened once, or refused in words. */
#include "tests/harness/deadline.h"
#include "tests/harness/postgres.h"
#include "tests/harness/processes.h"
#include "tests/harness/relay.h"
#include "tests/harness/relay_login.h"
#include "tests/harness/runner.h"
#include "tests/harness/scratch.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SOON_MS 20000 /* far below WAIT_S: the relay has woken the desk */
#define WAIT_S  60

static struct postgres_server *database;

static void
set_up(void)
{
    database = postgres_server_new();
}

static void
tear_down(void)
{
    relay_login_end();
    postgres_server_free(&database);
}

/* One relay, by TCP. */
static void
begin(void)
{
    relay_login_begin(
        &(struct relay_options){.database = postgres_tcp_uri(database, POSTGRES_RELAY)});
}

static char *
sql(const char *text)
{
    return postgres_sql(postgres_uri(database, POSTGRES_RELAY), text);
}

static void
log_must_come_to_say(const char *text)
{
    struct deadline deadline = deadline_in(SOON_MS);

    while (!strstr(relay_server_log(relay_here), text)) {
        ck_assert_msg(deadline_left(deadline, 1) > 0, "no \"%s\" in the log:\n%s", text,
                      relay_server_log(relay_here));
        poll(NULL, 0, 20);
    }
}

TEST_CASE("database", .setup = set_up, .teardown = tear_down, .timeout_s = 180);

TEST(by_tcp)
{
    char number[7];

    begin();
    relay_phone_approve(relay_phone, &relay_code, number);
    relay_must_succeed(number);
    relay_status_must_be("expired"); /* once */
    ck_assert_int_ne(access(scratch_path(relay_server_dir(relay_here), "db/relay.db"), F_OK), 0);
}

TEST(by_a_unix_socket)
{
    char number[7];

    relay_login_begin(&(struct relay_options){.database = postgres_uri(database, POSTGRES_RELAY)});
    relay_phone_approve(relay_phone, &relay_code, number);
    postgres_server_stop(database); /* a new connection, in the jail */
    postgres_server_start(database);
    relay_must_become(relay_here, "number 3");
    relay_must_succeed(number);
}

/* Desks wait while it is away, and go on waiting. */
TEST(restarted_while_a_desk_waits)
{
    struct relay_wait wait;
    struct relay_code none;
    char number[7];

    begin();
    relay_status_must_be("open");
    relay_code_status_begin(relay_here, &relay_code, WAIT_S, &wait);
    postgres_server_stop(database);
    ck_assert_int_eq(relay_code_try(relay_here, 0, RELAY_LIFETIME_S, &none), 503);
    ck_assert_int_eq(phone_open(relay_phone, relay_code.link), 503);
    log_must_come_to_say("the database is away: connection to server");
    postgres_server_start(database);
    struct relay_code again = relay_code;
    relay_must_become(relay_here, "open");
    relay_phone_to_bank(relay_phone, &again);
    (void)relay_wait_end(&wait, SOON_MS);
    relay_phone_at_bank(relay_phone, "anna", "approve");
    ck_assert_int_eq(relay_phone_return(relay_phone), 200);
    ck_assert_int_eq(phone_number(relay_phone, number), 0);
    relay_must_succeed(number);
}

/* The server is killed, and its machine is not: what it has said is there again. */
TEST(the_network_is_lost)
{
    RELAY_AUTO network;
    char number[7];

    relay_start(&network, RELAY_PORT, postgres_port(database));
    relay_login_begin(&(struct relay_options){
        .database =
            scratch_text("postgresql://" POSTGRES_RELAY "@127.0.0.1:%u/idinqr", network.port)});
    relay_phone_to_bank(relay_phone, &relay_code);
    relay_phone_at_bank(relay_phone, "anna", "approve");
    relay_break(&network, RELAY_LOST, 5000);
    relay_status_must_be("HTTP 503");
    log_must_come_to_say("the database did not answer in time");
    relay_must_become(relay_here, "pending");
    ck_assert_int_eq(relay_phone_return(relay_phone), 200);
    ck_assert_int_eq(phone_number(relay_phone, number), 0);
    relay_must_succeed(number);
}

/* The acquirer answers while the database is away, and gives an identity once. */
TEST(an_identity_comes_while_it_is_away)
{
    struct deadline deadline = deadline_in(SOON_MS);
    struct relay_wait phone;
    char number[7];

    relay_login_begin(&(struct relay_options){
        .database = postgres_tcp_uri(database, POSTGRES_RELAY),
        .sandbox = (const char *const[]){"--fault", "acquirer-status-slow", NULL}});
    relay_phone_to_bank(relay_phone, &relay_code);
    relay_phone_at_bank(relay_phone, "anna", "approve");
    relay_phone_return_begin(relay_phone, &phone);
    while (sql("SELECT 1 FROM trx WHERE state = 1")[0] == '\0') {
        ck_assert_int_gt(deadline_left(deadline, 1), 0);
        poll(NULL, 0, 20);
    }
    postgres_server_stop(database);
    ck_assert_str_eq(relay_wait_end(&phone, SOON_MS), "503");
    relay_log_must_say("store: remembering an assertion: the database is away");
    postgres_server_start(database);
    relay_must_become(relay_here, "number 3");
    ck_assert_int_eq(relay_phone_return(relay_phone), 200);
    ck_assert_int_eq(phone_number(relay_phone, number), 0);
    relay_must_succeed(number);
    ck_assert_int_eq(relay_server_count(relay_here, "transaction-status"), 1);
}

TEST(tables_of_another_version)
{
    char *output;

    begin();
    relay_server_stop(relay_here);
    sql("UPDATE version SET version = 3");
    ck_assert_int_eq(
        relay_server_command(relay_here, (const char *const[]){"serve", NULL}, &output), 3);
    output = scratch_read(scratch_path(relay_server_dir(relay_here), "command.log"));
    ck_assert_msg(strstr(output, "the tables have version 3, and this program needs 2") != NULL,
                  "%s", output);
    sql("UPDATE version SET version = 2");
    relay_server_start(relay_here);
    relay_status_must_be("open");
    /* While it serves: from its next connection on. */
    sql("UPDATE version SET version = 3");
    sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE usename = '" POSTGRES_RELAY "'");
    log_must_come_to_say("the tables have version 3, and this program needs 2");
    relay_status_must_be("HTTP 503");
    sql("UPDATE version SET version = 2");
    relay_must_become(relay_here, "open");
}

TEST(a_right_that_is_missing)
{
    struct relay_code none;

    begin();
    sql("REVOKE INSERT ON login FROM " POSTGRES_RELAY);
    ck_assert_int_eq(relay_code_try(relay_here, 0, RELAY_LIFETIME_S, &none), 503);
    relay_log_must_say("adding a login: the role lacks a right, see idinqr-relay.sql");
    relay_status_must_be("open");
    sql("GRANT INSERT ON login TO " POSTGRES_RELAY);
    relay_code_generate(relay_here, 0, RELAY_LIFETIME_S, &none);
}

/* As an administrator does, with the role that may. */
TEST(the_command_migrate)
{
    char *output;
    const char *const plain[] = {"migrate", NULL};
    const char *const as_owner[] = {"migrate", postgres_tcp_uri(database, POSTGRES_OWNER), NULL};

    begin();
    ck_assert_int_eq(relay_server_command(relay_here, plain, &output), 3);
    output = scratch_read(scratch_path(relay_server_dir(relay_here), "command.log"));
    ck_assert_msg(strstr(output, "migrating the tables: the role lacks a right") != NULL, "%s",
                  output);
    ck_assert_int_eq(relay_server_command(relay_here, as_owner, &output), 0);
    ck_assert_str_eq(output, "version = 2\n");
    relay_status_must_be("open");
}

TEST(the_command_check)
{
    const char *const check[] = {"check", "--offline", NULL};
    char *output;

    begin();
    (void)relay_server_command(relay_here, check, &output);
    ck_assert_msg(strstr(output, "[database]") == NULL && strstr(output, "[state]") == NULL, "%s",
                  output);
    postgres_server_stop(database);
    ck_assert_int_eq(relay_server_command(relay_here, check, &output), 2);
    ck_assert_msg(strstr(output, "the database is away: connection to server") != NULL &&
                      strstr(output, "[database]") != NULL,
                  "%s", output);
    postgres_server_start(database);
    relay_must_become(relay_here, "open");
}

/* --- passwords and TLS ------------------------------------------------------------------------ */

static void
shell(const char *command)
{
    ck_assert_msg(system(command) == 0, "%s", command);
}

/* Gives a file of the test's to the relay's user, or the server's. */
static void
give(const char *path, const char *like)
{
    struct stat owner;

    ck_assert_int_eq(stat(like, &owner), 0);
    ck_assert_int_eq(chown(path, owner.st_uid, owner.st_gid), 0);
}

/* Certificates of the server, for "localhost" alone, and the rule that demands TLS and a password.
 */
static char *
demand_tls(void)
{
    char *data = scratch_path(postgres_dir(database), "data"), *dir = scratch_dir("ca");
    char *ca = scratch_path(dir, "ca.pem");

    shell(
        scratch_text("cd %s && openssl req -x509 -newkey rsa:2048 -noenc -days 2 -subj /CN=ca"
                     " -keyout ca.key -out ca.pem -addext basicConstraints=critical,CA:true"
                     " 2>openssl.log &&"
                     " openssl req -newkey rsa:2048 -noenc -subj /CN=localhost -keyout server.key"
                     " -out server.csr 2>>openssl.log && echo subjectAltName=DNS:localhost >ext &&"
                     " openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -days 2"
                     " -extfile ext -out server.crt 2>>openssl.log && chmod 0644 ca.pem",
                     dir));
    for (int i = 0; i < 2; i++) {
        char *file = scratch_path(data, i ? "server.crt" : "server.key");
        shell(scratch_text("install -m 0600 %s/%s %s", dir, i ? "server.crt" : "server.key", file));
        give(file, data);
    }
    shell(scratch_text("echo 'local all all trust\nhostssl all all 127.0.0.1/32 scram-sha-256'"
                       " >%s/pg_hba.conf && echo 'ssl = on' >>%s/postgresql.auto.conf",
                       data, data));
    sql("ALTER ROLE " POSTGRES_RELAY " PASSWORD 'geheim-1234'");
    postgres_server_stop(database);
    postgres_server_start(database);
    return ca;
}

static char *pass_file;

/* Called with the directory of the relay's files, before they are there. */
static void
write_password(const char *dir)
{
    pass_file = scratch_path(scratch_dir("pass"), "pgpass");
    (void)dir;
    scratch_write(pass_file, 0600, "*:*:idinqr:" POSTGRES_RELAY ":geheim-1234\n");
    if (geteuid() == 0)
        ck_assert_int_eq(chown(pass_file, 61004, 61004), 0);
}

TEST(tls_and_a_password)
{
    char number[7], *ca = demand_tls(), *uri, *output, *arguments;
    pid_t pid;

    write_password("");
    uri = scratch_text("postgresql://" POSTGRES_RELAY "@localhost:%u/idinqr?hostaddr=127.0.0.1"
                       "&sslmode=verify-full&sslrootcert=%s&passfile=%s",
                       postgres_port(database), ca, pass_file);
    relay_login_begin(&(struct relay_options){.database = uri});
    relay_phone_approve(relay_phone, &relay_code, number);
    pid = processes_find_below(getpid(), "idinqr-relay");
    ck_assert_int_gt(pid, 0);
    arguments = scratch_read(scratch_text("/proc/%d/cmdline", (int)pid));
    ck_assert_ptr_null(strstr(arguments, "geheim"));
    postgres_server_stop(database); /* again with TLS and the file, in the jail */
    postgres_server_start(database);
    relay_must_become(relay_here, "number 3");
    ck_assert_str_eq(sql("SELECT ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid)"
                         " WHERE usename = '" POSTGRES_RELAY "'"),
                     "t|\n");
    relay_must_succeed(number);
    ck_assert_ptr_null(strstr(relay_server_log(relay_here), "geheim"));
    /* The certificate is not of this host. */
    relay_server_stop(relay_here);
    shell(scratch_text("sed -i 's/@localhost/@127.0.0.1/' %s", relay_server_conf(relay_here)));
    if (geteuid() == 0)
        ck_assert_int_eq(chown(relay_server_conf(relay_here), 61004, 61004), 0);
    ck_assert_int_eq(
        relay_server_command(relay_here, (const char *const[]){"serve", NULL}, &output), 3);
    output = scratch_read(scratch_path(relay_server_dir(relay_here), "command.log"));
    ck_assert_msg(strstr(output, "does not match host name") != NULL, "%s", output);
    shell(scratch_text("sed -i 's/@127.0.0.1/@localhost/' %s", relay_server_conf(relay_here)));
    if (geteuid() == 0)
        ck_assert_int_eq(chown(relay_server_conf(relay_here), 61004, 61004), 0);
    relay_server_start(relay_here);
}

RUN_TESTS("relay_postgres", postgres_why_not());
