/* SPDX-License-Identifier: BSD-3-Clause */
/* The sandbox runs this on requests from the network. */
#include "pam_idinqr/sandbox/handlers.h"

#include "pam_idinqr/common/error.h"
#include "pam_idinqr/common/text.h"
#include "pam_idinqr/sandbox/signers.h"
#include "pam_idinqr/sandbox/oauth_client.h"
#include "pam_idinqr/sandbox/fields.h"

#include <openssl/sha.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define TOKEN_LIFETIME_S       600
#define TOKEN_LIFETIME_SHORT_S 2
#define SESSION_LATE_MS        300
#define ERROR_TYPE             "https://developer.signicat.com/docs/dashboard/error-codes/"
#define SUBJECT_ID_BYTES       16
#define ABSENT_ID              "00000000-0000-4000-8000-000000000000" /* of no session */

/* An error as all of Signicat's APIs report it. `field` is the one that is to blame, or NULL. */
static int
reply_error(struct http_reply *reply, unsigned status, const char *code, const char *title,
            const char *detail, const char *field)
{
    char trace_id[TOKEN_TEXT_SIZE];
    json_t *invalid =
        field ? json_pack("[{s:s, s:s}]", "name", field, "reason", detail) : json_array();

    if (token_text(trace_id) < 0 || !invalid) {
        json_decref(invalid);
        return IDQ_SYSTEM;
    }
    return json_reply(reply, status, "application/problem+json",
                      json_pack("{s:s, s:s, s:s, s:s, s:s, s:[], s:o}", "title", title, "code",
                                code, "detail", detail, "type", ERROR_TYPE, "traceId", trace_id,
                                "errors", "invalidParams", invalid));
}

static int
reply_invalid(struct http_reply *reply, const char *field, const char *why)
{
    return reply_error(reply, 400, "validation_error", "The request is not valid.", why, field);
}

static int
reply_busy(struct http_reply *reply, const char *seconds)
{
    if (http_reply_header(reply, "Retry-After", seconds) < 0)
        return IDQ_SYSTEM;
    return reply_error(reply, 429, "too_many_requests", "Too many requests.", "Come back later.",
                       NULL);
}

int
signicat_api_token(struct sandbox *sandbox, struct http_request *request,
                   struct http_reply *ret_reply)
{
    static const char *const known[] = {"grant_type", "scope", NULL};
    int lifetime_s = fault_on(&sandbox->faults, FAULT_SIGNICAT_TOKEN_SHORT) ? TOKEN_LIFETIME_SHORT_S
                                                                            : TOKEN_LIFETIME_S;
    char token[BEARER_SIZE];
    struct form form;
    int admitted = oauth_client_admit(sandbox, request, OAUTH_BASIC, known, &form, ret_reply);

    if (admitted != 1)
        return admitted;
    if (form_value(&form, "grant_type")[0] == '\0')
        return oauth_reply_field(ret_reply, "invalid_request", "grant_type", "is missing");
    if (strcmp(form_value(&form, "grant_type"), "client_credentials") != 0)
        return oauth_reply_field(ret_reply, "unsupported_grant_type", "grant_type",
                                 "must be client_credentials");
    if (strcmp(form_value(&form, "scope"), "signicat-api") != 0)
        return oauth_reply_field(ret_reply, "invalid_scope", "scope", "must be signicat-api");
    if (bearer_make(sandbox, request->now_ms + lifetime_s * 1000, token) < 0)
        return IDQ_SYSTEM;
    events_add(&sandbox->events, request->now_ms, EVENT_TOKEN, "", "");
    return oauth_reply(ret_reply,
                       json_pack("{s:s, s:i, s:s, s:s}", "access_token", token, "expires_in",
                                 lifetime_s, "token_type", "Bearer", "scope", "signicat-api"));
}

/* Returns the session of a path, with `rest` set to the text behind its id, or NULL. */
static struct code *
find_session(struct sandbox *sandbox, const char *path, const char *rest)
{
    const char *name = path + strlen(SIGNICAT_SESSION_PATH);
    char id[TOKEN_UUID_SIZE];

    if (strlen(name) < sizeof id - 1 || strcmp(name + sizeof id - 1, rest) != 0)
        return NULL;
    snprintf(id, sizeof id, "%s", name);
    return codes_by_qr_id(&sandbox->codes, CODE_SIGNICAT, id);
}

/* The first asking about each session, or every one that makes a session. */
static bool
refuses_token(struct sandbox *sandbox, const struct code *code)
{
    if (fault_on(&sandbox->faults, FAULT_SIGNICAT_TOKEN_401_ONCE) && !sandbox->refused_a_token) {
        sandbox->refused_a_token = 1;
        return true;
    }
    if (fault_on(&sandbox->faults, FAULT_SIGNICAT_STATUS_401_ONCE) && code &&
        code->status_requests == 0)
        return true;
    return fault_on(&sandbox->faults, FAULT_SIGNICAT_TOKEN_401);
}

/* What every request to the API must be: with a token that is good, for the client's own account. 1
 * when it is; else HTTP_REPLY with the reply filled in, or IDQ_SYSTEM. `code`: what it is about, or
 * NULL. */
static int
admit(struct sandbox *sandbox, const struct http_request *request, struct code *code,
      struct http_reply *reply)
{
    int error = bearer_check(sandbox, request->authorization, request->now_ms);

    if (error == 0 && refuses_token(sandbox, code)) {
        if (code)
            code->status_requests++;
        error = IDQ_EXPIRED;
    }
    if (error == IDQ_REFUSED || error == IDQ_EXPIRED) {
        if (http_reply_header(reply, "WWW-Authenticate", "Bearer error=\"invalid_token\"") < 0)
            return IDQ_SYSTEM;
        return reply_error(reply, 401, "invalid_token", "Invalid authentication token.",
                           error == IDQ_EXPIRED ? "The token has expired."
                                                : "There is no token, or it is not of this server.",
                           NULL);
    }
    if (error < 0)
        return error;
    if (request->account_id[0] && strcmp(request->account_id, sandbox->account_id) != 0)
        return reply_error(reply, 403, "forbidden", "The account is not the client's.",
                           "must be the client's account", "signicat-accountId");
    return 1;
}

static int
reply_unknown(struct http_reply *reply)
{
    return reply_error(reply, 404, "not_found", "There is no such session.",
                       "No session has this id.", NULL);
}

/* About as long as Signicat's: what is drawn on a screen must not be easier here. */
static void
make_authentication_url(const struct sandbox *sandbox, const struct code *code,
                        char ret_url[SANDBOX_URL_MAX + 160])
{
    snprintf(ret_url, SANDBOX_URL_MAX + 160, "%s/q/%s?authentication_session=%s&correlation=%s",
             sandbox_code_url(sandbox), code->path, code->qr_id, code->picture_id);
}

static const char *
status_name(const struct sandbox *sandbox, const struct code *code)
{
    if (code->status == CODE_PENDING && fault_on(&sandbox->faults, FAULT_SIGNICAT_STATUS_UNKNOWN))
        return "PAUSED";
    switch (code->status) {
    case CODE_OPEN:
        return "CREATED";
    case CODE_PENDING:
        return "WAITING_FOR_USER";
    case CODE_SUCCESS:
        return "SUCCESS";
    case CODE_REFUSED:
        return "ABORT";
    case CODE_CANCELLED:
        return "CANCELLED";
    case CODE_EXPIRED:
        return "EXPIRED";
    case CODE_FAILURE:
    case CODE_USED:
    case CODE_NUMBER: /* this and the next are a relay's */
    case CODE_WRONG_NUMBER:
        return "ERROR";
    }
    return "INVALID";
}

/* Who it was: idpId is the BIN, id a name of Signicat's own for the same person. */
static json_t *
make_subject(const struct sandbox *sandbox, const struct code *code)
{
    unsigned char hash[SHA256_DIGEST_LENGTH];
    char id[2 * SUBJECT_ID_BYTES + 1];
    bool has_bin = code->bin[0] && !fault_on(&sandbox->faults, FAULT_STATUS_NO_BIN) &&
                   !fault_on(&sandbox->faults, FAULT_SIGNICAT_NO_IDPID);

    SHA256((const unsigned char *)code->bin, strlen(code->bin), hash);
    characters_write_hex(hash, SUBJECT_ID_BYTES, id);
    return has_bin ? json_pack("{s:s, s:s}", "id", id, "idpId", code->bin)
                   : json_pack("{s:s}", "id", id);
}

/* Adds the members that a session has only after a person has opened it, and at its end. */
static int
add_outcome(const struct sandbox *sandbox, const struct code *code, json_t *root)
{
    const struct faults *faults = &sandbox->faults;
    int bad = 0;

    if (code->scans > 0)
        bad |= json_object_set_new(
            root, "provider",
            json_string(fault_on(faults, FAULT_SIGNICAT_WRONG_PROVIDER) ? "mitid" : "idin"));
    if (code->status == CODE_SUCCESS) {
        bad |= json_object_set_new(
            root, "loa",
            json_string(fault_on(faults, FAULT_SIGNICAT_LOA_LOW) ? "low" : "substantial"));
        bad |= json_object_set_new(root, "subject", make_subject(sandbox, code));
    }
    if (code->status == CODE_FAILURE ||
        (code->status == CODE_SUCCESS && fault_on(faults, FAULT_SIGNICAT_ERROR_OBJECT)))
        bad |=
            json_object_set_new(root, "error",
                                json_pack("{s:s, s:s, s:s, s:s}", "type", ERROR_TYPE, "title",
                                          "The identity provider failed.", "detail",
                                          "The bank reports that it could not identify the person.",
                                          "code", "idp_failure"));
    return bad;
}

/* A session as it stands. NULL when memory is short. */
static json_t *
make_session(const struct sandbox *sandbox, const struct code *code)
{
    char url[SANDBOX_URL_MAX + 160], expires[32];
    const struct faults *faults = &sandbox->faults;
    const char *id =
        fault_on(faults, FAULT_SIGNICAT_WRONG_ID) && code->scans > 0 ? ABSENT_ID : code->qr_id;
    time_t expires_s =
        (time_t)(sandbox_wall_clock_s(sandbox) + (code->expires_ms - sandbox->codes.now_ms) / 1000);
    struct tm utc;

    if (!gmtime_r(&expires_s, &utc) ||
        strftime(expires, sizeof expires, "%Y-%m-%dT%H:%M:%SZ", &utc) == 0)
        return NULL;
    make_authentication_url(sandbox, code, url);
    json_t *root =
        json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:i, s:[s], s:[s]}", "id", id, "accountId",
                  sandbox->account_id, "status", status_name(sandbox, code), "authenticationUrl",
                  url, "expiresAt", expires, "flow", "redirect", "sessionLifetime",
                  code->lifetime_s, "allowedProviders", "idin", "requestedAttributes", "idpId");
    int bad = root == NULL;
    if (code->reference[0])
        bad |= json_object_set_new(
            root, "externalReference",
            json_string(fault_on(faults, FAULT_SIGNICAT_WRONG_REFERENCE) && code->scans > 0
                            ? "another-login"
                            : code->reference));
    if (bad || add_outcome(sandbox, code, root) != 0) {
        json_decref(root);
        return NULL;
    }
    return root;
}

int
signicat_api_create(struct sandbox *sandbox, struct http_request *request,
                    struct http_reply *ret_reply)
{
    struct signicat_fields fields;
    const char *field, *why;
    struct code *code;
    int admitted = admit(sandbox, request, NULL, ret_reply);

    if (admitted != 1)
        return admitted;
    if (!http_content_type_is(request->content_type, JSON_TYPE))
        return reply_error(ret_reply, 415, "unsupported_media_type", "The request is not JSON.",
                           "must be application/json", "content-type");
    if (signicat_fields_read(request->body, request->body_size, &fields, &field, &why) < 0)
        return reply_invalid(ret_reply, field, why);

    if (request->hold_until_ms > 0) { /* it was made when the request came for the first time */
        code = codes_by_reference(&sandbox->codes, fields.reference);
        return code ? json_reply(ret_reply, 200, JSON_TYPE, make_session(sandbox, code))
                    : reply_unknown(ret_reply);
    }
    int error = codes_add(&sandbox->codes, CODE_SIGNICAT, CODE_USE_LOGIN,
                          (int64_t)fields.lifetime_s * 1000, &code);
    if (error == IDQ_BUSY)
        return reply_busy(ret_reply, "60");
    if (error < 0)
        return error;
    memcpy(code->reference, fields.reference, sizeof code->reference);
    code->lifetime_s = fields.lifetime_s;
    if (fault_on(&sandbox->faults, FAULT_SIGNICAT_SESSION_LATE) && !sandbox->stopping) {
        request->hold_until_ms = request->now_ms + SESSION_LATE_MS;
        request->watched = &code->changes;
        return HTTP_HOLD;
    }
    return json_reply(ret_reply, 200, JSON_TYPE, make_session(sandbox, code));
}

int
signicat_api_status(struct sandbox *sandbox, struct http_request *request,
                    struct http_reply *ret_reply)
{
    struct code *code = find_session(sandbox, request->path, "");
    int admitted = admit(sandbox, request, code, ret_reply);

    if (admitted != 1)
        return admitted;
    if (!code)
        return reply_unknown(ret_reply);
    if (sandbox_asked(sandbox, code, 0) == IDQ_BUSY)
        return reply_busy(ret_reply, "1");
    json_t *session = make_session(sandbox, code);
    code_told(&sandbox->codes, code);
    return json_reply(ret_reply, 200, JSON_TYPE, session);
}

int
signicat_api_cancel(struct sandbox *sandbox, struct http_request *request,
                    struct http_reply *ret_reply)
{
    struct code *code = find_session(sandbox, request->path, "/cancel");
    int admitted = admit(sandbox, request, NULL, ret_reply);

    if (admitted != 1)
        return admitted;
    if (!code)
        return reply_unknown(ret_reply);
    if (sandbox_cancel(sandbox, request, code) == HTTP_HOLD)
        return HTTP_HOLD;
    return json_reply(ret_reply, 200, JSON_TYPE, make_session(sandbox, code));
}
