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
relay_verified(struct relay *relay, const struct store_trx *trx, const char *provider,
               const char *subject, const char *loa)
{
    bool needs_number = relay->config->confirm == RELAY_CONFIRM_NUMBER, is_done;
    char hash[IDENTITY_HASH_SIZE];
    int error = identity_hash((const unsigned char *)secret_bytes(relay->map_key), provider,
                              relay->config->scope, subject, hash);

    if (error == 0 && store_trx_verified(relay->store, trx->id, hash, loa, needs_number,
                                         relay->wall_ms + NUMBER_MS, &is_done) != 0)
        error = relay_store_failed(relay);
    return error;
}

int
relay_each_due(struct relay *relay, int (*take)(struct relay *relay, const struct store_trx *trx))
{
    struct store_trx trx;
    bool is_found = false;

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
