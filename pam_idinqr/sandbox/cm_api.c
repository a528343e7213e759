/* SPDX-License-Identifier: BSD-3-Clause */
/* The sandbox runs this on requests of a relay with `upstream = cm`: CM.com's iDIN API 1.0, by its
 * documentation. A transaction is the same as in iDx. */
#include "pam_idinqr/common/error.h"
#include "pam_idinqr/common/https_url.h"
#include "pam_idinqr/common/secret.h"
#include "pam_idinqr/sandbox/acquirer_trx.h"

#include <ctype.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#define LIFETIME_S 300 /* of a transaction, as iDIN has it */

struct fields {
    const char *token, *transaction, *reference; /* of `root` */
    struct acquirer_request asked;
    json_t *root;
};

#define FIELDS_AUTO __attribute__((cleanup(free_fields))) struct fields

static void
free_fields(struct fields *fields)
{
    json_decref(fields->root);
}

static int
reply_message(struct http_reply *reply, unsigned status, const char *message)
{
    return json_reply(reply, status, JSON_TYPE, json_pack("{s:s}", "message", message));
}

/* Returns NULL, or what is wrong: static. */
static const char *
check_transaction(const struct fields *fields, const char *issuer, const char *entrance_code,
                  const char *return_url, const char *language, int wants_identity)
{
    const struct acquirer_request *asked = &fields->asked;
    size_t size = strlen(entrance_code);
    struct https_url url;

    if (!acquirer_trx_bank(issuer))
        return "issuer_id is not known";
    if (size == 0 || size >= sizeof asked->entrance_code)
        return "entrance_code has 1 to 40 characters";
    for (size_t i = 0; i < size; i++)
        if (!isalnum((unsigned char)entrance_code[i]))
            return "entrance_code has letters and digits";
    if (strlen(return_url) >= sizeof asked->return_url ||
        https_url_parse(return_url, strlen(return_url), &url) != 0)
        return "merchant_return_url is not an https URL";
    if (strcmp(language, "nl") != 0 && strcmp(language, "en") != 0)
        return "language is nl or en";
    return wants_identity ? NULL : "this sandbox knows only the identity";
}

/* The other parts of a person may be asked for, and are not known here. */
static const char *
read_transaction(struct fields *fields, json_error_t *error)
{
    const char *issuer, *entrance_code, *return_url, *language = "nl", *own = "", *wrong;
    int identity = 0, other;

    if (json_unpack_ex(fields->root, error, JSON_STRICT,
                       "{s:s, s:s, s:s, s:s, s?s, s?s, s?b, s?b, s?b, s?b, s?b, s?b, s?b, s?b}",
                       "merchant_token", &fields->token, "issuer_id", &issuer, "entrance_code",
                       &entrance_code, "merchant_return_url", &return_url, "language", &language,
                       "transaction_reference", &own, "identity", &identity, "name", &other,
                       "gender", &other, "address", &other, "date_of_birth", &other, "18y_or_older",
                       &other, "email_address", &other, "telephone_number", &other) != 0)
        return error->text;
    wrong = check_transaction(fields, issuer, entrance_code, return_url, language, identity);
    if (wrong)
        return wrong;
    fields->asked = (struct acquirer_request){.expiry_s = LIFETIME_S};
    snprintf(fields->asked.issuer, sizeof fields->asked.issuer, "%s", issuer);
    snprintf(fields->asked.entrance_code, sizeof fields->asked.entrance_code, "%s", entrance_code);
    snprintf(fields->asked.return_url, sizeof fields->asked.return_url, "%s", return_url);
    return NULL;
}

/* Returns NULL, or what is wrong. */
static const char *
read_fields(struct fields *fields, enum acquirer_request_kind kind, json_error_t *error)
{
    if (!fields->root)
        return error->text;
    if (kind == ACQUIRER_TRANSACTION)
        return read_transaction(fields, error);
    if (json_unpack_ex(fields->root, error, 0, "{s:s}", "merchant_token", &fields->token) != 0)
        return error->text;
    if (kind == ACQUIRER_DIRECTORY)
        return json_object_size(fields->root) == 1 ? NULL : "merchant_token is the only field";
    return json_unpack_ex(fields->root, error, JSON_STRICT, "{s:s, s:s, s:s}", "merchant_token",
                          &fields->token, "transaction_id", &fields->transaction,
                          "merchant_reference", &fields->reference) == 0
               ? NULL
               : error->text;
}

/* Reads a request. Returns ACQUIRER_GO_ON, or what was replied. */
static int
admit(struct sandbox *sandbox, struct http_request *request, enum acquirer_request_kind kind,
      struct fields *fields, struct http_reply *ret_reply)
{
    json_error_t error;
    const char *wrong;

    fields->token = fields->transaction = fields->reference = "";
    if (!sandbox->acquirer)
        return phone_pages_unknown(sandbox, request, ret_reply);
    if (!http_content_type_is(request->content_type, JSON_TYPE))
        return reply_message(ret_reply, 415, "the body is not application/json");
    fields->root = json_loadb(request->body, request->body_size, JSON_REJECT_DUPLICATES, &error);
    wrong = read_fields(fields, kind, &error);
    if (wrong)
        return reply_message(ret_reply, 400, wrong);
    return strlen(fields->token) == TOKEN_UUID_SIZE - 1 &&
                   secret_equal_bytes(fields->token, sandbox->merchant_token, TOKEN_UUID_SIZE)
               ? ACQUIRER_GO_ON
               : reply_message(ret_reply, 403, "Authorization required.");
}

int
cm_api_directory(struct sandbox *sandbox, struct http_request *request,
                 struct http_reply *ret_reply)
{
    FIELDS_AUTO fields = {.root = NULL};
    int admitted = admit(sandbox, request, ACQUIRER_DIRECTORY, &fields, ret_reply);
    const struct bank *bank;
    json_t *issuers;

    if (admitted != ACQUIRER_GO_ON)
        return admitted;
    events_add(&sandbox->events, sandbox->codes.now_ms, EVENT_DIRECTORY, "", "");
    if (fault_on(&sandbox->faults, FAULT_ACQUIRER_DIRECTORY_GARBAGE))
        return http_reply_copy(ret_reply, 200, JSON_TYPE, "<html>", strlen("<html>"));
    issuers = json_array();
    for (size_t i = 0; (bank = bank_at(i)); i++)
        (void)json_array_append_new(
            issuers, json_pack("{s:s, s:s}", "issuer_id", bank->bic, "issuer_name", bank->name));
    return json_reply(ret_reply, 200, JSON_TYPE,
                      json_pack("[{s:s, s:o}]", "country", "Nederland", "issuers", issuers));
}

int
cm_api_transaction(struct sandbox *sandbox, struct http_request *request,
                   struct http_reply *ret_reply)
{
    FIELDS_AUTO fields = {.root = NULL};
    char url[ACQUIRER_URL_SIZE];
    struct code *code;
    int error, result = admit(sandbox, request, ACQUIRER_TRANSACTION, &fields, ret_reply);

    if (result == ACQUIRER_GO_ON)
        result = acquirer_trx_spoil(sandbox, request, ACQUIRER_TRANSACTION, JSON_TYPE, ret_reply);
    if (result == ACQUIRER_FAIL)
        return reply_message(ret_reply, 400, "The issuer is not available.");
    if (result != ACQUIRER_GO_ON)
        return result;
    error = acquirer_trx_begin(sandbox, &fields.asked, acquirer_trx_bank(fields.asked.issuer),
                               &code, url);
    if (error == IDQ_BUSY)
        return reply_message(ret_reply, 503, "Too many transactions.");
    if (error < 0 || token_uuid(code->reference) < 0)
        return IDQ_SYSTEM;
    return json_reply(ret_reply, 200, JSON_TYPE,
                      json_pack("{s:s, s:s, s:s}", "transaction_id", code->transaction_id,
                                "merchant_reference", code->reference, "issuer_authentication_url",
                                url));
}

/* The answer about an ended transaction, in which a fault may name another one, or another bank. */
static json_t *
answer_of(const struct sandbox *sandbox, const struct code *code)
{
    const struct faults *faults = &sandbox->faults;
    const char *of_idx = acquirer_trx_status(sandbox, code);
    const char *issuer = code->issuer->bic;
    char word[16], id[CODE_TRANSACTION_SIZE];

    snprintf(word, sizeof word, "%c%s", tolower((unsigned char)of_idx[0]), of_idx + 1);
    snprintf(id, sizeof id, "%s", code->transaction_id);
    if (fault_on(faults, FAULT_CM_OTHER_ID))
        id[sizeof id - 2] ^= 1;
    if (fault_on(faults, FAULT_CM_OTHER_BANK))
        issuer = bank_at(issuer == bank_at(0)->bic)->bic;
    if (strcmp(word, "success") != 0)
        return json_pack("{s:s, s:s}", "status", word, "transaction_id", id);
    if (acquirer_trx_is_late(sandbox, code))
        return json_pack("{s:s, s:s, s:s, s:s, s:s}", "status", word, "transaction_id", id,
                         "issuer_id", issuer, "notice", "The status was requested too late.",
                         "notice_code", "late");
    return json_pack("{s:s, s:s, s:s, s:s*}", "status", word, "transaction_id", id, "issuer_id",
                     issuer, "bin", code->bin[0] ? code->bin : NULL);
}

int
cm_api_status(struct sandbox *sandbox, struct http_request *request, struct http_reply *ret_reply)
{
    FIELDS_AUTO fields = {.root = NULL};
    int result = admit(sandbox, request, ACQUIRER_STATUS, &fields, ret_reply);
    struct code *code = NULL;
    json_t *answer;

    if (result != ACQUIRER_GO_ON)
        return result;
    code = codes_by_transaction(&sandbox->codes, fields.transaction);
    if (!code || strcmp(code->reference, fields.reference) != 0)
        return reply_message(ret_reply, 400, "The transaction is not known.");
    result = acquirer_trx_spoil(sandbox, request, ACQUIRER_STATUS, JSON_TYPE, ret_reply);
    if (result == ACQUIRER_FAIL)
        return reply_message(ret_reply, 400, "The issuer is not available.");
    if (result != ACQUIRER_GO_ON)
        return result;
    if (fault_on(&sandbox->faults, FAULT_ACQUIRER_STATUS_DOWN))
        return http_reply_copy(ret_reply, 502, "text/html", "<html>", strlen("<html>"));
    answer = answer_of(sandbox, code);
    code_told(&sandbox->codes, code);
    return json_reply(ret_reply, 200, JSON_TYPE, answer);
}
