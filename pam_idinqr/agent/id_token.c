/* See id_token.h. */
#include "pam_idinqr/agent/id_token.h"

#include "pam_idinqr/agent/json_text.h"
#include "pam_idinqr/common/copy_text.h"
#include "pam_idinqr/common/error.h"
#include "pam_idinqr/identity/subject.h"

#include <string.h>
#include <strings.h>

#define TIME_MAX 1e11 /* seconds: nobody's clock is in the year 5138 */

static int
base64url_value(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '-' ? 62 : c == '_' ? 63 : -1;
}

/* RFC 7515 section 2: no padding, no line breaks. Bits that no byte uses must be zero, so that each
 * text has one form. NULL when it is none, and when memory is short. */
static struct secret *
decode_base64url(const char *text, size_t size)
{
    struct secret *bytes = size % 4 == 1 ? NULL : secret_new(size / 4 * 3 + size % 4 * 3 / 4);
    unsigned bits = 0, n_bits = 0;
    size_t used = 0;

    if (!bytes)
        return NULL;
    for (size_t i = 0; i < size; i++) {
        int value = base64url_value(text[i]);
        if (value < 0) {
            secret_free(&bytes);
            return NULL;
        }
        bits = (bits << 6 | (unsigned)value) & 0xFFFF;
        n_bits += 6;
        if (n_bits >= 8) {
            n_bits -= 8;
            secret_bytes(bytes)[used++] = (char)(bits >> n_bits);
        }
    }
    if (bits & ((1u << n_bits) - 1))
        secret_free(&bytes);
    return bytes;
}

/* One of the first two parts of a token: a JSON object, or NULL. */
static json_t *
read_part(const char *part, size_t size)
{
    SECRET_AUTO *text = decode_base64url(part, size);

    return text ? json_text_read(secret_bytes(text), secret_size(text)) : NULL;
}

/* Whether a member is exactly this text. */
static int
is_text(const json_t *member, const char *text)
{
    return json_is_string(member) && json_string_length(member) == strlen(text) &&
           memcmp(json_string_value(member), text, strlen(text)) == 0;
}

static const char *
check_header(const json_t *header)
{
    const json_t *alg = json_object_get(header, "alg");

    if (!header || json_string_length(alg) == 0)
        return "its header is none";
    if (strcasecmp(json_string_value(alg), "none") == 0)
        return "it is not signed";
    /* RFC 7515 4.1.11: what is critical has to be understood, and nothing of it is. */
    if (json_object_get(header, "crit"))
        return "its header asks for more than is understood";
    return NULL;
}

static const char *
check_audience(const json_t *claims, const char *client_id)
{
    const json_t *aud = json_object_get(claims, "aud"), *azp = json_object_get(claims, "azp"), *one;
    size_t i;
    int is_ours = is_text(aud, client_id);

    json_array_foreach(aud, i, one)
    {
        if (!json_is_string(one))
            return "its aud is not a list of texts";
        is_ours |= is_text(one, client_id);
    }
    if (!is_ours)
        return "it is for another client";
    /* Among several, azp is the one that asked for it. */
    if (azp ? !is_text(azp, client_id) : json_array_size(aud) > 1)
        return "another client asked for it";
    return NULL;
}

/* A NumericDate, which may have a fraction. -1 when it is none. */
static double
read_time(const json_t *member)
{
    double seconds = json_number_value(member); /* 0 when it is no number */

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
    return NULL;
}

static int
is_in_list(const char *list, const char *word)
{
    size_t size = strlen(word);

    while (*(list += strspn(list, " "))) {
        size_t length = strcspn(list, " ");
        if (length == size && memcmp(list, word, size) == 0)
            return 1;
        list += length;
    }
    return 0;
}

/* The identity of a token that is ours. As id_token_read. */
static int
read_identity(const json_t *claims, const struct id_token_terms *terms,
              struct result_message *ret_result, const char **ret_trouble)
{
    const json_t *subject = json_object_get(claims, terms->subject_claim);
    size_t size = json_string_length(subject); /* 0 when it is no string */

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
    /* What is left must be one more part of the same kind: a fourth, or an encrypted token's five,
     * are no base64url. */
    SECRET_AUTO *bytes = decode_base64url(signature + 1, (size_t)(end - signature - 1));
    JSON_AUTO *header = read_part(token, (size_t)(claims_part - token));
    JSON_AUTO *claims = read_part(claims_part + 1, (size_t)(signature - claims_part - 1));
    if (!bytes || !claims)
        return IDQ_REPLY;
    trouble = check_header(header);
    if (!trouble && !is_text(json_object_get(claims, "iss"), terms->issuer))
        trouble = "it is another issuer's";
    if (!trouble)
        trouble = check_audience(claims, terms->client_id);
    if (!trouble)
        trouble = check_times(claims, terms);
    if (trouble) {
        *ret_trouble = trouble;
        return IDQ_REPLY;
    }
    error = read_identity(claims, terms, ret_result, ret_trouble);
    outcome = ret_result->outcome;
    if (error || outcome) {
        result_wipe(ret_result); /* a failure carries nothing of the person */
        ret_result->outcome = error ? 0 : outcome;
    }
    return error;
}
