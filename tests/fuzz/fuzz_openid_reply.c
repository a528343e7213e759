/* SPDX-License-Identifier: BSD-3-Clause */
/* What an OpenID provider or CM.com answers to a relay. The whole input is taken for a provider's
 * document, for the answer of its token endpoint, for an ID token, and for the outer header of an
 * encrypted one; and for each of CM.com's answers. */
#include "pam_idinqr/common/error.h"
#include "pam_idinqr/common/text.h"
#include "pam_idinqr/common/wiping_heap.h"
#include "pam_idinqr/common/subject.h"
#include "pam_idinqr/relay/acquirer.h"
#include "pam_idinqr/relay/openid_messages.h"
#include "tests/fuzz/target.h"

#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The key of the seed token_encrypted, for which this is encrypted, and what is in it. */
#define KEY                                                                                        \
    "-----BEGIN PRIVATE KEY-----\n"                                                                \
    "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgrlP5pBdR2pkWQqFI\n"                           \
    "8kPXt2ZwFLKn9nnVNmWKVSfVL6WhRANCAAT87vbG94Lhvbly/72OV6ndMC1Cx9Je\n"                           \
    "BwkppcxV+cAcasv8HKZnkgHAjR2JuHMkMkViJugctqm8ZYiBQ6mgxo1o\n"                                   \
    "-----END PRIVATE KEY-----\n"
#define HEADER                                                                                     \
    "eyJhbGciOiJFQ0RILUVTIiwiZW5jIjoiQTEyOEdDTSIsImN0eSI6IkpXVCIsImVwayI6eyJ4IjoibDNtdzVMTWxXWTNt" \
    "djFCU3AzWTFqYnl2MmlsSVFTb2dXeFh5NGJXM2NlNCIsImNydiI6IlAtMjU2Iiwia3R5IjoiRUMiLCJ5IjoiUy1lSFpY" \
    "OEpwdmtxODNIQXQ5THIzc2xOVVhKN09Sd3dmeDIzajZzLUpOcyJ9fQ"
#define PARTS "..ojdDqvbxZa1GtXiY.LYoM9MrOWtCxl6qSHnrAMccLeQ5auogOaz-Lz3o.APfhyJPvIautHQ1J8wH2lg"
#define INNER "eyJhbGciOiJFUzI1NiJ9.e30.c2ln"

static const struct openid_settings settings = {.issuer = "https://id.example.nl",
                                                .client_id = "desk",
                                                .scope = "openid",
                                                .acr_values = "high",
                                                .decryption_key_file = "/key"};
static EVP_PKEY *key;

static void
read_provider(const char *body, size_t size)
{
    static const struct openid_provider untouched;
    static const struct openid_request request = {"https://desk.example.nl/return", "nl", "state",
                                                  "nonce", "verifier"};
    struct openid_provider provider = untouched;
    char address[4096];
    struct https_url url;
    const char *trouble = NULL;
    int error = openid_read_provider(body, size, &settings, &provider, &trouble);

    if (error != 0) {
        MUST(error == IDQ_REPLY && trouble && trouble[0]);
        MUST(memcmp(&provider, &untouched, sizeof provider) == 0);
        return;
    }
    MUST(https_url_parse(provider.token, strlen(provider.token), &url) == 0 && url.port == 443);
    MUST(https_url_parse(provider.keys, strlen(provider.keys), &url) == 0 && url.port == 443);
    MUST(openid_write_url(&provider, &settings, &request, address, sizeof address) == 0);
    MUST(https_url_parse(address, strlen(provider.authorization), &url) == 0);
    MUST(!strchr(address, '#') && strstr(address, "response_type=code&"));
}

static void
read_token(const char *body, size_t size, EVP_PKEY *with, bool is_inner)
{
    struct secret *token = NULL;
    const char *trouble = NULL;
    int error = openid_read_token(body, size, with, &token, &trouble);

    MUST((error == 0) == (token != NULL));
    if (error != 0) {
        MUST(error == IDQ_REPLY && trouble && trouble[0]);
        return;
    }
    (void)openid_needs_keys(token, NULL);
    if (is_inner)
        MUST(strcmp(secret_bytes(token), INNER) == 0);
    secret_free(&token);
}

/* As the member of an answer. */
static void
read_id_token(const char *text, size_t size, EVP_PKEY *with, bool is_inner)
{
    json_t *root = json_pack("{s:s%}", "id_token", text, size); /* NULL: no UTF-8 */
    char *body = root ? json_dumps(root, JSON_COMPACT) : NULL;

    if (body)
        read_token(body, strlen(body), with, is_inner);
    json_decref(root);
    wiping_heap_free(body);
}

/* The header is a part of what is encrypted: no other one opens the content. */
static void
read_header(const char *header, size_t size)
{
    char *token = malloc(CHARACTERS_BASE64URL_SIZE(size) + sizeof PARTS);
    size_t end;

    MUST(token);
    end = characters_write_base64url(header, size, token);
    memcpy(token + end, PARTS, sizeof PARTS);
    read_id_token(token, strlen(token), key, true);
    free(token);
}

/* --- CM.com ----------------------------------------------------------------------------------- */

static const struct acquirer cm;

/* The store keeps a bank as a line: id, blank, name. */
static void
read_cm_directory(const char *body, size_t size)
{
    struct idx_directory *directory = NULL;
    struct idx_failure failure;
    int error = acquirer_cm.read_directory(&cm, body, size, &directory, &failure);

    MUST((error == 0) == (directory != NULL) && (error == 0) == (failure.reason[0] == '\0'));
    for (size_t i = 0; directory && i < directory->n_issuers; i++) {
        const struct idx_issuer *bank = &directory->issuers[i];
        MUST(strlen(bank->id) == 8 || strlen(bank->id) == 11);
        MUST(!strchr(bank->id, ' ') && bank->name[0] && !strchr(bank->name, '\n'));
        MUST(characters_are_clean(bank->name, strlen(bank->name)));
    }
    free(directory);
}

static void
read_cm_transaction(const char *body, size_t size)
{
    static const struct store_trx untouched;
    struct store_trx trx = untouched;
    struct idx_failure failure;
    struct https_url parsed;
    char url[IDX_URL_SIZE] = "";
    int error = acquirer_cm.read_transaction(&cm, body, size, &trx, url, &failure);

    if (error != 0) {
        MUST(error == IDQ_REPLY && failure.reason[0] && url[0] == '\0');
        MUST(memcmp(&trx, &untouched, sizeof trx) == 0);
        return;
    }
    MUST(strlen(trx.id) == STORE_TRX_SIZE - 1 && trx.reference[0]);
    MUST(https_url_parse(url, strlen(url), &parsed) == 0);
}

static void
read_cm_status(const char *body, size_t size)
{
    static const struct idx_asked asked = {.transaction = "3645651845961623", .issuer = "INGBNL2A"};
    struct idx_result result = {.bin = NULL};
    struct idx_failure failure;
    int error = acquirer_cm.read_status(&cm, body, size, &asked, &result, &failure);

    MUST((error == 0) == (failure.reason[0] == '\0') && (error == 0) == (result.status != 0));
    MUST((result.bin != NULL) == (result.status == IDX_SUCCESS));
    if (result.bin)
        MUST(subject_check_bin(secret_bytes(result.bin)) == 0);
    idx_result_wipe(&result);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *body = target_copy(data, size), *text = strndup((const char *)data, size);

    MUST(text);
    json_set_alloc_funcs(wiping_heap_malloc, wiping_heap_free); /* as in the relay */
    if (!key) {
        BIO *memory = BIO_new_mem_buf(KEY, -1);
        key = PEM_read_bio_PrivateKey(memory, NULL, NULL, NULL);
        BIO_free(memory);
        MUST(key);
        read_id_token(HEADER PARTS, strlen(HEADER PARTS), key, true);
    }
    read_provider(body, size);
    read_token(text, strlen(text), NULL, false);
    read_token(text, strlen(text), key, false);
    read_id_token(text, strlen(text), NULL, false);
    read_id_token(text, strlen(text), key, false);
    read_header(body, size);
    read_cm_directory(body, size);
    read_cm_transaction(body, size);
    read_cm_status(body, size);
    free(text);
    free(body);
    return 0;
}
