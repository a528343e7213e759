/* SPDX-License-Identifier: BSD-3-Clause */
/* See peer_reply.h. */
#include "tests/faults/peer_reply.h"

#include "pam_idinqr/common/array.h"
#include "tests/faults/peer_dialect.h"
#include "tests/unit/id_tokens.h"
#include "tests/unit/qr_png.h"
#include "tests/harness/scratch.h"

#include <check.h>
#include <limits.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define LINK      "$URL/q/abc"
#define HUGE_SIZE "104857600"

struct body {
    char *bytes;
    size_t size;
};

/* What is told at `status`, with `id_token` for who it is. */
static char *
expand(const struct peer *peer, const struct peer_person *person, const char *status,
       const char *id_token, const char *text)
{
    char url[64], port[16], times[3][24], *expanded = NULL;
    size_t size;
    FILE *out = open_memstream(&expanded, &size);
    const struct {
        const char *word, *value;
    } words[] = {
        {"$URL", url},
        {"$PORT", port},
        {"$ID_TOKEN", id_token},
        {"$IDENTITY", person->identity},
        {"$ID", PEER_QR_ID},
        {"$BIN", person->bin},
        {"$PIN", peer->pin},
        {"$WORD", status},
        {"$REFERENCE", peer->reference},
        {"$REPEATED", peer->repeated},
        {"$AN_HOUR_AGO", times[0]},
        {"$NOW", times[1]},
        {"$IN_AN_HOUR", times[2]},
    };

    ck_assert_ptr_nonnull(out);
    snprintf(url, sizeof url, "https://127.0.0.1:%u", peer->port);
    snprintf(port, sizeof port, "%u", peer->port);
    for (int i = 0; i < 3; i++)
        snprintf(times[i], sizeof times[i], "%ld", (long)time(NULL) + (i - 1) * 3600L);
    while (*text != '\0') {
        size_t i = 0;
        while (i < ARRAY_LENGTH(words) && strncmp(text, words[i].word, strlen(words[i].word)) != 0)
            i++;
        if (i == ARRAY_LENGTH(words)) {
            fputc(*text++, out);
        } else {
            fputs(words[i].value, out);
            text += strlen(words[i].word);
        }
    }
    ck_assert_int_eq(fclose(out), 0);
    return expanded;
}

char *
peer_expand(const struct peer *peer, const struct peer_person *person, const char *text)
{
    return expand(peer, person, "", "", text);
}

/* "" for a protocol that has none; freed by the caller. */
static char *
make_id_token(const struct peer *peer, const struct peer_person *person,
              const struct peer_answer *answer)
{
    const struct peer_dialect *dialect = peer->dialect;
    const char *header = answer->token_header ? answer->token_header : dialect->token_header;
    char *claims, *token;
    const char *whole;

    if (!dialect->claims)
        return strdup("");
    claims = peer_expand(peer, person, answer->claims ? answer->claims : dialect->claims);
    whole = id_token_of(header, claims);
    token = scratch_text("%.*s%s", answer->token_end ? (int)(strrchr(whole, '.') - whole) : INT_MAX,
                         whole, answer->token_end ? answer->token_end : "");
    free(claims);
    return token;
}

static struct body
draw_picture(const struct peer *peer, const struct peer_person *person,
             const struct peer_answer *answer)
{
    char *link = peer_expand(peer, person, answer->link ? answer->link : LINK);
    const struct qr_png_options options = {.payload = link, .module_px = 6, .quiet = 4};
    struct body body;

    body.bytes =
        (char *)(answer->draw ? answer->draw(link, &body.size) : qr_png_make(&options, &body.size));
    free(link);
    return body;
}

void
peer_reply_prepare(const struct peer *peer, const struct peer_person *person,
                   struct peer_answer *answer)
{
    struct body body;

    if (!answer->draw)
        return;
    body = draw_picture(peer, person, answer);
    answer->body = body.bytes;
    answer->body_size = body.size;
}

static struct body
make_body(const struct peer *peer, const struct peer_person *person, enum peer_stage stage,
          const char *word, const struct peer_answer *answer)
{
    struct body body = {.size = answer->body_size};
    char *id_token;

    if (stage == PEER_PICTURE && !answer->body)
        return draw_picture(peer, person, answer);
    if (answer->body && answer->body_size > 0) {
        body.bytes = malloc(answer->body_size);
        ck_assert_ptr_nonnull(body.bytes);
        memcpy(body.bytes, answer->body, answer->body_size);
        return body;
    }
    id_token = make_id_token(peer, person, answer);
    body.bytes = expand(peer, person, word, id_token,
                        answer->body ? answer->body : peer_dialect_body(peer->dialect, stage));
    body.size = strlen(body.bytes);
    free(id_token);
    return body;
}

static void
put_signature(FILE *out, const struct peer_person *person, const struct body *body,
              enum peer_signing signing)
{
    unsigned char key[sizeof person->signing_key], mac[32];
    size_t size = 0;
    char hex[67] = "";

    memcpy(key, person->signing_key, sizeof key);
    key[0] ^= signing == PEER_SIGNED_OTHER_KEY;
    ck_assert(EVP_Q_mac(
        NULL, "HMAC", NULL, "SHA256", NULL, key, sizeof key, (unsigned char *)body->bytes,
        signing == PEER_SIGNED_OTHER_BODY ? body->size - 1 : body->size, mac, sizeof mac, &size));
    mac[31] ^= signing == PEER_SIGNED_WRONG;
    for (size_t i = 0; i < size; i++)
        snprintf(hex + 2 * i, 3, signing == PEER_SIGNED_UPPER_CASE ? "%02X" : "%02x", mac[i]);
    if (signing == PEER_SIGNED_SHORT)
        hex[63] = '\0';
    if (signing == PEER_SIGNED_LONG)
        memcpy(hex + 64, "00", 3);
    if (signing == PEER_SIGNED_EMPTY)
        hex[0] = '\0';
    if (signing == PEER_SIGNED_NO_HEX)
        memset(hex, 'g', 64);
    fprintf(out, "x-idin-qr-hash: %s\r\n", hex);
    if (signing == PEER_SIGNED_BOTH)
        hex[0] = hex[0] == '0' ? '1' : '0';
    if (signing == PEER_SIGNED_TWICE || signing == PEER_SIGNED_BOTH)
        fprintf(out, "x-idin-qr-hash: %s\r\n", hex);
}

static int
is_chunked(enum peer_act act)
{
    return act == PEER_CHUNKS || act == PEER_CHUNK_GARBAGE || act == PEER_CHUNK_ENDLESS;
}

static void
put_head(FILE *out, const struct peer *peer, const struct peer_person *person,
         enum peer_stage stage, const struct peer_answer *answer, const struct body *body,
         enum peer_act act)
{
    char *headers = peer_expand(peer, person, answer->headers ? answer->headers : "");
    const char *type = answer->content_type    ? answer->content_type
                       : stage == PEER_PICTURE ? "image/png"
                                               : "application/json";

    fprintf(out, "HTTP/1.1 %s\r\n",
            answer->status ? answer->status : peer_dialect_status(peer->dialect, stage));
    if (*type != '\0')
        fprintf(out, "Content-Type: %s\r\n", type);
    fputs(headers, out);
    free(headers);
    if (peer->dialect->is_signed && stage != PEER_PICTURE && answer->signing != PEER_UNSIGNED &&
        answer->signing != PEER_SIGNED_TRAILER)
        put_signature(out, person, body, answer->signing);
    if (is_chunked(act) || answer->signing == PEER_SIGNED_TRAILER)
        fputs("Transfer-Encoding: chunked\r\n", out);
    else if (act == PEER_HUGE_BODY)
        fputs("Content-Length: " HUGE_SIZE "\r\n", out);
    else
        fprintf(out, "Content-Length: %zu\r\n", body->size - (act == PEER_SHORT_LENGTH));
    fputs("\r\n", out);
}

static void
put_body(FILE *out, const struct peer_person *person, const struct peer_answer *answer,
         const struct body *body, enum peer_act act)
{
    if (act == PEER_CHUNK_GARBAGE)
        fputs("twelve\r\n", out);
    if (act == PEER_CHUNKS)
        for (size_t i = 0; i < body->size; i++)
            fprintf(out, "1\r\n%c\r\n", body->bytes[i]);
    else if (answer->signing == PEER_SIGNED_TRAILER)
        fprintf(out, "%zx\r\n%s\r\n0\r\n", body->size, body->bytes);
    else
        fwrite(body->bytes, 1, body->size, out);
    if (answer->signing == PEER_SIGNED_TRAILER)
        put_signature(out, person, body, PEER_SIGNED);
    if (act == PEER_CHUNKS)
        fputs("0\r\n", out);
    if (act == PEER_CHUNKS || answer->signing == PEER_SIGNED_TRAILER)
        fputs("\r\n", out);
}

struct peer_reply
peer_reply_make(const struct peer *peer, const struct peer_person *person, enum peer_stage stage,
                const char *word, const struct peer_answer *answer, enum peer_act act)
{
    struct body body = make_body(peer, person, stage, word, answer);
    struct peer_reply reply = {0};
    FILE *out = open_memstream(&reply.bytes, &reply.size);

    ck_assert_ptr_nonnull(out);
    put_head(out, peer, person, stage, answer, &body, act);
    ck_assert_int_eq(fflush(out), 0);
    reply.head_size = reply.size;
    put_body(out, person, answer, &body, act);
    ck_assert_int_eq(fclose(out), 0);
    free(body.bytes);
    return reply;
}
