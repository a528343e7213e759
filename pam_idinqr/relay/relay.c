/* SPDX-License-Identifier: BSD-3-Clause */
/* The relay runs this for every request and every answer. */
#include "pam_idinqr/relay/relay.h"

#include "pam_idinqr/common/array.h"
#include "pam_idinqr/common/error.h"
#include "pam_idinqr/common/secret.h"
#include "pam_idinqr/common/text.h"
#include "pam_idinqr/relay/qr_backend.h"
#include "pam_idinqr/web/server.h"
#include "pam_idinqr/web/tokens.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <time.h>

#define NUMBER_DIGITS (RELAY_NUMBER_SIZE - 1)
#define ENDS_AT_ONCE  16
#define RARE_MS       (60 * 1000)
#define PATHS_MAX     4           /* random links, of which one is unused */
#define JOB_KEEP_MS   (60 * 1000) /* of one that is done, and whose phone has gone */

static const struct {
    const char *method;
    const char *path; /* of which the request's must begin, if it ends in a slash */
    relay_handler *handle;
    const char *name;
    bool is_private; /* only for requests of metrics_listen */
} routes[] = {
    {"POST", "/desk/v1/generate", desk_api_generate, "/desk/v1/generate"},
    {"POST", RELAY_STATUS_ROUTE, desk_api_status, RELAY_STATUS_ROUTE},
    {"POST", "/desk/v1/cancel", desk_api_cancel, "/desk/v1/cancel"},
    {"GET", "/L/", phone_get, RELAY_LINK_ROUTE},
    {"POST", "/L/", phone_post, RELAY_LINK_ROUTE},
    {"GET", "/return", phone_return_get, RELAY_RETURN_ROUTE},
    {"POST", "/return", phone_return_post, RELAY_RETURN_ROUTE},
    {"GET", "/healthz/live", health_live, "/healthz/live"},
    {"GET", "/healthz/ready", health_ready, "/healthz/ready"},
    {"GET", "/metrics", metrics_get, "/metrics", .is_private = true},
    {"POST", QR_BACKEND_PATH, qr_backend_call, QR_BACKEND_PATH},
    {"POST", QR_BACKEND_TRANSACTION_PATH, qr_backend_call, QR_BACKEND_TRANSACTION_PATH},
    {"POST", QR_BACKEND_STATUS_PATH, qr_backend_call, QR_BACKEND_STATUS_PATH},
};

static bool
matches(const char *route, const char *path)
{
    size_t size = strlen(route);

    return route[size - 1] == '/' ? strncmp(path, route, size) == 0 : strcmp(path, route) == 0;
}

static int
handle(struct relay *relay, struct http_request *request, struct http_reply *ret_reply,
       const char **ret_name)
{
    const char *allowed = NULL;

    *ret_name = "*";
    for (size_t i = 0; i < ARRAY_LENGTH(routes); i++) {
        if (!matches(routes[i].path, request->path) ||
            routes[i].is_private != request->is_private ||
            (routes[i].handle == qr_backend_call && !relay->qr_backend))
            continue;
        *ret_name = routes[i].name;
        if (strcmp(routes[i].method, request->method) == 0)
            return routes[i].handle(relay, request, ret_reply);
        allowed = allowed ? "GET, POST" : routes[i].method;
    }
    if (!allowed)
        return phone_unknown(relay, request, ret_reply);
    return http_reply_header(ret_reply, "Allow", allowed) < 0
               ? IDQ_SYSTEM
               : http_reply_copy(ret_reply, 405, "text/plain", "", 0);
}

int
relay_handle(void *context, struct http_request *request, struct http_reply *ret_reply,
             const char **ret_name)
{
    struct relay *relay = context;
    int result = handle(relay, request, ret_reply, ret_name);

    if (result != HTTP_HOLD)
        relay_monitor_answered(relay, *ret_name, result == HTTP_REPLY ? ret_reply->status : 500);
    return result;
}

/* Desks of one relay wait for different logins, so each has its own counter. A slot that no request
 * has used for RELAY_KEEP_MS is free again. */
struct relay_watch *
relay_watch(struct relay *relay, const struct store_login *login)
{
    struct relay_watch *unused = NULL;

    for (size_t i = 0; i < RELAY_WATCHES_MAX; i++) {
        struct relay_watch *watch = &relay->watches[i];
        if (strcmp(watch->id, login->id) == 0) {
            watch->used_ms = relay->wall_ms;
            return watch;
        }
        if (!unused && (watch->id[0] == '\0' || relay->wall_ms - watch->used_ms > RELAY_KEEP_MS))
            unused = watch;
    }
    if (!unused)
        return NULL;
    /* The counter goes on: a request may still watch it for another login. */
    unused->changes++;
    relay->changes++;
    unused->was_told = false;
    snprintf(unused->id, sizeof unused->id, "%s", login->id);
    unused->used_ms = relay->wall_ms;
    return unused;
}

void
relay_changed(struct relay *relay, const char *login_id)
{
    for (size_t i = 0; i < RELAY_WATCHES_MAX; i++)
        if (strcmp(relay->watches[i].id, login_id) == 0)
            relay->watches[i].changes++;
    relay->changes++;
}

const struct relay_bank *
relay_bank_find(const struct relay *relay, const char *id)
{
    for (size_t i = 0; i < relay->n_banks; i++)
        if (strcmp(relay->banks[i].id, id) == 0)
            return &relay->banks[i];
    return NULL;
}

void
relay_changed_elsewhere(void *context, const char *login_id)
{
    struct relay *relay = context;

    if (login_id) {
        relay_changed(relay, login_id);
        return;
    }
    for (size_t i = 0; i < RELAY_WATCHES_MAX; i++)
        relay->watches[i].changes++;
    relay->changes++;
    relay_wake_at(relay, relay->wall_ms); /* the store works again */
}

void
relay_look_at_clock(struct relay *relay)
{
    struct timespec now;
    int64_t before_ms = relay->wall_ms;

    clock_gettime(CLOCK_REALTIME, &now);
    relay->wall_ms = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
    if (relay->wall_ms < before_ms)
        relay_wake_at(relay, relay->wall_ms); /* it was set back: what is due must be asked anew */
}

void
relay_wake_at(struct relay *relay, int64_t at_ms)
{
    if (relay->next_ms < 0 || at_ms < relay->next_ms)
        relay->next_ms = at_ms;
}

struct relay_job *
relay_job_begin(struct relay *relay, const char *login)
{
    struct relay_job *unused = NULL;
    int64_t now_ms = server_now_ms();

    for (size_t i = 0; i < RELAY_JOBS_MAX; i++) {
        struct relay_job *job = &relay->jobs[i];
        bool is_left = job->is_done && now_ms - job->begun_ms > JOB_KEEP_MS;
        if (!job->is_used || is_left)
            unused = unused ? unused : job;
        else if (login[0] && !job->is_done && strcmp(job->login, login) == 0)
            return NULL;
    }
    if (!unused)
        return NULL;
    *unused =
        (struct relay_job){.is_used = true, .changes = unused->changes + 1, .begun_ms = now_ms};
    snprintf(unused->login, sizeof unused->login, "%s", login);
    return unused;
}

struct relay_job *
relay_job_of(struct relay *relay, const uint64_t *watched)
{
    for (size_t i = 0; i < RELAY_JOBS_MAX; i++)
        if (watched == &relay->jobs[i].changes)
            return &relay->jobs[i];
    return NULL;
}

void
relay_job_done(struct relay *relay, struct relay_job *job, int error)
{
    job->is_done = true;
    job->error = error;
    job->changes++;
    relay->changes++;
}

void
relay_job_free(struct relay_job *job)
{
    *job = (struct relay_job){.changes = job->changes + 1};
}

/* Letters and digits that a phone's camera and a person tell apart, all of them in the alphanumeric
 * mode of QR codes. */
static int
new_path(char ret_path[STORE_PATH_SIZE])
{
    static const char alphabet[32] = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ";
    unsigned char bytes[STORE_PATH_SIZE - 1];

    if (token_bytes(bytes, sizeof bytes) != 0)
        return IDQ_SYSTEM;
    for (size_t i = 0; i < sizeof bytes; i++)
        ret_path[i] = alphabet[bytes[i] % 32];
    ret_path[sizeof bytes] = '\0';
    return 0;
}

int
relay_add_login(struct relay *relay, struct store_login *login)
{
    bool is_done = false;

    if (login->id[0] == '\0' && token_uuid(login->id) != 0)
        return IDQ_SYSTEM;
    for (int i = 0; i < PATHS_MAX && !is_done; i++) {
        if (new_path(login->path) != 0)
            return IDQ_SYSTEM;
        if (store_login_add(relay->store, login, &is_done) != 0) {
            relay_log_store(relay);
            return IDQ_SYSTEM;
        }
    }
    if (!is_done) {
        relay_log(LOG_WARNING, "generate: desk=%s was revoked, or the id of the code is in use",
                  login->desk);
        return IDQ_BUSY;
    }
    relay->counts.codes++;
    relay_wake_at(relay, login->expires_ms);
    relay_wake_at(relay, relay->wall_ms + RELAY_LOOK_MS);
    return 0;
}

/* The codes that the QR backend is making. desk: "" for all desks. */
static unsigned
count_coming(const struct relay *relay, const char *desk)
{
    unsigned n = 0;

    for (size_t i = 0; i < RELAY_JOBS_MAX; i++) {
        const struct relay_job *job = &relay->jobs[i];
        if (job->is_used && !job->is_done && job->code.desk[0] &&
            (desk[0] == '\0' || strcmp(job->code.desk, desk) == 0))
            n++;
    }
    return n;
}

int
relay_check_limits(struct relay *relay, const char *desk, enum relay_limited what)
{
    const struct {
        const char *desk, *keyword;
        int most;
    } limits[] = {{desk, "codes_per_desk", relay->config->codes_per_desk},
                  {"", "codes_in_all", relay->config->codes_in_all}};

    for (size_t i = 0; i < ARRAY_LENGTH(limits); i++) {
        struct store_count n = {.logins = 0};
        if (limits[i].most == 0)
            continue;
        if (store_login_count(relay->store, limits[i].desk, relay->wall_ms - RELAY_KEEP_MS, &n) !=
            0) {
            relay_log_store(relay);
            return IDQ_SYSTEM;
        }
        n.logins += count_coming(relay, limits[i].desk);
        if ((what == RELAY_CODES ? n.logins : n.trx) < (unsigned)limits[i].most)
            continue;
        relay->counts.refused[i]++;
        relay_log_rarely(relay, i ? RELAY_RARE_LIMIT : RELAY_RARE_DESK_LIMIT,
                         "limit: %s of %s is reached: %s", limits[i].keyword, desk,
                         what == RELAY_CODES ? "no code is made" : "no transaction is started");
        return IDQ_BUSY;
    }
    return 0;
}

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

void
relay_number(const struct relay *relay, const struct store_login *login,
             char ret_number[RELAY_NUMBER_SIZE])
{
    unsigned char mac[HMAC_SHA256_SIZE];
    char text[STORE_LOGIN_SIZE + STORE_TRX_SIZE + 20];
    uint64_t number = 0;
    int size = snprintf(text, sizeof text, "number %s %s", login->id, login->trx);

    hmac_sha256(secret_bytes(relay->map_key), secret_size(relay->map_key), text, (size_t)size, mac);
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
    char text[STORE_LOGIN_SIZE + STORE_TRX_SIZE + 20];
    int size = snprintf(text, sizeof text, "%s %s %s", label, trx->login, trx->id);

    hmac_sha256(secret_bytes(relay->map_key), secret_size(relay->map_key), text, (size_t)size, mac);
    (void)characters_write_base64url(mac, sizeof mac, ret_text);
    secret_wipe(mac, sizeof mac);
}

void
relay_hash(const char *text, char ret_hash[STORE_HASH_SIZE])
{
    unsigned char hash[EVP_MAX_MD_SIZE];
    unsigned size = 0;

    ret_hash[0] = '\0';
    if (EVP_Digest(text, strlen(text), hash, &size, EVP_sha256(), NULL) != 1)
        return; /* matches no hash in the store */
    characters_write_hex(hash, size, ret_hash);
}

void
relay_log(int priority, const char *format, ...)
{
    char line[1024];
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    characters_make_loggable(line);
    fprintf(stderr, "<%d>%s\n", priority, line);
}

void
relay_log_rarely(struct relay *relay, enum relay_rare kind, const char *format, ...)
{
    struct relay_rare_lines *lines = &relay->rare[kind];
    int64_t now_ms = server_now_ms();
    char line[1024], more[40] = "";
    va_list arguments;

    if (lines->next_ms > now_ms) {
        lines->n_left_out++;
        return;
    }
    if (lines->n_left_out > 0)
        snprintf(more, sizeof more, " (%u such lines were left out)", lines->n_left_out);
    *lines = (struct relay_rare_lines){.next_ms = now_ms + RARE_MS};
    va_start(arguments, format);
    (void)vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    relay_log(LOG_WARNING, "%s%s", line, more);
}

void
relay_log_store(struct relay *relay)
{
    relay_log_rarely(relay, RELAY_RARE_STORE, "store: %s", store_error(relay->store));
}

/* The words of the desk's record (pam_idinqr(8)). */
static enum idq_error
outcome_of(enum store_state state)
{
    switch (state) {
    case STORE_TAKEN:
        return IDQ_OK;
    case STORE_CANCELLED:
        return IDQ_CANCELLED;
    case STORE_REFUSED:
    case STORE_DENIED:
        return IDQ_REFUSED;
    case STORE_WRONG:
        return IDQ_WRONG_NUMBER;
    case STORE_EXPIRED:
        return IDQ_EXPIRED;
    case STORE_REVOKED:
        return IDQ_MERCHANT;
    default:
        return IDQ_BANK_FAILED;
    }
}

const char *
relay_outcome(enum store_state state)
{
    return error_word(outcome_of(state));
}

/* Perhaps no relay ran then. */
static int64_t
end_ms_of(const struct relay *relay, const struct store_login *login)
{
    return login->state == STORE_EXPIRED ? login->expires_ms : relay->wall_ms;
}

/* Logs the end of a login, with the fields of the desk's record that the relay knows. */
static void
log_end(const struct relay *relay, const struct store_login *login)
{
    char station[STORE_LABEL_SIZE], service[STORE_LABEL_SIZE], account[STORE_LABEL_SIZE];

    snprintf(station, sizeof station, "%s", login->station);
    snprintf(service, sizeof service, "%s", login->service);
    snprintf(account, sizeof account, "%s", login->account);
    characters_make_value(station, true);
    characters_make_value(service, false);
    characters_make_value(account, false); /* as a person typed it */
    relay_log(login->state == STORE_TAKEN ? LOG_INFO : LOG_NOTICE,
              "outcome=%s login=%s desk=%s station=\"%s\" service=%s account=%s transaction=%s "
              "issuer=%s duration=%.1fs%s",
              relay_outcome(login->state), login->id, login->desk, station, service, account,
              login->trx, login->issuer,
              (double)(end_ms_of(relay, login) - login->created_ms) / 1000.0,
              login->state == STORE_DENIED ? " detail=\"this was not me\"" : "");
}

bool
relay_log_ends(struct relay *relay)
{
    struct store_login logins[ENDS_AT_ONCE];
    size_t n = 0;

    do {
        if (store_login_ended(relay->store, ENDS_AT_ONCE, logins, &n) != 0) {
            relay_log(LOG_ERR, "store: %s", store_error(relay->store));
            return false;
        }
        for (size_t i = 0; i < n; i++) {
            log_end(relay, &logins[i]);
            relay->counts.ends[logins[i].state]++;
            if (store_outcome_add(relay->store, logins[i].state, end_ms_of(relay, &logins[i])) != 0)
                relay_log(LOG_ERR, "store: %s", store_error(relay->store));
            relay_changed(relay, logins[i].id);
        }
    } while (n == ENDS_AT_ONCE);
    return true;
}
