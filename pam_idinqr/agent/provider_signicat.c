/* SPDX-License-Identifier: BSD-3-Clause */
/* The provider signicat: creates a session at Signicat's Authentication REST API, whose link is the
 * code, and polls it until iDIN has identified a person. The agent runs this, with its user's
 * rights, on Signicat's answers. TLS verifies Signicat. All else is untrusted. */
#include "pam_idinqr/common/array.h"
#include "pam_idinqr/agent/backend.h"
#include "pam_idinqr/agent/encoding.h"
#include "pam_idinqr/agent/signicat_messages.h"
#include "pam_idinqr/common/clock.h"
#include "pam_idinqr/common/error.h"
#include "pam_idinqr/common/https_url.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#define LIFETIME_LEAST_S 300   /* Signicat accepts less too */
#define TOKEN_MARGIN_MS  10000 /* before its end, so that it is valid when the request arrives */
#define FINISH_MS        700   /* to finish creating a session when the login ends */
#define QUICK_MS         1000  /* between polls while the person is likely to approve */
#define QUICK_FOR_MS     60000
#define SLOWEST_MS       60000
#define BUSY_MOST        4 /* doublings of the interval */

struct signicat {
    struct backend backend;
    const struct signicat_settings *settings;
    struct signicat_terms terms;  /* of our session; its id is "" until there is one */
    struct secret *authorization; /* NULL: no token, or a rejected one */
    int64_t authorization_ends_ms;
    int64_t scanned_ms; /* 0: not yet */
    int n_busy;         /* how often Signicat has rate-limited us */
};

static int
least(int a, int b)
{
    return a < b ? a : b;
}

/* The timeout of a request, and whether it continues after the module has closed. */
struct budget {
    int64_t deadline_ms;
    bool uncancelled;
};

static struct budget
budget_of_login(const struct signicat *state)
{
    return (struct budget){.deadline_ms = state->backend.context->deadline_ms};
}

/* Sends one request within the budget's time. Returns 0 with any HTTP status. */
static int
request_within(const struct signicat *state, const struct budget *budget,
               struct fetch_request *request, struct fetch_response *ret_response)
{
    request->accept = "application/json";
    request->max_size = BACKEND_ANSWER_MAX;
    request->timeout_ms = backend_request_ms(budget->deadline_ms);
    if (request->timeout_ms > 0)
        request->timeout_ms += request->grace_ms;
    request->uncancelled = budget->uncancelled;
    return fetch_request(state->backend.context->fetch, request, ret_response);
}

/* Returns whether there is a body to parse. */
static int
check_answer(struct signicat *state, const char *what, const struct fetch_response *response)
{
    /* Created: the status of a new session, as good as 200. */
    long status = response->status == 201 ? 200 : response->status;
    char trouble[SIGNICAT_TROUBLE_SIZE] = "";
    int error;

    if (status != 200)
        signicat_read_trouble(response->body, response->body_size, trouble);
    error = backend_check_status(&state->backend, what, status, trouble);
    return error ? error : backend_check_json(&state->backend, what, response);
}

/* Makes sure that there is a token. If that failed, ret_response is the token endpoint's, for its
 * Retry-After. Otherwise it is empty. */
static int
authorize(struct signicat *state, const struct budget *budget, struct fetch_response *ret_response)
{
    static const struct http_form_field fields[] = {{"grant_type", "client_credentials"},
                                                    {"scope", "signicat-api"}};
    SECRET_AUTO *form = NULL, *basic = NULL;
    struct fetch_request request = {.url = state->settings->token_url,
                                    .content_type = "application/x-www-form-urlencoded"};
    int64_t asked_ms = clock_ms();
    long lifetime_s;
    int error;

    if (state->authorization && asked_ms < state->authorization_ends_ms)
        return 0;
    secret_free(&state->authorization);
    form = http_form_write(fields, ARRAY_LENGTH(fields));
    basic = http_form_basic(state->settings->client_id, state->settings->client_secret);
    if (!form || !basic)
        return IDQ_SYSTEM;
    request.body = secret_bytes(form);
    request.body_size = secret_size(form);
    request.authorization = secret_bytes(basic);
    error = request_within(state, budget, &request, ret_response);
    if (!error)
        error = check_answer(state, "token", ret_response);
    if (ret_response->status == 400)
        error = IDQ_MERCHANT; /* RFC 6749 5.2: an unknown client, or one without this right */
    if (error)
        return error;
    error = signicat_read_token(ret_response->body, ret_response->body_size, &state->authorization,
                                &lifetime_s);
    response_free(ret_response);
    if (error) {
        wire_log(state->backend.context->wire, LOG_WARNING,
                 "token: an answer without a usable token");
        return error;
    }
    state->authorization_ends_ms =
        lifetime_s < 0 ? INT64_MAX : asked_ms + (int64_t)lifetime_s * 1000 - TOKEN_MARGIN_MS;
    return 0;
}

/* Sends one API request. Returns 0 with an answer of any HTTP status. Renews a rejected token once,
 * because Signicat may have withdrawn it early. */
static int
ask(struct signicat *state, const struct budget *budget, struct fetch_request *request,
    struct fetch_response *ret_response)
{
    for (int attempt = 0;; attempt++) {
        int error = authorize(state, budget, ret_response);
        if (error)
            return error;
        request->authorization = secret_bytes(state->authorization);
        error = request_within(state, budget, request, ret_response);
        if (error || ret_response->status != 401 || attempt > 0)
            return error;
        secret_free(&state->authorization);
        response_free(ret_response);
    }
}

/* Builds api_url/sessions, with the id of our session, if there is one, and `action` ("/cancel").
 * Returns 0, or IDQ_CONFIG if the URL is invalid. */
static int
write_url(const struct signicat *state, const char *action, char ret_url[HTTPS_URL_MAX + 1])
{
    const char *api_url = state->settings->api_url, *account_id = state->settings->account_id;
    const struct http_form_field account = {"signicat-accountId", account_id};
    SECRET_AUTO *query = http_form_write(&account, account_id[0] ? 1 : 0);
    size_t length = strlen(api_url);
    int size;

    if (!query)
        return IDQ_SYSTEM;
    while (length > 0 && api_url[length - 1] == '/')
        length--;
    size = snprintf(ret_url, HTTPS_URL_MAX + 1, "%.*s/sessions%s%s%s%s%s", (int)length, api_url,
                    state->terms.id[0] ? "/" : "", state->terms.id, action,
                    account_id[0] ? "?" : "", secret_bytes(query));
    if (size <= HTTPS_URL_MAX && !strpbrk(api_url, "?#"))
        return 0;
    wire_log(state->backend.context->wire, LOG_ERR, "api_url is too long, or has a query");
    return IDQ_CONFIG;
}

/* *ret_retry_after_s is the answer's time until a retry, or -1. */
static int
create(struct signicat *state, long lifetime_s, char ret_link[PAYLOAD_MAX + 1],
       long *ret_retry_after_s)
{
    const struct signicat_request session = {
        .callback_url = state->settings->callback_url,
        .requested_loa = state->settings->requested_loa,
        .request_domain = state->settings->request_domain,
        .language = state->backend.context->start->language,
        .reference = state->terms.reference,
        .lifetime_s = lifetime_s,
    };
    const struct budget budget = budget_of_login(state);
    SECRET_AUTO *body = signicat_write_session(&session);
    RESPONSE_AUTO response = {0};
    char url[HTTPS_URL_MAX + 1];
    /* An interrupted request would leave a session without a known id. So it is finished, and the
     * rest of PROVIDER_CANCEL_MS is for the cancel. */
    struct fetch_request request = {
        .url = url, .content_type = "application/json", .grace_ms = FINISH_MS};
    int error = body ? write_url(state, "", url) : IDQ_SYSTEM;

    *ret_retry_after_s = -1;
    if (error)
        return error;
    request.body = secret_bytes(body);
    request.body_size = secret_size(body);
    error = ask(state, &budget, &request, &response);
    if (!error)
        error = check_answer(state, "session", &response);
    if (response.body)
        *ret_retry_after_s = response.retry_after_s;
    if (error)
        return error;
    error = signicat_read_created(response.body, response.body_size, &state->terms, ret_link);
    if (error)
        wire_log(state->backend.context->wire, LOG_WARNING, "session: %s", error_text(error));
    return error;
}

/* Requests a session, and retries if Signicat asks for a short wait. */
static int
create_patiently(struct signicat *state, long lifetime_s, char ret_link[PAYLOAD_MAX + 1])
{
    const int64_t until_ms = backend_patience_ms(&state->backend);
    long retry_after_s;
    int error;

    do
        error = create(state, lifetime_s, ret_link, &retry_after_s);
    while (backend_retries(&state->backend, until_ms, retry_after_s, &error));
    return error;
}

/* Returns poll_interval, because Signicat documents no rate. The interval is shorter for a while
 * after the scan, when the answer is near and the person watches. It grows after each rate limit.
 */
static int
interval_ms(const struct signicat *state)
{
    int usual_ms = state->backend.context->settings->poll_interval_s * 1000;

    if (state->n_busy > 0)
        return least(usual_ms << state->n_busy, SLOWEST_MS);
    if (state->scanned_ms && clock_ms() - state->scanned_ms < QUICK_FOR_MS)
        return least(usual_ms, QUICK_MS);
    return usual_ms;
}

static int
signicat_start(const struct provider_context *context, void **ret_state, struct qr_message *ret_qr,
               int *ret_next_ms)
{
    struct signicat *state = calloc(1, sizeof *state);
    uint32_t lifetime_s = ((uint32_t)clock_left_ms(context->deadline_ms) + 999) / 1000;
    int error;

    *ret_state = state;
    if (!state)
        return IDQ_SYSTEM;
    state->backend.context = context;
    state->settings = &context->settings->signicat;
    state->terms.requested_loa = state->settings->requested_loa;
    /* Ties the session to this login. It is unpredictable, so no other session has it. */
    error = backend_make_nonce(state->terms.reference);
    if (error)
        return error;
    memset(ret_qr, 0, sizeof *ret_qr);
    ret_qr->lifetime_s = lifetime_s < LIFETIME_LEAST_S ? LIFETIME_LEAST_S : lifetime_s;
    error = create_patiently(state, (long)ret_qr->lifetime_s, ret_qr->payload);
    if (!error)
        error = backend_check_host(&state->backend, "authenticationUrl", ret_qr->payload, NULL);
    *ret_next_ms = backend_next_ms(&state->backend, interval_ms(state), -1);
    return error;
}

static int
signicat_poll(void *opaque, struct provider_status *ret_status)
{
    struct signicat *state = opaque;
    const struct budget budget = budget_of_login(state);
    RESPONSE_AUTO response = {0};
    char url[HTTPS_URL_MAX + 1], trouble[SIGNICAT_TROUBLE_SIZE];
    struct fetch_request request = {.url = url};
    int64_t asked_ms = clock_ms();
    int error = write_url(state, "", url);

    memset(ret_status, 0, sizeof *ret_status);
    if (!error)
        error = ask(state, &budget, &request, &response);
    if (!error)
        error = check_answer(state, "session", &response);
    if (error == IDQ_BUSY && state->n_busy < BUSY_MOST)
        state->n_busy++;
    if (!error) {
        error = signicat_read_session(response.body, response.body_size, &state->terms, ret_status,
                                      trouble);
        if (error || trouble[0])
            wire_log(state->backend.context->wire, LOG_WARNING, "session: %s",
                     trouble[0] ? trouble : error_text(error));
    }
    if (!error && ret_status->state == PROVIDER_SCANNED && !state->scanned_ms)
        state->scanned_ms = clock_ms();
    ret_status->next_ms =
        backend_next_ms(&state->backend, asked_ms + interval_ms(state) - clock_ms(),
                        response.body ? response.retry_after_s : -1);
    return error;
}

static void
signicat_cancel(void *opaque, int timeout_ms)
{
    struct signicat *state = opaque;
    const struct budget budget = {.deadline_ms = clock_ms() + timeout_ms, .uncancelled = true};
    RESPONSE_AUTO response = {0};
    char url[HTTPS_URL_MAX + 1];
    struct fetch_request request = {.url = url, .body = "", .content_type = "application/json"};

    if (!state || !state->terms.id[0] || write_url(state, "/cancel", url))
        return;
    /* The result has no effect: the session also ends by itself. */
    (void)ask(state, &budget, &request, &response);
}

static void
signicat_end(void **opaque)
{
    struct signicat *state = *opaque;

    if (state)
        secret_free(&state->authorization);
    provider_free(opaque, sizeof *state);
}

const struct provider provider_signicat = {
    .name = "signicat",
    .start = signicat_start,
    .poll = signicat_poll,
    .cancel = signicat_cancel,
    .end = signicat_end,
};
