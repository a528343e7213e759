/* SPDX-License-Identifier: BSD-3-Clause */
/* The relay runs this: what the transactions of every upstream have in common. */
#include "pam_idinqr/relay/relay.h"

#include "pam_idinqr/common/error.h"
#include "pam_idinqr/common/secret.h"
#include "pam_idinqr/common/text.h"

#include <stdio.h>
#include <string.h>

#define NUMBER_DIGITS (RELAY_NUMBER_SIZE - 1)
#define NUMBER_MS     ((int64_t)2 * 60 * 1000) /* to type it */
#define ASSERTION_MS  ((int64_t)60 * 60 * 1000)

int
relay_return(struct relay *relay, const struct store_trx *trx, const struct store_login *login,
             struct http_request *request)
{
    struct relay_job *job = NULL;
    struct relay_watch *watch = NULL;
    bool is_done = false;

    if (store_trx_take(relay->store, trx->id, relay->wall_ms, relay->wall_ms + RELAY_LEASE_MS, true,
                       &is_done) != 0)
        return IDQ_SYSTEM;
    relay_wake_at(relay, relay->wall_ms + RELAY_LEASE_MS);
    if (is_done) {
        job = relay_job_begin(relay, "");
        if (relay->upstream->fetch(relay, trx, request, job) != 0) {
            if (job)
                relay_job_free(job);
            return IDQ_BUSY;
        }
        if (job && job->is_done) {
            relay_job_free(job);
            return HTTP_REPLY;
        }
    }
    if (!job) /* another request, or another relay, is asking; or there is no free job */
        watch = relay_watch(relay, login);
    if (!job && !watch)
        return IDQ_BUSY;
    request->watched = job ? &job->changes : &watch->changes;
    return HTTP_HOLD;
}

int
relay_end_trx(struct relay *relay, const struct store_trx *trx, enum store_state state)
{
    bool is_done;

    if (store_trx_end(relay->store, trx->id, state, &is_done) != 0)
        return relay_store_failed(relay);
    (void)relay_log_ends(relay);
    return 0;
}

int
relay_assertion(struct relay *relay, const char *id, bool is_again, int64_t *until_ms)
{
    bool is_done = false;

    if (!is_again)
        *until_ms = relay->wall_ms + ASSERTION_MS;
    if (store_assertion_add(relay->store, id, *until_ms, is_again, &is_done) != 0)
        return relay_store_failed(relay);
    return is_done ? 0 : IDQ_OTHER_CODE;
}

/* --- verified identities ---------------------------------------------------------------------- */

static int
store_kept(struct relay *relay, struct relay_kept *kept)
{
    bool needs_number = relay->config->confirm == RELAY_CONFIRM_NUMBER, is_done;
    int error =
        kept->assertion[0] ? relay_assertion(relay, kept->assertion, true, &kept->assertion_ms) : 0;

    if (error != 0)
        return error;
    kept->assertion[0] = '\0';
    return store_trx_verified(relay->store, kept->trx, kept->hash, kept->loa, needs_number,
                              relay->wall_ms + NUMBER_MS, &is_done) == 0
               ? 0
               : relay_store_failed(relay);
}

static void
keep(struct relay *relay, const struct relay_kept *identity)
{
    for (size_t i = 0; i < RELAY_KEPT_MAX; i++)
        if (relay->kept[i].trx[0] == '\0') {
            relay->kept[i] = *identity;
            relay_wake_at(relay, relay->wall_ms);
            return;
        }
}

int
relay_verified_by(struct relay *relay, const struct store_trx *trx, const char *assertion,
                  int64_t assertion_ms, const char *provider, const char *subject, const char *loa)
{
    struct relay_kept kept = {.assertion_ms = assertion_ms, .until_ms = relay->wall_ms + NUMBER_MS};
    int error = identity_hash((const unsigned char *)secret_bytes(relay->map_key), provider,
                              relay->config->scope, subject, kept.hash);

    if (error != 0)
        return error;
    snprintf(kept.trx, sizeof kept.trx, "%s", trx->id);
    snprintf(kept.login, sizeof kept.login, "%s", trx->login);
    snprintf(kept.assertion, sizeof kept.assertion, "%s", assertion);
    snprintf(kept.loa, sizeof kept.loa, "%s", loa);
    error = store_kept(relay, &kept);
    if (error == IDQ_SYSTEM)
        keep(relay, &kept);
    secret_wipe(&kept, sizeof kept);
    return error;
}

int
relay_verified(struct relay *relay, const struct store_trx *trx, const char *provider,
               const char *subject, const char *loa)
{
    return relay_verified_by(relay, trx, "", 0, provider, subject, loa);
}

/* An assertion that was used before leaves its transaction to the lease, which ends it. */
static int
store_all_kept(struct relay *relay)
{
    for (size_t i = 0; i < RELAY_KEPT_MAX; i++) {
        struct relay_kept *kept = &relay->kept[i];
        if (kept->trx[0] == '\0')
            continue;
        if (relay->wall_ms < kept->until_ms && store_kept(relay, kept) == IDQ_SYSTEM)
            return IDQ_SYSTEM;
        relay_changed(relay, kept->login);
        secret_wipe(kept, sizeof *kept);
    }
    return 0;
}

int
relay_each_due(struct relay *relay, int (*take)(struct relay *relay, const struct store_trx *trx))
{
    struct store_trx trx;
    bool is_found = false;

    if (store_all_kept(relay) != 0)
        return IDQ_SYSTEM;
    for (;;) {
        if (store_trx_due(relay->store, relay->wall_ms, &trx, &is_found) != 0)
            return relay_store_failed(relay);
        if (!is_found)
            return 0;
        relay_wake_at(relay, relay->wall_ms + RELAY_LEASE_MS);
        if (take(relay, &trx) != 0)
            return IDQ_SYSTEM;
        relay_changed(relay, trx.login);
    }
}

/* An HMAC of a label, a login and a transaction, by the map key. */
static void
derive(const struct relay *relay, const char *label, const char *login, const char *trx,
       unsigned char ret_mac[HMAC_SHA256_SIZE])
{
    char text[STORE_LOGIN_SIZE + STORE_TRX_SIZE + 20];
    int size = snprintf(text, sizeof text, "%s %s %s", label, login, trx);

    hmac_sha256(secret_bytes(relay->map_key), secret_size(relay->map_key), text, (size_t)size,
                ret_mac);
}

void
relay_number(const struct relay *relay, const struct store_login *login,
             char ret_number[RELAY_NUMBER_SIZE])
{
    unsigned char mac[HMAC_SHA256_SIZE];
    uint64_t number = 0;

    derive(relay, "number", login->id, login->trx, mac);
    /* 64 bits, so that no number is noticeably likelier than another. */
    for (size_t i = 0; i < 8; i++)
        number = number << 8 | mac[i];
    snprintf(ret_number, RELAY_NUMBER_SIZE, "%0*u", NUMBER_DIGITS, (unsigned)(number % 1000000));
    secret_wipe(mac, sizeof mac);
}

void
relay_derive(const struct relay *relay, const struct store_trx *trx, const char *label,
             char ret_text[RELAY_DERIVED_SIZE])
{
    unsigned char mac[HMAC_SHA256_SIZE];

    derive(relay, label, trx->login, trx->id, mac);
    (void)characters_write_base64url(mac, sizeof mac, ret_text);
    secret_wipe(mac, sizeof mac);
}
