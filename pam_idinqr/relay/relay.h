/* SPDX-License-Identifier: BSD-3-Clause */
/* The relay: what its parts share. One thread: requests of desks and phones wait (http.h), and
 * answers of the upstream come in between. All that must outlive the process is in the store. */
#ifndef IDQ_RELAY_RELAY_H
#define IDQ_RELAY_RELAY_H

#include "pam_idinqr/identity/identity.h"
#include "pam_idinqr/relay/idx.h"
#include "pam_idinqr/relay/relay_config.h"
#include "pam_idinqr/relay/relay_monitor.h"
#include "pam_idinqr/relay/store.h"
#include "pam_idinqr/web/http_client.h"
#include "pam_idinqr/web/page.h"

#include <openssl/evp.h>

#define RELAY_JOBS_MAX    256
#define RELAY_URL_SIZE    2049
#define RELAY_WATCHES_MAX 4096
#define RELAY_LEASE_MS    12000 /* of a status that is asked; longer than the upstream's time-out */
#define RELAY_LOOK_MS     2000  /* for what another process has ended, while there are logins */
#define RELAY_KEEP_MS     (10 * 60 * 1000) /* of rows after their end */
#define RELAY_KEPT_MAX    64

/* A bank of the acquirer's directory. */
struct relay_bank {
    char id[STORE_ISSUER_SIZE];
    char name[IDX_NAME_SIZE];
};

/* A request to the upstream on behalf of a phone that waits for it. */
struct relay_job {
    bool is_used;
    uint64_t changes;             /* watched by the phone's request; it goes on in the next job */
    char login[STORE_LOGIN_SIZE]; /* that a transaction is started for, or "" */
    struct store_login code;      /* that the QR backend makes; its desk is "" for other jobs */
    int64_t begun_ms;             /* by the server's clock, as the hold of a request */
    bool is_done;
    int error;                      /* 0, or an enum idq_error */
    char trx[STORE_TRX_SIZE];       /* that was started, for a QR backend */
    char url[RELAY_URL_SIZE];       /* where the phone goes on */
    char message[IDX_MESSAGE_SIZE]; /* of the acquirer, for the person; or "" */
};

/* A login that a desk waits for. */
struct relay_watch {
    char id[STORE_LOGIN_SIZE]; /* "": free */
    uint64_t changes;
    int64_t used_ms;
    bool was_told; /* the desk, since this process began */
    enum store_state told;
};

/* A verified identity that the store could not take. Its provider gives it once, so the relay keeps
 * it, and tries again. */
struct relay_kept {
    char trx[STORE_TRX_SIZE]; /* "": free */
    char login[STORE_LOGIN_SIZE];
    char assertion[IDX_ID_SIZE]; /* that could not be remembered, perhaps, until then; or "" */
    int64_t assertion_ms;
    char hash[IDENTITY_HASH_SIZE];
    char loa[STORE_WORD_SIZE];
    int64_t until_ms; /* it is forgotten then */
};

struct relay;

/* The way to the banks. */
struct relay_upstream {
    /* Starts a transaction of this login at this bank. When job->is_done, which it may be at once,
     * its url is the bank's page, and the store has the transaction. */
    int (*begin)(struct relay *relay, const struct store_login *login, const char *bank,
                 const char *language, struct relay_job *job);
    /* Asks for the status of a transaction that store_trx_take has given to the caller; `trx` is as
     * it was before. When it is done, which it may be at once, the store has the outcome. `request`
     * is of the phone that is back; or NULL, as `job` may be. */
    int (*fetch)(struct relay *relay, const struct store_trx *trx,
                 const struct http_request *request, struct relay_job *job);
    /* Does what is due, as the directory. Returns when to call again, in ms since 1970; or -1 if
     * the store failed. */
    int64_t (*tick)(struct relay *relay, int64_t now_ms);
    void (*close)(struct relay *relay);
};

/* Lines that strangers can cause. Without a limit they would push the records out of the log. */
enum relay_rare {
    RELAY_RARE_STORE,
    RELAY_RARE_CALL,
    RELAY_RARE_DESK_LIMIT,
    RELAY_RARE_LIMIT,
    RELAY_RARES
};
struct relay_rare_lines {
    int64_t next_ms; /* by the server's clock */
    unsigned n_left_out;
};

struct relay {
    const struct relay_config *config;
    const struct relay_upstream *upstream;
    struct store *store;
    struct http_client *client;
    EVP_PKEY *signing_key; /* Ed25519 */
    struct secret *map_key;
    char style_hash[PAGE_STYLE_HASH_SIZE]; /* of the pages, for Content-Security-Policy */
    struct relay_bank *banks;
    size_t n_banks;
    int64_t banks_ms; /* when the acquirer gave them; 0: not yet */
    struct relay_job jobs[RELAY_JOBS_MAX];
    struct relay_watch watches[RELAY_WATCHES_MAX];
    struct relay_kept kept[RELAY_KEPT_MAX];
    int64_t wall_ms;  /* of the current call: ms since 1970, by relay_look_at_clock */
    int64_t next_ms;  /* by the store and the upstream, ms since 1970; -1: never */
    uint64_t changes; /* of all that held requests watch */
    bool is_stopping;
    struct relay_rare_lines rare[RELAY_RARES];
    int64_t contacts_ms; /* the begin of a second, and the contacts of desks that it has noted */
    unsigned n_contacts;
    void *upstream_state;          /* private to the upstream */
    struct qr_backend *qr_backend; /* which makes the codes; NULL: the relay does */
    struct server *server;         /* that runs it */
    struct relay_counts counts;
};

/* A handler of a request: see http.h. */
typedef int relay_handler(struct relay *relay, struct http_request *request,
                          struct http_reply *ret_reply);

relay_handler desk_api_generate, desk_api_status, desk_api_cancel;
relay_handler phone_get, phone_post, phone_return_get, phone_return_post, phone_unknown;
relay_handler health_live, health_ready, metrics_get;

/* Names of paths whose requests may be held. */
#define RELAY_STATUS_ROUTE "/desk/v1/status"
#define RELAY_LINK_ROUTE   "/L/*"
#define RELAY_RETURN_ROUTE "/return"

/* Chooses the handler: for server_application. */
int relay_handle(void *relay, struct http_request *request, struct http_reply *ret_reply,
                 const char **ret_name);

/* Returns the bank of the acquirer's directory with this id, or NULL. */
const struct relay_bank *relay_bank_find(const struct relay *relay, const char *id);

/* Returns the watch of this login, whose counter grows at each relay_changed; NULL if too many are
 * watched. */
struct relay_watch *relay_watch(struct relay *relay, const struct store_login *login);
void relay_changed(struct relay *relay, const char *login_id);

/* For store_listen: another relay has changed this login, or NULL: perhaps any of them. */
void relay_changed_elsewhere(void *relay, const char *login_id);

/* The word of an end in the record of a login: see pam_idinqr(8). */
const char *relay_outcome(enum store_state state);

/* Logs the end of each login that has ended since the last call, also in another process or before
 * this one began. Calls relay_changed for it. The code that ends a login calls this, and so does
 * each tick. The store gives each end once, so there are never two records. A relay that is killed,
 * or that loses PostgreSQL, between the two leaves none: the desk has one. Returns false if the
 * store failed, which is logged. */
bool relay_log_ends(struct relay *relay);

/* Sets relay->wall_ms. A callback of http_client_post calls this first: it runs after a wait. */
void relay_look_at_clock(struct relay *relay);

/* Makes sure that the store and the upstream are called at this time, ms since 1970. */
void relay_wake_at(struct relay *relay, int64_t at_ms);

/* Returns a free job, or NULL if too many are under way, or if one of the same login is: each costs
 * money. `login`: "" for a job that starts nothing. relay_job_of finds it again by what a held
 * request watches. */
struct relay_job *relay_job_begin(struct relay *relay, const char *login);
struct relay_job *relay_job_of(struct relay *relay, const uint64_t *watched);
void relay_job_done(struct relay *relay, struct relay_job *job, int error);
void relay_job_free(struct relay_job *job);

/* Adds a login to the store. Its id may be "", and is then made, as its path is. Returns 0;
 * IDQ_SYSTEM; or IDQ_BUSY if the desk was revoked, or the id is in use. Errors are logged. */
int relay_add_login(struct relay *relay, struct store_login *login);

/* The phone is back from the bank of this transaction, which is not ended: has its status asked,
 * unless it is being asked. Returns HTTP_HOLD with what the request then watches; HTTP_REPLY if the
 * store has the outcome; IDQ_SYSTEM if it failed; or IDQ_BUSY. */
int relay_return(struct relay *relay, const struct store_trx *trx, const struct store_login *login,
                 struct http_request *request);

/* For an upstream. Ends a transaction without an identity. Returns 0 or IDQ_SYSTEM. */
int relay_end_trx(struct relay *relay, const struct store_trx *trx, enum store_state state);

/* Stores the hash of a verified identity. `subject`: in clear, as its provider has it. Returns 0 or
 * an error. If the store fails, the relay keeps the hash, and the next tick tries again. */
int relay_verified(struct relay *relay, const struct store_trx *trx, const char *provider,
                   const char *subject, const char *loa);

/* The same for a provider with assertions: one that relay_assertion has failed to remember, or "".
 * relay_assertion returns 0; IDQ_OTHER_CODE if it was used before; or IDQ_SYSTEM. `is_again`: a
 * call with the same time, which it sets otherwise, has failed. */
int relay_verified_by(struct relay *relay, const struct store_trx *trx, const char *assertion,
                      int64_t assertion_ms, const char *provider, const char *subject,
                      const char *loa);
int relay_assertion(struct relay *relay, const char *id, bool is_again, int64_t *until_ms);

/* Stores what is kept. Then calls `take` for each transaction that is due: its phone never came
 * back, or its relay died while it asked. After an error the next tick tries again. Returns 0 or
 * IDQ_SYSTEM. */
int relay_each_due(struct relay *relay,
                   int (*take)(struct relay *relay, const struct store_trx *trx));

/* The number that the phone shows, and the desk must send: 6 digits, from the map key, the login
 * and its transaction, so that it need not be stored. */
#define RELAY_NUMBER_SIZE 7
void relay_number(const struct relay *relay, const struct store_login *login,
                  char ret_number[RELAY_NUMBER_SIZE]);

/* The same for a secret of a transaction: base64url of an HMAC by the map key, for this label. */
#define RELAY_DERIVED_SIZE 44
void relay_derive(const struct relay *relay, const struct store_trx *trx, const char *label,
                  char ret_text[RELAY_DERIVED_SIZE]);

/* SHA-256 in hex. */
void relay_hash(const char *text, char ret_hash[STORE_HASH_SIZE]);

/* Counts what costs money at the acquirer, in the last ten minutes: codes, or transactions. Returns
 * 0, IDQ_BUSY if the desk or all desks have reached their limit, or IDQ_SYSTEM. Logs errors. */
enum relay_cost { RELAY_CODE, RELAY_TRANSACTION };
int relay_check_limits(struct relay *relay, const char *desk, enum relay_cost what);

/* Logs one line: to stderr, with a priority in the manner of sd-daemon(3). Never an identity in
 * clear. */
void relay_log(int priority, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The same, but one line of a kind in a minute, which says how many were left out before it. */
void relay_log_rarely(struct relay *relay, enum relay_rare kind, int priority, const char *format,
                      ...) __attribute__((format(printf, 4, 5)));

/* Logs the store's last error, rarely. Returns IDQ_SYSTEM. */
int relay_store_failed(struct relay *relay);

#endif
