/* SPDX-License-Identifier: BSD-3-Clause */
/* What an OpenID provider answers, and the keys that are pinned for it. The whole input is taken
 * for each kind of answer, for an ID token, for the claims of one, since a fuzzer would be long in
 * finding base64url, and for a JWK Set. */
#include "pam_idinqr/agent/oidc_device_messages.h"
#include "pam_idinqr/common/wiping_heap.h"
#include "pam_idinqr/common/text.h"
#include "pam_idinqr/common/error.h"
#include "pam_idinqr/common/subject.h"
#include "tests/fuzz/target.h"
#include "tests/unit/id_tokens.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#define ISSUER "https://id.example.nl"
#define NOW    1800000000 /* as in the seeds */

static const struct id_token_terms terms = {.issuer = ISSUER,
                                            .client_id = "desk",
                                            .subject_claim = "sub",
                                            .required_acr = "substantial high",
                                            .asked = NOW,
                                            .now = NOW};

/* RFC 8037, A.2: the key of the seed id_token_signed. */
#define PINNED                                                                                     \
    "{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"kid\":\"pinned\","                          \
    "\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}]}"

static void
must_be_https(const char *text)
{
    struct https_url url;

    MUST(https_url_parse(text, strlen(text), &url) == 0);
}

static void
read_discovery(const char *body, size_t size)
{
    static const struct oidc_endpoints untouched;
    struct oidc_endpoints endpoints = untouched;
    const char *trouble = NULL;
    int error = oidc_read_discovery(body, size, ISSUER, "", &endpoints, &trouble);

    if (error) {
        MUST((error == IDQ_REPLY || error == IDQ_CONFIG) && trouble && trouble[0]);
        MUST(memcmp(&endpoints, &untouched, sizeof endpoints) == 0);
        return;
    }
    must_be_https(endpoints.device_authorization);
    must_be_https(endpoints.token);
}

static void
read_device(const char *body, size_t size)
{
    OIDC_DEVICE_AUTO device = {.device_code = ""};
    const char *trouble = NULL;
    int error = oidc_read_device(body, size, &device, &trouble);

    if (error) {
        MUST(error == IDQ_REPLY && trouble && trouble[0]);
        MUST(target_is_zero(&device, sizeof device));
        return;
    }
    MUST(device.device_code[0] && strlen(device.device_code) <= OIDC_DEVICE_CODE_MAX);
    MUST(device.user_code[0] && strlen(device.user_code) <= USER_CODE_MAX);
    MUST(characters_are_printable_ascii(device.user_code, strlen(device.user_code)));
    MUST(device.url[0] && strlen(device.url) <= PAYLOAD_MAX);
    MUST(device.expires_in_s > 0);
    MUST(device.interval_s >= 0 && device.interval_s <= OIDC_INTERVAL_MAX_S);
}

static void
check_result(int error, struct result_message *result, const char *trouble)
{
    MUST(error == 0 || error == IDQ_REPLY || error == IDQ_SIGNATURE);
    if (error == 0 && result->outcome == IDQ_OK) {
        MUST(subject_check_claim(result->subject) == 0);
        MUST(strcmp(result->issuer, ISSUER) == 0);
        MUST(strcmp(result->loa, "substantial") == 0 || strcmp(result->loa, "high") == 0);
    } else {
        /* An unverified result holds no identity. */
        MUST(trouble && trouble[0] && error_is_known(result->outcome));
        result->outcome = 0;
        MUST(target_is_zero(result, sizeof *result));
    }
    result_wipe(result);
}

static void
read_tokens(const char *body, size_t size)
{
    struct result_message result;
    const char *trouble = NULL, *token;
    int error = oidc_read_token(body, size, &terms, &result, &trouble);

    check_result(error, &result, trouble);
    error = id_token_read(body, size, &terms, &result, &trouble);
    check_result(error, &result, trouble);
    token = id_token_of(ID_TOKEN_HEADER, body); /* up to a zero byte */
    error = id_token_read(token, strlen(token), &terms, &result, &trouble);
    check_result(error, &result, trouble);
}

/* The same with pinned keys: none of them has signed what id_token_of makes. */
static void
read_signed_tokens(const char *body, size_t size)
{
    struct id_token_terms pinned = terms;
    struct result_message result;
    const char *trouble = NULL, *token;
    KEY_SET_AUTO *keys = NULL;
    int error;

    MUST(key_set_read(PINNED, strlen(PINNED), &keys, &trouble) == 0);
    pinned.keys = keys;
    error = id_token_read(body, size, &pinned, &result, &trouble);
    check_result(error, &result, trouble);
    token = id_token_of("{\"alg\":\"EdDSA\",\"kid\":\"pinned\"}", body);
    MUST(id_token_read(token, strlen(token), &pinned, &result, &trouble) != 0);
    token = id_token_of(body, "{}");
    MUST(id_token_read(token, strlen(token), &pinned, &result, &trouble) != 0);
}

/* A set that is taken has a key; without a signature nothing is verified by it. */
static void
read_keys(const char *body, size_t size)
{
    const char *trouble = NULL;
    KEY_SET_AUTO *keys = NULL;
    int error = key_set_read(body, size, &keys, &trouble);

    MUST((error == 0) == (keys != NULL));
    MUST(error == 0 || (error == IDQ_CONFIG && trouble && trouble[0]));
    if (keys)
        for (size_t i = 0; i < 3; i++) {
            static const char *const algs[] = {"RS256", "ES256", "EdDSA"};
            json_t *header = json_pack("{s:s}", "alg", algs[i]);
            MUST(header && key_set_verify(keys, header, "text", 4, "", 0));
            json_decref(header);
        }
}

static void
read_refusal(const char *body, size_t size)
{
    char word[OIDC_WORD_SIZE];
    enum oidc_refusal refusal = oidc_read_refusal(body, size, word);

    MUST((refusal == OIDC_NO_WORD) == (word[0] == '\0'));
    MUST(memchr(word, 0, sizeof word));
    MUST(characters_are_printable_ascii(word, strlen(word)));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *body = target_copy(data, size), *text = strndup((const char *)data, size);

    MUST(text);
    json_set_alloc_funcs(wiping_heap_malloc, wiping_heap_free); /* as in the agent */
    read_discovery(body, size);
    read_device(body, size);
    read_refusal(body, size);
    read_keys(body, size);
    read_tokens(text, strlen(text));
    read_signed_tokens(text, strlen(text));
    free(text);
    free(body);
    return 0;
}
