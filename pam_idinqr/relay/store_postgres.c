/* SPDX-License-Identifier: BSD-3-Clause */
/* The relay and its commands run this. What a store has only in PostgreSQL: its tables, and what
 * other relays have changed. conf/idinqr-relay.sql makes the schema and the roles. */
#include "pam_idinqr/common/array.h"
#include "pam_idinqr/relay/store_sql.h"

#include <string.h>

#define READ_MS 3000 /* between two reads of what was changed */

/* The columns are those of SQLite, and `changed`. The trigger wakes
 * the other relays at the commit, whatever statement has changed the login, but for is_given. A
 * statement of an older version must still work after a migration: relays are updated one after the
 * other. */
const char *const store_postgres_migrations[] = {
    "CREATE TABLE desk (name text PRIMARY KEY, token_hash text NOT NULL UNIQUE,"
    " added_ms bigint NOT NULL, revoked_ms bigint NOT NULL);\n"

    "CREATE TABLE login (id text PRIMARY KEY, path text NOT NULL UNIQUE, desk text NOT NULL,"
    " station text NOT NULL, service text NOT NULL, account text NOT NULL,"
    " created_ms bigint NOT NULL, expires_ms bigint NOT NULL, state integer NOT NULL,"
    " n_trx integer NOT NULL, tries_left integer NOT NULL,"
    " hash text NOT NULL, issuer text NOT NULL, loa text NOT NULL, trx text NOT NULL,"
    " is_given integer NOT NULL,"
    " changed timestamptz NOT NULL DEFAULT clock_timestamp());\n"
    "CREATE INDEX login_live ON login (expires_ms) WHERE " IS_LIVE ";\n"
    "CREATE INDEX login_ended ON login (expires_ms) WHERE " HAS_ENDED ";\n"
    "CREATE INDEX login_news ON login (is_given) WHERE " HAS_ENDED ";\n"
    "CREATE INDEX login_begun ON login (created_ms, desk);\n"
    "CREATE INDEX login_changed ON login (changed);\n"

    "CREATE TABLE trx (id text PRIMARY KEY,"
    " login text NOT NULL REFERENCES login (id) ON DELETE CASCADE, issuer text NOT NULL,"
    " reference text NOT NULL, entrance_hash text NOT NULL,"
    " expires_ms bigint NOT NULL, returned_ms bigint NOT NULL, due_ms bigint NOT NULL,"
    " state integer NOT NULL);\n"
    "CREATE INDEX trx_login ON trx (login);\n"
    "CREATE INDEX trx_due ON trx (due_ms) WHERE " IS_TO_ASK ";\n"

    "CREATE TABLE assertion (id text PRIMARY KEY, until_ms bigint NOT NULL);\n"
    "CREATE INDEX assertion_until ON assertion (until_ms);\n"

    "CREATE TABLE directory (one integer PRIMARY KEY, text text NOT NULL,"
    " then_ms bigint NOT NULL);\n"

    "CREATE FUNCTION login_note() RETURNS trigger LANGUAGE plpgsql AS"
    " 'BEGIN NEW.changed = clock_timestamp(); RETURN NEW; END';\n"
    "CREATE TRIGGER note BEFORE UPDATE ON login FOR EACH ROW WHEN (OLD.is_given = NEW.is_given)"
    " EXECUTE FUNCTION login_note();\n"
    "CREATE FUNCTION login_tell() RETURNS trigger LANGUAGE plpgsql AS"
    " 'BEGIN PERFORM pg_notify(''idinqr_login'', NEW.id); RETURN NULL; END';\n"
    "CREATE TRIGGER tell AFTER UPDATE ON login FOR EACH ROW WHEN (OLD.is_given = NEW.is_given)"
    " EXECUTE FUNCTION login_tell();\n",

    "ALTER TABLE login ADD COLUMN nonce text NOT NULL DEFAULT '';\n"
    "ALTER TABLE desk ADD COLUMN seen_ms bigint NOT NULL DEFAULT 0,"
    " ADD COLUMN version text NOT NULL DEFAULT '';\n"
    "CREATE TABLE outcome (minute bigint NOT NULL, state integer NOT NULL, n bigint NOT NULL,"
    " PRIMARY KEY (minute, state));\n",
};
const int store_postgres_version = (int)ARRAY_LENGTH(store_postgres_migrations);

bool
store_is_shared(const char *path)
{
    return strncmp(path, "postgresql://", strlen("postgresql://")) == 0;
}

int
store_migrate(const char *path, int *ret_version, struct diag *ret_diag)
{
    struct store *store = NULL;
    DATABASE_AUTO *database = NULL;

    *ret_version = store_postgres_version;
    if (store_is_shared(path))
        return database_open_postgres(path, store_postgres_migrations, store_postgres_version,
                                      &database, ret_diag);
    if (store_open(path, &store, ret_diag) != 0)
        return IDQ_SYSTEM;
    store_close(&store);
    *ret_version = store_sqlite_version;
    return 0;
}

/* --- other relays ----------------------------------------------------------------------------- */

void
store_poll(const struct store *store, struct pollfd *ret_poll)
{
    database_poll(store->database, ret_poll);
}

struct listener {
    void (*changed)(void *context, const char *login);
    void *context;
};

static int
take_id(const char *const *values, void *listener)
{
    const struct listener *to = listener;

    to->changed(to->context, values[0]);
    return 0;
}

int64_t
store_listen(struct store *store, int64_t now_ms, void (*changed)(void *context, const char *login),
             void *context)
{
    /* Longer than READ_MS and a transaction together. By the clock of the database, which wrote
     * the times. */
    static const struct database_statement read = {
        "reading what was changed",
        "SELECT id FROM login WHERE changed > clock_timestamp() - interval '15 s'"};
    struct listener listener = {changed, context};

    if (!store->is_shared)
        return -1;
    database_listen(store->database, changed, context);
    if (now_ms >= store->asked_ms && now_ms < store->asked_ms + READ_MS)
        return store->asked_ms + READ_MS;
    store->asked_ms = now_ms;
    (void)database_run(store->database, &read, NULL, take_id, &listener, NULL);
    return now_ms + READ_MS;
}
