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

#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <time.h>

#define PATHS_MAX   4           /* random links, of which one is unused */
#define JOB_KEEP_MS (60 * 1000) /* of one that is done, and whose phone has gone */

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
        if (store_login_add(relay->store, login, &is_done) != 0)
            return relay_store_failed(relay);
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
relay_check_limits(struct relay *relay, const char *desk, enum relay_cost what)
{
    const struct {
        const char *desk, *keyword;
        int most;
    } limits[RELAY_LIMITS] = {{desk, "codes_per_desk", relay->config->codes_per_desk},
                              {"", "codes_in_all", relay->config->codes_in_all}};

    for (size_t i = 0; i < RELAY_LIMITS; i++) {
        struct store_count n = {.logins = 0};
        if (limits[i].most == 0)
            continue;
        if (store_login_count(relay->store, limits[i].desk, relay->wall_ms - RELAY_KEEP_MS, &n) !=
            0)
            return relay_store_failed(relay);
        n.logins += count_coming(relay, limits[i].desk);
        if ((what == RELAY_CODE ? n.logins : n.trx) < (unsigned)limits[i].most)
            continue;
        relay->counts.refused[i]++;
        relay_log_rarely(relay, i ? RELAY_RARE_LIMIT : RELAY_RARE_DESK_LIMIT, LOG_WARNING,
                         "limit: %s of %s is reached: %s", limits[i].keyword, desk,
                         what == RELAY_CODE ? "no code is made" : "no transaction is started");
        return IDQ_BUSY;
    }
    return 0;
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
