/* SPDX-License-Identifier: BSD-3-Clause */
/* A private server of PostgreSQL, of Debian's package, with the schema and the roles of
 * conf/idinqr-relay.sql: as an unprivileged user, on a Unix socket and a port of loopback, with all
 * its files in the scratch directory. Test code: an error of the harness fails the running test. */
#ifndef IDQ_TESTS_POSTGRES_H
#define IDQ_TESTS_POSTGRES_H

struct postgres_server;
struct pg_conn; /* libpq's */

/* Why there can be none; NULL if there can. */
const char *postgres_why_not(void);

/* Starts one, and makes the tables, unless they are to be missing. */
struct postgres_server *postgres_server_new(void);

/* Ends it. Accepts a pointer to NULL, and leaves one. */
void postgres_server_free(struct postgres_server **server);

/* Ends the server, by its fast way, and starts it again. */
void postgres_server_stop(struct postgres_server *server);
void postgres_server_start(struct postgres_server *server);

/* Another server, which replicates this one synchronously. Promoting it ends the first one at once,
 * as if its machine were lost. */
struct postgres_server *postgres_replica_new(struct postgres_server *primary);
void postgres_replica_promote(struct postgres_server *replica, struct postgres_server *primary);

/* The URI of the database for this role, by the socket or by TCP; kept (scratch.h). */
#define POSTGRES_OWNER "idinqr_migrate"
#define POSTGRES_RELAY "idinqr_relay"
char *postgres_uri(const struct postgres_server *server, const char *role);
char *postgres_tcp_uri(const struct postgres_server *server, const char *role);

unsigned postgres_port(const struct postgres_server *server);
const char *postgres_dir(const struct postgres_server *server); /* of its files and its socket */

/* Runs SQL as the superuser, in the relay's schema. Returns the values, each with a '|' behind it
 * and each row with a '\n'. Kept. */
char *postgres_sql(const char *uri, const char *sql);

/* The same in a session that stays open, as a transaction of another program. */
struct pg_conn *postgres_hold(const char *uri, const char *sql);
void postgres_release(struct pg_conn **session);

/* The URI of the superuser, from that of any role. Kept. */
char *postgres_superuser(const char *uri);

#endif
