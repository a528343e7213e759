/* SPDX-License-Identifier: BSD-3-Clause */
/* Runs the commands of "Backup and restore" in idinqr-relay(8) as they stand, but for the names of
 * the test's files, user and database. Keys, configuration or tables are lost in between, and an
 * old database is in the way. Then a desk logs in with its old token, by the old key, and the
 * person has the old identity. Needs root. */
#include "tests/harness/postgres.h"
#include "tests/harness/raw_request.h"
#include "tests/harness/relay_login.h"
#include "tests/harness/runner.h"
#include "tests/harness/scratch.h"
#include "tests/unit/manual_text.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct postgres_server *database;

static void
tear_down(void)
{
    relay_login_end();
    postgres_server_free(&database);
}

/* The commands of one display, counted from 0. */
static char *
commands(int display)
{
    char *text = strstr(manual_section("man/idinqr-relay.8", "FROM ONE DESK TO 200"),
                        ".Ss Backup and restore\n");

    ck_assert_ptr_nonnull(text);
    for (int i = 0; i <= display; i++) {
        text = strstr(text, ".Bd -literal\n");
        ck_assert_ptr_nonnull(text);
        text += strlen(".Bd -literal\n");
    }
    return raw_request_fill(manual_between(text, "", ".Ed\n"), "\\e\n", "\\\n");
}

static char *
must_fill(const char *text, const char *word, const char *value)
{
    ck_assert_msg(strstr(text, word) != NULL, "no %s in:\n%s", word, text);
    return raw_request_fill(text, word, value);
}

static void
run(const char *script)
{
    char *path = scratch_path(scratch_dir("script"), "script");

    scratch_write(path, 0600, script);
    ck_assert_msg(system(scratch_text("sh -eu '%s'", path)) == 0, "%s", script);
}

static char *
fill_in(char *text, const char *backup)
{
    const char *dir = relay_server_dir(relay_here);

    if (strstr(text, "/etc/")) {
        text = must_fill(text, "/etc/idinqr-relay.conf", relay_server_conf(relay_here));
        text = must_fill(text, "/etc/idinqr-relay", relay_server_ca_file(relay_here));
    }
    text = must_fill(text, "/var/lib/idinqr-relay", dir);
    text = must_fill(text, "/root/relay.tar.gz", scratch_path(backup, "relay.tar.gz"));
    return must_fill(text, "runuser -u idinqr-relay --",
                     "setpriv --reuid=61004 --regid=61004 --clear-groups --");
}

/* Logs in, and returns the answer with the identity. */
static char *
log_in(void)
{
    char number[7];

    relay_code_generate(relay_here, 0, RELAY_LIFETIME_S, &relay_code);
    relay_phone_approve(relay_phone, &relay_code, number);
    return relay_code_status(relay_here, &relay_code, 0, number);
}

TEST_CASE("backup", .teardown = tear_down, .timeout_s = 120);

TEST(of_a_file)
{
    char *backup = scratch_dir("backup"), *before, *after, *dir;

    relay_login_begin(NULL);
    before = log_in();
    ck_assert_int_eq(strncmp(before, "success idin1:", 14), 0);
    run(fill_in(commands(0), backup)); /* while it serves */
    relay_server_stop(relay_here);
    dir = scratch_text("%s", relay_server_dir(relay_here));
    run(scratch_text("cd '%s' && rm -f *.key relay.conf", dir));
    run(fill_in(commands(1), backup));
    relay_server_start(relay_here);
    after = log_in();
    ck_assert_str_eq(after, before);
}

TEST(of_postgresql, .why_not = postgres_why_not())
{
    char *backup = scratch_dir("backup"), *file, *before, *after, *uri, *script;

    database = postgres_server_new();
    uri = postgres_uri(database, POSTGRES_OWNER);
    file = scratch_path(backup, "relay.dump");
    relay_login_begin(
        &(struct relay_options){.database = postgres_tcp_uri(database, POSTGRES_RELAY)});
    before = log_in();
    ck_assert_int_eq(strncmp(before, "success idin1:", 14), 0);
    for (int i = 0; i < 2; i++) {
        script = must_fill(commands(2 + i), "postgresql://idinqr_migrate@db/idinqr", uri);
        run(must_fill(script, "/root/relay.dump", file));
        if (i == 1)
            break;
        relay_server_stop(relay_here);
        postgres_sql(uri, "DROP TABLE login, trx CASCADE; DELETE FROM desk");
    }
    relay_server_start(relay_here);
    after = log_in();
    ck_assert_str_eq(after, before);
}

RUN_TESTS("relay_backup", geteuid() == 0 ? NULL : "needs root");
