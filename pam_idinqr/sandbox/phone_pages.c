/* SPDX-License-Identifier: BSD-3-Clause */
/* The sandbox runs this on requests from the network. */
#include "pam_idinqr/sandbox/handlers.h"

#include "pam_idinqr/common/error.h"
#include "pam_idinqr/common/secret.h"
#include "pam_idinqr/web/http.h"
#include "pam_idinqr/sandbox/pages.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* A parsed path, and the language of the reply. */
struct place {
    struct code *code;   /* NULL: unknown */
    struct visit *visit; /* NULL: missing in the path, or not of this code */
    bool has_visit;      /* the path names one */
    enum page_language language;
    char path[sizeof PHONE_PAGES_PATH + 2 * TOKEN_TEXT_SIZE]; /* of the visit */
};

static void
set_visit(struct place *place, struct visit *visit)
{
    place->visit = visit;
    snprintf(place->path, sizeof place->path, PHONE_PAGES_PATH "%s/%s", place->code->path,
             visit->id);
}

static struct place
find_place(struct sandbox *sandbox, const struct http_request *request)
{
    char code_path[TOKEN_TEXT_SIZE];
    const char *name = request->path + strlen(PHONE_PAGES_PATH);
    size_t size = strcspn(name, "/");
    struct place place = {.has_visit = name[size] == '/'};

    if (size == sizeof code_path - 1) {
        memcpy(code_path, name, size);
        code_path[size] = '\0';
        place.code = codes_by_path(&sandbox->codes, code_path);
    }
    struct visit *visit = NULL;
    if (place.code && place.has_visit)
        visit = code_find_visit(place.code, name + size + 1);
    if (visit)
        set_visit(&place, visit);

    if (language_find(request->language, &place.language) < 0)
        place.language = place.visit ? (enum page_language)place.visit->language
                                     : language_from_header(request->accept_language);
    if (place.visit)
        place.visit->language = (int)place.language;
    return place;
}

/* `back` is where the notice leads back to, or NULL. */
static int
reply_notice(const struct sandbox *sandbox, struct http_reply *reply, unsigned status,
             enum page_language language, enum page_text title, enum page_text lead,
             const char *back)
{
    HTML_AUTO page = {.text = NULL};

    page_step_notice(&page, language, title, lead, back);
    return page_reply(reply, status, sandbox->style_hash, &page);
}

/* Sends the phone to another site, by itself or by a tap. */
static int
reply_go(const struct sandbox *sandbox, struct http_reply *reply, enum page_language language,
         enum page_text title, enum page_text lead, const char *url)
{
    char refresh[CODE_RETURN_SIZE + 10];

    snprintf(refresh, sizeof refresh, "0;url=%s", url);
    if (http_reply_header(reply, "Refresh", refresh) < 0)
        return IDQ_SYSTEM;
    return reply_notice(sandbox, reply, 200, language, title, lead, url);
}

/* The bank sends the phone back to the relay. */
static int
reply_return(const struct sandbox *sandbox, struct http_reply *reply, const struct place *place)
{
    return reply_go(sandbox, reply, place->language, PAGE_RETURN_TITLE, PAGE_RETURN_LEAD,
                    place->code->return_url);
}

/* Why a code that is finished can not be gone on with: 410, the code is gone for good. */
static int
reply_finished(const struct sandbox *sandbox, struct http_reply *reply, const struct place *place)
{
    static const struct {
        enum page_text title, lead;
    } notices[] = {
        [CODE_OPEN] = {PAGE_USED_TITLE, PAGE_USED_LEAD}, /* scanned too often */
        [CODE_PENDING] = {PAGE_USED_TITLE, PAGE_USED_LEAD},
        [CODE_SUCCESS] = {PAGE_USED_TITLE, PAGE_USED_LEAD},
        [CODE_USED] = {PAGE_USED_TITLE, PAGE_USED_LEAD},
        [CODE_REFUSED] = {PAGE_STOPPED_TITLE, PAGE_STOPPED_LEAD},
        [CODE_CANCELLED] = {PAGE_STOPPED_TITLE, PAGE_STOPPED_LEAD},
        [CODE_EXPIRED] = {PAGE_EXPIRED_TITLE, PAGE_EXPIRED_LEAD},
        [CODE_FAILURE] = {PAGE_FAILED_TITLE, PAGE_FAILED_LEAD},
        [CODE_NUMBER] = {PAGE_USED_TITLE, PAGE_USED_LEAD},
        [CODE_WRONG_NUMBER] = {PAGE_WRONG_NUMBER_TITLE, PAGE_WRONG_NUMBER_LEAD},
    };
    enum code_status status = place->code->status;

    if (place->code->return_url[0])
        return reply_return(sandbox, reply, place);
    return reply_notice(sandbox, reply, 410, place->language, notices[status].title,
                        notices[status].lead, NULL);
}

/* The page of the step that the visit is at. */
static int
reply_step(const struct sandbox *sandbox, struct http_reply *reply, const struct place *place,
           unsigned status, bool is_missing)
{
    HTML_AUTO page = {.text = NULL};

    if (place->code->return_url[0] && place->visit->step > VISIT_CONFIRM)
        return reply_return(sandbox, reply, place);
    page_step(&page, place->language, place->code, place->visit, place->path, is_missing);
    return page_reply(reply, status, sandbox->style_hash, &page);
}

int
phone_pages_unknown(struct sandbox *sandbox, struct http_request *request,
                    struct http_reply *ret_reply)
{
    enum page_language language;

    if (language_find(request->language, &language) < 0)
        language = language_from_header(request->accept_language);
    return reply_notice(sandbox, ret_reply, 404, language, PAGE_UNKNOWN_TITLE, PAGE_UNKNOWN_LEAD,
                        NULL);
}

/* Whether the visit goes on, or its last page can be shown again. A number is shown until it is
 * typed. */
static bool
has_page(const struct place *place)
{
    enum code_status status = place->code->status;

    if (place->visit->step == VISIT_NUMBER)
        return status == CODE_NUMBER || status == CODE_SUCCESS || status == CODE_USED;
    return status == CODE_PENDING || place->visit->step > VISIT_CONFIRM;
}

/* The relay's page has asked for the bank. */
static void
begin_transaction(struct sandbox *sandbox, struct code *code, struct visit *visit)
{
    struct codes *codes = &sandbox->codes;

    code_choose_bank(codes, code, visit, code->issuer);
    if (sandbox->auto_person) {
        code_choose_person(code, visit, sandbox->auto_person);
        code_approve(codes, code, visit);
    }
}

/* --- as the QR backend of a relay ---------------------------------------------------------------
 */

#define HOLD_MS 15000 /* longer than a call */

static bool
is_of_relay(const struct sandbox *sandbox, const struct code *code)
{
    return sandbox->relay_url && code->api == CODE_IDIN_QR;
}

static int
hold(struct http_request *request, struct relay_call *call)
{
    if (!call)
        return IDQ_SYSTEM;
    request->hold_until_ms = request->now_ms + HOLD_MS;
    request->watched = &call->changes;
    return HTTP_HOLD;
}

static int
reply_failed(const struct sandbox *sandbox, struct http_reply *reply, const struct place *place)
{
    return reply_notice(sandbox, reply, 502, place->language, PAGE_FAILED_TITLE, PAGE_FAILED_LEAD,
                        NULL);
}

/* A bank is chosen: the relay begins a transaction, and the phone goes to its page. */
static int
reply_transaction(struct sandbox *sandbox, struct http_request *request, const struct form *form,
                  const struct place *place, struct http_reply *reply)
{
    struct relay_call *call = relay_call_of(sandbox, request->watched), done;
    const struct bank *bank = bank_find(form_value(form, "bank"));

    if (!bank)
        return reply_step(sandbox, reply, place, 400, true);
    if (!call)
        return hold(request, relay_call_begin(sandbox, RELAY_TRANSACTION_PATH,
                                              json_pack("{s:s, s:s}", "qr_id", place->code->qr_id,
                                                        "issuer_id", bank->bic)));
    if (!call->is_done)
        return reply_failed(sandbox, reply, place);
    done = *call;
    relay_call_free(call);
    if (done.url[0] == '\0')
        return reply_failed(sandbox, reply, place);
    memcpy(place->visit->transaction_id, done.transaction_id, sizeof done.transaction_id);
    return reply_go(sandbox, reply, place->language, PAGE_TO_BANK_TITLE, PAGE_TO_BANK_LEAD,
                    done.url);
}

/* The phone opens this page again: the relay says how its transaction stands. */
static int
reply_outcome(struct sandbox *sandbox, struct http_request *request, const struct place *place,
              struct http_reply *reply)
{
    static const struct {
        const char *status;
        enum page_text title, lead;
    } ends[] = {{"success", PAGE_APPROVED_TITLE, PAGE_APPROVED_LEAD},
                {"cancelled", PAGE_REFUSED_TITLE, PAGE_REFUSED_LEAD},
                {"expired", PAGE_EXPIRED_TITLE, PAGE_EXPIRED_LEAD},
                {"pending", PAGE_TO_BANK_TITLE, PAGE_TO_BANK_LEAD}};
    struct relay_call *call = relay_call_of(sandbox, request->watched), done;

    if (!call)
        return hold(request,
                    relay_call_begin(sandbox, RELAY_STATUS_PATH,
                                     json_pack("{s:s, s:s}", "qr_id", place->code->qr_id,
                                               "transaction_id", place->visit->transaction_id)));
    done = *call;
    if (call->is_done)
        relay_call_free(call);
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++)
        if (strcmp(done.status, ends[i].status) == 0)
            return reply_notice(sandbox, reply, 200, place->language, ends[i].title, ends[i].lead,
                                NULL);
    return reply_failed(sandbox, reply, place);
}

int
phone_pages_get(struct sandbox *sandbox, struct http_request *request, struct http_reply *ret_reply)
{
    struct place place = find_place(sandbox, request);

    if (!place.code || (place.has_visit && !place.visit))
        return phone_pages_unknown(sandbox, request, ret_reply);
    if (place.visit && place.visit->transaction_id[0])
        return reply_outcome(sandbox, request, &place, ret_reply);
    if (place.visit)
        return has_page(&place) ? reply_step(sandbox, ret_reply, &place, 200, 0)
                                : reply_finished(sandbox, ret_reply, &place);
    struct visit *visit;
    int error = sandbox_scan(sandbox, place.code, &visit);
    if (error == IDQ_EXPIRED)
        return reply_finished(sandbox, ret_reply, &place);
    if (error < 0)
        return error;
    visit->language = (int)place.language;
    set_visit(&place, visit);
    if (place.code->api == CODE_ACQUIRER)
        begin_transaction(sandbox, place.code, visit);
    return page_redirect(ret_reply, sandbox->style_hash, place.path);
}

/* Does what the form asks. 1 when nothing was chosen, else as code_choose_bank and its like;
 * IDQ_REPLY for a form that is not one of ours. */
static int
take_step(struct sandbox *sandbox, const struct place *place, const struct form *form)
{
    struct codes *codes = &sandbox->codes;
    const char *step = form_value(form, "step"), *answer = form_value(form, "answer");

    if (strcmp(answer, "refuse") == 0)
        return code_refuse(codes, place->code, place->visit);
    if (strcmp(step, "bank") == 0) {
        const struct bank *bank = bank_find(form_value(form, "bank"));
        return bank ? code_choose_bank(codes, place->code, place->visit, bank) : 1;
    }
    if (strcmp(step, "person") == 0) {
        const struct person *person = person_find(form_value(form, "person"));
        return person ? code_choose_person(place->code, place->visit, person) : 1;
    }
    if (strcmp(step, "confirm") == 0 && strcmp(answer, "approve") == 0)
        return code_approve(codes, place->code, place->visit);
    return IDQ_REPLY;
}

int
phone_pages_post(struct sandbox *sandbox, struct http_request *request,
                 struct http_reply *ret_reply)
{
    struct place place = find_place(sandbox, request);
    struct form form;
    const char *token;

    if (!place.code || !place.visit)
        return phone_pages_unknown(sandbox, request, ret_reply);
    if (!http_content_type_is(request->content_type, "application/x-www-form-urlencoded"))
        return reply_notice(sandbox, ret_reply, 415, place.language, PAGE_FORM_TITLE,
                            PAGE_FORM_LEAD, place.path);
    if (form_parse(request->body, request->body_size, &form) < 0)
        return reply_notice(sandbox, ret_reply, 400, place.language, PAGE_FORM_TITLE,
                            PAGE_FORM_LEAD, place.path);
    token = form_value(&form, "form");
    if (strlen(token) != TOKEN_TEXT_SIZE - 1 ||
        !secret_equal_bytes(token, place.visit->form_token, TOKEN_TEXT_SIZE))
        return reply_notice(sandbox, ret_reply, 403, place.language, PAGE_FORM_TITLE,
                            PAGE_FORM_LEAD, place.path);

    if (is_of_relay(sandbox, place.code) && place.code->status == CODE_PENDING &&
        strcmp(form_value(&form, "answer"), "refuse") != 0)
        return reply_transaction(sandbox, request, &form, &place, ret_reply);
    switch (take_step(sandbox, &place, &form)) {
    case 0:
        return page_redirect(ret_reply, sandbox->style_hash, place.path);
    case 1:
        return place.visit->step <= VISIT_CONFIRM && place.code->status == CODE_PENDING
                   ? reply_step(sandbox, ret_reply, &place, 400, 1)
                   : reply_finished(sandbox, ret_reply, &place);
    case IDQ_EXPIRED:
        /* Who taps "Approve" twice sees that it worked. */
        if (place.visit->step > VISIT_CONFIRM)
            return page_redirect(ret_reply, sandbox->style_hash, place.path);
        return reply_finished(sandbox, ret_reply, &place);
    case IDQ_REFUSED:
        return reply_notice(sandbox, ret_reply, 409, place.language, PAGE_ORDER_TITLE,
                            PAGE_ORDER_LEAD, place.path);
    case IDQ_REPLY:
        return reply_notice(sandbox, ret_reply, 400, place.language, PAGE_FORM_TITLE,
                            PAGE_FORM_LEAD, place.path);
    default:
        return IDQ_SYSTEM;
    }
}
