/* SPDX-License-Identifier: BSD-3-Clause */
/* The agent runs this on answers from the network. */
#include "pam_idinqr/agent/signicat_messages.h"

#include "pam_idinqr/common/array.h"
#include "pam_idinqr/agent/encoding.h"
#include "pam_idinqr/common/text.h"
#include "pam_idinqr/common/error.h"
#include "pam_idinqr/common/subject.h"

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define PROVIDER  "idin" /* Signicat's name for it */
#define TOKEN_MAX 8192   /* bytes; a JSON web token has one or two thousand */
#define BEARER    "Bearer "

static const char *const loas[] = {
    [LOA_LOW] = "low", [LOA_SUBSTANTIAL] = "substantial", [LOA_HIGH] = "high"};

struct secret *
signicat_write_session(const struct signicat_request *request)
{
    json_t *json = json_pack(
        "{s:s, s:[s], s:[s], s:{s:s, s:s, s:s}, s:I, s:s, s:s, s:s}", "flow", "redirect",
        "allowedProviders", PROVIDER, "requestedAttributes", "idpId", "callbackUrls", "success",
        request->callback_url, "abort", request->callback_url, "error", request->callback_url,
        "sessionLifetime", (json_int_t)request->lifetime_s, "externalReference", request->reference,
        "language", request->language, "requestedLoa", loas[request->requested_loa]);

    if (request->request_domain[0] &&
        json_object_set_new(json, "requestDomain", json_string(request->request_domain))) {
        json_decref(json);
        return NULL;
    }
    return json_text_write(json);
}

int
signicat_read_token(const char *body, size_t size, struct secret **ret_authorization,
                    long *ret_lifetime_s)
{
    JSON_AUTO *object = json_text_read(body, size);
    const json_t *token = json_object_get(object, "access_token"),
                 *expires = json_object_get(object, "expires_in");
    size_t token_size = json_string_length(token);
    json_int_t lifetime_s = expires ? json_integer_value(expires) : -1;
    struct secret *authorization;
    char type[16];

    if (!object || json_text_required(object, "token_type", type, sizeof type) ||
        strcasecmp(type, "Bearer") != 0)
        return IDQ_REPLY;
    /* It becomes a part of a header, so it must not contain a line end. */
    if (token_size == 0 || token_size > TOKEN_MAX ||
        !characters_are_visible_ascii(json_string_value(token), token_size))
        return IDQ_REPLY;
    if (expires && (!json_is_integer(expires) || lifetime_s <= 0 || lifetime_s > INT_MAX))
        return IDQ_REPLY;
    authorization = secret_new(strlen(BEARER) + token_size);
    if (!authorization)
        return IDQ_SYSTEM;
    memcpy(secret_bytes(authorization), BEARER, strlen(BEARER));
    memcpy(secret_bytes(authorization) + strlen(BEARER), json_string_value(token), token_size);
    *ret_authorization = authorization;
    *ret_lifetime_s = (long)lifetime_s;
    return 0;
}

/* It becomes a part of a URL's path. */
static bool
is_id(const char *text)
{
    return text[strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-")] ==
           '\0';
}

/* Checks the session: its id, and that it was made for this login. */
static int
read_owner(const json_t *object, const char *reference, char ret_id[SIGNICAT_ID_MAX + 1])
{
    char id[SIGNICAT_ID_MAX + 1], other[PROVIDER_NONCE_SIZE];

    if (json_text_required(object, "id", id, sizeof id) || !is_id(id))
        return IDQ_REPLY;
    /* A longer value, or a missing one, is not ours either. */
    if (json_text_required(object, "externalReference", other, sizeof other) ||
        strcmp(other, reference) != 0)
        return IDQ_OTHER_CODE;
    return copy_text(ret_id, SIGNICAT_ID_MAX + 1, id) ? IDQ_REPLY : 0;
}

/* Returns 0 if the session is at iDIN, or at no provider yet and that is allowed. */
static int
check_provider(const json_t *object, bool must_be_there)
{
    const json_t *provider = json_object_get(object, "provider");

    if (!must_be_there && (!provider || json_is_null(provider)))
        return 0;
    return json_string_length(provider) == strlen(PROVIDER) &&
                   strcmp(json_string_value(provider), PROVIDER) == 0
               ? 0
               : IDQ_REPLY;
}

static const struct {
    const char *word;
    enum provider_state state;
    int outcome; /* if the state is PROVIDER_DONE */
} statuses[] = {
    {"CREATED", PROVIDER_OPEN, IDQ_OK},      {"WAITING_FOR_USER", PROVIDER_SCANNED, IDQ_OK},
    {"SUCCESS", PROVIDER_DONE, IDQ_OK},      {"ERROR", PROVIDER_DONE, IDQ_BANK_FAILED},
    {"ABORT", PROVIDER_DONE, IDQ_REFUSED},   {"CANCELLED", PROVIDER_DONE, IDQ_REFUSED},
    {"EXPIRED", PROVIDER_DONE, IDQ_EXPIRED}, {"INVALID", PROVIDER_DONE, IDQ_BANK_FAILED},
};

static int
read_status(const json_t *object, struct provider_status *ret_status)
{
    char word[32];

    if (json_text_required(object, "status", word, sizeof word))
        return IDQ_REPLY;
    for (size_t i = 0; i < ARRAY_LENGTH(statuses); i++)
        if (strcmp(statuses[i].word, word) == 0) {
            ret_status->state = statuses[i].state;
            ret_status->was_scanned = statuses[i].state == PROVIDER_SCANNED;
            ret_status->result.outcome = statuses[i].outcome;
            return 0;
        }
    return IDQ_BANK_FAILED;
}

int
signicat_read_created(const char *body, size_t size, struct signicat_terms *terms,
                      char ret_url[PAYLOAD_MAX + 1])
{
    JSON_AUTO *object = json_text_read(body, size);
    struct provider_status status;
    int error = object ? read_owner(object, terms->reference, terms->id) : IDQ_REPLY;

    if (error)
        return error;
    if (read_status(object, &status) || status.state == PROVIDER_DONE || check_provider(object, 0))
        return IDQ_REPLY;
    return json_text_required(object, "authenticationUrl", ret_url, PAYLOAD_MAX + 1);
}

/* Returns -1 for an unknown level. */
static int
find_loa(const char *word)
{
    for (int loa = LOA_LOW; loa <= LOA_HIGH; loa++)
        if (strcmp(loas[loa], word) == 0)
            return loa;
    /* iDIN's level, the only one that it gives. */
    return strcmp(word, "nl:bvn:bankid:1.0:loa3") == 0 ? LOA_SUBSTANTIAL : -1;
}

/* Signicat does not document where an answer has the level, so it is accepted in either place. If
 * it is absent, Signicat has enforced requestedLoa. */
static int
read_loa(const json_t *object, enum requested_loa requested, char ret_loa[LOA_MAX + 1],
         bool *ret_too_low)
{
    const json_t *const places[] = {object, json_object_get(object, "subject")};

    *ret_too_low = false;
    for (size_t i = 0; i < ARRAY_LENGTH(places); i++) {
        if (json_text_optional(places[i], "loa", ret_loa, LOA_MAX + 1))
            return IDQ_REPLY;
        if (ret_loa[0] && find_loa(ret_loa) < (int)requested)
            *ret_too_low = true;
    }
    return 0;
}

/* Reads the identity of a success. Returns 0, also for an identity that opens nothing, or
 * IDQ_REPLY. */
static int
read_identity(const json_t *object, const struct signicat_terms *terms,
              struct result_message *ret_result, char ret_trouble[SIGNICAT_TROUBLE_SIZE])
{
    const json_t *idp_id = json_object_get(json_object_get(object, "subject"), "idpId");
    size_t size = json_string_length(idp_id);
    bool is_too_low;
    int error = IDQ_NO_SUBJECT;

    if (read_loa(object, terms->requested_loa, ret_result->loa, &is_too_low) ||
        copy_text(ret_result->transaction, sizeof ret_result->transaction, terms->id))
        return IDQ_REPLY;
    if (is_too_low) {
        snprintf(ret_trouble, SIGNICAT_TROUBLE_SIZE, "a level of assurance below requested_loa");
        error = IDQ_LOW_ASSURANCE;
    } else if (size > 0 && size <= SUBJECT_MAX) {
        memcpy(ret_result->subject, json_string_value(idp_id), size + 1);
        error = subject_check("signicat", ret_result->subject);
    }
    if (error) {
        result_wipe(ret_result); /* an error returns no personal data */
        ret_result->outcome = error;
    }
    return 0;
}

/* Writes "title (code)" of an error object. */
static void
describe(const json_t *error, char ret_trouble[SIGNICAT_TROUBLE_SIZE])
{
    const char *title = json_string_value(json_object_get(error, "title")),
               *code = json_string_value(json_object_get(error, "code"));

    if (title && code)
        snprintf(ret_trouble, SIGNICAT_TROUBLE_SIZE, "%.100s (%.40s)", title, code);
    else if (title || code)
        snprintf(ret_trouble, SIGNICAT_TROUBLE_SIZE, "%.100s", title ? title : code);
    characters_make_loggable(ret_trouble);
}

int
signicat_read_session(const char *body, size_t size, const struct signicat_terms *terms,
                      struct provider_status *ret_status, char ret_trouble[SIGNICAT_TROUBLE_SIZE])
{
    JSON_AUTO *object = json_text_read(body, size);
    const json_t *trouble;
    char id[SIGNICAT_ID_MAX + 1];
    int error, is_success;

    memset(ret_status, 0, sizeof *ret_status);
    ret_trouble[0] = '\0';
    error = object ? read_owner(object, terms->reference, id) : IDQ_REPLY;
    /* The name is not secret, so the comparison needs no constant time. */
    if (!error && strcmp(id, terms->id) != 0)
        error = IDQ_OTHER_CODE;
    if (error)
        return error;
    trouble = json_object_get(object, "error");
    describe(trouble, ret_trouble);
    error = read_status(object, ret_status);
    is_success = ret_status->state == PROVIDER_DONE && ret_status->result.outcome == IDQ_OK;
    if (!error && check_provider(object, is_success)) {
        snprintf(ret_trouble, SIGNICAT_TROUBLE_SIZE, "another provider than " PROVIDER);
        error = IDQ_REPLY;
    }
    /* Both at once contradict each other: the safer one counts. */
    if (!error && is_success && trouble && !json_is_null(trouble))
        ret_status->result.outcome = IDQ_BANK_FAILED;
    else if (!error && is_success)
        error = read_identity(object, terms, &ret_status->result, ret_trouble);
    if (error) {
        result_wipe(&ret_status->result);
        ret_status->state = PROVIDER_OPEN;
    }
    return error;
}

void
signicat_read_trouble(const char *body, size_t size, char ret_trouble[SIGNICAT_TROUBLE_SIZE])
{
    JSON_AUTO *object = json_text_read(body, size);
    const char *word = json_string_value(json_object_get(object, "error"));

    ret_trouble[0] = '\0';
    describe(object, ret_trouble);
    if (!ret_trouble[0] && word)
        snprintf(ret_trouble, SIGNICAT_TROUBLE_SIZE, "%.40s", word);
    characters_make_loggable(ret_trouble);
}
