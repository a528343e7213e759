/* SPDX-License-Identifier: BSD-3-Clause */
/* The relay runs this. No source says which fields the two calls of the QR backend have, so their
 * names and words are settings: see THE QR BACKEND in idinqr-relay(8). A call has no time and
 * no nonce, so a recorded one may come again: it must do no harm. */
#include "pam_idinqr/relay/qr_backend.h"

#include "pam_idinqr/common/array.h"
#include "pam_idinqr/common/error.h"
#include "pam_idinqr/common/https_url.h"
#include "pam_idinqr/common/secret.h"
#include "pam_idinqr/common/signature.h"
#include "pam_idinqr/common/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <time.h>

#define GENERATE_MS  8000
#define GENERATE_MAX 1024 /* bytes; the token has at most 255 */
#define MARGIN_MS    1000 /* of a call that waits for the acquirer */
#define USE_CASE     "01" /* at most 4 scans, at most 15 minutes */
#define LANGUAGE     "nl" /* of the acquirer's words for the person */
#define NO_HASH      SIGNATURE_HEADER " is missing, wrong or not the only one"
#define UUID_DIGITS  "0123456789abcdefABCDEF-"
#define BIC_LETTERS  "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

struct qr_backend {
    struct secret *key;
    json_t *error_body; /* a template */
};

/* In the order of status_words. */
enum word { WORD_OPEN, WORD_PENDING, WORD_SUCCESS, WORD_FAILURE, WORD_EXPIRED, WORD_CANCELLED };

/* What a call is about. "": it does not say. */
struct asked {
    char qr_id[STORE_LOGIN_SIZE], issuer[STORE_ISSUER_SIZE], trx[STORE_TRX_SIZE];
};

static const struct qr_backend_settings *
settings_of(const struct relay *relay)
{
    return &relay->config->qr_backend;
}

int
qr_backend_open(struct relay *relay, struct diag *ret_diag)
{
    const struct qr_backend_settings *settings = settings_of(relay);
    struct qr_backend *backend = calloc(1, sizeof *backend);

    relay->qr_backend = backend;
    if (backend && signing_key_read(settings->signing_key,
                                    (enum signing_key_encoding)settings->signing_key_encoding,
                                    &backend->key) == 0)
        backend->error_body = relay_config_error_body(settings);
    if (backend && backend->error_body)
        return 0;
    diag_set(ret_diag, "out of memory");
    return IDQ_SYSTEM;
}

void
qr_backend_close(struct relay *relay)
{
    if (!relay->qr_backend)
        return;
    secret_free(&relay->qr_backend->key);
    json_decref(relay->qr_backend->error_body);
    free(relay->qr_backend);
    relay->qr_backend = NULL;
}

static int
check_hash(const struct relay *relay, const char *body, size_t size, const char *hash, int n_hashes)
{
    return signature_check(relay->qr_backend->key,
                           (enum signing_key_encoding)settings_of(relay)->signing_key_encoding,
                           body, size, hash, n_hashes);
}

/* --- generate --------------------------------------------------------------------------------- */

/* A request that is under way. */
struct call {
    struct relay *relay;
    struct relay_job *job;
};

/* Returns 0, or an error with *ret_why. */
static int
read_code(const struct relay *relay, const struct http_client_answer *answer, struct relay_job *job,
          const char **ret_why)
{
    struct https_url parts;
    json_t *root;
    const char *id, *url;
    int error = answer->error;

    *ret_why = answer->problem;
    if (error == 0) {
        *ret_why = "the answer has no " SIGNATURE_HEADER ", or a wrong one";
        error = check_hash(relay, answer->body, answer->body_size, answer->signature,
                           answer->n_signatures);
    }
    if (error != 0)
        return error;
    *ret_why = "the answer has no qr_id or no qr_url";
    root = json_loadb(answer->body, answer->body_size, JSON_REJECT_DUPLICATES, NULL);
    id = json_string_value(json_object_get(root, "qr_id"));
    url = json_string_value(json_object_get(root, "qr_url"));
    if (!id || !url || strlen(id) != STORE_LOGIN_SIZE - 1 || id[strspn(id, UUID_DIGITS)] ||
        strlen(url) >= IDX_URL_SIZE || https_url_parse(url, strlen(url), &parts) != 0 ||
        copy_text(job->code.id, sizeof job->code.id, id) != 0 ||
        copy_text(job->url, sizeof job->url, url) != 0)
        error = IDQ_REPLY;
    json_decref(root);
    return error;
}

static void
on_generated(void *context, const struct http_client_answer *answer)
{
    struct call *call = context;
    const char *why;
    int error;

    relay_look_at_clock(call->relay);
    error = read_code(call->relay, answer, call->job, &why);
    relay_monitor_asked(call->relay, RELAY_ASK_CODE, error, answer->duration_ms);
    if (error != 0)
        relay_log(LOG_WARNING, "generate: %s: %s", error_text(error), why);
    else
        error = relay_add_login(call->relay, &call->job->code);
    relay_job_done(call->relay, call->job, error);
    free(call);
}

int
qr_backend_generate(struct relay *relay, const struct store_login *login, int size_px,
                    struct relay_job *job)
{
    const struct acquirer_settings *acquirer = &relay->config->acquirer;
    time_t then = (time_t)(login->expires_ms / 1000);
    char expiration[sizeof "2026-12-31 23:59:59"] = "", body[GENERATE_MAX];
    struct call *call = calloc(1, sizeof *call);
    struct tm utc;
    json_t *root;
    size_t size;
    int error = IDQ_SYSTEM;

    if (gmtime_r(&then, &utc))
        (void)strftime(expiration, sizeof expiration, "%Y-%m-%d %H:%M:%S", &utc);
    root = json_pack("{s:s, s:i, s:s, s:i, s:i, s:s}", "merchant_token",
                     settings_of(relay)->merchant_token, "merchant_sub_id", acquirer->sub_id,
                     "expiration", expiration, "size", size_px, "idin_service_id",
                     acquirer->service_id, "use_case", USE_CASE);
    size = json_dumpb(root, body, sizeof body, JSON_COMPACT);
    json_decref(root);
    if (call && size > 0 && size <= sizeof body) {
        *call = (struct call){.relay = relay, .job = job};
        job->code = *login;
        error = http_client_post(relay->client,
                                 &(struct http_client_request){.url = settings_of(relay)->url,
                                                               .content_type = JSON_TYPE,
                                                               .body = body,
                                                               .body_size = size,
                                                               .ca_file = relay->config->ca_file,
                                                               .proxy = relay->config->proxy,
                                                               .timeout_ms = GENERATE_MS},
                                 on_generated, call);
    }
    secret_wipe(body, sizeof body);
    if (error != 0)
        free(call);
    return error;
}

/* --- calls of the QR backend ------------------------------------------------------------------ */

struct problem {
    const char *code, *message, *consumer_message;
};

/* Puts the texts in the places of their names. */
static void
fill(json_t *node, const struct problem *problem)
{
    const struct {
        const char *name, *text;
    } places[] = {{"$code", problem->code},
                  {"$message", problem->message},
                  {"$consumer_message", problem->consumer_message}};
    const char *text = json_string_value(node);
    size_t i;

    for (i = 0; text && i < ARRAY_LENGTH(places); i++)
        if (strcmp(text, places[i].name) == 0) {
            (void)json_string_set(node, places[i].text);
            return;
        }
    for (void *at = json_object_iter(node); at; at = json_object_iter_next(node, at))
        fill(json_object_iter_value(at), problem);
    for (i = 0; i < json_array_size(node); i++)
        fill(json_array_get(node, i), problem);
}

static int
reply_unlogged(const struct relay *relay, struct http_reply *reply, unsigned status,
               const char *code, const char *message, const char *consumer_message)
{
    json_t *root = json_deep_copy(relay->qr_backend->error_body);

    fill(root, &(struct problem){code, message, consumer_message});
    return json_reply(reply, status, JSON_TYPE, root);
}

static int
reply_problem(const struct relay *relay, struct http_reply *reply, unsigned status,
              const char *code, const char *message, const char *consumer_message)
{
    relay_log(LOG_WARNING, "qr-backend: refused a call: %s", message);
    return reply_unlogged(relay, reply, status, code, message, consumer_message);
}

static int
reply_store_failed(struct relay *relay, struct http_reply *reply)
{
    (void)relay_store_failed(relay);
    return reply_unlogged(relay, reply, 503, "unavailable", "the database cannot be used", "");
}

/* Reads the value of the first of these names that the object has. Returns false if it has two
 * with different values, or one that is no text of this size. */
static bool
read_named(const json_t *root, const char *names, char *ret_text, size_t size)
{
    char name[RELAY_CONFIG_WORD_SIZE];

    ret_text[0] = '\0';
    while (relay_config_word(&names, name)) {
        const json_t *member = json_object_get(root, name);
        const char *text = json_string_value(member);
        if (!member || json_is_null(member))
            continue;
        if (!text || text[0] == '\0' || !characters_are_visible_ascii(text, strlen(text)) ||
            (ret_text[0] ? strcmp(text, ret_text) : copy_text(ret_text, size, text)) != 0)
            return false;
    }
    return true;
}

/* Checks the hash, and then reads the body. Returns 1, or what was replied. */
static int
admit(struct relay *relay, const struct http_request *http, struct asked *ret_asked,
      struct http_reply *reply)
{
    const struct qr_backend_settings *settings = settings_of(relay);
    json_t *root;
    bool is_right;

    if (check_hash(relay, http->body, http->body_size, http->signature, http->n_signatures) != 0) {
        relay_log_rarely(relay, RELAY_RARE_CALL, LOG_WARNING,
                         "qr-backend: refused a call: " NO_HASH);
        return reply_unlogged(relay, reply, 401, "signature", NO_HASH, "");
    }
    root = json_loadb(http->body, http->body_size, JSON_REJECT_DUPLICATES, NULL);
    is_right =
        json_is_object(root) &&
        read_named(root, settings->qr_id_names, ret_asked->qr_id, sizeof ret_asked->qr_id) &&
        read_named(root, settings->issuer_names, ret_asked->issuer, sizeof ret_asked->issuer) &&
        read_named(root, settings->transaction_id_names, ret_asked->trx, sizeof ret_asked->trx);
    json_decref(root);
    return is_right ? 1
                    : reply_problem(relay, reply, 400, "request",
                                    "the body is no JSON object, or a field is wrong", "");
}

static int
hold(const struct relay *relay, struct http_request *http, const uint64_t *watched)
{
    if (http->hold_until_ms == 0)
        http->hold_until_ms =
            http->now_ms + settings_of(relay)->transaction_timeout_s * 1000 + MARGIN_MS;
    http->watched = watched;
    return HTTP_HOLD;
}

/* The transaction is there, or has failed. */
static int
reply_started(struct relay *relay, struct relay_job *job, struct http_reply *reply)
{
    struct relay_job done = *job;

    relay_job_free(job);
    if (done.error == 0)
        return json_reply(reply, 200, JSON_TYPE,
                          json_pack("{s:s, s:s}", "issuer_authentication_url", done.url,
                                    "transaction_id", done.trx));
    if (done.error == IDQ_EXPIRED)
        return reply_problem(relay, reply, 410, "expired", "the code has too little time left", "");
    return reply_problem(relay, reply, 502, "acquirer", "the acquirer started no transaction",
                         done.message);
}

static int
transaction(struct relay *relay, struct http_request *http, const struct asked *asked,
            struct http_reply *reply)
{
    struct relay_job *job = relay_job_of(relay, http->watched);
    struct store_login login;
    bool is_found = false;
    int error;

    if (job && job->is_done)
        return reply_started(relay, job, reply);
    if (job) /* it ends later, and is swept */
        return reply_problem(relay, reply, 504, "acquirer", "the acquirer does not answer", "");
    if (asked->qr_id[0] == '\0' || asked->issuer[0] == '\0' ||
        asked->issuer[strspn(asked->issuer, BIC_LETTERS)])
        return reply_problem(relay, reply, 400, "request", "it names no code or no issuer", "");
    if (store_login_find(relay->store, asked->qr_id, "", &login, &is_found) != 0)
        return reply_store_failed(relay, reply);
    if (!is_found)
        return reply_problem(relay, reply, 404, "unknown", "the code is not known", "");
    if (login.state > STORE_PENDING || login.expires_ms <= relay->wall_ms)
        return reply_problem(relay, reply, 410, "expired", "the code has ended", "");
    if (login.n_trx >= STORE_TRX_MAX)
        return reply_problem(relay, reply, 409, "used", "the code was used too often", "");
    if (relay_check_limits(relay, login.desk, RELAY_TRANSACTION) != 0)
        return reply_problem(relay, reply, 429, "limit", "too many transactions in ten minutes",
                             "");
    job = relay_job_begin(relay, login.id);
    if (!job)
        return reply_problem(relay, reply, 429, "busy", "a transaction is being started", "");
    /* The acquirer decides: its list and the QR backend's need not change on the same day. */
    if (relay->n_banks > 0 && !relay_bank_find(relay, asked->issuer)) /* 0: no list yet */
        relay_log(LOG_WARNING, "qr-backend: issuer %s is not in the directory", asked->issuer);
    error = relay->upstream->begin(relay, &login, asked->issuer, LANGUAGE, job);
    if (error == 0)
        return hold(relay, http, &job->changes);
    relay_job_done(relay, job, error);
    return reply_started(relay, job, reply);
}

/* What the QR backend may know of a login, or of one of its transactions. */
static enum word
word_of(const struct store_login *login, const struct store_trx *trx)
{
    bool is_other = trx && login->trx[0] && strcmp(login->trx, trx->id) != 0;

    switch (login->state) {
    case STORE_OPEN:
        return trx ? WORD_FAILURE : WORD_OPEN;
    case STORE_PENDING:
        return trx && trx->state == STORE_TRX_ENDED ? WORD_FAILURE : WORD_PENDING;
    case STORE_NUMBER:
    case STORE_SUCCESS:
    case STORE_TAKEN:
        return is_other ? WORD_FAILURE : WORD_SUCCESS;
    case STORE_CANCELLED:
    case STORE_DENIED:
    case STORE_REFUSED:
    case STORE_REVOKED:
        return WORD_CANCELLED;
    case STORE_EXPIRED:
        return WORD_EXPIRED;
    default:
        return WORD_FAILURE;
    }
}

static int
reply_status(const struct relay *relay, const struct store_login *login,
             const struct store_trx *trx, struct http_reply *reply)
{
    const char *words = settings_of(relay)->status_words, *id = trx ? trx->id : login->trx;
    char word[RELAY_CONFIG_WORD_SIZE] = "";

    for (int i = 0; i <= (int)word_of(login, trx); i++)
        (void)relay_config_word(&words, word);
    return json_reply(
        reply, 200, JSON_TYPE,
        json_pack("{s:s, s:s*}", "status", word, "transaction_id", id[0] ? id : NULL));
}

static int
status(struct relay *relay, struct http_request *http, const struct asked *asked,
       struct http_reply *reply)
{
    struct relay_job *job = relay_job_of(relay, http->watched);
    bool is_first = http->hold_until_ms == 0, is_found = false;
    struct store_login login;
    struct store_trx trx = {.id = ""};
    int result;

    if (job && job->is_done)
        relay_job_free(job);
    if (asked->trx[0] && store_trx_find(relay->store, asked->trx, &trx, &is_found) != 0)
        return reply_store_failed(relay, reply);
    if ((asked->trx[0] && !is_found) ||
        (asked->trx[0] && asked->qr_id[0] && strcmp(asked->qr_id, trx.login) != 0))
        return reply_problem(relay, reply, 404, "unknown", "the transaction is not known", "");
    is_found = false;
    if (store_login_find(relay->store, asked->trx[0] ? trx.login : asked->qr_id, "", &login,
                         &is_found) != 0)
        return reply_store_failed(relay, reply);
    if (!is_found)
        return reply_problem(relay, reply, 404, "unknown", "the code is not known", "");
    if (is_first && settings_of(relay)->status_is_return && asked->trx[0] &&
        trx.state != STORE_TRX_ENDED && store_state_is_live(login.state)) {
        result = relay_return(relay, &trx, &login, http);
        if (result == HTTP_HOLD)
            return hold(relay, http, http->watched);
        if (result == IDQ_SYSTEM)
            return reply_store_failed(relay, reply);
    }
    return reply_status(relay, &login, asked->trx[0] ? &trx : NULL, reply);
}

int
qr_backend_call(struct relay *relay, struct http_request *http, struct http_reply *ret_reply)
{
    struct asked asked;
    int result = admit(relay, http, &asked, ret_reply);
    bool begins = result == 1 && asked.issuer[0] && asked.trx[0] == '\0';

    if (result != 1)
        return result;
    if (strcmp(http->path, QR_BACKEND_PATH) != 0)
        begins = strcmp(http->path, QR_BACKEND_TRANSACTION_PATH) == 0;
    return begins ? transaction(relay, http, &asked, ret_reply)
                  : status(relay, http, &asked, ret_reply);
}
