/* The provider idin-qr: Generate and picture at the QR backend, status and cancel at the merchant's
 * own endpoint. Run by the agent, with its user's rights, on what both of them answer: an answer
 * without a right signature may delay a login or end it, and never do anything else. */
#include "pam_idinqr/agent/provider.h"

#include "pam_idinqr/common/clock.h"
#include "pam_idinqr/agent/idin_qr_messages.h"
#include "pam_idinqr/agent/matrix.h"
#include "pam_idinqr/agent/picture.h"
#include "pam_idinqr/agent/signature.h"
#include "pam_idinqr/common/error.h"
#include "pam_idinqr/common/https_url.h"

#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <time.h>

#define ANSWER_MAX        (64 * 1024)   /* bytes of JSON */
#define PICTURE_MAX       (1024 * 1024) /* bytes of PNG */
#define REQUEST_MS        10000         /* for an answer that nobody holds back */
#define LIFETIME_LEAST_S  60
#define LIFETIME_MOST_S   900 /* use case 01 allows no more */
#define CLOCK_TOLERANCE_S 30
#define BUSY_MOST_MS      10000 /* that a person waits for a code which the backend puts off */

struct idin_qr {
    const struct provider_context *context;
    struct secret *key;
    char qr_id[QR_ID_MAX + 1]; /* "" as long as there is no code */
    int scanned;               /* told already */
    long logged_status;        /* the HTTP status that the log knows already */
};

static const char *
setting(const struct idin_qr *state, const char *keyword)
{
    return start_setting(state->context->start, keyword);
}

/* A number that the configuration has checked. */
static int
setting_number(const struct idin_qr *state, const char *keyword)
{
    return atoi(setting(state, keyword));
}

static int
least(int a, int b)
{
    return a < b ? a : b;
}

/* What an HTTP status means, before anything else of the answer is believed. */
static int
check_http_status(struct idin_qr *state, const char *what, long status)
{
    if (status != 200 && status != state->logged_status)
        link_log(state->context->link, LOG_WARNING, "%s: HTTP status %ld", what, status);
    state->logged_status = status;
    return status == 200 ? 0 : provider_http_error(status);
}

static int
check_signature(struct idin_qr *state, const char *what, const struct response *response)
{
    int error = signature_check(state->key, response->body, response->body_size,
                                response->signature, response->signature_count);

    if (error)
        link_log(state->context->link, LOG_WARNING, "%s: %s " SIGNATURE_HEADER, what,
                 response->signature_count == 0   ? "no"
                 : response->signature_count == 1 ? "a wrong"
                                                  : "more than one");
    return error;
}

/* One question in JSON, up to an answer that may be parsed: status, signature, type, in this order.
 */
static int
ask(struct idin_qr *state, const char *what, const char *url, struct secret *body, int timeout_ms,
    struct response *ret_response)
{
    struct request request = {
        .url = url,
        .content_type = "application/json",
        .accept = "application/json",
        .signature_name = SIGNATURE_HEADER,
        .max_size = ANSWER_MAX,
        .timeout_ms = timeout_ms,
    };
    int error;

    if (!body)
        return IDQ_SYSTEM;
    request.body = secret_bytes(body);
    request.body_size = secret_size(body);
    error = transport_request(state->context->transport, &request, ret_response);
    if (!error)
        error = check_http_status(state, what, ret_response->status);
    if (!error)
        error = check_signature(state, what, ret_response);
    if (!error && strcmp(ret_response->content_type, "application/json") != 0) {
        link_log(state->context->link, LOG_WARNING, "%s: an answer that is not JSON", what);
        error = IDQ_REPLY;
    }
    return error;
}

/* A code's expiration is in UTC: a clock that is wrong is the usual reason for codes that die
 * young. */
static void
compare_clocks(struct idin_qr *state, const struct response *response)
{
    long ahead_s = response->clock_ahead_s;

    if (ahead_s > CLOCK_TOLERANCE_S || ahead_s < -CLOCK_TOLERANCE_S)
        link_log(state->context->link, LOG_WARNING, "this machine's clock is %ld seconds %s",
                 ahead_s > 0 ? ahead_s : -ahead_s,
                 ahead_s > 0 ? "ahead of the QR backend's" : "behind the QR backend's");
}

/* Whether our clock is why the backend refused: by its own, the expiration has passed, or is
 * further away than the protocol allows. */
static int
is_clocks_fault(const struct response *response, uint32_t lifetime_s)
{
    long left_s = response->clock_ahead_s + (long)lifetime_s;

    return response->status >= 400 && response->status <= 499 &&
           (left_s <= 0 || left_s > LIFETIME_MOST_S);
}

/* *ret_retry_after_s is what the answer said about the next time, or -1. */
static int
generate(struct idin_qr *state, uint32_t lifetime_s, struct generate_answer *ret_answer,
         long *ret_retry_after_s)
{
    const struct provider_context *context = state->context;
    struct generate_request request = {
        .merchant_token = setting(state, "merchant_token"),
        .merchant_sub_id = setting_number(state, "merchant_sub_id"),
        .expiration = time(NULL) + (time_t)lifetime_s,
    };
    SECRET_AUTO *body = idin_qr_write_generate(&request);
    RESPONSE_AUTO response = {0};
    int error = ask(state, "generate", setting(state, "qr_backend_url"), body,
                    least(REQUEST_MS, clock_left_ms(context->deadline_ms)), &response);

    *ret_retry_after_s = response.body ? response.retry_after_s : -1;
    compare_clocks(state, &response); /* also of a refusal, which it may explain */
    if (error == IDQ_REPLY && is_clocks_fault(&response, lifetime_s))
        return IDQ_CLOCK;
    if (error)
        return error;
    error = idin_qr_read_generate(response.body, response.body_size, ret_answer);
    if (error)
        link_log(context->link, LOG_WARNING, "generate: an answer without qr_id and qr_url");
    return error;
}

/* Asks for a code, and again where the backend asks for a little patience. */
static int
generate_patiently(struct idin_qr *state, uint32_t lifetime_s, struct generate_answer *ret_answer)
{
    struct link *link = state->context->link;
    int64_t until_ms = clock_ms() + BUSY_MOST_MS;

    if (until_ms > state->context->deadline_ms)
        until_ms = state->context->deadline_ms;
    for (;;) {
        long retry_after_s;
        int error = generate(state, lifetime_s, ret_answer, &retry_after_s);
        if (error != IDQ_BUSY || retry_after_s < 0)
            return error;
        retry_after_s = retry_after_s > 0 ? retry_after_s : 1;
        if (retry_after_s > clock_left_ms(until_ms) / 1000)
            return error;
        if (link_wait(link, (int)retry_after_s * 1000))
            return IDQ_CANCELLED;
    }
}

/* Where a code, or its picture, leads. `may_be_backend`: the QR backend's own host will do as well.
 */
static int
check_host(struct idin_qr *state, const char *what, const char *text, int may_be_backend)
{
    struct https_url url;

    if (https_url_parse(text, strlen(text), &url)) {
        link_log(state->context->link, LOG_WARNING, "%s: not an https URL", what);
        return IDQ_HOST;
    }
    if (https_url_is_allowed(&url, setting(state, "qr_hosts")) ||
        (may_be_backend && https_url_is_at(&url, setting(state, "qr_backend_url"))))
        return 0;
    link_log(state->context->link, LOG_WARNING, "%s: %s, port %u, is not in qr_hosts", what,
             url.host, url.port);
    return IDQ_HOST;
}

/* Fetches the picture and reads its code. Never built from qr_id instead: what the code says is the
 * backend's to decide. */
static int
read_picture(struct idin_qr *state, const char *qr_url, char *ret_payload, size_t capacity)
{
    const struct provider_context *context = state->context;
    struct request request = {
        .url = qr_url,
        .accept = "image/png",
        .signature_name = SIGNATURE_HEADER,
        .max_size = PICTURE_MAX,
        .timeout_ms = least(REQUEST_MS, clock_left_ms(context->deadline_ms)),
    };
    RESPONSE_AUTO response = {0};
    int error = check_host(state, "picture", qr_url, 1);

    if (!error)
        error = transport_request(context->transport, &request, &response);
    if (!error) {
        error = check_http_status(state, "picture", response.status);
        if (error == IDQ_MERCHANT || error == IDQ_REPLY)
            error = IDQ_PICTURE; /* no credentials were shown for it */
    }
    /* Pictures are served by whatever serves files, and the signed qr_url vouches for them. One
     * that is signed all the same has to be signed rightly. */
    if (!error && response.signature_count > 0)
        error = check_signature(state, "picture", &response);
    if (error)
        return error;
    error = strcmp(response.content_type, "image/png") == 0
                ? picture_read(response.body, response.body_size, ret_payload, capacity)
                : IDQ_PICTURE;
    if (error)
        link_log(context->link, LOG_WARNING, "picture: not a PNG with one QR code");
    return error ? error : check_host(state, "code", ret_payload, 0);
}

static int
interval_ms(const struct idin_qr *state)
{
    return setting_number(state, "poll_interval") * 1000;
}

static int
idin_qr_start(const struct provider_context *context, void **ret_state, struct qr_message *ret_qr,
              int *ret_next_ms)
{
    struct idin_qr *state = calloc(1, sizeof *state);
    struct generate_answer answer;
    uint32_t lifetime_s = context->start->timeout_ms / 1000;
    int error;

    *ret_state = state;
    if (!state)
        return IDQ_SYSTEM;
    state->context = context;
    lifetime_s = lifetime_s < LIFETIME_LEAST_S ? LIFETIME_LEAST_S : lifetime_s;
    lifetime_s = lifetime_s > LIFETIME_MOST_S ? LIFETIME_MOST_S : lifetime_s;
    error = signature_read_key(setting(state, "signing_key"),
                               setting(state, "signing_key_encoding"), &state->key);
    if (error) {
        link_log(context->link, LOG_ERR, "signing_key cannot be used as its encoding says");
        return error;
    }
    error = generate_patiently(state, lifetime_s, &answer);
    if (error)
        return error;
    strcpy(state->qr_id, answer.qr_id);
    memset(ret_qr, 0, sizeof *ret_qr);
    ret_qr->lifetime_s = lifetime_s;
    error = read_picture(state, answer.qr_url, ret_qr->payload, sizeof ret_qr->payload);
    /* A backend that holds the answer may do so from the first moment on. */
    *ret_next_ms = setting_number(state, "long_poll") > 0
                       ? 0
                       : provider_next_ms(context, interval_ms(state), -1);
    return error ? error : matrix_make(ret_qr);
}

static int
idin_qr_poll(void *opaque, struct provider_status *ret_status)
{
    struct idin_qr *state = opaque;
    int64_t asked_ms = clock_ms();
    int left_ms = clock_left_ms(state->context->deadline_ms);
    int wait_s = least(setting_number(state, "long_poll"), left_ms / 1000);
    /* A backend that holds the answer needs the usual time on top of the holding. */
    int timeout_ms = least(wait_s * 1000 + REQUEST_MS, left_ms > 0 ? left_ms : 1);
    SECRET_AUTO *body =
        idin_qr_write_status(setting(state, "merchant_token"), state->qr_id, wait_s);
    RESPONSE_AUTO response = {0};
    long in_header_s, in_body_s = -1;
    int error;

    memset(ret_status, 0, sizeof *ret_status);
    error = ask(state, "status", setting(state, "status_url"), body, timeout_ms, &response);
    in_header_s = response.body ? response.retry_after_s : -1;
    if (!error) {
        error = idin_qr_read_status(response.body, response.body_size, state->qr_id, ret_status,
                                    &in_body_s);
        if (error)
            link_log(state->context->link, LOG_WARNING, "status: %s", error_text(error));
    }
    if (!error && ret_status->state == PROVIDER_SCANNED && !state->scanned) {
        state->scanned = 1;
        return 0; /* something moved: the next look may be at once */
    }
    if (!error && ret_status->state == PROVIDER_OPEN && state->scanned)
        ret_status->state = PROVIDER_SCANNED;
    /* From question to question: that holds for a backend that knows nothing of `wait`, and costs
     * one that held the answer no delay. */
    ret_status->next_ms =
        provider_next_ms(state->context, asked_ms + interval_ms(state) - clock_ms(),
                         in_body_s > in_header_s ? in_body_s : in_header_s);
    return error;
}

static void
idin_qr_cancel(void *opaque, int timeout_ms)
{
    struct idin_qr *state = opaque;
    const char *url = state ? setting(state, "cancel_url") : "";
    RESPONSE_AUTO response = {0};

    if (url[0] == '\0' || state->qr_id[0] == '\0')
        return;
    SECRET_AUTO *body = idin_qr_write_cancel(setting(state, "merchant_token"), state->qr_id);
    if (!body)
        return;
    const struct request request = {
        .url = url,
        .body = secret_bytes(body),
        .body_size = secret_size(body),
        .content_type = "application/json",
        .accept = "application/json",
        .max_size = ANSWER_MAX,
        .timeout_ms = timeout_ms,
        .uncancelled = 1,
    };
    /* Whatever comes of it: the code also ends by itself, at its expiration. */
    (void)transport_request(state->context->transport, &request, &response);
}

static void
idin_qr_end(void **opaque)
{
    struct idin_qr *state = *opaque;

    if (state)
        secret_free(&state->key);
    provider_free(opaque, sizeof *state);
}

const struct provider provider_idin_qr = {
    .name = "idin-qr",
    .start = idin_qr_start,
    .poll = idin_qr_poll,
    .cancel = idin_qr_cancel,
    .end = idin_qr_end,
};
