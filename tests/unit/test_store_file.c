/* SPDX-License-Identifier: BSD-3-Clause */
/* Tests a store whose file is removed, damaged, another program's, of a newer version, or open to
 * other users: each function says so, or it is not opened. Runs as the user who runs the tests. */
#include "pam_idinqr/common/array.h"
#include "pam_idinqr/common/error.h"
#include "tests/harness/runner.h"
#include "tests/harness/scratch.h"
#include "tests/unit/diag_line.h"
#include "tests/unit/store_calls.h"
#include "tests/unit/store_fixture.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define STRANGER_UID 61003

static char *path;
static struct store *store;

static void
set_up(void)
{
    path = store_path();
    store = store_must_open(path);
    store_fill(store);
}

static void
tear_down(void)
{
    store_close(&store);
}

TEST_CASE("file", .setup = set_up, .teardown = tear_down);

TEST(removed)
{
    char *away = scratch_text("%s.away", path), *before = store_dump(path);

    ck_assert_int_eq(rename(path, away), 0);
    store_ck_all_fail(store, path, "the database was removed or replaced", false, NULL);
    scratch_write(path, 0600, "another file");
    store_ck_all_fail(store, path, "the database was removed or replaced", false, NULL);
    ck_assert_int_eq(rename(away, path), 0);
    ck_assert_str_eq(store_dump(path), before);
    store_ck_all_work(store, path);
}

/* Writes over all pages but the first. */
static void
damage(void)
{
    char page[4096];
    struct stat status;
    int fd = open(path, O_WRONLY | O_CLOEXEC);

    memset(page, 0xa5, sizeof page);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(fstat(fd, &status), 0);
    ck_assert_int_gt(status.st_size, 10 * (int)sizeof page);
    for (off_t at = sizeof page; at < status.st_size; at += (off_t)sizeof page)
        ck_assert_int_eq(pwrite(fd, page, sizeof page, at), sizeof page);
    close(fd);
}

TEST(damaged)
{
    char *backup = scratch_text("%s.backup", path);

    store_close(&store);
    ck_assert_int_eq(system(scratch_text("cp -p %s %s", path, backup)), 0);
    damage();
    store_ck_does_not_open(path, "the database is damaged");
    ck_assert_int_eq(rename(backup, path), 0);
    store = store_must_open(path);
    store_ck_all_work(store, path);
}

TEST(damaged_while_it_is_open)
{
    store_sql(path, "PRAGMA wal_checkpoint(TRUNCATE)");
    damage();
    store_sql(path, "PRAGMA user_version = 2; PRAGMA wal_checkpoint(TRUNCATE)");
    store_ck_all_fail(store, path, "the database is damaged", false, NULL);
}

/* What SQLite takes for sound, and this program never writes. */
static const char *const odd_values[] = {
    "UPDATE login SET state = 12",     "UPDATE login SET state = -1",
    "UPDATE login SET tries_left = 4", "UPDATE login SET n_trx = 5",
    "UPDATE login SET n_trx = -1",     "UPDATE login SET issuer = 'INGBNL2A0123'",
};

LOOP_TEST(a_value_that_is_never_written, ARRAY_LENGTH(odd_values))
{
    struct store_login login = {.state = STORE_STATES};
    bool is_found = false;

    store_sql(path, odd_values[_i]);
    ck_assert_int_eq(store_login_find(store, "login-3", STORE_DESK, &login, &is_found), IDQ_SYSTEM);
    ck_assert_str_eq(store_error(store), "looking for a login: the database is damaged");
    ck_assert(!is_found && login.state == STORE_STATES);
    if (!strstr(odd_values[_i], "state")) {
        ck_assert_int_eq(store_login_take(store, "login-3", STORE_DESK, &login, &is_found),
                         IDQ_SYSTEM);
        ck_assert(!is_found && login.state == STORE_STATES);
    }
}

TEST(no_database)
{
    store_close(&store);
    scratch_write(path, 0600,
                  "This is a text, and longer than the header of a database, which has "
                  "only one hundred bytes, as this text has too.");
    store_ck_does_not_open(path, "the database is damaged");
}

TEST(of_a_newer_version)
{
    char *before = store_dump(path);

    store_close(&store);
    store_sql(path, "PRAGMA user_version = 3");
    store_ck_does_not_open(path, "a newer version of this program has made the tables");
    store_sql(path, "PRAGMA user_version = 2");
    store = store_must_open(path);
    ck_assert_str_eq(store_dump(path), before);
}

/* A code that an older relay made has no nonce, and so no desk gets its status. */
TEST(of_version_1)
{
    struct store_login login;

    store_close(&store);
    store_sql(path, "ALTER TABLE login DROP COLUMN nonce; DROP TABLE outcome;"
                    "ALTER TABLE desk DROP COLUMN seen_ms; ALTER TABLE desk DROP COLUMN version;"
                    "PRAGMA user_version = 1");
    store = store_must_open(path);
    ck_assert(STORE_DOES(store, store_login_find, "login-0", STORE_DESK, &login));
    ck_assert_str_eq(login.nonce, "");
    ck_assert_str_eq(store_sql(path, "PRAGMA user_version"), "2|\n");
    store_ck_all_work(store, path);
}

TEST(of_another_program)
{
    store_close(&store);
    path = store_path();
    scratch_write(path, 0600, "");
    store_sql(path, "CREATE TABLE desk (color TEXT)");
    store_ck_does_not_open(path, "the database is another program's");
    ck_assert_str_eq(store_sql(path, "SELECT name FROM sqlite_schema"), "desk|\n");
    store_sql(path, "PRAGMA user_version = 2");
    store_ck_does_not_open(path, "the database is another program's");
}

/* Several processes may be the first. */
TEST(opened_at_once)
{
    enum { N = 16 };
    int start[2], status;
    char byte;

    store_close(&store);
    for (int round = 0; round < 5; round++) {
        path = store_path();
        ck_assert_int_eq(pipe(start), 0);
        for (int i = 0; i < N; i++) {
            struct store *own = NULL;
            struct diag diag;
            pid_t pid = fork();
            ck_assert_int_ge(pid, 0);
            if (pid != 0)
                continue;
            close(start[1]);
            status = read(start[0], &byte, 1) == 0 && store_open(path, &own, &diag) == 0 ? 0 : 1;
            if (status != 0)
                fprintf(stderr, "%s\n", diag_line(&diag));
            store_close(&own);
            _exit(status);
        }
        close(start[0]);
        close(start[1]);
        for (int i = 0; i < N; i++) {
            ck_assert_int_gt(wait(&status), 0);
            ck_assert_int_eq(status, 0);
        }
        store_ck_sound(path);
    }
}

TEST(modes_of_new_files)
{
    static const char *const endings[] = {"", "-wal", "-shm"};
    struct stat status;

    for (size_t i = 0; i < ARRAY_LENGTH(endings); i++) {
        umask(0);
        store_close(&store);
        path = store_path();
        store = store_must_open(path);
        store_fill(store);
        ck_assert_int_eq(stat(scratch_text("%s%s", path, endings[i]), &status), 0);
        ck_assert_uint_eq(status.st_mode, S_IFREG | 0600);
    }
}

static const struct {
    const char *ending;
    mode_t mode;
    const char *reason, *cure;
} modes[] = {
    {"", 0640, "can be read by others (mode 640)", "chmod 0600"},
    {"", 0604, "can be read by others (mode 604)", "chmod 0600"},
    {"", 0620, "can be written by others (mode 620)", "chmod 0600"},
    {"-wal", 0604, "can be read by others (mode 604)", "chmod 0600"},
    {"-shm", 0602, "can be written by others (mode 602)", "chmod 0600"},
    {"-journal", 0644, "can be read by others (mode 644)", "chmod 0600"},
};

LOOP_TEST(files_that_others_can_use, ARRAY_LENGTH(modes))
{
    char *file = scratch_text("%s%s", path, modes[_i].ending);
    struct store *none = NULL;
    struct diag diag;

    if (strcmp(modes[_i].ending, "-journal") == 0)
        scratch_write(file, 0644, "");
    ck_assert_int_eq(chmod(file, modes[_i].mode), 0);
    ck_assert_int_eq(store_open(path, &none, &diag), IDQ_SYSTEM);
    ck_assert_str_eq(diag.file, file);
    ck_assert_str_eq(diag.text, modes[_i].reason);
    ck_assert_str_eq(diag.cure, modes[_i].cure);
    ck_assert_int_eq(chmod(file, 0600), 0);
}

TEST(names_that_are_no_file)
{
    char *link = scratch_text("%s.link", path);
    struct store *none = NULL;
    struct diag diag;

    ck_assert_int_eq(symlink(path, link), 0);
    ck_assert_int_eq(store_open(link, &none, &diag), IDQ_SYSTEM);
    ck_assert_str_eq(diag_line(&diag),
                     scratch_text("%s: is a symbolic link: copy the file itself there", link));
    ck_assert_int_eq(store_open(scratch_dir("x"), &none, &diag), IDQ_SYSTEM);
    ck_assert_ptr_nonnull(strstr(diag_line(&diag), ": is not a regular file"));
    ck_assert_int_eq(store_open("relay.db", &none, &diag), IDQ_SYSTEM);
    ck_assert_str_eq(diag_line(&diag), "relay.db: is not an absolute path");
    ck_assert_int_eq(store_open(scratch_text("%s/no/relay.db", scratch_dir("x")), &none, &diag),
                     IDQ_SYSTEM);
    ck_assert_ptr_nonnull(strstr(diag_line(&diag), ": No such file or directory"));
    ck_assert_ptr_null(none);
}

TEST(a_file_of_another_user, .why_not = geteuid() == 0 ? NULL : "root may give files away")
{
    struct store *none = NULL;
    struct diag diag;

    ck_assert_int_eq(chown(path, STRANGER_UID, (gid_t)-1), 0);
    ck_assert_int_eq(store_open(path, &none, &diag), IDQ_SYSTEM);
    ck_assert_ptr_nonnull(strstr(diag_line(&diag), ": belongs to uid 61003, not to root"));
    ck_assert_int_eq(chown(path, 0, (gid_t)-1), 0);
}

RUN_TESTS("store_file", NULL);
