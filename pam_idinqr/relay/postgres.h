/* SPDX-License-Identifier: BSD-3-Clause */
/* The connection of database_postgres.c, which is made anew while the relay goes on. */
#ifndef IDQ_RELAY_POSTGRES_H
#define IDQ_RELAY_POSTGRES_H

#include "pam_idinqr/relay/database_kind.h"

#include <libpq-fe.h>

#define POSTGRES_ANSWER_MS 2500 /* of a statement or a transaction, by this process */

enum postgres_state { POSTGRES_AWAY, POSTGRES_CONNECTING, POSTGRES_READY };

struct postgres {
    struct database database;
    PGconn *connection; /* NULL when it is away */
    enum postgres_state state;
    PostgresPollingStatusType next; /* while it connects */
    int64_t until_ms;               /* of a connection that is made, or an answer */
    int64_t again_ms;               /* no new connection before */
    int patience_ms;                /* what is left for calls to wait for a connection */
    int version;                    /* of the tables; 0: any */
    bool is_in_transaction, is_new; /* new: the listener does not know yet */
    char sqlstate[6];               /* of the last statement, if it failed */
    char why[160];                  /* it is away */
    char uri[];                     /* has no password */
};

/* Makes the first connection, for some seconds. Returns 0 or IDQ_SYSTEM with the reason. */
int postgres_connect_first(struct postgres *postgres);

/* Makes sure that there is one: begins one if the last attempt is some time ago, and waits for a
 * moment. Returns 0 or IDQ_SYSTEM with the reason. */
int postgres_connect(struct postgres *postgres);

/* Does what can be done without waiting: reads from the connection, or goes on with a new one. */
void postgres_go_on(struct postgres *postgres);

void postgres_disconnect(struct postgres *postgres, const char *why);

/* Waits for the answer to what was sent, until until_ms. Returns it, or NULL with the reason.
 * `was_sent`: what libpq returned. */
PGresult *postgres_answer(struct postgres *postgres, int was_sent);

/* Runs SQL without values. Returns 0, and in ret_text, or NULL, the first value of the last
 * statement; or IDQ_SYSTEM with the reason. */
int postgres_ask(struct postgres *postgres, const char *sql, char *ret_text, size_t size);

#endif
