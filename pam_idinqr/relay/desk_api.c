/* SPDX-License-Identifier: BSD-3-Clause */
/* The relay runs this on requests of desks: the QR backend and the status endpoint of provider
 * idin-qr with relay = yes, as idinqr.conf(5) describes them. A desk proves itself by its token,
 * and sees its own logins alone. */
#include "pam_idinqr/relay/relay.h"

#include "pam_idinqr/common/error.h"
#include "pam_idinqr/common/secret.h"
#include "pam_idinqr/common/text.h"
#include "pam_idinqr/relay/qr_backend.h"
#include "pam_idinqr/relay/relay_keys.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>

#define LIFETIME_MAX_MS ((int64_t)15 * 60 * 1000)
#define HOLD_MS         9000 /* for the QR backend */
#define SIZE_MIN_PX     400  /* of the picture of a code */
#define SIZE_MAX_PX     2000
#define WAIT_MAX_S      60
#define CONTACT_MS      60000
#define CONTACTS_MAX    10 /* in a second */
#define VERSION_LETTERS "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz.+~-"
#define NONCE_DIGITS    (STORE_NONCE_SIZE - 1)
#define NUMBER_DIGITS   (RELAY_NUMBER_SIZE - 1)

struct desk_request {
    json_t *root; /* the texts below are its */
    struct store_desk desk;
};

static void
free_request(struct desk_request *request)
{
    json_decref(request->root);
}

#define DESK_REQUEST_AUTO __attribute__((cleanup(free_request))) struct desk_request

/* Takes over `root`, and replies with it, signed. */
static int
reply_json(const struct relay *relay, struct http_reply *reply, unsigned status, json_t *root)
{
    char signature[RELAY_SIGNATURE_SIZE];
    int error = json_reply(reply, status, JSON_TYPE, root);

    if (error == 0)
        error = relay_keys_sign(relay, reply->body, reply->body_size, signature);
    return error ? error : http_reply_header(reply, "x-idin-qr-hash", signature);
}

static int
reply_error(const struct relay *relay, struct http_reply *reply, unsigned status, const char *field,
            const char *why)
{
    return reply_json(relay, reply, status,
                      json_pack("{s:s, s:s}", "field", field, "message", why));
}

static int
reply_store_failed(struct relay *relay, struct http_reply *reply)
{
    (void)relay_store_failed(relay);
    return reply_error(relay, reply, 503, "body", "the relay cannot use its database");
}

static const char *
text_of(const struct desk_request *request, const char *name)
{
    const char *text = json_string_value(json_object_get(request->root, name));

    return text ? text : "";
}

/* For `status`. At most once a minute for a desk, and not too often for all of them: each is a
 * write to the disk. An error does not matter to the desk. */
static void
note_contact(struct relay *relay, const struct store_desk *desk, const char *user_agent)
{
    static const char agent[] = "pam_idinqr/";
    int64_t now_ms = relay->wall_ms;
    char version[STORE_VERSION_SIZE] = "";
    bool is_done;

    if (now_ms >= desk->seen_ms && now_ms - desk->seen_ms < CONTACT_MS)
        return;
    if (now_ms < relay->contacts_ms || now_ms - relay->contacts_ms >= 1000) {
        relay->contacts_ms = now_ms;
        relay->n_contacts = 0;
    }
    if (relay->n_contacts >= CONTACTS_MAX)
        return;
    relay->n_contacts++;
    if (strncmp(user_agent, agent, strlen(agent)) != 0 ||
        copy_text(version, sizeof version, user_agent + strlen(agent)) != 0 ||
        version[strspn(version, VERSION_LETTERS)] != '\0')
        version[0] = '\0';
    if (store_desk_seen(relay->store, desk->name, version, now_ms, &is_done) != 0)
        (void)relay_store_failed(relay);
}

/* Reads a request, and finds its desk. Returns 1, or what was replied. */
static int
admit(struct relay *relay, const struct http_request *http, struct desk_request *ret_request,
      struct http_reply *reply)
{
    char hash[STORE_HASH_SIZE];
    bool is_found = false;

    *ret_request = (struct desk_request){.root = NULL};
    if (!http_content_type_is(http->content_type, JSON_TYPE))
        return reply_error(relay, reply, 415, "content-type", "must be application/json");
    ret_request->root = json_loadb(http->body, http->body_size, JSON_REJECT_DUPLICATES, NULL);
    if (!json_is_object(ret_request->root))
        return reply_error(relay, reply, 400, "body", "must be a JSON object");
    relay_hash(text_of(ret_request, "merchant_token"), hash);
    if (hash[0] != '\0' && store_desk_find(relay->store, hash, &ret_request->desk, &is_found) != 0)
        return reply_store_failed(relay, reply);
    if (is_found)
        note_contact(relay, &ret_request->desk, http->user_agent);
    return is_found ? 1 : reply_error(relay, reply, 401, "merchant_token", "is not known");
}

/* --- generate --------------------------------------------------------------------------------- */

/* A label for the phone's page. Returns 0, or -1 if it is no clean text or too long. */
static int
take_label(const struct desk_request *request, const char *name, char ret_label[STORE_LABEL_SIZE])
{
    const char *text = text_of(request, name);

    return characters_are_clean(text, strlen(text)) ? copy_text(ret_label, STORE_LABEL_SIZE, text)
                                                    : -1;
}

static bool
is_nonce(const char *text)
{
    return strlen(text) == NONCE_DIGITS && text[strspn(text, "0123456789abcdef")] == '\0';
}

/* Returns 1, or what was replied. */
static int
check_limits(struct relay *relay, const char *desk, struct http_reply *reply)
{
    int error = relay_check_limits(relay, desk, RELAY_CODE);

    if (error == 0)
        return 1;
    if (error == IDQ_SYSTEM)
        return reply_error(relay, reply, 503, "body", "the relay cannot use its database");
    if (http_reply_header(reply, "Retry-After", "60") < 0)
        return IDQ_SYSTEM;
    return reply_error(relay, reply, 429, "body", "too many codes in ten minutes");
}

/* The scheme and the host in upper case: a QR code needs fewer modules for them. */
static void
make_link(const struct relay *relay, const struct store_login *login, char *ret_link, size_t size)
{
    snprintf(ret_link, size, "%s/L/%s", relay->config->public_url, login->path);
    for (char *p = ret_link; *p; p++)
        if (*p >= 'a' && *p <= 'z')
            *p = (char)(*p - 'a' + 'A');
}

static int
reply_not_added(const struct relay *relay, struct http_reply *reply)
{
    return reply_error(relay, reply, 503, "body", "the relay cannot add the code: see its log");
}

/* Has the QR backend make the code. Returns TAKEN with its id and the address of its picture,
 * HTTP_HOLD, or what was replied. */
#define TAKEN 2
static int
take_code(struct relay *relay, struct http_request *http, const struct desk_request *request,
          struct store_login *login, char ret_url[RELAY_URL_SIZE], struct http_reply *reply)
{
    struct relay_job *job = relay_job_of(relay, http->watched);
    json_int_t size_px = json_integer_value(json_object_get(request->root, "size"));
    struct relay_job done;

    if (!job) {
        job = relay_job_begin(relay, "");
        if (size_px < SIZE_MIN_PX || size_px > SIZE_MAX_PX)
            size_px = SIZE_MIN_PX;
        if (job && qr_backend_generate(relay, login, (int)size_px, job) == 0) {
            http->hold_until_ms = http->now_ms + HOLD_MS;
            http->watched = &job->changes;
            return HTTP_HOLD;
        }
        if (job)
            relay_job_free(job);
        return reply_error(relay, reply, 503, "body", "the relay is busy");
    }
    if (!job->is_done) /* it ends later, and is swept */
        return reply_error(relay, reply, 504, "body", "the QR backend does not answer");
    done = *job;
    relay_job_free(job);
    if (done.error == IDQ_SYSTEM || done.error == IDQ_BUSY)
        return reply_not_added(relay, reply);
    if (done.error != 0)
        return reply_error(relay, reply, 502, "body", "the QR backend made no code");
    *login = done.code;
    memcpy(ret_url, done.url, sizeof done.url);
    return TAKEN;
}

int
desk_api_generate(struct relay *relay, struct http_request *http, struct http_reply *ret_reply)
{
    DESK_REQUEST_AUTO request;
    struct store_login login = {.created_ms = relay->wall_ms};
    int64_t expires_s;
    char link[RELAY_URL_SIZE];
    struct relay_watch *watch;
    int result = admit(relay, http, &request, ret_reply);

    if (result != 1)
        return result;
    if (json_read_time(text_of(&request, "expiration"), &expires_s) == 0)
        login.expires_ms = expires_s * 1000;
    if (login.expires_ms <= relay->wall_ms || login.expires_ms > relay->wall_ms + LIFETIME_MAX_MS)
        return reply_error(relay, ret_reply, 400, "expiration",
                           "must be YYYY-MM-DD HH:MM:SS in UTC, in the next 15 minutes");
    if (json_integer_value(json_object_get(request.root, "idin_service_id")) != IDX_BIN)
        return reply_error(relay, ret_reply, 400, "idin_service_id", "must be 16384");
    if (!is_nonce(text_of(&request, "nonce")))
        return reply_error(relay, ret_reply, 400, "nonce", "must be 32 lower-case hex digits");
    if (text_of(&request, "station")[0] == '\0' ||
        take_label(&request, "station", login.station) != 0 ||
        take_label(&request, "service", login.service) != 0 ||
        take_label(&request, "account", login.account) != 0)
        return reply_error(relay, ret_reply, 400, "station",
                           "station, service and account must be texts of at most 63 bytes: does "
                           "the desk have relay = yes?");
    snprintf(login.nonce, sizeof login.nonce, "%s", text_of(&request, "nonce"));
    snprintf(login.desk, sizeof login.desk, "%s", request.desk.name);
    if (relay_job_of(relay, http->watched))
        result = 1; /* it was counted when it was begun */
    else
        result = check_limits(relay, login.desk, ret_reply);
    if (result != 1)
        return result;
    if (relay->qr_backend) {
        result = take_code(relay, http, &request, &login, link, ret_reply);
        if (result != TAKEN)
            return result;
    } else if (relay_add_login(relay, &login) != 0) {
        return reply_not_added(relay, ret_reply);
    }
    watch = relay_watch(relay, &login);
    if (watch) {
        watch->was_told = true; /* that it is open: the desk's first question may wait for more */
        watch->told = STORE_OPEN;
    }
    if (!relay->qr_backend)
        make_link(relay, &login, link, sizeof link);
    /* The rest is from the request, so that the agent sees whose code this is. */
    return reply_json(relay, ret_reply, 200,
                      json_pack("{s:s, s:s, s:s, s:s, s:s, s:s*}", "qr_id", login.id,
                                relay->qr_backend ? "qr_url" : "qr_payload", link, "nonce",
                                login.nonce, "station", login.station, "service", login.service,
                                "account", login.account[0] ? login.account : NULL));
}

/* --- status ------------------------------------------------------------------------------------
 */

static const char *
word_of(enum store_state state)
{
    switch (state) {
    case STORE_OPEN:
        return "open";
    case STORE_PENDING:
        return "pending";
    case STORE_NUMBER:
        return "number";
    case STORE_SUCCESS:
        return "success";
    case STORE_CANCELLED:
    case STORE_DENIED:
    case STORE_REFUSED:
        return "cancelled";
    case STORE_FAILED:
        return "failure";
    case STORE_WRONG:
        return "wrong-number";
    default:
        return "expired"; /* STORE_TAKEN too: a success is given once */
    }
}

/* A login of this desk, and of this nonce: two processes of a desk may be at work for two logins,
 * and one of them an attacker's. `nonce`: NULL for any. Returns 1, or what was replied. */
static int
find_login(struct relay *relay, const struct desk_request *request, const char *nonce,
           struct store_login *ret_login, struct http_reply *reply)
{
    const char *id = text_of(request, "qr_id");
    bool is_found = false;

    if (strlen(id) == STORE_LOGIN_SIZE - 1 &&
        store_login_find(relay->store, id, request->desk.name, ret_login, &is_found) != 0)
        return reply_store_failed(relay, reply);
    is_found = is_found && (!nonce || strcmp(nonce, ret_login->nonce) == 0);
    return is_found ? 1 : reply_error(relay, reply, 404, "qr_id", "is not known");
}

static int
reply_status(struct relay *relay, const struct store_login *login, const char *nonce,
             struct http_reply *reply)
{
    json_t *root = json_pack("{s:s, s:s, s:i, s:s}", "qr_id", login->id, "status",
                             word_of(login->state), "scans", (int)login->n_trx, "nonce", nonce);
    int failed = !root;

    if (login->state == STORE_NUMBER)
        failed |= json_object_set_new(root, "tries_left", json_integer(login->tries_left));
    if (login->trx[0]) /* for the desk's record, of a failure too */
        failed |= json_object_set_new(root, "transaction_id", json_string(login->trx));
    if (login->state == STORE_SUCCESS) {
        failed |= json_object_set_new(root, "issuer_id", json_string(login->issuer));
        failed |= json_object_set_new(root, "loa", json_string(login->loa));
        failed |= json_object_set_new(root, "identity", json_string(login->hash));
    }
    if (failed) {
        json_decref(root);
        return IDQ_SYSTEM;
    }
    return reply_json(relay, reply, 200, root);
}

/* The number that the person typed at the desk. Returns 1, or what was replied. */
static int
take_number(struct relay *relay, const struct desk_request *request, struct store_login *login,
            struct http_reply *reply)
{
    const char *typed = text_of(request, "number");
    char number[RELAY_NUMBER_SIZE];
    bool is_done = false;

    if (typed[0] == '\0' || login->state != STORE_NUMBER)
        return 1;
    if (strlen(typed) != NUMBER_DIGITS || typed[strspn(typed, "0123456789")] != '\0')
        return reply_error(relay, reply, 400, "number", "must be 6 digits");
    relay_number(relay, login, number);
    if (store_login_number(relay->store, login->id,
                           secret_equal_bytes(typed, number, NUMBER_DIGITS), &is_done) != 0)
        return reply_store_failed(relay, reply);
    relay_changed(relay, login->id);
    (void)relay_log_ends(relay);
    return find_login(relay, request, NULL, login, reply);
}

/* Whether a desk that was told the state may go on waiting. */
static bool
has_no_news(const struct relay *relay, const struct http_request *http,
            const struct relay_watch *watch, const struct store_login *login, json_int_t wait_s)
{
    return wait_s > 0 && !relay->is_stopping && watch->was_told && watch->told == login->state &&
           login->state <= STORE_NUMBER &&
           (http->hold_until_ms == 0 || http->now_ms < http->hold_until_ms);
}

int
desk_api_status(struct relay *relay, struct http_request *http, struct http_reply *ret_reply)
{
    DESK_REQUEST_AUTO request;
    struct store_login login;
    struct relay_watch *watch;
    const char *nonce;
    json_int_t wait_s;
    bool is_done = false;
    int result = admit(relay, http, &request, ret_reply);

    nonce = text_of(&request, "nonce");
    if (result == 1)
        result = find_login(relay, &request, is_nonce(nonce) ? nonce : NULL, &login, ret_reply);
    if (result != 1)
        return result;
    wait_s = json_integer_value(json_object_get(request.root, "wait"));
    if (!is_nonce(nonce) || wait_s < 0 || wait_s > WAIT_MAX_S)
        return reply_error(relay, ret_reply, 400, "nonce",
                           "must be 32 lower-case hex digits, and wait at most 60");
    if (http->hold_until_ms == 0) /* a number counts once, however often the request is handled */
        result = take_number(relay, &request, &login, ret_reply);
    if (result != 1)
        return result;
    watch = relay_watch(relay, &login);
    if (watch && has_no_news(relay, http, watch, &login, wait_s)) {
        if (http->hold_until_ms == 0)
            http->hold_until_ms = http->now_ms + wait_s * 1000;
        http->watched = &watch->changes;
        return HTTP_HOLD;
    }
    if (watch) {
        watch->was_told = true;
        watch->told = login.state;
    }
    if (login.state == STORE_SUCCESS) {
        if (store_login_take(relay->store, login.id, login.desk, &login, &is_done) != 0)
            return reply_store_failed(relay, ret_reply);
        if (!is_done)
            login.state = STORE_TAKEN;
        (void)relay_log_ends(relay);
    }
    result = reply_status(relay, &login, nonce, ret_reply);
    secret_wipe(login.hash, sizeof login.hash);
    return result;
}

int
desk_api_cancel(struct relay *relay, struct http_request *http, struct http_reply *ret_reply)
{
    DESK_REQUEST_AUTO request;
    struct store_login login;
    bool is_done = false;
    int result = admit(relay, http, &request, ret_reply);

    if (result == 1)
        result = find_login(relay, &request, NULL, &login, ret_reply);
    if (result != 1)
        return result;
    if (store_login_end(relay->store, login.id, STORE_CANCELLED, &is_done) != 0)
        return reply_store_failed(relay, ret_reply);
    (void)relay_log_ends(relay);
    return reply_json(relay, ret_reply, 200, json_pack("{s:s}", "qr_id", login.id));
}
