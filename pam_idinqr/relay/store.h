/* SPDX-License-Identifier: BSD-3-Clause */
/* Keeps the relay's state: desks, logins, their transactions at the acquirer, and what was read
 * from it. The files behind this header, store_*.c and database*.c, have all SQL: one relay keeps a
 * file of SQLite, and several share a database of PostgreSQL. Each function that must happen once
 * is one statement or one transaction, so that it does, however many relays share a database and
 * whichever of them is killed. Times are ms since 1970. Holds no BIN: an identity is a keyed hash,
 * a token and an entrance code are hashes.
 *
 * Each function returns 0, or IDQ_SYSTEM if the database failed (full, read-only, locked, away):
 * store_error then says why, without personal data. Nothing has changed then, and the same call
 * works when the cause is gone. One exception: if PostgreSQL goes away while it commits, the step
 * may be done, and then the same call says that it does not apply. A step that does not apply, as
 * the state is another one, is no error: *ret_done is false.
 *
 * A store is used by one thread, and not after a fork. A call may wait 2 s for another process, and
 * 3 s for PostgreSQL. */
#ifndef IDQ_RELAY_STORE_H
#define IDQ_RELAY_STORE_H

#include "pam_idinqr/common/error.h"
#include "pam_idinqr/identity/identity.h"

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STORE_HASH_SIZE    (64 + 1) /* SHA-256 in hex, of a token or an entrance code */
#define STORE_NAME_SIZE    64       /* of a desk: a-z, 0-9 and '-' */
#define STORE_VERSION_SIZE 32
#define STORE_LABEL_SIZE   64       /* station, service, account, for the phone's page */
#define STORE_LOGIN_SIZE   37       /* qr_id, a UUID, for the desk */
#define STORE_PATH_SIZE    (10 + 1) /* of the link, in the alphanumeric mode of a QR code */
#define STORE_TRX_SIZE     17       /* the acquirer's transactionID: 16 digits */
#define STORE_ISSUER_SIZE  12       /* a BIC */
#define STORE_WORD_SIZE    64 /* an assertion's id, a merchantReference, a level of assurance */
#define STORE_NONCE_SIZE   33 /* of a desk's request: 32 hex digits */
#define STORE_TRX_MAX      4  /* transactions of one login */
#define STORE_TRIES        3  /* for the number */

struct store;

struct store_desk {
    char name[STORE_NAME_SIZE];
    char token_hash[STORE_HASH_SIZE];
    int64_t added_ms, revoked_ms;     /* 0: is not revoked */
    int64_t seen_ms;                  /* of its last contact, about; 0: none yet */
    char version[STORE_VERSION_SIZE]; /* of its pam_idinqr then, or "" */
};

enum store_state {
    STORE_OPEN,      /* no phone has chosen a bank */
    STORE_PENDING,   /* a phone is at a bank */
    STORE_NUMBER,    /* verified; the desk must send the number */
    STORE_SUCCESS,   /* the desk may take the identity, once */
    STORE_TAKEN,     /* it has */
    STORE_CANCELLED, /* by the desk */
    STORE_DENIED,    /* "This was not me" */
    STORE_WRONG,     /* the last try of the number was wrong */
    STORE_EXPIRED,
    STORE_FAILED,  /* the bank or the acquirer */
    STORE_REFUSED, /* by the person at the bank */
    STORE_REVOKED, /* with its desk */
    STORE_STATES,
};

/* The states before an end. */
static inline bool
store_state_is_live(enum store_state state)
{
    return state <= STORE_SUCCESS;
}

struct store_login {
    char id[STORE_LOGIN_SIZE];
    char path[STORE_PATH_SIZE];
    char desk[STORE_NAME_SIZE];
    char nonce[STORE_NONCE_SIZE]; /* of the desk's agent: only it gets the status */
    char station[STORE_LABEL_SIZE], service[STORE_LABEL_SIZE], account[STORE_LABEL_SIZE];
    int64_t created_ms, expires_ms;
    enum store_state state;
    unsigned n_trx; /* that were counted, also those that failed to start */
    unsigned tries_left;
    /* "" before STORE_NUMBER. The hash is emptied when it is taken, and at every end. */
    char hash[IDENTITY_HASH_SIZE];
    char loa[STORE_WORD_SIZE];
    /* The transaction that gave the identity, or ended the login; or "". */
    char issuer[STORE_ISSUER_SIZE], trx[STORE_TRX_SIZE];
};

enum store_trx_state {
    STORE_TRX_STARTED,  /* the phone was sent to the bank */
    STORE_TRX_FETCHING, /* a relay asks for the status, under a lease */
    STORE_TRX_ENDED,    /* it was asked, with any answer: never ask again */
};

struct store_trx {
    char id[STORE_TRX_SIZE];
    char login[STORE_LOGIN_SIZE];
    char issuer[STORE_ISSUER_SIZE];
    char reference[STORE_WORD_SIZE];     /* merchantReference */
    char entrance_hash[STORE_HASH_SIZE]; /* of the entranceCode */
    int64_t expires_ms;                  /* the end of its expirationPeriod */
    int64_t returned_ms;                 /* the phone came back; 0: not yet */
    enum store_trx_state state;
};

/* Opens the database, which `path` names: a file, or the URI of PostgreSQL. Makes or migrates the
 * tables of a file. A schema of a newer version is refused, and so is a file that other users can
 * read or write, or that belongs to another user than this process or root. A file that is removed
 * or replaced needs a new store. In PostgreSQL, tables of any other version are refused.
 * Returns 0 with a store that the caller closes, or IDQ_SYSTEM with ret_diag. */
int store_open(const char *path, struct store **ret_store, struct diag *ret_diag);
void store_close(struct store **store);

/* Makes or migrates the tables, also in PostgreSQL, where relays may be using them. Returns 0 with
 * the version that is there now, or IDQ_SYSTEM with ret_diag. */
int store_migrate(const char *path, int *ret_version, struct diag *ret_diag);

/* Whether the path is the URI of PostgreSQL, which several relays can share. */
bool store_is_shared(const char *path);

/* What the store at a URI reaches later, when it connects anew: for the jail. */
#define STORE_HOSTS_MAX 8
#define STORE_FILES_MAX 6
struct store_needs {
    size_t n_ports, n_files;
    unsigned ports[STORE_HOSTS_MAX];
    char files[STORE_FILES_MAX][PATH_MAX]; /* of the password, certificates and keys */
    bool has_socket;                       /* a server on this machine, by a Unix socket */
};

/* Returns 0; or IDQ_CONFIG with ret_diag, which does not repeat it, if the URI is invalid or has a
 * password. */
int store_read_uri(const char *uri, struct store_needs *ret_needs, struct diag *ret_diag);

/* Sets what to poll for changes by other relays; fd is -1 if there is nothing to poll. */
void store_poll(const struct store *store, struct pollfd *ret_poll);

/* Calls `changed` with the id of each login that another relay has changed, or with NULL if any of
 * them may have changed. Call it after each poll. Returns when to call it at the latest, in ms
 * since 1970, or -1: every 3 s, it reads what was changed, as a notification may be lost. */
int64_t store_listen(struct store *store, int64_t now_ms,
                     void (*changed)(void *context, const char *login), void *context);

#define STORE_AUTO __attribute__((cleanup(store_close))) struct store

/* Returns the reason of the last IDQ_SYSTEM: one loggable line. */
const char *store_error(const struct store *store);

/* How many calls have failed. */
uint64_t store_errors(const struct store *store);

/* --- desks ---------------------------------------------------------------------------------- */

/* `desk` has its name, token and time; the rest is ignored. *ret_done is false if there is a desk
 * of this name or token, revoked or not. */
int store_desk_add(struct store *store, const struct store_desk *desk, bool *ret_done);

/* *ret_done is false if no desk has this name, if it is revoked, or if a desk has this token. */
int store_desk_rotate(struct store *store, const char *name, const char *token_hash,
                      bool *ret_done);

/* Also ends the desk's live logins as STORE_REVOKED. *ret_done is false if no desk has this name,
 * or if it is revoked. */
int store_desk_revoke(struct store *store, const char *name, int64_t now_ms, bool *ret_done);

/* Finds a desk that is not revoked. */
int store_desk_find(struct store *store, const char *token_hash, struct store_desk *ret_desk,
                    bool *ret_found);

/* Calls `take` for each desk in the order of the names; it must not use the store. */
int store_desk_each(struct store *store, void (*take)(void *context, const struct store_desk *desk),
                    void *context);

/* Notes a contact. *ret_done is false if no desk has this name. */
int store_desk_seen(struct store *store, const char *name, const char *version, int64_t now_ms,
                    bool *ret_done);

/* --- logins --------------------------------------------------------------------------------- */

/* `login` has its id, path, desk, nonce, labels and times; the rest is ignored. *ret_done is false
 * if the id or the path is in use, or if the desk is not there or revoked. */
int store_login_add(struct store *store, const struct store_login *login, bool *ret_done);

/* Of the desk alone: another desk's login is not found. `desk` is "" for a login of any desk. */
int store_login_find(struct store *store, const char *id, const char *desk,
                     struct store_login *ret_login, bool *ret_found);
int store_login_find_path(struct store *store, const char *path, struct store_login *ret_login,
                          bool *ret_found);

/* Ends a live login as `state`, an end. Its identity is emptied. */
int store_login_end(struct store *store, const char *id, enum store_state state, bool *ret_done);

/* Counts the logins that a desk, or for "" any desk, has begun since a time, and that store_tick
 * has not removed; and the transactions of these logins. */
struct store_count {
    unsigned logins, trx;
};
int store_login_count(struct store *store, const char *desk, int64_t since_ms,
                      struct store_count *ret_n);

/* STORE_NUMBER to STORE_SUCCESS if the number was right. If it was wrong, one try fewer, or
 * STORE_WRONG after the last. *ret_done is false in any other state. */
int store_login_number(struct store *store, const char *id, bool is_right, bool *ret_done);

/* Takes logins that have ended, at most `most`, for the log: each is given to one caller, once. */
int store_login_ended(struct store *store, size_t most, struct store_login *ret_logins,
                      size_t *ret_n);

/* STORE_SUCCESS to STORE_TAKEN, with the login as it was before, identity and all: for one caller
 * only. */
int store_login_take(struct store *store, const char *id, const char *desk,
                     struct store_login *ret_login, bool *ret_done);

/* --- transactions --------------------------------------------------------------------------- */

/* Counts a transaction of this login before it is asked for, as it costs money. *ret_done is false
 * unless the login is open or pending at `now_ms`, and has fewer than STORE_TRX_MAX. */
int store_trx_count(struct store *store, const char *login, int64_t now_ms, bool *ret_done);

/* Adds a transaction that was counted, whose state and returned_ms are ignored, and makes its login
 * STORE_PENDING. *ret_done is false if the login has ended since: its status is still to be asked.
 * It is also false if there is no such login, or if there is a transaction of this id. */
int store_trx_begin(struct store *store, const struct store_trx *trx, bool *ret_done);

int store_trx_find(struct store *store, const char *id, struct store_trx *ret_trx, bool *ret_found);

/* For the one who asks for its status: from STORE_TRX_STARTED, or from STORE_TRX_FETCHING whose
 * lease is over. The lease is until `until_ms`. Sets returned_ms if `is_return` and it was 0. */
int store_trx_take(struct store *store, const char *id, int64_t now_ms, int64_t until_ms,
                   bool is_return, bool *ret_done);

/* Finds the one that is due for the longest time: it was started and its time is over, or its lease
 * is over. */
int store_trx_due(struct store *store, int64_t now_ms, struct store_trx *ret_trx, bool *ret_found);

/* Ends it without an identity. If its login is pending, and no other transaction of the login is
 * under way, the login gets `login_state`: STORE_OPEN, from which another bank may be tried, or an
 * end, for which the login then names this transaction. *ret_done is false if it had ended. */
int store_trx_end(struct store *store, const char *id, enum store_state login_state,
                  bool *ret_done);

/* Ends it with an identity, if it is STORE_TRX_FETCHING, and makes its login STORE_NUMBER or
 * STORE_SUCCESS, which then lives at least until `until_ms`: the bank's answer may come with the
 * end of the login's time, and the number is typed after that. *ret_done is false, and nothing
 * changes but that the transaction ends, if the login is no longer pending. */
int store_trx_verified(struct store *store, const char *id, const char *hash, const char *loa,
                       bool needs_number, int64_t until_ms, bool *ret_done);

/* Remembers an assertion until `until_ms`. *ret_done is false if it was there already. `is_again`:
 * the same call has failed, and may have had its effect: with the same `until_ms`, it was that. */
int store_assertion_add(struct store *store, const char *id, int64_t until_ms, bool is_again,
                        bool *ret_done);

/* --- how many logins have ended ------------------------------------------------------------- */

#define STORE_OUTCOMES_MS INT64_C(3600000) /* what store_tick keeps, at least */

/* Counts one that ended in this state at this time. */
int store_outcome_add(struct store *store, enum store_state state, int64_t at_ms);

/* Reads how many there were in each state in the last STORE_OUTCOMES_MS, to the minute. */
int store_outcome_count(struct store *store, int64_t now_ms, uint64_t ret_n[STORE_STATES]);

/* --- the acquirer's directory, and the end of old rows --------------------------------------- */

/* A text that the relay has made of it, and when. */
int store_directory_set(struct store *store, const char *text, int64_t now_ms);

/* *ret_text is owned by the caller, or NULL if there is no text yet. */
int store_directory_get(struct store *store, char **ret_text, int64_t *ret_then_ms);

/* Ends live logins whose time is over as STORE_EXPIRED, unless they have no identity yet and a
 * transaction of theirs is still to be asked. Removes logins that store_login_ended has given, with
 * their transactions, `keep_ms` after their time is over and none is to be asked; assertions; and
 * old counts. After that no file has a trace of a removed row. Returns in *ret_next_ms when the
 * next of these, of store_trx_due or of store_login_ended is due, or -1: there is no login. Call it
 * at the start, too. */
int store_tick(struct store *store, int64_t now_ms, int64_t keep_ms, int64_t *ret_next_ms);

#endif
