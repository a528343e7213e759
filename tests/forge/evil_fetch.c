/* SPDX-License-Identifier: BSD-3-Clause */
/* Acts as a fetch process that an attacker controls. It is linked with fetch/fetch_main.c, and
 * replaces transport_request. It has all that the fetch process gets (the requests with their
 * tokens, the network), recordings of earlier logins, and public data. Its order is a word and a
 * number:
 *
 *   record 0     passes everything on, and writes it down
 *   whole N      answers as in the N-th recorded login
 *   code N       the code of the N-th, and its status live
 *   status N     a live code, and the end of the N-th for its status
 *   forge K      a live code, and the K-th forged answer for its status
 *   skip K       the same, when the person has approved and a relay wants the number. With the last
 *                K it guesses numbers instead, as often as the relay lets it
 *   lend 0       passes on and writes down, but keeps the number that the person types, and the
 * code borrow N     the code of the login before, its status live with the number N
 */
#include "pam_idinqr/common/error.h"
#include "pam_idinqr/common/wiping_heap.h"
#include "pam_idinqr/fetch/jail_rules.h"
#include "pam_idinqr/fetch/transport.h"
#include "tests/forge/evil.h"

#include <jansson.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

int __wrap_jail_narrow(struct wire *wire, const struct fetch_setup *setup);
int __wrap_transport_request(struct transport *transport, const struct fetch_request *request,
                             struct fetch_response *ret_response);
int __real_transport_request(struct transport *transport, const struct fetch_request *request,
                             struct fetch_response *ret_response);

int
__wrap_jail_narrow(struct wire *wire, const struct fetch_setup *setup)
{
    (void)wire;
    (void)setup;
    return 0;
}

static void
must(int condition)
{
    if (!condition)
        _exit(93);
}

static char order[32];
static int number;

static void
read_order(void)
{
    if (!order[0])
        must(sscanf(evil_read(EVIL_ORDER_FILE), "%31s %d", order, &number) == 2);
}

/* --- the kinds of a request, with each provider -------------------------------------------------
 */

enum kind {
    OTHER = 'o',   /* a token of the client's, a discovery document */
    CODE = 'c',    /* a code is asked for */
    PICTURE = 'p', /* of the code */
    STATUS = 's',  /* whether a person has approved */
};

static int
has(const struct fetch_request *request, const char *text)
{
    return request->body && memmem(request->body, request->body_size, text, strlen(text)) != NULL;
}

static enum kind
kind_of(const struct fetch_request *request)
{
    const char *path = strchr(request->url + strlen("https://"), '/');

    if (strstr(path, "/status") || has(request, "device_code=") ||
        (strstr(path, "/sessions/") && !request->body))
        return STATUS;
    if (request->accept && strcmp(request->accept, "image/png") == 0)
        return PICTURE;
    if (strstr(path, "/generate") || strstr(path, "/device") ||
        (strstr(path, "/sessions") && request->body))
        return CODE;
    return OTHER;
}

/* --- recordings ---------------------------------------------------------------------------------
 */

static char *
encode(const void *bytes, size_t size)
{
    char *text = malloc(size * 4 / 3 + 5);

    must(text != NULL);
    EVP_EncodeBlock((unsigned char *)text, bytes, (int)size);
    return text;
}

static void
record(const struct fetch_request *request, const struct fetch_response *response)
{
    char kind[] = {(char)kind_of(request), '\0'}, *line;
    json_t *entry =
        json_pack("{s:s, s:i, s:s, s:s, s:i, s:s}", "kind", kind, "http", (int)response->status,
                  "type", response->content_type, "signature", response->signature, "count",
                  response->signature_count, "body", encode(response->body, response->body_size));

    must(entry && (line = json_dumps(entry, JSON_COMPACT)) != NULL);
    evil_append(EVIL_RECORD_FILE, line);
}

/* The last answer of this kind in the n-th login, or for -1 in any. A login ends with the status
 * that is not of an open one, behind which the next request is for another code. */
static json_t *
find_record(int n, enum kind wanted)
{
    static char *text;
    json_t *found = NULL;
    int login = -1;
    char last = STATUS, *at, *line;

    if (!text)
        text = evil_read(EVIL_RECORD_FILE);
    at = strdup(text);
    must(at != NULL);
    while ((line = strsep(&at, "\n")) && *line) {
        json_t *entry = json_loads(line, 0, NULL);
        char kind;
        must(entry != NULL);
        kind = json_string_value(json_object_get(entry, "kind"))[0];
        if (last == STATUS && kind != STATUS)
            login++;
        last = kind;
        if ((n < 0 || login == n) && kind == (char)wanted)
            found = entry;
    }
    must(found != NULL);
    return found;
}

static void
set_body(struct fetch_response *response, const void *bytes, size_t size)
{
    response->body = wiping_heap_calloc(1, size + 1);
    must(response->body != NULL);
    memcpy(response->body, bytes, size);
    response->body_size = size;
}

static void
set_signature(struct fetch_response *response, const char *signature, int count)
{
    must(strlen(signature) < sizeof response->signature);
    strcpy(response->signature, signature);
    response->signature_count = count;
}

static void
replay(int n, enum kind kind, struct fetch_response *response)
{
    json_t *entry = find_record(n, kind);
    const char *body = json_string_value(json_object_get(entry, "body"));
    size_t size = strlen(body);
    unsigned char *bytes = malloc(size + 4);

    must(bytes && EVP_DecodeBlock(bytes, (const unsigned char *)body, (int)size) >= 0);
    size = size / 4 * 3 - (size > 0 && body[size - 1] == '=') - (size > 1 && body[size - 2] == '=');
    response->status = json_integer_value(json_object_get(entry, "http"));
    strcpy(response->content_type, json_string_value(json_object_get(entry, "type")));
    set_signature(response, json_string_value(json_object_get(entry, "signature")),
                  (int)json_integer_value(json_object_get(entry, "count")));
    response->retry_after_s = -1;
    set_body(response, bytes, size);
}

/* --- forgeries ----------------------------------------------------------------------------------
 */

static json_t *
json_of(const struct fetch_response *response)
{
    json_t *json = json_loadb(response->body, response->body_size, 0, NULL);

    must(json != NULL);
    return json;
}

static void
set_json(struct fetch_response *response, json_t *json)
{
    char *text = json_dumps(json, JSON_COMPACT);

    must(text != NULL);
    wiping_heap_free(response->body);
    set_body(response, text, strlen(text));
}

static const char *
hmac(const void *key, size_t key_size, const struct fetch_response *response)
{
    static char hex[65];
    unsigned char mac[32];
    size_t size;

    must(EVP_Q_mac(NULL, "HMAC", NULL, "SHA256", NULL, key, key_size,
                   (unsigned char *)response->body, response->body_size, mac, sizeof mac,
                   &size) != NULL);
    for (size_t i = 0; i < sizeof mac; i++)
        sprintf(hex + 2 * i, "%02x", mac[i]);
    return hex;
}

/* A success about this question: all of it right but the signature. */
static void
forge_status(const struct fetch_request *request, const struct fetch_response *live,
             struct fetch_response *response)
{
    json_t *asked = json_loadb(request->body, request->body_size, 0, NULL), *answer;
    const char *token = json_string_value(json_object_get(asked, "merchant_token"));
    char recorded[sizeof response->signature], *public = evil_read(EVIL_PUBLIC_FILE);
    unsigned char raw[100];
    static const char zeros[] =
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==";

    replay(0, STATUS, response);
    strcpy(recorded, response->signature);
    answer = json_of(response);
    must(asked && json_object_set(answer, "qr_id", json_object_get(asked, "qr_id")) == 0 &&
         json_object_set(answer, "nonce", json_object_get(asked, "nonce")) == 0);
    set_json(response, answer);
    switch (number) {
    case 0: /* of a recorded answer about the same person */
        break;
    case 1:
        set_signature(response, "", 0);
        break;
    case 2:
        set_signature(response, "", 1);
        break;
    case 3: /* of the true answer to this question */
        set_signature(response, live->signature, live->signature_count);
        break;
    case 4: /* the same, twice */
        set_signature(response, live->signature, 2);
        break;
    case 5: /* the true answer as it is, and more behind it */
        set_signature(response, live->signature, live->signature_count);
        char *both = NULL;
        must(asprintf(&both, "%s%s", live->body, response->body) > 0);
        wiping_heap_free(response->body);
        set_body(response, both, strlen(both));
        break;
    case 6: /* a key that fetch knows, in place of the one it does not */
        must(token != NULL);
        set_signature(response, hmac(token, strlen(token), response), 1);
        break;
    case 7:
        set_signature(response, hmac("", 0, response), 1);
        break;
    case 8: /* the public key, as the text of a shared one */
        set_signature(response, hmac(public, strlen(public), response), 1);
        break;
    case 9: /* and as its bytes */
        memset(raw, 0, sizeof raw);
        (void)EVP_DecodeBlock(raw, (const unsigned char *)public,
                              (int)(strlen(public) < 100 ? strlen(public) & ~3UL : 0));
        set_signature(response, hmac(raw, 32, response), 1);
        break;
    case 10:
        set_signature(response, zeros, 1);
        break;
    case 11:
        set_signature(response, "0000000000000000000000000000000000000000000000000000000000000000",
                      1);
        break;
    default:
        _exit(94);
    }
}

static const char *
base64url(const void *bytes, size_t size)
{
    char *text = encode(bytes, size), *end = text + strlen(text);

    for (char *at = text; *at; at++)
        *at = *at == '+' ? '-' : *at == '/' ? '_' : *at;
    while (end > text && end[-1] == '=')
        *--end = '\0';
    return text;
}

static json_t *
part_of(const char *part, size_t size)
{
    unsigned char bytes[8192];
    char padded[8192];
    int length;
    json_t *json;

    must(size + 4 < sizeof padded);
    snprintf(padded, sizeof padded, "%.*s%s", (int)size, part,
             size % 4 == 2   ? "=="
             : size % 4 == 3 ? "="
                             : "");
    for (char *at = padded; *at; at++)
        *at = *at == '-' ? '+' : *at == '_' ? '/' : *at;
    length = EVP_DecodeBlock(bytes, (const unsigned char *)padded, (int)strlen(padded));
    must(length > 0);
    json = json_loadb((char *)bytes, (size_t)length - (size % 4 == 2 ? 2 : size % 4 == 3), 0, NULL);
    must(json != NULL);
    return json;
}

static const char *
signed_by_a_stranger(const char *content)
{
    EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    unsigned char signature[64];
    size_t size = sizeof signature;

    must(key && context && EVP_DigestSignInit(context, NULL, NULL, NULL, key) == 1 &&
         EVP_DigestSign(context, signature, &size, (const unsigned char *)content,
                        strlen(content)) == 1);
    return base64url(signature, size);
}

/* The person of a recorded token, at this moment. */
static void
forge_token(struct fetch_response *response)
{
    char *token, *claims_at, *signature_at, *content = NULL, *made = NULL, *header_text,
                                            *claims_text;
    const char *signature, *public = evil_read(EVIL_PUBLIC_FILE);
    json_t *answer, *header, *claims;
    time_t now = time(NULL);
    unsigned char mac[32];
    size_t size;

    replay(0, STATUS, response);
    answer = json_of(response);
    token = strdup(json_string_value(json_object_get(answer, "id_token")));
    must(token && (claims_at = strchr(token, '.')) && (signature_at = strchr(claims_at + 1, '.')));
    header = part_of(token, (size_t)(claims_at - token));
    claims = part_of(claims_at + 1, (size_t)(signature_at - claims_at - 1));
    json_object_set_new(claims, "iat", json_integer(now));
    json_object_set_new(claims, "exp", json_integer(now + 300));
    if (number == 1)
        json_object_set_new(header, "alg", json_string("none"));
    if (number == 2)
        json_object_set_new(header, "alg", json_string("HS256"));
    if (number == 3 || number == 4)
        json_object_set_new(header, "alg", json_string("EdDSA"));
    if (number == 4)
        json_object_set_new(header, "kid", json_string("another"));
    must((header_text = json_dumps(header, JSON_COMPACT)) &&
         (claims_text = json_dumps(claims, JSON_COMPACT)));
    must(asprintf(&content, "%s.%s", base64url(header_text, strlen(header_text)),
                  base64url(claims_text, strlen(claims_text))) > 0);
    signature = signature_at + 1; /* 0: of the recorded token */
    switch (number) {
    case 0:
        break;
    case 1:
        signature = "AAAA";
        break;
    case 2: /* keyed with what is public */
        must(EVP_Q_mac(NULL, "HMAC", NULL, "SHA256", NULL, public, strlen(public),
                       (unsigned char *)content, strlen(content), mac, sizeof mac, &size) != NULL);
        signature = base64url(mac, size);
        break;
    case 3:
    case 4:
        signature = signed_by_a_stranger(content);
        break;
    case 5:
        signature = "AAAA";
        break;
    default:
        _exit(94);
    }
    must(asprintf(&made, "%s.%s", content, signature) > 0);
    json_object_set_new(answer, "id_token", json_string(made));
    set_json(response, answer);
}

/* Signicat's answers are not signed: what is right in it is the login's own. */
static void
forge_session(const struct fetch_response *live, struct fetch_response *response)
{
    json_t *answer, *recorded;

    replay(0, STATUS, response);
    recorded = json_of(response);
    answer = json_of(live);
    json_object_set(answer, "status", json_object_get(recorded, "status"));
    must(json_object_update_missing(answer, recorded) == 0);
    set_json(response, answer);
}

#define GUESS 12 /* behind the last forgery */

/* Has the relay compare a number that the person did not type here. */
static int
send_number(struct transport *transport, const struct fetch_request *request, unsigned typed,
            struct fetch_response *ret_response)
{
    struct fetch_request guessing = *request;
    json_t *asked = json_loadb(request->body, request->body_size, 0, NULL);
    char text[20];

    snprintf(text, sizeof text, "%06u", typed);
    must(asked && json_object_set_new(asked, "number", json_string(text)) == 0);
    guessing.body = json_dumps(asked, JSON_COMPACT);
    must(guessing.body != NULL);
    guessing.body_size = strlen(guessing.body);
    return __real_transport_request(transport, &guessing, ret_response);
}

/* Two logins of one desk at the same time, whose fetch processes are in league. */
static int
lend(struct transport *transport, const struct fetch_request *request,
     struct fetch_response *ret_response)
{
    int error;

    if (has(request, "\"number\":") || strstr(request->url, "/cancel")) {
        ret_response->status = 404;
        ret_response->retry_after_s = -1;
        return 0;
    }
    error = __real_transport_request(transport, request, ret_response);
    if (!error)
        record(request, ret_response);
    return error;
}

static int
borrow(struct transport *transport, const struct fetch_request *request, enum kind kind,
       struct fetch_response *ret_response)
{
    if (kind == STATUS)
        return send_number(transport, request, (unsigned)number, ret_response);
    replay(-1, kind, ret_response);
    return 0;
}

/* Returns whether the relay wants the number now. */
static int
wants_number(const struct fetch_response *live)
{
    json_t *answer = live->status == 200 ? json_of(live) : NULL;
    const char *status = json_string_value(json_object_get(answer, "status"));

    return status && strcmp(status, "number") == 0;
}

static int
forge(const struct fetch_request *request, const struct fetch_response *live,
      struct fetch_response *response)
{
    if (has(request, "device_code="))
        forge_token(response);
    else if (request->body)
        forge_status(request, live, response);
    else
        forge_session(live, response);
    return 0;
}

/* Removes `wait`, so that the backend answers at once. No person will approve. */
static int
ask_at_once(struct transport *transport, const struct fetch_request *request,
            struct fetch_response *ret_response)
{
    struct fetch_request hasty = *request;
    json_t *asked =
        has(request, "\"wait\":") ? json_loadb(request->body, request->body_size, 0, NULL) : NULL;

    if (asked) {
        must(json_object_del(asked, "wait") == 0);
        hasty.body = json_dumps(asked, JSON_COMPACT);
        must(hasty.body != NULL);
        hasty.body_size = strlen(hasty.body);
    }
    return __real_transport_request(transport, &hasty, ret_response);
}

int
__wrap_transport_request(struct transport *transport, const struct fetch_request *request,
                         struct fetch_response *ret_response)
{
    enum kind kind = kind_of(request);
    RESPONSE_AUTO live = {0};
    static unsigned n_guesses;
    int error;

    read_order();
    memset(ret_response, 0, sizeof *ret_response);
    if (strcmp(order, "whole") == 0 || (strcmp(order, "code") == 0 && kind != STATUS) ||
        (strcmp(order, "status") == 0 && kind == STATUS)) {
        replay(number, kind, ret_response);
        return 0;
    }
    if (strcmp(order, "forge") == 0 && kind == STATUS) {
        error = ask_at_once(transport, request, &live);
        return error ? error : forge(request, &live, ret_response);
    }
    if (strcmp(order, "skip") == 0 && kind == STATUS) {
        error = __real_transport_request(transport, request, &live);
        if (!error && wants_number(&live) && number == GUESS)
            return send_number(transport, request, n_guesses++ * 4711 % 1000000, ret_response);
        if (!error && wants_number(&live)) {
            forge_status(request, &live, ret_response);
            return 0;
        }
        *ret_response = live;
        memset(&live, 0, sizeof live); /* moved */
        return error;
    }
    if (strcmp(order, "lend") == 0)
        return lend(transport, request, ret_response);
    if (strcmp(order, "borrow") == 0 && !strstr(request->url, "/cancel"))
        return borrow(transport, request, kind, ret_response);
    error = __real_transport_request(transport, request, ret_response);
    if (!error && strcmp(order, "record") == 0)
        record(request, ret_response);
    return error;
}
