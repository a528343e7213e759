/* SPDX-License-Identifier: BSD-3-Clause */
/* The relay and its commands run this. SQLite with a write-ahead log, which is flushed at each
 * commit. */
#include "pam_idinqr/relay/database_kind.h"

#include "pam_idinqr/common/array.h"
#include "pam_idinqr/common/trusted_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define BUSY_MS        2000 /* to wait for another process */
#define STATEMENTS_MAX 60
#define MARK           "1768190322" /* "idqr", for another program's database */

struct sqlite {
    struct database database;
    sqlite3 *sqlite;
    size_t n_prepared;
    struct {
        const struct database_statement *statement;
        sqlite3_stmt *prepared;
    } statements[STATEMENTS_MAX];
};

static struct sqlite *
sqlite_of(struct database *database)
{
    return (struct sqlite *)database; /* its first member */
}

static const char *
cause(int code)
{
    switch (code & 0xff) {
    case SQLITE_FULL:
        return "the disk is full";
    case SQLITE_BUSY:
        return "another process keeps the database locked";
    case SQLITE_READONLY:
        return code == SQLITE_READONLY_DBMOVED ? "the database was removed or replaced"
                                               : "the database cannot be written";
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return "the database is damaged";
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
        return errno != 0 ? strerror(errno) : sqlite3_errstr(code);
    default: /* a static text, without values */
        return sqlite3_errstr(code);
    }
}

/* Keeps the reason, of a call before which errno was 0. SQLite has errno itself only of the first
 * part of a step, and not of the commit at its end. Returns IDQ_SYSTEM. */
static int
fail(struct sqlite *sqlite, int code)
{
    return database_fail(&sqlite->database, cause(code));
}

/* --- statements ------------------------------------------------------------------------------- */

static int
prepare(struct sqlite *sqlite, const struct database_statement *statement,
        sqlite3_stmt **ret_prepared)
{
    size_t i = 0;
    int code;

    while (i < sqlite->n_prepared && sqlite->statements[i].statement != statement)
        i++;
    if (i == STATEMENTS_MAX)
        return SQLITE_NOMEM;
    if (i == sqlite->n_prepared) {
        code = sqlite3_prepare_v3(sqlite->sqlite, statement->sql, -1, SQLITE_PREPARE_PERSISTENT,
                                  &sqlite->statements[i].prepared, NULL);
        if (code != SQLITE_OK)
            return code;
        sqlite->statements[i].statement = statement;
        sqlite->n_prepared++;
    }
    *ret_prepared = sqlite->statements[i].prepared;
    return SQLITE_OK;
}

/* Without a copy: the values are the caller's until the statement is reset. */
static int
bind(sqlite3_stmt *prepared, const struct database_value *values, int n_values)
{
    int code = SQLITE_OK;

    for (int i = 0; i < n_values && code == SQLITE_OK; i++)
        code = values[i].text
                   ? sqlite3_bind_text(prepared, i + 1, values[i].text, -1, SQLITE_STATIC)
                   : sqlite3_bind_int64(prepared, i + 1, values[i].number);
    return code;
}

/* SQLite would go on with a file that has no name any more, and that nothing finds again. */
static int
check_place(struct sqlite *sqlite)
{
    int has_moved = 0;
    int code = sqlite3_file_control(sqlite->sqlite, NULL, SQLITE_FCNTL_HAS_MOVED, &has_moved);

    return code == SQLITE_OK && has_moved ? SQLITE_READONLY_DBMOVED : code;
}

static int
read_row(sqlite3_stmt *row, database_read *read, void *ret)
{
    const char *values[DATABASE_COLUMNS_MAX];
    int n = sqlite3_column_count(row);

    if (!read)
        return 0;
    for (int i = 0; i < n && i < DATABASE_COLUMNS_MAX; i++)
        values[i] = (const char *)sqlite3_column_text(row, i);
    return n <= DATABASE_COLUMNS_MAX ? read(values, ret) : IDQ_REPLY;
}

static int
run(struct database *database, const struct database_statement *statement,
    const struct database_value *values, int n_values, database_read *read, void *ret,
    bool *ret_done)
{
    struct sqlite *sqlite = sqlite_of(database);
    sqlite3_stmt *prepared = NULL;
    int code, result = 0;

    errno = 0;
    code = check_place(sqlite);
    if (code == SQLITE_OK)
        code = prepare(sqlite, statement, &prepared);
    if (code == SQLITE_OK)
        code = bind(prepared, values, n_values);
    if (code == SQLITE_OK)
        code = SQLITE_ROW;
    while (code == SQLITE_ROW && result == 0) {
        code = sqlite3_step(prepared);
        if (code != SQLITE_ROW)
            break;
        *ret_done = true;
        result = read_row(prepared, read, ret);
    }
    if (result != 0)
        result = database_fail_to_read(database, result);
    else if (code != SQLITE_DONE)
        result = fail(sqlite, code);
    sqlite3_reset(prepared); /* accepts NULL */
    if (prepared)
        sqlite3_clear_bindings(prepared);
    return result;
}

static int
begin(struct database *database)
{
    static const struct database_statement begin_it = {NULL, "BEGIN IMMEDIATE"};

    return database_run(database, &begin_it, NULL, NULL, NULL, NULL);
}

static int
end(struct database *database, int result)
{
    static const struct database_statement commit = {NULL, "COMMIT"};
    sqlite3 *sqlite = sqlite_of(database)->sqlite;

    if (result == 0)
        result = database_run(database, &commit, NULL, NULL, NULL, NULL);
    /* After some errors SQLite has done so. */
    if (result != 0 && !sqlite3_get_autocommit(sqlite))
        (void)sqlite3_exec(sqlite, "ROLLBACK", NULL, NULL, NULL);
    return result;
}

static int
empty_log(struct database *database)
{
    struct sqlite *sqlite = sqlite_of(database);
    int code;

    database->what = "emptying the log";
    errno = 0;
    sqlite3_busy_timeout(sqlite->sqlite, 0);
    code = sqlite3_wal_checkpoint_v2(sqlite->sqlite, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
    sqlite3_busy_timeout(sqlite->sqlite, BUSY_MS);
    return code == SQLITE_OK || (code & 0xff) == SQLITE_BUSY ? 0 : fail(sqlite, code);
}

/* --- opening ---------------------------------------------------------------------------------- */

/* By a descriptor that cannot read: if another one of this process is closed, the kernel drops the
 * locks that SQLite has on the file. Returns 0, or -1 with ret_diag (error ENOENT: missing). */
static int
check_file(const char *path, struct diag *ret_diag)
{
    int result, fd = trusted_file_open(path, TRUSTED_FILE_DATABASE, ret_diag);
    struct stat status;

    if (fd < 0)
        return -1;
    result = fstat(fd, &status);
    if (result != 0)
        diag_set_error(ret_diag, path, errno);
    close(fd);
    if (result != 0 || !(status.st_mode & (S_IRWXG | S_IRWXO)))
        return result;
    diag_set_file(ret_diag, path, 0, "can be read by others (mode %03o)",
                  (unsigned)status.st_mode & 07777);
    ret_diag->cure = "chmod 0600";
    return -1;
}

/* Checks the database and the files that SQLite keeps beside it. Makes a missing database. */
static int
check_files(const char *path, struct diag *ret_diag)
{
    static const char *const endings[] = {"-journal", "-shm", "-wal"};
    char beside[PATH_MAX];
    int fd;

    if (check_file(path, ret_diag) != 0) {
        if (ret_diag->error != ENOENT)
            return IDQ_SYSTEM;
        fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
        if (fd < 0 && errno != EEXIST) {
            diag_set_error(ret_diag, path, errno);
            return IDQ_SYSTEM;
        }
        if (fd >= 0)
            close(fd);
        if (check_file(path, ret_diag) != 0)
            return IDQ_SYSTEM;
    }
    for (size_t i = 0; i < ARRAY_LENGTH(endings); i++) {
        if (snprintf(beside, sizeof beside, "%s%s", path, endings[i]) >= (int)sizeof beside) {
            diag_set_error(ret_diag, path, ENAMETOOLONG);
            return IDQ_SYSTEM;
        }
        if (check_file(beside, ret_diag) != 0 && ret_diag->error != ENOENT)
            return IDQ_SYSTEM;
    }
    return 0;
}

struct answer {
    char text[32];
};

static int
take_answer(void *ret_answer, int n_columns, char **columns, char **names)
{
    struct answer *answer = ret_answer;

    (void)names;
    (void)snprintf(answer->text, sizeof answer->text, "%s",
                   n_columns && columns[0] ? columns[0] : "");
    return 0;
}

/* Runs SQL that is not prepared. The last row that it returns is in ret_answer, or NULL. */
static int
ask(struct sqlite *sqlite, const char *sql, struct answer *ret_answer)
{
    int code;

    errno = 0;
    code = sqlite3_exec(sqlite->sqlite, sql, ret_answer ? take_answer : NULL, ret_answer, NULL);
    return code == SQLITE_OK ? 0 : fail(sqlite, code);
}

/* In a transaction. */
static int
migrate_tables(struct sqlite *sqlite, const char *const *migrations, int version)
{
    struct answer is_ours, found, n_tables;
    int at;

    if (ask(sqlite, "SELECT application_id = " MARK " FROM pragma_application_id", &is_ours) != 0 ||
        ask(sqlite, "PRAGMA user_version", &found) != 0 ||
        ask(sqlite, "SELECT count(*) FROM sqlite_schema", &n_tables) != 0)
        return IDQ_SYSTEM;
    at = atoi(found.text);
    if (strcmp(is_ours.text, "1") != 0 && (at != 0 || strcmp(n_tables.text, "0") != 0))
        return database_fail(&sqlite->database, "the database is another program's");
    if (at > version)
        return database_fail(&sqlite->database,
                             "a newer version of this program has made the tables");
    for (; at < version; at++)
        if (ask(sqlite, migrations[at], NULL) != 0)
            return IDQ_SYSTEM;
    if (strcmp(is_ours.text, "1") != 0)
        return ask(sqlite, "PRAGMA application_id = " MARK, NULL);
    return 0;
}

static int
migrate(struct sqlite *sqlite, const char *const *migrations, int version)
{
    int result = database_begin(&sqlite->database, "opening the database");

    return result != 0
               ? result
               : database_end(&sqlite->database, migrate_tables(sqlite, migrations, version));
}

/* A deleted value is overwritten. Damage is found now rather than in a login. */
static int
set_up(struct sqlite *sqlite, const char *const *migrations, int version)
{
    struct answer journal, check;

    sqlite->database.what = "opening the database";
    sqlite3_busy_timeout(sqlite->sqlite, BUSY_MS);
    (void)sqlite3_db_config(sqlite->sqlite, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    if (migrate(sqlite, migrations, version) != 0 ||
        ask(sqlite, "PRAGMA journal_mode = WAL", &journal) != 0 ||
        ask(sqlite,
            "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON;"
            "PRAGMA cell_size_check = ON; PRAGMA trusted_schema = OFF; PRAGMA temp_store = MEMORY; "
            "PRAGMA quick_check(1)",
            &check) != 0)
        return IDQ_SYSTEM;
    if (strcmp(journal.text, "wal") != 0)
        return database_fail(&sqlite->database,
                             "this file system has no shared memory for the log");
    return strcmp(check.text, "ok") == 0 ? 0 : fail(sqlite, SQLITE_CORRUPT);
}

static void
close_sqlite(struct database *database)
{
    struct sqlite *sqlite = sqlite_of(database);

    for (size_t i = 0; i < sqlite->n_prepared; i++)
        sqlite3_finalize(sqlite->statements[i].prepared);
    sqlite3_close(sqlite->sqlite);
    free(sqlite);
}

static const struct database_kind kind = {
    .close = close_sqlite, .run = run, .begin = begin, .end = end, .empty_log = empty_log};

static int
open_locked(const char *path, const char *const *migrations, int version,
            struct database **ret_database, struct diag *ret_diag)
{
    struct sqlite *sqlite = calloc(1, sizeof *sqlite);
    int code;

    if (!sqlite) {
        diag_set_error(ret_diag, path, ENOMEM);
        return IDQ_SYSTEM;
    }
    DATABASE_AUTO *database = &sqlite->database;
    database->kind = &kind;
    database->what = "opening the database";
    errno = 0;
    code =
        sqlite3_open_v2(path, &sqlite->sqlite,
                        SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL);
    if (code == SQLITE_OK && sqlite3_db_readonly(sqlite->sqlite, NULL) == 1)
        code = SQLITE_READONLY;
    if (code != SQLITE_OK)
        (void)fail(sqlite, code);
    if (code != SQLITE_OK || set_up(sqlite, migrations, version) != 0) {
        diag_set_file(ret_diag, path, 0, "%s", database->error);
        return IDQ_SYSTEM;
    }
    *ret_database = database;
    database = NULL; /* moved */
    return 0;
}

/* SQLite does not wait for another process that turns on the log. So one opens the database at a
 * time: the lock is on the directory, as a lock on the file would be dropped with its descriptor.
 */
static int
lock_directory(const char *path)
{
    char directory[PATH_MAX];
    int fd;

    (void)snprintf(directory, sizeof directory, "%.*s", (int)(strrchr(path, '/') - path) + 1, path);
    fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    while (fd >= 0 && flock(fd, LOCK_EX) != 0) {
        if (errno == EINTR)
            continue;
        close(fd);
        fd = -1;
    }
    return fd;
}

int
database_open_sqlite(const char *path, const char *const *migrations, int version,
                     struct database **ret_database, struct diag *ret_diag)
{
    int lock, result;

    if (check_files(path, ret_diag) != 0)
        return IDQ_SYSTEM;
    lock = lock_directory(path);
    if (lock < 0) {
        diag_set_error(ret_diag, path, errno);
        return IDQ_SYSTEM;
    }
    result = open_locked(path, migrations, version, ret_database, ret_diag);
    close(lock);
    return result;
}
