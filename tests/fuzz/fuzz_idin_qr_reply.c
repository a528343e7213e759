/* SPDX-License-Identifier: BSD-3-Clause */
/* What the QR backend answers: a header that should sign the body, and the body.
 *
 *     first byte    bit 0: the key is given in hexadecimal; the others: how often the header came
 *     a line        the value of the header
 *     the rest      the body
 *
 * The signature is compared with one that libmd computes; the body is read whether it is signed or
 * not, since a backend may be taken over too. */
#include "pam_idinqr/agent/idin_qr_messages.h"
#include "pam_idinqr/common/wiping_heap.h"
#include "pam_idinqr/common/text.h"
#include "pam_idinqr/common/error.h"
#include "pam_idinqr/common/signature.h"
#include "pam_idinqr/identity/identity.h"
#include "pam_idinqr/common/subject.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/target.h"

#include <jansson.h>
#include <limits.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define KEY_TEXT "6b6579" /* "key", in hexadecimal */
/* RFC 8032, 7.1, TEST 1. */
#define KEY_PUBLIC "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
#define QR_ID      "0b6f3b1e"
#define NONCE      "00112233445566778899aabbccddeeff"

static void
check_signature(int flags, const char *header, const char *body, size_t size)
{
    SECRET_AUTO *key = NULL;
    enum signing_key_encoding encoding = flags & 1 ? SIGNING_KEY_HEX : SIGNING_KEY_TEXT;
    unsigned char mac[HMAC_SHA256_SIZE];
    char hex[2 * sizeof mac + 1];
    int count = flags >> 1, is_right;

    MUST(signing_key_read(KEY_TEXT, encoding, &key) == 0);
    hmac_sha256(secret_bytes(key), secret_size(key), body, size, mac);
    for (size_t i = 0; i < sizeof mac; i++)
        snprintf(hex + 2 * i, 3, "%02x", mac[i]);
    is_right = count == 1 && strcasecmp(hex, header) == 0;
    MUST(signature_check(key, encoding, body, size, header, count) ==
         (is_right ? 0 : IDQ_SIGNATURE));
    MUST(signature_check(key, encoding, body, size, hex, 1) == 0);
}

/* Nothing here has the private key. */
static void
check_public(int flags, const char *header, const char *body, size_t size)
{
    SECRET_AUTO *key = NULL;

    MUST(signing_key_read(KEY_PUBLIC, SIGNING_KEY_ED25519, &key) == 0);
    MUST(signature_check(key, SIGNING_KEY_ED25519, body, size, header, flags >> 1) ==
         IDQ_SIGNATURE);
}

/* A setting comes from the administrator, and may be anything all the same. */
static void
read_key(const char *text)
{
    SECRET_AUTO *key = NULL, *public_key = NULL;
    int result = signing_key_read(text, SIGNING_KEY_HEX, &key);
    char again[4 * SIGNING_KEY_PUBLIC_SIZE];

    MUST(result == 0 || (result == IDQ_CONFIG && !key));
    MUST(result != 0 || (strlen(text) > 0 && secret_size(key) * 2 == strlen(text)));
    result = signing_key_read(text, SIGNING_KEY_ED25519, &public_key);
    MUST(result == 0 || (result == IDQ_CONFIG && !public_key));
    if (result == 0) {
        MUST(secret_size(public_key) == SIGNING_KEY_PUBLIC_SIZE);
        EVP_EncodeBlock((unsigned char *)again, (unsigned char *)secret_bytes(public_key),
                        SIGNING_KEY_PUBLIC_SIZE);
        MUST(strcmp(again, text) == 0);
    }
}

static int
repeats_nonce(const char *body, size_t size)
{
    json_t *object = json_loadb(body, size, 0, NULL);
    const char *nonce = json_string_value(json_object_get(object, "nonce"));
    int repeats = nonce && strcmp(nonce, NONCE) == 0;

    json_decref(object);
    return repeats;
}

static void
read_generate(const char *body, size_t size, bool is_relay)
{
    struct generate_answer answer = {.qr_id = ""}, untouched = answer;
    const struct generate_request request = {
        .is_relay = is_relay, .nonce = NONCE, .station = "Balie 3", .service = "sudo"};
    const char *problem = NULL;
    int result = idin_qr_read_generate(body, size, &request, &answer, &problem);
    bool is_link = answer.qr_payload[0] != '\0';
    const char *link = is_link ? answer.qr_payload : answer.qr_url;

    if (result != 0) {
        MUST(result == IDQ_REPLY && memcmp(&answer, &untouched, sizeof answer) == 0);
        MUST(problem && problem[0]);
        return;
    }
    MUST(!is_relay || repeats_nonce(body, size));
    MUST(answer.qr_id[0] && strlen(answer.qr_id) <= QR_ID_MAX);
    MUST(link[0] && strlen(link) <= (is_link ? PAYLOAD_MAX : HTTPS_URL_MAX));
    MUST(characters_are_visible_ascii(answer.qr_id, strlen(answer.qr_id)));
    MUST(characters_are_visible_ascii(link, strlen(link)));
    MUST(is_relay || !is_link);
    MUST(!is_link || answer.qr_url[0] == '\0');
}

static void
read_status(const char *body, size_t size, bool is_relay)
{
    const struct status_request request = {
        .qr_id = QR_ID, .nonce = NONCE, .is_relay = is_relay, .tries_most = 3};
    const char *problem = NULL;
    struct provider_status status;
    struct result_message *result = &status.result;
    long retry_after_s = LONG_MIN;
    int error = idin_qr_read_status(body, size, &request, &status, &retry_after_s, &problem);
    int is_verified = status.state == PROVIDER_DONE && result->outcome == IDQ_OK;

    MUST(error == 0 || error == IDQ_REPLY || error == IDQ_OTHER_CODE);
    if (error == 0) {
        MUST(repeats_nonce(body, size));
        MUST(retry_after_s >= -1 && retry_after_s <= INT_MAX && status.next_ms == 0);
        MUST(error_is_known(result->outcome));
        MUST(status.state != PROVIDER_NUMBER ||
             (is_relay && status.tries_left >= 1 && status.tries_left <= 3));
    }
    MUST(error == 0 || (problem && problem[0]));
    MUST(characters_are_clean(result->transaction, strlen(result->transaction)));
    if (error == 0 && is_verified) {
        MUST(is_relay ? subject_is_hash(result->subject, strlen(result->subject))
                      : subject_check_bin(result->subject) == 0);
        MUST(characters_are_clean(result->issuer, strlen(result->issuer)));
        MUST(characters_are_clean(result->loa, strlen(result->loa)));
    } else {
        /* An unverified result holds no identity. */
        MUST(target_is_zero(result->subject, sizeof result->subject));
        MUST(!result->issuer[0] && !result->loa[0]);
    }
    result_wipe(result);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input input = {data, size};
    int flags = input_u8(&input);
    char header[200], *body;

    (void)input_text(&input, '\n', header, sizeof header);
    json_set_alloc_funcs(wiping_heap_malloc, wiping_heap_free); /* as in the agent */
    body = target_copy(input.at, input.left);
    check_signature(flags, header, body, input.left);
    check_public(flags, header, body, input.left);
    read_key(header);
    read_generate(body, input.left, false);
    read_generate(body, input.left, true);
    read_status(body, input.left, false);
    read_status(body, input.left, true);
    free(body);
    return 0;
}
