/* SPDX-License-Identifier: BSD-3-Clause */
/* The relay runs this on requests of any phone. A page shows what a login opens, and sends the
 * phone to a bank. The page behind the bank shows a number, or ends the login. */
#include "pam_idinqr/relay/relay.h"

#include "pam_idinqr/common/error.h"
#include "pam_idinqr/common/secret.h"
#include "pam_idinqr/relay/phone_texts.h"

#include <stdio.h>
#include <string.h>
#include <syslog.h>

#define LOGIN_PATH "/L/"
#define HOLD_MS    15000 /* longer than the upstream's time-out */
#define QUERY_SIZE 400   /* trxid=…&ec=…& */

struct view {
    struct relay *relay;
    const struct http_request *request;
    struct http_reply *reply;
    enum page_language language;
    char query[QUERY_SIZE];
};

static struct view
view_of(struct relay *relay, const struct http_request *request, struct http_reply *reply)
{
    struct view view = {.relay = relay, .request = request, .reply = reply};

    if (language_find(request->language, &view.language) < 0)
        view.language = language_from_header(request->accept_language);
    return view;
}

static const char *
text(const struct view *view, enum phone_text which)
{
    return phone_text(view->language, which, view->relay->config->upstream == RELAY_OPENID);
}

static void
begin(const struct view *view, struct html *page, enum phone_text title)
{
    const struct relay_config *config = view->relay->config;
    char site[IDX_NAME_SIZE + 40];

    snprintf(site, sizeof site, "%s %s", text(view, PHONE_SITE),
             config->upstream == RELAY_OPENID ? config->openid.name : "iDIN");
    page_open(page, view->language, text(view, title), site, NULL, view->query);
}

static int
end(const struct view *view, struct html *page, unsigned status)
{
    page_end(page);
    return page_reply(view->reply, status, view->relay->style_hash, page);
}

/* Says one thing. `message` is the acquirer's, or "". `again` is where to try again, or NULL. */
static int
reply_notice(const struct view *view, unsigned status, enum phone_text title, enum phone_text lead,
             const char *message, const char *again)
{
    HTML_AUTO page = {.text = NULL};

    begin(view, &page, title);
    html_add(&page, "<div class=\"end\"><h1>%s</h1><p>%s</p>", text(view, title), text(view, lead));
    if (message[0])
        html_add(&page, "<p class=\"note\">%s</p>", message);
    if (again)
        html_add(&page, "<p><a class=\"button\" href=\"%s\">%s</a></p>", again,
                 text(view, PHONE_TRY_AGAIN));
    html_raw(&page, "</div>\n");
    return end(view, &page, status);
}

/* What will be opened, so that a person notices a code of another place. A desk may call its
 * station as it likes, so its own name stands beside. */
static void
add_login(const struct view *view, struct html *page, const struct store_login *login)
{
    html_add(page, "<p class=\"where\">%s <b>%s</b>", text(view, PHONE_LOGIN_AT), login->station);
    if (strcmp(login->station, login->desk) != 0)
        html_add(page, " (%s)", login->desk);
    html_raw(page, "</p>\n<dl>");
    if (login->service[0])
        html_add(page, "<div><dt>%s</dt><dd>%s</dd></div>", text(view, PHONE_SERVICE),
                 login->service);
    html_add(page, "<div><dt>%s</dt><dd>%s</dd></div></dl>\n", text(view, PHONE_ACCOUNT),
             login->account[0] ? login->account : text(view, PHONE_ANY_ACCOUNT));
}

/* Says that it did not work now, and has a link to the same page. */
static int
reply_busy(const struct view *view, unsigned status, const char *message)
{
    char again[QUERY_SIZE + 20];

    if (view->query[0])
        snprintf(again, sizeof again, "/return?%slang=%s", view->query,
                 language_code(view->language));
    return reply_notice(view, status, PHONE_BUSY_TITLE, PHONE_BUSY_LEAD, message,
                        view->query[0]                                     ? again
                        : strncmp(view->request->path, LOGIN_PATH, 3) == 0 ? view->request->path
                                                                           : NULL);
}

static int
reply_store_failed(const struct view *view)
{
    (void)relay_store_failed(view->relay);
    return reply_busy(view, 503, "");
}

/* How a login ended, for a phone that is or was at it. */
static int
reply_end(const struct view *view, enum store_state state)
{
    static const struct {
        unsigned status;
        enum phone_text title, lead;
    } ends[STORE_STATES] = {
        [STORE_SUCCESS] = {200, PHONE_APPROVED_TITLE, PHONE_APPROVED_LEAD},
        [STORE_TAKEN] = {200, PHONE_APPROVED_TITLE, PHONE_APPROVED_LEAD},
        [STORE_CANCELLED] = {410, PHONE_CANCELLED_TITLE, PHONE_CANCELLED_LEAD},
        [STORE_DENIED] = {410, PHONE_DENIED_TITLE, PHONE_DENIED_LEAD},
        [STORE_WRONG] = {410, PHONE_WRONG_TITLE, PHONE_WRONG_LEAD},
        [STORE_EXPIRED] = {410, PHONE_EXPIRED_TITLE, PHONE_EXPIRED_LEAD},
        [STORE_FAILED] = {410, PHONE_FAILED_TITLE, PHONE_FAILED_LEAD},
        [STORE_REFUSED] = {410, PHONE_CANCELLED_TITLE, PHONE_CANCELLED_LEAD},
        [STORE_REVOKED] = {410, PHONE_CANCELLED_TITLE, PHONE_CANCELLED_LEAD},
    };

    if (ends[state].status == 0)
        return reply_notice(view, 409, PHONE_USED_TITLE, PHONE_USED_LEAD, "", NULL);
    return reply_notice(view, ends[state].status, ends[state].title, ends[state].lead, "", NULL);
}

int
phone_unknown(struct relay *relay, struct http_request *request, struct http_reply *ret_reply)
{
    const struct view view = view_of(relay, request, ret_reply);

    return reply_notice(&view, 404, PHONE_UNKNOWN_TITLE, PHONE_UNKNOWN_LEAD, "", NULL);
}

/* --- the bank's choice ------------------------------------------------------------------------ */

static int
reply_banks(const struct view *view, const struct store_login *login, bool is_missing)
{
    HTML_AUTO page = {.text = NULL};

    if (view->relay->n_banks == 0)
        return reply_notice(view, 503, PHONE_NO_BANKS_TITLE, PHONE_NO_BANKS_LEAD, "",
                            view->request->path);
    begin(view, &page, PHONE_BANK_TITLE);
    add_login(view, &page, login);
    html_add(&page, "<h1>%s</h1>\n<p class=\"note\">%s</p>\n", text(view, PHONE_BANK_TITLE),
             text(view, PHONE_BANK_LEAD));
    if (is_missing)
        html_add(&page, "<p class=\"error\" role=\"alert\">%s</p>\n", text(view, PHONE_BANK_FIRST));
    html_add(&page, "<form method=\"post\" action=\"%s?lang=%s\">\n", view->request->path,
             language_code(view->language));
    if (view->relay->config->upstream == RELAY_OPENID) {
        html_add(&page, "<button name=\"bank\" value=\"%s\">%s %s</button>\n</form>\n",
                 view->relay->banks->id, text(view, PHONE_CONTINUE_WITH), view->relay->banks->name);
        return end(view, &page, is_missing ? 400 : 200);
    }
    html_add(&page, "<fieldset><legend>%s</legend>\n", text(view, PHONE_BANK_LEGEND));
    for (size_t i = 0; i < view->relay->n_banks; i++) {
        const struct relay_bank *bank = &view->relay->banks[i];
        html_add(&page,
                 "<label class=\"choice\"><input type=\"radio\" name=\"bank\" value=\"%s\" "
                 "required>%s</label>\n",
                 bank->id, bank->name);
    }
    html_add(&page, "</fieldset>\n<button>%s</button>\n</form>\n", text(view, PHONE_CONTINUE));
    return end(view, &page, is_missing ? 400 : 200);
}

/* Sends the phone on. The bank's host is not ours, so a redirect of a form would break the page's
 * own policy: the page goes on by itself, or by a tap. */
static int
reply_go(const struct view *view, const char *url)
{
    HTML_AUTO page = {.text = NULL};

    begin(view, &page, PHONE_GO_TITLE);
    html_add(&page, "<meta http-equiv=\"refresh\" content=\"0;url=%s\">\n", url);
    html_add(&page, "<h1>%s</h1>\n<p>%s</p>\n<a class=\"button\" href=\"%s\">%s</a>\n",
             text(view, PHONE_GO_TITLE), text(view, PHONE_GO_LEAD), url,
             text(view, PHONE_CONTINUE));
    return end(view, &page, 200);
}

/* Finds the login of a link. Returns 1 if a phone may go on with it, else what was replied. */
static int
find_login(const struct view *view, struct store_login *ret_login)
{
    const char *path = view->request->path + strlen(LOGIN_PATH);
    bool is_found = false;

    if (strlen(path) < STORE_PATH_SIZE &&
        store_login_find_path(view->relay->store, path, ret_login, &is_found) != 0)
        return reply_store_failed(view);
    if (!is_found)
        return reply_notice(view, 404, PHONE_UNKNOWN_TITLE, PHONE_UNKNOWN_LEAD, "", NULL);
    if (ret_login->state > STORE_PENDING)
        return reply_end(view, ret_login->state);
    if (ret_login->expires_ms <= view->relay->wall_ms)
        return reply_end(view, STORE_EXPIRED);
    if (ret_login->expires_ms - view->relay->wall_ms < IDX_EXPIRY_MIN * 1000)
        return reply_notice(view, 410, PHONE_LATE_TITLE, PHONE_LATE_LEAD, "", NULL);
    if (ret_login->n_trx >= STORE_TRX_MAX)
        return reply_notice(view, 409, PHONE_USED_TITLE, PHONE_USED_LEAD, "", NULL);
    return 1;
}

int
phone_get(struct relay *relay, struct http_request *request, struct http_reply *ret_reply)
{
    const struct view view = view_of(relay, request, ret_reply);
    struct store_login login;
    int result = find_login(&view, &login);

    return result == 1 ? reply_banks(&view, &login, false) : result;
}

/* The transaction is there, or has failed. */
static int
reply_started(const struct view *view, struct relay_job *job)
{
    struct relay_job done = *job;
    struct store_login login;
    int result;

    relay_job_free(job);
    if (done.error == 0)
        return reply_go(view, done.url);
    if (done.error == IDQ_EXPIRED && (result = find_login(view, &login)) != 1)
        return result; /* the login has ended meanwhile, or its last minute has begun */
    return reply_busy(view, 502, done.message);
}

static int
hold(struct http_request *request, const uint64_t *watched)
{
    if (request->hold_until_ms == 0)
        request->hold_until_ms = request->now_ms + HOLD_MS;
    request->watched = watched;
    return HTTP_HOLD;
}

int
phone_post(struct relay *relay, struct http_request *request, struct http_reply *ret_reply)
{
    const struct view view = view_of(relay, request, ret_reply);
    struct relay_job *job = relay_job_of(relay, request->watched);
    const struct relay_bank *bank;
    struct store_login login;
    struct form form;
    int result;

    if (job && job->is_done)
        return reply_started(&view, job);
    if (job) /* the time to hold it is over: the job ends later, and is swept */
        return reply_busy(&view, 504, "");
    result = find_login(&view, &login);
    if (result != 1)
        return result;
    if (form_parse(request->body, request->body_size, &form) < 0)
        return reply_banks(&view, &login, true);
    bank = relay_bank_find(relay, form_value(&form, "bank"));
    if (!bank)
        return reply_banks(&view, &login, true);
    if (relay_check_limits(relay, login.desk, RELAY_TRANSACTION) != 0)
        return reply_busy(&view, 503, "");
    job = relay_job_begin(relay, login.id);
    if (!job)
        return reply_busy(&view, 503, "");
    result = relay->upstream->begin(relay, &login, bank->id, language_code(view.language), job);
    if (result != 0)
        relay_job_done(relay, job, result);
    return job->is_done ? reply_started(&view, job) : hold(request, &job->changes);
}

/* --- the return from the bank -------------------------------------------------------------------
 */

static int
reply_number(const struct view *view, const struct store_login *login, const char *trx,
             const char *entrance)
{
    HTML_AUTO page = {.text = NULL};
    char number[RELAY_NUMBER_SIZE], spaced[RELAY_NUMBER_SIZE + 1];
    bool has_number = login->state == STORE_NUMBER;
    enum phone_text title = has_number ? PHONE_NUMBER_TITLE : PHONE_APPROVED_TITLE;

    begin(view, &page, title);
    add_login(view, &page, login);
    html_add(&page, "<h1>%s</h1>\n", text(view, title));
    if (has_number) {
        relay_number(view->relay, login, number);
        snprintf(spaced, sizeof spaced, "%.3s %s", number, number + 3);
        html_add(&page, "<p>%s</p>\n<p class=\"number\"><output>%s</output></p>\n",
                 text(view, PHONE_NUMBER_LEAD), spaced);
        html_add(&page, "<p class=\"note\">%s</p>\n", text(view, PHONE_NUMBER_NEVER));
    } else {
        html_add(&page, "<p>%s</p>\n", text(view, PHONE_APPROVED_LEAD));
    }
    html_add(&page,
             "<form method=\"post\" action=\"/return?lang=%s\">"
             "<input type=\"hidden\" name=\"trxid\" value=\"%s\">"
             "<input type=\"hidden\" name=\"ec\" value=\"%s\">"
             "<button class=\"second\" name=\"answer\" value=\"deny\">%s</button></form>\n",
             language_code(view->language), trx, entrance, text(view, PHONE_NOT_ME));
    return end(view, &page, 200);
}

/* Finds the transaction of a return, which must prove itself by its entranceCode. Returns 1 if it
 * does, else what was replied. */
static int
find_return(const struct view *view, const char *id, const char *entrance,
            struct store_trx *ret_trx, struct store_login *ret_login)
{
    char hash[STORE_HASH_SIZE];
    bool is_found = false;

    relay_hash(entrance, hash);
    if (strlen(id) == STORE_TRX_SIZE - 1 &&
        store_trx_find(view->relay->store, id, ret_trx, &is_found) != 0)
        return reply_store_failed(view);
    if (!is_found || hash[0] == '\0' ||
        !secret_equal_bytes(hash, ret_trx->entrance_hash, STORE_HASH_SIZE))
        return reply_notice(view, 404, PHONE_UNKNOWN_TITLE, PHONE_UNKNOWN_LEAD, "", NULL);
    is_found = false;
    if (store_login_find(view->relay->store, ret_trx->login, "", ret_login, &is_found) != 0)
        return reply_store_failed(view);
    return is_found ? 1
                    : reply_notice(view, 410, PHONE_EXPIRED_TITLE, PHONE_EXPIRED_LEAD, "", NULL);
}

/* The outcome for this phone. Another phone may have been first with the same code. `message` is
 * the acquirer's, or "". */
static int
reply_outcome(const struct view *view, const struct store_trx *trx, const struct store_login *login,
              const char *entrance, const char *message)
{
    bool is_first = strcmp(login->trx, trx->id) == 0;
    char again[sizeof LOGIN_PATH + STORE_PATH_SIZE];

    if (is_first && (login->state == STORE_NUMBER || login->state == STORE_SUCCESS))
        return reply_number(view, login, trx->id, entrance);
    if (login->loa[0] && !is_first)
        return reply_end(view, STORE_OPEN); /* the code is used */
    /* The acquirer has not answered. It is asked again when the lease is over. */
    if (trx->state != STORE_TRX_ENDED && store_state_is_live(login->state))
        return reply_busy(view, 503, message);
    if (login->state == STORE_OPEN || login->state == STORE_PENDING) {
        snprintf(again, sizeof again, LOGIN_PATH "%s", login->path);
        return reply_notice(view, 409, PHONE_FAILED_TITLE, PHONE_TRY_BANK_LEAD, message, again);
    }
    if (login->state == STORE_FAILED)
        return reply_notice(view, 410, PHONE_FAILED_TITLE, PHONE_FAILED_LEAD, message, NULL);
    return reply_end(view, login->state);
}

/* An OpenID provider hands both back as one. Returns the entranceCode. */
static const char *
split_state(const char *state, char ret_trx[STORE_TRX_SIZE])
{
    const char *dot = strchr(state, '.');

    ret_trx[0] = '\0';
    if (!dot || dot - state != STORE_TRX_SIZE - 1)
        return "";
    memcpy(ret_trx, state, STORE_TRX_SIZE - 1);
    ret_trx[STORE_TRX_SIZE - 1] = '\0';
    return dot + 1;
}

int
phone_return_get(struct relay *relay, struct http_request *request, struct http_reply *ret_reply)
{
    struct view view = view_of(relay, request, ret_reply);
    struct relay_job *job = relay_job_of(relay, request->watched);
    /* A change of the login may be another one than the answer that this phone waits for. */
    bool has_waited = request->hold_until_ms > 0 &&
                      (job || relay->is_stopping || request->now_ms >= request->hold_until_ms);
    char message[IDX_MESSAGE_SIZE] = "";
    struct store_login login;
    struct store_trx trx;
    char split[STORE_TRX_SIZE];
    const char *entrance =
        request->state[0] ? split_state(request->state, split) : request->entrance_code;
    const char *id = request->state[0] ? split : request->transaction_id;
    int result = find_return(&view, id, entrance, &trx, &login);

    if (job && job->is_done) {
        snprintf(message, sizeof message, "%s", job->message);
        relay_job_free(job);
    }
    if (result != 1)
        return result;
    snprintf(view.query, sizeof view.query, "trxid=%s&ec=%s&", trx.id, entrance);
    if (trx.state == STORE_TRX_ENDED || has_waited || !store_state_is_live(login.state))
        return reply_outcome(&view, &trx, &login, entrance, message);
    result = relay_return(relay, &trx, &login, request);
    if (result == HTTP_REPLY) {
        result = find_return(&view, id, entrance, &trx, &login);
        return result == 1 ? reply_outcome(&view, &trx, &login, entrance, message) : result;
    }
    if (result == HTTP_HOLD)
        return hold(request, request->watched);
    return result == IDQ_SYSTEM ? reply_store_failed(&view) : reply_busy(&view, 503, "");
}

int
phone_return_post(struct relay *relay, struct http_request *request, struct http_reply *ret_reply)
{
    const struct view view = view_of(relay, request, ret_reply);
    struct store_login login;
    struct store_trx trx;
    struct form form;
    bool is_done = false;
    int result;

    if (form_parse(request->body, request->body_size, &form) < 0 ||
        strcmp(form_value(&form, "answer"), "deny") != 0)
        return reply_notice(&view, 400, PHONE_UNKNOWN_TITLE, PHONE_UNKNOWN_LEAD, "", NULL);
    result = find_return(&view, form_value(&form, "trxid"), form_value(&form, "ec"), &trx, &login);
    if (result != 1)
        return result;
    if (strcmp(login.trx, trx.id) != 0) /* another phone's login: it has no button for it */
        return reply_end(&view, STORE_OPEN);
    if (store_login_end(relay->store, login.id, STORE_DENIED, &is_done) != 0)
        return reply_store_failed(&view);
    if (is_done) {
        (void)relay_log_ends(relay);
    } else if (login.state == STORE_TAKEN) {
        relay_log(LOG_WARNING,
                  "login=%s desk=%s transaction=%s: the person says that it was "
                  "someone else, after the desk had the identity",
                  login.id, login.desk, login.trx);
    }
    return is_done ? reply_end(&view, STORE_DENIED) : reply_end(&view, login.state);
}
