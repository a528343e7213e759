/* SPDX-License-Identifier: BSD-3-Clause */
/* See scripted_fetch.h. */
#include "tests/unit/scripted/scripted_fetch.h"

#include "pam_idinqr/agent/picture_request.h"
#include "pam_idinqr/common/error.h"
#include "pam_idinqr/common/wiping_heap.h"

#include <check.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct script script;

struct scripted_answer *
script_answer(const char *body)
{
    struct scripted_answer *answer = &script.answers[script.n_answers];

    ck_assert_uint_lt(script.n_answers++, SCRIPT_MAX);
    *answer = (struct scripted_answer){.status = 200,
                                       .body = body,
                                       .content_type = body ? "application/json" : "image/png",
                                       .signed_how = body ? 1 : 0,
                                       .retry_after_s = -1};
    return answer;
}

struct scripted_answer *
script_unsigned(long status, const char *body)
{
    struct scripted_answer *answer = script_answer(body);

    answer->status = status;
    answer->signed_how = 0;
    return answer;
}

void
script_rewind(void)
{
    script.n_asked = 0;
}

void
script_clear(void)
{
    script_rewind();
    script.n_answers = 0;
}

/* A header that is not sent is "". */
static void
note_header(char *ret_noted, size_t capacity, const char *value)
{
    ck_assert_uint_lt(value ? strlen(value) : 0, capacity);
    strcpy(ret_noted, value ? value : "");
}

/* RFC 8032, 7.1, TEST 1: the private key of SCRIPT_PUBLIC_KEY. */
static const unsigned char private_key[] = {
    0x9d, 0x61, 0xb1, 0x9d, 0xef, 0xfd, 0x5a, 0x60, 0xba, 0x84, 0x4a, 0xf4, 0x92, 0xec, 0x2c, 0xc4,
    0x44, 0x49, 0xc5, 0x69, 0x7b, 0x32, 0x69, 0x19, 0x70, 0x3b, 0xac, 0x03, 0x1c, 0xae, 0x7f, 0x60};

static void
sign_ed25519(const struct scripted_answer *answer, struct fetch_response *response)
{
    EVP_PKEY *key =
        EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, private_key, sizeof private_key);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    unsigned char signature[64];
    size_t size = sizeof signature;

    ck_assert(key && context && EVP_DigestSignInit(context, NULL, NULL, NULL, key) == 1);
    ck_assert(EVP_DigestSign(context, signature, &size, (unsigned char *)response->body,
                             response->body_size) == 1);
    if (answer->signed_how < 0)
        signature[0] ^= 1;
    EVP_EncodeBlock((unsigned char *)response->signature, signature, sizeof signature);
    EVP_MD_CTX_free(context);
    EVP_PKEY_free(key);
}

static void
sign_hmac(const struct scripted_answer *answer, struct fetch_response *response)
{
    unsigned char mac[32];
    size_t mac_size;

    ck_assert(EVP_Q_mac(NULL, "HMAC", NULL, "SHA256", NULL, SCRIPT_KEY, strlen(SCRIPT_KEY),
                        (unsigned char *)response->body, response->body_size, mac, sizeof mac,
                        &mac_size));
    for (size_t i = 0; i < sizeof mac; i++)
        sprintf(response->signature + 2 * i, "%02x", answer->signed_how < 0 ? mac[i] ^ 1 : mac[i]);
}

static void
sign(const struct scripted_answer *answer, struct fetch_response *response)
{
    response->signature_count = abs(answer->signed_how);
    if (answer->signed_how == 0)
        return;
    if (script.is_ed25519)
        sign_ed25519(answer, response);
    else
        sign_hmac(answer, response);
}

int
fetch_request(struct fetch *fetch, const struct fetch_request *request,
              struct fetch_response *ret_response)
{
    const struct scripted_answer *answer = &script.answers[script.n_asked];
    struct scripted_request *asked = &script.asked[script.n_asked];

    (void)fetch;
    ck_assert_msg(script.n_asked++ < script.n_answers, "one request too many: %s", request->url);
    ck_assert_uint_lt(strlen(request->url), sizeof asked->url);
    ck_assert_uint_lt(request->body_size, sizeof asked->body);
    memset(asked, 0, sizeof *asked); /* of a run before this one */
    strcpy(asked->url, request->url);
    if (request->body)
        memcpy(asked->body, request->body, request->body_size);
    asked->is_post = request->body != NULL;
    note_header(asked->content_type, sizeof asked->content_type, request->content_type);
    note_header(asked->authorization, sizeof asked->authorization, request->authorization);
    asked->timeout_ms = request->timeout_ms;
    asked->uncancelled = request->uncancelled;
    asked->grace_ms = request->grace_ms;
    memset(ret_response, 0, sizeof *ret_response);
    if (answer->status == 0)
        return answer->error;
    ret_response->status = answer->status;
    ret_response->retry_after_s = answer->retry_after_s;
    ret_response->clock_ahead_s = answer->clock_ahead_s;
    strcpy(ret_response->content_type, answer->content_type);
    if (answer->body) {
        const char *body =
            answer->make ? answer->make(asked->body, answer->make_with) : answer->body;
        ret_response->body = wiping_heap_strdup(body);
        ret_response->body_size = strlen(body);
    } else {
        unsigned char *png = qr_png_make(&script.picture, &ret_response->body_size);
        ret_response->body = wiping_heap_malloc(ret_response->body_size);
        memcpy(ret_response->body, png, ret_response->body_size);
        free(png);
    }
    sign(answer, ret_response);
    return 0;
}

int
fetch_wait(struct fetch *fetch)
{
    (void)fetch;
    return 0;
}

bool
picture_has_reader(int socket)
{
    return socket == PICTURE_SOCKET;
}

/* As if it had been read: a picture that was made above says what it was made of. */
int
picture_request(struct wire *wire, int socket, const void *png, size_t size, int timeout_ms,
                char ret_payload[PAYLOAD_MAX + 1])
{
    size_t made_size;
    unsigned char *made = qr_png_make(&script.picture, &made_size);
    int is_made = size == made_size && memcmp(png, made, size) == 0;

    (void)wire;
    (void)timeout_ms;
    ck_assert_int_eq(socket, PICTURE_SOCKET);
    ck_assert_uint_lt(strlen(script.picture.payload), PAYLOAD_MAX + 1);
    free(made);
    if (!is_made || script.picture.copies > 1)
        return IDQ_PICTURE;
    strcpy(ret_payload, script.picture.payload);
    return 0;
}
