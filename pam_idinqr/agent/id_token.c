/* SPDX-License-Identifier: BSD-3-Clause */
/* The agent runs this on a token from the network. */
#include "pam_idinqr/agent/id_token.h"

#include "pam_idinqr/agent/encoding.h"
#include "pam_idinqr/common/text.h"
#include "pam_idinqr/common/error.h"
#include "pam_idinqr/common/subject.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

#define TIME_MAX 1e11 /* seconds: the year 5138 */

/* Returns one of the first two parts of a token as a JSON object, or NULL. */
static json_t *
read_part(const char *part, size_t size)
{
    SECRET_AUTO *text = base64url_decode(part, size);

    return text ? json_text_read(secret_bytes(text), secret_size(text)) : NULL;
}

/* Returns whether a member is exactly this text. */
static bool
is_text(const json_t *member, const char *text)
{
    return json_is_string(member) && json_string_length(member) == strlen(text) &&
           memcmp(json_string_value(member), text, strlen(text)) == 0;
}

static const char *
check_header(const json_t *header, bool has_keys)
{
    const json_t *alg = json_object_get(header, "alg");

    if (!header || json_string_length(alg) == 0)
        return "its header is none";
    /* With keys, key_set_verify rejects it like any other unsupported alg. */
    if (!has_keys && strcasecmp(json_string_value(alg), "none") == 0)
        return "it is not signed";
    /* RFC 7515 4.1.11: critical extensions must be understood, and this code supports none. */
    if (json_object_get(header, "crit"))
        return "its header asks for more than is understood";
    return NULL;
}

static const char *
check_audience(const json_t *claims, const char *client_id)
{
    const json_t *aud = json_object_get(claims, "aud"), *azp = json_object_get(claims, "azp"), *one;
    size_t i;
    bool is_ours = is_text(aud, client_id);

    json_array_foreach(aud, i, one)
    {
        if (!json_is_string(one))
            return "its aud is not a list of texts";
        is_ours |= is_text(one, client_id);
    }
    if (!is_ours)
        return "it is for another client";
    /* With several audiences, azp is the client that requested the token. */
    if (azp ? !is_text(azp, client_id) : json_array_size(aud) > 1)
        return "another client asked for it";
    return NULL;
}

/* Returns a NumericDate, which may have a fraction, or -1 if it is invalid. */
static double
read_time(const json_t *member)
{
    double seconds = json_number_value(member); /* 0 if it is not a number */

    return seconds > 0 && seconds < TIME_MAX ? seconds : -1;
}

static const char *
check_times(const json_t *claims, const struct id_token_terms *terms)
{
    double exp = read_time(json_object_get(claims, "exp"));
    double iat = read_time(json_object_get(claims, "iat"));
    const json_t *nbf = json_object_get(claims, "nbf");

    if (exp < 0 || iat < 0)
        return "it has no exp and iat";
    if (exp + ID_TOKEN_SKEW_S <= (double)terms->now)
        return "it has expired";
    /* RFC 7519 4.1.5. */
    if (nbf && (read_time(nbf) < 0 || read_time(nbf) - ID_TOKEN_SKEW_S > (double)terms->now))
        return "it is not valid yet";
    if (iat - ID_TOKEN_SKEW_S > (double)terms->now)
        return "it was issued in the future";
    if (iat + ID_TOKEN_SKEW_S < (double)terms->asked)
        return "it was issued before this login";
    /* A token under a pinned key is valid without TLS, so the token of an earlier login must not
     * open this one. A person's approval takes longer than synchronized clocks differ. */
    if (terms->keys && !terms->nonce && iat < (double)terms->asked)
        return "it was issued before this login, or this machine's clock is ahead";
    return NULL;
}

static bool
is_in_list(const char *list, const char *word)
{
    size_t size = strlen(word);

    while (*(list += strspn(list, " "))) {
        size_t length = strcspn(list, " ");
        if (length == size && memcmp(list, word, size) == 0)
            return true;
        list += length;
    }
    return false;
}

/* Reads the identity of a token that was made for this client. Returns as id_token_read does. */
static int
read_identity(const json_t *claims, const struct id_token_terms *terms,
              struct result_message *ret_result, const char **ret_trouble)
{
    const json_t *subject = json_object_get(claims, terms->subject_claim);
    size_t size = json_string_length(subject); /* 0 if it is not a string */

    *ret_trouble = "its issuer is too long";
    if (copy_text(ret_result->issuer, sizeof ret_result->issuer, terms->issuer))
        return IDQ_REPLY;
    *ret_trouble = "its acr is not a short text";
    if (json_text_optional(claims, "acr", ret_result->loa, sizeof ret_result->loa))
        return IDQ_REPLY;
    *ret_trouble = "its acr is not one of required_acr";
    ret_result->outcome = IDQ_LOW_ASSURANCE;
    if (terms->required_acr[0] && !is_in_list(terms->required_acr, ret_result->loa))
        return 0;
    *ret_trouble = "its subject_claim holds no usable identity";
    ret_result->outcome = IDQ_NO_SUBJECT;
    if (size == 0 || size > SUBJECT_MAX)
        return 0;
    memcpy(ret_result->subject, json_string_value(subject), size + 1);
    ret_result->outcome = subject_check_claim(ret_result->subject);
    /* Another claim may pass on an identity of iDIN. `sub` is of this provider: OpenID Core 2. */
    if (ret_result->outcome == 0 && strcmp(terms->subject_claim, "sub") != 0 &&
        subject_is_transient(ret_result->subject))
        ret_result->outcome = IDQ_TRANSIENT;
    return 0;
}

int
id_token_read(const char *token, size_t size, const struct id_token_terms *terms,
              struct result_message *ret_result, const char **ret_trouble)
{
    const char *claims_part = memchr(token, '.', size);
    const char *end = token + size, *signature = NULL;
    const char *trouble = NULL;
    int error, outcome;

    memset(ret_result, 0, sizeof *ret_result);
    *ret_trouble = "it is not header.claims.signature";
    if (claims_part)
        signature = memchr(claims_part + 1, '.', (size_t)(end - claims_part - 1));
    if (!signature || signature + 1 == end)
        return IDQ_REPLY;
    /* The rest must be one more part in base64url. A fourth part, or the five of an encrypted
     * token, contain a dot, which is invalid there. */
    SECRET_AUTO *bytes = base64url_decode(signature + 1, (size_t)(end - signature - 1));
    JSON_AUTO *header = read_part(token, (size_t)(claims_part - token));
    JSON_AUTO *claims = read_part(claims_part + 1, (size_t)(signature - claims_part - 1));
    if (!bytes || !claims)
        return IDQ_REPLY;
    trouble = check_header(header, terms->keys != NULL);
    if (!trouble && terms->keys) {
        trouble = key_set_verify(terms->keys, header, token, (size_t)(signature - token),
                                 secret_bytes(bytes), secret_size(bytes));
        if (trouble) {
            *ret_trouble = trouble;
            return IDQ_SIGNATURE;
        }
    }
    if (!trouble && !is_text(json_object_get(claims, "iss"), terms->issuer))
        trouble = "it is another issuer's";
    if (!trouble)
        trouble = check_audience(claims, terms->client_id);
    if (!trouble && terms->nonce && !is_text(json_object_get(claims, "nonce"), terms->nonce))
        trouble = "it is of another login";
    if (!trouble)
        trouble = check_times(claims, terms);
    if (trouble) {
        *ret_trouble = trouble;
        return IDQ_REPLY;
    }
    error = read_identity(claims, terms, ret_result, ret_trouble);
    outcome = ret_result->outcome;
    if (error || outcome) {
        result_wipe(ret_result); /* an error returns no personal data */
        ret_result->outcome = error ? 0 : outcome;
    }
    return error;
}
