/* SPDX-License-Identifier: BSD-3-Clause */
/* The relay runs this on answers from the network: CM.com's iDIN API 1.0, as its documentation has
 * it. See CM.COM in idinqr-relay(8). An answer has no signature: TLS alone protects it. */
#include "pam_idinqr/relay/acquirer.h"

#include "pam_idinqr/agent/encoding.h"
#include "pam_idinqr/common/array.h"
#include "pam_idinqr/common/error.h"
#include "pam_idinqr/common/subject.h"
#include "pam_idinqr/common/text.h"

#include <stdio.h>

#define DAY_MS      ((int64_t)24 * 60 * 60 * 1000)
#define BIC_LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

/* --- requests --------------------------------------------------------------------------------- */

/* Takes over `request`, which may be NULL. */
static int
write_request(json_t *request, char **ret_text, size_t *ret_size)
{
    SECRET_AUTO *text = json_text_write(request);
    char *copy = text ? strndup(secret_bytes(text), secret_size(text)) : NULL;

    if (!copy)
        return IDQ_SYSTEM;
    *ret_text = copy;
    *ret_size = secret_size(text);
    return 0;
}

static int
build_directory(const struct acquirer *acquirer, int64_t now_ms, char **ret_text, size_t *ret_size)
{
    (void)now_ms;
    return write_request(json_pack("{s:s}", "merchant_token", acquirer->cm->merchant_token),
                         ret_text, ret_size);
}

/* The BIN, and nothing else about the person. */
static int
build_transaction(const struct acquirer *acquirer, const struct idx_request *request,
                  int64_t now_ms, char **ret_text, size_t *ret_size)
{
    (void)now_ms;
    return write_request(json_pack("{s:s, s:b, s:s, s:s, s:s, s:s}", "merchant_token",
                                   acquirer->cm->merchant_token, "identity", 1, "issuer_id",
                                   request->issuer, "entrance_code", request->entrance_code,
                                   "merchant_return_url", acquirer->return_url, "language",
                                   request->language),
                         ret_text, ret_size);
}

static int
build_status(const struct acquirer *acquirer, const struct store_trx *trx, int64_t now_ms,
             char **ret_text, size_t *ret_size)
{
    (void)now_ms;
    return write_request(json_pack("{s:s, s:s, s:s}", "merchant_token",
                                   acquirer->cm->merchant_token, "transaction_id", trx->id,
                                   "merchant_reference", trx->reference),
                         ret_text, ret_size);
}

/* --- answers ---------------------------------------------------------------------------------- */

static int
fail(struct idx_failure *failure, int error, const char *reason)
{
    snprintf(failure->reason, sizeof failure->reason, "%s", reason);
    return error;
}

static bool
read_issuer(const json_t *issuer, struct idx_issuer *ret_issuer)
{
    size_t size;

    if (json_text_required(issuer, "issuer_id", ret_issuer->id, sizeof ret_issuer->id) != 0 ||
        json_text_optional(issuer, "issuer_name", ret_issuer->name, sizeof ret_issuer->name) != 0)
        return false;
    size = strlen(ret_issuer->id);
    return (size == 8 || size == 11) && strspn(ret_issuer->id, BIC_LETTERS) == size &&
           ret_issuer->name[0];
}

/* Returns the number of issuers, or 0 if one is invalid. ret_directory: or NULL, to count them. */
static size_t
read_countries(const json_t *countries, struct idx_directory *ret_directory)
{
    const json_t *country, *issuer;
    struct idx_issuer one;
    size_t i, j, n = 0;

    json_array_foreach(countries, i, country)
    {
        json_array_foreach(json_object_get(country, "issuers"), j, issuer)
        {
            one = (struct idx_issuer){.id = ""};
            if (!read_issuer(issuer, &one))
                return 0;
            if (ret_directory)
                ret_directory->issuers[n] = one;
            n++;
        }
    }
    return n;
}

static int
read_directory(const struct acquirer *acquirer, const char *body, size_t size,
               struct idx_directory **ret_directory, struct idx_failure *ret_failure)
{
    JSON_AUTO *countries = json_loadb(body, size, JSON_REJECT_DUPLICATES, NULL);
    size_t n = read_countries(countries, NULL);
    struct idx_directory *directory = NULL;

    (void)acquirer;
    memset(ret_failure, 0, sizeof *ret_failure);
    if (n == 0)
        return fail(ret_failure, IDQ_REPLY, "the list of banks is empty or invalid");
    directory = calloc(1, sizeof *directory + n * sizeof directory->issuers[0]);
    if (!directory)
        return fail(ret_failure, IDQ_SYSTEM, "out of memory");
    directory->n_issuers = read_countries(countries, directory);
    *ret_directory = directory;
    return 0;
}

static int
read_transaction(const struct acquirer *acquirer, const char *body, size_t size,
                 struct store_trx *ret_trx, char ret_url[IDX_URL_SIZE],
                 struct idx_failure *ret_failure)
{
    JSON_AUTO *answer = json_text_read(body, size);
    char id[STORE_TRX_SIZE], reference[STORE_WORD_SIZE], url[IDX_URL_SIZE];
    struct https_url parsed;

    (void)acquirer;
    memset(ret_failure, 0, sizeof *ret_failure);
    if (json_text_required(answer, "transaction_id", id, sizeof id) != 0 ||
        !characters_have_form(id, "0000000000000000"))
        return fail(ret_failure, IDQ_REPLY, "transaction_id is not 16 digits");
    if (json_text_required(answer, "merchant_reference", reference, sizeof reference) != 0)
        return fail(ret_failure, IDQ_REPLY, "merchant_reference is missing or too long");
    if (json_text_required(answer, "issuer_authentication_url", url, sizeof url) != 0 ||
        https_url_parse(url, strlen(url), &parsed) != 0)
        return fail(ret_failure, IDQ_REPLY, "issuer_authentication_url is not an https URL");
    memcpy(ret_trx->id, id, sizeof id);
    memcpy(ret_trx->reference, reference, sizeof reference);
    memcpy(ret_url, url, sizeof url);
    return 0;
}

/* Those of the documentation. */
static const struct {
    const char *word;
    enum idx_status status;
} statuses[] = {{"open", IDX_OPEN},
                {"success", IDX_SUCCESS},
                {"cancelled", IDX_CANCELLED},
                {"expired", IDX_EXPIRED},
                {"failure", IDX_FAILED}};

static enum idx_status
find_status(const json_t *word)
{
    for (size_t i = 0; json_is_string(word) && i < ARRAY_LENGTH(statuses); i++)
        if (strcmp(json_string_value(word), statuses[i].word) == 0)
            return statuses[i].status;
    return 0;
}

static bool
is_text(const json_t *member, const char *text)
{
    return json_is_string(member) && strcmp(json_string_value(member), text) == 0;
}

static int
read_bin(const json_t *member, struct idx_result *ret_result, struct idx_failure *ret_failure)
{
    const char *bin = json_string_value(member);
    int error = bin ? subject_check_bin(bin) : IDQ_NO_SUBJECT;

    if (error != 0)
        return fail(ret_failure, error, "bin is not an identity that stays the same");
    ret_result->bin = secret_copy(bin, strlen(bin));
    return ret_result->bin ? 0 : fail(ret_failure, IDQ_SYSTEM, "out of memory");
}

static int
read_status(const struct acquirer *acquirer, const char *body, size_t size,
            const struct idx_asked *asked, struct idx_result *ret_result,
            struct idx_failure *ret_failure)
{
    JSON_AUTO *answer = json_text_read(body, size);
    enum idx_status status = find_status(json_object_get(answer, "status"));
    const json_t *bin = json_object_get(answer, "bin"),
                 *issuer = json_object_get(answer, "issuer_id");
    bool has_bin = bin && !json_is_null(bin);
    int error = 0;

    (void)acquirer;
    memset(ret_failure, 0, sizeof *ret_failure);
    if (status == 0)
        return fail(ret_failure, IDQ_REPLY, "the answer has no status of the documentation");
    if (!is_text(json_object_get(answer, "transaction_id"), asked->transaction))
        return fail(ret_failure, IDQ_OTHER_CODE, "the answer is about another transaction");
    if (has_bin && status != IDX_SUCCESS)
        return fail(ret_failure, IDQ_REPLY, "the status and the identity do not agree");
    if (status == IDX_SUCCESS && !has_bin)
        status = IDX_LATE;
    if (has_bin && !is_text(issuer, asked->issuer))
        return fail(ret_failure, IDQ_OTHER_CODE, "the answer is about another bank");
    if (has_bin)
        error = read_bin(bin, ret_result, ret_failure);
    if (error == 0)
        ret_result->status = status;
    return error;
}

const struct acquirer_language acquirer_cm = {
    .content_type = "application/json",
    .refuses_by_http = true,
    .list_ms = DAY_MS,
    .list_max_ms = 7 * DAY_MS,
    .build_directory = build_directory,
    .build_transaction = build_transaction,
    .build_status = build_status,
    .read_directory = read_directory,
    .read_transaction = read_transaction,
    .read_status = read_status,
};
