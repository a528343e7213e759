/* SPDX-License-Identifier: BSD-3-Clause */
/* What desks, phones and a QR backend may send to the relay (fuzzed_relay.h). The first
 * bytes say where a login is: 'q', behind a QR backend; 'z', confirm = none; and then 'p', a phone
 * is at the bank; 'n', the number is asked for; 's', the identity is there; 'o', only a code. The
 * rest is requests, each ended by a byte 0x1E, in lines: method and path; query; Accept-Language;
 * Content-Type; a letter for x-idin-qr-hash ('r', right; 'w', wrong; 't', twice); the rest is the
 * body. $-words stand for what an input cannot know: see words[]. */
#include "pam_idinqr/common/array.h"
#include "pam_idinqr/common/text.h"
#include "tests/fuzz/fuzzed_relay.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/target.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REQUESTS_MAX 16
#define BODY_MAX     8192
#define CALLS_MAX    4 /* of a request that is held */

static struct relay *relay;
static const struct store_login *begun;
static char number[RELAY_NUMBER_SIZE];
static bool has_number; /* was sent, or is not asked for */
static int n_successes;

/* In the place of web/http_client.c. */
int
http_client_post(struct http_client *client, const struct http_client_request *request,
                 http_client_done *done, void *context)
{
    (void)client;
    return fuzzed_relay_post(request, done, context);
}

/* --- one request -------------------------------------------------------------------------------
 */

/* Puts in what an input cannot know. Returns a text that the caller frees. */
static char *
fill(const char *text)
{
    const struct {
        const char *word, *value;
    } words[] = {{"$T", FUZZED_TOKEN},
                 {"$U", FUZZED_OTHER_TOKEN},
                 {"$I", begun->id},
                 {"$P", begun->path},
                 {"$X", FUZZED_TRX},
                 {"$Y", FUZZED_TRX_NEXT},
                 {"$E", FUZZED_ENTRANCE},
                 {"$N", number},
                 {"$D", "2027-01-15 08:05:00"}};
    char *filled = NULL;
    size_t size = 0, i;
    FILE *out = open_memstream(&filled, &size);

    MUST(out);
    while (*text) {
        for (i = 0; i < ARRAY_LENGTH(words) && strncmp(text, words[i].word, 2) != 0; i++)
            continue;
        if (i < ARRAY_LENGTH(words))
            fputs(words[i].value, out);
        else
            fputc(*text, out);
        text += i < ARRAY_LENGTH(words) ? 2 : 1;
    }
    MUST(fclose(out) == 0);
    return filled;
}

/* The value of a name in a query, cut where the next begins; the caller's to free. */
static char *
query_value(const char *query, const char *name)
{
    const char *at = strstr(query, name);

    return at ? strndup(at + strlen(name), strcspn(at + strlen(name), "&")) : strdup("");
}

/* Pages have these elements alone: a label, a bank or a query adds none. */
static void
check_page(const char *page)
{
    static const char *const names[] = {
        "!doctype", "html", "head",     "meta",   "title",  "style", "body",   "header", "main",
        "nav",      "a",    "p",        "b",      "strong", "h1",    "dl",     "dt",     "dd",
        "div",      "form", "fieldset", "legend", "label",  "input", "button", "output"};
    size_t i;

    for (const char *at = page; (at = strchr(at, '<')) != NULL;) {
        at += at[1] == '/' ? 2 : 1;
        for (i = 0; i < ARRAY_LENGTH(names); i++) {
            size_t size = strlen(names[i]);
            if (strncasecmp(at, names[i], size) == 0 && strchr(" >", at[size]))
                break;
        }
        MUST(i < ARRAY_LENGTH(names));
    }
}

/* Whether a request comes from this desk. */
static bool
is_of(const struct http_request *request, const char *token)
{
    json_t *root = json_loadb(request->body, request->body_size, JSON_REJECT_DUPLICATES, NULL);
    const char *sent = json_string_value(json_object_get(root, "merchant_token"));
    bool is = sent && strcmp(sent, token) == 0;

    json_decref(root);
    return is;
}

/* Whether an answer has the identity, but for the labels, which are the desk's own words. */
static bool
has_it(json_t *root)
{
    static const char *const labels[] = {"station", "service", "account"};
    json_t *rest = json_copy(root);
    char *text;
    bool has;

    for (size_t i = 0; i < ARRAY_LENGTH(labels); i++)
        (void)json_object_del(rest, labels[i]);
    text = json_dumps(rest, 0);
    has = text && strstr(text, FUZZED_IDENTITY);
    free(text);
    json_decref(rest);
    return has;
}

/* To a desk, or to a QR backend. */
static void
check_json(const struct http_request *request, const struct http_reply *reply, bool is_desk)
{
    json_t *root = json_loadb(reply->body, reply->body_size, JSON_REJECT_DUPLICATES, NULL);
    const char *id = json_string_value(json_object_get(root, "qr_id"));
    bool has_identity = has_it(root);

    MUST(json_is_object(root));
    MUST(!is_desk || (reply->n_headers > 0 &&
                      strcmp(reply->headers[reply->n_headers - 1].name, "x-idin-qr-hash") == 0));
    MUST(!has_identity || (is_desk && reply->status == 200));
    n_successes += has_identity;
    MUST(n_successes <= 1); /* there is one login with an identity */
    MUST(!has_identity || has_number);
    MUST(!has_identity || is_of(request, FUZZED_TOKEN));
    if (is_desk && reply->status == 200) {
        MUST(is_of(request, FUZZED_TOKEN) || is_of(request, FUZZED_OTHER_TOKEN));
        MUST(is_of(request, FUZZED_TOKEN) || !id || strcmp(id, begun->id) != 0);
    }
    json_decref(root);
}

static void
check_reply(const struct http_request *request, const struct http_reply *reply)
{
    static const unsigned statuses[] = {200, 400, 401, 404, 405, 409, 410, 415, 429, 502, 503, 504};
    bool is_desk = strncmp(request->path, "/desk/v1/", 9) == 0, is_html = false, is_json = false;
    size_t i;

    for (i = 0; i < ARRAY_LENGTH(statuses) && statuses[i] != reply->status; i++)
        continue;
    MUST(i < ARRAY_LENGTH(statuses));
    for (i = 0; i < reply->n_headers; i++) {
        const char *value = reply->headers[i].value;
        MUST(characters_are_printable_ascii(value, strlen(value)));
        is_html |= strncmp(value, "text/html", 9) == 0;
        is_json |= strcmp(value, JSON_TYPE) == 0;
    }
    if (is_html)
        check_page(reply->body);
    if (is_json)
        check_json(request, reply, is_desk);
    MUST(!is_html || !strstr(reply->body, FUZZED_IDENTITY));
}

/* Each line begins with its priority, and none has a secret. */
static void
check_log(const char *log)
{
    for (const char *line = log; *line; line = strchr(line, '\n') + 1) {
        size_t size = strcspn(line, "\n");
        MUST(line[size] == '\n' && size > 3);
        MUST(line[0] == '<' && line[1] >= '3' && line[1] <= '6' && line[2] == '>');
        MUST(characters_are_printable_ascii(line, size));
    }
    MUST(!strstr(log, FUZZED_IDENTITY) && !strstr(log, FUZZED_TOKEN) &&
         !strstr(log, FUZZED_ENTRANCE));
}

static void
handle(struct http_request *request, const char *said)
{
    FILE *stream = stderr;
    struct http_reply reply;
    const char *name;
    char *log = NULL;
    size_t log_size = 0;
    int outcome, calls = 0;
    bool is_right = true;

    has_number |= memmem(request->body, request->body_size, number, strlen(number)) != NULL;
    stderr = open_memstream(&log, &log_size);
    MUST(stderr);
    do {
        reply = (struct http_reply){.body = NULL};
        outcome = relay_handle(relay, request, &reply, &name);
        if (outcome != HTTP_HOLD)
            break;
        is_right = request->watched && request->hold_until_ms > request->now_ms;
        if (!fuzzed_relay_answer(said))
            request->now_ms = request->hold_until_ms;
    } while (is_right && ++calls < CALLS_MAX);
    fclose(stderr);
    stderr = stream;
    MUST(is_right && outcome == HTTP_REPLY && name[0]);
    check_log(log);
    free(log);
    check_reply(request, &reply);
    http_reply_free(&reply);
}

/* Takes one request out of the input, and handles it. */
static void
take_request(struct input *input)
{
    char line[512], target[512], accept_language[256], content_type[256], how[8], hash[65] = "";
    char *text, *query, *language, *trx, *entrance, *state, *path, *body;
    static char raw[BODY_MAX];
    unsigned char mac[HMAC_SHA256_SIZE];
    size_t size;

    (void)input_text(input, '\n', target, sizeof target);
    (void)input_text(input, '\n', line, sizeof line);
    (void)input_text(input, '\n', accept_language, sizeof accept_language);
    (void)input_text(input, '\n', content_type, sizeof content_type);
    (void)input_text(input, '\n', how, sizeof how);
    size = input_text(input, 0x1E, raw, sizeof raw);
    text = fill(target);
    query = fill(line);
    language = query_value(query, "lang=");
    trx = query_value(query, "trxid=");
    entrance = query_value(query, "ec=");
    state = query_value(query, "state=");
    path = strchr(text, ' ');
    if (path)
        *path++ = '\0';
    /* A body with a zero byte comes as it is. */
    body = strlen(raw) == size ? fill(raw) : target_copy(raw, size + 1);
    size = strlen(raw) == size ? strlen(body) : size;
    hmac_sha256((const unsigned char *)FUZZED_HMAC_KEY, strlen(FUZZED_HMAC_KEY), body, size, mac);
    characters_write_hex(mac, sizeof mac, hash);
    if (how[0] == 'w')
        hash[0] = hash[0] == '0' ? '1' : '0';
    struct http_request request = {.method = text,
                                   .path = path ? path : "",
                                   .language = language,
                                   .account_id = "",
                                   .user_code = "",
                                   .transaction_id = trx,
                                   .entrance_code = entrance,
                                   .state = state,
                                   .accept_language = accept_language,
                                   .content_type = content_type,
                                   .authorization = "",
                                   .user_agent = "",
                                   .signature = how[0] ? hash : "",
                                   .n_signatures = how[0] == 't' ? 2 : how[0] != '\0',
                                   .body = body,
                                   .body_size = size,
                                   .now_ms = 1000};
    handle(&request, how[0] == 'w' ? accept_language
                                   : "{\"qr_id\":\"00000000-0000-4000-8000-000000000001\","
                                     "\"qr_url\":\"https://qr.example.nl/1.png\"}");
    free(text);
    free(query);
    free(language);
    free(trx);
    free(entrance);
    free(state);
    free(body);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input input = {data, size};
    bool has_qr_backend = false, needs_number = true;
    uint8_t where = input_u8(&input);

    for (; where == 'q' || where == 'z'; where = input_u8(&input)) {
        has_qr_backend |= where == 'q';
        needs_number &= where != 'z';
    }
    relay = fuzzed_relay_begin(where, has_qr_backend, needs_number, &begun);
    relay_number(relay, begun, number);
    has_number = !needs_number || where == 's';
    n_successes = 0;
    for (int i = 0; i < REQUESTS_MAX && input.left > 0; i++)
        take_request(&input);
    return 0;
}
